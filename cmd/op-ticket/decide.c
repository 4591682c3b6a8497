/* decide.c - the decisions about tickets, see decide.h.
 *
 * Invariants, each held by the one guard below: a ticket is ready, issued, admitted and voided once at most, in this
 * order; none of the first three stands behind the cancellation of its reservation or of its payment. That a
 * cancellation does not stand behind an admission is the guard of op-reserve, which is on the events of this context.
 */
#include "decide.h"

#include <inttypes.h>
#include <string.h>

/* What a decision about a ticket is decided upon. */
static const char *const ticket_changes[] = {OP_RESERVATION_CANCELLED,
                                             OP_PAYMENT_CANCELLED,
                                             OP_TICKET_READY,
                                             OP_TICKET_ISSUED,
                                             OP_TICKET_ADMITTED,
                                             OP_TICKET_VOIDED,
                                             NULL};

/* Begins an event about the ticket; the guard is added once for all of a decision. */
static struct op_draft *begin(const struct ticket *ticket, const char *type, uint64_t causation, const char *code,
                              struct op_drafts *drafts) {
  struct op_draft *draft = op_draft_add(drafts, type, ticket->reservation_id, causation);
  op_draft_tag(draft, OP_TAG_MUSICAL, ticket->musical_id);
  op_draft_tag(draft, OP_TAG_RESERVATION, ticket->reservation_id);
  op_draft_tag(draft, OP_TAG_CUSTOMER, ticket->customer_id);
  op_draft_tag(draft, OP_TAG_TICKET, code);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "ticketId", ticket->reservation_id);
  op_json_string(&draft->data, "reservationId", ticket->reservation_id);
  op_json_string(&draft->data, "musicalId", ticket->musical_id);
  if (ticket->customer_id[0])
    op_json_string(&draft->data, "customerId", ticket->customer_id);
  op_json_number(&draft->data, "seats", ticket->seats);
  if (code[0])
    op_json_string(&draft->data, "code", code);
  return draft;
}

/* Guards the decision. */
static void guard_ticket(const struct ticket *ticket, struct op_guard *guard) {
  op_guard_add(guard, ticket_changes, OP_TAG_RESERVATION, ticket->reservation_id);
}

/* Drafts TicketReady. */
static void draft_ready(const struct ticket *ticket, struct op_drafts *drafts) {
  struct op_draft *draft = begin(ticket, OP_TICKET_READY, ticket->approved_seq, "", drafts);
  op_draft_id(draft, "ticket-ready:%" PRIu64, ticket->placed_seq);
  op_json_end(&draft->data);
}

/* It is paid. */
void decide_ready(const struct ticket *ticket, struct op_drafts *drafts, struct op_guard *guard) {
  if (ticket_due(ticket) != DUE_READY)
    return;
  draft_ready(ticket, drafts);
  guard_ticket(ticket, guard);
}

/* It is cancelled. */
void decide_void(const struct ticket *ticket, struct op_drafts *drafts, struct op_guard *guard) {
  if (ticket_due(ticket) != DUE_VOID)
    return;
  struct op_draft *draft = begin(ticket, OP_TICKET_VOIDED, ticket->cancelled_seq, ticket->code, drafts);
  op_draft_id(draft, "ticket-voided:%" PRIu64, ticket->placed_seq);
  op_json_string(&draft->data, "reason", ticket->reason);
  op_json_end(&draft->data);
  guard_ticket(ticket, guard);
}

/* There is no ticket to be had. */
int decide_no_ticket(const struct ticket *ticket, const char *reservation_id, struct op_error *error) {
  if (!ticket->reservation_id[0])
    op_fail(error, OP_REFUSED, "no_such_reservation", "reservation %s: there is no such reservation", reservation_id);
  else if (ticket->cancelled_seq || ticket->voided_seq)
    op_fail(error, OP_REFUSED, "payment_cancelled", "reservation %s: it is cancelled, and its payment with it",
            reservation_id);
  else
    op_fail(error, OP_REFUSED, "not_paid", "reservation %s: it is not paid yet", reservation_id);
  op_error_text(error, "reservationId", reservation_id);
  return error->exit_code;
}

/* There is no such ticket. */
int decide_no_code(const char *typed, struct op_error *error) {
  op_fail(error, OP_REFUSED, "no_such_ticket", "code %s: there is no such ticket", typed);
  op_error_text(error, "code", typed);
  return error->exit_code;
}

/* The customer takes the ticket. */
int decide_issue(const struct ticket *ticket, const char *reservation_id, const char *code,
                 const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard,
                 struct op_error *error) {
  enum ticket_status status = ticket_status(ticket);
  if (status == TICKET_NONE || status == TICKET_VOIDED)
    return decide_no_ticket(ticket, reservation_id, error);
  if (status != TICKET_READY)
    return OP_OK;
  if (!ticket->ready_seq)
    draft_ready(ticket, drafts);
  struct op_draft *draft =
      begin(ticket, OP_TICKET_ISSUED, ticket->ready_seq ? ticket->ready_seq : ticket->approved_seq, code, drafts);
  op_draft_id(draft, "ticket-issued:%" PRIu64, ticket->placed_seq);
  op_draft_request(draft, request->key, request->text, guard);
  op_json_end(&draft->data);
  guard_ticket(ticket, guard);
  return OP_OK;
}

/* Is it the right door? */
int decide_musical(const struct ticket *ticket, const char *musical_id, struct op_error *error) {
  if (!musical_id || strcmp(ticket->musical_id, musical_id) == 0)
    return OP_OK;
  op_fail(error, OP_REFUSED, "wrong_musical", "ticket %s: it is for musical %s, not for %s", ticket->reservation_id,
          ticket->musical_id, musical_id);
  op_error_text(error, "ticketId", ticket->reservation_id);
  op_error_text(error, "reservationId", ticket->reservation_id);
  op_error_text(error, "musicalId", ticket->musical_id);
  op_error_text(error, "requestedMusicalId", musical_id);
  return error->exit_code;
}

/* May the holder go in? */
int decide_verify(const struct ticket *ticket, struct op_error *error) {
  switch (ticket_status(ticket)) {
  case TICKET_ISSUED:
    return OP_OK;
  case TICKET_ADMITTED:
    op_fail(error, OP_REFUSED, "already_admitted", "ticket %s: it was admitted at %s", ticket->reservation_id,
            ticket->admitted_at);
    op_error_text(error, "admittedAt", ticket->admitted_at);
    break;
  default:
    op_fail(error, OP_REFUSED, "payment_cancelled",
            "ticket %s: it is void, its reservation is cancelled, and its payment with it", ticket->reservation_id);
  }
  op_error_text(error, "ticketId", ticket->reservation_id);
  op_error_text(error, "reservationId", ticket->reservation_id);
  op_error_text(error, "status", ticket_status_word(ticket_status(ticket)));
  return error->exit_code;
}

/* The holder goes in. */
int decide_admit(const struct ticket *ticket, const struct op_request *request, struct op_drafts *drafts,
                 struct op_guard *guard, struct op_error *error) {
  int code = decide_verify(ticket, error);
  if (code != OP_OK)
    return code;
  struct op_draft *draft = begin(ticket, OP_TICKET_ADMITTED, ticket->issued_seq, ticket->code, drafts);
  op_draft_id(draft, "ticket-admitted:%" PRIu64, ticket->placed_seq);
  op_draft_request(draft, request->key, request->text, guard);
  op_json_end(&draft->data);
  guard_ticket(ticket, guard);
  return OP_OK;
}
