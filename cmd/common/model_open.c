/* model_open.c - finds a place for the tables of a read model, makes them, and removes what is damaged.
 *
 * STORE/state/NAME.db in WAL mode, state/ of mode 0700; how processes meet there, and why its files may be removed
 * under them, stands in model_file.c. Where it cannot be written the same tables stand in memory. A process whose files
 * have lost their names goes on with them until it catches up the next time, and is then given the new ones. Errors: 75
 * busy, 74 io_error, those of op_store_directory(). */
#include "model_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define PEEK_MS 1000 /* how long a look from outside waits */
#define ATTEMPTS 8   /* at a directory that goes again while it is made */

/* Finds (makes) state/ and the path of the file. *ret_fd is -1 where it cannot be. */
static int open_state(struct op_model *model, int *ret_fd, struct op_error *error) {
  char store[PATH_SIZE], path[PATH_SIZE + 8];
  *ret_fd = -1;
  int rc = op_store_directory(model->app, store, sizeof store, error);
  if (rc != OP_OK)
    return rc;
  snprintf(path, sizeof path, "%s/state", store);
  if (mkdir(path, 0700) != 0 && errno != EEXIST)
    return OP_OK;
  free(model->path);
  if (asprintf(&model->path, "%s/%s.db", path, model->definition->name) < 0) {
    model->path = NULL;
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  }
  *ret_fd = op__state_open(model);
  return OP_OK;
}

/* Is there a file already? */
bool op__model_exists(const struct op_model *model) {
  char path[PATH_SIZE];
  struct op_error ignored;
  if (op_store_directory(model->app, path, sizeof path - 64, &ignored) != OP_OK)
    return false;
  size_t len = strlen(path);
  snprintf(path + len, sizeof path - len, "/state/%.40s.db", model->definition->name);
  return access(path, F_OK) == 0;
}

/* Makes the tables of the definition, empty. Inside of a transaction. */
static int make_tables(struct op_model *model, struct op_error *error) {
  char meta[128];
  snprintf(meta, sizeof meta, "INSERT INTO meta VALUES (%d, 0, '', 0)", model->definition->version);
  int rc = op__model_run(model,
                         "CREATE TABLE meta (version INTEGER NOT NULL, offset INTEGER NOT NULL,"
                         " fingerprint TEXT NOT NULL, indexed INTEGER NOT NULL)",
                         error);
  if (rc == OP_OK && model->definition->requests)
    rc = op__model_run(model,
                       "CREATE TABLE requests (key TEXT PRIMARY KEY, request TEXT NOT NULL, seq INTEGER NOT NULL)"
                       " WITHOUT ROWID",
                       error);
  if (rc == OP_OK)
    rc = op__model_run(model, model->definition->schema, error);
  return rc == OP_OK ? op__model_run(model, meta, error) : rc;
}

/* Drops whatever tables and views there are. Inside of a transaction. */
static int drop_tables(struct op_model *model, struct op_error *error) {
  static const char list[] =
      "SELECT 'DROP ' || type || ' \"' || replace(name, '\"', '\"\"') || '\";' FROM sqlite_master"
      " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
  struct op_text sql = {0};
  sqlite3_stmt *row = NULL;
  int result = sqlite3_prepare_v2(model->db, list, -1, &row, NULL);
  while (result == SQLITE_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
    op_text_adds(&sql, (const char *)sqlite3_column_text(row, 0));
    result = SQLITE_OK;
  }
  sqlite3_finalize(row);
  int rc = result == SQLITE_DONE ? OP_OK : op__model_fail(model, result, error);
  if (rc == OP_OK && sql.len > 0)
    rc = op__model_run(model, sql.ptr, error);
  op_text_free(&sql);
  return rc;
}

/* Empties the model, unless another process did since `wrong` was read. */
int op__model_reset(struct op_model *model, const struct op__meta *wrong, struct op_error *error) {
  struct op__meta now;
  op__model_reset_statements(model);
  int rc = op__model_run(model, "BEGIN IMMEDIATE", error);
  if (rc != OP_OK)
    return rc;
  rc = op__model_read_meta(model, &now, error);
  bool same =
      now.version == wrong->version && now.offset == wrong->offset && strcmp(now.fingerprint, wrong->fingerprint) == 0;
  if (rc == OP_OK && same)
    rc = drop_tables(model, error);
  if (rc == OP_OK && same)
    rc = make_tables(model, error);
  if (rc == OP_OK)
    rc = op__model_run(model, "COMMIT", error);
  if (rc != OP_OK)
    sqlite3_exec(model->db, "ROLLBACK", NULL, NULL, NULL);
  model->checked = 0;
  model->wrote = true;
  return rc;
}

/* The tables in memory, empty. */
int op__model_open_memory(struct op_model *model, struct op_error *error) {
  int result = sqlite3_open_v2(":memory:", &model->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (result != SQLITE_OK)
    return op__model_fail(model, result, error);
  int rc = op__model_run(model, "PRAGMA temp_store = MEMORY", error);
  return rc == OP_OK ? make_tables(model, error) : rc;
}

/* Connects to the file. *ret_found is false where state/ cannot be. The cache is what a command may use of memory, and
 * so may a sort, which goes to a temporary file with what is more. */
static int attach_file(struct op_model *model, bool *ret_found, struct op_error *error) {
  static const char settings[] = "PRAGMA synchronous = NORMAL; PRAGMA temp_store = FILE; PRAGMA cache_size = -4096;"
                                 "PRAGMA journal_size_limit = 16777216";
  bool current = false;
  int rc = OP_OK;
  *ret_found = true;
  for (int attempt = 0; attempt < ATTEMPTS && !current && *ret_found; attempt++) {
    int fd = -1;
    op__model_detach(model);
    rc = open_state(model, &fd, error);
    if (rc != OP_OK)
      return rc;
    *ret_found = fd >= 0;
    if (fd < 0)
      break;
    rc = op__files_connect(model, fd, &current, error);
    close(fd);
  }
  *ret_found &= current;
  if (rc != OP_OK || !*ret_found)
    return rc;
  op__files_watch(model);
  return op__model_run(model, settings, error);
}

/* Where the tables can be. */
int op__model_attach(struct op_model *model, struct op_error *error) {
  bool found = false;
  model->damaged = model->unwritable = model->wrote = model->unfinished = false;
  model->checked = 0;
  if (model->place == OP__FILE) {
    int rc = attach_file(model, &found, error);
    if (found ? !model->unwritable : rc != OP_OK)
      return rc;
    op__model_detach(model);
    model->place = OP__MEMORY;
    op_explain(model->app, "state/%s.db cannot be written%s%s: the journal is folded in memory",
               model->definition->name, rc != OP_OK ? ", " : "", rc != OP_OK ? error->message : "");
  }
  model->unwritable = false;
  free(model->path);
  model->path = NULL;
  return op__model_open_memory(model, error);
}

/* Closes the database. Who wrote nothing leaves the checkpoint to those who do, unless they have left it behind. */
void op__model_detach(struct op_model *model) {
  for (size_t i = 0; i < model->count; i++) {
    sqlite3_finalize(model->statements[i].statement);
    free(model->statements[i].copy);
  }
  model->count = 0;
  model->snapshot = false;
  if (model->db != NULL && model->place == OP__FILE && model->definition->schema != NULL && !model->damaged &&
      (model->wrote || op__files_unfinished(model)))
    op__files_leave(model);
  sqlite3_close(model->db);
  model->db = NULL;
}

/* Is the file that is open still the one that has the name? */
bool op__model_moved(struct op_model *model) {
  int moved = 0;
  return model->place == OP__FILE && model->db != NULL &&
         sqlite3_file_control(model->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}

/* Removes the files of a damaged model. */
void op__model_remove(struct op_model *model) {
  struct op_error ignored;
  int fd = model->place == OP__FILE && model->db != NULL ? op__state_open(model) : -1;
  if (fd >= 0 && op__state_lock(model, fd, LOCK_EX, &ignored) == OP_OK && !op__model_moved(model))
    op__files_unlink(model, fd);
  if (fd >= 0)
    close(fd);
  op__model_detach(model);
}

/* The offset in the file. */
bool op_model_peek(struct op_app *app, const char *name, uint64_t *ret_offset) {
  const struct op_model_definition definition = {.name = name};
  struct op_app patient = *app;
  struct op_model model = {.app = &patient, .definition = &definition};
  struct op__meta meta = {0};
  struct op_error ignored;
  bool found = false;
  patient.timeout_ms = app->timeout_ms < PEEK_MS ? app->timeout_ms : PEEK_MS;
  int rc = attach_file(&model, &found, &ignored);
  if (rc == OP_OK && found)
    rc = op__model_read_meta(&model, &meta, &ignored);
  op__model_detach(&model);
  free(model.path);
  *ret_offset = meta.offset;
  return rc == OP_OK && found && meta.version != 0;
}
