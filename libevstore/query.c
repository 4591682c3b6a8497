/* query.c - compiled queries: types, tags and correlations are escaped once and then compared byte by byte
 * with the canonical text of a line. Canonical escapes make equal strings equal bytes, so nothing is decoded
 * on the replay path. */
#include "query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A range of `strings`. */
struct range {
  size_t first, count;
};

struct item {
  struct range types, tags, correlation;
};

struct evs__query {
  struct item *items;
  size_t count;
  evs_slice *strings; /* escaped; tags with their quotes, types and correlations without */
  size_t string_count;
  struct evs__buf bytes;
};

/* Adds one string to the query. The bytes were reserved, so that earlier slices stay valid. */
static int add_string(struct evs__query *query, const char *text, bool quoted) {
  size_t start = query->bytes.len;
  int rc = quoted ? evs__buf_adds(&query->bytes, "\"") : 0;
  rc = rc ? rc : evs__buf_add_escaped(&query->bytes, text, strlen(text));
  if (quoted && !rc)
    rc = evs__buf_adds(&query->bytes, "\"");
  query->strings[query->string_count++] = (evs_slice){query->bytes.ptr + start, query->bytes.len - start};
  return rc;
}

/* Adds the strings of one item. */
static int add_item(struct evs__query *query, const evs_query_item *from, struct item *to) {
  int rc = 0;
  to->types = (struct range){query->string_count, from->type_count};
  for (size_t i = 0; !rc && i < from->type_count; i++)
    rc = add_string(query, from->types[i], false);
  to->tags = (struct range){query->string_count, from->tag_count};
  for (size_t i = 0; !rc && i < from->tag_count; i++)
    rc = add_string(query, from->tags[i], true);
  to->correlation = (struct range){query->string_count, from->correlation ? 1 : 0};
  if (!rc && from->correlation)
    rc = add_string(query, from->correlation, false);
  return rc;
}

/* Bytes that the escaped strings of an item can take. */
static size_t item_bytes(const evs_query_item *item) {
  size_t bytes = item->correlation ? strlen(item->correlation) : 0;
  for (size_t i = 0; i < item->type_count; i++)
    bytes += strlen(item->types[i]);
  for (size_t i = 0; i < item->tag_count; i++)
    bytes += strlen(item->tags[i]);
  return 6 * bytes + 4 * (item->type_count + item->tag_count + 1); /* an escape is six bytes; quotes; a NUL */
}

int evs__query_compile(const evs_query *query, struct evs__query **ret, evs_error *error) {
  size_t strings = 0;
  size_t bytes = 1;
  size_t count = query ? query->count : 0;
  for (size_t i = 0; i < count; i++) {
    strings += query->items[i].type_count + query->items[i].tag_count + 1;
    bytes += item_bytes(&query->items[i]);
  }
  struct evs__query *compiled = calloc(1, sizeof *compiled);
  if (!compiled)
    return evs__fail(error, ENOMEM, "out of memory");
  compiled->items = calloc(count + 1, sizeof *compiled->items);
  compiled->strings = calloc(strings + 1, sizeof *compiled->strings);
  compiled->count = count;
  int rc = compiled->items && compiled->strings ? evs__buf_reserve(&compiled->bytes, bytes) : ENOMEM;
  for (size_t i = 0; !rc && i < count; i++)
    rc = add_item(compiled, &query->items[i], &compiled->items[i]);
  if (rc) {
    evs__query_free(compiled);
    return evs__fail(error, rc, "out of memory");
  }
  *ret = compiled;
  return 0;
}

/* Is `wanted`, with its quotes, one of the strings of the array? A quote inside of a string is always behind a
 * backslash, so quoted text that is found whole is a whole element unless its opening quote is such a one. */
static bool has_tag(evs_slice tags, evs_slice wanted) {
  const char *at = tags.ptr;
  size_t left = tags.len;
  while (left >= wanted.len) {
    const char *found = memmem(at, left, wanted.ptr, wanted.len);
    if (!found)
      return false;
    const char *after = found + wanted.len;
    const char *end = tags.ptr + tags.len;
    if ((found == tags.ptr || found[-1] == ',') && (after == end || *after == ',')) {
      /* `,` may also stand inside of a string: an element starts where the number of open quotes before is even. */
      bool open = false;
      for (const char *c = tags.ptr; c < found; c++) {
        if (*c == '\\')
          c++;
        else if (*c == '"')
          open = !open;
      }
      if (!open)
        return true;
    }
    at = found + 1;
    left = (size_t)(end - at);
  }
  return false;
}

static bool equal(evs_slice a, evs_slice b) { return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0; }

static bool item_wants(const struct evs__query *query, const struct item *item, evs_slice type) {
  for (size_t i = 0; i < item->types.count; i++)
    if (equal(query->strings[item->types.first + i], type))
      return true;
  return item->types.count == 0;
}

bool evs__query_wants(const struct evs__query *query, evs_slice type) {
  if (!query || query->count == 0)
    return true;
  for (size_t i = 0; i < query->count; i++)
    if (item_wants(query, &query->items[i], type))
      return true;
  return false;
}

static bool item_matches(const struct evs__query *query, const struct item *item, const evs_event *event) {
  if (!item_wants(query, item, event->type))
    return false;
  if (item->correlation.count &&
      !(event->correlation.ptr && equal(query->strings[item->correlation.first], event->correlation)))
    return false;
  for (size_t i = 0; i < item->tags.count; i++)
    if (!has_tag(event->tags, query->strings[item->tags.first + i]))
      return false;
  return true;
}

bool evs__query_matches(const struct evs__query *query, const evs_event *event) {
  if (!query || query->count == 0)
    return true;
  for (size_t i = 0; i < query->count; i++)
    if (item_matches(query, &query->items[i], event))
      return true;
  return false;
}

void evs__query_free(struct evs__query *query) {
  if (!query)
    return;
  free(query->items);
  free(query->strings);
  evs__buf_free(&query->bytes);
  free(query);
}

bool evs_event_has_tag(const evs_event *event, const char *tag) {
  char wanted[6 * EVS_MAX_TAG + 3];
  size_t len = strlen(tag);
  if (len > EVS_MAX_TAG)
    return false;
  wanted[0] = '"';
  size_t escaped = evs_json_escape(tag, len, wanted + 1, sizeof wanted - 2);
  wanted[1 + escaped] = '"';
  return has_tag(event->tags, (evs_slice){wanted, escaped + 2});
}
