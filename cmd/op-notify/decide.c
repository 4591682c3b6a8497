/* decide.c - what op-notify appends. Pure: no disk, no clock, no SQL.
 *
 * Invariants: one NotificationSent per cause (its id and its guard say so); every event about a notice is caused by the
 * cause of the notice, and carries the number of the attempt in its id, so that none stands twice; what failed is
 * either tried again at a time that stands in the event, or parked. No event holds personal data, only the opaque
 * customer id. Errors: 1 no_such_contact, no_such_notice, already_sent, notice_withdrawn. */
#include "decide.h"

#include "retry.h"

#include <inttypes.h>
#include <string.h>

const char *const notify_causes[] = {
    OP_PAYMENT_APPROVED, OP_PAYMENT_DECLINED, OP_PAYMENT_REFUNDED, OP_PAYMENT_CANCELLED, OP_RESERVATION_CANCELLED,
    OP_WAITING_OFFERED,  OP_PICKUP_ASSIGNED,  OP_PICKUP_COLLECTED, OP_ASSIGNMENT_FAILED, NULL};
const char *const notify_outcomes[] = {OP_NOTIFICATION_SENT,      OP_NOTIFICATION_FAILED,
                                       OP_NOTIFICATION_PARKED,    OP_NOTIFICATION_RETRY_REQUESTED,
                                       OP_NOTIFICATION_WITHDRAWN, NULL};
const char *const notice_statuses[] = {"Pending", "Sent", "Parked", "Withdrawn", NULL};

/* What an event tells of a branch. */
enum telling_branch notify_branch_of(const char *type) {
  return strcmp(type, OP_ASSIGNMENT_FAILED) == 0  ? TELLING_BRANCH_FAILED
         : strcmp(type, OP_PICKUP_ASSIGNED) == 0  ? TELLING_BRANCH_ASSIGNED
         : strcmp(type, OP_PICKUP_COLLECTED) == 0 ? TELLING_BRANCH_COLLECTED
                                                  : TELLING_NO_BRANCH;
}

/* One notice for each thing that happened: what was given up unpaid is told at once, and after that no more than what
 * went back; what was paid is told when it is paid back, and what was declined by the decline. Of the branch is told
 * what is news. */
bool notify_tells(struct telling *telling, const char *type, bool whole, int64_t amount) {
  enum telling_branch branch = notify_branch_of(type);
  if (branch != TELLING_NO_BRANCH) {
    bool news = branch > telling->branch;
    if (news)
      telling->branch = branch;
    return news;
  }
  if (strcmp(type, OP_RESERVATION_CANCELLED) == 0) {
    if (whole)
      telling->branch = TELLING_BRANCH_OVER;
    bool tells = whole && telling->stage == TELLING_NOTHING;
    if (tells)
      telling->stage = TELLING_GIVEN_UP;
    return tells;
  }
  if (strcmp(type, OP_PAYMENT_REFUNDED) == 0 || strcmp(type, OP_PAYMENT_CANCELLED) == 0)
    return telling->stage != TELLING_GIVEN_UP || amount > 0;
  if (telling->stage == TELLING_GIVEN_UP)
    return false;
  telling->stage = TELLING_PAYMENT;
  return true;
}

/* Begins an event about a notice, under the guard against any other about it. */
static struct op_draft *begin(const struct notice *notice, const char *type, struct op_drafts *drafts,
                              struct op_guard *guard) {
  bool offer = notice->reservation_id[0] == '\0';
  const char *about = offer ? notice->offer_id : notice->reservation_id;
  struct op_draft *draft = op_draft_add(drafts, type, about, notice->cause);
  op_draft_tag(draft, offer ? OP_TAG_WAITING : OP_TAG_RESERVATION, about);
  op_draft_tag(draft, OP_TAG_NOTICE, notice->id);
  op_draft_tag(draft, OP_TAG_CUSTOMER, notice->customer_id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "noticeId", notice->id);
  op_json_string(&draft->data, offer ? "offerId" : "reservationId", about);
  if (notice->customer_id[0] != '\0')
    op_json_string(&draft->data, "customerId", notice->customer_id);
  op_json_string(&draft->data, "template", notice->template);
  op_guard_add(guard, notify_outcomes, OP_TAG_NOTICE, notice->id);
  return draft;
}

/* It was delivered. */
static void record_sent(const struct notice *notice, const struct attempt *attempt, struct op_drafts *drafts,
                        struct op_guard *guard) {
  struct op_draft *draft = begin(notice, OP_NOTIFICATION_SENT, drafts, guard);
  op_draft_id(draft, "notification-sent:%" PRIu64, notice->cause);
  op_json_string(&draft->data, "channel", attempt->channel);
  op_json_string(&draft->data, "lang", attempt->lang);
  op_json_end(&draft->data);
}

/* It was not: it is due again, or waits for an operator. */
static void record_failed(const struct notice *notice, const struct delivery *delivery, const struct attempt *attempt,
                          struct op_drafts *drafts, struct op_guard *guard) {
  int64_t number = notice->attempts + 1, since = number - notice->forgiven;
  bool parked = delivery->end == DELIVERY_IMPOSSIBLE || since >= attempt->max_attempts;
  struct op_draft *draft = begin(notice, parked ? OP_NOTIFICATION_PARKED : OP_NOTIFICATION_FAILED, drafts, guard);
  op_draft_id(draft, "notification-%s:%" PRIu64 ":%" PRId64, parked ? "parked" : "failed", notice->cause, number);
  op_json_string(&draft->data, "channel", attempt->channel);
  op_json_number(&draft->data, parked ? "attempts" : "attempt", number);
  op_json_string(&draft->data, "reason", delivery->reason);
  if (!parked) {
    int64_t delay_ms = op_retry_delay_ms(since, OP_RETRY_BASE_MS, OP_RETRY_CAP_MS, attempt->random);
    op_json_time(&draft->data, "retryAt", attempt->now_us + delay_ms * 1000);
  }
  op_json_end(&draft->data);
}

/* It will not be. */
static void record_withdrawn(const struct notice *notice, const struct delivery *delivery, struct op_drafts *drafts,
                             struct op_guard *guard) {
  struct op_draft *draft = begin(notice, OP_NOTIFICATION_WITHDRAWN, drafts, guard);
  op_draft_id(draft, "notification-withdrawn:%" PRIu64, notice->cause);
  op_json_string(&draft->data, "reason", delivery->reason);
  op_json_end(&draft->data);
}

/* By the time that it would tell. */
bool notice_is_too_late(const struct notice *notice, int64_t now_us) {
  int64_t until_us = 0;
  return notice->offer_id[0] != '\0' && evs_time_parse(notice->until, strlen(notice->until), &until_us) &&
         now_us >= until_us;
}

/* The record of an attempt. */
void notice_record(const struct notice *notice, const struct delivery *delivery, const struct attempt *attempt,
                   struct op_drafts *drafts, struct op_guard *guard) {
  switch (delivery->end) {
  case DELIVERY_DONE:
    record_sent(notice, attempt, drafts, guard);
    break;
  case DELIVERY_FAILED:
  case DELIVERY_IMPOSSIBLE:
    record_failed(notice, delivery, attempt, drafts, guard);
    break;
  case DELIVERY_NOBODY:
    record_withdrawn(notice, delivery, drafts, guard);
    break;
  }
}

/* The record of an operator's wish. */
int retry_decide(const struct notice *notice, const char *notice_id, bool is_due, const char *request_id,
                 const char *request, struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  int r = 0;
  if (notice->cause == 0)
    r = op_fail(error, OP_REFUSED, "no_such_notice", "notice %s: there is no such notice", notice_id);
  else if (notice->status == NOTICE_SENT)
    r = op_fail(error, OP_REFUSED, "already_sent", "notice %s was sent", notice_id);
  else if (notice->status == NOTICE_WITHDRAWN)
    r = op_fail(error, OP_REFUSED, "notice_withdrawn",
                "notice %s was withdrawn: there is nobody to tell, or nothing any more", notice_id);
  if (r != 0) {
    op_error_text(error, "noticeId", notice_id);
    return r;
  }
  if (is_due && request_id == NULL)
    return 0;
  struct op_draft *draft = begin(notice, OP_NOTIFICATION_RETRY_REQUESTED, drafts, guard);
  if (!is_due) /* else somebody may have asked before */
    op_draft_id(draft, "notification-retry-requested:%" PRIu64 ":%" PRId64, notice->cause, notice->attempts);
  op_draft_request(draft, request_id, request, guard);
  op_json_end(&draft->data);
  return 0;
}

/* The record of a customer's wish. */
int forget_decide(const struct forget_state *state, const char *customer_id, const char *request_id,
                  const char *request, struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  static const char *const types[] = {OP_CUSTOMER_FORGOTTEN, NULL};
  if (!state->has_contact && state->forgotten && request_id == NULL)
    return 0;
  if (!state->has_contact && !state->seen && !state->forgotten) {
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
