/* project.c - folds the journal into the notices.
 *
 * Invariants: one row in `notices` per cause, with the figures as they stood at the cause; sent_at is NULL exactly
 * until NotificationSent names the cause. Only opaque customer ids are kept here. */
#include "project.h"

#include "listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const types[] = {
    OP_MUSICAL_REGISTERED, OP_RESERVATION_PLACED, OP_RESERVATION_CANCELLED, OP_PAYMENT_APPROVED,   OP_PAYMENT_DECLINED,
    OP_PAYMENT_REFUNDED,   OP_PAYMENT_CANCELLED,  OP_NOTIFICATION_SENT,     OP_CUSTOMER_FORGOTTEN, NULL};

static const char schema[] =
    "CREATE TABLE musicals (musical_id TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;"
    "CREATE TABLE reservations ("
    "  reservation_id TEXT PRIMARY KEY, musical_id TEXT, customer_id TEXT, seats INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE TABLE cancellations (seq INTEGER PRIMARY KEY, seats INTEGER NOT NULL);"
    "CREATE TABLE notices ("
    "  cause INTEGER PRIMARY KEY, template TEXT NOT NULL, reservation_id TEXT NOT NULL, customer_id TEXT,"
    "  musical TEXT, currency TEXT, seats INTEGER NOT NULL, amount INTEGER NOT NULL, caused_at TEXT NOT NULL,"
    "  channel TEXT, lang TEXT, sent_at TEXT"
    ");"
    "CREATE TABLE forgotten (customer_id TEXT PRIMARY KEY, forgotten_at TEXT NOT NULL) WITHOUT ROWID;";
static const char indexes[] = "CREATE INDEX reservations_of ON reservations (customer_id);"
                              "CREATE INDEX notices_pending ON notices (cause) WHERE sent_at IS NULL;"
                              "CREATE INDEX notices_about ON notices (reservation_id);"
                              "CREATE INDEX notices_of ON notices (customer_id);";

/* Binds an id of the event; NULL where it has none. */
static void bind_id(sqlite3_stmt *statement, int index, const evs_event *event, const char *key) {
  char id[OP_MAX_ID + 1];
  if (op_field_id(event, key, id))
    sqlite3_bind_text(statement, index, id, -1, SQLITE_TRANSIENT);
}

/* A number of the event that cannot be negative. */
static int64_t figure(const evs_event *event, const char *key, int64_t max) {
  int64_t number = op_field_number(event, key, 0);
  return number < 0 ? 0 : number > max ? max : number;
}

/* A musical got its name. */
static int registered(struct op_model *model, const evs_event *event, struct op_error *error) {
  char name[OP_MAX_NAME + 1];
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR IGNORE INTO musicals SELECT ?1, ?2 WHERE ?1 IS NOT NULL");
  bind_id(put, 1, event, "musicalId");
  if (op_field_text(event, "name", name, sizeof name))
    sqlite3_bind_text(put, 2, name, -1, SQLITE_TRANSIENT);
  return op_model_exec(model, put, error);
}

/* A reservation came. */
static int placed(struct op_model *model, const evs_event *event, struct op_error *error) {
  sqlite3_stmt *put =
      op_model_sql(model, "INSERT OR IGNORE INTO reservations SELECT ?1, ?2, ?3, ?4 WHERE ?1 IS NOT NULL");
  bind_id(put, 1, event, "reservationId");
  bind_id(put, 2, event, "musicalId");
  bind_id(put, 3, event, "customerId");
  sqlite3_bind_int64(put, 4, figure(event, "seats", OP_MAX_SEATS));
  return op_model_exec(model, put, error);
}

/* Seats were given up; a wholly cancelled reservation keeps its last number. */
static int cancelled(struct op_model *model, const evs_event *event, struct op_error *error) {
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR IGNORE INTO cancellations VALUES (?1, ?2)");
  sqlite3_bind_int64(put, 1, (int64_t)event->seq);
  sqlite3_bind_int64(put, 2, figure(event, "seats", OP_MAX_SEATS));
  int r = op_model_exec(model, put, error);
  if (r != 0)
    return r;
  sqlite3_stmt *change = op_model_sql(model, "UPDATE reservations SET seats = ?2 WHERE reservation_id = ?1 AND ?2 > 0");
  bind_id(change, 1, event, "reservationId");
  sqlite3_bind_int64(change, 2, figure(event, "remainingSeats", OP_MAX_SEATS));
  return op_model_exec(model, change, error);
}

/* Something happened that the customer is told. Refunds tell the seats of their cancellation, the others those held. */
static int caused(struct op_model *model, const char *type, const evs_event *event, struct op_error *error) {
  char id[OP_MAX_ID + 1], currency[8];
  if (!op_field_id(event, "reservationId", id))
    return 0;
  sqlite3_stmt *put = op_model_sql(
      model, "INSERT OR IGNORE INTO notices (cause, template, reservation_id, customer_id, musical, currency, seats,"
             " amount, caused_at) SELECT ?1, ?2, ?3, coalesce(?4, r.customer_id), coalesce(m.name, r.musical_id), ?5,"
             " CASE WHEN ?7 THEN coalesce(c.seats, 0) ELSE coalesce(r.seats, 0) END, ?6, ?8"
             " FROM (SELECT 1) LEFT JOIN reservations r ON r.reservation_id = ?3"
             " LEFT JOIN musicals m ON m.musical_id = r.musical_id LEFT JOIN cancellations c ON c.seq = ?9");
  sqlite3_bind_int64(put, 1, (int64_t)event->seq);
  sqlite3_bind_text(put, 2, type, -1, SQLITE_STATIC);
  sqlite3_bind_text(put, 3, id, -1, SQLITE_TRANSIENT);
  bind_id(put, 4, event, "customerId");
  if (op_field_text(event, "currency", currency, sizeof currency))
    sqlite3_bind_text(put, 5, currency, -1, SQLITE_TRANSIENT);
  sqlite3_bind_int64(put, 6, figure(event, "amount", OP_MAX_MONEY));
  sqlite3_bind_int(put, 7, strcmp(type, OP_PAYMENT_REFUNDED) == 0 || strcmp(type, OP_PAYMENT_CANCELLED) == 0);
  op_bind_slice(put, 8, event->time);
  sqlite3_bind_int64(put, 9, (int64_t)event->causation);
  return op_model_exec(model, put, error);
}

/* A notice was delivered. */
static int sent(struct op_model *model, const evs_event *event, struct op_error *error) {
  sqlite3_stmt *change = op_model_sql(
      model, "UPDATE notices SET sent_at = ?2, channel = ?3, lang = ?4 WHERE cause = ?1 AND sent_at IS NULL");
  sqlite3_bind_int64(change, 1, (int64_t)event->causation);
  op_bind_slice(change, 2, event->time);
  op_bind_field(change, 3, event, "channel");
  op_bind_field(change, 4, event, "lang");
  return op_model_exec(model, change, error);
}

/* A customer asked to be forgotten. */
static int forgotten(struct op_model *model, const evs_event *event, struct op_error *error) {
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR REPLACE INTO forgotten SELECT ?1, ?2 WHERE ?1 IS NOT NULL");
  bind_id(put, 1, event, "customerId");
  op_bind_slice(put, 2, event->time);
  return op_model_exec(model, put, error);
}

/* Folds one event. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  if (op_type_is(event, OP_MUSICAL_REGISTERED))
    return registered(model, event, error);
  if (op_type_is(event, OP_RESERVATION_PLACED))
    return placed(model, event, error);
  if (op_type_is(event, OP_RESERVATION_CANCELLED))
    return cancelled(model, event, error);
  if (op_type_is(event, OP_NOTIFICATION_SENT))
    return sent(model, event, error);
  if (op_type_is(event, OP_CUSTOMER_FORGOTTEN))
    return forgotten(model, event, error);
  for (size_t i = 0; notify_causes[i] != NULL; i++)
    if (op_type_is(event, notify_causes[i]))
      return caused(model, notify_causes[i], event, error);
  return 0;
}

const struct op_model_definition notify_model = {.name = OP_MODEL_NOTIFY,
                                                 .version = 3,
                                                 .schema = schema,
                                                 .indexes = indexes,
                                                 .types = types,
                                                 .requests = true,
                                                 .apply = apply};

/* The row as a notice. */
void notice_read(sqlite3_stmt *row, struct notice *ret_notice) {
  *ret_notice = (struct notice){.cause = (uint64_t)sqlite3_column_int64(row, 0)};
  snprintf(ret_notice->id, sizeof ret_notice->id, "%" PRIu64, ret_notice->cause);
  op_column_text(row, 1, ret_notice->template, sizeof ret_notice->template);
  op_column_text(row, 2, ret_notice->reservation_id, sizeof ret_notice->reservation_id);
  op_column_text(row, 3, ret_notice->customer_id, sizeof ret_notice->customer_id);
  op_column_text(row, 4, ret_notice->musical, sizeof ret_notice->musical);
  op_column_text(row, 5, ret_notice->currency, sizeof ret_notice->currency);
  ret_notice->seats = sqlite3_column_int64(row, 6);
  ret_notice->amount = sqlite3_column_int64(row, 7);
  op_column_text(row, 8, ret_notice->caused_at, sizeof ret_notice->caused_at);
}

/* What was not sent yet. */
int notify_pending(struct op_model *model, struct notice *notices, size_t limit, size_t *ret_count,
                   struct op_error *error) {
  sqlite3_stmt *rows =
      op_model_sql(model, "SELECT " NOTICE_COLUMNS " FROM notices WHERE sent_at IS NULL ORDER BY cause LIMIT ?1");
  sqlite3_bind_int64(rows, 1, (int64_t)limit);
  *ret_count = 0;
  bool found = true;
  int r = 0;
  while (*ret_count < limit && (r = op_model_step(model, rows, &found, error)) == 0 && found)
    notice_read(rows, &notices[(*ret_count)++]);
  sqlite3_reset(rows);
  return r;
}

/* What the journal knows of a customer. */
int notify_customer(struct op_model *model, const char *customer_id, bool *ret_seen,
                    char ret_forgotten_at[EVS_TIME_SIZE], struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT EXISTS (SELECT 1 FROM reservations WHERE customer_id = ?1)"
                                          " OR EXISTS (SELECT 1 FROM notices WHERE customer_id = ?1)"
                                          " OR EXISTS (SELECT 1 FROM forgotten WHERE customer_id = ?1),"
                                          " (SELECT forgotten_at FROM forgotten WHERE customer_id = ?1)");
  sqlite3_bind_text(row, 1, customer_id, -1, SQLITE_STATIC);
  bool found = false;
  int r = op_model_step(model, row, &found, error);
  *ret_seen = r == 0 && found && sqlite3_column_int(row, 0) != 0;
  ret_forgotten_at[0] = '\0';
  if (r == 0 && found)
    op_column_text(row, 1, ret_forgotten_at, EVS_TIME_SIZE);
  sqlite3_reset(row);
  return r;
}

/* Every notice of a customer. */
int notify_each_of(struct op_model *model, const char *customer_id,
                   int (*visit)(void *context, const char *notice_id, struct op_error *error), void *context,
                   struct op_error *error) {
  sqlite3_stmt *rows = op_model_sql(model, "SELECT cause FROM notices WHERE customer_id = ?1 ORDER BY cause");
  sqlite3_bind_text(rows, 1, customer_id, -1, SQLITE_STATIC);
  bool found = true;
  int r = 0;
  while (r == 0 && (r = op_model_step(model, rows, &found, error)) == 0 && found)
    r = visit(context, (const char *)sqlite3_column_text(rows, 0), error);
  sqlite3_reset(rows);
  return r;
}
