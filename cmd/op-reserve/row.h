/* row.h - how a reservation is printed: the columns of list, show and of every answer. */
#ifndef RESERVE_ROW_H
#define RESERVE_ROW_H

#include "output.h"
#include "reservation.h"

enum { RESERVATION_COLUMNS = 13 };
extern const struct op_column reservation_columns[RESERVATION_COLUMNS];
/* The same with the grades in the table, too, where there are any. */
extern const struct op_column reservation_columns_graded[RESERVATION_COLUMNS];

/* One reservation as a single thing. */
void reservation_print(struct op_output *output, const struct reservation *reservation);
/* Its members in an object that has begun: the answer to a line of a batch. */
void reservation_json(struct op_text *text, const struct reservation *reservation);

#endif
