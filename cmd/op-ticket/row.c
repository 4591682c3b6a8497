/* row.c - prints a ticket, see row.h.
 *
 * Invariant: the cells and the SELECT of list.c name the same things in the same order. */
#include "row.h"

#define COLUMNS(starts, code)                                                                                          \
  {"ticketId", "TICKET", false}, {"reservationId", "RESERVATION", false}, {"musicalId", "MUSICAL", false},             \
      {"musicalName", "NAME", false}, {"startsAt", starts, false}, {"customerId", "CUSTOMER", false},                  \
      {"seats", "SEATS", true}, {"grade", "GRADE", false}, {"status", "STATUS", false}, {"code", code, false},         \
      {"reason", "REASON", false}, {"issuedAt", "ISSUED", false}, {"admittedAt", "ADMITTED", false}, {                 \
    "updatedAt", NULL, false                                                                                           \
  }

const struct op_column ticket_columns[TICKET_COLUMNS] = {COLUMNS("STARTS", "CODE")};
const struct op_column ticket_list_columns[TICKET_COLUMNS] = {COLUMNS(NULL, NULL)};

/* Text that may be absent. */
static void optional_text(struct op_output *output, const char *text) { op_cell_text(output, text[0] ? text : NULL); }

/* One ticket alone. */
void ticket_print(struct op_output *output, const struct ticket *ticket, const struct performance *performance) {
  enum ticket_status status = ticket_status(ticket);
  op_rows_begin(output, ticket_columns, TICKET_COLUMNS, true);
  op_cell_text(output, ticket->reservation_id);
  op_cell_text(output, ticket->reservation_id);
  op_cell_text(output, ticket->musical_id);
  optional_text(output, performance->name);
  optional_text(output, performance->starts_at);
  optional_text(output, ticket->customer_id);
  op_cell_number(output, ticket->seats);
  optional_text(output, ticket->grade);
  op_cell_text(output, ticket_status_word(status));
  optional_text(output, ticket->code);
  optional_text(output, status == TICKET_VOIDED ? ticket->reason : "");
  optional_text(output, ticket->issued_at);
  optional_text(output, ticket->admitted_at);
  optional_text(output, ticket->updated_at);
  op_row_end(output);
  op_rows_end(output);
}
