/* consume.c - op-journal consume: gives new events to any program, in batches, and remembers how far it came.
 *
 * The offset moves when CMD exits 0, and only then: whoever is killed, wherever, sees the batch again (at least once,
 * so CMD should know an event by its id or seq). One holder of a consumer at a time: the lease of libevstore. Events
 * that the options leave out are passed over, and the offset moves past them too, so that the lag stays honest. */
#include "child.h"
#include "commit.h"
#include "select.h"
#include "verbs.h"

#include <inttypes.h>
#include <string.h>

#define DEFAULT_BATCH 100
#define MAX_BATCH 100000
/* A batch this large is given as it is, whatever --batch says: it is held in memory. */
#define MAX_BATCH_BYTES ((size_t)16 << 20)

struct consuming {
  struct op_app *app;
  const char *name;
  uint64_t batch;
  uint64_t left; /* events until --max */
  evs_consumer *consumer;
  evs_cursor *cursor;
  struct op_text lines; /* the batch in hand */
  uint64_t count, first, last;
};

/* Moves the offset to where the cursor stands, if that is further. */
static int commit(struct consuming *c, struct op_error *error) {
  uint64_t position = evs_cursor_position(c->cursor);
  if (position <= evs_consumer_offset(c->consumer))
    return OP_OK;
  evs_error store_error;
  int rc = evs_consumer_commit(c->consumer, position, op_now_us(c->app), &store_error);
  return rc ? op_fail_store(error, rc, &store_error) : OP_OK;
}

/* Collects the next batch. *ret_end: the cursor is at the end of the journal. */
static int collect(struct consuming *c, bool *ret_end, struct op_error *error) {
  uint64_t limit = c->left < c->batch ? c->left : c->batch;
  op_text_reset(&c->lines);
  c->count = 0;
  *ret_end = false;
  while (c->count < limit && c->lines.len < MAX_BATCH_BYTES) {
    evs_event event;
    evs_error store_error;
    int rc = evs_next(c->cursor, &event, &store_error);
    if (rc == EVS_END) {
      *ret_end = true;
      break;
    }
    if (rc)
      return op_fail_store(error, rc, &store_error);
    op_text_add(&c->lines, event.line.ptr, event.line.len);
    op_text_add(&c->lines, "\n", 1);
    c->first = c->count++ ? c->first : event.seq;
    c->last = event.seq;
  }
  return OP_OK;
}

/* Exit 75: CMD did not do its work; the batch stays to be done. */
static int command_failed(const struct consuming *c, const char *command, const struct op_child_result *result,
                          struct op_error *error) {
  bool killed = result->end == OP_CHILD_KILLED;
  op_fail(error, OP_TEMPORARY, "command_failed",
          "consumer %s: %s %s %d at events %" PRIu64 " to %" PRIu64 "; offset stays %" PRIu64, c->name, command,
          killed ? "was ended by signal" : "exited", result->number, c->first, c->last,
          evs_consumer_offset(c->consumer));
  op_error_text(error, "consumer", c->name);
  op_error_number(error, killed ? "signal" : "status", result->number);
  op_error_number(error, "first", (int64_t)c->first);
  op_error_number(error, "last", (int64_t)c->last);
  op_error_number(error, "offset", (int64_t)evs_consumer_offset(c->consumer));
  return OP_TEMPORARY;
}

/* Gives the batch in hand to CMD. */
static int give(const struct consuming *c, struct op_error *error) {
  const struct op_child child = {.argv = c->app->operands, .input = c->lines.ptr, .input_len = c->lines.len};
  struct op_child_result result;
  int rc = op_child_run(&child, &result, error);
  if (!rc && (result.end != OP_CHILD_EXITED || result.number != 0))
    rc = command_failed(c, child.argv[0], &result, error);
  return rc;
}

/* Gives batch after batch to CMD. */
static int consume_all(struct consuming *c, struct op_error *error) {
  while (c->left > 0 && !op_stopping()) {
    bool end = false;
    int rc = collect(c, &end, error);
    if (!rc && c->count) {
      rc = give(c, error);
      c->left -= c->count;
    }
    if (!rc)
      rc = commit(c, error);
    if (rc)
      return rc;
    if (c->count)
      op_explain(c->app, "consumer %s: events %" PRIu64 " to %" PRIu64 " done (%" PRIu64 ")", c->name, c->first,
                 c->last, c->count);
    bool stop = !c->app->follow;
    if (end && !stop && op_follow_wait(c->app, evs_cursor_position(c->cursor), &stop, error))
      return error->exit_code;
    if (end && stop)
      break;
  }
  return OP_OK;
}

/* The verb consume. */
int verb_consume(struct op_app *app, struct op_error *error) {
  struct consuming c = {.app = app, .name = op_option(app, "consumer"), .left = app->max};
  struct selection selection = {0};
  evs_error store_error;
  int rc = selection_make(app, "type", "tag", op_option(app, "correlation"), &selection, error);
  if (!rc)
    rc = count_option(app, "batch", DEFAULT_BATCH, MAX_BATCH, &c.batch, error);
  if (!rc)
    rc = op_store_read(app, error);
  if (rc)
    goto out;
  rc = evs_consumer_open(app->store, c.name, &c.consumer, &store_error);
  if (!rc)
    rc = evs_read(app->store, selection_query(&selection), evs_consumer_offset(c.consumer), 0, &c.cursor, &store_error);
  rc = rc ? op_fail_store(error, rc, &store_error) : consume_all(&c, error);
out:
  evs_cursor_close(c.cursor);
  evs_consumer_close(c.consumer);
  selection_free(&selection);
  op_text_free(&c.lines);
  return rc;
}
