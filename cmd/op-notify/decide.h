/* decide.h - the pure decisions of op-notify: what an attempt, a retry and forgetting leave in the journal. */
#ifndef NOTIFY_DECIDE_H
#define NOTIFY_DECIDE_H

#include "draft.h"
#include "notice.h"

/* The event types that a customer may be told about, NULL-terminated. */
extern const char *const notify_causes[];

/* What was told, or is to be, of a reservation. */
enum telling_stage {
  TELLING_NOTHING,
  TELLING_PAYMENT,  /* that it is paid, or was declined */
  TELLING_GIVEN_UP, /* that it was cancelled before its payment was known */
};
/* What was told, or is to be, of its branch; it only ever goes on. */
enum telling_branch {
  TELLING_NO_BRANCH,
  TELLING_BRANCH_FAILED, /* that no branch can take it yet, once, however often that is tried */
  TELLING_BRANCH_ASSIGNED,
  TELLING_BRANCH_COLLECTED,
  TELLING_BRANCH_OVER, /* the reservation was cancelled: nothing is to be told of its branch */
};
struct telling {
  enum telling_stage stage;
  enum telling_branch branch;
  bool asked; /* a provider may have been asked to charge it */
};

/* Is the customer told about this event of a type of notify_causes? `whole`: of ReservationCancelled, that no seats
 * are left; `amount`: its own. */
bool notify_tells(struct telling *telling, const char *type, bool whole, int64_t amount);

/* What an event of this type tells of a branch; TELLING_NO_BRANCH: it tells of none. */
enum telling_branch notify_branch_of(const char *type);

/* The event types that say what became of a notice, NULL-terminated. */
extern const char *const notify_outcomes[];

/* What an attempt came to. */
enum delivery_end {
  DELIVERY_DONE,       /* the channel has it */
  DELIVERY_FAILED,     /* it may go well another time */
  DELIVERY_IMPOSSIBLE, /* it will not, until somebody does something about it */
  DELIVERY_NOBODY,     /* there is nobody to tell, now or later */
};

struct delivery {
  enum delivery_end end;
  char reason[32]; /* a word for the journal ("exit_1", "timeout"), never anything personal; "" where it went well */
};

/* What an attempt is recorded with. */
struct attempt {
  const char *channel, *lang;
  int64_t max_attempts; /* of the configuration */
  int64_t now_us;
  uint64_t random; /* for the back-off, see retry.h */
};

/* Does it tell of an offer whose time is over, whether or not op-reserve run has ended it? */
bool notice_is_too_late(const struct notice *notice, int64_t now_us);

/* Drafts what became of a notice: sent, failed and to be tried again, parked, or withdrawn; under a guard against what
 * somebody else recorded meanwhile. */
void notice_record(const struct notice *notice, const struct delivery *delivery, const struct attempt *attempt,
                   struct op_drafts *drafts, struct op_guard *guard);

/* Drafts NotificationRetryRequested; drafts nothing for a notice that is due now, unless a request is to be remembered.
 * `request_id` and `request` may be NULL. Exit 1 no_such_notice (cause 0), already_sent, notice_withdrawn. */
int retry_decide(const struct notice *notice, const char *notice_id, bool is_due, const char *request_id,
                 const char *request, struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);

/* What is known of a customer who wants to be forgotten. */
struct forget_state {
  bool has_contact; /* contacts.db holds something */
  bool seen;        /* an event names the customer */
  bool forgotten;   /* CustomerForgotten stands in the journal */
};

/* Drafts CustomerForgotten; drafts nothing for who was forgotten already and has no contact since, unless a request is
 * to be remembered. `request_id` and `request` may be NULL. Exit 1 no_such_contact for a customer never seen. */
int forget_decide(const struct forget_state *state, const char *customer_id, const char *request_id,
                  const char *request, struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);

#endif
