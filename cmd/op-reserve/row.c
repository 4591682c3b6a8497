/* row.c - prints a reservation, see row.h.
 *
 * Invariant: the cells, the members and the SELECTs of list.c name the same things in the same order. */
#include "row.h"

/* All columns; the head of the grade is the caller's. */
#define COLUMNS(grade)                                                                                                 \
  {                                                                                                                    \
    {"reservationId", "RESERVATION", false}, {"musicalId", "MUSICAL", false}, {"customerId", "CUSTOMER", false},       \
        {"seats", "SEATS", true}, {"grade", grade, false}, {"price", "PRICE", true}, {"amount", "AMOUNT", true},       \
        {"currency", "CURRENCY", false}, {"status", "STATUS", false}, {"payment", "PAYMENT", false},                   \
        {"reason", "REASON", false}, {"placedAt", "PLACED", false}, {                                                  \
      "updatedAt", NULL, false                                                                                         \
    }                                                                                                                  \
  }

const struct op_column reservation_columns[RESERVATION_COLUMNS] = COLUMNS(NULL);
const struct op_column reservation_columns_graded[RESERVATION_COLUMNS] = COLUMNS("GRADE");

/* Text, or NULL where there is none. */
static const char *optional(const char *text) { return text[0] ? text : NULL; }

/* What is to be said of its payment. */
static const char *payment(const struct reservation *reservation) { return reservation->deferred ? "deferred" : NULL; }

/* One reservation alone. */
void reservation_print(struct op_output *output, const struct reservation *reservation) {
  op_rows_begin(output, reservation->grade[0] ? reservation_columns_graded : reservation_columns, RESERVATION_COLUMNS,
                true);
  op_cell_text(output, reservation->id);
  op_cell_text(output, reservation->musical_id);
  op_cell_text(output, optional(reservation->customer_id));
  op_cell_number(output, reservation->seats);
  op_cell_text(output, optional(reservation->grade));
  op_cell_number(output, reservation->price);
  op_cell_number(output, reservation->amount);
  op_cell_text(output, reservation->currency);
  op_cell_text(output, reservation->status);
  op_cell_text(output, payment(reservation));
  op_cell_text(output, optional(reservation->reason));
  op_cell_text(output, reservation->placed_at);
  op_cell_text(output, reservation->updated_at);
  op_row_end(output);
  op_rows_end(output);
}

/* The same as members. */
void reservation_json(struct op_text *text, const struct reservation *reservation) {
  op_json_string(text, "reservationId", reservation->id);
  op_json_string(text, "musicalId", reservation->musical_id);
  op_json_string(text, "customerId", optional(reservation->customer_id));
  op_json_number(text, "seats", reservation->seats);
  op_json_string(text, "grade", optional(reservation->grade));
  op_json_number(text, "price", reservation->price);
  op_json_number(text, "amount", reservation->amount);
  op_json_string(text, "currency", reservation->currency);
  op_json_string(text, "status", reservation->status);
  op_json_string(text, "payment", payment(reservation));
  op_json_string(text, "reason", optional(reservation->reason));
  op_json_string(text, "placedAt", reservation->placed_at);
  op_json_string(text, "updatedAt", reservation->updated_at);
}
