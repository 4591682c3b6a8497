/* test_assign_plan.c - given branches and who waits, then who goes where: distance, load, reach, and all at once. */
#include "cmd/op-assign/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 4 };
#define KM 8993 /* microdegrees of latitude */

/* All on one meridian, at so many kilometres. */
struct place {
  int32_t km;
  int64_t used, capacity;
};

struct row {
  const char *name;
  struct weights weights;
  struct place branches[MOST];
  size_t branch_count;
  int32_t waiting[MOST];
  size_t count;
  const char *then; /* a letter each: the branch (A, B ...), - no branch in reach, 0 no capacity */
};

#define USUAL                                                                                                          \
  { 100, 1, 0.2 }

static const struct row rows[] = {
    {"the nearest", USUAL, {{0, 0, 9}, {10, 0, 9}}, 2, {2}, 1, "A"},
    {"a farther one that has less to do", USUAL, {{0, 8, 9}, {10, 0, 9}}, 2, {2}, 1, "B"},
    {"unless the load does not matter", {100, 1, 0}, {{0, 8, 9}, {10, 0, 9}}, 2, {2}, 1, "A"},
    {"the distance does not matter", {100, 0, 1}, {{0, 1, 9}, {90, 0, 9}}, 2, {2}, 1, "B"},
    {"nothing matters: the nearest", {100, 0, 0}, {{50, 1, 9}, {40, 8, 9}}, 2, {0}, 1, "B"},
    {"what is full is out", USUAL, {{0, 9, 9}, {50, 0, 9}}, 2, {2}, 1, "B"},
    {"all are full", USUAL, {{0, 9, 9}, {50, 9, 9}}, 2, {2}, 1, "0"},
    {"a capacity of nothing", USUAL, {{0, 0, 0}}, 1, {2}, 1, "0"},
    {"a capacity that was lowered", USUAL, {{0, 5, 3}}, 1, {2}, 1, "0"},
    {"the edge of the reach", USUAL, {{100, 0, 1}, {102, 0, 1}}, 2, {0}, 1, "A"},
    {"beyond the reach", USUAL, {{102, 0, 1}}, 1, {0}, 1, "-"},
    {"no branch at all", USUAL, {{0}}, 0, {0}, 1, "-"},
    {"a reach of nothing", {0, 1, 1}, {{1, 0, 1}, {0, 0, 1}}, 2, {0}, 1, "B"},
    {"who came first is not served worse for all", USUAL, {{0, 0, 1}, {30, 0, 1}}, 2, {14, -60}, 2, "BA"},
    {"who came first stays where the other way costs more", USUAL, {{0, 0, 1}, {30, 0, 1}}, 2, {1, 29}, 2, "AB"},
    {"one place short: who came first has it", USUAL, {{0, 0, 1}, {30, 0, 1}}, 2, {0, 0, 0}, 3, "AB0"},
    {"a third moves two", USUAL, {{0, 0, 1}, {40, 0, 1}, {80, 0, 1}}, 3, {10, 45, -70}, 3, "BCA"},
    {"some out of reach", USUAL, {{0, 0, 9}}, 1, {0, 500, 1}, 3, "A-A"},
};

/* Every row. */
static void test_plans(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct row *row = &rows[i];
    static struct branch branches[MOST];
    struct waiting waiting[MOST] = {{0}};
    char got[MOST + 1] = "";
    print_message("# %s\n", row->name);
    for (size_t b = 0; b < row->branch_count; b++)
      branches[b] = (struct branch){.at = {row->branches[b].km * KM, 127000000},
                                    .used = row->branches[b].used,
                                    .capacity = row->branches[b].capacity};
    for (size_t w = 0; w < row->count; w++)
      waiting[w].at = (struct op_location){row->waiting[w] * KM, 127000000};
    assert_true(plan_make(&row->weights, branches, row->branch_count, waiting, row->count, NULL));
    for (size_t w = 0; w < row->count; w++)
      got[w] = waiting[w].failure == FAILURE_NO_BRANCH     ? '-'
               : waiting[w].failure == FAILURE_NO_CAPACITY ? '0'
                                                           : (char)('A' + waiting[w].branch);
    assert_string_equal(got, row->then);
  }
}

/* Who finds no place among the nearest looks farther, as far as it takes. */
static void test_growth(void **state) {
  (void)state;
  enum { BRANCHES = 60 };
  static struct branch branches[BRANCHES];
  static struct waiting waiting[BRANCHES + 1];
  const struct weights weights = USUAL;
  int64_t cost = 0;
  for (int i = 0; i < BRANCHES; i++)
    branches[i] = (struct branch){.at = {i * KM, 127000000}, .capacity = 1};
  for (int i = 0; i <= BRANCHES; i++)
    waiting[i].at = (struct op_location){0, 127000000};
  assert_true(plan_make(&weights, branches, BRANCHES, waiting, BRANCHES + 1, &cost));
  bool taken[BRANCHES] = {false};
  for (int i = 0; i < BRANCHES; i++) {
    assert_int_equal(waiting[i].failure, FAILURE_NONE);
    assert_false(taken[waiting[i].branch]);
    taken[waiting[i].branch] = true;
  }
  assert_int_equal(waiting[BRANCHES].failure, FAILURE_NO_CAPACITY);
  assert_true(cost > 0);
}

/* The load is spread over all branches, however many are nearer than the last of them. */
static void test_spread(void **state) {
  (void)state;
  enum { BRANCHES = 30 };
  static struct branch branches[BRANCHES];
  static struct waiting waiting[BRANCHES];
  const struct weights weights = USUAL;
  int64_t cost = -1;
  int used[BRANCHES] = {0};
  for (int i = 0; i < BRANCHES; i++)
    branches[i] = (struct branch){.at = {0, 127000000}, .capacity = 2};
  for (int i = 0; i < BRANCHES; i++)
    waiting[i].at = (struct op_location){0, 127000000};
  assert_true(plan_make(&weights, branches, BRANCHES, waiting, BRANCHES, &cost));
  for (int i = 0; i < BRANCHES; i++)
    used[waiting[i].branch]++;
  for (int i = 0; i < BRANCHES; i++)
    assert_int_equal(used[i], 1);
  assert_int_equal(cost, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_plans), cmocka_unit_test(test_growth),
                                     cmocka_unit_test(test_spread)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
