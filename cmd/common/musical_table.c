/* musical_table.c - the musicals of musical.h in a table of a read model, and beyond it up to the written tail.
 *
 * Invariant: op_musical_load() gives what op_musical_apply() folds from the journal up to the model's offset; times in
 * microseconds are not stored but read from their texts.
 * Errors: those of the model and of the store. */
#include "musical.h"

#include <string.h>

const char op_musical_schema[] = OP_MUSICAL_SCHEMA;

/* A time in microseconds, 0 where the text is none. */
static int64_t moment(const char *value) {
  int64_t time_us = 0;
  return evs_time_parse(value, strlen(value), &time_us) ? time_us : 0;
}

/* The musical as the table has it. */
int op_musical_load(struct op_model *model, const char *id, struct op_musical *ret_musical, struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT musical_id, name, seats, held, price, currency, venue, starts_at,"
                                          " sales_open, sales_close, max_per_customer, closed, defined_by, grades,"
                                          " offered, waiting, opened_us, freed_by FROM musicals WHERE musical_id = ?1");
  sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
  bool found = false;
  *ret_musical = (struct op_musical){0};
  int rc = op_model_step(model, row, &found, error);
  if (rc == OP_OK && found) {
    op_column_text(row, 0, ret_musical->id, sizeof ret_musical->id);
    op_column_text(row, 1, ret_musical->name, sizeof ret_musical->name);
    ret_musical->seats = sqlite3_column_int64(row, 2);
    ret_musical->held = sqlite3_column_int64(row, 3);
    ret_musical->price = sqlite3_column_type(row, 4) == SQLITE_NULL ? -1 : sqlite3_column_int64(row, 4);
    op_column_text(row, 5, ret_musical->currency, sizeof ret_musical->currency);
    op_column_text(row, 6, ret_musical->venue, sizeof ret_musical->venue);
    op_column_text(row, 7, ret_musical->starts_at, sizeof ret_musical->starts_at);
    op_column_text(row, 8, ret_musical->sales_open, sizeof ret_musical->sales_open);
    op_column_text(row, 9, ret_musical->sales_close, sizeof ret_musical->sales_close);
    ret_musical->max_per_customer = sqlite3_column_int64(row, 10);
    ret_musical->closed = sqlite3_column_int(row, 11) != 0;
    ret_musical->defined_by = (uint64_t)sqlite3_column_int64(row, 12);
    if (sqlite3_column_type(row, 13) == SQLITE_TEXT) {
      const char *grades = (const char *)sqlite3_column_text(row, 13);
      op_grades_read(grades, (size_t)sqlite3_column_bytes(row, 13), &ret_musical->grades);
    }
    ret_musical->offered = sqlite3_column_int64(row, 14);
    ret_musical->waiting = sqlite3_column_int64(row, 15);
    ret_musical->opened_us = sqlite3_column_int64(row, 16);
    ret_musical->freed_by = (uint64_t)sqlite3_column_int64(row, 17);
    ret_musical->sales_open_us = moment(ret_musical->sales_open);
    ret_musical->sales_close_us = moment(ret_musical->sales_close);
  }
  sqlite3_reset(row);
  return rc;
}

/* The same for op_model_row(). */
static int load(struct op_model *model, const char *id, void *row, bool *ret_found, struct op_error *error) {
  struct op_musical *musical = row;
  int rc = op_musical_load(model, id, musical, error);
  *ret_found = musical->id[0] != '\0';
  return rc;
}

/* Writes the musical, in its place where it has one. */
static int save(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  const struct op_musical *musical = row;
  (void)is_new; /* so few are new that one statement does for both */
  sqlite3_stmt *put = op_model_sql(model, "INSERT INTO musicals (musical_id, name, seats, held, price, currency, venue,"
                                          " starts_at, sales_open, sales_close, max_per_customer, closed, defined_by,"
                                          " grades, offered, waiting, opened_us, freed_by) VALUES"
                                          " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                                          " ON CONFLICT (musical_id) DO UPDATE SET"
                                          " seats = excluded.seats, held = excluded.held, price = excluded.price,"
                                          " venue = excluded.venue, starts_at = excluded.starts_at,"
                                          " sales_open = excluded.sales_open, sales_close = excluded.sales_close,"
                                          " max_per_customer = excluded.max_per_customer, closed = excluded.closed,"
                                          " defined_by = excluded.defined_by, grades = excluded.grades,"
                                          " offered = excluded.offered, waiting = excluded.waiting,"
                                          " opened_us = excluded.opened_us, freed_by = excluded.freed_by");
  struct op_text grades = {0};
  sqlite3_bind_text(put, 1, musical->id, -1, SQLITE_STATIC);
  sqlite3_bind_text(put, 2, musical->name, -1, SQLITE_STATIC);
  sqlite3_bind_int64(put, 3, musical->seats);
  sqlite3_bind_int64(put, 4, musical->held);
  if (musical->price >= 0)
    sqlite3_bind_int64(put, 5, musical->price);
  op_bind_text(put, 6, musical->currency);
  op_bind_text(put, 7, musical->venue);
  op_bind_text(put, 8, musical->starts_at);
  op_bind_text(put, 9, musical->sales_open);
  op_bind_text(put, 10, musical->sales_close);
  sqlite3_bind_int64(put, 11, musical->max_per_customer);
  sqlite3_bind_int(put, 12, musical->closed);
  sqlite3_bind_int64(put, 13, (sqlite3_int64)musical->defined_by);
  if (musical->grades.count > 0) {
    op_grades_write(&musical->grades, true, &grades);
    op_bind_text(put, 14, grades.ptr);
  }
  sqlite3_bind_int64(put, 15, musical->offered);
  sqlite3_bind_int64(put, 16, musical->waiting);
  sqlite3_bind_int64(put, 17, musical->opened_us);
  sqlite3_bind_int64(put, 18, (sqlite3_int64)musical->freed_by);
  int rc = op_model_exec(model, put, error);
  op_text_free(&grades);
  return rc;
}

/* Is this one of the types that op_musical_apply() folds? */
static bool is_ours(const evs_event *event) {
  for (const char *const *type = op_musical_types; *type != NULL; type++)
    if (op_type_is(event, *type))
      return true;
  return false;
}

/* Folds an event into the table. */
int op_musical_project(struct op_model *model, const evs_event *event, struct op_error *error) {
  static const struct op_row_kind musicals = {sizeof(struct op_musical), load, save};
  char id[OP_MAX_ID + 1];
  struct op_musical *musical = NULL;
  if (!is_ours(event) || !op_field_id(event, "musicalId", id))
    return OP_OK;
  int rc = op_model_row(model, &musicals, id, &musical, error);
  if (rc != OP_OK)
    return rc;
  op_musical_apply(musical, event);
  if (musical->id[0] != '\0')
    op_model_row_changed(musical);
  return OP_OK;
}

/* A musical that is being loaded. */
struct wanted {
  const char *id;
  struct op_musical *musical;
};

/* Folds an event of it. */
static void fold(void *context, const evs_event *event) {
  const struct wanted *wanted = context;
  char id[OP_MAX_ID + 1];
  if (op_field_id(event, "musicalId", id) && strcmp(id, wanted->id) == 0)
    op_musical_apply(wanted->musical, event);
}

/* The musical up to the written tail. */
int op_musical_load_written(struct op_model *model, const char *id, struct op_musical *ret_musical,
                            uint64_t *ret_position, struct op_error *error) {
  struct wanted wanted = {id, ret_musical};
  int rc = op_musical_load(model, id, ret_musical, error);
  return rc == OP_OK ? op_model_fold_pending(model, op_musical_types, NULL, fold, &wanted, ret_position, error) : rc;
}
