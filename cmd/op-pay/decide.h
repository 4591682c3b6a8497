/* decide.h - what is due for a payment now, which calls that takes, and what is recorded of their answers. Pure.
 *
 * A step that needs a provider is begun by PaymentAttemptStarted, which is appended under a condition before the call
 * is made; so two never have the same payment in hand, and after a kill the journal says what may have been called. A
 * cancellation before any call is therefore settled without one, and one after a call is settled by asking. */
#ifndef PAY_DECIDE_H
#define PAY_DECIDE_H

#include "draft.h"
#include "payment.h"
#include "provider.h"

enum pay_action {
  PAY_NOTHING,
  PAY_AUTHORIZE, /* charge `amount` */
  PAY_ASK,       /* the reservation was given up while a charge of `amount` was on its way: what came of it? */
  PAY_REFUND,    /* give `amount` back, the reservation goes on with fewer seats */
  PAY_CANCEL,    /* give `amount` (maybe 0) back, the payment ends */
};

struct pay_step {
  enum pay_action action;
  int64_t amount;
  uint64_t cause; /* seq of the event that asks for it */
};

/* What the configuration says about attempts. */
struct pay_rules {
  int64_t max_attempts;
  int64_t timeout_ms; /* of one call */
};

/* What is due for this payment, and from when on. */
struct pay_step pay_decide(const struct payment *payment);
int64_t pay_due_us(const struct payment *payment);

/* Does this step need the provider? A cancellation with nothing to give back does not. */
bool pay_needs_provider(const struct pay_step *step);

/* ---- calls ------------------------------------------------------------------------------------- */

/* How long a payment is in the hands of who begins an attempt: two calls at their limit, and what is around them. */
int64_t pay_hold_ms(const struct pay_rules *rules);

/* The call that carries out this step (all operations of a step carry one key); borrows from the payment. */
void pay_request(const struct payment *payment, const struct pay_step *step, struct provider_request *ret_request);

/* The first call of this step: a query, unless there was no call with its key before this attempt. */
enum provider_operation pay_first_call(const struct payment *payment, const struct pay_step *step);
/* Does a call follow the query that was answered so, and which one? */
bool pay_next_call(const struct pay_step *step, const struct provider_answer *answer,
                   enum provider_operation *ret_operation);

/* ---- events ------------------------------------------------------------------------------------ */

/* An answer to record. */
struct pay_reply {
  const char *provider;
  struct provider_answer answer;
  int64_t duration_ms; /* of the longest call that it took */
  int64_t now_us;
  uint64_t random; /* for the time of the next attempt */
};

/* Drafts PaymentAttemptStarted. `probe`: it tries whether an open circuit may close. */
void pay_start(const struct payment *payment, const struct pay_step *step, const char *provider, const char *holder,
               bool probe, int64_t until_us, struct op_drafts *drafts, struct op_guard *guard);

/* Drafts the outcome, and the guard that makes a second one impossible. `reply` is NULL where pay_needs_provider() said
 * no. False, and nothing drafted, where the answer settles nothing. */
bool pay_record(const struct payment *payment, const struct pay_step *step, const struct pay_reply *reply,
                const struct pay_rules *rules, struct op_drafts *drafts, struct op_guard *guard);

/* Drafts PaymentAttemptFailed for an answer that settles nothing, and PaymentParked behind the last attempt. */
void pay_record_failure(const struct payment *payment, const struct pay_step *step, const struct pay_reply *reply,
                        const struct pay_rules *rules, struct op_drafts *drafts, struct op_guard *guard);

/* Drafts PaymentRetryRequested for the request `request` with this key (NULL: none). Exit 1 no_such_payment,
 * nothing_to_retry. */
int pay_retry_decide(const struct payment *payment, const char *id, const char *key, const char *request,
                     struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);

#endif
