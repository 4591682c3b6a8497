/* decide.c - what op-notify appends. Pure: no disk, no clock, no SQL.
 *
 * Invariants: one NotificationSent per cause (its id and its guard say so); no event holds personal data, only the
 * opaque customer id. Errors: 1 no_such_contact. */
#include "decide.h"

#include <inttypes.h>

const char *const notify_causes[] = {OP_PAYMENT_APPROVED, OP_PAYMENT_DECLINED, OP_PAYMENT_REFUNDED,
                                     OP_PAYMENT_CANCELLED, NULL};

/* The record of a notice. */
void notice_record(const struct notice *notice, const char *channel, const char *lang, struct op_drafts *drafts,
                   struct op_guard *guard) {
  static const char *const types[] = {OP_NOTIFICATION_SENT, NULL};
  struct op_draft *draft = op_draft_add(drafts, OP_NOTIFICATION_SENT, notice->reservation_id, notice->cause);
  op_draft_id(draft, "notification-sent:%" PRIu64, notice->cause);
  op_draft_tag(draft, OP_TAG_RESERVATION, notice->reservation_id);
  op_draft_tag(draft, OP_TAG_NOTICE, notice->id);
  op_draft_tag(draft, OP_TAG_CUSTOMER, notice->customer_id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "noticeId", notice->id);
  op_json_string(&draft->data, "reservationId", notice->reservation_id);
  if (notice->customer_id[0] != '\0')
    op_json_string(&draft->data, "customerId", notice->customer_id);
  op_json_string(&draft->data, "template", notice->template);
  op_json_string(&draft->data, "channel", channel);
  op_json_string(&draft->data, "lang", lang);
  op_json_end(&draft->data);
  op_guard_add(guard, types, OP_TAG_NOTICE, notice->id);
}

/* The record of a customer's wish. */
int forget_decide(const struct forget_state *state, const char *customer_id, const char *request_id,
                  const char *request, struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  static const char *const types[] = {OP_CUSTOMER_FORGOTTEN, NULL};
  if (!state->has_contact && state->forgotten)
    return 0;
  if (!state->has_contact && !state->seen) {
    op_fail(error, OP_REFUSED, "no_such_contact", "customer %s: there is no contact", customer_id);
    op_error_text(error, "customerId", customer_id);
    return OP_REFUSED;
  }
  char correlation[EVS_MAX_ID + 1];
  snprintf(correlation, sizeof correlation, OP_TAG_CUSTOMER ":%s", customer_id);
  struct op_draft *draft = op_draft_add(drafts, OP_CUSTOMER_FORGOTTEN, correlation, 0);
  op_draft_tag(draft, OP_TAG_CUSTOMER, customer_id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "customerId", customer_id);
  op_draft_request(draft, request_id, request, guard);
  op_json_end(&draft->data);
  op_guard_add(guard, types, OP_TAG_CUSTOMER, customer_id);
  return 0;
}
