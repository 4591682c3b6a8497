/* book.c - the state that a list of orders is decided upon, see book.h.
 *
 * Loaded are only the musicals, ids and customers that the orders name, so a single placement costs a handful of
 * lookups however long the journal is. Invariant: the state is that of the journal up to book->position, plus the
 * drafts that book_apply() was given. */
#include "book.h"

#include "project.h"

#include <inttypes.h>

/* Ids hold no spaces. */
void customer_key(const char *musical_id, const char *customer_id, char buf[CUSTOMER_KEY]) {
  snprintf(buf, CUSTOMER_KEY, "%s %s", musical_id, customer_id);
}

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
  bool is_new = false, found = false;
  int64_t *held = names_add(&book->customers, order->customer_key, &is_new);
  if (!is_new)
    return OP_OK;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT sum(seats) FROM reservations WHERE customer_id = ?1"
                                          " AND musical_id = ?2 AND status NOT IN ('Cancelled', 'PaymentCancelled')");
  sqlite3_bind_text(sql, 1, order->place.customer_id, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 2, order->place.musical_id, -1, SQLITE_STATIC);
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found)
    *held = sqlite3_column_int64(sql, 0);
  sqlite3_reset(sql);
  return code;
}

/* All that one order names. */
static int load_order(struct op_model *model, struct book *book, const struct order *order, struct op_error *error) {
  const struct place *place = &order->place;
  bool is_new = false;
  int code = OP_OK;
  struct booked_musical *booked = names_add(&book->musicals, place->musical_id, &is_new);
  if (is_new)
    code = op_musical_load(model, place->musical_id, &booked->musical, error);
  if (code == OP_OK && place->reservation_id[0])
    code = load_id(model, book, place->reservation_id, error);
  /* Most musicals have no limit; one that the model does not know yet may have one. */
  if (code == OP_OK && place->customer_id[0] && (!booked->musical.id[0] || booked->musical.max_per_customer > 0))
    code = load_customer(model, book, order, error);
  if (code == OP_OK && place->request_id[0])
    names_add(&book->requests, place->request_id, &is_new);
  return code;
}

/* The highest id that is a number. */
static int load_last_number(struct op_model *model, struct book *book, struct op_error *error) {
  bool found = false;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT max(number) FROM reservations WHERE number IS NOT NULL");
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found)
    book->last_number = sqlite3_column_int64(sql, 0);
  sqlite3_reset(sql);
  return code;
}

/* Folds what was written after the model's offset. */
static int load_pending(struct op_model *model, struct book *book, struct op_error *error) {
  const char *types[16] = {OP_RESERVATION_CANCELLED};
  evs_query_item item = {.types = types, .type_count = 1};
  while (op_musical_types[item.type_count - 1]) {
    types[item.type_count] = op_musical_types[item.type_count - 1];
    item.type_count++;
  }
  const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  int code = op_model_pending(model, &query, &cursor, error);
  if (code != OP_OK)
    return code;
  int r = 0;
  while ((r = evs_next(cursor, &event, &store_error)) == 0)
    book_apply(book, &event);
  book->position = evs_cursor_position(cursor);
  evs_cursor_close(cursor);
  return r == EVS_END ? OP_OK : op_fail_store(error, r, &store_error);
}

/* Loads what the orders name. */
int book_load(struct op_model *model, const struct order *orders, size_t count, struct book *book,
              struct op_error *error) {
  *book = (struct book){0};
  names_init(&book->musicals, count, sizeof(struct booked_musical));
  names_init(&book->ids, count, sizeof(bool));
  names_init(&book->customers, count, sizeof(int64_t));
  names_init(&book->requests, count, sizeof(size_t));
  int code = load_last_number(model, book, error);
  for (size_t i = 0; i < count && code == OP_OK; i++)
    if (!orders[i].malformed)
      code = load_order(model, book, &orders[i], error);
  return code == OP_OK ? load_pending(model, book, error) : code;
}

/* A reservation takes its id, maybe the next number, and seats of its customer's share. */
static void apply_placed(struct book *book, const char *reservation_id) {
  bool *taken = names_find(&book->ids, reservation_id);
  if (taken)
    *taken = true;
  int64_t number = reservation_number(reservation_id);
  if (number > book->last_number)
    book->last_number = number;
}

/* Folds an event. */
void book_apply(struct book *book, const evs_event *event) {
  char musical_id[OP_MAX_ID + 1], reservation_id[OP_MAX_ID + 1], customer_id[OP_MAX_ID + 1];
  char key[CUSTOMER_KEY];
  bool placed = op_type_is(event, OP_RESERVATION_PLACED), cancelled = op_type_is(event, OP_RESERVATION_CANCELLED);
  if (placed && op_field_id(event, "reservationId", reservation_id))
    apply_placed(book, reservation_id);
  if (!op_field_id(event, "musicalId", musical_id))
    return;
  if ((placed || cancelled) && op_field_id(event, "customerId", customer_id)) {
    customer_key(musical_id, customer_id, key);
    int64_t *held = names_find(&book->customers, key), seats = op_field_number(event, "seats", 0);
    if (held && seats > 0 && seats <= OP_MAX_SEATS)
      *held += placed ? seats : -(seats < *held ? seats : *held);
  }
  struct booked_musical *booked = names_find(&book->musicals, musical_id);
  if (booked)
    op_musical_apply(&booked->musical, event);
}

/* Gives everything back. */
void book_free(struct book *book) {
  names_free(&book->musicals);
  names_free(&book->ids);
  names_free(&book->customers);
  names_free(&book->requests);
  *book = (struct book){0};
}
