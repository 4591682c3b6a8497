/* fuzz_query.c - queries: compiled ones against a naive matcher that knows nothing of escapes.
 *
 * The input is lines of text. An event is made of some of them, written as a line of the journal and read back; queries
 * are made of the others. What matches must be the same on plain strings and on the line.
 *
 *   event:  type, correlation, then its tags up to an empty line
 *   items:  each begins with a line T... (a type), G... (a tag) or C... (a correlation), and ends at an empty line */
#include "fuzz.h"

#include "libevstore/line.h"
#include "libevstore/query.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ITEMS 4
#define MAX_STRINGS 6 /* of one kind in an item */

struct plain_item {
  const char *types[MAX_STRINGS], *tags[MAX_STRINGS], *correlation;
  size_t type_count, tag_count;
};

struct plain_query {
  struct plain_item items[MAX_ITEMS];
  size_t count;
};

struct plain_event {
  const char *type, *correlation;
  const char *tags[EVS_MAX_TAGS];
  size_t tag_count;
};

/* All strings of an input, to be freed at its end. */
struct strings {
  char *items[256];
  size_t count;
};

/* The next line; "" at the end. */
static const char *next(struct fuzz_bytes *bytes, struct strings *strings) {
  if (strings->count == 256)
    return "";
  return strings->items[strings->count++] = fuzz_string(bytes, '\n');
}

/* Reads the event. */
static void read_event(struct fuzz_bytes *bytes, struct strings *strings, struct plain_event *event) {
  *event = (struct plain_event){.type = next(bytes, strings)};
  event->correlation = next(bytes, strings);
  for (const char *tag; event->tag_count < EVS_MAX_TAGS && *(tag = next(bytes, strings));)
    event->tags[event->tag_count++] = tag;
}

/* Reads the query. */
static void read_query(struct fuzz_bytes *bytes, struct strings *strings, struct plain_query *query) {
  *query = (struct plain_query){0};
  while (bytes->left > 0 && query->count < MAX_ITEMS) {
    struct plain_item *item = &query->items[query->count++];
    for (const char *text; *(text = next(bytes, strings));) {
      if (text[0] == 'T' && item->type_count < MAX_STRINGS)
        item->types[item->type_count++] = text + 1;
      else if (text[0] == 'G' && item->tag_count < MAX_STRINGS)
        item->tags[item->tag_count++] = text + 1;
      else if (text[0] == 'C')
        item->correlation = text + 1;
    }
  }
}

/* Is the string among these? */
static bool among(const char *text, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(text, list[i]) == 0)
      return true;
  return false;
}

/* The sentence of evstore.h, word by word. */
static bool item_matches(const struct plain_item *item, const struct plain_event *event) {
  if (item->type_count > 0 && !among(event->type, item->types, item->type_count))
    return false;
  for (size_t i = 0; i < item->tag_count; i++)
    if (!among(item->tags[i], event->tags, event->tag_count))
      return false;
  return !item->correlation || (event->correlation[0] && strcmp(item->correlation, event->correlation) == 0);
}

static bool naive_matches(const struct plain_query *query, const struct plain_event *event) {
  bool matches = query->count == 0;
  for (size_t i = 0; i < query->count; i++)
    matches = matches || item_matches(&query->items[i], event);
  return matches;
}

/* Writes the event and reads it back; false where the writer refuses it. */
static bool write_event(const struct plain_event *plain, struct evs__buf *out, struct evs__line *line) {
  const evs_new_event event = {.id = "e",
                               .type = plain->type,
                               .tags = plain->tags,
                               .tag_count = plain->tag_count,
                               .correlation = plain->correlation[0] ? plain->correlation : NULL,
                               .time_us = 1};
  const struct evs__stamp stamp = {.seq = 1, .first_of_segment = true, .commit_end = true};
  struct evs__buf parts = {0};
  struct evs__prepared prepared;
  bool written = evs__line_prepare(&event, 1, &(struct evs__preparing){.now_us = 1}, &parts, &prepared, NULL) == 0;
  if (written) {
    FUZZ_CHECK(evs__line_finish(&parts, &prepared, &stamp, out, NULL) == 0);
    FUZZ_CHECK(evs__line_parse(out->ptr, out->len - 1, line));
  }
  evs__buf_free(&parts);
  return written;
}

/* Compares the two. */
static void check_query(const struct plain_query *plain, const struct plain_event *event, const evs_event *stored) {
  evs_query_item items[MAX_ITEMS];
  const evs_query query = {items, plain->count};
  struct evs__query *compiled = NULL;
  for (size_t i = 0; i < plain->count; i++)
    items[i] = (evs_query_item){plain->items[i].types, plain->items[i].type_count, plain->items[i].tags,
                                plain->items[i].tag_count, plain->items[i].correlation};
  FUZZ_CHECK(evs__query_compile(&query, &compiled, NULL) == 0);
  FUZZ_CHECK(evs__query_matches(compiled, stored) == naive_matches(plain, event));
  evs__query_free(compiled);
  for (size_t i = 0; i < plain->count; i++)
    for (size_t j = 0; j < plain->items[i].tag_count; j++)
      FUZZ_CHECK(evs_event_has_tag(stored, plain->items[i].tags[j]) ==
                 among(plain->items[i].tags[j], event->tags, event->tag_count));
  for (size_t i = 0; i < event->tag_count; i++)
    FUZZ_CHECK(evs_event_has_tag(stored, event->tags[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_bytes bytes = {data, size};
  struct strings strings = {.count = 0};
  struct plain_event event;
  struct plain_query query;
  struct evs__buf out = {0};
  struct evs__line line;
  read_event(&bytes, &strings, &event);
  read_query(&bytes, &strings, &query);
  if (write_event(&event, &out, &line))
    check_query(&query, &event, &line.event);
  evs__buf_free(&out);
  for (size_t i = 0; i < strings.count; i++)
    free(strings.items[i]);
  return 0;
}
