/* reservation.h - a reservation as this context folds it from the journal. Pure.
 *
 * Reserved -> PaymentApproved -> (wholly cancelled) Cancelled -> PaymentCancelled. A partial cancellation leaves the
 * status and takes its seats and their amount off; a wholly cancelled reservation keeps showing its last ones. */
#ifndef RESERVE_RESERVATION_H
#define RESERVE_RESERVATION_H

#include "app.h"
#include "domain.h"
#include "grades.h"

/* What its ticket stands in the way of. */
enum reservation_ticket { RESERVATION_NO_TICKET, RESERVATION_TICKET_ISSUED, RESERVATION_TICKET_ADMITTED };

struct reservation {
  char id[OP_MAX_ID + 1]; /* "": no such reservation */
  char musical_id[OP_MAX_ID + 1];
  char customer_id[OP_MAX_ID + 1]; /* "": none */
  char grade[OP_MAX_GRADE + 1];    /* "": none */
  int64_t seats, price, amount;
  char currency[4];
  const char *status; /* static storage, a status of domain.h */
  char reason[OP_MAX_NAME + 1];
  char placed_at[EVS_TIME_SIZE], updated_at[EVS_TIME_SIZE];
  int64_t placed_us;     /* placed_at as a number; INT64_MAX where it is no time, which is never past */
  uint64_t placed_seq;   /* seq of its ReservationPlaced */
  uint64_t declined_seq; /* seq of the PaymentDeclined, 0: none */
  bool deferred;         /* payments were interrupted when it was placed, and it waits for its payment still */
  enum reservation_ticket ticket;
};

/* The four words, NULL-terminated. */
extern const char *const reservation_statuses[];

/* The types that reservation_apply() folds, NULL-terminated. */
extern const char *const reservation_types[];

/* Folds an event. The first ReservationPlaced makes it; later ones and events of other reservations are ignored. */
void reservation_apply(struct reservation *reservation, const evs_event *event);

/* Is it cancelled as a whole? */
bool reservation_is_cancelled(const struct reservation *reservation);

/* The word in static storage that equals `word`; Reserved where it is none of the four. */
const char *reservation_status(const char *word);

/* The number that an id is ("1", "42"); 0 where it is no whole number above 0 in its one form, or a very large one. */
int64_t reservation_number(const char *id);
#define MAX_RESERVATION_NUMBER INT64_C(999999999999999999)

/* The last number once `id` was placed after it. Default ids count up from there. A number more than NUMBER_LEAP ahead
 * is somebody's own numbering (an order number, a date, mischief) and does not count: whoever wanted to use up the
 * numbers by choosing ids would have to make a million million reservations. */
int64_t reservation_last_number(int64_t last, const char *id);
#define NUMBER_LEAP INT64_C(1000000)

#endif
