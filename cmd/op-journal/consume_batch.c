/* consume_batch.c - what the next batch of a consumer is.
 *
 * A batch ends before an event that is not to be given now (it comes behind one that waits), so that the offset never
 * moves past an event of which nothing is known. Errors: those of the store. */
#include "consume.h"
#include "request.h"

/* A batch this large is given as it is, whatever --batch says: it is held in memory. */
#define MAX_BATCH_BYTES ((size_t)16 << 20)

enum verdict { GIVE, PASS, HOLD };

/* Reads on behind a position. */
int consume_rewind(struct consuming *c, uint64_t position, struct op_error *error) {
  evs_error store_error;
  evs_cursor_close(c->cursor);
  c->cursor = NULL;
  int rc = evs_read(c->app->store, c->query, position, 0, &c->cursor, &store_error);
  return rc ? op_fail_store(error, rc, &store_error) : OP_OK;
}

/* What becomes of this event; *ret_item is what is known of it, *ret_ahead what it is held behind. */
static int judge(const struct consuming *c, const evs_event *event, enum verdict *ret_verdict, struct item *ret_item,
                 uint64_t *ret_ahead, struct op_error *error) {
  *ret_verdict = GIVE;
  *ret_ahead = 0;
  item_begin(ret_item, c->name, event);
  if ((!c->named && is_bookkeeping(event)) || !part_has(c->part, ret_item->correlation)) {
    *ret_verdict = PASS;
    return OP_OK;
  }
  if (!c->any)
    return OP_OK;
  struct item known;
  int rc = parking_load(c->model, c->name, event->seq, &known, error);
  if (!rc && known.state != ITEM_NEW)
    *ret_item = known;
  if (!rc && ret_item->correlation[0])
    rc = parking_ahead(c->model, c->name, c->part, ret_item->correlation, event->seq, ret_ahead, error);
  if (item_waits(ret_item))
    *ret_verdict = PASS;
  else if (*ret_ahead)
    *ret_verdict = HOLD;
  return rc;
}

/* Adds an event to the batch. */
static void add(struct consuming *c, const struct item *item, evs_slice line) {
  if (!c->count)
    c->item = *item;
  op_text_add(&c->lines, line.ptr, line.len);
  op_text_add(&c->lines, "\n", 1);
  c->first = c->count++ ? c->first : item->seq;
  c->last = item->seq;
}

/* How many events: half of those that hold one that fails. */
static uint64_t limit(const struct consuming *c) {
  uint64_t most = c->suspects ? (c->suspects + 1) / 2 : c->batch;
  return c->left < most ? c->left : most;
}

/* One event after the other. */
int consume_collect(struct consuming *c, bool *ret_end, struct op_error *error) {
  uint64_t most = limit(c);
  op_text_reset(&c->lines);
  c->count = 0;
  *ret_end = false;
  while (c->count < most && c->lines.len < MAX_BATCH_BYTES) {
    evs_event event;
    evs_error store_error;
    enum verdict verdict = GIVE;
    struct item item;
    uint64_t ahead = 0;
    int rc = evs_next(c->cursor, &event, &store_error);
    if (rc == EVS_END) {
      *ret_end = true;
      break;
    }
    if (rc)
      return op_fail_store(error, rc, &store_error);
    rc = judge(c, &event, &verdict, &item, &ahead, error);
    if (rc)
      return rc;
    if (c->count && verdict == HOLD) {
      c->position = event.seq - 1;
      return consume_rewind(c, c->position, error);
    }
    if (verdict == HOLD && (rc = consume_hold(c, &item, ahead, error)))
      return rc;
    if (verdict == GIVE)
      add(c, &item, event.line);
  }
  c->position = evs_cursor_position(c->cursor);
  return OP_OK;
}

/* Copies the line of an event. */
static int use_line(void *context, const evs_event *event, struct op_error *error) {
  struct consuming *c = context;
  (void)error;
  const struct item item = c->item;
  add(c, &item, event->line);
  return OP_OK;
}

/* An item alone. */
int consume_take(struct consuming *c, const struct item *item, struct op_error *error) {
  op_text_reset(&c->lines);
  c->count = 0;
  c->item = *item;
  c->position = 0;
  return op_event_at(c->app, item->seq, use_line, c, error);
}

/* Forwards only. */
int consume_commit(struct consuming *c, struct op_error *error) {
  if (c->position <= evs_consumer_offset(c->consumer))
    return OP_OK;
  evs_error store_error;
  int rc = evs_consumer_commit(c->consumer, c->position, op_now_us(c->app), &store_error);
  return rc ? op_fail_store(error, rc, &store_error) : OP_OK;
}
