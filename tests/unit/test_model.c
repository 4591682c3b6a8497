/* test_model.c - read models over a real store: folding, snapshots, laziness, and every way in which state/ can be
 * lost, damaged, out of date, locked or impossible. The model under test counts what it folds. */
#include "model.h"
#include "request.h"
#include "scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MANY 600 /* more than a lazy model leaves unfolded */

/* ---- the model --------------------------------------------------------------------------------- */

/* Adds one row per event; refuses what says so. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  if (op_type_is(event, "Refuse"))
    return op_fail(error, OP_SOFTWARE, "refused", "as it was told");
  sqlite3_stmt *put = op_model_sql(model, "INSERT INTO counted VALUES (?1, ?2)");
  sqlite3_bind_int64(put, 1, (sqlite3_int64)event->seq);
  op_bind_field(put, 2, event, "n");
  return op_model_exec(model, put, error);
}

static const char *const types[] = {"Counted", "Refuse", NULL};
static const struct op_model_definition definition = {.name = "count",
                                                      .version = 1,
                                                      .schema = "CREATE TABLE counted (seq INTEGER PRIMARY KEY, n)",
                                                      .types = types,
                                                      .requests = true,
                                                      .apply = apply};

/* Opens, and must succeed. */
static struct op_model *opened(struct scratch *scratch, bool lazy) { return scratch_model(scratch, &definition, lazy); }

/* The number of rows, as of the snapshot. */
static int64_t counted(struct op_model *model) { return scratch_number(model, "SELECT count(*) FROM counted"); }

/* Opens for a moment and counts. */
static int64_t count_now(struct scratch *scratch) {
  struct op_model *model = opened(scratch, false);
  int64_t n = counted(model);
  op_model_close(model);
  return n;
}

/* Events after the model's offset. */
static size_t pending(struct op_model *model) {
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  struct op_error error;
  size_t n = 0;
  assert_int_equal(op_model_pending(model, NULL, &cursor, &error), OP_OK);
  while (evs_next(cursor, &event, &store_error) == 0)
    n++;
  evs_cursor_close(cursor);
  return n;
}

static bool exists(const struct scratch *scratch, const char *name) {
  return access(scratch_path(scratch, name), F_OK) == 0;
}

/* A connection of somebody else. */
static sqlite3 *stranger(const struct scratch *scratch, const char *sql) {
  sqlite3 *db = NULL;
  assert_int_equal(sqlite3_open(scratch_path(scratch, "state/count.db"), &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
  return db;
}

/* ---- folding ----------------------------------------------------------------------------------- */

static void test_folds_once(void **state) {
  struct scratch *scratch = *state;
  scratch_append(scratch, "Counted", NULL, "{\"n\":1}");
  scratch_append(scratch, "Other", NULL, "{}");
  struct op_model *model = opened(scratch, false);
  assert_int_equal(op_model_offset(model), 2);
  assert_int_equal(counted(model), 1);
  scratch_append(scratch, "Counted", NULL, "{\"n\":2}");
  struct op_error error;
  assert_int_equal(op_model_catch_up(model, &error), OP_OK);
  assert_int_equal(op_model_catch_up(model, &error), OP_OK);
  assert_int_equal(op_model_offset(model), 3);
  assert_int_equal(counted(model), 2);
  op_model_close(model);
  assert_int_equal(count_now(scratch), 2);
  struct stat info;
  assert_int_equal(stat(scratch_path(scratch, "state"), &info), 0);
  assert_int_equal(info.st_mode & 0777, 0700);
}

static void test_failed_apply_changes_nothing(void **state) {
  struct scratch *scratch = *state;
  scratch_append(scratch, "Counted", NULL, "{}");
  assert_int_equal(count_now(scratch), 1);
  scratch_append(scratch, "Counted", NULL, "{}");
  scratch_append(scratch, "Refuse", NULL, "{}");
  struct op_model *model = NULL;
  struct op_error error;
  assert_int_equal(op_model_open(&scratch->app, &definition, &model, &error), OP_SOFTWARE);
  assert_string_equal(error.code, "refused");
  assert_null(model);
  sqlite3 *db = stranger(scratch, "CREATE TEMP TABLE one AS SELECT 1 / (offset = 1) AS v FROM main.meta");
  sqlite3_stmt *row = NULL;
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT v, (SELECT count(*) FROM counted) FROM one", -1, &row, NULL),
                   SQLITE_OK);
  assert_int_equal(sqlite3_step(row), SQLITE_ROW);
  assert_int_equal(sqlite3_column_int(row, 0), 1);
  assert_int_equal(sqlite3_column_int(row, 1), 1);
  sqlite3_finalize(row);
  sqlite3_close(db);
}

static void test_members(void **state) {
  struct scratch *scratch = *state;
  scratch_append(scratch, "Counted", NULL, "{\"n\":\"오페라 \\\"🎭\\\"\"}");
  scratch_append(scratch, "Counted", NULL, "{\"n\":7}");
  scratch_append(scratch, "Counted", NULL, "{\"n\":[1]}");
  scratch_append(scratch, "Counted", NULL, "{\"n\":\"a\\u0000b\"}");
  scratch_append(scratch, "Counted", NULL, "{}");
  struct op_model *model = opened(scratch, false);
  sqlite3_stmt *rows = op_model_sql(model, "SELECT coalesce(n, 'NULL') FROM counted ORDER BY seq");
  static const char *const expected[] = {"오페라 \"🎭\"", "7", "NULL", "NULL", "NULL"};
  struct op_error error;
  bool row = false;
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(op_model_step(model, rows, &row, &error), OP_OK);
    assert_true(row);
    assert_string_equal(sqlite3_column_text(rows, 0), expected[i]);
  }
  op_model_close(model);
}

/* A reader's rows and offset stay one state of the past while others go on. */
static void test_snapshot(void **state) {
  struct scratch *scratch = *state;
  struct op_error error;
  scratch_append(scratch, "Counted", NULL, "{}");
  struct op_model *early = opened(scratch, false);
  scratch_append(scratch, "Counted", NULL, "{}");
  struct op_model *late = opened(scratch, false);
  assert_int_equal(counted(late), 2);
  assert_int_equal(counted(early), 1);
  assert_int_equal(op_model_offset(early), 1);
  assert_int_equal(pending(early), 1);
  assert_int_equal(op_model_catch_up(early, &error), OP_OK);
  assert_int_equal(counted(early), 2);
  op_model_close(early);
  op_model_close(late);
}

static void test_two_processes(void **state) {
  struct scratch *scratch = *state;
  scratch_append_many(scratch, "Counted", "{}", 3000);
  scratch->app.timeout_ms = 120000; /* how fast the others fold is not what is tested */
  for (int i = 0; i < 8; i++) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
      continue;
    struct op_model *model = NULL;
    struct op_error error;
    evs_store *volatile parents = scratch->app.store; /* not for us, and not lost */
    evs_error store_error;
    int rc = evs_open(scratch->directory, NULL, &scratch->app.store, &store_error);
    if (rc == 0)
      rc = op_model_open(&scratch->app, &definition, &model, &error);
    bool good = rc == 0 && parents != NULL && op_model_offset(model) == 3000;
    op_model_close(model);
    _exit(good ? 0 : 1);
  }
  int status = 0;
  for (int i = 0; i < 8; i++) {
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
  }
  assert_int_equal(count_now(scratch), 3000);
}

/* ---- laziness ---------------------------------------------------------------------------------- */

static void test_lazy(void **state) {
  struct scratch *scratch = *state;
  struct op_error error;
  scratch_append(scratch, "Counted", NULL, "{}");
  struct op_model *model = opened(scratch, true);
  assert_int_equal(op_model_offset(model), 0);
  assert_int_equal(pending(model), 1);
  scratch_append_many(scratch, "Counted", "{}", MANY);
  assert_int_equal(op_model_refresh(model, &error), OP_OK);
  assert_int_equal(op_model_offset(model), MANY + 1);
  assert_int_equal(counted(model), MANY + 1);
  assert_int_equal(pending(model), 0);
  scratch_append(scratch, "Counted", NULL, "{}");
  assert_int_equal(op_model_refresh(model, &error), OP_OK);
  assert_int_equal(op_model_offset(model), MANY + 1);
  assert_int_equal(pending(model), 1);
  op_model_close(model);
}

/* While another process writes, a decision reads on from where the tables are, and a list waits. */
static void test_locked(void **state) {
  struct scratch *scratch = *state;
  struct op_error error;
  struct op_model *model = NULL;
  scratch_append(scratch, "Counted", NULL, "{}");
  assert_int_equal(count_now(scratch), 1);
  scratch_append_many(scratch, "Counted", "{}", MANY);
  sqlite3 *other = stranger(scratch, "BEGIN IMMEDIATE");
  model = opened(scratch, true);
  assert_int_equal(op_model_offset(model), 1);
  assert_int_equal(pending(model), MANY);
  op_model_close(model);
  scratch->app.timeout_ms = 50;
  assert_int_equal(op_model_open(&scratch->app, &definition, &model, &error), OP_TEMPORARY);
  assert_string_equal(error.code, "busy");
  sqlite3_close(other);
  assert_int_equal(count_now(scratch), MANY + 1);
}

/* ---- state/ lost, damaged, impossible ---------------------------------------------------------- */

static void test_no_events_yet(void **state) {
  struct scratch *scratch = *state;
  struct op_error error;
  struct op_model *model = opened(scratch, false);
  assert_int_equal(op_model_offset(model), 0);
  assert_int_equal(counted(model), 0);
  assert_int_equal(pending(model), 0);
  assert_false(exists(scratch, "state"));
  scratch_append(scratch, "Counted", NULL, "{}");
  assert_int_equal(op_model_catch_up(model, &error), OP_OK);
  assert_int_equal(counted(model), 1);
  assert_true(exists(scratch, "state/count.db"));
  op_model_close(model);
}

static void test_removed(void **state) {
  struct scratch *scratch = *state;
  struct op_error error;
  scratch_append(scratch, "Counted", NULL, "{}");
  struct op_model *model = opened(scratch, false);
  scratch_remove(scratch_path(scratch, "state"));
  assert_int_equal(count_now(scratch), 1);
  assert_int_equal(counted(model), 1); /* on files without a name */
  scratch_append(scratch, "Counted", NULL, "{}");
  assert_int_equal(op_model_catch_up(model, &error), OP_OK);
  assert_int_equal(counted(model), 2);
  op_model_close(model);
  assert_int_equal(count_now(scratch), 2);
}

static void test_garbage(void **state) {
  struct scratch *scratch = *state;
  scratch_append_many(scratch, "Counted", "{\"n\":\"some text that fills pages\"}", MANY);
  assert_int_equal(count_now(scratch), MANY);
  int fd = open(scratch_path(scratch, "state/count.db"), O_RDWR);
  assert_int_equal(pwrite(fd, "garbage", 7, 0), 7);
  close(fd);
  assert_int_equal(count_now(scratch), MANY);
  assert_int_equal(truncate(scratch_path(scratch, "state/count.db"), 5000), 0);
  assert_int_equal(count_now(scratch), MANY);
  assert_int_equal(truncate(scratch_path(scratch, "state/count.db"), 0), 0);
  assert_int_equal(count_now(scratch), MANY);
}

/* Pages in the middle are found bad only when they are read: the command fails with 75, the next one works. */
static void test_damaged_inside(void **state) {
  struct scratch *scratch = *state;
  char page[4096];
  memset(page, 0x55, sizeof page);
  scratch_append_many(scratch, "Counted", "{\"n\":\"some text that fills pages\"}", MANY);
  assert_int_equal(count_now(scratch), MANY);
  struct stat info;
  assert_int_equal(stat(scratch_path(scratch, "state/count.db"), &info), 0);
  int fd = open(scratch_path(scratch, "state/count.db"), O_RDWR);
  for (off_t at = 3 * 4096; at < info.st_size; at += 4096)
    assert_int_equal(pwrite(fd, page, sizeof page, at), sizeof page);
  close(fd);
  struct op_model *model = NULL;
  struct op_error error;
  int rc = op_model_open(&scratch->app, &definition, &model, &error);
  bool row = true;
  if (rc == OP_OK) {
    sqlite3_stmt *all = op_model_sql(model, "SELECT sum(length(n)) FROM counted");
    rc = op_model_step(model, all, &row, &error);
    assert_int_equal(rc, OP_TEMPORARY);
    assert_string_equal(error.code, "model_damaged");
  }
  op_model_close(model);
  assert_int_equal(count_now(scratch), MANY);
}

static void test_not_writable(void **state) {
  struct scratch *scratch = *state;
  struct op_error error;
  scratch_append(scratch, "Counted", NULL, "{}");
  close(open(scratch_path(scratch, "state"), O_CREAT | O_WRONLY, 0600)); /* a file: nobody can make anything in it */
  struct op_model *model = opened(scratch, true);
  assert_int_equal(op_model_offset(model), 0);
  scratch_append_many(scratch, "Counted", "{}", MANY);
  assert_int_equal(op_model_catch_up(model, &error), OP_OK);
  assert_int_equal(counted(model), MANY + 1);
  op_model_close(model);
}

static void test_other_version(void **state) {
  struct scratch *scratch = *state;
  struct op_model_definition newer = definition;
  struct op_model *model = NULL;
  struct op_error error;
  bool row = false;
  scratch_append(scratch, "Counted", NULL, "{\"n\":3}");
  assert_int_equal(count_now(scratch), 1);
  newer.version = 2;
  newer.schema = "CREATE TABLE counted (seq INTEGER PRIMARY KEY, n, extra DEFAULT 9)";
  newer.types = (const char *const[]){"Nothing", NULL};
  assert_int_equal(op_model_open(&scratch->app, &newer, &model, &error), OP_OK);
  sqlite3_stmt *count = op_model_sql(model, "SELECT count(extra) FROM counted");
  assert_int_equal(op_model_step(model, count, &row, &error), OP_OK);
  assert_int_equal(sqlite3_column_int(count, 0), 0);
  op_model_close(model);
  assert_int_equal(count_now(scratch), 1);
}

/* The tables of another store, or of one that has lost events since: folded anew. */
static void test_other_journal(void **state) {
  struct scratch *scratch = *state;
  struct scratch other;
  char from[128], to[128];
  static const size_t lengths[] = {2, 5, 9}; /* shorter than ours, as long, longer */
  scratch_append_many(scratch, "Counted", "{}", 3);
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    scratch_open(&other);
    scratch_append_many(&other, "Counted", "{\"n\":\"other\"}", lengths[i]);
    assert_int_equal(count_now(&other), lengths[i]);
    scratch_append(scratch, "Counted", NULL, "{}");
    snprintf(from, sizeof from, "%s/state", other.directory);
    snprintf(to, sizeof to, "%s/state", scratch->directory);
    scratch_remove(to);
    assert_int_equal(rename(from, to), 0);
    struct op_model *model = opened(scratch, false);
    bool row = false;
    struct op_error error;
    sqlite3_stmt *mixed = op_model_sql(model, "SELECT count(*), count(n) FROM counted");
    assert_int_equal(op_model_step(model, mixed, &row, &error), OP_OK);
    assert_int_equal(sqlite3_column_int(mixed, 0), 4 + i);
    assert_int_equal(sqlite3_column_int(mixed, 1), 0);
    op_model_close(model);
    scratch_close(&other);
  }
}

/* ---- requests ---------------------------------------------------------------------------------- */

static int take_seq(void *context, const evs_event *event, struct op_error *error) {
  (void)error;
  *(uint64_t *)context = event->seq;
  return OP_OK;
}

static void test_requests(void **state) {
  struct scratch *scratch = *state;
  struct op_error error;
  uint64_t seq = 0, read = 0;
  scratch_append(scratch, "Placed", "request:k", "{\"requestId\":\"k\",\"request\":\"place 1\"}");
  scratch_append(scratch, "Placed", "request:k", "{\"requestId\":\"k\",\"request\":\"place 2\"}");
  for (int round = 0; round < 2; round++) { /* pending, then folded */
    struct op_model *model = opened(scratch, round == 0);
    assert_int_equal(op_request_find(model, "k", "place 1", &seq, &error), OP_OK);
    assert_int_equal(seq, 1);
    assert_int_equal(op_request_find(model, "other", "place 1", &seq, &error), OP_OK);
    assert_int_equal(seq, 0);
    assert_int_equal(op_request_find(model, "k", "place 2", &seq, &error), OP_REFUSED);
    assert_string_equal(error.code, "request_id_reused");
    assert_int_equal(seq, 0);
    op_model_close(model);
  }
  /* Any event with the tag has the key, whatever its data: without the text it is always another request. */
  scratch_append(scratch, "Note", "request:tagged", "{}");
  scratch_append(scratch, "Note", "note:1", "{\"requestId\":\"told\",\"request\":\"place 1\"}");
  for (int round = 0; round < 2; round++) {
    struct op_model *model = opened(scratch, round == 0);
    assert_int_equal(op_request_find(model, "tagged", "place 1", &seq, &error), OP_REFUSED);
    assert_string_equal(error.code, "request_id_reused");
    assert_int_equal(op_request_find(model, "told", "place 1", &seq, &error), OP_OK);
    assert_int_equal(seq, 0);
    op_model_close(model);
  }
  assert_int_equal(op_event_at(&scratch->app, 2, take_seq, &read, &error), OP_OK);
  assert_int_equal(read, 2);
  assert_int_not_equal(op_event_at(&scratch->app, 9, take_seq, &read, &error), OP_OK);
  assert_int_equal(read, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_folds_once),     TEST(test_failed_apply_changes_nothing),
      TEST(test_members),        TEST(test_snapshot),
      TEST(test_two_processes),  TEST(test_lazy),
      TEST(test_locked),         TEST(test_no_events_yet),
      TEST(test_removed),        TEST(test_garbage),
      TEST(test_damaged_inside), TEST(test_not_writable),
      TEST(test_other_version),  TEST(test_other_journal),
      TEST(test_requests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
