/* project.c - folds the journal into state/assign.db.
 *
 * Tables: `branches`, `pickups` (reservations with a location, a row each, numbered by their ReservationPlaced),
 * `loads` (places that are taken, by branch and day), `helped` (one row: the last event that may help what no branch
 * could take). The folds are those of branch.c and pickup.c, so that tables and decisions agree. Invariant: loads.used
 * is the number of pick-ups that hold a place of that branch and day. */
#include "project.h"

#include "decide.h"
#include "listing.h"

#include <stdlib.h>
#include <string.h>

/* All types that apply() folds. */
static const char *const folded_types[] = {
    OP_BRANCH_ADDED,       OP_BRANCH_CAPACITY_CHANGED, OP_BRANCH_REVISED,   OP_BRANCH_CLOSED,    OP_BRANCH_OPENED,
    OP_RESERVATION_PLACED, OP_RESERVATION_CANCELLED,   OP_PAYMENT_APPROVED, OP_PAYMENT_DECLINED, OP_PAYMENT_CANCELLED,
    OP_PICKUP_ASSIGNED,    OP_ASSIGNMENT_FAILED,       OP_PICKUP_RELEASED,  OP_PICKUP_COLLECTED, NULL};

static const char schema[] =
    "CREATE TABLE branches(branch_id TEXT PRIMARY KEY, added_seq INTEGER NOT NULL UNIQUE, name TEXT NOT NULL,"
    " lat INTEGER NOT NULL, lon INTEGER NOT NULL, capacity INTEGER NOT NULL, first_capacity INTEGER NOT NULL,"
    " defined_by INTEGER NOT NULL, updated_at TEXT NOT NULL, closed INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE pickups(placed_seq INTEGER PRIMARY KEY, reservation_id TEXT NOT NULL UNIQUE, customer_id TEXT,"
    " musical_id TEXT, lat INTEGER NOT NULL, lon INTEGER NOT NULL, delivery INTEGER NOT NULL, status TEXT NOT NULL,"
    " reason TEXT, branch_id TEXT, distance_m INTEGER NOT NULL, day TEXT, changed_seq INTEGER NOT NULL,"
    " cancelled_seq INTEGER NOT NULL, payment TEXT NOT NULL, updated_at TEXT NOT NULL);"
    "CREATE TABLE loads(branch_id TEXT NOT NULL, day TEXT NOT NULL, used INTEGER NOT NULL,"
    " PRIMARY KEY(branch_id, day)) WITHOUT ROWID;"
    "CREATE TABLE helped(one INTEGER PRIMARY KEY, seq INTEGER NOT NULL);";
static const char indexes[] =
    "CREATE INDEX pickups_by_status ON pickups(status, placed_seq);"
    "CREATE INDEX pickups_by_branch ON pickups(branch_id, placed_seq) WHERE branch_id IS NOT NULL;"
    "CREATE INDEX pickups_due_back ON pickups(cancelled_seq) WHERE status = 'Assigned' AND cancelled_seq > 0;";

/* ---- branches --------------------------------------------------------------------------------------------------- */

#define BRANCH_COLUMNS                                                                                                 \
  "SELECT b.branch_id, b.name, b.lat, b.lon, b.capacity, b.first_capacity, coalesce(l.used, 0), b.defined_by,"         \
  " b.updated_at, b.closed, b.added_seq FROM branches b LEFT JOIN loads l ON l.branch_id = b.branch_id AND l.day = ?1"

/* The branch of the row that the statement stands on. */
static void branch_row(sqlite3_stmt *row, struct branch *branch) {
  op_column_text(row, 0, branch->id, sizeof branch->id);
  op_column_text(row, 1, branch->name, sizeof branch->name);
  branch->at = (struct op_location){sqlite3_column_int(row, 2), sqlite3_column_int(row, 3)};
  branch->capacity = sqlite3_column_int64(row, 4);
  branch->first_capacity = sqlite3_column_int64(row, 5);
  branch->used = sqlite3_column_int64(row, 6);
  branch->defined_by = (uint64_t)sqlite3_column_int64(row, 7);
  op_column_text(row, 8, branch->updated_at, sizeof branch->updated_at);
  branch->closed = sqlite3_column_int(row, 9) != 0;
  branch->added_by = (uint64_t)sqlite3_column_int64(row, 10);
}

/* One branch. */
int branch_load(struct op_model *model, const char *id, const char *day, struct branch *ret_branch,
                struct op_error *error) {
  *ret_branch = (struct branch){0};
  sqlite3_stmt *sql = op_model_sql(model, BRANCH_COLUMNS " WHERE b.branch_id = ?2");
  sqlite3_bind_text(sql, 1, day, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 2, id, -1, SQLITE_STATIC);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found)
    branch_row(sql, ret_branch);
  sqlite3_reset(sql);
  return code;
}

/* All rows of the statement. */
static int branch_rows(struct op_model *model, sqlite3_stmt *sql, const char *day, struct branch **ret_branches,
                       size_t *ret_count, struct op_error *error) {
  struct branch *branches = NULL;
  size_t count = 0, size = 0;
  bool found = true;
  sqlite3_bind_text(sql, 1, day, -1, SQLITE_STATIC);
  int code = OP_OK;
  while ((code = op_model_step(model, sql, &found, error)) == OP_OK && found) {
    if (count == size) {
      size = size ? 2 * size : 64;
      struct branch *grown = reallocarray(branches, size, sizeof *branches);
      if (!grown) {
        code = op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
        break;
      }
      branches = grown;
    }
    branch_row(sql, &branches[count++]);
  }
  sqlite3_reset(sql);
  if (code != OP_OK) {
    free(branches);
    branches = NULL;
    count = 0;
  }
  *ret_branches = branches;
  *ret_count = count;
  return code;
}

/* Those that are open. */
int branches_load(struct op_model *model, const char *day, struct branch **ret_branches, size_t *ret_count,
                  struct op_error *error) {
  return branch_rows(model, op_model_sql(model, BRANCH_COLUMNS " WHERE b.closed = 0 ORDER BY b.added_seq"), day,
                     ret_branches, ret_count, error);
}

/* All of them. */
int branches_load_all(struct op_model *model, const char *day, struct branch **ret_branches, size_t *ret_count,
                      struct op_error *error) {
  return branch_rows(model, op_model_sql(model, BRANCH_COLUMNS " ORDER BY b.added_seq"), day, ret_branches, ret_count,
                     error);
}

/* Folds an event about a branch. There are few of them, so each is written at once. */
static int apply_branch(struct op_model *model, const evs_event *event, struct op_error *error) {
  char id[OP_MAX_ID + 1];
  struct branch branch;
  if (!op_field_id(event, "branchId", id))
    return OP_OK;
  int code = branch_load(model, id, "", &branch, error);
  if (code != OP_OK)
    return code;
  branch_apply(&branch, event);
  if (branch.defined_by != event->seq)
    return OP_OK;
  sqlite3_stmt *sql =
      op_model_sql(model, "INSERT OR REPLACE INTO branches VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
  sqlite3_bind_text(sql, 1, branch.id, -1, SQLITE_STATIC);
  sqlite3_bind_int64(sql, 2, (sqlite3_int64)branch.added_by);
  sqlite3_bind_text(sql, 3, branch.name, -1, SQLITE_STATIC);
  sqlite3_bind_int(sql, 4, branch.at.lat);
  sqlite3_bind_int(sql, 5, branch.at.lon);
  sqlite3_bind_int64(sql, 6, branch.capacity);
  sqlite3_bind_int64(sql, 7, branch.first_capacity);
  sqlite3_bind_int64(sql, 8, (sqlite3_int64)branch.defined_by);
  sqlite3_bind_text(sql, 9, branch.updated_at, -1, SQLITE_STATIC);
  sqlite3_bind_int(sql, 10, branch.closed);
  return op_model_exec(model, sql, error);
}

/* ---- pick-ups --------------------------------------------------------------------------------------------------- */

#define PICKUP_COLUMNS                                                                                                 \
  "SELECT placed_seq, reservation_id, customer_id, musical_id, lat, lon, delivery, status, reason, branch_id,"         \
  " distance_m, day, changed_seq, cancelled_seq, payment, updated_at FROM pickups"

/* Reads the one row of the statement, or none. */
static int pickup_row(struct op_model *model, sqlite3_stmt *row, struct pickup *pickup, struct op_error *error) {
  bool found = false;
  char word[32];
  int code = op_model_step(model, row, &found, error);
  if (code == OP_OK && found) {
    pickup->placed_seq = (uint64_t)sqlite3_column_int64(row, 0);
    op_column_text(row, 1, pickup->id, sizeof pickup->id);
    op_column_text(row, 2, pickup->customer_id, sizeof pickup->customer_id);
    op_column_text(row, 3, pickup->musical_id, sizeof pickup->musical_id);
    pickup->at = (struct op_location){sqlite3_column_int(row, 4), sqlite3_column_int(row, 5)};
    pickup->delivery = sqlite3_column_int(row, 6) != 0;
    op_column_text(row, 7, word, sizeof word);
    int index = op_word_index(word, pickup_statuses);
    pickup->status = index >= 0 ? (enum pickup_status)index : PICKUP_PENDING;
    op_column_text(row, 8, word, sizeof word);
    index = op_word_index(word, pickup_failures);
    pickup->failure = index >= 0 ? (enum failure)index : FAILURE_NONE;
    op_column_text(row, 9, pickup->branch_id, sizeof pickup->branch_id);
    pickup->distance_m = sqlite3_column_int64(row, 10);
    op_column_text(row, 11, pickup->day, sizeof pickup->day);
    pickup->changed_seq = (uint64_t)sqlite3_column_int64(row, 12);
    pickup->cancelled_seq = (uint64_t)sqlite3_column_int64(row, 13);
    op_column_text(row, 14, word, sizeof word);
    index = op_word_index(word, pickup_payments);
    pickup->payment = index >= 0 ? (enum pickup_payment)index : PICKUP_UNPAID;
    op_column_text(row, 15, pickup->updated_at, sizeof pickup->updated_at);
  }
  sqlite3_reset(row);
  return code;
}

/* By its id. */
int pickup_load(struct op_model *model, const char *id, struct pickup *ret_pickup, struct op_error *error) {
  *ret_pickup = (struct pickup){0};
  sqlite3_stmt *sql = op_model_sql(model, PICKUP_COLUMNS " WHERE reservation_id = ?1");
  sqlite3_bind_text(sql, 1, id, -1, SQLITE_STATIC);
  return pickup_row(model, sql, ret_pickup, error);
}

/* By its place. */
int pickup_load_placed(struct op_model *model, uint64_t placed_seq, struct pickup *ret_pickup, struct op_error *error) {
  *ret_pickup = (struct pickup){0};
  sqlite3_stmt *sql = op_model_sql(model, PICKUP_COLUMNS " WHERE placed_seq = ?1");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)placed_seq);
  return pickup_row(model, sql, ret_pickup, error);
}

/* For op_model_row(). */
static int load(struct op_model *model, const char *id, void *row, bool *ret_found, struct op_error *error) {
  struct pickup *pickup = row;
  int code = pickup_load(model, id, pickup, error);
  *ret_found = pickup->id[0];
  return code;
}

/* Writes it. */
static int save(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  const struct pickup *pickup = row;
  (void)is_new; /* nearly all of it can change, so one statement does for both */
  sqlite3_stmt *sql = op_model_sql(model, "INSERT OR REPLACE INTO pickups VALUES"
                                          " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)pickup->placed_seq);
  sqlite3_bind_text(sql, 2, pickup->id, -1, SQLITE_STATIC);
  op_bind_text(sql, 3, pickup->customer_id);
  op_bind_text(sql, 4, pickup->musical_id);
  sqlite3_bind_int(sql, 5, pickup->at.lat);
  sqlite3_bind_int(sql, 6, pickup->at.lon);
  sqlite3_bind_int(sql, 7, pickup->delivery);
  sqlite3_bind_text(sql, 8, pickup_statuses[pickup->status], -1, SQLITE_STATIC);
  op_bind_text(sql, 9, pickup_failures[pickup->failure]);
  op_bind_text(sql, 10, pickup->branch_id);
  sqlite3_bind_int64(sql, 11, pickup->distance_m);
  op_bind_text(sql, 12, pickup->day);
  sqlite3_bind_int64(sql, 13, (sqlite3_int64)pickup->changed_seq);
  sqlite3_bind_int64(sql, 14, (sqlite3_int64)pickup->cancelled_seq);
  sqlite3_bind_text(sql, 15, pickup_payments[pickup->payment], -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 16, pickup->updated_at, -1, SQLITE_STATIC);
  return op_model_exec(model, sql, error);
}

/* One place more, or fewer, of a branch and day. */
static int count(struct op_model *model, const struct pickup *pickup, int step, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "INSERT INTO loads VALUES (?1, ?2, ?3)"
                                          " ON CONFLICT DO UPDATE SET used = used + ?3");
  sqlite3_bind_text(sql, 1, pickup->branch_id, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 2, pickup->day, -1, SQLITE_STATIC);
  sqlite3_bind_int(sql, 3, step);
  return op_model_exec(model, sql, error);
}

/* Folds an event about a reservation. */
static int apply_pickup(struct op_model *model, const evs_event *event, struct op_error *error) {
  static const struct op_row_kind pickups = {sizeof(struct pickup), load, save};
  char id[OP_MAX_ID + 1];
  struct op_location at;
  struct pickup *pickup = NULL;
  if (!op_field_id(event, "reservationId", id))
    return OP_OK;
  if (op_type_is(event, OP_RESERVATION_PLACED) && !op_field_location(event, &at))
    return OP_OK;
  int code = op_model_row(model, &pickups, id, &pickup, error);
  if (code != OP_OK)
    return code;
  bool held = pickup_holds(pickup);
  if (!pickup_apply(pickup, event))
    return OP_OK;
  op_model_row_changed(pickup);
  bool holds = pickup_holds(pickup);
  return holds == held ? OP_OK : count(model, pickup, holds ? 1 : -1, error);
}

/* ---- the model -------------------------------------------------------------------------------------------------- */

/* Keeps the last event that may help. */
static int apply_help(struct op_model *model, const evs_event *event, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "INSERT OR REPLACE INTO helped VALUES (1, ?1)");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)event->seq);
  return op_model_exec(model, sql, error);
}

/* The last event that may help. */
int helped_seq(struct op_model *model, uint64_t *ret_seq, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "SELECT seq FROM helped");
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  *ret_seq = code == OP_OK && found ? (uint64_t)sqlite3_column_int64(sql, 0) : 0;
  sqlite3_reset(sql);
  return code;
}

/* Is the event one of these types? */
static bool is_one_of(const evs_event *event, const char *const *types) {
  while (*types && !op_type_is(event, *types))
    types++;
  return *types;
}

/* Folds one event into all tables. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  int code = is_one_of(event, helping_types) ? apply_help(model, event, error) : OP_OK;
  if (code != OP_OK)
    return code;
  return is_one_of(event, branch_types) ? apply_branch(model, event, error) : apply_pickup(model, event, error);
}

/* The definition. */
const struct op_model_definition *assign_model(void) {
  static const struct op_model_definition definition = {.name = OP_MODEL_ASSIGN,
                                                        .version = 2,
                                                        .schema = schema,
                                                        .indexes = indexes,
                                                        .types = folded_types,
                                                        .requests = true,
                                                        .apply = apply};
  return &definition;
}

/* Today. */
void assign_today(const struct op_app *app, char day[DAY_SIZE]) {
  day_of(op_now_us(app), app->config.assign_zone_us, day);
}

/* Opens it. */
int assign_open(struct op_app *app, bool makes, struct op_model **ret_model, struct op_error *error) {
  int code = makes ? op_store_write(app, error) : op_store_read(app, error);
  return code == OP_OK ? op_model_open(app, assign_model(), ret_model, error) : code;
}
