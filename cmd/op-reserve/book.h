/* book.h - loads and folds what a list of orders needs to know. */
#ifndef RESERVE_BOOK_H
#define RESERVE_BOOK_H

#include "orders.h"

struct booked_musical {
  struct op_musical musical; /* id "": there is none */
  bool guarded;              /* by an order of this commit */
};

/* The name of a customer in one musical: "MUSICAL CUSTOMER". */
void customer_key(const char *musical_id, const char *customer_id, char buf[CUSTOMER_KEY]);

/* Loads everything that the orders name, as of the written tail: from the read model, then from what was written since.
 */
int book_load(struct op_model *model, const struct order *orders, size_t count, struct book *book,
              struct op_error *error);
/* Folds an event, of the journal or of a draft. */
void book_apply(struct book *book, const evs_event *event);
void book_free(struct book *book); /* zeros are legal */

#endif
