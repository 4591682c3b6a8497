/* cloudevents.c - one event of the journal as one CloudEvents 1.0 object in its JSON format.
 *
 * id, type and time are the event's own; subject is its correlation, the saga that it belongs to; source is the store.
 * Extension attributes are seq, causation (both numbers) and tags (an attribute may not be an array, so they are joined
 * by commas). What is null in the journal is left out, as the specification wants it. Strings are copied as they stand
 * in the journal, which are JSON strings already: nothing is decoded. */
#include "cloudevents.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The store as a URI reference. */
void cloudevent_source(const char *directory, struct op_text *text) {
  op_text_adds(text, "file://");
  for (const char *c = directory; *c; c++) {
    bool unreserved =
        (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-._~/", *c);
    if (unreserved)
      op_text_add(text, c, 1);
    else
      op_text_addf(text, "%%%02X", (unsigned char)*c);
  }
}

/* Adds `"key":"value",` where value is the inside of a JSON string. */
static void add_string(struct op_text *text, const char *key, evs_slice inside) {
  op_text_addf(text, "\"%s\":\"", key);
  op_text_add(text, inside.ptr, inside.len);
  op_text_adds(text, "\",");
}

/* Adds `"tags":"a:1,b:2",` from the inside of the JSON array, by leaving out the quotes that delimit its strings. */
static void add_tags(struct op_text *text, evs_slice tags) {
  op_text_adds(text, "\"tags\":\"");
  for (size_t i = 0; i < tags.len; i++) {
    if (tags.ptr[i] == '"')
      continue;
    size_t step = tags.ptr[i] == '\\' && i + 1 < tags.len ? 2 : 1;
    op_text_add(text, tags.ptr + i, step);
    i += step - 1;
  }
  op_text_adds(text, "\",");
}

/* The event as CloudEvents JSON. */
void cloudevent_add(const evs_event *event, const char *source, struct op_text *text) {
  op_text_adds(text, "{\"specversion\":\"1.0\",");
  add_string(text, "id", event->id);
  add_string(text, "source", (evs_slice){source, strlen(source)});
  add_string(text, "type", event->type);
  add_string(text, "time", event->time);
  if (event->correlation.ptr)
    add_string(text, "subject", event->correlation);
  op_text_addf(text, "\"datacontenttype\":\"application/json\",\"seq\":%" PRIu64 ",", event->seq);
  if (event->causation)
    op_text_addf(text, "\"causation\":%" PRIu64 ",", event->causation);
  if (event->tags.len)
    add_tags(text, event->tags);
  op_text_adds(text, "\"data\":");
  op_text_add(text, event->data.ptr, event->data.len);
  op_text_adds(text, "}");
}
