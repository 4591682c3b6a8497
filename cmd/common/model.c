/* model.c - read models: the public face. What is behind it, and the states of a model, stand in model_inside.h.
 *
 * Invariants: between calls the model is in a snapshot, a read transaction in which its offset was read, so that every
 * row that a caller reads is fold(journal up to op_model_offset()), whatever other processes commit meanwhile. A file
 * that SQLite finds damaged is removed and folded anew; where that is found in the middle of a command, the command
 * ends with 75 and the next one starts from a clean file.
 * Errors: 75 busy, 75 model_damaged, 74 io_error, those of the store and of apply(); a mistake in our SQL ends with 70.
 */
#include "model_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROUNDS 16 /* of finding the tables wrong and making them anew, before it is called a bug */

/* ---- errors ------------------------------------------------------------------------------------ */

/* What a result of SQLite means. */
int op__model_fail(struct op_model *model, int result, struct op_error *error) {
  const char *name = model->definition->name;
  const char *message = model->db != NULL ? sqlite3_errmsg(model->db) : sqlite3_errstr(result);
  switch (result & 0xff) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return op_fail(error, OP_TEMPORARY, "busy", "read model %s: another process has it locked", name);
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    model->damaged = true;
    return op_fail(error, OP_TEMPORARY, "model_damaged",
                   "read model %s is damaged; it is removed, and the next command folds it anew", name);
  case SQLITE_FULL:
  case SQLITE_READONLY:
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
    model->unwritable = true;
    return op_fail(error, OP_IO, (result & 0xff) == SQLITE_FULL ? "disk_full" : "io_error", "read model %s: %s", name,
                   message);
  case SQLITE_NOMEM:
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  case SQLITE_IOERR: /* a full disk, files that were removed under us ...: memory gives the same answers */
    model->unwritable = true;
    return op_fail(error, OP_IO, "io_error", "read model %s: %s", name, message);
  default:
    return op_fail(error, OP_SOFTWARE, "internal", "read model %s: %s (SQLite %d)", name, message, result);
  }
}

/* Says the error and ends: for mistakes in our SQL, which no caller could handle. */
static void die(struct op_model *model, int result, const char *sql) {
  struct op_error error;
  struct op_app *app = model->app;
  int exit_code = op__model_fail(model, result, &error);
  op_print_error(app, &error);
  op_explain(app, "in: %s", sql);
  if (model->damaged)
    op__model_remove(model);
  exit(exit_code);
}

/* ---- statements -------------------------------------------------------------------------------- */

/* Runs SQL without results. */
int op__model_run(struct op_model *model, const char *sql, struct op_error *error) {
  int result = sqlite3_exec(model->db, sql, NULL, NULL, NULL);
  return result == SQLITE_OK ? OP_OK : op__model_fail(model, result, error);
}

/* Resets every statement. */
void op__model_reset_statements(struct op_model *model) {
  for (size_t i = 0; i < model->count; i++)
    sqlite3_reset(model->statements[i].statement);
}

/* The statement of this text. */
sqlite3_stmt *op_model_sql(struct op_model *model, const char *sql) {
  for (size_t i = 0; i < model->count; i++) {
    if (model->statements[i].sql != sql)
      continue;
    sqlite3_reset(model->statements[i].statement);
    sqlite3_clear_bindings(model->statements[i].statement);
    return model->statements[i].statement;
  }
  if (model->count == model->size) {
    size_t size = model->size > 0 ? model->size * 2 : 16;
    struct op__statement *statements = reallocarray(model->statements, size, sizeof *statements);
    if (statements == NULL)
      die(model, SQLITE_NOMEM, sql);
    model->statements = statements;
    model->size = size;
  }
  sqlite3_stmt *statement = NULL;
  int result = sqlite3_prepare_v3(model->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
  model->damaged |= result == SQLITE_ERROR; /* tables that somebody changed by hand are made anew the next time */
  if (result != SQLITE_OK || statement == NULL)
    die(model, result != SQLITE_OK ? result : SQLITE_MISUSE, sql);
  model->statements[model->count++] = (struct op__statement){.sql = sql, .statement = statement};
  return statement;
}

/* The statement of a text that is not a literal. */
sqlite3_stmt *op_model_sql_text(struct op_model *model, const char *sql) {
  for (size_t i = 0; i < model->count; i++)
    if (model->statements[i].copy != NULL && strcmp(model->statements[i].copy, sql) == 0)
      return op_model_sql(model, model->statements[i].copy);
  char *copy = strdup(sql);
  if (copy == NULL)
    die(model, SQLITE_NOMEM, sql);
  sqlite3_stmt *statement = op_model_sql(model, copy);
  model->statements[model->count - 1].copy = copy;
  return statement;
}

/* Steps to the end of a statement that returns no rows. */
int op_model_exec(struct op_model *model, sqlite3_stmt *statement, struct op_error *error) {
  int result = sqlite3_step(statement);
  int rc = result == SQLITE_DONE || result == SQLITE_ROW ? OP_OK : op__model_fail(model, result, error);
  sqlite3_reset(statement);
  return rc;
}

/* Steps to the next row. */
int op_model_step(struct op_model *model, sqlite3_stmt *statement, bool *ret_row, struct op_error *error) {
  int result = sqlite3_step(statement);
  *ret_row = result == SQLITE_ROW;
  if (result == SQLITE_ROW)
    return OP_OK;
  int rc = result == SQLITE_DONE ? OP_OK : op__model_fail(model, result, error);
  sqlite3_reset(statement);
  return rc;
}

/* The row of `meta`. Not one of the kept statements: the table may not be there yet. */
int op__model_read_meta(struct op_model *model, struct op__meta *ret_meta, struct op_error *error) {
  sqlite3_stmt *row = NULL;
  *ret_meta = (struct op__meta){0};
  int result = sqlite3_prepare_v2(model->db, "SELECT version, offset, fingerprint, indexed FROM meta", -1, &row, NULL);
  if (result == SQLITE_ERROR) /* no such table, or one of somebody else */
    return OP_OK;
  if (result == SQLITE_OK)
    result = sqlite3_step(row);
  if (result == SQLITE_ROW) {
    int64_t offset = sqlite3_column_int64(row, 1);
    const unsigned char *fingerprint = sqlite3_column_text(row, 2);
    ret_meta->version = sqlite3_column_int(row, 0);
    ret_meta->offset = offset > 0 ? (uint64_t)offset : 0;
    snprintf(ret_meta->fingerprint, sizeof ret_meta->fingerprint, "%s", fingerprint ? (const char *)fingerprint : "");
    ret_meta->indexed = sqlite3_column_int(row, 3) != 0;
  }
  sqlite3_finalize(row);
  return result == SQLITE_ROW || result == SQLITE_DONE ? OP_OK : op__model_fail(model, result, error);
}

/* ---- snapshots --------------------------------------------------------------------------------- */

/* Ends the read transaction. */
static void end_snapshot(struct op_model *model) {
  op__model_reset_statements(model);
  if (model->snapshot)
    sqlite3_exec(model->db, "ROLLBACK", NULL, NULL, NULL);
  model->snapshot = false;
}

/* Begins a read transaction and reads the offset in it; *ret_wrong as op__model_judge(). */
static int begin_snapshot(struct op_model *model, bool *ret_wrong, struct op_error *error) {
  *ret_wrong = false;
  int rc = op__model_run(model, "BEGIN", error);
  if (rc != OP_OK)
    return rc;
  model->snapshot = true;
  rc = op__model_read_meta(model, &model->meta, error);
  return rc == OP_OK ? op__model_judge(model, &model->meta, ret_wrong, error) : rc;
}

/* How far the journal goes. A decision reads on to the written tail by itself, all others act on what is durable: they
 * first settle what a process wrote that did not live to sync it, or they would do its work again. */
static int find_head(struct op_model *model, bool lazy, uint64_t *ret_head, evs_error *store_error) {
  evs_store *store = model->app->store;
  return lazy ? evs_head(store, ret_head, store_error) : evs_settle(store, ret_head, store_error);
}

/* attached -> in a snapshot, as caught up as `lazy` asks for. */
static int settle(struct op_model *model, bool lazy, struct op_error *error) {
  evs_error store_error;
  uint64_t target = 0;
  bool wrong = false, busy = false;
  int rc = find_head(model, lazy, &target, &store_error);
  if (rc != 0)
    return op_fail_store(error, rc, &store_error);
  for (int round = 0; round < MAX_ROUNDS; round++) {
    end_snapshot(model);
    rc = begin_snapshot(model, &wrong, error);
    if (rc != OP_OK)
      return rc;
    if (wrong) {
      const struct op__meta meta = model->meta;
      end_snapshot(model);
      rc = op__model_reset(model, &meta, error);
      if (rc != OP_OK)
        return rc;
      continue;
    }
    uint64_t lag = target > model->meta.offset ? target - model->meta.offset : 0;
    if (lag == 0 || (lazy && (lag <= OP__LAZY_LAG || busy)))
      return OP_OK;
    end_snapshot(model);
    rc = op__model_fold(model, target, !lazy, &busy, error);
    if (rc != OP_OK)
      return rc;
  }
  return op_fail(error, OP_SOFTWARE, "internal", "read model %s does not settle", model->definition->name);
}

/* Brings the model up from whatever state it is in; a damaged file is made anew, an unwritable one left for memory. */
static int bring_up(struct op_model *model, bool lazy, struct op_error *error) {
  evs_error store_error;
  uint64_t head = 0;
  int rc = find_head(model, lazy, &head, &store_error);
  if (rc != 0)
    return op_fail_store(error, rc, &store_error);
  if ((model->place == OP__EMPTY && head > 0) || op__model_moved(model)) {
    end_snapshot(model);
    op__model_detach(model);
    model->place = OP__FILE;
  } else if (model->db == NULL && head == 0 && !op__model_exists(model)) {
    model->place = OP__EMPTY; /* a file that is there was folded from a journal that is gone: that is to be said */
  }
  for (int attempt = 0;; attempt++) {
    rc = model->db == NULL ? op__model_attach(model, error) : OP_OK;
    if (rc == OP_OK)
      rc = settle(model, lazy, error);
    if (rc == OP_OK || attempt == 3 || model->place != OP__FILE)
      return rc;
    if (model->damaged) {
      op_warn(model->app, "read model %s was damaged: rebuilt", model->definition->name);
      op__model_remove(model);
    } else if (model->unwritable) {
      op_explain(model->app, "%s: the journal is folded in memory", error->message);
      op__model_detach(model);
      model->place = OP__MEMORY;
    } else {
      return rc;
    }
  }
}

/* ---- the public face --------------------------------------------------------------------------- */

/* Opens, lazily or not. */
static int open_model(struct op_app *app, const struct op_model_definition *definition, bool lazy,
                      struct op_model **ret_model, struct op_error *error) {
  *ret_model = NULL;
  struct op_model *model = calloc(1, sizeof *model);
  if (model == NULL)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  *model = (struct op_model){.app = app, .definition = definition, .lazy = lazy};
  int rc = bring_up(model, lazy, error);
  if (rc == OP_OK) {
    op_explain(app, "read model %s is folded up to event %" PRIu64, definition->name, model->meta.offset);
    *ret_model = model;
  } else
    op_model_close(model);
  return rc;
}

/* Opens and catches up. */
int op_model_open(struct op_app *app, const struct op_model_definition *definition, struct op_model **ret_model,
                  struct op_error *error) {
  return open_model(app, definition, false, ret_model, error);
}

/* Opens the model of a store that must be there. */
int op_model_open_there(struct op_app *app, const struct op_model_definition *definition, struct op_model **ret_model,
                        struct op_error *error) {
  int code = op_store_read(app, error);
  return code == OP_OK ? op_model_open(app, definition, ret_model, error) : code;
}

/* Opens and leaves a small rest to op_model_pending(). */
int op_model_open_lazy(struct op_app *app, const struct op_model_definition *definition, struct op_model **ret_model,
                       struct op_error *error) {
  return open_model(app, definition, true, ret_model, error);
}

/* Closes and releases. */
void op_model_close(struct op_model *model) {
  if (model == NULL)
    return;
  end_snapshot(model);
  if (model->damaged)
    op__model_remove(model);
  op__model_detach(model);
  op__rows_free(model);
  free(model->statements);
  free(model->path);
  free(model);
}

/* Folds what came since. */
int op_model_catch_up(struct op_model *model, struct op_error *error) { return bring_up(model, false, error); }

/* Folds what came since, unless it was opened lazily and that is little. */
int op_model_refresh(struct op_model *model, struct op_error *error) {
  evs_error store_error;
  uint64_t head = 0;
  if (model->stays && model->db != NULL)
    return OP_OK;
  int rc = find_head(model, model->lazy, &head, &store_error);
  if (rc != 0)
    return op_fail_store(error, rc, &store_error);
  /* The events after the snapshot are read by the decision anyway, so as long as they are few it may stay. */
  uint64_t lag = head > model->meta.offset ? head - model->meta.offset : 0;
  if (model->db != NULL && (lag == 0 || (model->lazy && lag <= OP__LAZY_LAG)))
    return OP_OK;
  return bring_up(model, model->lazy, error);
}

/* Nothing moves it but op_model_catch_up(). */
void op_model_stay(struct op_model *model) { model->stays = true; }

/* Was it opened lazily? */
bool op_model_is_lazy(const struct op_model *model) { return model->lazy; }

/* How far the tables are folded. */
uint64_t op_model_offset(const struct op_model *model) { return model->meta.offset; }

/* The name of the model. */
const char *op_model_name(const struct op_model *model) { return model->definition->name; }

/* Whose model it is. */
struct op_app *op_model_app(const struct op_model *model) {
  return model->app;
}
