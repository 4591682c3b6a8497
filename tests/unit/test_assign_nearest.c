/* test_assign_nearest.c - the tree finds what a look at every branch finds, anywhere on the globe. */
#include "cmd/op-assign/nearest.h"
#include "journal_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 300 };

static uint64_t random_state;
static int64_t prices[MOST + 1]; /* what compare() goes by */

/* From low to high. */
static int32_t pick(int32_t low, int32_t high) {
  return (int32_t)(low + (int64_t)(jf_random(&random_state) % (uint64_t)((int64_t)high - low + 1)));
}

/* The order of an answer. */
static int compare(const void *a, const void *b) {
  const struct neighbour *left = a, *right = b;
  int64_t value_a = left->cost + prices[left->index], value_b = right->cost + prices[right->index];
  if (value_a != value_b)
    return value_a < value_b ? -1 : 1;
  if (left->distance_m != right->distance_m)
    return left->distance_m < right->distance_m ? -1 : 1;
  return left->index < right->index ? -1 : left->index > right->index;
}

/* By looking at all of them. */
static size_t look_at_all(const struct op_location *locations, size_t count, const struct nearest_query *query,
                          size_t limit, struct neighbour *found) {
  size_t number = 0;
  for (size_t i = 0; i < count; i++) {
    int64_t distance_m = op_distance_m(query->from, locations[i]), cost = cost_of_distance(query->weights, distance_m);
    if ((double)distance_m <= query->weights->radius_km * 1000 && !(query->left_out && query->left_out[i]) &&
        cost + prices[i] < query->below)
      found[number++] = (struct neighbour){(uint32_t)i, distance_m, cost};
  }
  qsort(found, number, sizeof *found, compare);
  return number < limit ? number : limit;
}

/* Crowds and deserts, equal places, the poles and the date line. */
static void test_like_looking(void **state) {
  (void)state;
  static struct op_location locations[MOST];
  static struct neighbour wanted[MOST + 1], found[MOST + 1];
  static const struct op_location corners[] = {{90000000, 0}, {-90000000, 0}, {0, 180000000}, {0, -180000000}, {0, 0}};
  static const double reaches_km[] = {0, 0.5, 30, 1000, 30000};
  static bool left_out[MOST];
  random_state = jf_seed();
  for (int round = 0; round < 200; round++) {
    size_t count = (size_t)pick(0, MOST);
    int32_t spread = round % 2 ? 90000000 : 300000; /* the globe, or one town with many at the same place */
    for (size_t i = 0; i < count; i++)
      locations[i] = round % 2
                         ? (struct op_location){pick(-spread, spread), pick(-2 * spread, 2 * spread)}
                         : (struct op_location){37500000 + pick(-3, 3) * 100000, 127000000 + pick(-spread, spread)};
    struct nearest *nearest = nearest_new(locations, count);
    assert_non_null(nearest);
    for (int question = 0; question < 10; question++) {
      struct op_location from = question < 5 ? corners[question]
                                             : (struct op_location){37500000 + pick(-spread / 2, spread / 2) / 2,
                                                                    127000000 + pick(-300000, 300000)};
      size_t limit = (size_t)pick(0, MOST);
      const struct weights weights = {reaches_km[pick(0, 4)], pick(0, 3), 0};
      const struct nearest_query query = {&weights, from, question % 3 ? prices : NULL, pick(0, 1) ? left_out : NULL,
                                          pick(0, 3) ? INT64_MAX : pick(0, 400000000)};
      for (size_t i = 0; i < count; i++) { /* prices rise, and the tree looks at them now and then */
        prices[i] = question % 3 ? prices[i] + pick(0, 30000000) : 0;
        left_out[i] = pick(0, 4) == 0;
      }
      if (question % 3 && pick(0, 1))
        nearest_look(nearest, prices);
      else if (question % 3 == 0)
        nearest_look(nearest, prices); /* they fell */
      size_t expected = look_at_all(locations, count, &query, limit, wanted);
      assert_int_equal(nearest_find(nearest, &query, limit, found), expected);
      for (size_t i = 0; i < expected; i++)
        assert_true(found[i].index == wanted[i].index && found[i].distance_m == wanted[i].distance_m &&
                    found[i].cost == wanted[i].cost);
    }
    nearest_free(nearest);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_like_looking)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
