/* test_model_rows.c - rows that are kept while they are folded, and a read model that is folded anew from many events:
 * evicted rows, failed transactions, processes that are killed in the middle of it, and several that do it at once.
 *
 * The model under test adds up numbers by their ids; what it must come to is added up here without any table. */
#include "model.h"
#include "scratch.h"

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define BATCH 50000u /* events in one transaction */
#define IDS 5000     /* more than are kept at once */

/* ---- the model --------------------------------------------------------------------------------- */

struct tally {
  char id[OP_MAX_ID + 1];
  int64_t count, sum, first_seq;
};

static uint64_t die_at;             /* apply() kills its process at this event */
static bool die_indexing;           /* the SQL function die() kills */
static bool die_saving;             /* save() does */
static uint64_t loads, misses;      /* calls of load(), and of those that found nothing */
static const char *refuse = "none"; /* apply() refuses this id */

static int load(struct op_model *model, const char *id, void *row, bool *ret_found, struct op_error *error) {
  struct tally *tally = row;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT count, sum, first_seq FROM tallies WHERE id = ?1");
  op_bind_text(sql, 1, id);
  int rc = op_model_step(model, sql, ret_found, error);
  if (rc == OP_OK && *ret_found) {
    snprintf(tally->id, sizeof tally->id, "%s", id);
    tally->count = sqlite3_column_int64(sql, 0);
    tally->sum = sqlite3_column_int64(sql, 1);
    tally->first_seq = sqlite3_column_int64(sql, 2);
  }
  sqlite3_reset(sql);
  loads++;
  misses += !*ret_found;
  return rc;
}

/* A plain INSERT: one that is new and is not, or the other way round, fails or changes nothing. */
static int save(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  const struct tally *tally = row;
  if (die_saving)
    kill(getpid(), SIGKILL);
  sqlite3_stmt *sql = op_model_sql(model, is_new ? "INSERT INTO tallies VALUES (?1, ?2, ?3, ?4)"
                                                 : "UPDATE tallies SET count = ?2, sum = ?3 WHERE id = ?1");
  op_bind_text(sql, 1, tally->id);
  sqlite3_bind_int64(sql, 2, tally->count);
  sqlite3_bind_int64(sql, 3, tally->sum);
  if (is_new)
    sqlite3_bind_int64(sql, 4, tally->first_seq);
  return op_model_exec(model, sql, error);
}

static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  static const struct op_row_kind tallies = {sizeof(struct tally), load, save};
  struct tally *tally = NULL;
  char id[OP_MAX_ID + 1];
  if (event->seq == die_at)
    kill(getpid(), SIGKILL);
  if (!op_field_id(event, "id", id))
    return OP_OK;
  int rc = op_model_row(model, &tallies, id, &tally, error);
  if (rc != OP_OK || op_type_is(event, "Looked"))
    return rc;
  if (tally->id[0] == '\0')
    *tally = (struct tally){.first_seq = (int64_t)event->seq};
  memcpy(tally->id, id, sizeof id);
  tally->count++;
  tally->sum += op_field_number(event, "n", 0);
  op_model_row_changed(tally);
  return strcmp(id, refuse) == 0 ? op_fail(error, OP_SOFTWARE, "refused", "as it was told") : OP_OK;
}

static const struct op_model_definition definition = {
    .name = "tally",
    .version = 1,
    .schema = "CREATE TABLE tallies (id TEXT PRIMARY KEY, count INTEGER NOT NULL, sum INTEGER NOT NULL,"
              " first_seq INTEGER NOT NULL) WITHOUT ROWID;",
    .indexes = "CREATE INDEX tallies_by_sum ON tallies (sum); SELECT die();",
    .apply = apply};

/* The SQL function die(). */
static void die(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)context, (void)count, (void)values;
  if (die_indexing)
    kill(getpid(), SIGKILL);
}

static int add_die(sqlite3 *db, char **ret_message, const void *api) {
  (void)ret_message, (void)api;
  return sqlite3_create_function(db, "die", 0, SQLITE_UTF8, NULL, die, NULL, NULL);
}

/* ---- what it must come to ---------------------------------------------------------------------- */

static struct tally expected[IDS];
static unsigned seed;

static int setup(void **state) {
  static struct scratch scratch;
  scratch_open(&scratch);
  scratch.app.timeout_ms = 120000; /* how fast others fold is not what is tested */
  memset(expected, 0, sizeof expected);
  die_at = loads = misses = 0;
  die_indexing = die_saving = false;
  refuse = "none";
  *state = &scratch;
  return 0;
}

static int teardown(void **state) {
  scratch_close(*state);
  return 0;
}

/* Appends events on ids below `ids`: near `at` mostly, as a shop does, now and then any. */
static void append(struct scratch *scratch, size_t count, size_t ids) {
  enum { COMMIT = 1000 };
  static char data[COMMIT][64];
  static evs_new_event events[COMMIT];
  evs_appended appended = {0};
  evs_error error;
  for (size_t done = 0; done < count; done += COMMIT) {
    size_t size = count - done < COMMIT ? count - done : COMMIT;
    for (size_t i = 0; i < size; i++) {
      size_t near = ids * (done + i) / count + (size_t)rand_r(&seed) % 50;
      size_t id = rand_r(&seed) % 4 == 0 ? (size_t)rand_r(&seed) % ids : near < ids ? near : ids - 1;
      int n = rand_r(&seed) % 100;
      bool looked = rand_r(&seed) % 10 == 0;
      int len = snprintf(data[i], sizeof data[i], "{\"id\":\"%zu\",\"n\":%d}", id, n);
      events[i] = (evs_new_event){.type = looked ? "Looked" : "Tallied", .data = data[i], .data_len = (size_t)len};
      expected[id].count += !looked;
      expected[id].sum += looked ? 0 : n;
    }
    if (evs_append(scratch->app.store, events, size, NULL, &appended, &error) != 0)
      fail_msg("%s", error.message);
  }
}

/* Opens, compares, closes. */
static void check(struct scratch *scratch) {
  struct op_model *model = NULL;
  struct op_error error = {0};
  bool row = false;
  if (op_model_open(&scratch->app, &definition, &model, &error) != OP_OK)
    fail_msg("%s", error.message);
  sqlite3_stmt *all = op_model_sql(model, "SELECT id, count, sum FROM tallies");
  size_t found = 0, wanted = 0;
  while (op_model_step(model, all, &row, &error) == OP_OK && row) {
    const struct tally *tally = &expected[sqlite3_column_int(all, 0)];
    if (sqlite3_column_int64(all, 1) != tally->count || sqlite3_column_int64(all, 2) != tally->sum)
      fail_msg("id %s: %lld times, %lld instead of %lld times, %lld", (const char *)sqlite3_column_text(all, 0),
               sqlite3_column_int64(all, 1), sqlite3_column_int64(all, 2), (long long)tally->count,
               (long long)tally->sum);
    found++;
  }
  for (size_t i = 0; i < IDS; i++)
    wanted += expected[i].count > 0;
  assert_int_equal(found, wanted);
  op_model_close(model);
}

/* A number out of the file, as another program reads it; for reading only, so that it leaves the log where it is. */
static int64_t ask(const struct scratch *scratch, const char *sql) {
  sqlite3 *db = NULL;
  sqlite3_stmt *row = NULL;
  assert_int_equal(sqlite3_open_v2(scratch_path(scratch, "state/tally.db"), &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
  sqlite3_busy_timeout(db, 10000);
  assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(row), SQLITE_ROW);
  int64_t number = sqlite3_column_int64(row, 0);
  sqlite3_finalize(row);
  sqlite3_close(db);
  return number;
}

static int64_t indexes(const struct scratch *scratch) {
  return ask(scratch, "SELECT count(*) FROM sqlite_master WHERE name = 'tallies_by_sum'");
}

/* A process of its own that opens the model; it is killed on its way where die_at, die_saving or die_indexing say so.
 */
static pid_t start(struct scratch *scratch) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child > 0)
    return child;
  struct op_model *model = NULL;
  struct op_error error;
  evs_store *volatile parents = scratch->app.store; /* not for us, and not lost */
  evs_error store_error;
  uint64_t head = 0;
  int rc = evs_open(scratch->directory, NULL, &scratch->app.store, &store_error);
  if (rc == 0)
    rc = evs_head(scratch->app.store, &head, &store_error);
  if (rc == 0)
    rc = op_model_open(&scratch->app, &definition, &model, &error);
  bool good = rc == 0 && parents != NULL && op_model_offset(model) == head;
  op_model_close(model);
  _exit(good ? 0 : 1);
}

/* How a process ended: its exit code, or 128 + the signal. */
static int end_of(pid_t child) {
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- rows -------------------------------------------------------------------------------------- */

/* Folded at once or bit by bit, with more ids than are kept: the same sums. */
static void test_sums(void **state) {
  struct scratch *scratch = *state;
  append(scratch, BATCH / 2, IDS);
  check(scratch);
  for (int i = 0; i < 20; i++) {
    append(scratch, (size_t)rand_r(&seed) % 3000, IDS);
    check(scratch);
  }
  assert_int_equal(indexes(scratch), 1);
  scratch_remove(scratch_path(scratch, "state"));
  check(scratch);
  assert_int_equal(indexes(scratch), 1);
}

/* A row is loaded once in a transaction; a rebuild does not ask the tables for ids that are greater than all before. */
static void test_loads(void **state) {
  struct scratch *scratch = *state;
  char data[64];
  for (int i = 0; i < 300; i++) {
    snprintf(data, sizeof data, "{\"id\":\"%d\",\"n\":1}", i % 100);
    scratch_append(scratch, "Tallied", NULL, data);
    expected[i % 100].count++;
    expected[i % 100].sum++;
  }
  check(scratch);
  assert_int_equal(loads, 0);
  scratch_append(scratch, "Tallied", NULL, "{\"id\":\"7\",\"n\":1}");
  scratch_append(scratch, "Tallied", NULL, "{\"id\":\"7\",\"n\":1}");
  scratch_append(scratch, "Tallied", NULL, "{\"id\":\"100\",\"n\":1}");
  expected[7].count += 2;
  expected[7].sum += 2;
  expected[100].count = expected[100].sum = 1;
  check(scratch); /* opened again: what the ids are is not known any more */
  assert_int_equal(loads, 2);
  assert_int_equal(misses, 1);
}

/* What a transaction that fails had changed is in no later one. */
static void test_failed(void **state) {
  struct scratch *scratch = *state;
  struct op_model *model = NULL;
  struct op_error error;
  append(scratch, 3000, 500);
  check(scratch);
  assert_int_equal(op_model_open(&scratch->app, &definition, &model, &error), OP_OK);
  append(scratch, 100, 500);
  scratch_append(scratch, "Tallied", NULL, "{\"id\":\"499\",\"n\":5}");
  expected[499].count++;
  expected[499].sum += 5;
  refuse = "499";
  for (int i = 0; i < 3; i++)
    assert_int_equal(op_model_catch_up(model, &error), OP_SOFTWARE);
  refuse = "none";
  assert_int_equal(op_model_catch_up(model, &error), OP_OK);
  op_model_close(model);
  check(scratch);
}

/* ---- folded anew ------------------------------------------------------------------------------- */

/* Killed in a later transaction: the ones before stay, without the indexes, and the next process goes on. */
static void test_killed_folding(void **state) {
  struct scratch *scratch = *state;
  append(scratch, 2 * BATCH + 3000, IDS);
  die_at = BATCH + BATCH / 2;
  assert_int_equal(end_of(start(scratch)), 128 + SIGKILL);
  assert_int_equal(ask(scratch, "SELECT offset FROM meta"), BATCH);
  assert_int_equal(ask(scratch, "SELECT indexed FROM meta"), 0);
  assert_int_equal(indexes(scratch), 0);
  die_at = 0;
  check(scratch);
  assert_int_equal(indexes(scratch), 1);
  assert_int_equal(ask(scratch, "SELECT 1 FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

/* Killed while the rows are saved: the offset does not stand before they do. */
static void test_killed_saving(void **state) {
  struct scratch *scratch = *state;
  append(scratch, 3000, 50);
  die_saving = true;
  assert_int_equal(end_of(start(scratch)), 128 + SIGKILL);
  assert_int_equal(ask(scratch, "SELECT offset FROM meta"), 0);
  die_saving = false;
  check(scratch);
  assert_int_equal(ask(scratch, "SELECT offset FROM meta"), 3000);
}

/* Killed while the indexes are made: neither they nor the transaction that they end are there. */
static void test_killed_indexing(void **state) {
  struct scratch *scratch = *state;
  append(scratch, BATCH + 3000, IDS);
  die_indexing = true;
  assert_int_equal(end_of(start(scratch)), 128 + SIGKILL);
  assert_int_equal(ask(scratch, "SELECT offset FROM meta"), BATCH);
  assert_int_equal(indexes(scratch), 0);
  die_indexing = false;
  check(scratch);
  assert_int_equal(indexes(scratch), 1);
  assert_int_equal(ask(scratch, "SELECT 1 FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

/* Many at once, of which one is killed on its way: the others end it together. */
static void test_many_processes(void **state) {
  struct scratch *scratch = *state;
  pid_t children[5];
  append(scratch, 3 * BATCH + 7, IDS);
  die_at = BATCH / 2;
  pid_t killed = start(scratch);
  die_at = 0;
  for (size_t i = 0; i < sizeof children / sizeof children[0]; i++)
    children[i] = start(scratch);
  int end = end_of(killed); /* unless the others were so fast that it never came to the event */
  assert_true(end == 0 || end == 128 + SIGKILL);
  for (size_t i = 0; i < sizeof children / sizeof children[0]; i++)
    assert_int_equal(end_of(children[i]), 0);
  assert_int_equal(indexes(scratch), 1);
  check(scratch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_sums),          TEST(test_loads),           TEST(test_failed),         TEST(test_killed_folding),
      TEST(test_killed_saving), TEST(test_killed_indexing), TEST(test_many_processes),
  };
  const char *given = getenv("SEED");
  seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
  print_message("seed %u\n", seed);
  sqlite3_auto_extension((void (*)(void))add_die);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
