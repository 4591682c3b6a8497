/* model_open.c - finds a place for the tables of a read model, makes it, and removes it when it is damaged.
 *
 * STORE/state/NAME.db in WAL mode, state/ of mode 0700. Where it cannot be written the same tables stand in memory.
 * Invariants: while a process opens or makes the file it holds a shared or exclusive flock(2) on state/, and only who
 * holds it exclusively removes files, so that a database never meets the WAL of another one. SQLite itself leaves the
 * -wal file alone when the database under it was unlinked, so removing state/ under a running process is harmless: that
 * process goes on with files that have no name. Errors: 75 busy, 74 io_error, those of op_store_directory(). */
#include "model_inside.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 4096

/* Takes the lock on state/ within the time limit. */
static int lock_state(const struct op_model *model, int fd, int operation, struct op_error *error) {
  const struct timespec pause = {.tv_nsec = 1000000};
  int64_t deadline = op_monotonic_ms() + model->app->timeout_ms;
  while (flock(fd, operation | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return op_fail(error, OP_IO, "io_error", "state/: cannot lock it: %s", strerror(errno));
    if (op_monotonic_ms() >= deadline)
      return op_fail(error, OP_TEMPORARY, "busy", "read model %s: another process is making it",
                     model->definition->name);
    nanosleep(&pause, NULL);
  }
  return OP_OK;
}

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
  *ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(model->path);
  if (asprintf(&model->path, "%s/%s.db", path, model->definition->name) < 0) {
    model->path = NULL;
    if (*ret_fd >= 0)
      close(*ret_fd);
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  }
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

/* Is the journal mode of the file WAL already? */
static int is_wal(struct op_model *model, bool *ret_wal, struct op_error *error) {
  sqlite3_stmt *row = NULL;
  int result = sqlite3_prepare_v2(model->db, "PRAGMA journal_mode", -1, &row, NULL);
  if (result == SQLITE_OK)
    result = sqlite3_step(row);
  *ret_wal = result == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(row, 0), "wal") == 0;
  int again = sqlite3_finalize(row);
  return result == SQLITE_ROW && again == SQLITE_OK ? OP_OK : op__model_fail(model, result, error);
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

/* Opens the file under the shared lock, and makes its tables under the exclusive one where there are none. The cache is
 * what a command may use of memory, and so may a sort, which goes to a temporary file with what is more. */
static int attach_file(struct op_model *model, int state_fd, struct op_error *error) {
  static const char settings[] = "PRAGMA synchronous = NORMAL; PRAGMA temp_store = FILE; PRAGMA cache_size = -4096;"
                                 "PRAGMA journal_size_limit = 16777216";
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  struct op__meta meta = {0};
  bool wal = false;
  int rc = lock_state(model, state_fd, LOCK_SH, error);
  if (rc != OP_OK)
    return rc;
  int result = sqlite3_open_v2(model->path, &model->db, flags, NULL);
  if (result != SQLITE_OK)
    return op__model_fail(model, result, error);
  if (sqlite3_db_readonly(model->db, "main") == 1)
    return op__model_fail(model, SQLITE_READONLY, error);
  sqlite3_busy_timeout(model->db, (int)model->app->timeout_ms);
  rc = is_wal(model, &wal, error);
  if (rc == OP_OK && wal)
    rc = op__model_read_meta(model, &meta, error);
  if (rc == OP_OK && meta.version == 0) {
    rc = lock_state(model, state_fd, LOCK_EX, error);
    if (rc == OP_OK)
      rc = op__model_run(model, "PRAGMA journal_mode = WAL", error);
    if (rc == OP_OK)
      rc = op__model_reset(model, &meta, error);
  }
  return rc == OP_OK ? op__model_run(model, settings, error) : rc;
}

/* The tables in memory, empty. */
static int attach_memory(struct op_model *model, struct op_error *error) {
  free(model->path);
  model->path = NULL;
  int result = sqlite3_open_v2(":memory:", &model->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (result != SQLITE_OK)
    return op__model_fail(model, result, error);
  int rc = op__model_run(model, "PRAGMA temp_store = MEMORY", error);
  return rc == OP_OK ? make_tables(model, error) : rc;
}

/* Where the tables can be. */
int op__model_attach(struct op_model *model, struct op_error *error) {
  int fd = -1;
  int rc = OP_OK;
  model->damaged = model->unwritable = model->wrote = false;
  model->checked = 0;
  if (model->place == OP__FILE) {
    rc = open_state(model, &fd, error);
    if (rc != OP_OK)
      return rc;
    if (fd >= 0) {
      rc = attach_file(model, fd, error);
      close(fd);
    }
    if (fd >= 0 && !model->unwritable)
      return rc;
    op__model_detach(model);
    model->place = OP__MEMORY;
    op_explain(model->app, "state/%s.db cannot be written: the journal is folded in memory", model->definition->name);
  }
  model->unwritable = false;
  return attach_memory(model, error);
}

/* Closes the database. Who wrote nothing leaves the checkpoint to those who do. */
void op__model_detach(struct op_model *model) {
  for (size_t i = 0; i < model->count; i++) {
    sqlite3_finalize(model->statements[i].statement);
    free(model->statements[i].copy);
  }
  model->count = 0;
  model->snapshot = false;
  if (model->db == NULL)
    return;
  if (!model->wrote || model->damaged)
    sqlite3_db_config(model->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_close(model->db);
  model->db = NULL;
}

/* Is the file that is open still the one that has the name? */
bool op__model_moved(struct op_model *model) {
  int moved = 0;
  return model->place == OP__FILE && model->db != NULL &&
         sqlite3_file_control(model->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}

/* Unlinks the database and what SQLite keeps beside it. */
static void unlink_files(const char *file) {
  static const char *const suffixes[] = {"", "-wal", "-shm"};
  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
    char path[PATH_SIZE + 128];
    snprintf(path, sizeof path, "%s%s", file, suffixes[i]);
    unlink(path);
  }
}

/* Removes the files of a damaged model. */
void op__model_remove(struct op_model *model) {
  struct op_error ignored;
  int fd = -1;
  if (model->place == OP__FILE && model->db != NULL && open_state(model, &fd, &ignored) == OP_OK && fd >= 0 &&
      lock_state(model, fd, LOCK_EX, &ignored) == OP_OK && !op__model_moved(model))
    unlink_files(model->path);
  if (fd >= 0)
    close(fd);
  op__model_detach(model);
}
