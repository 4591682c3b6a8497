/* book.h - the state that a list of orders is decided upon: the musicals, ids, customers and requests that they name.
 *
 * A batch keeps its book from commit to commit. The rows of the read model are looked up once for each name, at the
 * offset where the book was begun; what was written since, by others and by the batch itself, is folded in memory. So
 * a batch writes nothing to SQLite, however long it is. */
#ifndef RESERVE_BOOK_H
#define RESERVE_BOOK_H

#include "commit.h"
#include "decide.h"
#include "interruption.h"
#include "names.h"
#include "queue.h"

struct order;

struct booked_musical {
  struct op_musical musical;         /* id "": there is none */
  uint64_t guarded;                  /* the last decision (book->decision) that guards it */
  struct queue queue;                /* who waits for its seats, or has an offer */
  bool queues;                       /* somebody waited since the book was begun: it is in book->queues, */
  struct booked_musical *next_queue; /* before this one */
};

struct booked_customer {
  int64_t held; /* seats of the musical that are not cancelled */
  bool loaded;  /* also those of the read model */
};

struct booked_request {
  uint64_t seq;        /* of the event that it appended; 0: none */
  struct order *order; /* the order of this commit that is it; NULL: none */
  bool loaded;         /* also looked for in the read model, whose events are older */
};

struct book {
  bool begun;
  bool dirty;          /* the last decision was not appended */
  bool keeps;          /* kept from commit to commit, so it remembers names that no order has named yet */
  bool no_requests;    /* the read model holds none: nothing to be looked up */
  bool turned;         /* a musical without a limit by customer got one: what it sold before was not counted */
  bool counts;         /* so every musical is counted now as if it had one */
  bool knows_ids;      /* `ids` holds every id that was placed since `offset`, else the numbers that do not count */
  uint64_t offset;     /* of the read model when it was begun */
  uint64_t position;   /* how far the journal is folded in */
  uint64_t decision;   /* counts decisions */
  int64_t last_number; /* fold of reservation_last_number() over all ids */
  int64_t ahead;       /* the read model has no number behind last_number and before this one, ... */
  int64_t ahead_last;  /* ... and all from there to this one are taken */
  int64_t passed;      /* numbers from last_number on to here are taken */
  struct interruption interruption; /* of payments */
  struct names musicals;            /* struct booked_musical */
  struct names ids;                 /* bool: taken */
  struct names customers;           /* by "MUSICAL CUSTOMER": struct booked_customer */
  struct names requests;            /* struct booked_request */
  struct booked_musical *queues;    /* those whose queue may hold memory */
  evs_appended own;                 /* the last commit of this batch: folded in when it was decided */
};

enum { CUSTOMER_KEY = 2 * OP_MAX_ID + 2 };

/* The name of a customer in one musical: "MUSICAL CUSTOMER". */
void customer_key(const char *musical_id, const char *customer_id, char buf[CUSTOMER_KEY]);

/* Brings the book up to the written tail, with everything in it that the orders name, and tells each order where. Of an
 * order whose request is in the read model it sets `repeated`, or `problem` where that was another request. */
int book_load(struct op_model *model, struct order *orders, size_t count, struct book *book, struct op_error *error);
/* The id of an order that chooses none: the first number behind the last one that nobody has chosen. */
int book_next_number(struct op_model *model, struct book *book, int64_t *ret_number, struct op_error *error);
/* Takes the seats that were just decided for an order. */
void book_take(struct book *book, const struct order *order, const char *id);
/* The last decision stands in the journal as these events. */
void book_committed(struct book *book, const struct order *orders, size_t count, evs_appended appended);
void book_free(struct book *book); /* zeros are legal */

#endif
