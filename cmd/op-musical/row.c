/* row.c - prints a musical from its folded state, see row.h.
 *
 * Invariant: every command prints the same musical by the same columns. */
#include "row.h"

#include "money.h"

/* All columns; the head of the grades is the caller's. */
#define COLUMNS(grades)                                                                                                \
  {                                                                                                                    \
    {"musicalId", "MUSICAL", false}, {"name", "NAME", false}, {"seats", "SEATS", true},                                \
        {"reservableSeats", "RESERVABLE", true}, {"heldSeats", "HELD", true}, {"price", "PRICE", true},                \
        {"currency", "CURRENCY", false}, {"venue", "VENUE", false}, {"startsAt", "STARTS", false},                     \
        {"salesOpen", NULL, false}, {"salesClose", NULL, false}, {"maxPerCustomer", NULL, true},                       \
        {"status", "STATUS", false}, {"updatedAt", NULL, false}, {"offeredSeats", NULL, true},                         \
        {"waiting", NULL, true}, {                                                                                     \
      "grades", grades, false                                                                                          \
    }                                                                                                                  \
  }

const struct op_column musical_columns[MUSICAL_COLUMNS] = COLUMNS("GRADES");
const struct op_column musical_columns_plain[MUSICAL_COLUMNS] = COLUMNS(NULL);

/* Text that may be absent. */
static void optional_text(struct op_output *output, const char *text) { op_cell_text(output, text[0] ? text : NULL); }

/* Adds `VIP 17/20 at 150,000`. */
static void grade_words(const struct op_grade *grade, int64_t available, struct op_text *text) {
  op_text_addf(text, "%s%s ", text->len ? ", " : "", grade->name);
  op_text_grouped(text, available);
  op_text_adds(text, "/");
  op_text_grouped(text, grade->seats);
  op_text_adds(text, " at ");
  op_text_grouped(text, grade->price);
}

/* The grades: in a table `VIP 17/20 at 150,000`, else JSON. */
static void grades_cell(struct op_output *output, const struct op_musical *musical) {
  struct op_text text = {0};
  bool table = op_output_format(output) == OP_TABLE;
  for (size_t i = 0; i < musical->grades.count; i++) {
    const struct op_grade *grade = &musical->grades.items[i];
    int64_t available = op_musical_available(musical, grade);
    if (table) {
      grade_words(grade, available, &text);
      continue;
    }
    op_text_adds(&text, i ? "," : "[");
    op_json_begin(&text);
    op_json_string(&text, "grade", grade->name);
    op_json_number(&text, "seats", grade->seats);
    op_json_number(&text, "reservableSeats", available);
    op_json_number(&text, "heldSeats", grade->held);
    op_json_number(&text, "offeredSeats", grade->offered);
    op_json_number(&text, "price", grade->price);
    op_json_end(&text);
  }
  if (text.ptr && !table)
    op_text_adds(&text, "]");
  if (text.ptr)
    op_cell_json(output, text.ptr);
  else
    op_cell_null(output);
  op_text_free(&text);
}

/* The cells in the order of the columns. */
void musical_cells(struct op_output *output, const struct state *state) {
  const struct op_musical *musical = &state->musical;
  op_cell_text(output, state->id);
  op_cell_text(output, musical->name);
  op_cell_number(output, musical->seats);
  op_cell_number(output, op_musical_available(musical, NULL));
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
  op_cell_text(output, musical->closed ? OP_MUSICAL_IS_CLOSED : OP_MUSICAL_IS_OPEN);
  optional_text(output, state->updated_at);
  op_cell_number(output, musical->offered);
  op_cell_number(output, musical->waiting);
  grades_cell(output, musical);
}

/* One musical alone. */
void musical_print(struct op_output *output, const struct state *state) {
  op_rows_begin(output, state->musical.grades.count ? musical_columns : musical_columns_plain, MUSICAL_COLUMNS, true);
  musical_cells(output, state);
  op_row_end(output);
  op_rows_end(output);
}
