/* decide.c - what is due for a payment, and the calls that it takes. No disk, no clock, no SQL.
 *
 * Invariants: money is taken only for a reservation that is not given up, and given back only of what was charged; no
 * call is repeated before it was asked for; no key is used again once it was declined; a charge that nobody can have
 * made is not asked for.
 *
 * That a query finds nothing ends a payment (PAY_ASK) only when the call before it has had time to arrive: a request
 * that timed out may still lie in a queue of the provider's and be booked after the query (record.c: PATIENCE_MS). What
 * is booked even later is for `op-pay reconcile` to find. */
#include "decide.h"

#include <inttypes.h>
#include <stdio.h>

/* What is due. */
struct pay_step pay_decide(const struct payment *payment) {
  const struct cancellation *open = &payment->open;
  int64_t left = payment->charged - payment->refunded;
  bool asked = payment->call.seq != 0;
  if (payment->parked)
    return (struct pay_step){PAY_NOTHING, 0, 0};
  if (payment->status == PAYMENT_PENDING && payment->whole_seq != 0)
    return asked ? (struct pay_step){PAY_ASK, payment->call.amount, payment->placed_seq}
                 : (struct pay_step){PAY_CANCEL, 0, payment->whole_seq};
  if (payment->status == PAYMENT_PENDING)
    return (struct pay_step){PAY_AUTHORIZE, asked ? payment->call.amount : payment->amount, payment->placed_seq};
  if (payment->status == PAYMENT_APPROVED && open->seq != 0) {
    if (open->whole)
      return (struct pay_step){PAY_CANCEL, left, open->seq};
    return (struct pay_step){PAY_REFUND, open->amount < left ? open->amount : left, open->seq};
  }
  return (struct pay_step){PAY_NOTHING, 0, 0};
}

/* Not while somebody has it in hand, and not before its next attempt. */
int64_t pay_due_us(const struct payment *payment) {
  return payment->call.seq != 0 && !payment->call.ended ? payment->call.until_us : payment->retry_us;
}

/* Money moves, or an authorization of nothing is asked for (a free seat is approved like any other). */
bool pay_needs_provider(const struct pay_step *step) {
  return step->action == PAY_AUTHORIZE || step->action == PAY_ASK || (step->action != PAY_NOTHING && step->amount > 0);
}

/* A query and a call, and the time to append what came of them. */
int64_t pay_hold_ms(const struct pay_rules *rules) { return 2 * rules->timeout_ms + 5000; }

/* The call with its idempotency key, derived from the cause; of a refund that was declined, with the number of declines
 * that the journal tells. */
void pay_request(const struct payment *payment, const struct pay_step *step, struct provider_request *ret_request) {
  *ret_request = (struct provider_request){.reservation_id = payment->reservation_id,
                                           .customer_id = payment->customer_id,
                                           .amount = step->amount,
                                           .currency = payment->currency};
  char *key = ret_request->idempotency_key;
  if (step->action == PAY_AUTHORIZE || step->action == PAY_ASK)
    snprintf(key, PROVIDER_MAX_KEY, "authorize:%s", payment->reservation_id);
  else if (payment->declines == 0)
    snprintf(key, PROVIDER_MAX_KEY, "refund:%s:%" PRIu64, payment->reservation_id, step->cause);
  else
    snprintf(key, PROVIDER_MAX_KEY, "refund:%s:%" PRIu64 ":%" PRId64, payment->reservation_id, step->cause,
             payment->declines);
}

/* The operation that moves the money of a step. */
static enum provider_operation moves(const struct pay_step *step) {
  return step->action == PAY_AUTHORIZE ? PROVIDER_AUTHORIZE : PROVIDER_REFUND;
}

/* Asks first, where something may have been called before. */
enum provider_operation pay_first_call(const struct payment *payment, const struct pay_step *step) {
  return payment->call.again || step->action == PAY_ASK ? PROVIDER_QUERY : moves(step);
}

/* What was not found is called for. That a refund was declined is recorded first: the next call has another key. */
bool pay_next_call(const struct pay_step *step, const struct provider_answer *answer,
                   enum provider_operation *ret_operation) {
  *ret_operation = moves(step);
  return step->action != PAY_ASK && answer->status == PROVIDER_NOT_FOUND;
}
