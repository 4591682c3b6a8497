/* standing.c - looks through the written journal before an append, outside of the write lock.
 *
 * The append itself decides, with its condition and under the lock. Looking first keeps that lock short (the condition
 * then starts where the look ended), is all that --dry-run does, and tells "the same again" from "another with that
 * id". It may look at what is not durable yet, since it only prepares an append (rule 3); who tells a user of it syncs
 * first. */
#include "standing.h"

#include <stdlib.h>
#include <string.h>

/* Orders ids. */
static int by_id(const void *a, const void *b) {
  return strcmp(((const struct id_entry *)a)->id, ((const struct id_entry *)b)->id);
}

/* Collects and sorts the ids. */
int id_index_make(const evs_new_event *events, size_t count, struct id_index *ret_index, size_t *ret_twice,
                  struct op_error *error) {
  *ret_index = (struct id_index){0};
  ret_index->entries = calloc(count + 1, sizeof *ret_index->entries);
  if (!ret_index->entries)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  for (size_t i = 0; i < count; i++)
    if (events[i].id)
      ret_index->entries[ret_index->count++] = (struct id_entry){events[i].id, i};
  qsort(ret_index->entries, ret_index->count, sizeof *ret_index->entries, by_id);
  for (size_t i = 1; i < ret_index->count; i++) {
    if (by_id(&ret_index->entries[i - 1], &ret_index->entries[i]) != 0)
      continue;
    size_t a = ret_index->entries[i - 1].place;
    size_t b = ret_index->entries[i].place;
    *ret_twice = a > b ? a : b;
    return op_fail(error, OP_DATA, "duplicate_id", "id '%s' stands twice in the input", ret_index->entries[i].id);
  }
  return OP_OK;
}

/* Frees the index. */
void id_index_free(struct id_index *index) {
  free(index->entries);
  *index = (struct id_index){0};
}

/* Finds an id of the journal. */
long id_index_find(const struct id_index *index, evs_slice id) {
  char text[EVS_MAX_ID + 1];
  if (index->count == 0 || evs_json_unescape(id, text, sizeof text) >= sizeof text)
    return -1;
  struct id_entry key = {text, 0};
  const struct id_entry *found = bsearch(&key, index->entries, index->count, sizeof key, by_id);
  return found ? (long)found->place : -1;
}

/* Looks for the ids. */
int standing_ids(struct op_app *app, const struct id_index *index, size_t count, uint64_t after, const char *tag,
                 struct standing *ret_standing, struct op_error *error) {
  *ret_standing = (struct standing){.position = after};
  evs_cursor *cursor = NULL;
  evs_error store_error;
  int rc = evs_read(app->store, NULL, after, EVS_READ_WRITTEN, &cursor, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  size_t in_order = 0;
  size_t found = 0;
  evs_event event;
  while ((rc = evs_next(cursor, &event, &store_error)) == 0) {
    long place = id_index_find(index, event.id);
    if (place < 0 && tag[0] && !ret_standing->tagged && evs_event_has_tag(&event, tag))
      ret_standing->tagged = event.seq;
    if (place < 0)
      continue;
    found++;
    in_order += (size_t)place == in_order;
    if (!ret_standing->first)
      ret_standing->first = event.seq;
    ret_standing->last = event.seq;
  }
  ret_standing->all = found == count && in_order == count;
  ret_standing->position = evs_cursor_position(cursor);
  evs_cursor_close(cursor);
  return rc == EVS_END ? OP_OK : op_fail_store(error, rc, &store_error);
}

/* Looks for a match. */
int standing_match(struct op_app *app, const evs_query *query, uint64_t after, uint64_t *ret_seq,
                   uint64_t *ret_position, struct op_error *error) {
  *ret_seq = 0;
  evs_cursor *cursor = NULL;
  evs_error store_error;
  int rc = evs_read(app->store, query, after, EVS_READ_WRITTEN, &cursor, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  evs_event event;
  rc = evs_next(cursor, &event, &store_error);
  if (rc == 0)
    *ret_seq = event.seq;
  *ret_position = evs_cursor_position(cursor);
  evs_cursor_close(cursor);
  return rc == 0 || rc == EVS_END ? OP_OK : op_fail_store(error, rc, &store_error);
}
