/* orders.h - one placement or many, decided together against one loading of the state, and appended as one commit.
 *
 * `place` is a list of one; `place --batch` a list of as many lines as were there to be read. */
#ifndef RESERVE_ORDERS_H
#define RESERVE_ORDERS_H

#include "book.h"
#include "commit.h"
#include "decide.h"

#define NO_DRAFT SIZE_MAX

/* A placement that was asked for, and what became of it. */
struct order {
  struct place place;
  uint64_t line;                   /* of the batch, from 1 */
  bool malformed;                  /* it could not be read: `problem` says why, there is nothing to decide */
  struct op_error *problem;        /* owned; NULL: it is placed */
  uint64_t repeated;               /* seq of the event of this very request, done before; 0: none */
  size_t draft;                    /* the draft that answers it, or NO_DRAFT */
  struct place_cost cost;          /* where it has a draft */
  struct booked_musical *musical;  /* in the book */
  struct booked_request *booked;   /* its request in the book; NULL: it has none */
  char request[REQUEST_TEXT];      /* its canonical text */
  char customer_key[CUSTOMER_KEY]; /* the customer in this musical, see book.h */
};

struct orders {
  struct op_app *app;
  struct order *items;
  size_t count;
  size_t taken;          /* how many of them, from the first on, the last decision took */
  unsigned attempts;     /* set to 0 before op_commit() */
  int64_t now_us;        /* when the last decision was made */
  struct waiting *offer; /* the only order accepts it; NULL: none. It is loaded anew for each decision */
  struct book book;
};

/* An op_decide over struct orders: decides the orders one after the other, each upon what the ones before it took. At
 * each further attempt it takes half as many, so that a large batch on a busy musical gets through. A refusal is kept
 * in its order and fails nothing else. */
int orders_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error);

/* The drafts of the last decision stand in the journal: what the book has to know of that. */
void orders_committed(struct orders *orders, const struct op_committed *committed);

/* The request of an order was done before, by the event at `seq`: `same`, or another request with the same key. */
void order_repeats(struct order *order, uint64_t seq, bool same);

/* Says that an order cannot be placed; *error is copied. */
void order_fail(struct order *order, const struct op_error *error);

/* The reservation of an order without a problem, as it is right after its event. The last of it that is set is
 * updated_at: what only the fold needs to know is not. */
int order_answer(struct op_app *app, const struct order *order, const struct op_drafts *drafts,
                 struct reservation *ret_reservation, struct op_error *error);

void order_free(struct order *order);
void orders_free(struct orders *orders);

#endif
