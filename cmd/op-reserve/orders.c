/* orders.c - decides a list of orders, see orders.h.
 *
 * Order by order: a request that was done before, or earlier in the same list, gets the same answer; what is placed is
 * taken in the book at once, so that the next order sees the seats gone.
 * Invariant: everything that a placement rests on is in the guard of the commit, or in the same commit before it. */
#include "orders.h"

#include "request.h"

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

/* Gets the answer of its first time, or none. */
void order_repeats(struct order *order, uint64_t seq, bool same) {
  struct op_error reused;
  if (same) {
    order->repeated = seq;
    return;
  }
  op_request_reused(order->place.request_id, seq, &reused);
  order_fail(order, &reused);
}

/* Was this request done before, as far as it is not in the read model? */
static int find_request(struct orders *orders, struct order *order, const struct booked_request *request,
                        struct op_error *error) {
  if (request->order && strcmp(request->order->request, order->request) == 0) {
    order->draft = request->order->draft;
    order->cost = request->order->cost;
  } else if (request->order) {
    struct op_error reused;
    request_id_reused(order->place.request_id, &reused);
    order_fail(order, &reused);
  } else if (request->seq && !order->repeated && !order->problem) {
    bool same = false;
    int code = op_request_same(orders->app, request->seq, order->request, &same, error);
    if (code != OP_OK)
      return code;
    order_repeats(order, request->seq, same);
  }
  return OP_OK;
}

/* Decides one order and takes what it gets. */
static int decide_order(struct orders *orders, struct order *order, struct op_model *model, struct op_drafts *drafts,
                        struct op_guard *guard, struct op_error *error) {
  const struct place *place = &order->place;
  const struct op_config *config = &orders->app->config;
  struct book *book = &orders->book;
  struct booked_musical *booked = order->musical;
  const int64_t payable_us = interruption_payable(&book->interruption, config);
  const bool *taken = place->reservation_id[0] ? names_find(&book->ids, place->reservation_id) : NULL;
  const struct booked_customer *customer =
      booked->musical.max_per_customer > 0 ? names_find(&book->customers, order->customer_key) : NULL;
  int64_t next_number = 0;
  int code = place->reservation_id[0] ? OP_OK : book_next_number(model, book, &next_number, error);
  if (code != OP_OK)
    return code;
  struct op_musical left;
  const struct op_musical *musical = &booked->musical;
  if (orders->offer) {
    char id[OP_MAX_ID + 1];
    uint64_t position = 0; /* what happens to the offer after book->position is in the guard */
    memcpy(id, orders->offer->id, sizeof id);
    code = waiting_load_written(model, id, orders->offer, &position, error);
    if (code != OP_OK)
      return code;
  } else if (booked->queue.count > 0) { /* what is there for who waits is not there for others */
    left = booked->musical;
    queue_serve_all(&booked->queue, payable_us, orders->now_us, &left);
    musical = &left;
  }
  const struct place_facts facts = {.musical = musical,
                                    .offer = orders->offer,
                                    .guarded = booked->guarded == book->decision,
                                    .id_taken = taken && *taken,
                                    .next_number = next_number,
                                    .customer_held = customer ? customer->held : 0,
                                    .provider = config->payment_provider,
                                    .interrupted_until_us = op_config_pays(config) ? book->interruption.until_us : 0,
                                    .suspends = interruption_suspends(config),
                                    .payable_us = payable_us,
                                    .now_us = orders->now_us};
  struct op_error refusal;
  if (decide_place(place, order->request, &facts, drafts, guard, &order->cost, &refusal) != OP_OK) {
    order_fail(order, &refusal);
    return OP_OK;
  }
  order->draft = drafts->count - 1;
  booked->guarded = book->decision;
  book_take(book, order, drafts->items[order->draft].correlation);
  return OP_OK;
}

/* Forgets what an attempt before this one made of the order. */
static void reset(struct order *order, const struct waiting *offer) {
  order_free(order);
  order->repeated = 0;
  order->draft = NO_DRAFT;
  order->booked = NULL;
  place_request(&order->place, order->request);
  if (offer)
    stpcpy(stpcpy(order->request + strlen(order->request), " offer="), offer->id);
  customer_key(order->place.musical_id, order->place.customer_id, order->customer_key);
}

/* How many orders this attempt takes. */
static size_t share(const struct orders *orders) {
  unsigned shift = orders->attempts < 32 ? orders->attempts : 32;
  size_t count = orders->count >> shift ? orders->count >> shift : 1;
  return count < orders->count ? count : orders->count;
}

/* Loads, and decides one after the other. */
int orders_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error) {
  struct orders *orders = context;
  struct book *book = &orders->book;
  orders->taken = share(orders);
  orders->now_us = op_now_us(orders->app);
  book->dirty = orders->attempts++ > 0; /* the decision before this one took seats that nobody got */
  for (size_t i = 0; i < orders->taken; i++)
    if (!orders->items[i].malformed)
      reset(&orders->items[i], orders->offer);
  int code = book_load(model, orders->items, orders->taken, book, error);
  *ret_position = book->position;
  for (size_t i = 0; i < orders->taken && code == OP_OK; i++) {
    struct order *order = &orders->items[i];
    if (order->malformed)
      continue;
    if (order->booked)
      code = find_request(orders, order, order->booked, error);
    if (order->repeated > *ret_position)
      *ret_position = order->repeated;
    if (code != OP_OK || order->repeated || order->problem || order->draft != NO_DRAFT)
      continue;
    code = decide_order(orders, order, model, drafts, guard, error);
    if (order->booked && order->draft != NO_DRAFT)
      order->booked->order = order;
  }
  return code;
}

/* Tells the book. */
void orders_committed(struct orders *orders, const struct op_committed *committed) {
  const evs_appended appended = {committed->first, committed->last};
  book_committed(&orders->book, orders->items, orders->taken, appended);
}

/* Folds the event that answers an order. */
static int use_event(void *context, const evs_event *event, struct op_error *error) {
  (void)error;
  reservation_apply(context, event);
  return OP_OK;
}

/* The reservation that a draft makes, without reading it. */
static void answer_draft(const struct order *order, struct op_draft *draft, struct reservation *ret) {
  const struct place *place = &order->place;
  stpcpy(ret->id, draft->correlation);
  stpcpy(ret->musical_id, place->musical_id);
  stpcpy(ret->customer_id, place->customer_id);
  stpcpy(ret->grade, place->grade);
  ret->seats = place->seats;
  ret->price = order->cost.price;
  ret->amount = order->cost.amount;
  stpcpy(ret->currency, order->musical->musical.currency);
  ret->status = OP_STATUS_RESERVED;
  ret->deferred = order->cost.deferred;
  ret->reason[0] = '\0';
  evs_time_format(draft->time_us, ret->placed_at);
  memcpy(ret->updated_at, ret->placed_at, sizeof ret->updated_at);
}

/* From the journal or from the draft. */
int order_answer(struct op_app *app, const struct order *order, const struct op_drafts *drafts,
                 struct reservation *ret_reservation, struct op_error *error) {
  if (!order->repeated) {
    answer_draft(order, &drafts->items[order->draft], ret_reservation);
    return OP_OK;
  }
  *ret_reservation = (struct reservation){.status = OP_STATUS_RESERVED};
  return op_event_at(app, order->repeated, use_event, ret_reservation, error);
}
