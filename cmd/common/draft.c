/* draft.c - the lists of drafts and guards that a decision fills.
 *
 * Invariants: everything is copied in (but types, which are static words) and released by op_drafts_free() and
 * op_guard_free(); both lists are legal when they are all zeros; a reset list keeps its memory for the next attempt.
 * More tags than an event of ours ever has is a bug and ends the process with 70; no memory ends it with 75. */
#include "draft.h"

#include "domain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TAGS (sizeof((struct op_draft *)0)->tags / sizeof(char *))

struct op_guard_item {
  const char *const *types;
  bool any;  /* of whatever tags; else with this one: */
  char *tag; /* its memory is kept, like that of drafts */
  size_t size;
};

/* Says it in one line and ends. */
static void die(int exit_code, const char *what) {
  fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
  exit(exit_code);
}

/* realloc() that gives or ends. */
static void *grow(void *old, size_t count, size_t size) {
  void *memory = reallocarray(old, count, size);
  if (memory == NULL)
    die(OP_TEMPORARY, "out of memory");
  return memory;
}

/* Puts "name:value" into the memory at *tag, which is made larger where it must be. */
static void put_tag(char **tag, size_t *size, const char *name, const char *value) {
  size_t wanted = strlen(name) + strlen(value) + 2;
  if (wanted > *size) {
    *tag = grow(*tag, wanted, 1);
    *size = wanted;
  }
  char *at = stpcpy(*tag, name);
  *at++ = ':';
  stpcpy(at, value);
}

/* ---- drafts ----------------------------------------------------------------------------------- */

/* A new draft at the end of the list. */
struct op_draft *op_draft_add(struct op_drafts *drafts, const char *type, const char *correlation, uint64_t causation) {
  if (drafts->count == drafts->size) {
    size_t size = drafts->size > 0 ? drafts->size * 2 : 4;
    drafts->items = grow(drafts->items, size, sizeof *drafts->items);
    memset(drafts->items + drafts->size, 0, (size - drafts->size) * sizeof *drafts->items);
    drafts->size = size;
  }
  struct op_draft *draft = &drafts->items[drafts->count++];
  draft->id[0] = '\0';
  draft->type = type;
  size_t len = strnlen(correlation, sizeof draft->correlation - 1);
  memcpy(draft->correlation, correlation, len);
  draft->correlation[len] = '\0';
  draft->causation = causation;
  draft->time_us = 0;
  return draft;
}

/* Names the event. */
void op_draft_id(struct op_draft *draft, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int len = vsnprintf(draft->id, sizeof draft->id, format, arguments);
  va_end(arguments);
  if (len < 0 || (size_t)len >= sizeof draft->id) /* a cut id could be the id of another event */
    die(OP_SOFTWARE, "an event id is too long");
}

/* Adds a tag, unless it would say nothing. */
void op_draft_tag(struct op_draft *draft, const char *name, const char *value) {
  if (value == NULL || value[0] == '\0')
    return;
  if (draft->tag_count == MAX_TAGS)
    die(OP_SOFTWARE, "an event has too many tags");
  put_tag(&draft->tags[draft->tag_count], &draft->tag_sizes[draft->tag_count], name, value);
  draft->tag_count++;
}

/* Empties the list; its memory is kept. */
void op_drafts_reset(struct op_drafts *drafts) {
  for (size_t i = 0; i < drafts->count; i++) {
    drafts->items[i].tag_count = 0;
    op_text_reset(&drafts->items[i].data);
  }
  drafts->count = 0;
}

/* Releases everything; the list may be used again. */
void op_drafts_free(struct op_drafts *drafts) {
  op_drafts_reset(drafts);
  for (size_t i = 0; i < drafts->size; i++) {
    for (size_t tag = 0; tag < MAX_TAGS; tag++)
      free(drafts->items[i].tags[tag]);
    op_text_free(&drafts->items[i].data);
  }
  free(drafts->items);
  *drafts = (struct op_drafts){0};
}

/* A string as a slice; "" is null. */
static evs_slice slice(const char *text) {
  return text[0] != '\0' ? (evs_slice){text, strlen(text)} : (evs_slice){NULL, 0};
}

/* The draft in the shape of an event. Our ids need no escapes (op_check_id), so plain text is the inside of its JSON.
 */
void op_draft_event(const struct op_draft *draft, uint64_t seq, char time_buf[EVS_TIME_SIZE], evs_event *ret_event) {
  evs_time_format(draft->time_us, time_buf);
  *ret_event =
      (evs_event){.seq = seq,
                  .causation = draft->causation,
                  .id = slice(draft->id),
                  .time = slice(time_buf),
                  .type = slice(draft->type),
                  .tags = {"", 0},
                  .correlation = slice(draft->correlation),
                  .data = draft->data.len > 0 ? (evs_slice){draft->data.ptr, draft->data.len} : (evs_slice){"{}", 2},
                  .line = {"", 0}};
}

/* ---- guards ----------------------------------------------------------------------------------- */

/* Adds an item. */
void op_guard_add(struct op_guard *guard, const char *const *types, const char *name, const char *value) {
  if (guard->count == guard->size) {
    guard->size = guard->size > 0 ? guard->size * 2 : 4;
    guard->items = grow(guard->items, guard->size, sizeof *guard->items);
    memset(guard->items + guard->count, 0, (guard->size - guard->count) * sizeof *guard->items);
    guard->query_items = grow(guard->query_items, guard->size, sizeof *guard->query_items);
  }
  bool any = value == NULL || value[0] == '\0';
  struct op_guard_item *item = &guard->items[guard->count++];
  item->types = types;
  item->any = any;
  if (!any)
    put_tag(&item->tag, &item->size, name, value);
}

/* Empties the guard. */
void op_guard_reset(struct op_guard *guard) { guard->count = 0; }

/* Releases everything. */
void op_guard_free(struct op_guard *guard) {
  for (size_t i = 0; i < guard->size; i++)
    free(guard->items[i].tag);
  free(guard->items);
  free(guard->query_items);
  *guard = (struct op_guard){0};
}

/* The event remembers its request. */
void op_draft_request(struct op_draft *draft, const char *key, const char *request, struct op_guard *guard) {
  if (key == NULL || key[0] == '\0')
    return;
  op_json_string(&draft->data, "requestId", key);
  op_json_string(&draft->data, "request", request);
  op_draft_tag(draft, OP_TAG_REQUEST, key);
  op_guard_add(guard, NULL, OP_TAG_REQUEST, key);
}

/* The guard as libevstore wants it. An empty guard is NULL (matches nothing), as an empty query matches everything. */
const evs_query *op_guard_query(struct op_guard *guard) {
  if (guard->count == 0)
    return NULL;
  for (size_t i = 0; i < guard->count; i++) {
    const struct op_guard_item *item = &guard->items[i];
    evs_query_item *out = &guard->query_items[i];
    *out = (evs_query_item){.types = item->types};
    while (item->types != NULL && item->types[out->type_count] != NULL)
      out->type_count++;
    out->tags = (const char *const *)&guard->items[i].tag;
    out->tag_count = item->any ? 0 : 1;
  }
  guard->query = (evs_query){guard->query_items, guard->count};
  return &guard->query;
}
