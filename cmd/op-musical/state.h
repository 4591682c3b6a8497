/* state.h - musicals as this command folds them from the journal: what a decision looks at, and what is printed.
 *
 * The fold is pure (state_apply). It is kept in the read model (project.c), and goes on in memory over what was written
 * since, so that a decision and its answer need no write to SQLite. */
#ifndef MUSICAL_STATE_H
#define MUSICAL_STATE_H

#include "decide.h"
#include "model.h"

/* Several musicals by id; zero-initialised is empty. */
struct states {
  struct state *items; /* in the order of states_add() */
  size_t count;
  struct state **by_id; /* sorted; made by states_load() */
};

/* Folds an event about this musical or its seats; others are ignored. */
void state_apply(struct state *state, const evs_event *event);

/* Makes room for `count` musicals. */
void states_init(struct states *states, size_t count);
void states_free(struct states *states);
/* The musical that an event is about, or NULL: none of these. */
struct state *states_of(const struct states *states, const evs_event *event);

/* Loads them all as of the written tail, for a decision; *ret_position as in op_decide. The ids are set already. */
int states_load(struct op_model *model, struct states *states, uint64_t *ret_position, struct op_error *error);
/* Is called with what an event made of a musical. */
typedef void states_visit(void *context, const struct state *before, const struct state *after, const evs_event *event);

/* Folds the journal anew, from the first registration on up to `last`, and calls visit() for each event that carries
 * the request, with the musical before and after it: the answers of a request that was done before, as they were then.
 */
int states_replay(struct op_model *model, struct states *states, uint64_t last, const char *request_id,
                  states_visit *visit, void *context, struct op_error *error);

#endif
