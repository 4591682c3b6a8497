/* payment.h - one reservation's payment as it is folded from the events of its saga. Pure.
 *
 *   Pending ── approved ──► PaymentApproved ── whole cancellation ──► PaymentCancelled (rest given back)
 *      │  └── declined ──► PaymentDeclined          └ partial: PaymentRefunded, stays PaymentApproved
 *      └── whole cancellation, and no charge ──► PaymentCancelled (nothing to give back)
 *
 * A call of the provider leaves its trace before it is made: PaymentAttemptStarted says who makes it, until when, with
 * which key and for how much. What came of it is an outcome (above) or PaymentAttemptFailed, or nothing, where the
 * caller died; in either of the last two the next call with that key asks first. What was asked for under a key is
 * asked for the same amount for ever, so seats given up after that are refunds to come, even before the charge.
 *
 * A refund that was declined is owed all the same, but a provider gives one key one answer for ever: so the decline
 * ends that call, and the next attempt has a key of its own, numbered by the declines that the journal counts.
 *
 * A payment holds the oldest cancellation that has not been answered (`open`); the read model keeps the queue behind
 * it. */
#ifndef PAY_PAYMENT_H
#define PAY_PAYMENT_H

#include "app.h"
#include "domain.h"

#define PAY_MAX_HOLDER 64

enum payment_status { PAYMENT_PENDING, PAYMENT_APPROVED, PAYMENT_DECLINED, PAYMENT_CANCELLED };

struct cancellation {
  uint64_t seq; /* of ReservationCancelled, or of a PaymentApproved that came too late; 0: none */
  int64_t amount;
  bool whole;
};

/* The last call that was begun for what is due, and may have had its effect. */
struct payment_call {
  uint64_t seq;                /* of PaymentAttemptStarted; 0: none was begun, so the provider knows nothing of it */
  int64_t amount;              /* asked for under this key, at the first call and at every other */
  int64_t asked_us;            /* when the last call was begun that may move money */
  int64_t until_us;            /* nobody else calls before that */
  char holder[PAY_MAX_HOLDER]; /* who calls */
  bool again;                  /* not the first one: ask what came of those before */
  bool ended;                  /* PaymentAttemptFailed told how it went */
};

struct payment {
  char reservation_id[OP_MAX_ID + 1]; /* "": no such payment; it is the payment's id too */
  char customer_id[OP_MAX_ID + 1];    /* "": not known */
  char currency[8];
  enum payment_status status;
  bool parked; /* only an operator brings it on */
  uint64_t placed_seq;
  uint64_t whole_seq;                   /* of the event that gave up the whole reservation; 0: none */
  int64_t amount;                       /* what the seats held cost; a wholly cancelled one keeps its last */
  int64_t charged, refunded;            /* 0 <= refunded <= charged */
  int64_t attempts;                     /* of the last thing that was asked of a provider, with the one that worked */
  int64_t failed;                       /* of them, in a row, for what is due now */
  int64_t retry_us;                     /* not before that; 0: at once */
  int64_t declines;                     /* of the refund that is due now: so many of its keys are used up */
  char last_error[256];                 /* "": the last attempt worked */
  char provider[64], provider_ref[256]; /* who was asked, and nobody else is from then on; "": none yet */
  char updated_at[EVS_TIME_SIZE];
  struct payment_call call;
  struct cancellation open;
};

/* The words of a payment's status, NULL-terminated: those of the enum in its order, then the two of what is parked. */
extern const char *const payment_statuses[];
/* The one that is shown. */
const char *payment_status_word(const struct payment *payment);
/* The status behind a word that is shown. */
void payment_status_read(const char *word, enum payment_status *ret_status, bool *ret_parked);

/* The types that payment_apply() folds, NULL-terminated. */
extern const char *const payment_types[];

/* Folds one event of this payment's reservation into it, but for `open`. *ret_opened is the cancellation that this
 * event brought and that must be answered by an event of ours; its seq is 0 where there is none. What does not fit the
 * state (a second approval, a refund of what was never charged) changes nothing. */
void payment_apply(struct payment *payment, const evs_event *event, struct cancellation *ret_opened);

/* Does the cancellation of the whole reservation take over what an earlier one leaves unanswered? Where the refund of
 * that one was declined, and is in nobody's hands: all that is left is then given back at once. Wants `open` as it was
 * before the event that was folded last. */
bool payment_takes_over(const struct payment *payment);
/* It did: the cancellations of a part need no answer any more. */
void payment_taken_over(struct payment *payment);

/* Nothing is answered any more: declined, or cancelled with all money given back. */
bool payment_has_ended(const struct payment *payment);

#endif
