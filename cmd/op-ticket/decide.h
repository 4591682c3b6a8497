/* decide.h - the decisions about tickets: (folded state, command) -> events and their condition, or a refusal.
 *
 * Pure: no disk, no clock, no chance (a fresh code is the caller's to bring). Every event is guarded by all that
 * happens to this ticket, its reservation and its payment after what was read, so the state that was decided upon is
 * exactly the state before the event: no ticket is issued or admitted for what is cancelled, whoever cancels at the
 * same time. */
#ifndef TICKET_DECIDE_H
#define TICKET_DECIDE_H

#include "draft.h"
#include "ticket.h"

/* 1 no_such_reservation, not_paid or payment_cancelled: why the reservation has no ticket, or none any more. */
int decide_no_ticket(const struct ticket *ticket, const char *reservation_id, struct op_error *error);
/* 1 no_such_ticket, for a code that is none. */
int decide_no_code(const char *typed, struct op_error *error);

/* TicketReady, for a ticket that is due to be; nothing for any other. */
void decide_ready(const struct ticket *ticket, struct op_drafts *drafts, struct op_guard *guard);
/* TicketVoided, likewise. */
void decide_void(const struct ticket *ticket, struct op_drafts *drafts, struct op_guard *guard);

/* TicketIssued with this fresh code, behind TicketReady where nobody has said so yet; nothing for one that is issued
 * (or admitted) already. Refusals (1) as decide_no_ticket(). */
int decide_issue(const struct ticket *ticket, const char *reservation_id, const char *code,
                 const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard,
                 struct op_error *error);

/* Is it a ticket of this musical (NULL: of any)? 1 wrong_musical, with the ids of both. */
int decide_musical(const struct ticket *ticket, const char *musical_id, struct op_error *error);
/* May the holder go in? 1 payment_cancelled, already_admitted. The ticket has a code. */
int decide_verify(const struct ticket *ticket, struct op_error *error);
/* TicketAdmitted, or the refusal of decide_verify(). */
int decide_admit(const struct ticket *ticket, const struct op_request *request, struct op_drafts *drafts,
                 struct op_guard *guard, struct op_error *error);

#endif
