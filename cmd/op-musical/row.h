/* row.h - how a musical is printed: the columns of list, show and of every answer. */
#ifndef MUSICAL_ROW_H
#define MUSICAL_ROW_H

#include "decide.h"
#include "output.h"

enum { MUSICAL_COLUMNS = 17 };
extern const struct op_column musical_columns[MUSICAL_COLUMNS];
/* The same without the grades in the table, for musicals that have none. */
extern const struct op_column musical_columns_plain[MUSICAL_COLUMNS];

/* The cells of one musical; the caller ends the row. */
void musical_cells(struct op_output *output, const struct state *state);
/* One musical as a single thing. */
void musical_print(struct op_output *output, const struct state *state);

#endif
