/* parking.c - the fold and the decisions about what a consumer could not do, see parking.h.
 *
 * Anyone may append events, so nothing in them is believed: what is out of bounds is cut or ignored.
 * Invariant: the id of a step names the step before it, so that of two who take one at once, or of one who takes it
 * again after a crash, only one gets it. */
#include "parking.h"
#include "domain.h"
#include "model.h"
#include "retry.h"

#include <inttypes.h>
#include <string.h>

const char *const item_states[] = {OP_ITEM_IS_NEW,     OP_ITEM_IS_FAILING,   OP_ITEM_IS_PARKED,  OP_ITEM_IS_HELD,
                                   OP_ITEM_IS_RETRIED, OP_ITEM_IS_DELIVERED, OP_ITEM_IS_DROPPED, NULL};

const char *const item_types[] = {OP_CONSUMER_ATTEMPT_FAILED, OP_CONSUMER_EVENT_PARKED,    OP_CONSUMER_EVENT_RETRIED,
                                  OP_CONSUMER_EVENT_DROPPED,  OP_CONSUMER_EVENT_DELIVERED, NULL};

/* Is it one of the types above, or that a consumer was divided? */
bool is_bookkeeping(const evs_event *event) {
  bool found = op_type_is(event, OP_CONSUMER_PARTITIONED);
  for (size_t i = 0; !found && item_types[i]; i++)
    found = op_type_is(event, item_types[i]);
  return found;
}

/* ---- fold ------------------------------------------------------------------------------------------------------- */

/* The key of the item. */
bool item_of(const evs_event *event, char consumer[EVS_MAX_CONSUMER + 1], uint64_t *ret_seq) {
  int64_t seq = op_field_number(event, "seq", 0);
  *ret_seq = seq > 0 ? (uint64_t)seq : 0;
  return seq > 0 && (uint64_t)seq < event->seq && op_field_text(event, "consumer", consumer, EVS_MAX_CONSUMER + 1) &&
         consumer[0];
}

/* A count of an event, 0 where it is none. */
static int64_t count_of(const evs_event *event, const char *key) {
  int64_t count = op_field_number(event, key, 0);
  return count > 0 ? count : 0;
}

/* One step. */
void item_apply(struct item *item, const evs_event *event) {
  item->retry_us = 0;
  if (op_type_is(event, OP_CONSUMER_ATTEMPT_FAILED)) {
    item->state = item->state == ITEM_RETRIED || item->state == ITEM_HELD ? item->state : ITEM_FAILING;
    item->attempts = count_of(event, "attempts");
    item->retry_us = op_field_time(event, "retryAt", 0);
  } else if (op_type_is(event, OP_CONSUMER_EVENT_PARKED)) {
    item->behind = (uint64_t)count_of(event, "behind");
    item->state = item->behind ? ITEM_HELD : ITEM_PARKED;
    item->attempts = count_of(event, "attempts");
  } else if (op_type_is(event, OP_CONSUMER_EVENT_RETRIED)) {
    item->state = ITEM_RETRIED;
    item->attempts = 0;
  } else {
    item->state = op_type_is(event, OP_CONSUMER_EVENT_DROPPED) ? ITEM_DROPPED : ITEM_DELIVERED;
    item->attempts = 0;
  }
  char text[MAX_REASON + 1];
  if (op_field_text(event, "reason", text, sizeof text))
    stpcpy(item->reason, text);
  if (op_field_text(event, "eventType", text, sizeof text) && strlen(text) <= EVS_MAX_TYPE)
    stpcpy(item->type, text);
  if (event->correlation.ptr)
    evs_json_unescape(event->correlation, item->correlation, sizeof item->correlation);
  item->last_seq = event->seq;
  snprintf(item->updated_at, sizeof item->updated_at, "%.*s", (int)event->time.len, event->time.ptr);
}

/* All but what is new or done. */
bool item_waits(const struct item *item) {
  return item->state == ITEM_FAILING || item->state == ITEM_PARKED || item->state == ITEM_HELD ||
         item->state == ITEM_RETRIED;
}

/* An item that nothing is known of. */
void item_begin(struct item *item, const char *consumer, const evs_event *event) {
  *item = (struct item){.seq = event->seq};
  snprintf(item->consumer, sizeof item->consumer, "%s", consumer);
  evs_json_unescape(event->type, item->type, sizeof item->type);
  if (event->correlation.ptr)
    evs_json_unescape(event->correlation, item->correlation, sizeof item->correlation);
}

/* ---- decisions -------------------------------------------------------------------------------------------------- */

/* Begins the next step of the item; the caller adds its own members and ends it. */
static struct op_draft *draft_step(const struct item *item, const char *type, struct op_drafts *drafts,
                                   struct op_guard *guard) {
  struct op_draft *draft = op_draft_add(drafts, type, item->correlation, item->seq);
  op_draft_id(draft, "consumer-event:%s:%" PRIu64 ":%" PRIu64, item->consumer, item->seq, item->last_seq);
  op_draft_tag(draft, OP_TAG_CONSUMER, item->consumer);
  op_guard_add(guard, item_types, OP_TAG_CONSUMER, item->consumer);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "consumer", item->consumer);
  op_json_number(&draft->data, "seq", (int64_t)item->seq);
  op_json_string(&draft->data, "eventType", item->type);
  return draft;
}

/* The next attempt failed. */
void decide_failed(const struct item *item, const struct attempt *attempt, struct op_drafts *drafts,
                   struct op_guard *guard) {
  int64_t attempts = item->attempts + 1;
  bool last = attempts >= attempt->max_attempts;
  struct op_draft *draft =
      draft_step(item, last ? OP_CONSUMER_EVENT_PARKED : OP_CONSUMER_ATTEMPT_FAILED, drafts, guard);
  op_json_number(&draft->data, "attempts", attempts);
  op_json_string(&draft->data, "reason", attempt->reason);
  if (!last) {
    int64_t delay_ms = op_retry_delay_ms(attempts, OP_RETRY_BASE_MS, OP_RETRY_CAP_MS, attempt->random);
    op_json_time(&draft->data, "retryAt", attempt->now_us + delay_ms * 1000);
  }
  op_json_end(&draft->data);
}

/* It was not tried. */
void decide_held(const struct item *item, uint64_t behind, struct op_drafts *drafts, struct op_guard *guard) {
  char reason[64];
  snprintf(reason, sizeof reason, "behind event %" PRIu64, behind);
  struct op_draft *draft = draft_step(item, OP_CONSUMER_EVENT_PARKED, drafts, guard);
  op_json_number(&draft->data, "attempts", 0);
  op_json_string(&draft->data, "reason", reason);
  op_json_number(&draft->data, "behind", (int64_t)behind);
  op_json_end(&draft->data);
}

/* It is done. */
void decide_delivered(const struct item *item, struct op_drafts *drafts, struct op_guard *guard) {
  if (!item_waits(item))
    return;
  struct op_draft *draft = draft_step(item, OP_CONSUMER_EVENT_DELIVERED, drafts, guard);
  op_json_end(&draft->data);
}

/* An operator decides. */
int decide_retry(const struct item *item, bool drop, const struct op_request *request, struct op_drafts *drafts,
                 struct op_guard *guard, struct op_error *error) {
  bool is_so = item->state == (drop ? ITEM_DROPPED : ITEM_RETRIED);
  if (is_so && !(request && request->key)) /* a request is remembered, or it would do later what it found done */
    return OP_OK;
  if (!is_so && !item_waits(item)) {
    op_fail(error, OP_REFUSED, "not_parked", "consumer %s: event %" PRIu64 " is not parked", item->consumer, item->seq);
    op_error_text(error, "consumer", item->consumer);
    op_error_number(error, "seq", (int64_t)item->seq);
    return error->exit_code;
  }
  if (!drop && item->state == ITEM_HELD) {
    op_fail(error, OP_REFUSED, "parked_behind",
            "consumer %s: event %" PRIu64 " waits behind event %" PRIu64 " of its correlation; bring that one back",
            item->consumer, item->seq, item->behind);
    op_error_text(error, "consumer", item->consumer);
    op_error_number(error, "seq", (int64_t)item->seq);
    op_error_number(error, "behind", (int64_t)item->behind);
    return error->exit_code;
  }
  struct op_draft *draft =
      draft_step(item, drop ? OP_CONSUMER_EVENT_DROPPED : OP_CONSUMER_EVENT_RETRIED, drafts, guard);
  if (item->reason[0])
    op_json_string(&draft->data, "reason", item->reason); /* so that the event alone gives the answer again */
  if (request)
    op_draft_request(draft, request->key, request->text, guard);
  op_json_end(&draft->data);
  return OP_OK;
}
