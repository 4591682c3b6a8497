/* test_model_removed.c - names that are removed from state/ one by one under processes that have a read model open, as
 * `rm -r state` does it: whoever comes then must not end up on one database file with another write-ahead log or
 * another wal-index than those who are there. And a database whose log was removed in the middle of a checkpoint, and
 * filesystems that keep no mark of that, or have no room.
 *
 * Processes are forked, because within one process SQLite shares what it knows of a file whatever its names say. The
 * model under test has rows and an index of them that fill many pages, so that commits bring checkpoints with them. */
#include "model.h"
#include "scratch.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FEW 100
#define MANY 4000   /* rows whose commit is followed by a checkpoint: with their index more than a thousand pages */
#define LARGE 10000 /* rows of which without their index the same is true */

static const char text[] = "{\"n\":\"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"
                           " 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"
                           " 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"
                           " 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"
                           " 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\"}";

/* ---- the model --------------------------------------------------------------------------------- */

/* One row per event, here and there in the index; or all rows are changed and need no more room than before. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  char buf[1024];
  if (op_type_is(event, "Changed"))
    return op_model_exec(model, op_model_sql(model, "UPDATE counted SET times = times + 1"), error);
  sqlite3_stmt *put = op_model_sql(model, "INSERT INTO counted VALUES (?1, 0, (?1 * 7919 % 10007) || ?2)");
  sqlite3_bind_int64(put, 1, (sqlite3_int64)event->seq);
  op_field_text(event, "n", buf, sizeof buf);
  op_bind_text(put, 2, buf);
  return op_model_exec(model, put, error);
}

static const char *const types[] = {"Counted", "Changed", NULL};
static const struct op_model_definition definition = {.name = "count",
                                                      .version = 1,
                                                      .schema =
                                                          "CREATE TABLE counted (seq INTEGER PRIMARY KEY, times, n);"
                                                          "CREATE INDEX counted_n ON counted (n)",
                                                      .types = types,
                                                      .apply = apply};

/* Is the number that the statement gives this one? */
static bool gives(struct op_model *model, const char *sql, int64_t expected) {
  int64_t number = scratch_number(model, sql);
  if (number != expected)
    print_error("process %d: %s: %lld, not %lld\n", getpid(), sql, (long long)number, (long long)expected);
  return number == expected;
}

/* Are table and index the fold of this many events, and the database sound? */
static bool is_fold(struct op_model *model, int64_t events) {
  return op_model_offset(model) == (uint64_t)events &&
         gives(model, "SELECT count(*) + min(times) FROM counted", events) &&
         gives(model, "SELECT max(times) - min(times) FROM counted", 0) &&
         gives(model, "SELECT count(*) + min(times) FROM counted INDEXED BY counted_n WHERE n >= ''", events) &&
         gives(model, "SELECT integrity_check = 'ok' FROM pragma_integrity_check", 1);
}

static const char *const names[] = {"state/count.db", "state/count.db-wal", "state/count.db-shm"};

enum { DATABASE = 1, LOG = 2, INDEX = 4 };

/* Removes those of the three names whose bit is set. */
static void remove_names(const struct scratch *scratch, unsigned which) {
  for (unsigned i = 0; i < 3; i++)
    if (which >> i & 1)
      unlink(scratch_path(scratch, names[i]));
}

/* ---- filesystems ------------------------------------------------------------------------------- */

/* What the filesystem of this process, and of those that it makes, is like. These calls are found before the ones of
 * the C library. */
static struct {
  bool keeps_no_mark; /* as vfat is, without a word */
  bool is_full;       /* for the files in state/ */
} filesystem;

int fchmodat(int fd, const char *path, mode_t mode, int flags) {
  (void)flags;
  return (int)syscall(SYS_fchmodat, fd, path, filesystem.keeps_no_mark ? mode & ~(mode_t)S_ISVTX : mode);
}

int fdatasync(int fd) {
  char path[64], target[PATH_MAX];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ssize_t len = readlink(path, target, sizeof target - 1);
  target[len > 0 ? len : 0] = '\0';
  if (!filesystem.is_full || strstr(target, "/state/") == NULL)
    return (int)syscall(SYS_fdatasync, fd);
  errno = ENOSPC;
  return -1;
}

/* ---- processes --------------------------------------------------------------------------------- */

/* A process that has the model open and does what it is told: a letter, and how many events there should be. */
struct holder {
  pid_t pid;
  int fd;
};

struct order {
  char what; /* o: opens; l: looks at its snapshot; c: catches up and looks; q: closes and ends; d, m: see disturb() */
  int64_t number;
};

/* What happens while a holder works, by the system calls of SQLite in that process. */
static struct {
  const struct scratch *scratch;
  int64_t pages;        /* written to the database, after which it dies; 0: lives */
  unsigned which;       /* names that go between the opening of the database and that of its log */
  struct holder *other; /* who makes state/ anew then, after all of it went; NULL: nobody */
} disturbance;

static bool does(const struct holder *holder, char what, int64_t number);

/* Dies of a write to the database. */
static ssize_t dying_pwrite(int fd, const void *buf, size_t size, off_t offset) {
  struct stat named, held;
  if (stat(scratch_path(disturbance.scratch, names[0]), &named) == 0 && fstat(fd, &held) == 0 &&
      named.st_ino == held.st_ino && disturbance.pages-- == 0)
    raise(SIGKILL);
  return pwrite(fd, buf, size, offset);
}

/* SQLite asks for the log. */
static int late_stat(const char *path, struct stat *ret_info) {
  size_t len = strlen(path);
  if (len > 4 && strcmp(path + len - 4, "-wal") == 0) {
    remove_names(disturbance.scratch, disturbance.which);
    disturbance.which = 0;
    if (disturbance.other != NULL) {
      struct holder *other = disturbance.other;
      disturbance.other = NULL;
      scratch_remove(scratch_path(disturbance.scratch, "state"));
      does(other, 'o', 0);
    }
  }
  return stat(path, ret_info);
}

/* Sets the disturbance of this process: d, dies after so many pages; m, these names go (-1: all, and are made anew). */
static void disturb(const struct scratch *scratch, struct order order, struct holder *other) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  disturbance.scratch = scratch;
  if (order.what == 'd') {
    disturbance.pages = order.number;
    vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)(void (*)(void))dying_pwrite);
    vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)(void (*)(void))dying_pwrite);
  } else {
    disturbance.which = order.number < 0 ? 0 : (unsigned)order.number;
    disturbance.other = order.number < 0 ? other : NULL;
    vfs->xSetSystemCall(vfs, "stat", (sqlite3_syscall_ptr)(void (*)(void))late_stat);
  }
}

/* The life of a holder. */
static void hold(struct scratch *scratch, struct holder *other, int fd) {
  struct op_model *model = NULL;
  struct op_error error = {0};
  evs_store *volatile parents = scratch->app.store; /* not for us, and not lost */
  evs_error store_error;
  struct order order = {0};
  bool good = evs_open(scratch->directory, NULL, &scratch->app.store, &store_error) == 0 && parents != NULL;
  while (good && order.what != 'q' && read(fd, &order, sizeof order) == (ssize_t)sizeof order) {
    int rc = OP_OK;
    if (order.what == 'o')
      rc = op_model_open(&scratch->app, &definition, &model, &error);
    else if (order.what == 'c')
      rc = op_model_catch_up(model, &error);
    else if (order.what == 'q')
      op_model_close(model);
    else if (order.what != 'l')
      disturb(scratch, order, other);
    if (rc != OP_OK)
      print_error("process %d: %s\n", getpid(), error.message);
    good = rc == OP_OK && (strchr("lc", order.what) == NULL || is_fold(model, order.number));
    if (order.what != 'q' && write(fd, &good, sizeof good) != (ssize_t)sizeof good)
      break;
  }
  _exit(good ? 0 : 1);
}

/* Makes a holder, with nothing of SQLite in it yet; `other` is one that it can order about. */
static struct holder begin(struct scratch *scratch, struct holder *other) {
  int fds[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    close(fds[0]);
    hold(scratch, other, fds[1]);
  }
  close(fds[1]);
  return (struct holder){pid, fds[0]};
}

/* It does this, and finds what it should. */
static bool does(const struct holder *holder, char what, int64_t number) {
  const struct order order = {what, number};
  bool good = false;
  return write(holder->fd, &order, sizeof order) == (ssize_t)sizeof order &&
         read(holder->fd, &good, sizeof good) == (ssize_t)sizeof good && good;
}

/* It closes and ends. */
static void ends(struct holder *holder) {
  const struct order order = {'q', 0};
  int status = -1;
  assert_int_equal(write(holder->fd, &order, sizeof order), sizeof order);
  assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
  assert_int_equal(status, 0);
  close(holder->fd);
}

/* It is killed, or was. */
static void dies(struct holder *holder) {
  int status = 0;
  kill(holder->pid, SIGKILL);
  assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
  assert_int_equal(status, SIGKILL);
  close(holder->fd);
}

/* A process that only opens, looks and closes. */
static void one_looks(struct scratch *scratch, int64_t events) {
  struct holder holder = begin(scratch, NULL);
  assert_true(does(&holder, 'o', events));
  assert_true(does(&holder, 'l', events));
  ends(&holder);
}

/* Has it a file open that has no name any more? */
static bool has_nameless(const struct holder *holder) {
  char path[64], target[PATH_MAX];
  for (int fd = 3; fd < 64; fd++) {
    snprintf(path, sizeof path, "/proc/%d/fd/%d", holder->pid, fd);
    ssize_t len = readlink(path, target, sizeof target - 1);
    target[len > 0 ? len : 0] = '\0';
    if (strstr(target, "count.db") != NULL && strstr(target, " (deleted)") != NULL)
      return true;
  }
  return false;
}

/* The mode of the database. */
static mode_t mode_now(const struct scratch *scratch) {
  struct stat info;
  assert_int_equal(stat(scratch_path(scratch, names[0]), &info), 0);
  return info.st_mode & 07777;
}

/* ---- under a process that has it open ---------------------------------------------------------- */

/* One has it open, names go, another comes and folds many, which brings a checkpoint; then names go again. */
static void beside(struct scratch *scratch, unsigned gone, unsigned then) {
  scratch_append_many(scratch, "Counted", text, MANY);
  one_looks(scratch, MANY); /* and leaves all of it in the database itself */
  struct holder first = begin(scratch, NULL), second = begin(scratch, NULL);
  assert_true(does(&first, 'o', MANY));
  remove_names(scratch, gone);
  assert_true(does(&second, 'o', MANY));
  scratch_append_many(scratch, "Counted", text, MANY);
  assert_true(does(&second, 'c', 2 * MANY));
  remove_names(scratch, then);
  assert_true(does(&first, 'l', MANY)); /* its snapshot, in which it has read nothing yet */
  assert_true(does(&first, 'c', 2 * MANY));
  scratch_append_many(scratch, "Counted", text, FEW);
  assert_true(does(&first, 'c', 2 * MANY + FEW));
  assert_true(does(&second, 'c', 2 * MANY + FEW));
  ends(&first);
  dies(&second);
  one_looks(scratch, 2 * MANY + FEW);
}

static void test_log_removed(void **state) { beside(*state, LOG, INDEX); }
static void test_index_removed(void **state) { beside(*state, INDEX, LOG); }
static void test_both_removed(void **state) { beside(*state, LOG | INDEX, LOG | INDEX); }
static void test_all_removed(void **state) { beside(*state, DATABASE | LOG | INDEX, DATABASE); }

/* Names go between the opening of the database and that of its log, while another has it open. */
static void test_removed_while_opening(void **state) {
  for (unsigned which = 0; which < 8; which++) {
    struct scratch *scratch = *state;
    scratch_append_many(scratch, "Counted", text, FEW);
    struct holder first = begin(scratch, NULL), second = begin(scratch, NULL);
    assert_true(does(&first, 'o', FEW));
    assert_true(does(&second, 'm', which));
    assert_true(does(&second, 'o', FEW));
    assert_true(does(&second, 'l', FEW));
    assert_true(does(&first, 'l', FEW));
    scratch_append_many(scratch, "Counted", text, FEW);
    assert_true(does(&second, 'c', 2 * FEW));
    assert_true(does(&first, 'c', 2 * FEW));
    ends(&second);
    ends(&first);
    one_looks(scratch, 2 * FEW);
    scratch_teardown(state);
    scratch_setup(state);
  }
}

/* All of state/ goes then, and another process makes it anew: the database that was opened has no part in that log. */
static void test_made_anew_while_opening(void **state) {
  struct scratch *scratch = *state;
  scratch_append_many(scratch, "Counted", text, FEW);
  one_looks(scratch, FEW);
  scratch_append_many(scratch, "Counted", text, FEW);
  struct holder other = begin(scratch, NULL), holder = begin(scratch, &other);
  assert_true(does(&holder, 'm', -1));
  assert_true(does(&holder, 'o', 0));
  assert_false(has_nameless(&holder));
  assert_true(does(&holder, 'l', 2 * FEW));
  scratch_append_many(scratch, "Counted", text, FEW);
  assert_true(does(&other, 'c', 3 * FEW));
  assert_true(does(&holder, 'c', 3 * FEW));
  ends(&other);
  ends(&holder);
  one_looks(scratch, 3 * FEW);
}

/* ---- in the middle of a checkpoint ------------------------------------------------------------- */

/* One is killed when it has copied so many pages into the database, and then names go. */
static void half(struct scratch *scratch, int64_t pages, unsigned gone) {
  scratch_append_many(scratch, "Counted", text, LARGE);
  one_looks(scratch, LARGE);
  assert_int_equal(mode_now(scratch) & S_ISVTX, 0);
  scratch_append(scratch, "Changed", NULL, "{}");
  struct holder holder = begin(scratch, NULL);
  assert_true(does(&holder, 'd', pages));
  assert_false(does(&holder, 'o', 0));
  dies(&holder);
  assert_int_equal(mode_now(scratch) & S_ISVTX, S_ISVTX);
  remove_names(scratch, gone);
  one_looks(scratch, LARGE + 1);
  scratch_append_many(scratch, "Counted", text, FEW);
  holder = begin(scratch, NULL);
  assert_true(does(&holder, 'o', 0)); /* the last one of those who have written */
  ends(&holder);
  assert_int_equal(mode_now(scratch) & S_ISVTX, 0);
}

static void test_half_a_checkpoint(void **state) { half(*state, 5, 0); }
static void test_half_a_checkpoint_and_no_index(void **state) { half(*state, 5, INDEX); }
static void test_half_a_checkpoint_and_no_log(void **state) { half(*state, 5, LOG); }
static void test_half_a_checkpoint_alone(void **state) { half(*state, 500, LOG | INDEX); }

/* Whoever closes last takes the mark off, also when another has written and was not alone. */
static void test_mark_left_behind(void **state) {
  struct scratch *scratch = *state;
  scratch_append_many(scratch, "Counted", text, FEW);
  one_looks(scratch, FEW);
  struct holder reader = begin(scratch, NULL), writer = begin(scratch, NULL);
  assert_true(does(&reader, 'o', 0));
  scratch_append_many(scratch, "Counted", text, LARGE);
  assert_true(does(&writer, 'o', 0));
  ends(&writer);
  assert_int_equal(mode_now(scratch) & S_ISVTX, S_ISVTX);
  ends(&reader);
  assert_int_equal(mode_now(scratch) & S_ISVTX, 0);
  one_looks(scratch, FEW + LARGE);
}

/* Where no mark is kept no page is changed without one: killed in the middle, and without its log, it is whole. */
static void test_no_mark(void **state) {
  struct scratch *scratch = *state;
  scratch_append_many(scratch, "Counted", text, LARGE);
  one_looks(scratch, LARGE);
  scratch_append(scratch, "Changed", NULL, "{}");
  filesystem.keeps_no_mark = true;
  struct holder holder = begin(scratch, NULL);
  assert_true(does(&holder, 'd', 500));
  assert_true(does(&holder, 'o', 0));
  assert_true(does(&holder, 'l', LARGE + 1));
  dies(&holder);
  remove_names(scratch, LOG | INDEX);
  one_looks(scratch, LARGE + 1);
  remove_names(scratch, DATABASE | LOG | INDEX);
  one_looks(scratch, LARGE + 1); /* in memory: nothing is made that could not be marked */
  filesystem.keeps_no_mark = false;
  assert_int_not_equal(access(scratch_path(scratch, names[0]), F_OK), 0);
}

/* What is to be made anew, and cannot: the old one keeps its name, and the answers come from memory. */
static void test_no_room(void **state) {
  struct scratch *scratch = *state;
  struct stat before, after;
  scratch_append_many(scratch, "Counted", text, FEW);
  struct holder holder = begin(scratch, NULL);
  assert_true(does(&holder, 'o', 0));
  remove_names(scratch, LOG);
  assert_int_equal(stat(scratch_path(scratch, names[0]), &before), 0);
  filesystem.is_full = true;
  one_looks(scratch, FEW);
  filesystem.is_full = false;
  assert_int_equal(stat(scratch_path(scratch, names[0]), &after), 0);
  assert_int_equal(before.st_ino, after.st_ino);
  assert_int_not_equal(access(scratch_path(scratch, "state/count.db-new"), F_OK), 0);
  one_looks(scratch, FEW);
  assert_int_equal(stat(scratch_path(scratch, names[0]), &after), 0);
  assert_int_not_equal(before.st_ino, after.st_ino);
  assert_true(does(&holder, 'l', FEW));
  ends(&holder);
}

/* A database that is whole needs no log: as after somebody asked it with sqlite3, which removes it. */
static void test_whole_alone(void **state) {
  struct scratch *scratch = *state;
  struct stat before, after;
  scratch_append_many(scratch, "Counted", text, FEW);
  one_looks(scratch, FEW);
  assert_int_equal(stat(scratch_path(scratch, names[0]), &before), 0);
  remove_names(scratch, LOG | INDEX);
  one_looks(scratch, FEW);
  assert_int_equal(stat(scratch_path(scratch, names[0]), &after), 0);
  assert_int_equal(before.st_ino, after.st_ino);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_log_removed),
      TEST(test_index_removed),
      TEST(test_both_removed),
      TEST(test_all_removed),
      TEST(test_removed_while_opening),
      TEST(test_made_anew_while_opening),
      TEST(test_half_a_checkpoint),
      TEST(test_half_a_checkpoint_and_no_index),
      TEST(test_half_a_checkpoint_and_no_log),
      TEST(test_half_a_checkpoint_alone),
      TEST(test_mark_left_behind),
      TEST(test_no_mark),
      TEST(test_no_room),
      TEST(test_whole_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
