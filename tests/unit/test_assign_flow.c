/* test_assign_flow.c - the flow beside every assignment there is, beside greed, and beside a proof of its own.
 *
 * Small instances are compared with all ways to assign them; large ones are proven optimal by the theorem that a flow
 * is of least cost if and only if nothing that is left of the network is a cycle of negative cost. */
#include "cmd/op-assign/flow.h"
#include "journal_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_ITEMS = 2000, MOST_BRANCHES = 40 };

struct instance {
  struct weights weights;
  size_t branch_count, item_count;
  struct flow_branch branches[MOST_BRANCHES];
  struct flow_candidate candidates[MOST_ITEMS][MOST_BRANCHES];
  size_t counts[MOST_ITEMS];
  size_t step, most; /* see flow_new() */
  bool served[MOST_ITEMS];
  uint32_t branch_of[MOST_ITEMS];
};

static uint64_t random_state;

/* From 0 to below `limit`. */
static int64_t pick(int64_t limit) { return (int64_t)(jf_random(&random_state) % (uint64_t)limit); }

/* Something to assign: some branches are full, some candidates cost the same, some reservations have none. */
static void make(struct instance *in, size_t items, size_t branches, int64_t most_places, int64_t most_cost) {
  memset(in, 0, sizeof *in);
  in->weights = (struct weights){100, 1, (double)pick(4) / 10};
  in->branch_count = branches;
  in->item_count = items;
  in->step = 1 + (size_t)pick(4);
  in->most = SIZE_MAX;
  for (size_t b = 0; b < branches; b++) {
    in->branches[b].capacity = pick(most_places + 1);
    in->branches[b].used = in->branches[b].capacity ? pick(in->branches[b].capacity) / 2 : 0;
  }
  for (size_t i = 0; i < items; i++)
    for (uint32_t b = 0; b < branches; b++)
      if (pick(3) > 0)
        in->candidates[i][in->counts[i]++] = (struct flow_candidate){b, pick(most_cost)};
}

/* Answers the flow by looking at every candidate, and at what it asks for. */
static size_t find(void *context, const struct flow_question *question, struct flow_candidate *found) {
  static int64_t highest[MOST_BRANCHES];
  const struct instance *in = context;
  bool taken[MOST_BRANCHES] = {false};
  size_t count = 0;
  for (size_t b = 0; b < in->branch_count; b++) {
    assert_true(question->prices[b] >= highest[b] || question->who == 0);
    highest[b] = question->prices[b];
  }
  for (; count < question->limit; count++) {
    const struct flow_candidate *best = NULL;
    for (size_t c = 0; c < in->counts[question->who]; c++) {
      const struct flow_candidate *here = &in->candidates[question->who][c];
      int64_t value = here->cost + question->prices[here->branch];
      if (!taken[here->branch] && !question->left_out[here->branch] && value < question->below &&
          (!best || value < best->cost + question->prices[best->branch]))
        best = here;
    }
    if (!best)
      break;
    taken[best->branch] = true;
    found[count] = *best;
  }
  return count;
}

/* Lets the flow do it; returns its cost. */
static int64_t solve(struct instance *in) {
  struct flow *flow = flow_new(&in->weights, in->branches, in->branch_count, find, in, in->step, in->most);
  size_t number = 0;
  assert_non_null(flow);
  for (size_t i = 0; i < in->item_count; i++)
    in->served[i] = flow_add(flow, i);
  for (size_t i = 0; i < in->item_count; i++)
    if (in->served[i])
      in->branch_of[i] = flow_branch_of(flow, number++);
  int64_t cost = flow_cost(flow);
  flow_free(flow);
  return cost;
}

/* The cost of a candidate; -1 where it is none. */
static int64_t cost_at(const struct instance *in, size_t item, uint32_t branch) {
  for (size_t c = 0; c < in->counts[item]; c++)
    if (in->candidates[item][c].branch == branch)
      return in->candidates[item][c].cost;
  return -1;
}

/* What the assignment costs by the definition; it must be one. */
static int64_t cost_of(const struct instance *in) {
  int64_t taken[MOST_BRANCHES], cost = 0;
  for (size_t b = 0; b < in->branch_count; b++)
    taken[b] = in->branches[b].used;
  for (size_t i = 0; i < in->item_count; i++) {
    if (!in->served[i])
      continue;
    uint32_t b = in->branch_of[i];
    assert_true(cost_at(in, i, b) >= 0);
    cost += cost_at(in, i, b) + cost_of_load(&in->weights, taken[b], in->branches[b].capacity);
    assert_true(taken[b]++ < in->branches[b].capacity);
  }
  return cost;
}

/* The least cost of all ways to serve those of `wanted` from item `i` on; INT64_MAX where there is none. */
// NOLINTNEXTLINE(misc-no-recursion)
static int64_t try_all(const struct instance *in, const bool *wanted, size_t i, int64_t *taken) {
  int64_t best = INT64_MAX;
  while (i < in->item_count && !wanted[i])
    i++;
  if (i == in->item_count)
    return 0;
  for (size_t c = 0; c < in->counts[i]; c++) {
    const struct flow_candidate *candidate = &in->candidates[i][c];
    const struct flow_branch *branch = &in->branches[candidate->branch];
    if (taken[candidate->branch] >= branch->capacity)
      continue;
    int64_t here = candidate->cost + cost_of_load(&in->weights, taken[candidate->branch], branch->capacity);
    taken[candidate->branch]++;
    int64_t rest = try_all(in, wanted, i + 1, taken);
    taken[candidate->branch]--;
    if (rest != INT64_MAX && here + rest < best)
      best = here + rest;
  }
  return best;
}

/* The same from the start. */
static int64_t brute_force(const struct instance *in, const bool *wanted) {
  int64_t taken[MOST_BRANCHES];
  for (size_t b = 0; b < in->branch_count; b++)
    taken[b] = in->branches[b].used;
  return try_all(in, wanted, 0, taken);
}

/* Who comes takes the least that is free: its cost, and who was served. */
static int64_t greed(const struct instance *in, bool *served) {
  int64_t taken[MOST_BRANCHES], cost = 0;
  for (size_t b = 0; b < in->branch_count; b++)
    taken[b] = in->branches[b].used;
  for (size_t i = 0; i < in->item_count; i++) {
    int64_t best = INT64_MAX;
    uint32_t where = 0;
    for (size_t c = 0; c < in->counts[i]; c++) {
      uint32_t b = in->candidates[i][c].branch;
      int64_t here = in->candidates[i][c].cost + cost_of_load(&in->weights, taken[b], in->branches[b].capacity);
      if (taken[b] < in->branches[b].capacity && here < best) {
        best = here;
        where = b;
      }
    }
    served[i] = best != INT64_MAX;
    if (served[i]) {
      taken[where]++;
      cost += best;
    }
  }
  return cost;
}

/* 4,000 small instances: it serves whom it should, as cheaply as can be, and never dearer than greed. */
static void test_small(void **state) {
  (void)state;
  static struct instance in;
  random_state = jf_seed();
  size_t cheaper = 0, more = 0;
  for (int round = 0; round < 4000; round++) {
    bool wanted[MOST_ITEMS] = {false}, greedy[MOST_ITEMS];
    make(&in, 1 + (size_t)pick(6), 1 + (size_t)pick(4), 3, round % 2 ? 5 : 100000000);
    int64_t cost = solve(&in);
    assert_int_equal(cost, cost_of(&in));
    for (size_t i = 0; i < in.item_count; i++) { /* who came first is served first, if it is possible at all */
      wanted[i] = true;
      wanted[i] = brute_force(&in, wanted) != INT64_MAX;
      assert_int_equal(wanted[i], in.served[i]);
    }
    assert_int_equal(cost, brute_force(&in, wanted));
    in.most = 1; /* whoever can be served is, however few candidates each has */
    assert_true(solve(&in) >= cost);
    for (size_t i = 0; i < in.item_count; i++)
      assert_int_equal(wanted[i], in.served[i]);
    int64_t greedy_cost = greed(&in, greedy);
    if (memcmp(greedy, in.served, in.item_count * sizeof *greedy) == 0) {
      assert_true(cost <= greedy_cost);
      cheaper += cost < greedy_cost;
    } else {
      more++; /* greed may only have served fewer: the flow serves as many as can be */
    }
  }
  assert_true(cheaper > 100 && more > 100); /* or the instances are too easy to tell anything */
}

/* Is there no cycle of negative cost in what is left of the network? Floyd and Warshall over the branches and the sink.
 */
static void prove(const struct instance *in) {
  static int64_t way[MOST_BRANCHES + 1][MOST_BRANCHES + 1];
  const int64_t far = INT64_MAX / 4;
  size_t count = in->branch_count + 1, sink = in->branch_count;
  int64_t taken[MOST_BRANCHES];
  for (size_t a = 0; a < count; a++)
    for (size_t b = 0; b < count; b++)
      way[a][b] = a == b ? 0 : far;
  for (size_t b = 0; b < in->branch_count; b++)
    taken[b] = in->branches[b].used;
  for (size_t i = 0; i < in->item_count; i++) {
    if (!in->served[i])
      continue;
    uint32_t a = in->branch_of[i];
    taken[a]++;
    for (size_t c = 0; c < in->counts[i]; c++) {
      int64_t move = in->candidates[i][c].cost - cost_at(in, i, a);
      int64_t *here = &way[a][in->candidates[i][c].branch];
      *here = move < *here ? move : *here;
    }
  }
  for (size_t b = 0; b < in->branch_count; b++) {
    const struct flow_branch *branch = &in->branches[b];
    if (taken[b] < branch->capacity)
      way[b][sink] = cost_of_load(&in->weights, taken[b], branch->capacity);
    if (taken[b] > branch->used)
      way[sink][b] = -cost_of_load(&in->weights, taken[b] - 1, branch->capacity);
  }
  for (size_t k = 0; k < count; k++)
    for (size_t a = 0; a < count; a++)
      for (size_t b = 0; b < count; b++)
        if (way[a][k] < far && way[k][b] < far && way[a][k] + way[k][b] < way[a][b])
          way[a][b] = way[a][k] + way[k][b];
  for (size_t a = 0; a < count; a++)
    assert_true(way[a][a] >= 0);
}

/* Large ones, with places to spare, with just enough, and with too few. */
static void test_large(void **state) {
  (void)state;
  static struct instance in;
  random_state = jf_seed() + 1;
  static const int64_t places[] = {200, 110, 60};
  for (size_t round = 0; round < 3 * sizeof places / sizeof *places; round++) {
    make(&in, MOST_ITEMS, MOST_BRANCHES, places[round % 3], 100000000);
    int64_t cost = solve(&in);
    assert_int_equal(cost, cost_of(&in));
    prove(&in);
  }
}

/* With few candidates each as many are served, the same ones, and it costs hardly more. */
static void test_few_candidates(void **state) {
  (void)state;
  static struct instance in;
  static bool served[MOST_ITEMS];
  random_state = jf_seed() + 2;
  static const int64_t places[] = {200, 110, 60};
  for (size_t round = 0; round < sizeof places / sizeof *places; round++) {
    make(&in, MOST_ITEMS, MOST_BRANCHES, places[round], 100000000);
    int64_t least = solve(&in);
    memcpy(served, in.served, sizeof served);
    in.most = 4;
    int64_t cost = solve(&in);
    assert_int_equal(cost, cost_of(&in));
    assert_memory_equal(served, in.served, sizeof served);
    assert_true(cost >= least && cost < least + least / 10);
  }
}

/* Nothing to give, nobody to give it to, and a capacity that was lowered. */
static void test_nothing(void **state) {
  (void)state;
  static struct instance in;
  static const struct flow_branch branches[] = {{2, 2}, {3, 2}};
  for (size_t count = 0; count <= 2; count++) {
    memset(&in, 0, sizeof in);
    in.weights = (struct weights){100, 1, 0.2};
    in.branch_count = count;
    in.item_count = 2;
    in.step = 2;
    in.most = SIZE_MAX;
    for (uint32_t b = 0; b < count; b++) {
      in.branches[b] = branches[b];
      in.candidates[0][b] = in.candidates[1][b] = (struct flow_candidate){b, 5};
    }
    in.counts[0] = in.counts[1] = count;
    assert_int_equal(solve(&in), 0);
    assert_false(in.served[0] || in.served[1]);
  }
  flow_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_small),
      cmocka_unit_test(test_large),
      cmocka_unit_test(test_few_candidates),
      cmocka_unit_test(test_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
