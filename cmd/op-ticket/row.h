/* row.h - how a ticket is printed: the columns of list, show and of every answer. */
#ifndef TICKET_ROW_H
#define TICKET_ROW_H

#include "output.h"
#include "performance.h"
#include "ticket.h"

enum { TICKET_COLUMNS = 14 };
extern const struct op_column ticket_columns[TICKET_COLUMNS];
/* The same for a list: a table that somebody may look over is no place for codes, nor wide enough for all times. */
extern const struct op_column ticket_list_columns[TICKET_COLUMNS];

/* One ticket as a single thing, with what is known of its musical. */
void ticket_print(struct op_output *output, const struct ticket *ticket, const struct performance *performance);

#endif
