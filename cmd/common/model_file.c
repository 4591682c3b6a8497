/* model_file.c - the three files of a read model, NAME.db, NAME.db-wal and NAME.db-shm, whose names may go at any time.
 *
 * `rm -r state` removes names one by one while processes have the files open. SQLite keeps its locks in -shm, opens
 * -wal and -shm by their names and makes what is missing: who came just then would work on the same database with
 * another log and other locks than those who are in it, and their checkpoints would destroy it unseen. So:
 * 1. All who are connected to a database have the same -wal and -shm. They connect under a flock(2) on state/, and in
 * our processes SQLite makes neither file (open_existing): a missing name is an error. Names are made only by who holds
 * the flock exclusively, and beside a database only when an exclusive lock on it shows that nobody is connected: SQLite
 * keeps a shared one from the first read until it closes. Else the database is given up: its name is removed, a new
 * one made. No name comes back to a file that lost it, so what a name leads to is what the others have.
 * 2. A database that lost its log is used only if it is whole without. The sticky bit of its mode tells: set before a
 * checkpoint begins, taken off by a process that has written, or finds it there, closes, finds itself alone and has
 * copied all. Whoever cannot set it makes no checkpoint, and where no file keeps it (vfat, some FUSE) none is made.
 * 3. What is made is made by the descriptor of the state/ that is locked, the database under another name until it is
 * whole; and after connecting, state/ must still be that directory, or all is done again. What is given up keeps its
 * names until the new one is on the disk. A database that is a symbolic link is left alone: its log would be elsewhere.
 * The two files stay when all have closed. What remains: a stranger (sqlite3 by hand) who comes between two removals
 * makes files under no lock of ours; after a power failure the bit may be older than the pages. Where a stranger who
 * closes last removes the log while the bit is set, all is folded anew. Errors: 75 busy, 74 io_error and disk_full. */
#include "lock.h"
#include "model_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE 64          /* of the name of a file in state/ */
#define ATTEMPTS 8            /* at names that go again while they are made */
#define CHECKPOINT_PAGES 1000 /* in the log, after which a commit copies them into the database */
#define UNFINISHED S_ISVTX    /* in the mode of a database: pages are, or were, copied into it */
#define WRITE_VERSION 18      /* bytes of the header of a database that say how it is written and read ... */
#define READ_VERSION 19
#define BY_LOG 2 /* ... namely with a write-ahead log */

/* ---- state/ ------------------------------------------------------------------------------------ */

/* Takes the lock on state/ within the time limit. */
int op__state_lock(const struct op_model *model, int fd, int operation, struct op_error *error) {
  int failed = op_lock(fd, operation, model->app->timeout_ms);
  if (failed == ETIMEDOUT)
    return op_fail(error, OP_TEMPORARY, "busy", "read model %s: another process is making it", model->definition->name);
  return failed ? op_fail(error, OP_IO, "io_error", "state/: cannot lock it: %s", strerror(failed)) : OP_OK;
}

/* The directory of model->path. */
static const char *directory(const struct op_model *model, char path[PATH_MAX]) {
  snprintf(path, PATH_MAX, "%.*s", (int)(strrchr(model->path, '/') - model->path), model->path);
  return path;
}

/* Opens state/. */
int op__state_open(const struct op_model *model) {
  char path[PATH_MAX];
  return open(directory(model, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Is the directory still the one that has the name? */
static bool is_current(const struct op_model *model, int state_fd) {
  char path[PATH_MAX];
  struct stat named, held;
  return stat(directory(model, path), &named) == 0 && fstat(state_fd, &held) == 0 && named.st_dev == held.st_dev &&
         named.st_ino == held.st_ino;
}

/* ---- names ------------------------------------------------------------------------------------- */

static const char *const beside[] = {"-wal", "-shm"};

/* The name of a file in state/: of the database where there is no suffix. */
static const char *file_name(const struct op_model *model, const char *suffix, char name[NAME_SIZE]) {
  snprintf(name, NAME_SIZE, "%.40s.db%s", model->definition->name, suffix);
  return name;
}

/* Is there a file of this name? An empty database is none: nothing was ever in it. */
static bool is_there(const struct op_model *model, int state_fd, const char *suffix, mode_t *ret_mode) {
  char name[NAME_SIZE];
  struct stat info;
  bool there = fstatat(state_fd, file_name(model, suffix, name), &info, 0) == 0;
  *ret_mode = there ? info.st_mode : 0;
  return there && (info.st_size > 0 || suffix[0] != '\0' || !S_ISREG(info.st_mode));
}

/* Is one of the names missing? */
static bool is_missing(const struct op_model *model, int state_fd) {
  mode_t ignored;
  return !is_there(model, state_fd, "", &ignored) || !is_there(model, state_fd, "-wal", &ignored) ||
         !is_there(model, state_fd, "-shm", &ignored);
}

/* Removes the three names: first that of the database, so that it is never found without its log. */
void op__files_unlink(const struct op_model *model, int state_fd) {
  char name[NAME_SIZE];
  unlinkat(state_fd, file_name(model, "", name), 0);
  for (size_t i = 0; i < 2; i++)
    unlinkat(state_fd, file_name(model, beside[i], name), 0);
}

/* ---- making ------------------------------------------------------------------------------------ */

/* An error of the filesystem: memory gives the same answers. */
static int cannot_make(struct op_model *model, const char *name, struct op_error *error) {
  model->unwritable = true;
  bool full = errno == ENOSPC || errno == EDQUOT;
  return op_fail(error, OP_IO, full ? "disk_full" : "io_error", "cannot make state/%s: %s", name, strerror(errno));
}

/* Sets the mark of a database in which pages are changed, or takes it off; does the filesystem keep it so? */
static bool mark(int state_fd, const char *name, bool unfinished) {
  struct stat info;
  if (fstatat(state_fd, name, &info, 0) != 0)
    return false;
  mode_t wanted = unfinished ? UNFINISHED : 0;
  if ((info.st_mode & UNFINISHED) == wanted)
    return true;
  return fchmodat(state_fd, name, (info.st_mode & 07777 & ~(mode_t)UNFINISHED) | wanted, 0) == 0 &&
         fstatat(state_fd, name, &info, 0) == 0 && (info.st_mode & UNFINISHED) == wanted;
}

/* Makes a file with this content and tells the disk. */
static int write_file(int state_fd, const char *name, const unsigned char *bytes, size_t size) {
  int fd = openat(state_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0)
    return -1;
  size_t done = 0;
  ssize_t n = 0;
  while (done < size && (n = write(fd, bytes + done, size - done)) > 0)
    done += (size_t)n;
  int rc = done == size ? fdatasync(fd) : -1;
  int saved = errno;
  close(fd);
  errno = saved;
  return rc;
}

/* The content of a database with empty tables. To be freed with sqlite3_free(). */
static int empty_tables(struct op_model *model, unsigned char **ret_bytes, size_t *ret_size, struct op_error *error) {
  sqlite3_int64 size = 0;
  unsigned char *bytes = NULL;
  int rc = op__model_open_memory(model, error);
  if (rc == OP_OK && (bytes = sqlite3_serialize(model->db, "main", &size, 0)) == NULL)
    rc = op__model_fail(model, SQLITE_NOMEM, error);
  if (bytes != NULL)
    bytes[WRITE_VERSION] = bytes[READ_VERSION] = BY_LOG;
  sqlite3_close(model->db);
  model->db = NULL;
  *ret_bytes = bytes;
  *ret_size = (size_t)size;
  return rc;
}

/* Makes a new database in the place of the old one, which goes when the new one is there. */
static int make_database(struct op_model *model, int state_fd, struct op_error *error) {
  char name[NAME_SIZE], whole[NAME_SIZE];
  unsigned char *bytes = NULL;
  size_t size = 0;
  int rc = empty_tables(model, &bytes, &size, error);
  if (rc == OP_OK) {
    file_name(model, "", whole);
    unlinkat(state_fd, file_name(model, "-new", name), 0);
    errno = ENOTSUP; /* of a mark that is not kept, though nobody says why */
    if (write_file(state_fd, name, bytes, size) != 0 || !mark(state_fd, name, true) || !mark(state_fd, name, false)) {
      rc = cannot_make(model, whole, error);
    } else {
      op__files_unlink(model, state_fd);
      if (renameat(state_fd, name, state_fd, whole) != 0)
        rc = cannot_make(model, whole, error);
    }
    if (rc != OP_OK)
      unlinkat(state_fd, name, 0);
  }
  sqlite3_free(bytes);
  return rc;
}

/* Makes what is not there of the files beside the database. */
static int make_beside(struct op_model *model, int state_fd, struct op_error *error) {
  char name[NAME_SIZE];
  for (size_t i = 0; i < 2; i++)
    if (write_file(state_fd, file_name(model, beside[i], name), NULL, 0) != 0 && errno != EEXIST)
      return cannot_make(model, name, error);
  return OP_OK;
}

/* Takes the exclusive lock on the open database, of which `held` was held: is nobody else connected to it? */
static bool is_alone(struct op_model *model, int held) {
  sqlite3_file *file = NULL;
  sqlite3_file_control(model->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file == NULL || file->pMethods == NULL)
    return false;
  if (held == SQLITE_LOCK_NONE && file->pMethods->xLock(file, SQLITE_LOCK_SHARED) != SQLITE_OK)
    return false;
  if (file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK)
    return true;
  file->pMethods->xUnlock(file, held);
  return false;
}

/* Makes what is missing beside a database to which nobody is connected and that needs no more. Else *ret_kept is false.
 */
static int complete(struct op_model *model, int state_fd, bool *ret_kept, struct op_error *error) {
  mode_t mode, ignored;
  int rc = OP_OK;
  bool logged = is_there(model, state_fd, "-wal", &ignored);
  *ret_kept = is_there(model, state_fd, "", &mode);
  if (!*ret_kept)
    return OP_OK;
  int result = sqlite3_open_v2(model->path, &model->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (result == SQLITE_OK && sqlite3_db_readonly(model->db, "main") == 1)
    result = SQLITE_READONLY;
  *ret_kept = result == SQLITE_OK ? (logged || !(mode & UNFINISHED)) && is_alone(model, SQLITE_LOCK_NONE)
                                  : is_there(model, state_fd, "", &mode);
  if (*ret_kept)
    rc = result == SQLITE_OK ? make_beside(model, state_fd, error) : op__model_fail(model, result, error);
  sqlite3_close(model->db);
  model->db = NULL;
  return rc;
}

/* Makes what is missing, if need be all. Under the exclusive lock on state/. */
static int make_missing(struct op_model *model, int state_fd, struct op_error *error) {
  bool kept = false;
  char name[NAME_SIZE];
  struct stat info;
  file_name(model, "", name);
  if (fstatat(state_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode)) {
    model->unwritable = true;
    return op_fail(error, OP_IO, "io_error", "state/%s is a symbolic link", name);
  }
  int rc = complete(model, state_fd, &kept, error);
  if (rc != OP_OK || kept)
    return rc;
  if (model->definition->schema == NULL)
    return op_fail(error, OP_TEMPORARY, "model_damaged", "read model %s is to be made anew", model->definition->name);
  rc = make_database(model, state_fd, error);
  return rc == OP_OK ? make_beside(model, state_fd, error) : rc;
}

/* ---- connecting -------------------------------------------------------------------------------- */

/* As open(2), for SQLite; but what it keeps beside a database must be there. */
static int open_existing(const char *path, int flags, int mode) {
  size_t len = strlen(path);
  for (size_t i = 0; i < 2; i++)
    if (len > strlen(beside[i]) && strcmp(path + len - strlen(beside[i]), beside[i]) == 0)
      flags &= ~O_CREAT;
  return open(path, flags, mode);
}

/* Has all opening of SQLite in this process go that way. */
static void never_make_beside(void) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  if (vfs != NULL && vfs->iVersion >= 3)
    vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)(void (*)(void))open_existing);
}

/* Has the database a write-ahead log? Else somebody else made it. */
static int check_log(struct op_model *model, struct op_error *error) {
  sqlite3_stmt *row = NULL;
  int result = sqlite3_prepare_v2(model->db, "PRAGMA journal_mode", -1, &row, NULL);
  if (result == SQLITE_OK)
    result = sqlite3_step(row);
  bool wal = result == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(row, 0), "wal") == 0;
  int again = sqlite3_finalize(row);
  if (result != SQLITE_ROW || again != SQLITE_OK)
    return op__model_fail(model, result, error);
  return wal ? OP_OK : op__model_fail(model, SQLITE_NOTADB, error);
}

/* Connects to the files as they are: from the first read on the database is locked and the log open. */
static int connect_as_it_is(struct op_model *model, struct op_error *error) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  struct op__meta ignored;
  int result = sqlite3_open_v2(model->path, &model->db, flags, NULL);
  if (result == SQLITE_OK) /* checkpoints are ours alone, also where connecting fails half way */
    sqlite3_db_config(model->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  if (result == SQLITE_OK && model->definition->schema != NULL && sqlite3_db_readonly(model->db, "main") == 1)
    result = SQLITE_READONLY;
  if (result != SQLITE_OK)
    return op__model_fail(model, result, error);
  sqlite3_busy_timeout(model->db, (int)model->app->timeout_ms);
  int rc = check_log(model, error);
  return rc == OP_OK ? op__model_read_meta(model, &ignored, error) : rc;
}

/* Connects to the files of model->path, and makes what is missing of them. */
int op__files_connect(struct op_model *model, int state_fd, bool *ret_current, struct op_error *error) {
  int rc = OP_OK;
  never_make_beside();
  *ret_current = true;
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    model->damaged = model->unwritable = false;
    rc = op__state_lock(model, state_fd, attempt == 0 ? LOCK_SH : LOCK_EX, error);
    if (rc != OP_OK)
      return rc;
    if (attempt > 0 && is_missing(model, state_fd))
      rc = make_missing(model, state_fd, error);
    bool cannot = rc != OP_OK;
    if (!cannot)
      rc = connect_as_it_is(model, error);
    *ret_current = is_current(model, state_fd);
    if (rc == OP_OK || cannot || !*ret_current || !is_missing(model, state_fd))
      return rc;
    sqlite3_close(model->db);
    model->db = NULL;
    *error = (struct op_error){0}; /* nothing is wrong yet */
  }
  return rc;
}

/* ---- checkpoints ------------------------------------------------------------------------------- */

/* Copies the log into the database. Was that all of it? */
static bool checkpoint(struct op_model *model, int how) {
  int pages = 0, copied = 0;
  /* Where the name is gone nobody comes to it; else no page is changed without the mark. */
  model->unfinished = model->unfinished || mark(AT_FDCWD, model->path, true) || access(model->path, F_OK) != 0;
  return model->unfinished && sqlite3_wal_checkpoint_v2(model->db, "main", how, &pages, &copied) == SQLITE_OK &&
         pages == copied;
}

/* After a commit: checkpoints, where the log has become long. */
static int after_commit(void *context, sqlite3 *db, const char *name, int pages) {
  (void)db, (void)name;
  if (pages >= CHECKPOINT_PAGES)
    checkpoint(context, SQLITE_CHECKPOINT_PASSIVE);
  return SQLITE_OK;
}

/* Checkpoints are ours alone. */
void op__files_watch(struct op_model *model) { sqlite3_wal_hook(model->db, after_commit, model); }

/* The database is whole without its log. Under its exclusive lock; the one on state/ holds its name in place. */
static void mark_whole(struct op_model *model, int state_fd) {
  char name[NAME_SIZE];
  if (flock(state_fd, LOCK_SH | LOCK_NB) == 0 && !op__model_moved(model))
    mark(state_fd, file_name(model, "", name), false);
}

/* Did somebody leave the mark? */
bool op__files_unfinished(struct op_model *model) {
  struct stat info;
  return stat(model->path, &info) == 0 && (info.st_mode & UNFINISHED) && !op__model_moved(model);
}

/* Who is the last to be connected leaves a database that is whole, and an empty log. */
void op__files_leave(struct op_model *model) {
  sqlite3_file *file = NULL;
  if (!is_alone(model, SQLITE_LOCK_SHARED))
    return;
  if (checkpoint(model, SQLITE_CHECKPOINT_TRUNCATE)) {
    int fd = op__state_open(model);
    if (fd >= 0) {
      mark_whole(model, fd);
      close(fd);
    }
  }
  sqlite3_file_control(model->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  file->pMethods->xUnlock(file, SQLITE_LOCK_SHARED);
}
