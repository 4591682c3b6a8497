/* payment.c - the fold of one payment, see payment.h.
 *
 * Invariants: 0 <= refunded <= charged; a payment leaves Pending once, and PaymentDeclined is final; PaymentCancelled
 * is final but for an approval that was recorded behind a cancellation before the charge: that money is then owed.
 * After an approval every cancellation is answered by exactly one event, in their order, but for those that a whole one
 * takes over. Events of others may be odd (absent or huge numbers): amounts are bounded as they come in. */
#include "payment.h"

#include "model.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PARKED = PAYMENT_CANCELLED + 1, REFUND_PARKED };

const char *const payment_statuses[] = {OP_PAYMENT_PENDING,
                                        OP_PAYMENT_APPROVED,
                                        OP_PAYMENT_DECLINED,
                                        OP_PAYMENT_CANCELLED,
                                        OP_PAYMENT_IS_PARKED,
                                        OP_PAYMENT_REFUND_PARKED,
                                        NULL};

/* In the order of the cases of apply(). */
const char *const payment_types[] = {OP_RESERVATION_PLACED,
                                     OP_RESERVATION_CANCELLED,
                                     OP_PAYMENT_ATTEMPT_STARTED,
                                     OP_PAYMENT_ATTEMPT_FAILED,
                                     OP_PAYMENT_APPROVED,
                                     OP_PAYMENT_DECLINED,
                                     OP_PAYMENT_REFUNDED,
                                     OP_PAYMENT_CANCELLED,
                                     OP_PAYMENT_PARKED,
                                     OP_PAYMENT_RETRY_REQUESTED,
                                     NULL};

/* What people see of the status. */
const char *payment_status_word(const struct payment *payment) {
  if (!payment->parked)
    return payment_statuses[payment->status];
  return payment_statuses[payment->status == PAYMENT_PENDING ? PARKED : REFUND_PARKED];
}

/* And back. */
void payment_status_read(const char *word, enum payment_status *ret_status, bool *ret_parked) {
  int index = 0;
  for (int i = 0; word != NULL && payment_statuses[i] != NULL; i++)
    if (strcmp(word, payment_statuses[i]) == 0)
      index = i;
  *ret_parked = index >= PARKED;
  *ret_status = index == PARKED          ? PAYMENT_PENDING
                : index == REFUND_PARKED ? PAYMENT_APPROVED
                                         : (enum payment_status)index;
}

/* Declined, or cancelled. */
bool payment_has_ended(const struct payment *payment) {
  return payment->status == PAYMENT_DECLINED || payment->status == PAYMENT_CANCELLED;
}

/* Whatever is due next is due at once, and has failed never. */
static void begin_anew(struct payment *payment) {
  payment->failed = 0;
  payment->retry_us = 0;
  payment->parked = false;
}

/* No call of the declined refund may be under way: what it does, it has done. */
bool payment_takes_over(const struct payment *payment) {
  return payment->status == PAYMENT_APPROVED && payment->declines > 0 && payment->call.seq == 0 &&
         payment->whole_seq != 0 && payment->open.seq != 0 && !payment->open.whole;
}

/* The refund of the whole begins with keys of its own. */
void payment_taken_over(struct payment *payment) {
  payment->declines = 0;
  begin_anew(payment);
}

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
  struct cancellation it = {event->seq, money(event, "amount"), op_field_number(event, "remainingSeats", 0) <= 0};
  bool asked = payment->status == PAYMENT_PENDING && payment->call.seq != 0;
  if (it.whole)
    payment->whole_seq = event->seq;
  else
    payment->amount -= least(it.amount, payment->amount);
  if (payment_has_ended(payment) || (!it.whole && payment->status == PAYMENT_PENDING && !asked))
    return;
  *ret_opened = it;
  if (it.whole || payment->status == PAYMENT_APPROVED)
    begin_anew(payment);
}

/* Somebody is about to call the provider. */
static void attempt_started(struct payment *payment, const evs_event *event) {
  struct payment_call *call = &payment->call;
  char operation[16];
  int64_t time_us = 0;
  if (payment_has_ended(payment))
    return;
  op_field_text(event, "operation", operation, sizeof operation);
  evs_time_parse(event->time.ptr, event->time.len, &time_us);
  op_field_text(event, "provider", payment->provider, sizeof payment->provider); /* and with that one it stays */
  call->again = call->seq != 0;
  if (!call->again)
    call->amount = money(event, "amount");
  if (!call->again || strcmp(operation, "query") != 0)
    call->asked_us = time_us;
  call->seq = event->seq;
  call->until_us = op_field_time(event, "until", time_us);
  op_field_text(event, "holder", call->holder, sizeof call->holder);
  call->ended = false;
}

/* The call told no outcome, or that a refund is declined. */
static void attempt_failed(struct payment *payment, const evs_event *event) {
  if (payment_has_ended(payment))
    return;
  char outcome[16];
  op_field_text(event, "outcome", outcome, sizeof outcome);
  payment->call.ended = true;
  if (payment->status == PAYMENT_APPROVED && strcmp(outcome, "declined") == 0) { /* for good: under that key */
    payment->call = (struct payment_call){0};
    payment->declines++;
  }
  payment->failed++;
  payment->attempts = payment->failed;
  payment->retry_us = op_field_time(event, "retryAt", 0);
  op_field_text(event, "reason", payment->last_error, sizeof payment->last_error);
}

/* The provider answered what was due. */
static void settled(struct payment *payment) {
  payment->attempts = payment->failed + 1;
  payment->declines = 0;
  payment->call = (struct payment_call){0};
  payment->last_error[0] = '\0';
  begin_anew(payment);
}

/* Charged. Where the payment was ended without a charge before, all of it is owed. */
static void approved(struct payment *payment, const evs_event *event, struct cancellation *ret_opened) {
  bool late = payment->status == PAYMENT_CANCELLED && payment->charged == 0;
  if (payment->status != PAYMENT_PENDING && !late)
    return;
  settled(payment);
  payment->status = PAYMENT_APPROVED;
  payment->charged = money(event, "amount");
  op_field_text(event, "provider", payment->provider, sizeof payment->provider);
  op_field_text(event, "providerRef", payment->provider_ref, sizeof payment->provider_ref);
  if (late) {
    *ret_opened = (struct cancellation){event->seq, payment->charged, true};
    payment->whole_seq = event->seq;
  }
}

/* Not charged, for good. */
static void declined(struct payment *payment, const evs_event *event) {
  if (payment->status != PAYMENT_PENDING)
    return;
  settled(payment);
  payment->status = PAYMENT_DECLINED;
  op_field_text(event, "provider", payment->provider, sizeof payment->provider);
  op_field_text(event, "providerRef", payment->provider_ref, sizeof payment->provider_ref);
}

/* Money went back; `ends` with the whole payment. */
static void refunded(struct payment *payment, const evs_event *event, bool ends) {
  char provider[64];
  if (payment->status == PAYMENT_APPROVED)
    payment->refunded += least(money(event, "amount"), payment->charged - payment->refunded);
  if (payment->status == PAYMENT_DECLINED || (!ends && payment->status != PAYMENT_APPROVED))
    return;
  if (op_field_text(event, "provider", provider, sizeof provider))
    settled(payment);
  if (ends)
    payment->status = PAYMENT_CANCELLED;
}

/* Folds an event of a payment that there is. */
static void apply(struct payment *payment, const evs_event *event, struct cancellation *ret_opened) {
  if (op_type_is(event, OP_RESERVATION_CANCELLED))
    cancelled(payment, event, ret_opened);
  else if (op_type_is(event, OP_PAYMENT_ATTEMPT_STARTED))
    attempt_started(payment, event);
  else if (op_type_is(event, OP_PAYMENT_ATTEMPT_FAILED))
    attempt_failed(payment, event);
  else if (op_type_is(event, OP_PAYMENT_APPROVED))
    approved(payment, event, ret_opened);
  else if (op_type_is(event, OP_PAYMENT_DECLINED))
    declined(payment, event);
  else if (op_type_is(event, OP_PAYMENT_REFUNDED))
    refunded(payment, event, false);
  else if (op_type_is(event, OP_PAYMENT_CANCELLED))
    refunded(payment, event, true);
  else if (op_type_is(event, OP_PAYMENT_PARKED))
    payment->parked = !payment_has_ended(payment) && payment->failed > 0; /* else something else is due by now */
  else if (op_type_is(event, OP_PAYMENT_RETRY_REQUESTED)) {
    begin_anew(payment);
    payment->attempts = 0;
  }
}

/* Folds one event. */
void payment_apply(struct payment *payment, const evs_event *event, struct cancellation *ret_opened) {
  *ret_opened = (struct cancellation){0};
  if (op_type_is(event, OP_RESERVATION_PLACED))
    placed(payment, event);
  if (payment->reservation_id[0] == '\0')
    return;
  apply(payment, event, ret_opened);
  snprintf(payment->updated_at, sizeof payment->updated_at, "%.*s", (int)event->time.len, event->time.ptr);
  assert(payment->refunded >= 0 && payment->refunded <= payment->charged);
}
