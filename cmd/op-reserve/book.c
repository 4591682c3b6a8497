/* book.c - see book.h.
 *
 * Invariant: the book is fold(journal up to book->position) for every name in it: the read model's rows as of
 * book->offset, and each event after that once. What an order names for the first time is looked up in the read model;
 * a book that is kept therefore remembers every request and customer since then, and is begun anew, with a read model
 * that was caught up, where it cannot know enough: a new musical, the first reservation id that somebody chose, another
 * offset, or too many names. Errors: those of the model and of the store. */
#include "book.h"

#include "orders.h"
#include "project.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>

enum { MANY_NAMES = 1 << 20 }; /* some 100 MiB */
enum { AHEAD = 8 };            /* orders */

/* Ids hold no spaces. */
void customer_key(const char *musical_id, const char *customer_id, char buf[CUSTOMER_KEY]) {
  char *at = stpcpy(buf, musical_id);
  *at++ = ' ';
  stpcpy(at, customer_id);
}

/* ---- folding ---------------------------------------------------------------------------------------------------- */

/* A reservation takes its id, and maybe the next number. */
static void take_id(struct book *book, const char *reservation_id) {
  bool is_new = false;
  book->last_number = reservation_last_number(book->last_number, reservation_id);
  bool ahead = reservation_number(reservation_id) > book->last_number;
  bool *taken = book->knows_ids || ahead ? names_add(&book->ids, reservation_id, &is_new) : NULL;
  if (taken)
    *taken = true;
}

/* A customer of a limited musical takes seats (above 0) or gives them back. */
static void hold(struct book *book, const char *key, int64_t seats) {
  bool is_new = false;
  struct booked_customer *customer =
      book->keeps ? names_add(&book->customers, key, &is_new) : names_find(&book->customers, key);
  if (!customer)
    return;
  customer->held += seats;
  if (customer->loaded && customer->held < 0)
    customer->held = 0;
}

/* Folds what an event says of its customer. */
static void apply_to_customer(struct book *book, const char *musical_id, const evs_event *event) {
  char customer_id[OP_MAX_ID + 1], key[CUSTOMER_KEY];
  int64_t seats = op_field_number(event, "seats", 0);
  if (seats <= 0 || seats > OP_MAX_SEATS || !op_field_id(event, "customerId", customer_id))
    return;
  customer_key(musical_id, customer_id, key);
  hold(book, key, op_type_is(event, OP_RESERVATION_PLACED) ? seats : -seats);
}

/* Counts its seats by customer; one that is not registered yet may turn out to. */
static bool is_limited(const struct book *book, const struct booked_musical *booked) {
  return book->counts || !booked->musical.id[0] || booked->musical.max_per_customer > 0;
}

/* Remembers the requests of an event; the first event with a key owns it. */
static void apply_requests(struct book *book, const evs_event *event) {
  char key[OP_MAX_ID + 1];
  for (size_t at = 0; op_request_key(event, &at, key);) {
    bool is_new = false;
    struct booked_request *request =
        book->keeps ? names_add(&book->requests, key, &is_new) : names_find(&book->requests, key);
    if (request && !request->seq)
      request->seq = event->seq;
  }
}

/* The queue of a musical, which is to be freed with the book. */
static struct queue *queue_of(struct book *book, struct booked_musical *booked) {
  if (!booked->queues) {
    booked->queues = true;
    booked->next_queue = book->queues;
    book->queues = booked;
  }
  return &booked->queue;
}

/* Folds an event of the journal. */
static void apply(struct book *book, const char *provider, const evs_event *event) {
  char musical_id[OP_MAX_ID + 1], reservation_id[OP_MAX_ID + 1];
  bool placed = op_type_is(event, OP_RESERVATION_PLACED);
  apply_requests(book, event);
  interruption_apply(&book->interruption, provider, event);
  if (placed && op_field_id(event, "reservationId", reservation_id))
    take_id(book, reservation_id);
  if (!op_field_id(event, "musicalId", musical_id))
    return;
  struct booked_musical *booked = names_find(&book->musicals, musical_id);
  if (!booked)
    return;
  bool limited = is_limited(book, booked);
  if (limited && (placed || op_type_is(event, OP_RESERVATION_CANCELLED)))
    apply_to_customer(book, musical_id, event);
  op_musical_apply(&booked->musical, event);
  book->turned |= !limited && booked->musical.max_per_customer > 0;
  if (booked->musical.id[0] && (!placed || booked->queue.count > 0)) /* it may accept an offer */
    queue_apply(queue_of(book, booked), event);
}

/* What the event of the order will say, without reading it: decide_place() has just drafted it. */
void book_take(struct book *book, const struct order *order, const char *id) {
  take_id(book, id);
  op_musical_take(&order->musical->musical, order->place.grade, order->place.seats);
  if (is_limited(book, order->musical) && order->place.customer_id[0])
    hold(book, order->customer_key, order->place.seats);
}

/* ---- loading ---------------------------------------------------------------------------------------------------- */

/* Is the id one of a reservation? */
static int load_id(struct op_model *model, struct book *book, const char *id, struct op_error *error) {
  bool is_new = false;
  bool *taken = names_add(&book->ids, id, &is_new);
  if (!is_new)
    return OP_OK;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT 1 FROM reservations WHERE reservation_id = ?1");
  sqlite3_bind_text(sql, 1, id, -1, SQLITE_STATIC);
  int code = op_model_step(model, sql, taken, error);
  sqlite3_reset(sql);
  return code;
}

/* How many seats of the musical has the customer? */
static int load_customer(struct op_model *model, struct book *book, const struct order *order, struct op_error *error) {
  bool is_new = false;
  struct booked_customer *customer = names_add(&book->customers, order->customer_key, &is_new);
  if (customer->loaded)
    return OP_OK;
  int64_t held = 0;
  int code = customer_held(model, order->place.customer_id, order->place.musical_id, &held, error);
  customer->held += held;
  if (customer->held < 0)
    customer->held = 0;
  customer->loaded = true;
  return code;
}

/* Was the request done before? What the book knows of it without the model is newer, and looked at later. */
static int load_request(struct op_model *model, struct book *book, struct order *order, struct op_error *error) {
  bool is_new = false, same = false;
  uint64_t seq = 0;
  struct booked_request *request = names_add(&book->requests, order->place.request_id, &is_new);
  order->booked = request;
  if (request->loaded || book->no_requests)
    return OP_OK;
  request->loaded = true;
  int code = op_request_folded(model, order->place.request_id, order->request, &seq, &same, error);
  if (code == OP_OK && seq) { /* the first event with a key owns it */
    request->seq = seq;
    order_repeats(order, seq, same);
  }
  return code;
}

/* All that one order names. */
static int load_order(struct op_model *model, struct book *book, struct order *order, struct op_error *error) {
  const struct place *place = &order->place;
  bool is_new = false;
  int code = OP_OK;
  struct booked_musical *booked = names_add(&book->musicals, place->musical_id, &is_new);
  order->musical = booked;
  if (is_new)
    code = op_musical_load(model, place->musical_id, &booked->musical, error);
  if (is_new && code == OP_OK && (booked->musical.waiting > 0 || booked->musical.offered > 0))
    code = queue_load(model, place->musical_id, queue_of(book, booked), error);
  if (code == OP_OK && place->reservation_id[0])
    code = load_id(model, book, place->reservation_id, error);
  if (code == OP_OK && place->customer_id[0] && is_limited(book, booked))
    code = load_customer(model, book, order, error);
  if (code == OP_OK && place->request_id[0])
    code = load_request(model, book, order, error);
  return code;
}

/* The last number that counts. */
static int load_last_number(struct op_model *model, struct book *book, struct op_error *error) {
  bool found = false;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT last FROM numbers");
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found)
    book->last_number = sqlite3_column_int64(sql, 0);
  sqlite3_reset(sql);
  return code;
}

/* The read model's first range of taken numbers that ends at this one or behind it. */
static int load_ahead(struct op_model *model, struct book *book, int64_t from, struct op_error *error) {
  bool found = false;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT first, last FROM ahead WHERE last >= ?1 AND first >="
                                          " ifnull((SELECT max(first) FROM ahead WHERE first <= ?1), 0)"
                                          " ORDER BY first LIMIT 1");
  sqlite3_bind_int64(sql, 1, from);
  int code = op_model_step(model, sql, &found, error);
  book->ahead = code == OP_OK && found ? sqlite3_column_int64(sql, 0) : INT64_MAX;
  book->ahead_last = code == OP_OK && found ? sqlite3_column_int64(sql, 1) : INT64_MAX;
  sqlite3_reset(sql);
  return code;
}

/* Is it the id of a reservation that the book itself knows? */
static bool is_taken(const struct book *book, int64_t number) {
  char id[OP_MAX_ID + 1];
  if (!book->ids.count)
    return false;
  op_digits(id, number);
  const bool *taken = names_find(&book->ids, id);
  return taken && *taken;
}

/* Numbers that did not count when they were chosen are passed over when their time comes. */
int book_next_number(struct op_model *model, struct book *book, int64_t *ret_number, struct op_error *error) {
  int64_t number = (book->passed > book->last_number ? book->passed : book->last_number) + 1;
  int code = OP_OK;
  for (;; number++) {
    if (book->ahead_last < number)
      code = load_ahead(model, book, number, error);
    if (code != OP_OK || (number < book->ahead && !is_taken(book, number)))
      break;
    if (number >= book->ahead)
      number = book->ahead_last;
  }
  if (code == OP_OK)
    book->passed = number - 1; /* all of them are taken, for good */
  *ret_number = number;
  return code;
}

/* Is there any request in the read model at all? */
static int load_requests(struct op_model *model, struct book *book, struct op_error *error) {
  bool found = false;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT 1 FROM requests LIMIT 1");
  int code = op_model_step(model, sql, &found, error);
  book->no_requests = !found;
  sqlite3_reset(sql);
  return code;
}

/* Folds what was written after the book's position, but for what the batch itself wrote. */
static int load_pending(struct op_model *model, struct book *book, struct op_error *error) {
  const char *types[24] = {OP_RESERVATION_CANCELLED};
  evs_query_item item = {.types = types, .type_count = 1};
  for (const char *const *type = op_musical_types; *type; type++)
    types[item.type_count++] = *type;
  for (const char *const *type = interruption_types; *type; type++)
    types[item.type_count++] = *type;
  const evs_query query = {&item, 1};
  bool all = book->keeps || book->requests.count > 0; /* any event may remember a request */
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  int r = evs_read(op_model_app(model)->store, all ? NULL : &query, book->position, EVS_READ_WRITTEN, &cursor,
                   &store_error);
  while (r == 0 && (r = evs_next(cursor, &event, &store_error)) == 0)
    if (event.seq < book->own.first || event.seq > book->own.last)
      apply(book, op_model_app(model)->config.payment_provider, &event);
  if (r == EVS_END)
    book->position = evs_cursor_position(cursor);
  evs_cursor_close(cursor);
  return r == EVS_END ? OP_OK : op_fail_store(error, r, &store_error);
}

/* Does the kept book know enough to go on with these orders? */
static bool suffices(const struct book *book, const struct op_model *model, const struct order *orders, size_t count) {
  if (book->dirty || book->offset != op_model_offset(model) || book->requests.count + book->ids.count > MANY_NAMES)
    return false;
  for (size_t i = 0; i < count; i++)
    if (!orders[i].malformed && (!names_find(&book->musicals, orders[i].place.musical_id) ||
                                 (orders[i].place.reservation_id[0] && !book->knows_ids)))
      return false;
  return true;
}

/* Begins the book anew, at the model's offset. */
static int begin(struct op_model *model, const struct order *orders, size_t count, struct book *book,
                 struct op_error *error) {
  bool keeps = book->keeps, knows_ids = book->knows_ids, counts = book->counts || book->turned;
  book_free(book);
  for (size_t i = 0; i < count && !knows_ids; i++)
    knows_ids = !orders[i].malformed && orders[i].place.reservation_id[0];
  *book = (struct book){.begun = true, .keeps = keeps, .knows_ids = knows_ids, .counts = counts};
  names_init(&book->musicals, sizeof(struct booked_musical));
  names_init(&book->ids, sizeof(bool));
  names_init(&book->customers, sizeof(struct booked_customer));
  names_init(&book->requests, sizeof(struct booked_request));
  book->offset = book->position = op_model_offset(model);
  int code = load_requests(model, book, error);
  if (code == OP_OK)
    code = interruption_load(model, op_model_app(model)->config.payment_provider, &book->interruption, error);
  return code == OP_OK ? load_last_number(model, book, error) : code;
}

/* All that the orders name, and all that was written since. */
static int load_all(struct op_model *model, struct order *orders, size_t count, struct book *book,
                    struct op_error *error) {
  int code = OP_OK;
  for (size_t i = 0; i < count && code == OP_OK; i++) {
    if (i + AHEAD < count) /* a large table lies in no cache */
      names_expect(&book->requests, orders[i + AHEAD].place.request_id);
    if (!orders[i].malformed)
      code = load_order(model, book, &orders[i], error);
  }
  return code == OP_OK ? load_pending(model, book, error) : code;
}

/* Loads what the orders name. */
int book_load(struct op_model *model, struct order *orders, size_t count, struct book *book, struct op_error *error) {
  int code = OP_OK;
  if (!book->begun || !suffices(book, model, orders, count)) {
    if (book->keeps && (book->begun || count > 1)) /* a single line goes without folding, like a single call */
      code = op_model_catch_up(model, error);
    if (code == OP_OK)
      code = begin(model, orders, count, book, error);
  }
  book->decision++;
  if (code == OP_OK)
    code = load_all(model, orders, count, book, error);
  if (code == OP_OK && book->turned && !book->counts) {
    code = begin(model, orders, count, book, error);
    book->decision++;
    if (code == OP_OK)
      code = load_all(model, orders, count, book, error);
  }
  return code;
}

/* ---- between commits -------------------------------------------------------------------------------------------- */

/* The drafts became events. */
void book_committed(struct book *book, const struct order *orders, size_t count, evs_appended appended) {
  for (size_t i = 0; i < count; i++) {
    const struct order *order = &orders[i];
    if (order->malformed || order->draft == NO_DRAFT || !order->booked)
      continue;
    order->booked->seq = appended.first + order->draft;
    order->booked->order = NULL;
  }
  if (!appended.first)
    return;
  book->own = appended;
  if (appended.first == book->position + 1)
    book->position = appended.last;
}

/* Gives everything back, and remembers what kind of book it is. */
void book_free(struct book *book) {
  for (struct booked_musical *booked = book->queues; booked; booked = booked->next_queue)
    queue_free(&booked->queue);
  names_free(&book->musicals);
  names_free(&book->ids);
  names_free(&book->customers);
  names_free(&book->requests);
  *book =
      (struct book){.keeps = book->keeps, .knows_ids = book->knows_ids, .turned = book->turned, .counts = book->counts};
}
