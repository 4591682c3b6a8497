/* ticket.c - the fold of one ticket, see ticket.h.
 *
 * Anyone may append events, so nothing in them is believed: seats are kept within their bounds, a code must be one, and
 * what cannot follow changes nothing. A cancelled reservation is never paid any more (a charge that comes in behind its
 * end is refunded), and a ticket that was used stays used. */
#include "ticket.h"

#include "model.h"

#include <string.h>

const char *const ticket_statuses[] = {OP_TICKET_IS_READY, OP_TICKET_IS_ISSUED, OP_TICKET_IS_ADMITTED,
                                       OP_TICKET_IS_VOIDED, NULL};

const char *const ticket_types[] = {OP_RESERVATION_PLACED, OP_RESERVATION_CANCELLED, OP_PAYMENT_APPROVED,
                                    OP_PAYMENT_CANCELLED,  OP_TICKET_READY,          OP_TICKET_ISSUED,
                                    OP_TICKET_ADMITTED,    OP_TICKET_VOIDED,         NULL};

/* The word of a status. */
const char *ticket_status_word(enum ticket_status status) {
  return status == TICKET_NONE ? NULL : ticket_statuses[status - TICKET_READY];
}

/* Where it stands. */
enum ticket_status ticket_status(const struct ticket *ticket) {
  bool was_ready = ticket->approved_seq || ticket->ready_seq;
  if (ticket->admitted_seq)
    return TICKET_ADMITTED;
  if (ticket->voided_seq || ticket->cancelled_seq)
    return was_ready || ticket->issued_seq || ticket->voided_seq ? TICKET_VOIDED : TICKET_NONE;
  if (ticket->issued_seq)
    return TICKET_ISSUED;
  return was_ready ? TICKET_READY : TICKET_NONE;
}

/* Ready once it is paid, void once it is cancelled. */
enum ticket_due ticket_due(const struct ticket *ticket) {
  switch (ticket_status(ticket)) {
  case TICKET_READY:
    return ticket->ready_seq ? DUE_NOTHING : DUE_READY;
  case TICKET_VOIDED:
    return ticket->voided_seq ? DUE_NOTHING : DUE_VOID;
  default:
    return DUE_NOTHING;
  }
}

/* Copies the time of an event. */
static void take_time(char to[EVS_TIME_SIZE], const evs_event *event) {
  snprintf(to, EVS_TIME_SIZE, "%.*s", (int)event->time.len, event->time.ptr);
}

/* The seats of an event. */
static int64_t seats_of(const evs_event *event) {
  int64_t seats = op_field_number(event, "seats", 0);
  return seats < 0 ? 0 : seats > OP_MAX_SEATS ? OP_MAX_SEATS : seats;
}

/* A reservation begins, unless there is nothing that could be reserved. */
static bool apply_placed(struct ticket *ticket, const evs_event *event, const char *id) {
  char musical_id[OP_MAX_ID + 1];
  int64_t seats = seats_of(event);
  if (seats == 0 || !op_field_id(event, "musicalId", musical_id))
    return false;
  *ticket = (struct ticket){.placed_seq = event->seq, .seats = seats};
  snprintf(ticket->reservation_id, sizeof ticket->reservation_id, "%s", id);
  snprintf(ticket->musical_id, sizeof ticket->musical_id, "%s", musical_id);
  op_field_id(event, "customerId", ticket->customer_id);
  op_field_grade(event, ticket->grade);
  return true;
}

/* Some or all of its seats are given up. */
static bool apply_cancelled(struct ticket *ticket, const evs_event *event) {
  int64_t seats = seats_of(event);
  if (seats == 0 || ticket->cancelled_seq)
    return false;
  if (seats < ticket->seats) {
    ticket->seats -= seats;
    return true;
  }
  ticket->cancelled_seq = event->seq;
  snprintf(ticket->reason, sizeof ticket->reason, "reservation_cancelled");
  return true;
}

/* The payment was approved or cancelled. */
static bool apply_payment(struct ticket *ticket, const evs_event *event) {
  if (ticket->cancelled_seq)
    return false;
  if (op_type_is(event, OP_PAYMENT_CANCELLED)) {
    ticket->cancelled_seq = event->seq;
    snprintf(ticket->reason, sizeof ticket->reason, "payment_cancelled");
    return true;
  }
  if (ticket->approved_seq)
    return false;
  ticket->approved_seq = event->seq;
  return true;
}

/* It has its code. */
static bool apply_issued(struct ticket *ticket, const evs_event *event) {
  char typed[CODE_SIZE];
  if (ticket->issued_seq || ticket->cancelled_seq || ticket->voided_seq ||
      !op_field_text(event, "code", typed, sizeof typed) || !code_read(typed, ticket->code))
    return false;
  ticket->issued_seq = event->seq;
  take_time(ticket->issued_at, event);
  return true;
}

/* It was used. */
static bool apply_admitted(struct ticket *ticket, const evs_event *event) {
  if (ticket_status(ticket) != TICKET_ISSUED)
    return false;
  ticket->admitted_seq = event->seq;
  take_time(ticket->admitted_at, event);
  return true;
}

/* It is void, and it was said. */
static bool apply_voided(struct ticket *ticket, const evs_event *event) {
  if (ticket->voided_seq || ticket->admitted_seq)
    return false;
  ticket->voided_seq = event->seq;
  op_field_text(event, "reason", ticket->reason, sizeof ticket->reason);
  return true;
}

/* Folds an event of this reservation; true where it changed something. */
static bool apply(struct ticket *ticket, const evs_event *event) {
  if (op_type_is(event, OP_RESERVATION_CANCELLED))
    return apply_cancelled(ticket, event);
  if (op_type_is(event, OP_PAYMENT_APPROVED) || op_type_is(event, OP_PAYMENT_CANCELLED))
    return apply_payment(ticket, event);
  if (op_type_is(event, OP_TICKET_ISSUED))
    return apply_issued(ticket, event);
  if (op_type_is(event, OP_TICKET_ADMITTED))
    return apply_admitted(ticket, event);
  if (op_type_is(event, OP_TICKET_VOIDED))
    return apply_voided(ticket, event);
  if (!op_type_is(event, OP_TICKET_READY) || ticket->ready_seq)
    return false;
  ticket->ready_seq = event->seq;
  return true;
}

/* Folds an event. */
void ticket_apply(struct ticket *ticket, const evs_event *event) {
  char id[OP_MAX_ID + 1];
  if (!op_field_id(event, "reservationId", id))
    return;
  bool changed = ticket->reservation_id[0]
                     ? strcmp(id, ticket->reservation_id) == 0 && apply(ticket, event)
                     : op_type_is(event, OP_RESERVATION_PLACED) && apply_placed(ticket, event, id);
  if (changed)
    take_time(ticket->updated_at, event);
}
