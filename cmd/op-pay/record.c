/* record.c - the events of op-pay about one payment, and the guards that they are appended under. Pure.
 *
 * Invariants: an attempt is begun only where nothing happened to the reservation and its payment since it was read; an
 * outcome is appended where there is no other, whatever else happened meanwhile, because it tells what is so: a charge
 * that comes behind a cancellation is recorded, and then given back. Ids derive from the causes. */
#include "decide.h"
#include "retry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A query that finds nothing is believed so long after the last call that could still arrive. */
#define PATIENCE_CALLS 5
#define PATIENCE_MS 10000

/* What an attempt is about, as the provider protocol calls it. */
static const char *operation(const struct pay_step *step) {
  return step->action == PAY_AUTHORIZE ? "authorize" : step->action == PAY_ASK ? "query" : "refund";
}

/* A draft about this payment, its data begun. */
static struct op_draft *draft_add(struct op_drafts *drafts, const char *type, const struct payment *payment,
                                  uint64_t cause) {
  struct op_draft *draft = op_draft_add(drafts, type, payment->reservation_id, cause);
  op_draft_tag(draft, OP_TAG_RESERVATION, payment->reservation_id);
  op_draft_tag(draft, OP_TAG_CUSTOMER, payment->customer_id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "paymentId", payment->reservation_id);
  op_json_string(&draft->data, "reservationId", payment->reservation_id);
  if (payment->customer_id[0] != '\0')
    op_json_string(&draft->data, "customerId", payment->customer_id);
  return draft;
}

/* The members of an attempt. */
static void add_attempt(struct op_text *data, const struct payment *payment, const struct pay_step *step,
                        const char *provider) {
  struct provider_request request;
  pay_request(payment, step, &request);
  op_json_string(data, "operation", operation(step));
  op_json_string(data, "idempotencyKey", request.idempotency_key);
  op_json_number(data, "amount", step->amount);
  op_json_string(data, "currency", payment->currency);
  op_json_string(data, "provider", provider);
  op_json_number(data, "attempt", payment->failed + 1);
}

/* Somebody takes it in hand. */
void pay_start(const struct payment *payment, const struct pay_step *step, const char *provider, const char *holder,
               bool probe, int64_t until_us, struct op_drafts *drafts, struct op_guard *guard) {
  static const char *const any_change[] = {
      OP_RESERVATION_CANCELLED, OP_PAYMENT_ATTEMPT_STARTED, OP_PAYMENT_ATTEMPT_FAILED, OP_PAYMENT_APPROVED,
      OP_PAYMENT_DECLINED,      OP_PAYMENT_REFUNDED,        OP_PAYMENT_CANCELLED,      NULL};
  struct op_draft *draft = draft_add(drafts, OP_PAYMENT_ATTEMPT_STARTED, payment, step->cause);
  op_draft_tag(draft, OP_TAG_PROVIDER, provider);
  add_attempt(&draft->data, payment, step, provider);
  if (probe)
    op_json_bool(&draft->data, "probe", true);
  op_json_string(&draft->data, "holder", holder);
  op_json_time(&draft->data, "until", until_us);
  op_json_end(&draft->data);
  op_guard_add(guard, any_change, OP_TAG_RESERVATION, payment->reservation_id);
}

/* Has a query that finds nothing the last word? */
static bool settles(const struct payment *payment, const struct pay_rules *rules, int64_t now_us, int64_t *ret_at_us) {
  int64_t patience_ms = PATIENCE_CALLS * rules->timeout_ms;
  if (patience_ms < PATIENCE_MS)
    patience_ms = PATIENCE_MS;
  *ret_at_us = payment->call.asked_us + patience_ms * 1000;
  return now_us >= *ret_at_us;
}

/* The type that records this answer to this step; NULL where it settles nothing. */
static const char *outcome(const struct payment *payment, const struct pay_step *step, const struct pay_reply *reply,
                           const struct pay_rules *rules) {
  enum provider_status status = reply != NULL ? reply->answer.status : PROVIDER_UNKNOWN;
  int64_t ignored = 0;
  switch (step->action) {
  case PAY_AUTHORIZE:
    return status == PROVIDER_APPROVED ? OP_PAYMENT_APPROVED : status == PROVIDER_DECLINED ? OP_PAYMENT_DECLINED : NULL;
  case PAY_ASK:
    if (status == PROVIDER_APPROVED)
      return OP_PAYMENT_APPROVED;
    return status == PROVIDER_DECLINED ||
                   (status == PROVIDER_NOT_FOUND && settles(payment, rules, reply->now_us, &ignored))
               ? OP_PAYMENT_CANCELLED
               : NULL;
  case PAY_REFUND:
  case PAY_CANCEL:
    if (reply != NULL ? status != PROVIDER_REFUNDED : step->amount > 0)
      return NULL;
    return step->action == PAY_REFUND ? OP_PAYMENT_REFUNDED : OP_PAYMENT_CANCELLED;
  case PAY_NOTHING:
    break;
  }
  return NULL;
}

/* The event's id: the same at every attempt. */
static void draft_id(struct op_draft *draft, const struct payment *payment) {
  if (strcmp(draft->type, OP_PAYMENT_APPROVED) == 0 || strcmp(draft->type, OP_PAYMENT_DECLINED) == 0)
    op_draft_id(draft, "payment:%s:%s", payment->reservation_id,
                strcmp(draft->type, OP_PAYMENT_APPROVED) == 0 ? "approved" : "declined");
  else
    op_draft_id(draft, "payment-%s:%" PRIu64, strcmp(draft->type, OP_PAYMENT_REFUNDED) == 0 ? "refunded" : "cancelled",
                draft->causation);
}

/* The amounts of an outcome. What a query ended was never charged. */
static void add_amounts(struct op_draft *draft, const struct payment *payment, const struct pay_step *step) {
  bool ends = strcmp(draft->type, OP_PAYMENT_CANCELLED) == 0;
  int64_t amount = ends && step->action == PAY_ASK ? 0 : step->amount;
  op_json_number(&draft->data, "amount", amount);
  if (ends || strcmp(draft->type, OP_PAYMENT_REFUNDED) == 0)
    op_json_number(&draft->data, "remainingAmount", ends ? 0 : payment->charged - payment->refunded - amount);
  op_json_string(&draft->data, "currency", payment->currency);
}

/* What the provider said. */
static void add_reply(struct op_draft *draft, const struct payment *payment, const struct pay_step *step,
                      const struct pay_reply *reply) {
  const struct provider_answer *answer = &reply->answer;
  struct provider_request request;
  pay_request(payment, step, &request);
  if (answer->status == PROVIDER_REFUNDED) /* which of its keys worked */
    op_json_string(&draft->data, "idempotencyKey", request.idempotency_key);
  op_json_string(&draft->data, "provider", reply->provider);
  if (answer->provider_ref[0] != '\0')
    op_json_string(&draft->data, "providerRef", answer->provider_ref);
  if (strcmp(draft->type, OP_PAYMENT_DECLINED) == 0)
    op_json_string(&draft->data, "reason", answer->reason[0] != '\0' ? answer->reason : "declined");
  if (reply->duration_ms > 0)
    op_json_number(&draft->data, "durationMs", reply->duration_ms);
}

/* The guard of an outcome. */
static void guard_outcome(const struct payment *payment, const struct pay_step *step, const char *type,
                          struct op_guard *guard) {
  /* Nobody asked for it before: a cancellation and a charge, or the first attempt at one, exclude one another. */
  static const char *const unasked[] = {OP_PAYMENT_ATTEMPT_STARTED, OP_PAYMENT_APPROVED,      OP_PAYMENT_DECLINED,
                                        OP_PAYMENT_CANCELLED,       OP_RESERVATION_CANCELLED, NULL};
  static const char *const charges[] = {OP_PAYMENT_APPROVED, OP_PAYMENT_DECLINED, NULL};
  static const char *const ends[] = {OP_PAYMENT_ATTEMPT_STARTED, OP_PAYMENT_APPROVED, OP_PAYMENT_DECLINED,
                                     OP_PAYMENT_CANCELLED, NULL};
  static const char *const refunds[] = {OP_PAYMENT_REFUNDED, OP_PAYMENT_CANCELLED, NULL};
  const char *const *types = step->action == PAY_REFUND || payment->status == PAYMENT_APPROVED ? refunds
                             : payment->call.seq == 0                                          ? unasked
                             : strcmp(type, OP_PAYMENT_CANCELLED) == 0                         ? ends
                                                                                               : charges;
  op_guard_add(guard, types, OP_TAG_RESERVATION, payment->reservation_id);
}

/* The outcome and its guard. */
bool pay_record(const struct payment *payment, const struct pay_step *step, const struct pay_reply *reply,
                const struct pay_rules *rules, struct op_drafts *drafts, struct op_guard *guard) {
  const char *type = outcome(payment, step, reply, rules);
  if (type == NULL)
    return false;
  bool unmade = step->action == PAY_ASK && strcmp(type, OP_PAYMENT_CANCELLED) == 0;
  struct op_draft *draft = draft_add(drafts, type, payment, unmade ? payment->whole_seq : step->cause);
  draft_id(draft, payment);
  add_amounts(draft, payment, step);
  if (reply != NULL)
    add_reply(draft, payment, step, reply);
  op_json_end(&draft->data);
  guard_outcome(payment, step, type, guard);
  return true;
}

/* How an attempt failed, in a word: nobody knows, wait, or no. */
static const char *how(enum provider_status status) {
  return status == PROVIDER_PENDING || status == PROVIDER_NOT_FOUND ? "pending"
         : status == PROVIDER_DECLINED                              ? "declined"
                                                                    : "unknown";
}

/* When the next attempt is due. */
static int64_t retry_at(const struct payment *payment, const struct pay_step *step, const struct pay_reply *reply,
                        const struct pay_rules *rules) {
  int64_t settled_us = 0;
  int64_t at_us =
      reply->now_us + 1000 * op_retry_delay_ms(payment->failed + 1, OP_RETRY_BASE_MS, OP_RETRY_CAP_MS, reply->random);
  if (step->action == PAY_ASK && reply->answer.status == PROVIDER_NOT_FOUND &&
      !settles(payment, rules, reply->now_us, &settled_us) && settled_us > at_us)
    at_us = settled_us;
  return at_us;
}

/* Does this answer leave the money to the cancellation of the whole reservation (payment_takes_over())? */
static bool will_be_taken_over(const struct payment *payment, const struct pay_step *step,
                               const struct pay_reply *reply) {
  return step->action == PAY_REFUND && reply->answer.status == PROVIDER_DECLINED && payment->whole_seq != 0;
}

/* It is not tried for ever. */
static void draft_parked(const struct payment *payment, const struct pay_step *step, const char *provider,
                         const char *reason, struct op_drafts *drafts) {
  struct op_draft *draft = draft_add(drafts, OP_PAYMENT_PARKED, payment, payment->call.seq);
  op_draft_id(draft, "payment-parked:%" PRIu64, payment->call.seq);
  add_attempt(&draft->data, payment, step, provider);
  op_json_string(&draft->data, "reason", reason);
  op_json_end(&draft->data);
}

/* Nothing is settled: the attempt is recorded, with the time of the next one. */
void pay_record_failure(const struct payment *payment, const struct pay_step *step, const struct pay_reply *reply,
                        const struct pay_rules *rules, struct op_drafts *drafts, struct op_guard *guard) {
  static const char *const meanwhile[] = {OP_PAYMENT_ATTEMPT_STARTED,
                                          OP_PAYMENT_ATTEMPT_FAILED,
                                          OP_PAYMENT_APPROVED,
                                          OP_PAYMENT_DECLINED,
                                          OP_PAYMENT_REFUNDED,
                                          OP_PAYMENT_CANCELLED,
                                          NULL};
  const char *outcome_word = how(reply->answer.status);
  const char *reason = reply->answer.reason[0] != '\0' ? reply->answer.reason : outcome_word;
  bool taken_over = will_be_taken_over(payment, step, reply);
  bool last = payment->failed + 1 >= rules->max_attempts && !taken_over;
  struct op_draft *draft = draft_add(drafts, OP_PAYMENT_ATTEMPT_FAILED, payment, payment->call.seq);
  op_draft_id(draft, "payment-attempt-failed:%" PRIu64, payment->call.seq);
  add_attempt(&draft->data, payment, step, reply->provider);
  op_json_string(&draft->data, "outcome", outcome_word);
  op_json_string(&draft->data, "reason", reason);
  if (reply->duration_ms > 0)
    op_json_number(&draft->data, "durationMs", reply->duration_ms);
  if (!last)
    op_json_time(&draft->data, "retryAt", taken_over ? reply->now_us : retry_at(payment, step, reply, rules));
  op_json_end(&draft->data);
  op_guard_add(guard, meanwhile, OP_TAG_RESERVATION, payment->reservation_id);
  if (last)
    draft_parked(payment, step, reply->provider, reason, drafts);
}

/* An operator wants it tried again. */
int pay_retry_decide(const struct payment *payment, const char *id, const char *key, const char *request,
                     struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  static const char *const meanwhile[] = {OP_RESERVATION_CANCELLED,   OP_PAYMENT_ATTEMPT_STARTED,
                                          OP_PAYMENT_ATTEMPT_FAILED,  OP_PAYMENT_APPROVED,
                                          OP_PAYMENT_DECLINED,        OP_PAYMENT_REFUNDED,
                                          OP_PAYMENT_CANCELLED,       OP_PAYMENT_PARKED,
                                          OP_PAYMENT_RETRY_REQUESTED, NULL};
  if (payment->reservation_id[0] == '\0') {
    op_fail(error, OP_REFUSED, "no_such_payment", "payment %s: there is none", id);
    op_error_text(error, "paymentId", id);
    return error->exit_code;
  }
  struct payment due = *payment;
  due.parked = false;
  struct pay_step step = pay_decide(&due);
  if (step.action == PAY_NOTHING || (!payment->parked && payment->failed == 0)) {
    op_fail(error, OP_REFUSED, "nothing_to_retry", "payment %s: nothing of it has failed, its status is %s", id,
            payment_status_word(payment));
    op_error_text(error, "paymentId", id);
    op_error_text(error, "status", payment_status_word(payment));
    return error->exit_code;
  }
  struct op_draft *draft =
      draft_add(drafts, OP_PAYMENT_RETRY_REQUESTED, payment, payment->call.seq != 0 ? payment->call.seq : step.cause);
  op_json_string(&draft->data, "operation", operation(&step));
  op_json_number(&draft->data, "amount", step.amount);
  op_json_string(&draft->data, "currency", payment->currency);
  op_json_string(&draft->data, "status", payment_status_word(&due));
  op_draft_request(draft, key, request, guard);
  op_json_end(&draft->data);
  op_guard_add(guard, meanwhile, OP_TAG_RESERVATION, payment->reservation_id);
  return OP_OK;
}
