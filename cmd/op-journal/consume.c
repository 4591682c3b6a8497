/* consume.c - op-journal consume: gives new events to any program, in batches, and remembers how far it came.
 *
 * The offset moves when CMD exits 0, and only then: whoever is killed, wherever, sees the batch again (at least once,
 * so CMD should know an event by its id or seq). One holder of a consumer at a time: the lease of libevstore. Events
 * that the options leave out are passed over, and the offset moves past them too, so that the lag stays honest.
 * With --max-attempts a batch that fails is halved until the event that fails stands alone; a run makes one attempt at
 * that and ends, the last attempt parks it and the run goes on. What was brought back is given first, each alone. */
#include "consume.h"
#include "parts.h"
#include "progress.h"
#include "select.h"
#include "verbs.h"

#include <inttypes.h>
#include <string.h>

#define DEFAULT_BATCH 100
#define MAX_BATCH 100000
#define MAX_ATTEMPTS 1000

/* Gives what can be given of what waits: each once. *ret_failed: one failed, and *ret_failure is the last. */
static int give_waiting(struct consuming *c, bool *ret_failed, struct op_error *ret_failure, struct op_error *error) {
  *ret_failed = false;
  for (uint64_t seq = 0; c->any && c->left > 0 && !op_stopping();) {
    struct item item;
    enum given given = GIVEN;
    int rc = parking_due(c->model, c->name, c->part, seq, &item, error);
    if (rc || item.state == ITEM_NEW)
      return rc;
    seq = item.seq;
    rc = consume_take(c, &item, error);
    if (!rc)
      rc = consume_give(c, &given, ret_failure, error);
    if (rc)
      return rc;
    *ret_failed = *ret_failed || given == FAILED;
    c->left -= given != FAILED;
  }
  return OP_OK;
}

/* After a batch: the offset moves, or what failed is narrowed. *ret_failed: nothing more can be done about it now. */
static int settle(struct consuming *c, enum given given, bool *ret_failed, struct op_error *error) {
  *ret_failed = given == FAILED && (c->count == 1 || !c->max_attempts || op_stopping());
  if (given != FAILED) {
    c->left -= c->count;
    c->suspects = given == GIVEN && c->suspects > c->count ? c->suspects - c->count : 0;
    return consume_commit(c, error);
  }
  c->suspects = c->count > 1 && c->max_attempts ? c->count : 0;
  return consume_rewind(c, evs_consumer_offset(c->consumer), error);
}

/* One batch. *ret_end: there is nothing more. *ret_failed: CMD failed, *ret_failure says how. */
static int give_batch(struct consuming *c, bool *ret_end, bool *ret_failed, struct op_error *ret_failure,
                      struct op_error *error) {
  enum given given = GIVEN;
  int rc = consume_collect(c, ret_end, error);
  if (!rc && c->count)
    rc = consume_give(c, &given, ret_failure, error);
  if (!rc)
    rc = settle(c, given, ret_failed, error);
  *ret_end = *ret_end && given == GIVEN;
  return rc;
}

/* Catches up with what operators and other parts did. */
static int look_around(struct consuming *c, struct op_error *error) {
  int rc = op_model_refresh(c->model, error);
  return rc ? rc : parking_any(c->model, c->name, &c->any, error);
}

/* What was brought back, where its time has come. *ret_failed and *ret_failure as above. */
static int round_of_waiting(struct consuming *c, bool *ret_failed, struct op_error *ret_failure,
                            struct op_error *error) {
  *ret_failed = false;
  if (op_monotonic_ms() < c->waiting_from_ms)
    return OP_OK;
  int rc = give_waiting(c, ret_failed, ret_failure, error);
  c->waiting_failures = *ret_failed ? c->waiting_failures + 1 : 0;
  if (*ret_failed)
    c->waiting_from_ms = op_monotonic_ms() + consume_backoff_ms(c->waiting_failures);
  return rc;
}

/* Batch after batch, until nothing more is there or can be done about it now. */
static int round_of_batches(struct consuming *c, bool *ret_failed, struct op_error *ret_failure,
                            struct op_error *error) {
  uint64_t offset = evs_consumer_offset(c->consumer);
  bool end = false;
  int rc = OP_OK;
  *ret_failed = false;
  while (!rc && !end && !*ret_failed && c->left > 0 && !op_stopping())
    rc = give_batch(c, &end, ret_failed, ret_failure, error);
  if (evs_consumer_offset(c->consumer) > offset)
    c->failures = 0;
  c->failures += *ret_failed;
  return rc;
}

/* --follow: what failed is told, and tried again after a while; else waits for what comes. */
static int wait(struct consuming *c, bool failed, const struct op_error *failure, bool *ret_stop,
                struct op_error *error) {
  int64_t now_ms = op_monotonic_ms();
  if (failure && !op_stopping())
    op_warn(c->app, "%s", failure->message);
  if (failed)
    return consume_pause(c, now_ms + consume_backoff_ms(c->failures), false, ret_stop, error);
  if (c->waiting_from_ms > now_ms)
    return consume_pause(c, c->waiting_from_ms, true, ret_stop, error);
  return op_follow_wait(c->app, evs_cursor_position(c->cursor), ret_stop, error);
}

/* Gives all that there is, and with --follow all that comes. */
static int consume_all(struct consuming *c, struct op_error *error) {
  bool stop = false;
  while (!stop && c->left > 0 && !op_stopping()) {
    struct op_error failure = {0};
    bool failed = false, waiting_failed = false;
    int rc = look_around(c, error);
    if (!rc)
      rc = round_of_waiting(c, &waiting_failed, &failure, error);
    if (!rc)
      rc = round_of_batches(c, &failed, &failure, error);
    if (!rc && c->app->follow && c->left > 0)
      rc = wait(c, failed, failed || waiting_failed ? &failure : NULL, &stop, error);
    if (rc)
      return rc;
    if (!c->app->follow && (failed || waiting_failed)) {
      *error = failure;
      return error->exit_code;
    }
    stop = stop || !c->app->follow;
  }
  return OP_OK;
}

/* Reads the options. */
static int read_options(struct consuming *c, struct op_error *error) {
  uint64_t max_attempts = 0;
  char consumer[EVS_MAX_CONSUMER + 1];
  const char *part = op_option(c->app, "part");
  int rc = count_option(c->app, "batch", DEFAULT_BATCH, MAX_BATCH, &c->batch, error);
  if (!rc)
    rc = count_option(c->app, "max-attempts", 0, MAX_ATTEMPTS, &max_attempts, error);
  c->max_attempts = (int64_t)max_attempts;
  c->named = op_option_given(c->app, "type");
  if (!rc && part && !part_parse(part, &c->part))
    return op_usage(c->app, error, "--part must be K/N, part K (from 1) of N (at most %d), not '%s'", MAX_PARTS, part);
  if (!rc && part_of_name(c->name, consumer).of)
    return op_usage(c->app, error, "%s is the name of a part: --consumer %s --part K/N", c->name, consumer);
  return rc;
}

/* Takes the lease, makes sure that the consumer is run in these parts, and opens what is read. */
static int begin(struct consuming *c, struct op_error *error) {
  char name[EVS_MAX_CONSUMER + 1];
  evs_error store_error;
  if (!part_name(c->name, c->part, name))
    return op_fail(error, OP_DATA, "invalid", "consumer %s: the name is too long", c->name);
  int rc = evs_consumer_open(c->app->store, name, &c->consumer, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  rc = op_model_open(c->app, parking_model(), &c->model, error);
  if (!rc)
    rc = parts_use(c->model, c->name, c->part.of, &c->drafts, error);
  return rc ? rc : consume_rewind(c, evs_consumer_offset(c->consumer), error);
}

/* The verb consume. */
int verb_consume(struct op_app *app, struct op_error *error) {
  struct consuming c = {.app = app, .name = op_option(app, "consumer"), .left = app->max};
  struct selection selection = {0};
  int rc = selection_make(app, "type", "tag", op_option(app, "correlation"), &selection, error);
  if (!rc)
    rc = read_options(&c, error);
  if (!rc)
    rc = op_store_read(app, error);
  c.query = selection_query(&selection);
  if (!rc)
    rc = begin(&c, error);
  if (!rc)
    rc = consume_all(&c, error);
  evs_cursor_close(c.cursor);
  evs_consumer_close(c.consumer);
  op_model_close(c.model);
  op_drafts_free(&c.drafts);
  selection_free(&selection);
  op_text_free(&c.lines);
  return rc;
}
