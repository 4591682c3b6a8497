/* decide.h - the decisions about reservations: (folded state, command) -> events and their condition, or a refusal.
 *
 * Pure: no disk, no clock, no printing. Seats are never sold twice because a placement is guarded by everything that
 * happens to its musical and the seats of it after what was read. */
#ifndef RESERVE_DECIDE_H
#define RESERVE_DECIDE_H

#include "draft.h"
#include "location.h"
#include "musical.h"
#include "reservation.h"
#include "waiting.h"

enum { REQUEST_TEXT = 512 };

/* The command: take seats. Every member is checked already. */
struct place {
  char musical_id[OP_MAX_ID + 1];
  char customer_id[OP_MAX_ID + 1];    /* "": none */
  char reservation_id[OP_MAX_ID + 1]; /* "": the next whole number */
  char request_id[OP_MAX_ID + 1];     /* "": none */
  int64_t seats;
  int64_t price;                /* a seat, as the customer agreed; -1: the list price */
  char grade[OP_MAX_GRADE + 1]; /* "": none */
  unsigned where;               /* PLACE_LAT and PLACE_LON: it goes to a branch near to there; else 0 */
  struct op_location at;
  bool delivery; /* from the branch, not picked up there */
};

/* Members of a placement that belong together, as bits of place->where. */
enum { PLACE_LAT = 1, PLACE_LON = 2, PLACE_FULFIL = 4 };

/* What a placement looks at. */
struct place_facts {
  const struct op_musical *musical; /* id "": there is no such musical */
  bool guarded;                     /* this commit guards the musical already, for an earlier placement */
  bool id_taken;                    /* place->reservation_id is the id of a reservation */
  int64_t next_number;              /* the id where none is chosen */
  int64_t customer_held;            /* seats of this musical that the customer has not cancelled */
  const struct waiting *offer;      /* whose seats are taken, accepted; NULL: of those that are left */
  const char *provider;             /* of payments */
  int64_t interrupted_until_us;     /* it is not called before that (interruption.h); 0: it is */
  bool suspends;                    /* payment.when_open: nothing is placed meanwhile */
  int64_t payable_us;               /* since when an offer can be paid for, as of interruption_payable() */
  int64_t now_us;
};

/* What is refused in the same way to who wants to wait for seats: the refusal of a command with these words, */
int place_refuse(struct op_error *error, const char *code, const struct place *place, const char *what);
/* a musical that is not on sale now, and a grade that is missing or none. */
int place_check_sales(const struct place *place, const struct place_facts *facts, struct op_error *error);
int place_check_grade(const struct place *place, const struct op_musical *musical, struct op_error *error);

/* What it costs. */
struct place_cost {
  int64_t price; /* a seat */
  int64_t amount;
  bool deferred; /* payments are interrupted: it is charged later */
};

/* The command: give seats back. */
struct cancel {
  char reservation_id[OP_MAX_ID + 1];
  int64_t seats;                /* 0: all that it has */
  char reason[OP_MAX_NAME + 1]; /* "": none */
  char request_id[OP_MAX_ID + 1];
  bool keeps_issued; /* ticket.after_issue: refuse */
};

/* The canonical texts of the requests. */
void place_request(const struct place *place, char buf[REQUEST_TEXT]);
void cancel_request(const struct cancel *cancel, char buf[REQUEST_TEXT]);

/* Sets one of them from text: 65 bad_location, bad_fulfil. */
int place_where(struct place *place, unsigned part, const char *text, struct op_error *error);
/* Do they fit together? Else `exit_code` with this word. */
int place_where_check(const struct place *place, int exit_code, const char *code, struct op_error *error);

/* 1 no_such_reservation, for every command that names one. */
int no_such_reservation(const char *id, struct op_error *error);
/* 1 request_id_reused, where the other request is one of the same batch. */
int request_id_reused(const char *request_id, struct op_error *error);

/* ReservationPlaced; `request` is the text of place_request(). Refusals (1): no_such_musical, id_taken, sales_closed,
 * sales_not_open, grade_required, no_such_grade, price_changed, customer_required, insufficient_seats, customer_limit,
 * no_more_numbers; 65 bad_price where the amount is beyond OP_MAX_MONEY; 75 payments_suspended. */
int decide_place(const struct place *place, const char *request, const struct place_facts *facts,
                 struct op_drafts *drafts, struct op_guard *guard, struct place_cost *ret_cost, struct op_error *error);

/* ReservationCancelled. Refusals (1): no_such_reservation, already_cancelled, seats_exceed_reservation;
 * already_collected, ticket_admitted, and where issued tickets are kept ticket_issued. */
int decide_cancel(const struct cancel *cancel, const struct reservation *reservation, struct op_drafts *drafts,
                  struct op_guard *guard, struct op_error *error);

/* ReservationCancelled with reason payment_declined, for a reservation whose payment was declined. */
void decide_declined(const struct reservation *reservation, struct op_drafts *drafts, struct op_guard *guard);

/* How long an unpaid reservation keeps its seats. Its clock runs only while payments can be made: it starts when the
 * reservation was placed, or when the circuit of the provider closed, where that was later. */
struct hold {
  int64_t ms;           /* 0: off, for ever */
  int64_t closed_us;    /* of that circuit, as in interruption.h */
  const char *provider; /* of payments */
};

/* What was placed up to *ret_placed_us has used up its hold by now; false where nothing has. */
bool hold_deadline(const struct hold *hold, int64_t now_us, int64_t *ret_placed_us);
/* ReservationCancelled with reason expired, for a reservation that nobody has paid within its hold; false, and nothing,
 * where it is paid, declined, cancelled, or not due. Its guard and that of a payment exclude one another, and it does
 * not outlive a change of the circuit. */
bool decide_expired(const struct reservation *reservation, const struct hold *hold, int64_t now_us,
                    struct op_drafts *drafts, struct op_guard *guard);

#endif
