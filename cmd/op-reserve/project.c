/* project.c - folds the journal into state/reserve.db: the musicals with their seats, and the reservations.
 *
 * A reservation is a row that is kept while it is folded by reservation_apply(), so that the tables and the decisions
 * in memory share one fold. Its row is numbered by its ReservationPlaced, so rows are in the order of placing.
 * `numbers` has one row once there is a reservation: the last number that counts for default ids, folded by
 * reservation_last_number(). The numbers behind it that somebody chose, and that did not count, stand in `ahead` as
 * ranges that do not touch, so that the next free one is found in one step however many they are.
 * Invariant: a reservation id has one row, that of the first ReservationPlaced. */
#include "project.h"

#include "interruption.h"
#include "musical.h"
#include "waiting.h"

#include <string.h>

/* All types that apply() folds. */
static const char *const folded_types[] = {OP_MUSICAL_REGISTERED,
                                           OP_MUSICAL_SEATS_ADJUSTED,
                                           OP_MUSICAL_REVISED,
                                           OP_MUSICAL_SALES_CLOSED,
                                           OP_MUSICAL_SALES_OPENED,
                                           OP_RESERVATION_PLACED,
                                           OP_RESERVATION_CANCELLED,
                                           OP_SEATS_RELEASED,
                                           OP_WAITING_JOINED,
                                           OP_WAITING_WITHDRAWN,
                                           OP_WAITING_OFFERED,
                                           OP_WAITING_OFFER_EXPIRED,
                                           OP_WAITING_OFFER_DECLINED,
                                           OP_PAYMENT_APPROVED,
                                           OP_PAYMENT_DECLINED,
                                           OP_PAYMENT_CANCELLED,
                                           OP_PAYMENT_CIRCUIT_OPENED,
                                           OP_PAYMENT_CIRCUIT_HALF_OPENED,
                                           OP_PAYMENT_CIRCUIT_CLOSED,
                                           OP_TICKET_ISSUED,
                                           OP_TICKET_ADMITTED,
                                           OP_PICKUP_COLLECTED,
                                           NULL};

/* The shared tables, and those of this command alone. */
static const char schema[] = OP_MUSICAL_SCHEMA INTERRUPTION_SCHEMA WAITING_SCHEMA
    "CREATE TABLE reservations(placed_seq INTEGER PRIMARY KEY, reservation_id TEXT NOT NULL UNIQUE,"
    " number INTEGER, musical_id TEXT NOT NULL, customer_id TEXT, seats INTEGER NOT NULL, price INTEGER NOT NULL,"
    " amount INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, reason TEXT,"
    " placed_at TEXT NOT NULL, updated_at TEXT NOT NULL, declined_seq INTEGER, placed_us INTEGER NOT NULL,"
    " deferred INTEGER NOT NULL, grade TEXT, ticket INTEGER NOT NULL, collected INTEGER NOT NULL);"
    "CREATE TABLE numbers(last INTEGER NOT NULL);"
    "CREATE TABLE ahead(first INTEGER PRIMARY KEY, last INTEGER NOT NULL);";
static const char indexes[] = WAITING_INDEXES
    "CREATE INDEX reservations_by_customer ON reservations(customer_id, musical_id) WHERE customer_id IS NOT NULL;"
    "CREATE INDEX reservations_declined ON reservations(declined_seq)"
    " WHERE declined_seq IS NOT NULL AND status = 'Reserved';"
    "CREATE INDEX reservations_unpaid ON reservations(placed_us)"
    " WHERE declined_seq IS NULL AND status = 'Reserved';";

/* Writes a new reservation. */
static int insert(struct op_model *model, const struct reservation *reservation, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "INSERT INTO reservations VALUES"
                                          " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
                                          " ?17, ?18, ?19)");
  int64_t number = reservation_number(reservation->id);
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)reservation->placed_seq);
  sqlite3_bind_text(sql, 2, reservation->id, -1, SQLITE_STATIC);
  if (number > 0)
    sqlite3_bind_int64(sql, 3, number);
  sqlite3_bind_text(sql, 4, reservation->musical_id, -1, SQLITE_STATIC);
  op_bind_text(sql, 5, reservation->customer_id);
  sqlite3_bind_int64(sql, 6, reservation->seats);
  sqlite3_bind_int64(sql, 7, reservation->price);
  sqlite3_bind_int64(sql, 8, reservation->amount);
  sqlite3_bind_text(sql, 9, reservation->currency, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 10, reservation->status, -1, SQLITE_STATIC);
  op_bind_text(sql, 11, reservation->reason);
  sqlite3_bind_text(sql, 12, reservation->placed_at, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 13, reservation->updated_at, -1, SQLITE_STATIC);
  if (reservation->declined_seq)
    sqlite3_bind_int64(sql, 14, (sqlite3_int64)reservation->declined_seq);
  sqlite3_bind_int64(sql, 15, reservation->placed_us);
  sqlite3_bind_int(sql, 16, reservation->deferred);
  op_bind_text(sql, 17, reservation->grade);
  sqlite3_bind_int(sql, 18, (int)reservation->ticket);
  sqlite3_bind_int(sql, 19, reservation->collected);
  return op_model_exec(model, sql, error);
}

/* Writes what can change of a reservation. */
static int update(struct op_model *model, const struct reservation *reservation, struct op_error *error) {
  sqlite3_stmt *sql =
      op_model_sql(model, "UPDATE reservations SET seats = ?2, amount = ?3, status = ?4, reason = ?5, updated_at = ?6,"
                          " declined_seq = ?7, deferred = ?8, ticket = ?9, collected = ?10 WHERE placed_seq = ?1");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)reservation->placed_seq);
  sqlite3_bind_int64(sql, 2, reservation->seats);
  sqlite3_bind_int64(sql, 3, reservation->amount);
  sqlite3_bind_text(sql, 4, reservation->status, -1, SQLITE_STATIC);
  op_bind_text(sql, 5, reservation->reason);
  sqlite3_bind_text(sql, 6, reservation->updated_at, -1, SQLITE_STATIC);
  if (reservation->declined_seq)
    sqlite3_bind_int64(sql, 7, (sqlite3_int64)reservation->declined_seq);
  sqlite3_bind_int(sql, 8, reservation->deferred);
  sqlite3_bind_int(sql, 9, (int)reservation->ticket);
  sqlite3_bind_int(sql, 10, reservation->collected);
  return op_model_exec(model, sql, error);
}

/* Reads a reservation for op_model_row(). */
static int load(struct op_model *model, const char *id, void *row, bool *ret_found, struct op_error *error) {
  struct reservation *reservation = row;
  int code = reservation_load(model, id, reservation, error);
  *ret_found = reservation->id[0];
  return code;
}

/* Writes it. */
static int save(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  return is_new ? insert(model, row, error) : update(model, row, error);
}

/* Reads the row of `numbers` for op_model_row(). */
static int load_numbers(struct op_model *model, const char *id, void *row, bool *ret_found, struct op_error *error) {
  (void)id;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT last FROM numbers");
  int code = op_model_step(model, sql, ret_found, error);
  if (code == OP_OK && *ret_found)
    *(int64_t *)row = sqlite3_column_int64(sql, 0);
  sqlite3_reset(sql);
  return code;
}

/* Writes it. */
static int save_numbers(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  sqlite3_stmt *sql = is_new ? op_model_sql(model, "INSERT INTO numbers VALUES (?1)")
                             : op_model_sql(model, "UPDATE numbers SET last = ?1");
  sqlite3_bind_int64(sql, 1, *(const int64_t *)row);
  return op_model_exec(model, sql, error);
}

/* Adds a number to the ranges of `ahead`. */
static int add_ahead(struct op_model *model, int64_t number, struct op_error *error) {
  bool found = false;
  sqlite3_stmt *before =
      op_model_sql(model, "SELECT first, last FROM ahead WHERE first <= ?1 ORDER BY first DESC LIMIT 1");
  sqlite3_bind_int64(before, 1, number);
  int code = op_model_step(model, before, &found, error);
  int64_t first = found ? sqlite3_column_int64(before, 0) : 0, last = found ? sqlite3_column_int64(before, 1) : 0;
  sqlite3_reset(before);
  if (code != OP_OK || last >= number)
    return code;
  if (last != number - 1)
    first = number;
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR REPLACE INTO ahead"
                                          " SELECT ?1, ifnull((SELECT last FROM ahead WHERE first = ?2 + 1), ?2)");
  sqlite3_bind_int64(put, 1, first);
  sqlite3_bind_int64(put, 2, number);
  code = op_model_exec(model, put, error);
  sqlite3_stmt *merged = op_model_sql(model, "DELETE FROM ahead WHERE first = ?1 + 1");
  sqlite3_bind_int64(merged, 1, number);
  return code == OP_OK ? op_model_exec(model, merged, error) : code;
}

/* Folds an id that was placed into `numbers`, or `ahead`. */
static int count_number(struct op_model *model, const char *id, struct op_error *error) {
  static const struct op_row_kind numbers = {sizeof(int64_t), load_numbers, save_numbers};
  int64_t *last = NULL;
  int code = op_model_row(model, &numbers, "last", &last, error);
  if (code != OP_OK)
    return code;
  int64_t next = reservation_last_number(*last, id);
  if (next != *last) {
    *last = next;
    op_model_row_changed(last);
  }
  int64_t number = reservation_number(id);
  return number > next ? add_ahead(model, number, error) : OP_OK;
}

/* Folds one event into all tables. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  static const struct op_row_kind reservations = {sizeof(struct reservation), load, save};
  char id[OP_MAX_ID + 1];
  struct reservation *reservation = NULL;
  int code = op_musical_project(model, event, error);
  if (code == OP_OK)
    code = interruption_project(model, event, error);
  if (code == OP_OK)
    code = waiting_project(model, event, error);
  if (code != OP_OK || op_type_is(event, OP_SEATS_RELEASED) || !op_field_id(event, "reservationId", id))
    return code;
  if (op_type_is(event, OP_RESERVATION_PLACED))
    code = count_number(model, id, error);
  if (code == OP_OK)
    code = op_model_row(model, &reservations, id, &reservation, error);
  if (code != OP_OK)
    return code;
  reservation_apply(reservation, event);
  if (reservation->id[0])
    op_model_row_changed(reservation);
  return OP_OK;
}

/* The definition. */
const struct op_model_definition *reserve_model(void) {
  static const struct op_model_definition definition = {.name = OP_MODEL_RESERVE,
                                                        .version = 15,
                                                        .schema = schema,
                                                        .indexes = indexes,
                                                        .types = folded_types,
                                                        .requests = true,
                                                        .apply = apply};
  return &definition;
}

/* The seats that a customer has, by the tables. */
int customer_held(struct op_model *model, const char *customer_id, const char *musical_id, int64_t *ret_seats,
                  struct op_error *error) {
  bool found = false;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT sum(seats) FROM reservations WHERE customer_id = ?1"
                                          " AND musical_id = ?2 AND status NOT IN ('Cancelled', 'PaymentCancelled')");
  *ret_seats = 0;
  sqlite3_bind_text(sql, 1, customer_id, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 2, musical_id, -1, SQLITE_STATIC);
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found)
    *ret_seats = sqlite3_column_int64(sql, 0);
  sqlite3_reset(sql);
  return code;
}

/* The reservation as the tables have it. */
int reservation_load(struct op_model *model, const char *id, struct reservation *ret_reservation,
                     struct op_error *error) {
  *ret_reservation = (struct reservation){.status = OP_STATUS_RESERVED};
  sqlite3_stmt *sql = op_model_sql(model, "SELECT placed_seq, musical_id, customer_id, seats, price, amount, currency,"
                                          " status, reason, placed_at, updated_at, declined_seq, placed_us,"
                                          " deferred, grade, ticket, collected"
                                          " FROM reservations WHERE reservation_id = ?1");
  sqlite3_bind_text(sql, 1, id, -1, SQLITE_STATIC);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found) {
    struct reservation *r = ret_reservation;
    snprintf(r->id, sizeof r->id, "%s", id);
    r->placed_seq = (uint64_t)sqlite3_column_int64(sql, 0);
    op_column_text(sql, 1, r->musical_id, sizeof r->musical_id);
    op_column_text(sql, 2, r->customer_id, sizeof r->customer_id);
    r->seats = sqlite3_column_int64(sql, 3);
    r->price = sqlite3_column_int64(sql, 4);
    r->amount = sqlite3_column_int64(sql, 5);
    op_column_text(sql, 6, r->currency, sizeof r->currency);
    char status[32];
    op_column_text(sql, 7, status, sizeof status);
    r->status = reservation_status(status);
    op_column_text(sql, 8, r->reason, sizeof r->reason);
    op_column_text(sql, 9, r->placed_at, sizeof r->placed_at);
    op_column_text(sql, 10, r->updated_at, sizeof r->updated_at);
    r->declined_seq = (uint64_t)sqlite3_column_int64(sql, 11);
    r->placed_us = sqlite3_column_int64(sql, 12);
    r->deferred = sqlite3_column_int(sql, 13) != 0;
    op_column_text(sql, 14, r->grade, sizeof r->grade);
    r->ticket = (enum reservation_ticket)sqlite3_column_int(sql, 15);
    r->collected = sqlite3_column_int(sql, 16) != 0;
  }
  sqlite3_reset(sql);
  return code;
}
