/* orders.c - decides a list of orders, see orders.h.
 *
 * Order by order: a request that was done before, or earlier in the same list, gets the same answer; what is placed is
 * folded into the book at once, so that the next order sees the seats gone.
 * Invariant: everything that a placement rests on is in the guard of the commit, or in the same commit before it. */
#include "orders.h"

#include "book.h"

#include <stdlib.h>
#include <string.h>

/* Keeps why an order is not placed. */
void order_fail(struct order *order, const struct op_error *error) {
  if (!order->problem)
    order->problem = malloc(sizeof *order->problem);
  if (!order->problem) {
    fputs("op-reserve: out of memory\n", stderr);
    exit(OP_TEMPORARY);
  }
  *order->problem = *error;
}

/* Forgets it. */
void order_free(struct order *order) {
  free(order->problem);
  order->problem = NULL;
}

/* Gives everything back. */
void orders_free(struct orders *orders) {
  for (size_t i = 0; i < orders->count; i++)
    order_free(&orders->items[i]);
  book_free(&orders->book);
  free(orders->items);
  *orders = (struct orders){0};
}

/* Was this request done before? True where that settles the order. */
static int find_request(struct op_model *model, struct orders *orders, struct order *order, const size_t *draft,
                        bool *ret_settled, struct op_error *error) {
  *ret_settled = true;
  if (draft && *draft) { /* by an earlier order of this list */
    const struct order *earlier = orders->items;
    while (earlier->draft != *draft - 1)
      earlier++;
    order->draft = earlier->draft;
    struct op_error reused;
    if (strcmp(earlier->request, order->request) == 0)
      return OP_OK;
    request_id_reused(order->place.request_id, &reused);
    order_fail(order, &reused);
    return OP_OK;
  }
  int code = op_request_find(model, order->place.request_id, order->request, &order->repeated, error);
  if (code == OP_REFUSED) {
    order_fail(order, error);
    *error = (struct op_error){0};
    return OP_OK;
  }
  *ret_settled = order->repeated > 0;
  return code;
}

/* Decides one order and folds what it takes. */
static void decide_order(struct orders *orders, struct order *order, struct op_drafts *drafts, struct op_guard *guard) {
  const struct place *place = &order->place;
  struct book *book = &orders->book;
  struct booked_musical *booked = names_find(&book->musicals, place->musical_id);
  const bool *taken = place->reservation_id[0] ? names_find(&book->ids, place->reservation_id) : NULL;
  const int64_t *held = names_find(&book->customers, order->customer_key);
  const struct place_facts facts = {.musical = &booked->musical,
                                    .guarded = booked->guarded,
                                    .id_taken = taken && *taken,
                                    .last_number = book->last_number,
                                    .customer_held = held ? *held : 0,
                                    .now_us = op_now_us(orders->app)};
  struct op_error refusal = {0};
  if (decide_place(place, &facts, drafts, guard, &refusal) != OP_OK) {
    order_fail(order, &refusal);
    return;
  }
  char time[EVS_TIME_SIZE];
  evs_event event;
  order->draft = drafts->count - 1;
  booked->guarded = true;
  op_draft_event(&drafts->items[order->draft], 0, time, &event);
  book_apply(book, &event);
}

/* Forgets what an attempt before this one made of the order. */
static void reset(struct order *order) {
  order_free(order);
  order->repeated = 0;
  order->draft = NO_DRAFT;
  place_request(&order->place, order->request);
  customer_key(order->place.musical_id, order->place.customer_id, order->customer_key);
}

/* Loads, and decides one after the other. */
int orders_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error) {
  struct orders *orders = context;
  unsigned shift = orders->attempts < 32 ? orders->attempts : 32;
  orders->attempts++;
  orders->taken = orders->count >> shift ? orders->count >> shift : 1;
  if (orders->taken > orders->count)
    orders->taken = orders->count;
  for (size_t i = 0; i < orders->taken; i++)
    if (!orders->items[i].malformed)
      reset(&orders->items[i]);
  book_free(&orders->book);
  int code = book_load(model, orders->items, orders->taken, &orders->book, error);
  *ret_position = orders->book.position;
  for (size_t i = 0; i < orders->taken && code == OP_OK; i++) {
    struct order *order = &orders->items[i];
    bool settled = false;
    if (order->malformed)
      continue;
    size_t *draft = order->place.request_id[0] ? names_find(&orders->book.requests, order->place.request_id) : NULL;
    if (draft)
      code = find_request(model, orders, order, draft, &settled, error);
    if (order->repeated > *ret_position)
      *ret_position = order->repeated;
    if (code != OP_OK || settled || order->problem)
      continue;
    decide_order(orders, order, drafts, guard);
    if (draft && order->draft != NO_DRAFT)
      *draft = order->draft + 1;
  }
  return code;
}

/* Folds the event that answers an order. */
static int use_event(void *context, const evs_event *event, struct op_error *error) {
  (void)error;
  reservation_apply(context, event);
  return OP_OK;
}

/* From the journal or from the draft. */
int order_answer(struct op_app *app, const struct order *order, const struct op_drafts *drafts, uint64_t first,
                 struct reservation *ret_reservation, struct op_error *error) {
  *ret_reservation = (struct reservation){.status = OP_STATUS_RESERVED};
  if (order->repeated)
    return op_event_at(app, order->repeated, use_event, ret_reservation, error);
  char time[EVS_TIME_SIZE];
  evs_event event;
  if (!drafts->items[order->draft].time_us) /* --dry-run: it never got one */
    drafts->items[order->draft].time_us = op_now_us(app);
  op_draft_event(&drafts->items[order->draft], first + order->draft, time, &event);
  reservation_apply(ret_reservation, &event);
  return OP_OK;
}
