/* test_reserve_book.c - the book that a batch keeps from commit to commit, when somebody else appends between a
 * decision and its commit: what was decided and not appended is forgotten, what was appended is counted once, and the
 * requests of earlier commits are known.
 *
 * Each commit here is that of a line or two of a batch, over a real store; the intruder has a handle of its own. */
#include "cmd/op-reserve/orders.h"
#include "cmd/op-reserve/project.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct batch {
  struct scratch scratch;
  struct scratch intruder; /* the same store, another handle */
  struct op_model *model;
  struct op_drafts drafts;
  struct orders orders;
  struct order lines[2];   /* of the last commit, and what became of them */
  const char *intrusion;   /* data of a ReservationPlaced that comes between decision and commit; NULL: none */
  const char *intruded_on; /* its tag */
};

static int setup(void **state) {
  static struct batch batch;
  struct op_error error;
  batch = (struct batch){0};
  scratch_open(&batch.scratch);
  scratch_append(&batch.scratch, "MusicalRegistered", "musical:1", "{\"musicalId\":\"1\",\"seats\":10}");
  scratch_append(&batch.scratch, "MusicalRegistered", "musical:2", "{\"musicalId\":\"2\",\"seats\":10}");
  batch.intruder = batch.scratch;
  if (evs_open(batch.scratch.directory, NULL, &batch.intruder.app.store, NULL) != 0)
    return -1;
  if (op_model_open_lazy(&batch.scratch.app, reserve_model(), &batch.model, &error) != OP_OK)
    return -1;
  op_model_stay(batch.model);
  batch.orders.app = &batch.scratch.app;
  batch.orders.book.keeps = true;
  *state = &batch;
  return 0;
}

static int teardown(void **state) {
  struct batch *batch = *state;
  order_free(&batch->lines[0]);
  order_free(&batch->lines[1]);
  book_free(&batch->orders.book);
  op_drafts_free(&batch->drafts);
  op_model_close(batch->model);
  evs_close(batch->intruder.app.store);
  scratch_close(&batch->scratch);
  return 0;
}

/* Decides, and lets the intruder in behind the first decision. */
static int decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error) {
  struct batch *batch = context;
  int code = orders_decide(&batch->orders, model, drafts, guard, ret_position, error);
  if (code == OP_OK && batch->intrusion)
    scratch_append(&batch->intruder, "ReservationPlaced", batch->intruded_on, batch->intrusion);
  batch->intrusion = NULL;
  return code;
}

/* A line of the next commit. */
static void add_line(struct batch *batch, const char *musical, int64_t seats, const char *request) {
  struct order *order = &batch->lines[batch->orders.count++];
  order_free(order);
  *order = (struct order){.draft = NO_DRAFT, .place = {.seats = seats, .price = -1}};
  stpcpy(order->place.musical_id, musical);
  stpcpy(order->place.request_id, request);
}

/* Commits the lines. */
static void commit(struct batch *batch) {
  struct op_committed committed;
  struct op_error error = {0};
  batch->orders.items = batch->lines;
  batch->orders.attempts = 0;
  if (op_commit(batch->model, decide, batch, &batch->drafts, &committed, &error) != OP_OK)
    fail_msg("%s", error.message);
  orders_committed(&batch->orders, &committed);
  batch->orders.count = 0;
}

/* Places one line in a commit of its own. Returns "" or the code of its refusal. */
static const char *place(struct batch *batch, const char *musical, int64_t seats, const char *request) {
  add_line(batch, musical, seats, request);
  commit(batch);
  return batch->lines[0].problem ? batch->lines[0].problem->code : "";
}

static uint64_t head(struct batch *batch) {
  uint64_t seq = 0;
  assert_int_equal(evs_head(batch->scratch.app.store, &seq, NULL), 0);
  return seq;
}

/* Ten seats: 4, then 3 that the intruder's 2 make a second decision, then the one that is left. */
static void a_decision_that_was_not_appended_took_nothing(void **state) {
  struct batch *batch = *state;
  assert_string_equal(place(batch, "1", 4, ""), "");
  batch->intruded_on = "musical:1";
  batch->intrusion = "{\"reservationId\":\"x\",\"musicalId\":\"1\",\"seats\":2}";
  assert_string_equal(place(batch, "1", 3, ""), "");
  assert_int_equal(batch->orders.attempts, 2);
  assert_string_equal(place(batch, "1", 2, ""), "insufficient_seats");
  assert_string_equal(place(batch, "1", 1, ""), "");
  assert_string_equal(place(batch, "1", 1, ""), "insufficient_seats");
}

/* What others append in between is no conflict, but the batch reads over its own commit when it goes on. */
static void its_own_commit_is_counted_once(void **state) {
  struct batch *batch = *state;
  batch->intruded_on = "musical:2";
  batch->intrusion = "{\"reservationId\":\"x\",\"musicalId\":\"2\",\"seats\":2}";
  assert_string_equal(place(batch, "1", 4, ""), "");
  assert_int_equal(batch->orders.attempts, 1);
  assert_string_equal(place(batch, "1", 4, ""), "");
  assert_int_equal(batch->orders.attempts, 1);
  assert_string_equal(place(batch, "1", 2, ""), "");
  assert_string_equal(place(batch, "1", 1, ""), "insufficient_seats");
}

/* And it does read what came in between: no guard of a later commit would find it. */
static void what_came_in_between_is_counted(void **state) {
  struct batch *batch = *state;
  add_line(batch, "1", 1, "");
  add_line(batch, "2", 1, "");
  commit(batch);
  batch->intruded_on = "musical:2";
  batch->intrusion = "{\"reservationId\":\"x\",\"musicalId\":\"2\",\"seats\":5}";
  assert_string_equal(place(batch, "1", 1, ""), "");
  assert_int_equal(batch->orders.attempts, 1);
  assert_string_equal(place(batch, "2", 5, ""), "insufficient_seats");
  assert_string_equal(place(batch, "2", 4, ""), "");
}

/* Known at once, without a conflict to find it out. */
static void requests_of_earlier_commits_are_known(void **state) {
  struct batch *batch = *state;
  assert_string_equal(place(batch, "1", 1, "k1"), "");
  uint64_t first = head(batch);
  assert_string_equal(place(batch, "1", 1, "k2"), "");
  uint64_t second = head(batch);
  assert_string_equal(place(batch, "1", 1, "k1"), "");
  assert_int_equal(batch->lines[0].repeated, first);
  assert_int_equal(batch->orders.attempts, 1);
  assert_string_equal(place(batch, "1", 2, "k1"), "request_id_reused");
  assert_int_equal(batch->orders.attempts, 1);
  assert_int_equal(head(batch), second);
}

/* So is one that somebody else used meanwhile. */
static void requests_of_others_are_known(void **state) {
  struct batch *batch = *state;
  assert_string_equal(place(batch, "1", 1, "k1"), "");
  scratch_append(&batch->intruder, "Note", "request:k2", "{}");
  uint64_t last = head(batch);
  assert_string_equal(place(batch, "1", 1, "k2"), "request_id_reused");
  assert_int_equal(batch->orders.attempts, 1);
  assert_int_equal(head(batch), last);
}

/* The default id of a placement in a commit of its own, or the chosen one. */
static const char *id_of(struct batch *batch, const char *chosen) {
  add_line(batch, "2", 1, "");
  stpcpy(batch->lines[0].place.reservation_id, chosen);
  commit(batch);
  assert_null(batch->lines[0].problem);
  return batch->drafts.items[batch->lines[0].draft].correlation;
}

/* The default id for somebody who begins here, from the tables where `folded`. */
static void another_gives(struct batch *batch, bool folded, const char *id) {
  struct op_error error;
  struct op_model *model = NULL;
  struct book book = {0};
  int64_t number = 0;
  char digits[24];
  assert_int_equal((folded ? op_model_open : op_model_open_lazy)(&batch->intruder.app, reserve_model(), &model, &error),
                   OP_OK);
  assert_int_equal(book_load(model, NULL, 0, &book, &error), OP_OK);
  assert_int_equal(book_next_number(model, &book, &number, &error), OP_OK);
  op_digits(digits, number);
  assert_string_equal(digits, id);
  book_free(&book);
  op_model_close(model);
}

/* A number far ahead does not count, and is passed over when the numbers get there: in the batch that chose it, for who
 * reads it behind the read model, and for who has it from the tables. */
static void a_number_far_ahead_does_not_count(void **state) {
  struct batch *batch = *state;
  assert_string_equal(id_of(batch, ""), "1");
  id_of(batch, "999999999999999999");
  id_of(batch, "1500000");
  id_of(batch, "1500001");
  assert_string_equal(id_of(batch, ""), "2");
  another_gives(batch, false, "3");
  id_of(batch, "1000000");
  assert_string_equal(id_of(batch, ""), "1000001");
  id_of(batch, "1499999");
  another_gives(batch, false, "1500002");
  another_gives(batch, true, "1500002");
  assert_string_equal(id_of(batch, ""), "1500002");
  another_gives(batch, true, "1500003");
}

/* An offer that was made when nobody waited yet, and whose time is over: its seats are for who waits since. */
static void an_offer_from_before_the_book_is_known(void **state) {
  struct batch *batch = *state;
  struct op_error error;
  scratch_append(&batch->intruder, "WaitingJoined", "musical:1",
                 "{\"waitingId\":\"a\",\"musicalId\":\"1\",\"seats\":4}");
  scratch_append(&batch->intruder, "WaitingOffered", "musical:1",
                 "{\"waitingId\":\"a\",\"musicalId\":\"1\",\"seats\":4,\"until\":\"2020-01-01T00:00:00Z\"}");
  assert_int_equal(evs_sync(batch->intruder.app.store, head(batch), NULL), 0);
  assert_int_equal(op_model_catch_up(batch->model, &error), OP_OK);
  assert_string_equal(place(batch, "1", 1, ""), "");
  scratch_append(&batch->intruder, "WaitingJoined", "musical:1",
                 "{\"waitingId\":\"b\",\"musicalId\":\"1\",\"seats\":8}");
  assert_string_equal(place(batch, "1", 2, ""), "insufficient_seats");
  assert_string_equal(place(batch, "1", 1, ""), "");
  assert_string_equal(place(batch, "1", 1, ""), "insufficient_seats");
  scratch_append(&batch->intruder, "WaitingWithdrawn", "musical:1", "{\"waitingId\":\"b\",\"musicalId\":\"1\"}");
  assert_string_equal(place(batch, "1", 5, ""), "insufficient_seats");
  assert_string_equal(place(batch, "1", 4, ""), "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_decision_that_was_not_appended_took_nothing),
      TEST(its_own_commit_is_counted_once),
      TEST(what_came_in_between_is_counted),
      TEST(requests_of_earlier_commits_are_known),
      TEST(requests_of_others_are_known),
      TEST(a_number_far_ahead_does_not_count),
      TEST(an_offer_from_before_the_book_is_known),
  };
  return cmocka_run_group_tests_name("reserve_book", tests, NULL, NULL);
}
