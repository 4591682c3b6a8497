/* consume_outcome.c - gives a batch to CMD, and appends to the journal what is to be remembered of that.
 *
 * Only what CMD fails on when given alone is remembered, and only with --max-attempts: an attempt with the time of the
 * next one, or that the event is parked. A CMD that fails while we are told to end has most likely been ended by the
 * same signal: that is no attempt. What is appended rests on the item as the journal has it then, so it is loaded again
 * by each decision. Errors: those of starting CMD, and of the store. */
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
  else {
    const struct attempt attempt = {decision->reason, c->max_attempts, op_now_us(c->app), op_random()};
    decide_failed(&item, &attempt, drafts, guard);
  }
  decision->parked = decision->what == ATTEMPT && item.attempts + 1 >= c->max_attempts;
  return OP_OK;
}

/* Catches up. */
int consume_look(struct consuming *c, struct op_error *error) {
  int rc = op_model_refresh(c->model, error);
  if (!rc)
    rc = parking_any(c->model, c->name, &c->any, error);
  if (!rc && !c->any)
    c->failing = (struct failing){0};
  return rc || !c->any ? rc : parking_failing(c->model, c->name, c->part, &c->failing, error);
}

/* Decides and appends, and folds that: the next event is judged by it. */
static int commit(struct consuming *c, struct decision *decision, struct op_error *error) {
  struct op_committed committed;
  int rc = op_commit(c->model, decide, decision, &c->drafts, &committed, error);
  return rc ? rc : consume_look(c, error);
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

/* Exit 75: CMD did not do its work. `item` is what is known of the one event after that, NULL: the batch stays to be
 * done. A failure that was kept before is told now. */
static void keep_failure(struct consuming *c, const struct op_child_result *result, const struct item *item) {
  char what[64], retry_at[EVS_TIME_SIZE];
  struct op_error *failure = &c->failure;
  uint64_t offset = evs_consumer_offset(c->consumer);
  if (c->failed)
    op_warn(c->app, "%s", failure->message);
  c->failed = true;
  describe(result, what);
  if (item) {
    evs_time_format(item->retry_us, retry_at);
    op_fail(failure, OP_TEMPORARY, "command_failed",
            "consumer %s: %s %s at event %" PRIu64 "; attempt %" PRId64 " of %" PRId64 ", the next from %s on", c->name,
            c->app->operands[0], what, item->seq, item->attempts, c->max_attempts, retry_at);
  } else {
    op_fail(failure, OP_TEMPORARY, "command_failed",
            "consumer %s: %s %s at events %" PRIu64 " to %" PRIu64 "; offset stays %" PRIu64, c->name,
            c->app->operands[0], what, c->first, c->last, offset);
  }
  op_error_text(failure, "consumer", c->name);
  op_error_number(failure, result->end == OP_CHILD_KILLED ? "signal" : "status", result->number);
  op_error_number(failure, "first", (int64_t)c->first);
  op_error_number(failure, "last", (int64_t)c->last);
  op_error_number(failure, "offset", (int64_t)offset);
  if (item) {
    op_error_number(failure, "attempts", item->attempts);
    op_error_text(failure, "retryAt", retry_at);
  }
}

/* CMD failed. */
static int failed(struct consuming *c, const struct op_child_result *result, enum given *ret_given,
                  struct op_error *error) {
  struct item item;
  char reason[64];
  bool counts = c->max_attempts > 0 && c->count == 1 && !op_stopping();
  describe(result, reason);
  *ret_given = FAILED;
  if (c->max_attempts > 0 && c->count > 1 && !op_stopping()) {
    op_explain(c->app, "consumer %s: %s %s at events %" PRIu64 " to %" PRIu64 ": given again in halves", c->name,
               c->app->operands[0], reason, c->first, c->last);
    return OP_OK;
  }
  if (!counts) {
    keep_failure(c, result, NULL);
    return OP_OK;
  }
  struct decision decision = {.c = c, .item = &c->item, .what = ATTEMPT, .reason = reason};
  int rc = commit(c, &decision, error);
  if (!rc)
    rc = parking_load(c->model, c->name, c->first, &item, error);
  if (rc)
    return rc;
  if (!decision.parked) {
    keep_failure(c, result, &item);
    return OP_OK;
  }
  *ret_given = PARKED;
  op_warn(c->app,
          "consumer %s: event %" PRIu64 " is parked after %" PRId64 " attempts, %s %s; 'op-journal retry %s %" PRIu64
          "' brings it back",
          c->name, c->first, item.attempts, c->app->operands[0], reason, c->name, c->first);
  return OP_OK;
}

/* Gives the batch. */
int consume_give(struct consuming *c, enum given *ret_given, struct op_error *error) {
  const struct op_child child = {.argv = c->app->operands, .input = c->lines.ptr, .input_len = c->lines.len};
  struct op_child_result result;
  *ret_given = GIVEN;
  int rc = op_child_run(&child, &result, error);
  if (rc)
    return rc;
  if (result.end != OP_CHILD_EXITED || result.number != 0)
    return failed(c, &result, ret_given, error);
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
  uint64_t position = new_events ? op_model_offset(c->model) : EVS_MAX_SEQ;
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
