/* orders.h - one placement or many, decided together against one loading of the state, and appended as one commit.
 *
 * `place` is a list of one; `place --batch` a list of as many lines as were there to be read. */
#ifndef RESERVE_ORDERS_H
#define RESERVE_ORDERS_H

#include "commit.h"
#include "decide.h"
#include "names.h"

#define NO_DRAFT SIZE_MAX
enum { CUSTOMER_KEY = 2 * OP_MAX_ID + 2 };

/* A placement that was asked for, and what became of it. */
struct order {
  struct place place;
  uint64_t line;                   /* of the batch, from 1 */
  bool malformed;                  /* it could not be read: `problem` says why, there is nothing to decide */
  struct op_error *problem;        /* owned; NULL: it is placed */
  uint64_t repeated;               /* seq of the event of this very request, done before; 0: none */
  size_t draft;                    /* the draft that answers it, or NO_DRAFT */
  char request[REQUEST_TEXT];      /* its canonical text */
  char customer_key[CUSTOMER_KEY]; /* the customer in this musical, see book.h */
};

/* What the orders name, as the journal and the drafts so far have it. */
struct book {
  struct names musicals;  /* struct booked_musical */
  struct names ids;       /* bool: taken */
  struct names customers; /* int64_t: seats that are not cancelled */
  struct names requests;  /* size_t: the draft of the order with this request id, plus 1 */
  int64_t last_number;
  uint64_t position;
};

struct orders {
  struct op_app *app;
  struct order *items;
  size_t count;
  size_t taken;      /* how many of them, from the first on, the last decision took */
  unsigned attempts; /* set to 0 before op_commit() */
  struct book book;
};

/* An op_decide over struct orders: decides the orders one after the other, each upon what the ones before it took. At
 * each further attempt it takes half as many, so that a large batch on a busy musical gets through. A refusal is kept
 * in its order and fails nothing else. */
int orders_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error);

/* Says that an order cannot be placed; *error is copied. */
void order_fail(struct order *order, const struct op_error *error);

/* The reservation of an order without a problem, right after its event; `first` is the seq of the first draft. */
int order_answer(struct op_app *app, const struct order *order, const struct op_drafts *drafts, uint64_t first,
                 struct reservation *ret_reservation, struct op_error *error);

void order_free(struct order *order);
void orders_free(struct orders *orders);

#endif
