/* commit.c - decide, append with a condition, and on a conflict decide again.
 *
 * A decision may rest on events that are written and not yet durable (rule 3), so a conflict is answered by reading on
 * at once, without waiting for the disk; only the outcome waits for it, be it an append, a refusal, or nothing to do.
 * Whoever lost decides again in its turn (evs_turn()), so that somebody always gets through, and nobody starves.
 * Invariants: nothing is told that could be taken back; what is appended was decided on exactly the state before it, as
 * far as the guard reaches. An event of the same id that somebody else appended meanwhile is a conflict like any other:
 * two customers who both get the next whole number as their reservation's id are not the same customer.
 * Errors: those of the decision, 75 busy, those of the store. */
#include "commit.h"
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum outcome { DONE, AGAIN };

/* Drafts as libevstore wants them; to be freed. */
static evs_new_event *new_events(const struct op_drafts *drafts) {
  evs_new_event *events = calloc(drafts->count, sizeof *events);
  for (size_t i = 0; events != NULL && i < drafts->count; i++) {
    const struct op_draft *draft = &drafts->items[i];
    events[i] = (evs_new_event){.id = draft->id[0] != '\0' ? draft->id : NULL,
                                .type = draft->type,
                                .tags = (const char *const *)draft->tags,
                                .tag_count = draft->tag_count,
                                .correlation = draft->correlation[0] != '\0' ? draft->correlation : NULL,
                                .causation = draft->causation,
                                .data = draft->data.len > 0 ? draft->data.ptr : NULL,
                                .data_len = draft->data.len,
                                .time_us = draft->time_us};
  }
  return events;
}

/* Gives a time to every draft that has none. */
static void stamp(const struct op_app *app, struct op_drafts *drafts) {
  int64_t now = op_now_us(app);
  for (size_t i = 0; i < drafts->count; i++)
    if (drafts->items[i].time_us == 0)
      drafts->items[i].time_us = now;
}

/* Writes the drafts as one commit under the guard. */
int op_drafts_write(struct op_app *app, struct op_drafts *drafts, struct op_guard *guard, uint64_t after,
                    evs_appended *ret_appended, evs_error *error) {
  stamp(app, drafts);
  evs_new_event *events = new_events(drafts);
  if (events == NULL) {
    *error = (evs_error){.code = ENOMEM};
    return ENOMEM;
  }
  const evs_condition condition = {.unless = op_guard_query(guard), .after = after};
  int rc = evs_write(app->store, events, drafts->count, &condition, ret_appended, error);
  free(events);
  return rc;
}

/* Makes sure that what was decided upon is durable. AGAIN where a failed sync took it back. */
static int settle(struct op_model *model, uint64_t position, enum outcome *ret_outcome, struct op_error *error) {
  evs_store *store = op_model_app(model)->store;
  evs_error store_error;
  int rc = evs_sync(store, position, &store_error);
  *ret_outcome = rc == EVS_LOST ? AGAIN : DONE;
  return rc == 0 || rc == EVS_LOST ? OP_OK : op_fail_store(error, rc, &store_error);
}

/* Writes. AGAIN on a conflict; a model that is read without its pending events must then wait until the event in the
 * way is durable, or it would not see it. */
static int append(struct op_model *model, struct op_drafts *drafts, struct op_guard *guard, uint64_t position,
                  struct op_committed *ret_committed, enum outcome *ret_outcome, struct op_error *error) {
  struct op_app *app = op_model_app(model);
  evs_appended appended = {0};
  evs_error store_error = {0};
  enum outcome ignored;
  int rc = op_drafts_write(app, drafts, guard, position, &appended, &store_error);
  *ret_outcome = rc == EVS_CONFLICT || rc == EVS_EXISTS ? AGAIN : DONE;
  if (*ret_outcome == AGAIN) {
    uint64_t in_the_way = rc == EVS_EXISTS ? appended.last : store_error.position;
    return op_model_is_lazy(model) ? OP_OK : settle(model, in_the_way, &ignored, error);
  }
  if (rc != 0)
    return op_fail_store(error, rc, &store_error);
  *ret_committed = (struct op_committed){.first = appended.first, .last = appended.last, .decided_on = position};
  return OP_OK;
}

/* Waits for the disk. */
int op_commit_sync(struct op_model *model, const struct op_committed *committed, struct op_error *error) {
  struct op_app *app = op_model_app(model);
  evs_error store_error = {0};
  if (committed->last == 0)
    return OP_OK;
  int rc = evs_sync(app->store, committed->last, &store_error);
  if (rc != 0)
    return op_fail_store(error, rc, &store_error);
  op_explain(app, "appended events %" PRIu64 " to %" PRIu64 ", decided on everything up to %" PRIu64, committed->first,
             committed->last, committed->decided_on);
  return OP_OK;
}

/* One attempt. */
static int attempt(struct op_model *model, op_decide *decide, void *context, struct op_drafts *drafts,
                   struct op_guard *guard, struct op_committed *ret_committed, enum outcome *ret_outcome,
                   struct op_error *error) {
  uint64_t position = 0;
  *ret_outcome = DONE;
  op_drafts_reset(drafts);
  op_guard_reset(guard);
  int rc = op_model_refresh(model, error);
  if (rc != OP_OK)
    return rc;
  rc = decide(context, model, drafts, guard, &position, error);
  if (rc != OP_OK && error->store_code == EVS_LOST) { /* what it read was taken back, or nobody knows: read again */
    *ret_outcome = AGAIN;
    return OP_OK;
  }
  if (rc != OP_OK && rc != OP_REFUSED)
    return rc;
  if (rc == OP_OK && drafts->count > 0 && !op_model_app(model)->dry_run)
    return append(model, drafts, guard, position, ret_committed, ret_outcome, error);
  evs_turn_end(op_model_app(model)->store);
  if (position <= op_model_offset(model)) /* the model holds nothing but what is durable */
    return rc;
  struct op_error unsettled;
  int settled = settle(model, position, ret_outcome, &unsettled);
  if (settled != OP_OK) {
    *error = unsettled;
    return settled;
  }
  return rc;
}

/* Decides and writes. */
int op_commit_write(struct op_model *model, op_decide *decide, void *context, struct op_drafts *drafts,
                    struct op_committed *ret_committed, struct op_error *error) {
  struct op_guard guard = {0};
  int64_t deadline = op_monotonic_ms() + op_model_app(model)->timeout_ms;
  enum outcome outcome = DONE;
  *ret_committed = (struct op_committed){0};
  int rc = attempt(model, decide, context, drafts, &guard, ret_committed, &outcome, error);
  while (outcome == AGAIN && (rc == OP_OK || rc == OP_REFUSED)) {
    if (op_monotonic_ms() >= deadline) {
      rc = op_fail(error, OP_TEMPORARY, "busy", "others were faster at every attempt; try again");
      break;
    }
    evs_turn(op_model_app(model)->store, op_model_name(model));
    rc = attempt(model, decide, context, drafts, &guard, ret_committed, &outcome, error);
  }
  evs_turn_end(op_model_app(model)->store);
  op_guard_free(&guard);
  return rc;
}

/* --dry-run: what the store would not take is refused just so, and nothing is written. */
static int rehearse(struct op_model *model, struct op_drafts *drafts, struct op_error *error) {
  evs_error store_error = {0};
  evs_new_event *events = new_events(drafts);
  if (events == NULL)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  int rc = evs_check(op_model_app(model)->store, events, drafts->count, &store_error);
  free(events);
  return rc == 0 ? OP_OK : op_fail_store(error, rc, &store_error);
}

/* Decides and appends. */
int op_commit(struct op_model *model, op_decide *decide, void *context, struct op_drafts *drafts,
              struct op_committed *ret_committed, struct op_error *error) {
  int rc = op_commit_write(model, decide, context, drafts, ret_committed, error);
  if (rc == OP_OK && op_model_app(model)->dry_run && drafts->count > 0)
    return rehearse(model, drafts, error);
  return rc == OP_OK ? op_commit_sync(model, ret_committed, error) : rc;
}
