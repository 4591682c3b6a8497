/* standing.h - does what is to be appended stand in the journal already, or does something that forbids it? */
#ifndef JOURNAL_STANDING_H
#define JOURNAL_STANDING_H

#include "app.h"

/* The ids that are to be appended, sorted, so that a replay finds each in a few steps. */
struct id_index {
  struct id_entry {
    const char *id;
    size_t place; /* index of its event */
  } * entries;
  size_t count;
};

/* Collects the ids of those events that name one. Exit 65 duplicate_id where two are the same (*ret_twice its place).
 */
int id_index_make(const evs_new_event *events, size_t count, struct id_index *ret_index, size_t *ret_twice,
                  struct op_error *error);
void id_index_free(struct id_index *index);

/* The place of the event with this id (as it stands in the journal, escaped), or -1. */
long id_index_find(const struct id_index *index, evs_slice id);

/* What the written journal holds of a commit. */
struct standing {
  bool all;          /* every event of the commit, in order */
  uint64_t first;    /* seq of the first that stands there; 0: none */
  uint64_t last;     /* seq of the last that stands there */
  uint64_t tagged;   /* seq of the first other event that carries the tag; 0: none */
  uint64_t position; /* how far was looked */
};

/* Looks for the ids after `after`, up to the written tail, and for a tag on any other event ("": none). `count` is the
 * number of events of the commit. */
int standing_ids(struct op_app *app, const struct id_index *index, size_t count, uint64_t after, const char *tag,
                 struct standing *ret_standing, struct op_error *error);

/* The seq of the first event after `after` that matches, up to the written tail; 0: none. */
int standing_match(struct op_app *app, const evs_query *query, uint64_t after, uint64_t *ret_seq,
                   uint64_t *ret_position, struct op_error *error);

#endif
