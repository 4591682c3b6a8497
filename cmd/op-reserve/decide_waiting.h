/* decide_waiting.h - the decisions about the waiting list: (folded state, command) -> events and condition, or a
 * refusal.
 *
 * Pure. An offer is a hold on seats of its musical, so it is guarded by everything that happens to those, as a
 * placement is; and whatever becomes of an entry is guarded by everything else that does, so that one thing does. */
#ifndef RESERVE_DECIDE_WAITING_H
#define RESERVE_DECIDE_WAITING_H

#include "decide.h"
#include "waiting.h"

/* The command: wait for seats; what is asked for stands in `place`, as for a placement. */
struct join {
  struct place place; /* reservation_id and price are not used */
  char waiting_id[OP_MAX_ID + 1];
};

/* What it looks at. */
struct join_facts {
  const struct op_musical *musical; /* id "": there is no such musical */
  const struct op_musical *left;    /* the same after all who wait got what there is for them */
  bool id_taken;
  int64_t customer_held; /* seats of this musical that the customer has */
  int64_t now_us;
};

/* The canonical texts of the requests. The id is not part of the first where it was not chosen (chosen ""). */
void join_request(const struct join *join, const char *chosen, char buf[REQUEST_TEXT]);
void withdraw_request(const char *waiting_id, char buf[REQUEST_TEXT]);

/* WaitingJoined. Refusals (1): no_such_musical, id_taken, sales_closed, sales_not_open, grade_required, no_such_grade,
 * customer_required, customer_limit, exceeds_capacity, seats_available. */
int decide_join(const struct join *join, const char *request, const struct join_facts *facts, struct op_drafts *drafts,
                struct op_guard *guard, struct op_error *error);
/* 1 no_such_waiting, for every command that names an entry. */
int no_such_waiting(const char *id, struct op_error *error);

/* WaitingWithdrawn, or WaitingOfferDeclined where it has an offer. Refusals (1): no_such_waiting, waiting_over. */
int decide_withdraw(const struct waiting *waiting, const char *waiting_id, const char *request_id, const char *request,
                    struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);
/* What is looked at when the turn of an entry has come: there are seats for it. */
struct turn_facts {
  int64_t max_per_customer; /* 0: no limit */
  int64_t held, offered; /* seats of the musical that the customer has, and that other offers hold for the customer */
  bool no_kind;          /* the musical has no seats of the kind that the entry wants any more */
  int64_t now_us, until_us; /* of the offer: when it is made, and its end */
  bool guarded;             /* the guard over the musical is there already */
};
/* WaitingOffered, true: the seats are taken. False: WaitingWithdrawn where the customer could not accept, since the
 * entry joined (reasons no_such_grade, grade_required, customer_limit, customer_required); nothing where another offer
 * may turn out to leave room. */
bool decide_turn(const struct waiting *waiting, const struct turn_facts *facts, struct op_drafts *drafts,
                 struct op_guard *guard);
/* WaitingOfferExpired. */
void decide_offer_expired(const struct waiting *waiting, struct op_drafts *drafts, struct op_guard *guard);
/* May this offer, which is open until end_us, be accepted now? Refusals (1): no_such_offer, offer_over, offer_expired.
 */
int check_offer(const struct waiting *offer, const char *offer_id, int64_t end_us, int64_t now_us,
                struct op_error *error);

#endif
