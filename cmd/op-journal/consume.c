/* consume.c - op-journal consume: gives new events to any program, in batches, and remembers how far it came.
 *
 * The offset moves when CMD exits 0, and only then: whoever is killed, wherever, sees the batch again (at least once,
 * so CMD should know an event by its id or seq). One holder of a consumer at a time: the lease of libevstore. Events
 * that the options leave out are passed over, and the offset moves past them too, so that the lag stays honest.
 * With --max-attempts a batch that fails is halved until the event that fails stands alone. That one steps aside until
 * the time of its next attempt, which the journal holds, and the run goes on behind it; the last attempt parks it. But
 * where OUTAGE events fail at the same time nothing new is given, so that what ails all of them parks few. What waits
 * is given first, each alone, when its time has come. Nobody sleeps but --follow. */
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
#define SHORTEST_PAUSE_MS 250

/* Is CMD, or what it needs, out of order? */
static bool is_suspended(const struct consuming *c) { return c->max_attempts > 0 && c->failing.count >= OUTAGE; }

/* Gives what can be given of what waits: each once, and nothing for the first time while CMD is out of order. */
static int give_waiting(struct consuming *c, bool *ret_failed, struct op_error *error) {
  *ret_failed = false;
  for (uint64_t seq = 0; c->any && c->left > 0 && !op_stopping();) {
    struct item item;
    enum given given = GIVEN;
    int rc = parking_due(c->model, c->name, c->part, seq, op_now_us(c->app), &item, error);
    if (rc || item.state == ITEM_NEW)
      return rc;
    seq = item.seq;
    if (is_suspended(c) && item.attempts == 0)
      continue;
    rc = consume_take(c, &item, error);
    if (!rc)
      rc = consume_give(c, &given, error);
    if (rc)
      return rc;
    *ret_failed = *ret_failed || given == FAILED;
    c->left -= given != FAILED;
  }
  return OP_OK;
}

/* After a batch: the offset moves, or what failed is narrowed. *ret_failed: nothing more can be done about it now. */
static int settle(struct consuming *c, enum given given, bool *ret_failed, struct op_error *error) {
  *ret_failed = given == FAILED && (!c->max_attempts || op_stopping());
  if (given == FAILED && (c->count > 1 || *ret_failed)) {
    c->suspects = c->max_attempts ? c->count : 0;
    return consume_rewind(c, evs_consumer_offset(c->consumer), error);
  }
  c->left -= given != FAILED ? c->count : 0;
  c->suspects = given == GIVEN && c->suspects > c->count ? c->suspects - c->count : 0;
  return consume_commit(c, error);
}

/* One batch. *ret_end: there is nothing more. *ret_failed as above. */
static int give_batch(struct consuming *c, bool *ret_end, bool *ret_failed, struct op_error *error) {
  enum given given = GIVEN;
  int rc = consume_collect(c, ret_end, error);
  if (!rc && c->count)
    rc = consume_give(c, &given, error);
  if (!rc)
    rc = settle(c, given, ret_failed, error);
  *ret_end = *ret_end && given == GIVEN;
  return rc;
}

/* What waits, where its time has come. Without --max-attempts no time stands in the journal. */
static int round_of_waiting(struct consuming *c, struct op_error *error) {
  bool failed = false;
  if (!c->max_attempts && op_monotonic_ms() < c->waiting_from_ms)
    return OP_OK;
  int rc = give_waiting(c, &failed, error);
  c->waiting_failures = failed ? c->waiting_failures + 1 : 0;
  if (failed)
    c->waiting_from_ms = op_monotonic_ms() + consume_backoff_ms(c->waiting_failures);
  return rc;
}

/* Batch after batch, until nothing more is there or can be done about it now. */
static int round_of_batches(struct consuming *c, bool *ret_failed, struct op_error *error) {
  uint64_t offset = evs_consumer_offset(c->consumer);
  bool end = false;
  int rc = OP_OK;
  *ret_failed = false;
  while (!rc && !end && !*ret_failed && c->left > 0 && !is_suspended(c) && !op_stopping())
    rc = give_batch(c, &end, ret_failed, error);
  if (evs_consumer_offset(c->consumer) > offset)
    c->failures = 0;
  c->failures += *ret_failed;
  return rc;
}

/* When something that failed is given again, by op_monotonic_ms(); 0: nothing is. */
static int64_t next_attempt_ms(const struct consuming *c) {
  int64_t now_ms = op_monotonic_ms();
  if (!c->max_attempts)
    return c->waiting_from_ms > now_ms ? c->waiting_from_ms : 0;
  if (!c->failing.count)
    return 0;
  int64_t left_ms = (c->failing.retry_us - op_now_us(c->app)) / 1000 + 1;
  return now_ms + (left_ms > SHORTEST_PAUSE_MS ? left_ms : SHORTEST_PAUSE_MS);
}

/* --follow: what failed is told, and tried again after a while; else waits for what comes. */
static int wait(struct consuming *c, bool failed, bool *ret_stop, struct op_error *error) {
  if (c->failed && !op_stopping())
    op_warn(c->app, "%s", c->failure.message);
  c->failed = false;
  if (failed)
    return consume_pause(c, op_monotonic_ms() + consume_backoff_ms(c->failures), false, ret_stop, error);
  int64_t next_ms = next_attempt_ms(c);
  if (next_ms)
    return consume_pause(c, next_ms, true, ret_stop, error);
  return op_follow_wait(c->app, evs_cursor_position(c->cursor), ret_stop, error);
}

/* The end of a run that does not follow: exit 75 where something is left that could not be done. */
static int finish(const struct consuming *c, struct op_error *error) {
  char retry_at[EVS_TIME_SIZE];
  if (c->failed) {
    *error = c->failure;
    return error->exit_code;
  }
  if (!is_suspended(c) || op_stopping())
    return OP_OK;
  evs_time_format(c->failing.retry_us, retry_at);
  op_fail(error, OP_TEMPORARY, "consumer_suspended",
          "consumer %s: %" PRIu64 " events failed and are given again from %s on; nothing new is given before", c->name,
          c->failing.count, retry_at);
  op_error_text(error, "consumer", c->name);
  op_error_text(error, "retryAt", retry_at);
  return error->exit_code;
}

/* Gives all that there is, and with --follow all that comes. */
static int consume_all(struct consuming *c, struct op_error *error) {
  bool stop = false;
  while (!stop && c->left > 0 && !op_stopping()) {
    bool failed = false;
    int rc = consume_look(c, error);
    if (!rc)
      rc = round_of_waiting(c, error);
    if (!rc)
      rc = round_of_batches(c, &failed, error);
    if (!rc && c->app->follow && c->left > 0)
      rc = wait(c, failed, &stop, error);
    if (rc)
      return rc;
    stop = stop || !c->app->follow;
  }
  return c->app->follow ? OP_OK : finish(c, error);
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
