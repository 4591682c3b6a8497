/* decide.c - the pure heart of op-pay: fold, decision, record. No disk, no clock, no SQL.
 *
 * Invariants: 0 <= refunded <= charged; a payment leaves Pending once; PaymentDeclined and PaymentCancelled are final;
 * after an approval every cancellation is answered by exactly one event, in the order of the cancellations. Events of
 * others may be odd (absent or huge numbers): amounts are bounded as they come in. */
#include "decide.h"

#include "model.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const payment_statuses[] = {OP_PAYMENT_PENDING, OP_PAYMENT_APPROVED, OP_PAYMENT_DECLINED,
                                        OP_PAYMENT_CANCELLED, NULL};

const char *const payment_types[] = {OP_RESERVATION_PLACED,
                                     OP_RESERVATION_CANCELLED,
                                     OP_PAYMENT_APPROVED,
                                     OP_PAYMENT_DECLINED,
                                     OP_PAYMENT_REFUNDED,
                                     OP_PAYMENT_CANCELLED,
                                     NULL};

/* A member of data as money: 0 to OP_MAX_MONEY. */
static int64_t money(const evs_event *event, const char *key) {
  int64_t amount = op_field_number(event, key, 0);
  if (amount < 0)
    return 0;
  return amount > OP_MAX_MONEY ? OP_MAX_MONEY : amount;
}

/* The lesser of two amounts. */
static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* A new reservation: its payment waits. */
static void placed(struct payment *payment, const evs_event *event) {
  if (payment->reservation_id[0] != '\0')
    return;
  if (!op_field_id(event, "reservationId", payment->reservation_id))
    return;
  op_field_id(event, "customerId", payment->customer_id);
  op_field_text(event, "currency", payment->currency, sizeof payment->currency);
  if (strlen(payment->currency) != 3 || strspn(payment->currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
    snprintf(payment->currency, sizeof payment->currency, "KRW");
  payment->placed_seq = event->seq;
  payment->amount = money(event, "amount");
}

/* Seats were given up: fewer to pay for, or something to give back. */
static void cancelled(struct payment *payment, const evs_event *event, struct cancellation *ret_opened) {
  bool ended = payment->status == PAYMENT_DECLINED || payment->status == PAYMENT_CANCELLED;
  struct cancellation it = {event->seq, money(event, "amount"), op_field_number(event, "remainingSeats", 0) <= 0};
  if (!it.whole)
    payment->amount -= least(it.amount, payment->amount);
  if (!ended && (it.whole || payment->status == PAYMENT_APPROVED))
    *ret_opened = it;
}

/* The provider's answer to an authorization. */
static void answered(struct payment *payment, const evs_event *event, enum payment_status status) {
  if (payment->status != PAYMENT_PENDING)
    return;
  payment->status = status;
  payment->attempts = 1;
  payment->charged = status == PAYMENT_APPROVED ? money(event, "amount") : 0;
  op_field_text(event, "provider", payment->provider, sizeof payment->provider);
  op_field_text(event, "providerRef", payment->provider_ref, sizeof payment->provider_ref);
}

/* Money went back. */
static void refunded(struct payment *payment, const evs_event *event) {
  if (payment->status == PAYMENT_APPROVED)
    payment->refunded += least(money(event, "amount"), payment->charged - payment->refunded);
}

/* Folds one event. */
void payment_apply(struct payment *payment, const evs_event *event, struct cancellation *ret_opened) {
  *ret_opened = (struct cancellation){0};
  if (op_type_is(event, OP_RESERVATION_PLACED))
    placed(payment, event);
  if (payment->reservation_id[0] == '\0')
    return;
  if (op_type_is(event, OP_RESERVATION_CANCELLED))
    cancelled(payment, event, ret_opened);
  else if (op_type_is(event, OP_PAYMENT_APPROVED))
    answered(payment, event, PAYMENT_APPROVED);
  else if (op_type_is(event, OP_PAYMENT_DECLINED))
    answered(payment, event, PAYMENT_DECLINED);
  else if (op_type_is(event, OP_PAYMENT_REFUNDED))
    refunded(payment, event);
  else if (op_type_is(event, OP_PAYMENT_CANCELLED) && payment->status != PAYMENT_DECLINED) {
    refunded(payment, event);
    payment->status = PAYMENT_CANCELLED;
  }
  snprintf(payment->updated_at, sizeof payment->updated_at, "%.*s", (int)event->time.len, event->time.ptr);
  assert(payment->refunded >= 0 && payment->refunded <= payment->charged);
}

/* What is due. */
struct pay_step pay_decide(const struct payment *payment) {
  const struct cancellation *open = &payment->open;
  int64_t left = payment->charged - payment->refunded;
  if (payment->status == PAYMENT_PENDING) {
    if (open->seq != 0 && open->whole)
      return (struct pay_step){PAY_CANCEL, 0, open->seq};
    return (struct pay_step){PAY_AUTHORIZE, payment->amount, payment->placed_seq};
  }
  if (payment->status == PAYMENT_APPROVED && open->seq != 0) {
    if (open->whole)
      return (struct pay_step){PAY_CANCEL, left, open->seq};
    return (struct pay_step){PAY_REFUND, least(open->amount, left), open->seq};
  }
  return (struct pay_step){PAY_NOTHING, 0, 0};
}

/* Money moves, or an authorization of nothing is asked for (a free seat is approved like any other). */
bool pay_needs_provider(const struct pay_step *step) {
  return step->action == PAY_AUTHORIZE || (step->action != PAY_NOTHING && step->amount > 0);
}

/* The call with its idempotency key, derived from the cause alone. */
void pay_request(const struct payment *payment, const struct pay_step *step, struct provider_request *ret_request) {
  *ret_request = (struct provider_request){.reservation_id = payment->reservation_id,
                                           .customer_id = payment->customer_id,
                                           .amount = step->amount,
                                           .currency = payment->currency};
  if (step->action == PAY_AUTHORIZE)
    snprintf(ret_request->idempotency_key, PROVIDER_MAX_KEY, "authorize:%s", payment->reservation_id);
  else
    snprintf(ret_request->idempotency_key, PROVIDER_MAX_KEY, "refund:%s:%" PRIu64, payment->reservation_id,
             step->cause);
}

/* The event's id: the same at every attempt. */
static void draft_id(struct op_draft *draft, const struct payment *payment, const struct pay_step *step) {
  if (step->action == PAY_AUTHORIZE)
    op_draft_id(draft, "payment:%s:%s", payment->reservation_id,
                strcmp(draft->type, OP_PAYMENT_APPROVED) == 0 ? "approved" : "declined");
  else
    op_draft_id(draft, "payment-%s:%" PRIu64, step->action == PAY_REFUND ? "refunded" : "cancelled", step->cause);
}

/* The event's data. */
static void draft_data(struct op_draft *draft, const struct payment *payment, const struct pay_step *step,
                       const char *provider, const struct provider_answer *answer) {
  struct op_text *data = &draft->data;
  op_json_begin(data);
  op_json_string(data, "paymentId", payment->reservation_id);
  op_json_string(data, "reservationId", payment->reservation_id);
  if (payment->customer_id[0] != '\0')
    op_json_string(data, "customerId", payment->customer_id);
  op_json_number(data, "amount", step->amount);
  if (step->action == PAY_REFUND || step->action == PAY_CANCEL)
    op_json_number(data, "remainingAmount",
                   step->action == PAY_CANCEL ? 0 : payment->charged - payment->refunded - step->amount);
  op_json_string(data, "currency", payment->currency);
  if (answer != NULL) {
    op_json_string(data, "provider", provider);
    if (answer->provider_ref[0] != '\0')
      op_json_string(data, "providerRef", answer->provider_ref);
    if (answer->status == PROVIDER_DECLINED)
      op_json_string(data, "reason", answer->reason[0] != '\0' ? answer->reason : "declined");
  }
  op_json_end(data);
}

/* The type that records this answer to this step; NULL where it settles nothing. */
static const char *outcome(const struct pay_step *step, const struct provider_answer *answer) {
  switch (step->action) {
  case PAY_AUTHORIZE:
    if (answer != NULL && answer->status == PROVIDER_APPROVED)
      return OP_PAYMENT_APPROVED;
    return answer != NULL && answer->status == PROVIDER_DECLINED ? OP_PAYMENT_DECLINED : NULL;
  case PAY_REFUND:
  case PAY_CANCEL:
    if (answer != NULL ? answer->status != PROVIDER_REFUNDED : step->amount > 0)
      return NULL;
    return step->action == PAY_REFUND ? OP_PAYMENT_REFUNDED : OP_PAYMENT_CANCELLED;
  case PAY_NOTHING:
    break;
  }
  return NULL;
}

/* The event and its guard. */
bool pay_record(const struct payment *payment, const struct pay_step *step, const char *provider,
                const struct provider_answer *answer, struct op_drafts *drafts, struct op_guard *guard) {
  static const char *const ends[] = {OP_PAYMENT_APPROVED, OP_PAYMENT_DECLINED, OP_PAYMENT_CANCELLED,
                                     OP_RESERVATION_CANCELLED, NULL};
  static const char *const refunds[] = {OP_PAYMENT_REFUNDED, OP_PAYMENT_CANCELLED, NULL};
  const char *type = outcome(step, answer);
  if (type == NULL)
    return false;
  struct op_draft *draft = op_draft_add(drafts, type, payment->reservation_id, step->cause);
  draft_id(draft, payment, step);
  op_draft_tag(draft, OP_TAG_RESERVATION, payment->reservation_id);
  op_draft_tag(draft, OP_TAG_CUSTOMER, payment->customer_id);
  draft_data(draft, payment, step, provider, answer);
  /* A cancellation of what never was charged must also lose against a charge that came in between. */
  bool before_charge = payment->status == PAYMENT_PENDING;
  op_guard_add(guard, before_charge ? ends : refunds, OP_TAG_RESERVATION, payment->reservation_id);
  return true;
}
