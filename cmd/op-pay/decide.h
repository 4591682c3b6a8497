/* decide.h - one reservation's payment: how it is folded from events, what is due now, and what is then recorded.
 *
 * All of it is pure. The state of a payment holds the oldest cancellation that has not been answered (`open`); the read
 * model keeps the queue behind it.
 *
 *   Pending ── charged ──► PaymentApproved ── whole cancellation ──► PaymentCancelled (rest given back)
 *      │  └── declined ──► PaymentDeclined          └ partial: PaymentRefunded, stays PaymentApproved
 *      └── whole cancellation before any charge ──► PaymentCancelled (nothing to give back)
 *
 * A partial cancellation before the charge only makes the amount smaller: the condition of PaymentApproved names
 * ReservationCancelled, so no charge ever rests on seats that were given up meanwhile. */
#ifndef PAY_DECIDE_H
#define PAY_DECIDE_H

#include "app.h"
#include "domain.h"
#include "draft.h"
#include "provider.h"

enum payment_status { PAYMENT_PENDING, PAYMENT_APPROVED, PAYMENT_DECLINED, PAYMENT_CANCELLED };

/* The words of the statuses in the order of the enum, NULL-terminated. */
extern const char *const payment_statuses[];

struct cancellation {
  uint64_t seq; /* of ReservationCancelled; 0: none */
  int64_t amount;
  bool whole;
};

struct payment {
  char reservation_id[OP_MAX_ID + 1]; /* "": no such payment; it is the payment's id too */
  char customer_id[OP_MAX_ID + 1];    /* "": not known */
  char currency[8];
  enum payment_status status;
  uint64_t placed_seq;
  int64_t amount;                       /* what the seats held cost; a wholly cancelled one keeps its last */
  int64_t charged, refunded;            /* 0 <= refunded <= charged */
  int64_t attempts;                     /* authorizations that were answered */
  char provider[64], provider_ref[256]; /* "": none yet */
  char updated_at[EVS_TIME_SIZE];
  struct cancellation open;
};

/* The types that payment_apply() folds, NULL-terminated. */
extern const char *const payment_types[];

/* Folds one event of this payment's reservation into it, but for `open`. *ret_opened is the cancellation that this
 * event brought and that must be answered by an event of ours; its seq is 0 where there is none. What does not fit the
 * state (a second approval, a refund of what was never charged) changes nothing. */
void payment_apply(struct payment *payment, const evs_event *event, struct cancellation *ret_opened);

enum pay_action {
  PAY_NOTHING,
  PAY_AUTHORIZE, /* charge `amount` */
  PAY_REFUND,    /* give `amount` back, the reservation goes on with fewer seats */
  PAY_CANCEL,    /* give `amount` (maybe 0) back, the payment ends */
};

struct pay_step {
  enum pay_action action;
  int64_t amount;
  uint64_t cause; /* seq of the event that asks for it */
};

/* What is due for this payment now. */
struct pay_step pay_decide(const struct payment *payment);

/* Does this step need the provider? A cancellation with nothing to give back does not. */
bool pay_needs_provider(const struct pay_step *step);

/* The call that carries out this step; borrows from the payment. */
void pay_request(const struct payment *payment, const struct pay_step *step, struct provider_request *ret_request);

/* Drafts the event that records the step, and the guard that makes a second outcome impossible. `provider` and `answer`
 * are NULL where pay_needs_provider() said no. False, and nothing drafted, where the answer settles nothing. */
bool pay_record(const struct payment *payment, const struct pay_step *step, const char *provider,
                const struct provider_answer *answer, struct op_drafts *drafts, struct op_guard *guard);

#endif
