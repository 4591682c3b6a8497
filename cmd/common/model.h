/* model.h - read models: a command's own view of the journal in STORE/state/NAME.db (SQLite).
 *
 * state/NAME.db = fold(journal) and the offset it was folded up to, written in one transaction (CQRS projection). It
 * may be deleted at any time. It never holds what is not durable. It is rebuilt when its schema version differs from
 * the code's, or when the journal under it is another one (the event at its offset is not the one that it folded). Who
 * may not write state/ gets the same answers from a model in memory.
 *
 * Opened in WAL mode with synchronous=NORMAL: it can be rebuilt, so it is synced for integrity only. */
#ifndef OP_MODEL_H
#define OP_MODEL_H

#include "app.h"

#include <sqlite3.h>
#include <string.h>

struct op_model;

struct op_model_definition {
  const char *name;    /* "reserve": state/reserve.db */
  int version;         /* of the schema and of the meaning of apply */
  const char *schema;  /* CREATE TABLE ... statements, and the indexes that apply() needs */
  const char *indexes; /* all other CREATE INDEX ... statements, or NULL: run when all is folded for the first time */
  const char *const *types; /* event types that apply() wants, NULL-terminated; NULL: all */
  bool requests;            /* keep request ids (tags request:KEY of any event), for --request-id */
  /* Folds one event into the tables; called inside of a transaction, in order, once per event. */
  int (*apply)(struct op_model *model, const evs_event *event, struct op_error *error);
};

/* Opens (and makes, rebuilds) the model over app->store, which must be open, and catches up to the durable position. */
int op_model_open(struct op_app *app, const struct op_model_definition *definition, struct op_model **ret_model,
                  struct op_error *error);
/* The same for who only reads: opens the store first, which must be there (exit 66). */
int op_model_open_there(struct op_app *app, const struct op_model_definition *definition, struct op_model **ret_model,
                        struct op_error *error);
/* Opens without writing when the model is only a little behind (at most a few hundred events): the caller folds the
 * rest itself with op_model_pending(). For decisions, where a write to SQLite per call would be the whole cost. */
int op_model_open_lazy(struct op_app *app, const struct op_model_definition *definition, struct op_model **ret_model,
                       struct op_error *error);
void op_model_close(struct op_model *model); /* NULL is legal */

/* The offset of the model of this name as it stands in its file, whoever's it is; waits a second at most for those who
 * are at work there. False where it cannot be told. */
bool op_model_peek(struct op_app *app, const char *name, uint64_t *ret_offset);

/* Folds what came since, up to the durable position. */
int op_model_catch_up(struct op_model *model, struct op_error *error);
/* The same, but as lazily as the model was opened: what op_commit() does before it decides again. */
int op_model_refresh(struct op_model *model, struct op_error *error);
/* From now on op_model_refresh() leaves the model where it is, whatever comes: its user folds all of it itself. */
void op_model_stay(struct op_model *model);
bool op_model_is_lazy(const struct op_model *model);

/* The offset: everything up to this seq is folded in. */
uint64_t op_model_offset(const struct op_model *model);
struct op_app *op_model_app(const struct op_model *model);
const char *op_model_name(const struct op_model *model);

/* A cursor over events after the model's offset up to the written tail, for a decision (rule 3). The caller closes it.
 */
int op_model_pending(struct op_model *model, const evs_query *query, evs_cursor **ret_cursor, struct op_error *error);

/* Takes one event into account. */
typedef void op_fold(void *context, const evs_event *event);
/* Folds all of these types (NULL-terminated) that carry `tag` ("name:value"; NULL: whatever they carry) after the
 * model's offset, up to the written tail, for a decision. *ret_position (may be NULL) is how far that was. */
int op_model_fold_pending(struct op_model *model, const char *const *types, const char *tag, op_fold *fold,
                          void *context, uint64_t *ret_position, struct op_error *error);
/* Folds the durable events of these types from the seq `first` to `last`, for an answer that is the same as before. */
int op_model_replay(struct op_model *model, const char *const *types, uint64_t first, uint64_t last, op_fold *fold,
                    void *context, struct op_error *error);

/* A prepared statement of this model, reset and with bindings cleared; prepared once per SQL text (the pointer is the
 * key, so pass string literals). Owned by the model; do not finalize. NULL never: an error of the SQL itself is a bug
 * and aborts with exit 70. */
sqlite3_stmt *op_model_sql(struct op_model *model, const char *sql);
/* The same for a text that was put together: it is compared and copied. */
sqlite3_stmt *op_model_sql_text(struct op_model *model, const char *sql);
/* Steps a statement that returns no rows. 0 or an exit code. */
int op_model_exec(struct op_model *model, sqlite3_stmt *statement, struct op_error *error);
/* Steps a SELECT: *ret_row true where there is a row. 0 or an exit code. */
int op_model_step(struct op_model *model, sqlite3_stmt *statement, bool *ret_row, struct op_error *error);

/* ---- rows, for apply() ------------------------------------------------------------------------- */

/* A row that many events change (a reservation, a musical). While events are folded it is kept in memory: loaded once,
 * and saved once before the transaction commits. */
struct op_row_kind {
  size_t size; /* of its struct */
  /* Fills the struct, which is all zeros, from the tables. *ret_found: there is such a row. */
  int (*load)(struct op_model *model, const char *id, void *row, bool *ret_found, struct op_error *error);
  /* Writes it. `is_new`: the tables have no row of this id. */
  int (*save)(struct op_model *model, const void *row, bool is_new, struct op_error *error);
};

/* *(struct x **)ret_row is the row, all zeros where there is none; valid until the next call for this kind. The id is
 * one that op_check_id() takes, or "". */
int op_model_row(struct op_model *model, const struct op_row_kind *kind, const char *id, void *ret_row,
                 struct op_error *error);
/* What op_model_row() gave was changed, and is to be saved. */
void op_model_row_changed(void *row);

/* ---- values ------------------------------------------------------------------------------------ */

/* Binding and reading helpers: JSON text of the journal decoded in place. */
void op_bind_field(sqlite3_stmt *statement, int index, const evs_event *event,
                   const char *key);                                      /* string, number or NULL */
void op_bind_slice(sqlite3_stmt *statement, int index, evs_slice inside); /* an envelope string */
/* A text column into a buffer; "" where it is NULL, cut where it is too long. */
void op_column_text(sqlite3_stmt *row, int column, char *buf, size_t size);

/* Binds the text itself, which must stay until the statement was stepped; NULL and "" become NULL. */
void op_bind_text(sqlite3_stmt *statement, int index, const char *text);
/* A member of data: as a number (fallback where absent), as text into buf (empty where absent, false where absent). */
int64_t op_field_number(const evs_event *event, const char *key, int64_t fallback);
bool op_field_text(const evs_event *event, const char *key, char *buf, size_t size);
/* A member of data that is any number, as it is written there (1.50); "" and false where it is none, or too long. */
bool op_field_decimal(const evs_event *event, const char *key, char *buf, size_t size);
/* A member of data that is an RFC 3339 time, in microseconds since 1970; the fallback where it is none. */
int64_t op_field_time(const evs_event *event, const char *key, int64_t fallback);
/* A member of data that must be an id (op_check_id): empty and false where it is none, so that an odd event of somebody
 * else never becomes a tag or a correlation of ours. */
bool op_field_id(const evs_event *event, const char *key, char buf[OP_MAX_ID + 1]);
/* event->type equals this plain text. Inline, so that the length of a literal costs nothing. */
static inline bool op_type_is(const evs_event *event, const char *type) {
  size_t len = strlen(type);
  return event->type.len == len && memcmp(event->type.ptr, type, len) == 0;
}

#endif
