/* test_assign_decide.c - given branches and reservations, when op-assign decides, then this event, or this refusal. */
#include "cmd/op-assign/decide.h"
#include "given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct given {
  const char *type, *data;
};

/* ---- branches --------------------------------------------------------------------------------------------------- */

#define ADDED                                                                                                          \
  { "BranchAdded", "{\"branchId\":\"b\",\"name\":\"North\",\"lat\":37.5,\"lon\":127,\"capacity\":10}" }
#define CHANGED                                                                                                        \
  { "BranchCapacityChanged", "{\"branchId\":\"b\",\"capacity\":20,\"previousCapacity\":10}" }

#define CLOSED                                                                                                         \
  { "BranchClosed", "{\"branchId\":\"b\"}" }
#define OPENED                                                                                                         \
  { "BranchOpened", "{\"branchId\":\"b\"}" }
#define MOVED                                                                                                          \
  { "BranchRevised", "{\"branchId\":\"b\",\"lat\":37.6,\"lon\":127}" }
#define RENAMED                                                                                                        \
  { "BranchRevised", "{\"branchId\":\"b\",\"name\":\"South\"}" }

enum branch_command { ADD, ADJUST, CLOSE, OPEN, IMPORT, KEYED = 8 /* with a request id */ };

struct branch_row {
  const char *name;
  struct given given[3];
  int64_t used;  /* today */
  unsigned when; /* a command, and KEYED */
  const char *wanted_name;
  int32_t lat;
  int64_t capacity;
  const char *then; /* the type of the event, "" for nothing, else the code of the refusal */
  const char *data; /* a part of the event's data, or NULL */
};

static const struct branch_row branch_rows[] = {
    {"a new branch",
     {{0}},
     0,
     ADD,
     "North",
     37500000,
     10,
     "BranchAdded",
     "{\"branchId\":\"b\",\"name\":\"North\",\"lat\":37.5,\"lon\":127,\"capacity\":10}"},
    {"the same again", {ADDED}, 0, ADD, "North", 37500000, 10, "", NULL},
    {"the same again, after its capacity was changed", {ADDED, CHANGED}, 0, ADD, "North", 37500000, 10, "", NULL},
    {"as it is now", {ADDED, CHANGED}, 0, ADD, "North", 37500000, 20, "", NULL},
    {"with another capacity", {ADDED}, 0, ADD, "North", 37500000, 11, "id_taken", NULL},
    {"with another name", {ADDED}, 0, ADD, "South", 37500000, 10, "id_taken", NULL},
    {"elsewhere", {ADDED}, 0, ADD, "North", 37500001, 10, "id_taken", NULL},
    {"more a day",
     {ADDED},
     0,
     ADJUST,
     "",
     0,
     20,
     "BranchCapacityChanged",
     "{\"branchId\":\"b\",\"capacity\":20,\"previousCapacity\":10}"},
    {"as much as it has", {ADDED}, 0, ADJUST, "", 0, 10, "", NULL},
    {"none at all", {ADDED}, 0, ADJUST, "", 0, 0, "BranchCapacityChanged", "\"capacity\":0"},
    {"as few as are assigned", {ADDED}, 4, ADJUST, "", 0, 4, "BranchCapacityChanged", "\"capacity\":4"},
    {"fewer than are assigned", {ADDED}, 4, ADJUST, "", 0, 3, "capacity_used", NULL},
    {"of no branch", {{0}}, 0, ADJUST, "", 0, 3, "no_such_branch", NULL},
    {"imported", {{0}}, 0, IMPORT, "North", 37500000, 10, "BranchAdded", NULL},
    {"imported again", {ADDED}, 0, IMPORT, "North", 37500000, 10, "", NULL},
    {"imported with another capacity",
     {ADDED},
     0,
     IMPORT,
     "North",
     37500000,
     12,
     "BranchCapacityChanged",
     "\"previousCapacity\":10"},
    {"imported elsewhere",
     {ADDED},
     0,
     IMPORT,
     "North",
     37600000,
     10,
     "BranchRevised",
     "{\"branchId\":\"b\",\"lat\":37.6,\"lon\":127}"},
    {"imported by another name",
     {ADDED},
     0,
     IMPORT,
     "South",
     37500000,
     10,
     "BranchRevised",
     "{\"branchId\":\"b\",\"name\":\"South\"}"},
    {"imported as it was revised", {ADDED, MOVED, RENAMED}, 0, IMPORT, "South", 37600000, 10, "", NULL},
    {"imported with fewer than are assigned", {ADDED}, 4, IMPORT, "South", 37500000, 3, "capacity_used", NULL},
    {"imported again, with a key: its file remembers that",
     {ADDED},
     0,
     IMPORT | KEYED,
     "North",
     37500000,
     10,
     "",
     NULL},
    {"added again where it was", {ADDED, MOVED}, 0, ADD, "North", 37500000, 10, "id_taken", NULL},
    {"added again where it is", {ADDED, MOVED}, 0, ADD, "North", 37600000, 10, "", NULL},
    {"a revision of nothing changes nothing",
     {ADDED, {"BranchRevised", "{\"branchId\":\"b\",\"name\":\"\",\"lat\":91,\"lon\":0}"}},
     0,
     ADD,
     "North",
     37500000,
     10,
     "",
     NULL},
    {"closed", {ADDED}, 4, CLOSE, "", 0, 0, "BranchClosed", "{\"branchId\":\"b\"}"},
    {"closed twice", {ADDED, CLOSED}, 0, CLOSE, "", 0, 0, "", NULL},
    {"closed twice, with a key",
     {ADDED, CLOSED},
     0,
     CLOSE | KEYED,
     "",
     0,
     0,
     "BranchClosed",
     "{\"branchId\":\"b\",\"requestId\":\"k\",\"request\":\"x\"}"},
    {"opened", {ADDED, CLOSED}, 0, OPEN, "", 0, 0, "BranchOpened", "{\"branchId\":\"b\"}"},
    {"opened twice", {ADDED, CLOSED, OPENED}, 0, OPEN, "", 0, 0, "", NULL},
    {"opened, being so, with a key", {ADDED}, 0, OPEN | KEYED, "", 0, 0, "BranchOpened", "\"requestId\":\"k\""},
    {"no branch closed", {CLOSED}, 0, CLOSE | KEYED, "", 0, 0, "no_such_branch", NULL},
    {"adjusted while it is closed", {ADDED, CLOSED}, 0, ADJUST, "", 0, 3, "BranchCapacityChanged", NULL},
    {"as much as it has, with a key",
     {ADDED},
     12,
     ADJUST | KEYED,
     "",
     0,
     10,
     "BranchCapacityChanged",
     "{\"branchId\":\"b\",\"capacity\":10,\"previousCapacity\":10,\"requestId\":\"k\",\"request\":\"x\"}"},
    {"the same again, with a key",
     {ADDED, CHANGED},
     0,
     ADD | KEYED,
     "North",
     37500000,
     10,
     "BranchCapacityChanged",
     "\"capacity\":20,\"previousCapacity\":20,\"requestId\":\"k\""},
    {"a second BranchAdded changes nothing",
     {ADDED, {"BranchAdded", "{\"branchId\":\"b\",\"name\":\"X\",\"lat\":1,\"lon\":1,\"capacity\":1}"}},
     0,
     ADD,
     "North",
     37500000,
     10,
     "",
     NULL},
    {"a branch without a location is none",
     {{"BranchAdded", "{\"branchId\":\"b\",\"name\":\"X\",\"capacity\":1}"}},
     0,
     ADJUST,
     "",
     0,
     3,
     "no_such_branch",
     NULL},
    {"an odd capacity changes nothing",
     {ADDED, {"BranchCapacityChanged", "{\"branchId\":\"b\",\"capacity\":-1}"}},
     0,
     ADD,
     "North",
     37500000,
     10,
     "",
     NULL},
};

/* One row. */
static void decide_branch(const struct branch_row *row, struct op_drafts *drafts, struct op_guard *guard,
                          struct op_error *error) {
  struct branch branch = {0};
  struct branch_wanted wanted = {.id = "b", .at = {row->lat, 127000000}, .capacity = row->capacity};
  const struct op_request request = {row->when & KEYED ? "k" : NULL, "x"};
  unsigned when = row->when & ~(unsigned)KEYED;
  for (uint64_t i = 0; i < 3 && row->given[i].type; i++) {
    evs_event event = given_event(i + 1, row->given[i].type, 0, row->given[i].data);
    branch_apply(&branch, &event);
  }
  branch.used = row->used;
  snprintf(wanted.name, sizeof wanted.name, "%s", row->wanted_name);
  if (when == ADD)
    decide_branch_add(&branch, &wanted, &request, drafts, guard, error);
  else if (when == ADJUST)
    decide_branch_adjust(&branch, "b", row->capacity, &request, drafts, guard, error);
  else if (when != IMPORT)
    decide_branch_status(&branch, "b", when == CLOSE, &request, drafts, guard, error);
  else
    decide_branch_import(&branch, &wanted, &request, drafts, guard, error);
}

/* Is there this one event with this data, nothing, or this refusal? */
static void check(const char *then, const char *data, const struct op_drafts *drafts, const struct op_error *error) {
  if (error->exit_code) {
    assert_int_equal(error->exit_code, OP_REFUSED);
    assert_int_equal(drafts->count, 0);
    assert_string_equal(error->code, then);
  } else if (!then[0]) {
    assert_int_equal(drafts->count, 0);
  } else {
    assert_int_equal(drafts->count, 1);
    assert_string_equal(drafts->items[0].type, then);
    if (data)
      assert_non_null(strstr(drafts->items[0].data.ptr, data));
  }
}

/* Every row. */
static void test_branches(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof branch_rows / sizeof *branch_rows; i++) {
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    print_message("# %s\n", branch_rows[i].name);
    decide_branch(&branch_rows[i], &drafts, &guard, &error);
    check(branch_rows[i].then, branch_rows[i].data, &drafts, &error);
    if (drafts.count)
      assert_string_equal(op_guard_query(&guard)->items[0].tags[0], "branch:b");
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* A file that says another capacity and another place: both, in one commit. */
static void test_both(void **state) {
  (void)state;
  const struct given added = ADDED;
  const struct op_request request = {NULL, "x"};
  struct branch_wanted wanted = {.id = "b", .name = "North", .at = {37600000, 127000000}, .capacity = 12};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct op_error error = {0};
  struct branch branch = {0};
  evs_event event = given_event(1, added.type, 0, added.data);
  branch_apply(&branch, &event);
  assert_int_equal(decide_branch_import(&branch, &wanted, &request, &drafts, &guard, &error), OP_OK);
  assert_int_equal(drafts.count, 2);
  assert_string_equal(drafts.items[0].type, "BranchCapacityChanged");
  assert_string_equal(drafts.items[1].type, "BranchRevised");
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* ---- pick-ups --------------------------------------------------------------------------------------------------- */

#define PLACED                                                                                                         \
  {                                                                                                                    \
    "ReservationPlaced", "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"customerId\":\"c\",\"seats\":2,\"lat\":37.5," \
                         "\"lon\":127,\"fulfil\":\"delivery\"}"                                                        \
  }
#define NOWHERE                                                                                                        \
  { "ReservationPlaced", "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"seats\":2}" }
#define PARTLY                                                                                                         \
  { "ReservationCancelled", "{\"reservationId\":\"1\",\"seats\":1,\"remainingSeats\":1}" }
#define WHOLLY                                                                                                         \
  { "ReservationCancelled", "{\"reservationId\":\"1\",\"seats\":2,\"remainingSeats\":0}" }
#define ASSIGNED                                                                                                       \
  {                                                                                                                    \
    "PickupAssigned", "{\"reservationId\":\"1\",\"branchId\":\"b\",\"distanceKm\":1.5,\"day\":\"2026-11-20\","         \
                      "\"fulfil\":\"delivery\"}"                                                                       \
  }
#define RELEASED                                                                                                       \
  { "PickupReleased", "{\"reservationId\":\"1\",\"branchId\":\"b\",\"day\":\"2026-11-20\"}" }
#define COLLECTED                                                                                                      \
  { "PickupCollected", "{\"reservationId\":\"1\",\"branchId\":\"b\"}" }
#define NO_BRANCH                                                                                                      \
  { "AssignmentFailed", "{\"reservationId\":\"1\",\"reason\":\"no_branch_in_reach\"}" }
#define NO_CAPACITY                                                                                                    \
  { "AssignmentFailed", "{\"reservationId\":\"1\",\"reason\":\"no_capacity\"}" }

struct pickup_row {
  const char *name;
  struct given given[6];
  const char *status; /* that they lead to; NULL: there is none */
  const char *holds;  /* branch and day whose place it takes; "": none */
  bool due_back, waits;
  const char *collected; /* what `collect` does: as in branch_row.then */
};

static const struct pickup_row pickup_rows[] = {
    {"nothing", {{0}}, NULL, "", false, false, "no_such_reservation"},
    {"no location", {NOWHERE}, NULL, "", false, false, "no_such_reservation"},
    {"no location, and yet assigned", {NOWHERE, ASSIGNED}, NULL, "", false, false, "no_such_reservation"},
    {"placed", {PLACED}, "Pending", "", false, true, "not_assigned"},
    {"assigned", {PLACED, ASSIGNED}, "Assigned", "b 2026-11-20", false, false, "PickupCollected"},
    {"assigned twice", {PLACED, ASSIGNED, ASSIGNED}, "Assigned", "b 2026-11-20", false, false, "PickupCollected"},
    {"some of it given up", {PLACED, ASSIGNED, PARTLY}, "Assigned", "b 2026-11-20", false, false, "PickupCollected"},
    {"some of it, before", {PLACED, PARTLY}, "Pending", "", false, true, "not_assigned"},
    {"given up before", {PLACED, WHOLLY}, "Cancelled", "", false, false, "already_cancelled"},
    {"given up after a failure", {PLACED, NO_BRANCH, WHOLLY}, "Cancelled", "", false, false, "already_cancelled"},
    {"given up", {PLACED, ASSIGNED, WHOLLY}, "Assigned", "b 2026-11-20", true, false, "already_cancelled"},
    {"released", {PLACED, ASSIGNED, WHOLLY, RELEASED}, "Released", "", false, false, "already_cancelled"},
    {"released twice",
     {PLACED, ASSIGNED, WHOLLY, RELEASED, RELEASED},
     "Released",
     "",
     false,
     false,
     "already_cancelled"},
    {"collected", {PLACED, ASSIGNED, COLLECTED}, "Collected", "b 2026-11-20", false, false, "already_collected"},
    {"collected, and yet released",
     {PLACED, ASSIGNED, COLLECTED, RELEASED},
     "Collected",
     "b 2026-11-20",
     false,
     false,
     "already_collected"},
    {"collected without a branch", {PLACED, COLLECTED}, "Pending", "", false, true, "not_assigned"},
    {"failed", {PLACED, NO_BRANCH}, "Failed", "", false, true, "not_assigned"},
    {"failed otherwise", {PLACED, NO_BRANCH, NO_CAPACITY}, "Failed", "", false, true, "not_assigned"},
    {"helped", {PLACED, NO_CAPACITY, ASSIGNED}, "Assigned", "b 2026-11-20", false, false, "PickupCollected"},
    {"assigned after it was given up", {PLACED, WHOLLY, ASSIGNED}, "Cancelled", "", false, false, "already_cancelled"},
    {"assigned to what is no branch",
     {PLACED, {"PickupAssigned", "{\"reservationId\":\"1\",\"branchId\":\"a b\"}"}},
     "Pending",
     "",
     false,
     true,
     "not_assigned"},
};

/* The state that the events lead to. */
static void fold(const struct given *given, size_t count, struct pickup *pickup) {
  *pickup = (struct pickup){0};
  for (uint64_t i = 0; i < count && given[i].type; i++) {
    evs_event event = given_event(i + 1, given[i].type, 0, given[i].data);
    pickup_apply(pickup, &event);
  }
}

/* Every row: the state, and what collecting makes of it. */
static void test_pickups(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof pickup_rows / sizeof *pickup_rows; i++) {
    const struct pickup_row *row = &pickup_rows[i];
    const struct op_request request = {NULL, "x"};
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    struct pickup pickup;
    char holds[OP_MAX_ID + DAY_SIZE + 2];
    print_message("# %s\n", row->name);
    fold(row->given, 6, &pickup);
    assert_int_equal(pickup.id[0] != '\0', row->status != NULL);
    if (row->status)
      assert_string_equal(pickup_statuses[pickup.status], row->status);
    snprintf(holds, sizeof holds, "%s %s", pickup.branch_id, pickup.day);
    assert_string_equal(pickup_holds(&pickup) ? holds : "", row->holds);
    assert_int_equal(pickup_is_due_back(&pickup), row->due_back);
    assert_int_equal(pickup.id[0] && pickup_waits(&pickup), row->waits);
    decide_collect(&pickup, "1", false, &request, &drafts, &guard, &error);
    check(row->collected, "{\"reservationId\":\"1\",\"customerId\":\"c\",\"musicalId\":\"m\",\"branchId\":\"b\"}",
          &drafts, &error);
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* Does the guard of the last decision exclude this event? */
static bool excludes(struct op_guard *guard, const char *type, const char *tag) {
  const evs_query *query = op_guard_query(guard);
  for (size_t i = 0; query && i < query->count; i++)
    for (size_t j = 0; j < query->items[i].type_count; j++)
      if (strcmp(query->items[i].types[j], type) == 0 &&
          (query->items[i].tag_count == 0 || strcmp(query->items[i].tags[0], tag) == 0))
        return true;
  return false;
}

/* An assignment loses against whatever takes places there, changes how many there are, or happens to the reservation.
 */
static void test_assigned(void **state) {
  (void)state;
  static const struct given placed[] = {PLACED};
  const struct branch branch = {.id = "b", .capacity = 1};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct pickup pickup;
  fold(placed, 1, &pickup);
  decide_assigned(&pickup, &branch, 1042, "2026-11-20", false, &drafts, &guard);
  assert_int_equal(drafts.count, 1);
  assert_string_equal(drafts.items[0].data.ptr,
                      "{\"reservationId\":\"1\",\"customerId\":\"c\",\"musicalId\":\"m\",\"branchId\":\"b\","
                      "\"distanceKm\":1.042,\"day\":\"2026-11-20\",\"fulfil\":\"delivery\"}");
  assert_int_equal(drafts.items[0].causation, 1);
  assert_true(excludes(&guard, "PickupAssigned", "branch:b"));
  assert_true(excludes(&guard, "BranchCapacityChanged", "branch:b"));
  assert_true(excludes(&guard, "BranchClosed", "branch:b"));
  assert_true(excludes(&guard, "BranchRevised", "branch:b"));
  assert_true(excludes(&guard, "PickupAssigned", "reservation:1"));
  assert_true(excludes(&guard, "ReservationCancelled", "reservation:1"));
  assert_true(excludes(&guard, "AssignmentFailed", "reservation:1"));
  assert_false(excludes(&guard, "PickupReleased", "branch:b"));
  assert_false(excludes(&guard, "PickupAssigned", "branch:c"));
  size_t before = guard.count;
  decide_assigned(&pickup, &branch, 1042, "2026-11-20", true, &drafts, &guard);
  assert_int_equal(guard.count, before + 1); /* the branch is guarded once */
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* A failure is told once for each reason, and loses against whatever may help. */
static void test_failed(void **state) {
  (void)state;
  static const struct given failed[] = {PLACED, NO_BRANCH};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct pickup pickup;
  fold(failed, 1, &pickup);
  assert_true(decide_failed(&pickup, FAILURE_NO_BRANCH, false, &drafts, &guard));
  assert_non_null(strstr(drafts.items[0].data.ptr, "\"reason\":\"no_branch_in_reach\"}"));
  assert_true(excludes(&guard, "BranchAdded", "branch:any"));
  assert_true(excludes(&guard, "BranchCapacityChanged", "branch:any"));
  assert_true(excludes(&guard, "BranchOpened", "branch:any"));
  assert_true(excludes(&guard, "BranchRevised", "branch:any"));
  assert_false(excludes(&guard, "BranchClosed", "branch:any"));
  assert_true(excludes(&guard, "PickupReleased", "branch:any"));
  assert_true(excludes(&guard, "ReservationCancelled", "reservation:1"));
  op_drafts_reset(&drafts);
  fold(failed, 2, &pickup);
  assert_false(decide_failed(&pickup, FAILURE_NO_BRANCH, false, &drafts, &guard));
  assert_int_equal(drafts.count, 0);
  assert_true(decide_failed(&pickup, FAILURE_NO_CAPACITY, false, &drafts, &guard));
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* A release is caused by the cancellation, and loses against another release and a collection. */
static void test_released(void **state) {
  (void)state;
  static const struct given cancelled[] = {PLACED, ASSIGNED, WHOLLY};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct pickup pickup;
  fold(cancelled, 3, &pickup);
  decide_released(&pickup, &drafts, &guard);
  assert_string_equal(drafts.items[0].id, "pickup-released:3");
  assert_int_equal(drafts.items[0].causation, 3);
  assert_non_null(strstr(drafts.items[0].data.ptr, "\"branchId\":\"b\",\"day\":\"2026-11-20\"}"));
  assert_true(excludes(&guard, "PickupReleased", "reservation:1"));
  assert_true(excludes(&guard, "PickupCollected", "reservation:1"));
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

#define PAID                                                                                                           \
  { "PaymentApproved", "{\"reservationId\":\"1\"}" }

/* What is to be paid in advance is handed over while it is paid, and loses against a payment that is cancelled. */
static void test_prepaid(void **state) {
  (void)state;
  static const struct {
    const char *name;
    struct given given[5];
    const char *then;
  } rows[] = {
      {"not yet", {PLACED, ASSIGNED}, "not_paid"},
      {"paid", {PLACED, ASSIGNED, PAID}, "PickupCollected"},
      {"paid before a branch had it", {PLACED, PAID, ASSIGNED}, "PickupCollected"},
      {"declined", {PLACED, ASSIGNED, {"PaymentDeclined", "{\"reservationId\":\"1\"}"}}, "not_paid"},
      {"paid back", {PLACED, ASSIGNED, PAID, {"PaymentCancelled", "{\"reservationId\":\"1\"}"}}, "not_paid"},
      {"paid back in part",
       {PLACED, ASSIGNED, PAID, {"PaymentRefunded", "{\"reservationId\":\"1\"}"}},
       "PickupCollected"},
      {"paid, and given up", {PLACED, ASSIGNED, PAID, WHOLLY}, "already_cancelled"},
      {"paid, and nowhere", {PLACED, PAID}, "not_assigned"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct op_request request = {NULL, "x"};
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    struct pickup pickup;
    print_message("# %s\n", rows[i].name);
    fold(rows[i].given, 5, &pickup);
    decide_collect(&pickup, "1", true, &request, &drafts, &guard, &error);
    check(rows[i].then, NULL, &drafts, &error);
    if (drafts.count > 0) {
      assert_int_equal(drafts.items[0].causation, pickup.changed_seq);
      assert_true(excludes(&guard, "PaymentCancelled", "reservation:1"));
      assert_true(excludes(&guard, "ReservationCancelled", "reservation:1"));
    }
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* Days begin at midnight of their zone. */
static void test_days(void **state) {
  (void)state;
  static const struct {
    const char *zone, *time, *day, *begins;
  } rows[] = {
      {"+00:00", "2026-11-20T23:59:59.999999Z", "2026-11-20", "2026-11-20T00:00:00.000000Z"},
      {"+09:00", "2026-11-20T14:59:59Z", "2026-11-20", "2026-11-19T15:00:00.000000Z"},
      {"+09:00", "2026-11-20T15:00:00Z", "2026-11-21", "2026-11-20T15:00:00.000000Z"},
      {"-03:30", "2026-01-01T03:29:59Z", "2025-12-31", "2025-12-31T03:30:00.000000Z"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t zone_us = 0, time_us = 0;
    char day[DAY_SIZE], begins[EVS_TIME_SIZE];
    assert_true(op_zone_parse(rows[i].zone, &zone_us));
    assert_true(evs_time_parse(rows[i].time, strlen(rows[i].time), &time_us));
    day_of(time_us, zone_us, day);
    assert_string_equal(day, rows[i].day);
    day_begin(day, zone_us, begins);
    assert_string_equal(begins, rows[i].begins);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_branches), cmocka_unit_test(test_both),   cmocka_unit_test(test_pickups),
      cmocka_unit_test(test_assigned), cmocka_unit_test(test_failed), cmocka_unit_test(test_released),
      cmocka_unit_test(test_prepaid),  cmocka_unit_test(test_days),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
