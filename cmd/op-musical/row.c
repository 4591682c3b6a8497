/* row.c - prints a musical from its folded state, see row.h.
 *
 * Invariant: every command prints the same musical by the same columns. */
#include "row.h"

const struct op_column musical_columns[MUSICAL_COLUMNS] = {
    {"musicalId", "MUSICAL", false}, {"name", "NAME", false},
    {"seats", "SEATS", true},        {"reservableSeats", "RESERVABLE", true},
    {"heldSeats", "HELD", true},     {"price", "PRICE", true},
    {"currency", "CURRENCY", false}, {"venue", "VENUE", false},
    {"startsAt", "STARTS", false},   {"salesOpen", NULL, false},
    {"salesClose", NULL, false},     {"maxPerCustomer", NULL, true},
    {"status", "STATUS", false},     {"updatedAt", NULL, false},
};

/* Text that may be absent. */
static void optional_text(struct op_output *output, const char *text) { op_cell_text(output, text[0] ? text : NULL); }

/* The cells in the order of the columns. */
void musical_cells(struct op_output *output, const struct state *state) {
  const struct op_musical *musical = &state->musical;
  op_cell_text(output, state->id);
  op_cell_text(output, musical->name);
  op_cell_number(output, musical->seats);
  op_cell_number(output, musical->seats > musical->held ? musical->seats - musical->held : 0);
  op_cell_number(output, musical->held);
  if (musical->price >= 0)
    op_cell_number(output, musical->price);
  else
    op_cell_null(output);
  op_cell_text(output, musical->currency);
  optional_text(output, musical->venue);
  optional_text(output, musical->starts_at);
  optional_text(output, musical->sales_open);
  optional_text(output, musical->sales_close);
  if (musical->max_per_customer > 0)
    op_cell_number(output, musical->max_per_customer);
  else
    op_cell_null(output);
  op_cell_text(output, musical->closed ? "Closed" : "Open");
  optional_text(output, state->updated_at);
}

/* One musical alone. */
void musical_print(struct op_output *output, const struct state *state) {
  op_rows_begin(output, musical_columns, MUSICAL_COLUMNS, true);
  musical_cells(output, state);
  op_row_end(output);
  op_rows_end(output);
}
