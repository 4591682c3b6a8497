/* consume_outcome.c - gives a batch to CMD, and appends to the journal what is to be remembered of that.
 *
 * Only what CMD fails on when given alone is remembered, and only with --max-attempts: an attempt, or that the event is
 * parked. A CMD that fails while we are told to end has most likely been ended by the same signal: that is no attempt.
 * What is appended rests on the item as the journal has it then, so it is loaded again by each decision. Errors: those
 * of starting CMD, and of the store. */
#include "child.h"
#include "consume.h"
#include "progress.h"
#include "retry.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define PAUSE_BASE_MS 200
#define PAUSE_CAP_MS 60000
#define LOOK_AGAIN_MS 250

/* What is decided about an item. */
struct decision {
  const struct consuming *c;
  const struct item *item;
  enum { DELIVERED, ATTEMPT, HELD } what;
  const char *reason;
  uint64_t behind;
  bool parked; /* the outcome */
};

/* Decides on the item as it is now. */
static int decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error) {
  struct decision *decision = context;
  const struct consuming *c = decision->c;
  struct item item;
  *ret_position = op_model_offset(model);
  int rc = parking_load(model, c->name, decision->item->seq, &item, error);
  if (rc)
    return rc;
  if (item.state == ITEM_NEW)
    item = *decision->item;
  if (decision->what == DELIVERED)
    decide_delivered(&item, drafts, guard);
  else if (decision->what == HELD)
    decide_held(&item, decision->behind, drafts, guard);
  else
    decide_failed(&item, decision->reason, c->max_attempts, drafts, guard);
  decision->parked = decision->what == ATTEMPT && item.attempts + 1 >= c->max_attempts;
  return OP_OK;
}

/* Decides and appends, and folds that: the next event is judged by it. */
static int commit(struct consuming *c, struct decision *decision, struct op_error *error) {
  struct op_committed committed;
  c->any = true;
  int rc = op_commit(c->model, decide, decision, &c->drafts, &committed, error);
  return rc ? rc : op_model_refresh(c->model, error);
}

/* Appends that an event is held. */
int consume_hold(struct consuming *c, const struct item *item, uint64_t behind, struct op_error *error) {
  struct decision decision = {.c = c, .item = item, .what = HELD, .behind = behind};
  op_explain(c->app, "consumer %s: event %" PRIu64 " is held behind event %" PRIu64, c->name, item->seq, behind);
  return commit(c, &decision, error);
}

/* What became of CMD, in words: "exited 3". */
static void describe(const struct op_child_result *result, char buf[64]) {
  snprintf(buf, 64, "%s %d", result->end == OP_CHILD_KILLED ? "was ended by signal" : "exited", result->number);
}

/* Exit 75: CMD did not do its work; the batch stays to be done. */
static void tell_failure(const struct consuming *c, const struct op_child_result *result, int64_t attempts,
                         struct op_error *ret_failure) {
  char what[64], attempt[64] = "";
  describe(result, what);
  if (attempts > 0)
    snprintf(attempt, sizeof attempt, "; attempt %" PRId64 " of %" PRId64, attempts, c->max_attempts);
  op_fail(ret_failure, OP_TEMPORARY, "command_failed",
          "consumer %s: %s %s at events %" PRIu64 " to %" PRIu64 "; offset stays %" PRIu64 "%s", c->name,
          c->app->operands[0], what, c->first, c->last, evs_consumer_offset(c->consumer), attempt);
  op_error_text(ret_failure, "consumer", c->name);
  op_error_number(ret_failure, result->end == OP_CHILD_KILLED ? "signal" : "status", result->number);
  op_error_number(ret_failure, "first", (int64_t)c->first);
  op_error_number(ret_failure, "last", (int64_t)c->last);
  op_error_number(ret_failure, "offset", (int64_t)evs_consumer_offset(c->consumer));
  if (attempts > 0)
    op_error_number(ret_failure, "attempts", attempts);
}

/* CMD failed. */
static int failed(struct consuming *c, const struct op_child_result *result, enum given *ret_given,
                  struct op_error *ret_failure, struct op_error *error) {
  char reason[64];
  bool counts = c->max_attempts > 0 && c->count == 1 && !op_stopping();
  describe(result, reason);
  *ret_given = FAILED;
  if (!counts) {
    tell_failure(c, result, 0, ret_failure);
    return OP_OK;
  }
  struct decision decision = {.c = c, .item = &c->item, .what = ATTEMPT, .reason = reason};
  int rc = commit(c, &decision, error);
  if (rc)
    return rc;
  int64_t attempts = c->item.attempts + 1;
  tell_failure(c, result, attempts, ret_failure);
  if (!decision.parked)
    return OP_OK;
  *ret_given = PARKED;
  op_warn(c->app,
          "consumer %s: event %" PRIu64 " is parked after %" PRId64 " attempts, %s %s; 'op-journal retry %s %" PRIu64
          "' brings it back",
          c->name, c->first, attempts, c->app->operands[0], reason, c->name, c->first);
  return OP_OK;
}

/* Gives the batch. */
int consume_give(struct consuming *c, enum given *ret_given, struct op_error *ret_failure, struct op_error *error) {
  const struct op_child child = {.argv = c->app->operands, .input = c->lines.ptr, .input_len = c->lines.len};
  struct op_child_result result;
  *ret_given = GIVEN;
  int rc = op_child_run(&child, &result, error);
  if (rc)
    return rc;
  if (result.end != OP_CHILD_EXITED || result.number != 0)
    return failed(c, &result, ret_given, ret_failure, error);
  c->app->worked = true;
  op_explain(c->app, "consumer %s: events %" PRIu64 " to %" PRIu64 " done (%" PRIu64 ")", c->name, c->first, c->last,
             c->count);
  if (c->count > 1 || c->item.state == ITEM_NEW)
    return OP_OK;
  struct decision decision = {.c = c, .item = &c->item, .what = DELIVERED};
  return commit(c, &decision, error);
}

/* Exponential back-off with full jitter. */
int64_t consume_backoff_ms(unsigned failures) {
  return op_retry_delay_ms(failures, PAUSE_BASE_MS, PAUSE_CAP_MS, op_random());
}

/* Waits, without being deaf to signals. */
int consume_pause(struct consuming *c, int64_t until_ms, bool new_events, bool *ret_stop, struct op_error *error) {
  uint64_t position = new_events ? evs_cursor_position(c->cursor) : EVS_MAX_SEQ;
  evs_error store_error;
  int64_t left_ms = 0;
  while (!(*ret_stop = op_stopping() != 0) && (left_ms = until_ms - op_monotonic_ms()) > 0) {
    int rc =
        evs_wait(c->app->store, position, left_ms < LOOK_AGAIN_MS ? (unsigned)left_ms : LOOK_AGAIN_MS, &store_error);
    if (rc == 0)
      return OP_OK;
    if (rc != EVS_TIMEOUT && rc != EINTR)
      return op_fail_store(error, rc, &store_error);
  }
  return OP_OK;
}
