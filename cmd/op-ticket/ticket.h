/* ticket.h - a ticket as this context folds it from the journal. Pure.
 *
 * Every reservation has one ticket, whose id is that of the reservation:
 *
 *   none -> Ready (paid) -> Issued (it has a code) -> Admitted (used)
 *              `--------------`--> Voided (the reservation or its payment was cancelled)
 *
 * A partial cancellation leaves the ticket and takes its seats off. A cancellation counts from the instant at which
 * ReservationCancelled stands in the journal, whether TicketVoided follows or not. */
#ifndef TICKET_TICKET_H
#define TICKET_TICKET_H

#include "app.h"
#include "code.h"
#include "domain.h"
#include "grades.h"

struct ticket {
  char reservation_id[OP_MAX_ID + 1]; /* "": no such reservation */
  char musical_id[OP_MAX_ID + 1];
  char customer_id[OP_MAX_ID + 1]; /* "": none */
  char grade[OP_MAX_GRADE + 1];    /* of its seats; "": none */
  int64_t seats;                   /* that are left; what was wholly cancelled keeps its last ones */
  char code[CODE_SIZE];            /* "": not issued */
  char reason[OP_MAX_NAME + 1];    /* why it is void */
  uint64_t placed_seq;             /* seqs of the events that it went through, 0: not */
  uint64_t approved_seq, ready_seq, issued_seq, admitted_seq;
  uint64_t cancelled_seq; /* of what ended it: the whole reservation was cancelled, or its payment */
  uint64_t voided_seq;
  char issued_at[EVS_TIME_SIZE], admitted_at[EVS_TIME_SIZE], updated_at[EVS_TIME_SIZE];
};

enum ticket_status { TICKET_NONE, TICKET_READY, TICKET_ISSUED, TICKET_ADMITTED, TICKET_VOIDED };

/* The words of domain.h for the statuses from TICKET_READY on, NULL-terminated; and that of one, NULL for none. */
extern const char *const ticket_statuses[];
const char *ticket_status_word(enum ticket_status status);

/* The types that ticket_apply() folds, NULL-terminated. */
extern const char *const ticket_types[];

/* Folds an event. The first ReservationPlaced begins it; events of other reservations are ignored. */
void ticket_apply(struct ticket *ticket, const evs_event *event);

enum ticket_status ticket_status(const struct ticket *ticket);

/* What op-ticket run owes it. */
enum ticket_due { DUE_NOTHING, DUE_READY, DUE_VOID };
enum ticket_due ticket_due(const struct ticket *ticket);

#endif
