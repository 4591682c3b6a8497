/* test_commit.c - deciding and appending over a real store: conflicts, refusals, dry runs, many processes at once; and
 * the loop of the processors. */
#include "commit.h"
#include "scratch.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PROCESSES 8
#define EACH 25
#define LIMIT 150 /* fewer than they ask for together */

/* ---- a decision: take the next ticket, up to LIMIT ---------------------------------------------- */

static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  sqlite3_stmt *put = op_model_sql(model, "INSERT INTO taken VALUES (?1, ?2)");
  sqlite3_bind_int64(put, 1, (sqlite3_int64)event->seq);
  sqlite3_bind_int64(put, 2, op_field_number(event, "n", 0));
  return op_model_exec(model, put, error);
}

static const char *const taken_types[] = {"Taken", NULL};
static const struct op_model_definition tickets = {.name = "tickets",
                                                   .version = 1,
                                                   .schema = "CREATE TABLE taken (seq INTEGER PRIMARY KEY, n INTEGER)",
                                                   .types = taken_types,
                                                   .apply = apply};

struct taking {
  int attempts;
  int64_t number;
  bool derived_id;          /* the event's id is made of its number: two who take it at once draft the same event */
  struct scratch *intruder; /* somebody who is faster at the first attempt */
  bool taken_back;          /* the first attempt reads what is taken back by a failed sync */
  bool fails;               /* the first attempt fails, and the store has no part in that */
};

/* How many are taken, up to the written tail. */
static int count_taken(struct op_model *model, int64_t *ret_taken, uint64_t *ret_position, struct op_error *error) {
  const evs_query_item item = {.types = taken_types, .type_count = 1};
  const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  bool row = false;
  sqlite3_stmt *count = op_model_sql(model, "SELECT count(*) FROM taken");
  int rc = op_model_step(model, count, &row, error);
  *ret_taken = sqlite3_column_int64(count, 0);
  sqlite3_reset(count);
  if (rc == OP_OK)
    rc = op_model_pending(model, &query, &cursor, error);
  while (rc == OP_OK && evs_next(cursor, &event, &store_error) == 0)
    ++*ret_taken;
  *ret_position = evs_cursor_position(cursor);
  evs_cursor_close(cursor);
  return rc;
}

static int take(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                uint64_t *ret_position, struct op_error *error) {
  struct taking *taking = context;
  int64_t taken = 0;
  int rc = count_taken(model, &taken, ret_position, error);
  if (rc != OP_OK)
    return rc;
  taking->attempts++;
  if (taking->taken_back && taking->attempts == 1)
    return op_fail_store(error, EVS_LOST, NULL);
  if (taking->fails && taking->attempts == 1)
    return op_fail(error, OP_IO, "lost", "the umbrella");
  if (taken >= LIMIT)
    return op_fail(error, OP_REFUSED, "sold_out", "nothing is left");
  taking->number = taken + 1;
  if (taking->intruder != NULL && taking->attempts == 1) {
    evs_error store_error;
    const evs_new_event event = {.id = "taken:1", .type = "Taken", .data = "{\"n\":1}", .data_len = 7};
    assert_int_equal(evs_append(taking->intruder->app.store, &event, 1, NULL, NULL, &store_error), 0);
  }
  struct op_draft *draft = op_draft_add(drafts, "Taken", "t", 0);
  if (taking->derived_id)
    op_draft_id(draft, "taken:%" PRId64, taking->number);
  op_json_begin(&draft->data);
  op_json_number(&draft->data, "n", taking->number);
  op_json_end(&draft->data);
  op_guard_add(guard, taken_types, "any", NULL);
  return OP_OK;
}

/* Takes one. */
static int take_one(struct op_app *app, struct taking *taking, bool lazy, struct op_committed *committed,
                    struct op_error *error) {
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  int rc = lazy ? op_model_open_lazy(app, &tickets, &model, error) : op_model_open(app, &tickets, &model, error);
  if (rc == OP_OK)
    rc = op_commit(model, take, taking, &drafts, committed, error);
  op_drafts_free(&drafts);
  op_model_close(model);
  return rc;
}

static void test_append(void **state) {
  struct scratch *scratch = *state;
  struct op_error error;
  struct op_committed committed = {0};
  struct taking taking = {0};
  assert_int_equal(take_one(&scratch->app, &taking, true, &committed, &error), OP_OK);
  assert_int_equal(committed.first, 1);
  assert_int_equal(committed.last, 1);
  scratch->app.dry_run = true;
  assert_int_equal(take_one(&scratch->app, &taking, true, &committed, &error), OP_OK);
  assert_int_equal(taking.number, 2);
  assert_int_equal(committed.first, 0);
  scratch->app.dry_run = false;
  assert_int_equal(take_one(&scratch->app, &taking, true, &committed, &error), OP_OK);
  assert_int_equal(committed.first, 2);
}

/* Lazy or not, with ids of its own or with the very id that the other has appended: the decision is made again. */
static void test_conflict(void **state) {
  struct scratch *scratch = *state;
  for (int i = 0; i < 4; i++) {
    struct op_error error;
    struct op_committed committed = {0};
    struct taking taking = {.derived_id = i >= 2, .intruder = scratch};
    scratch_close(scratch);
    scratch_open(scratch);
    assert_int_equal(take_one(&scratch->app, &taking, i % 2 == 0, &committed, &error), OP_OK);
    assert_int_equal(taking.attempts, 2);
    assert_int_equal(taking.number, 2);
    assert_int_equal(committed.first, 2);
  }
}

/* What was read to decide and is gone is read again; an error of another kind is told, whatever its name. */
static void test_taken_back(void **state) {
  struct scratch *scratch = *state;
  struct op_error error;
  struct op_committed committed = {0};
  struct taking taking = {.taken_back = true};
  assert_int_equal(take_one(&scratch->app, &taking, true, &committed, &error), OP_OK);
  assert_int_equal(taking.attempts, 2);
  assert_int_equal(committed.first, 1);
  taking = (struct taking){.fails = true};
  assert_int_equal(take_one(&scratch->app, &taking, true, &committed, &error), OP_IO);
  assert_int_equal(taking.attempts, 1);
  assert_string_equal(error.message, "the umbrella");
}

/* Decides by the model alone that there is nothing to do. */
static int look(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                uint64_t *ret_position, struct op_error *error) {
  (void)drafts, (void)guard, (void)error;
  ++*(int *)context;
  *ret_position = op_model_offset(model);
  return OP_OK;
}

/* What a model holds is durable, whatever became of the control page that the store knew when it was opened. */
static void test_new_page(void **state) {
  struct scratch *scratch = *state;
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_error error;
  struct op_committed committed;
  evs_store *other = NULL;
  const evs_new_event event = {.type = "Taken", .data = "{\"n\":1}", .data_len = 7};
  int looks = 0;
  scratch_append(scratch, "Taken", NULL, "{\"n\":1}");
  scratch_reopen(scratch);
  assert_int_equal(op_model_open(&scratch->app, &tickets, &model, &error), OP_OK);
  for (int page = 0; page < 2; page++) {
    assert_int_equal(evs_open(scratch->directory, NULL, &other, NULL), 0);
    assert_int_equal(evs_append(other, &event, 1, NULL, NULL, NULL), 0);
    evs_close(other);
    assert_int_equal(op_model_catch_up(model, &error), OP_OK);
    scratch_remove(scratch_path(scratch, "control"));
  }
  scratch->app.timeout_ms = 500;
  assert_int_equal(op_commit(model, look, &looks, &drafts, &committed, &error), OP_OK);
  assert_int_equal(looks, 1);
  op_drafts_free(&drafts);
  op_model_close(model);
}

/* One child: takes EACH, prints what it got to the pipe. */
static void child(struct scratch *scratch, int out) {
  evs_store *volatile parents = scratch->app.store; /* not for us, and not lost */
  struct op_error error;
  struct op_committed committed = {0};
  evs_error store_error;
  if (evs_open(scratch->directory, &(evs_open_options){.flags = EVS_CREATE}, &scratch->app.store, &store_error) != 0)
    _exit(2);
  scratch->app.timeout_ms = 20000;
  for (int i = 0; i < EACH; i++) {
    struct taking taking = {.derived_id = i % 2 == 0};
    int rc = take_one(&scratch->app, &taking, i % 3 != 0, &committed, &error);
    int64_t told = rc == OP_OK ? taking.number : 0;
    if ((rc != OP_OK && rc != OP_REFUSED) || write(out, &told, sizeof told) != sizeof told) {
      fprintf(stderr, "%s\n", error.message);
      _exit(1);
    }
  }
  _exit(parents != NULL ? 0 : 1);
}

/* Many at once: every number is given to one of them, and no more than there are. */
static void test_many_processes(void **state) {
  struct scratch *scratch = *state;
  int ends[2];
  bool given[LIMIT + 1] = {false};
  assert_int_equal(pipe(ends), 0);
  for (int i = 0; i < PROCESSES; i++) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
      child(scratch, ends[1]);
  }
  close(ends[1]);
  int64_t told = 0;
  int granted = 0, refused = 0;
  while (read(ends[0], &told, sizeof told) == sizeof told) {
    assert_in_range(told, 0, LIMIT);
    assert_false(told > 0 && given[told]);
    given[told] = true;
    granted += told > 0;
    refused += told == 0;
  }
  close(ends[0]);
  for (int i = 0, status = 0; i < PROCESSES; i++) {
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
  }
  assert_int_equal(granted, LIMIT);
  assert_int_equal(refused, PROCESSES * EACH - LIMIT);
}

/* ---- processors: answer every Asked with an Answered --------------------------------------------- */

static int apply_asked(struct op_model *model, const evs_event *event, struct op_error *error) {
  sqlite3_stmt *sql = NULL;
  if (op_type_is(event, "Asked")) {
    sql = op_model_sql(model, "INSERT INTO asked VALUES (?1, ?2)");
    op_bind_field(sql, 2, event, "bad");
  } else {
    sql = op_model_sql(model, "DELETE FROM asked WHERE seq = ?1");
  }
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)(op_type_is(event, "Asked") ? event->seq : event->causation));
  return op_model_exec(model, sql, error);
}

static const char *const answered[] = {"Answered", NULL};
static const char *const asked_types[] = {"Asked", "Answered", NULL};
static const char *const blind_types[] = {"Asked", NULL};
static const struct op_model_definition questions = {.name = "questions",
                                                     .version = 1,
                                                     .schema = "CREATE TABLE asked (seq INTEGER PRIMARY KEY, bad)",
                                                     .types = asked_types,
                                                     .apply = apply_asked};

/* Drafts answers; fails at a bad question. */
static int answer(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                  struct op_error *error) {
  sqlite3_stmt *rows = op_model_sql(model, "SELECT seq, bad FROM asked ORDER BY seq LIMIT ?1");
  sqlite3_bind_int64(rows, 1, (sqlite3_int64)limit);
  bool row = false;
  int rc = OP_OK;
  while ((rc = op_model_step(model, rows, &row, error)) == OP_OK && row) {
    uint64_t seq = (uint64_t)sqlite3_column_int64(rows, 0);
    char correlation[32];
    if (sqlite3_column_int(rows, 1))
      return op_fail(error, OP_TEMPORARY, "bad_question", "question %" PRIu64, seq);
    snprintf(correlation, sizeof correlation, "%" PRIu64, seq);
    struct op_draft *draft = op_draft_add(drafts, "Answered", correlation, seq);
    op_draft_id(draft, "answered:%" PRIu64, seq);
    op_draft_tag(draft, "question", correlation);
    op_guard_add(guard, answered, "question", correlation);
  }
  return rc;
}

static const struct op_processor processor = {.model = &questions, .batch = 8, .work = answer};

/* How many events of this type there are. */
static size_t count_events(struct scratch *scratch, const char *type) {
  const evs_query_item item = {.types = &type, .type_count = 1};
  const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error error;
  size_t n = 0;
  assert_int_equal(evs_read(scratch->app.store, &query, 0, 0, &cursor, &error), 0);
  while (evs_next(cursor, &event, &error) == 0)
    n++;
  evs_cursor_close(cursor);
  return n;
}

static void test_process(void **state) {
  struct scratch *scratch = *state;
  struct op_error error = {0};
  scratch_append_many(scratch, "Asked", "{}", 30);
  scratch->app.max = 11;
  assert_int_equal(op_process(&scratch->app, &processor, &error), OP_OK);
  assert_int_equal(count_events(scratch, "Answered"), 11);
  scratch->app.max = UINT64_MAX;
  assert_int_equal(op_process(&scratch->app, &processor, &error), OP_OK);
  assert_int_equal(count_events(scratch, "Answered"), 30);
  assert_int_equal(op_process(&scratch->app, &processor, &error), OP_OK);
  assert_int_equal(count_events(scratch, "Answered"), 30);
  assert_int_equal(op_output_rows(scratch->app.output), 30);
}

/* One question that always fails does not hold up those before it. */
static void test_bad_item(void **state) {
  struct scratch *scratch = *state;
  struct op_error error = {0};
  scratch_append_many(scratch, "Asked", "{}", 5);
  scratch_append(scratch, "Asked", NULL, "{\"bad\":1}");
  scratch_append(scratch, "Asked", NULL, "{}");
  assert_int_equal(op_process(&scratch->app, &processor, &error), OP_TEMPORARY);
  assert_string_equal(error.code, "bad_question");
  assert_int_equal(count_events(scratch, "Answered"), 5);
}

/* A fold that does not see its own outcomes is stopped at the second round, not at a full disk. */
static void test_stuck(void **state) {
  struct scratch *scratch = *state;
  struct op_error error = {0};
  struct op_model_definition blind = questions;
  blind.name = "blind";
  blind.types = blind_types;
  const struct op_processor stuck = {.model = &blind, .batch = 8, .work = answer};
  scratch_append(scratch, "Asked", NULL, "{}");
  assert_int_equal(op_process(&scratch->app, &stuck, &error), OP_SOFTWARE);
  assert_int_equal(count_events(scratch, "Answered"), 1);
}

/* The same processor in many processes: one answer a question. */
static void test_processes_at_once(void **state) {
  struct scratch *scratch = *state;
  scratch_append_many(scratch, "Asked", "{}", 300);
  for (int i = 0; i < 4; i++) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
      continue;
    struct op_error error = {0};
    evs_store *volatile parents = scratch->app.store; /* not for us, and not lost */
    int rc = evs_open(scratch->directory, NULL, &scratch->app.store, NULL);
    if (rc == 0)
      rc = op_process(&scratch->app, &processor, &error);
    if (rc != 0)
      fprintf(stderr, "%s\n", error.message);
    _exit(parents != NULL ? rc : 1);
  }
  for (int i = 0, status = 0; i < 4; i++) {
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
  }
  assert_int_equal(count_events(scratch, "Answered"), 300);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_append),   TEST(test_conflict),       TEST(test_taken_back),
      TEST(test_new_page), TEST(test_many_processes), TEST(test_process),
      TEST(test_bad_item), TEST(test_stuck),          TEST(test_processes_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
