/* project.c - folds the journal into state/musical.db: the musicals, and the cancellations whose seats are not back.
 *
 * Tables: `musicals` (shared, musical_table.c), `details` (what only this command shows), `holds` (the seats that a
 * reservation still holds), `unreleased` (cancellations without their SeatsReleased).
 * Invariant: a cancellation gives back at most what its reservation holds, so that no odd event of somebody else ever
 * frees a seat that another reservation has. */
#include "project.h"

#include <string.h>

/* All types that apply() folds. */
static const char *const folded_types[] = {OP_MUSICAL_REGISTERED,     OP_MUSICAL_SEATS_ADJUSTED,
                                           OP_MUSICAL_REVISED,        OP_MUSICAL_SALES_CLOSED,
                                           OP_MUSICAL_SALES_OPENED,   OP_RESERVATION_PLACED,
                                           OP_RESERVATION_CANCELLED,  OP_SEATS_RELEASED,
                                           OP_WAITING_JOINED,         OP_WAITING_WITHDRAWN,
                                           OP_WAITING_OFFERED,        OP_WAITING_OFFER_EXPIRED,
                                           OP_WAITING_OFFER_DECLINED, NULL};

/* The shared tables, and those of this command alone. */
static const char schema[] = OP_MUSICAL_SCHEMA
    "CREATE TABLE details(musical_id TEXT PRIMARY KEY, registered_seq INTEGER NOT NULL,"
    " registered_seats INTEGER NOT NULL, updated_at TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE holds(reservation_id TEXT PRIMARY KEY, musical_id TEXT NOT NULL, seats INTEGER NOT NULL,"
    " grade TEXT) WITHOUT ROWID;"
    "CREATE TABLE unreleased(cancelled_seq INTEGER PRIMARY KEY, musical_id TEXT NOT NULL,"
    " reservation_id TEXT NOT NULL, seats INTEGER NOT NULL, grade TEXT);";

static const char indexes[] = "CREATE INDEX details_by_age ON details(registered_seq);";

/* Keeps when the musical was registered and last changed. */
static int apply_details(struct op_model *model, const evs_event *event, const char *musical_id,
                         struct op_error *error) {
  bool registered = op_type_is(event, OP_MUSICAL_REGISTERED);
  sqlite3_stmt *sql = registered ? op_model_sql(model, "INSERT INTO details VALUES (?1, ?3, ?4, ?2)"
                                                       " ON CONFLICT DO UPDATE SET updated_at = excluded.updated_at")
                                 : op_model_sql(model, "UPDATE details SET updated_at = ?2 WHERE musical_id = ?1");
  sqlite3_bind_text(sql, 1, musical_id, -1, SQLITE_STATIC);
  op_bind_slice(sql, 2, event->time);
  if (registered) {
    sqlite3_bind_int64(sql, 3, (sqlite3_int64)event->seq);
    sqlite3_bind_int64(sql, 4, op_field_number(event, "seats", 0));
  }
  return op_model_exec(model, sql, error);
}

/* A reservation takes seats. */
static int apply_placed(struct op_model *model, const evs_event *event, const char *musical_id,
                        const char *reservation_id, struct op_error *error) {
  int64_t seats = op_field_number(event, "seats", 0);
  if (seats <= 0)
    return OP_OK;
  sqlite3_stmt *sql = op_model_sql(model, "INSERT OR IGNORE INTO holds VALUES (?1, ?2, ?3, ?4)");
  sqlite3_bind_text(sql, 1, reservation_id, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 2, musical_id, -1, SQLITE_STATIC);
  sqlite3_bind_int64(sql, 3, seats);
  char grade[OP_MAX_GRADE + 1];
  if (op_field_grade(event, grade))
    sqlite3_bind_text(sql, 4, grade, -1, SQLITE_STATIC);
  return op_model_exec(model, sql, error);
}

/* A cancellation: what it takes from its reservation is to be given back. */
static int apply_cancelled(struct op_model *model, const evs_event *event, const char *reservation_id,
                           struct op_error *error) {
  struct cancellation cancellation = {.seq = event->seq, .seats = op_field_number(event, "seats", 0)};
  sqlite3_stmt *sql = op_model_sql(model, "SELECT musical_id, seats, grade FROM holds WHERE reservation_id = ?1");
  sqlite3_bind_text(sql, 1, reservation_id, -1, SQLITE_STATIC);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  int64_t held = 0;
  if (code == OP_OK && found) {
    snprintf(cancellation.musical_id, sizeof cancellation.musical_id, "%s", (const char *)sqlite3_column_text(sql, 0));
    held = sqlite3_column_int64(sql, 1);
    op_column_text(sql, 2, cancellation.grade, sizeof cancellation.grade);
  }
  sqlite3_reset(sql);
  if (cancellation.seats > held)
    cancellation.seats = held;
  if (code != OP_OK || cancellation.seats <= 0)
    return code;

  sql = op_model_sql(model, "UPDATE holds SET seats = seats - ?2 WHERE reservation_id = ?1");
  sqlite3_bind_text(sql, 1, reservation_id, -1, SQLITE_STATIC);
  sqlite3_bind_int64(sql, 2, cancellation.seats);
  code = op_model_exec(model, sql, error);
  if (code != OP_OK)
    return code;
  sql = op_model_sql(model, "INSERT INTO unreleased VALUES (?1, ?2, ?3, ?4, ?5)");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)cancellation.seq);
  sqlite3_bind_text(sql, 2, cancellation.musical_id, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 3, reservation_id, -1, SQLITE_STATIC);
  sqlite3_bind_int64(sql, 4, cancellation.seats);
  op_bind_text(sql, 5, cancellation.grade);
  return op_model_exec(model, sql, error);
}

/* The seats of a cancellation are back. */
static int apply_released(struct op_model *model, const evs_event *event, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "DELETE FROM unreleased WHERE cancelled_seq = ?1");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)event->causation);
  return op_model_exec(model, sql, error);
}

/* Folds one event into all tables. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  char musical_id[OP_MAX_ID + 1], reservation_id[OP_MAX_ID + 1];
  bool has_musical = op_field_id(event, "musicalId", musical_id);
  bool has_reservation = op_field_id(event, "reservationId", reservation_id);
  int code = op_musical_project(model, event, error);
  if (code == OP_OK && has_musical && !op_type_is(event, OP_RESERVATION_CANCELLED))
    code = apply_details(model, event, musical_id, error);
  if (code != OP_OK)
    return code;
  if (op_type_is(event, OP_RESERVATION_PLACED) && has_musical && has_reservation)
    return apply_placed(model, event, musical_id, reservation_id, error);
  if (op_type_is(event, OP_RESERVATION_CANCELLED) && has_reservation)
    return apply_cancelled(model, event, reservation_id, error);
  if (op_type_is(event, OP_SEATS_RELEASED))
    return apply_released(model, event, error);
  return OP_OK;
}

/* The definition. */
const struct op_model_definition *musical_model(void) {
  static const struct op_model_definition definition = {.name = OP_MODEL_MUSICAL,
                                                        .version = 8,
                                                        .schema = schema,
                                                        .indexes = indexes,
                                                        .types = folded_types,
                                                        .requests = true,
                                                        .apply = apply};
  return &definition;
}

/* The musical as the tables have it. */
int state_load(struct op_model *model, struct state *state, struct op_error *error) {
  state->registered_seq = 0;
  int code = op_musical_load(model, state->id, &state->musical, error);
  if (code != OP_OK || !state->musical.id[0])
    return code;
  sqlite3_stmt *sql =
      op_model_sql(model, "SELECT registered_seq, registered_seats, updated_at FROM details WHERE musical_id = ?1");
  sqlite3_bind_text(sql, 1, state->id, -1, SQLITE_STATIC);
  bool found = false;
  code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found) {
    state->registered_seq = (uint64_t)sqlite3_column_int64(sql, 0);
    state->registered_seats = sqlite3_column_int64(sql, 1);
    snprintf(state->updated_at, sizeof state->updated_at, "%s", (const char *)sqlite3_column_text(sql, 2));
  }
  sqlite3_reset(sql);
  return code;
}
