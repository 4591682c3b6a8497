/* state.c - the fold of musicals and its loading for a decision, see state.h.
 *
 * Invariants: state_apply() over the journal gives the same state whether it starts from nothing or from the read
 * model; a decision sees everything up to the position that it gives back, durable or not (rule 3 of the design).
 * Errors: those of the read model and of libevstore, told by op_fail_store(). */
#include "state.h"

#include "project.h"

#include <stdlib.h>
#include <string.h>

/* Is this one of the types that op_musical_apply() folds? */
static bool of_musical(const evs_event *event) {
  for (size_t i = 0; op_musical_types[i]; i++)
    if (op_type_is(event, op_musical_types[i]))
      return true;
  return false;
}

/* Folds an event about this musical. */
void state_apply(struct state *state, const evs_event *event) {
  char id[OP_MAX_ID + 1];
  if (!of_musical(event) || !op_field_id(event, "musicalId", id) || strcmp(id, state->id) != 0)
    return;
  op_musical_apply(&state->musical, event);
  if (!state->musical.id[0])
    return;
  if (!state->registered_seq) {
    state->registered_seq = event->seq;
    state->registered_seats = state->musical.seats;
  }
  snprintf(state->updated_at, sizeof state->updated_at, "%.*s", (int)event->time.len, event->time.ptr);
}

/* Ends the process as every lack of memory in a command does. */
static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (!memory) {
    fputs("op-musical: out of memory\n", stderr);
    exit(OP_TEMPORARY);
  }
  return memory;
}

/* Room for `count` musicals. */
void states_init(struct states *states, size_t count) {
  states->count = count;
  states->items = allocate(count, sizeof *states->items);
  states->by_id = allocate(count, sizeof(struct state *));
}

/* Gives everything back. */
void states_free(struct states *states) {
  free(states->items);
  free(states->by_id);
  *states = (struct states){0};
}

/* The order of by_id. */
static int compare(const void *a, const void *b) {
  const struct state *const *left = a, *const *right = b;
  return strcmp((*left)->id, (*right)->id);
}

/* Puts the musicals in order, so that events find theirs. */
static void sort(struct states *states) {
  for (size_t i = 0; i < states->count; i++)
    states->by_id[i] = &states->items[i];
  qsort(states->by_id, states->count, sizeof(struct state *), compare);
}

/* The musical that an event is about. */
struct state *states_of(const struct states *states, const evs_event *event) {
  struct state key, *key_ptr = &key;
  if (!op_field_id(event, "musicalId", key.id))
    return NULL;
  struct state **found = bsearch(&key_ptr, states->by_id, states->count, sizeof(struct state *), compare);
  return found ? *found : NULL;
}

/* What is folded, and who is shown the events of a request. */
struct folding {
  const struct states *states;
  const char *request_tag;
  states_visit *visit; /* NULL: nobody */
  void *context;
};

/* Folds an event of one of them. */
static void fold(void *context, const evs_event *event) {
  const struct folding *folding = context;
  struct state *state = states_of(folding->states, event);
  if (!state)
    return;
  bool visited = folding->visit && evs_event_has_tag(event, folding->request_tag);
  const struct state before = visited ? *state : (struct state){0};
  state_apply(state, event);
  if (visited)
    folding->visit(folding->context, &before, state, event);
}

/* From the read model, then from what was written since. */
int states_load(struct op_model *model, struct states *states, uint64_t *ret_position, struct op_error *error) {
  struct folding folding = {.states = states};
  sort(states);
  int code = OP_OK;
  for (size_t i = 0; i < states->count && code == OP_OK; i++)
    code = state_load(model, &states->items[i], error);
  return code == OP_OK ? op_model_fold_pending(model, op_musical_types, NULL, fold, &folding, ret_position, error)
                       : code;
}

/* From the journal alone. */
int states_replay(struct op_model *model, struct states *states, uint64_t last, const char *request_id,
                  states_visit *visit, void *context, struct op_error *error) {
  uint64_t first = last;
  for (size_t i = 0; i < states->count; i++) {
    struct state *state = &states->items[i];
    if (state->registered_seq && state->registered_seq < first)
      first = state->registered_seq;
    state->musical = (struct op_musical){0};
    state->registered_seq = 0;
  }
  char tag[OP_MAX_ID + sizeof OP_TAG_REQUEST + 1];
  snprintf(tag, sizeof tag, OP_TAG_REQUEST ":%s", request_id);
  struct folding folding = {states, tag, visit, context};
  return op_model_replay(model, op_musical_types, first, last, fold, &folding, error);
}
