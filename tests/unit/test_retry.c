/* test_retry.c - the delays of back-off with full jitter: their bounds, their spread, and no overflow anywhere. */
#include "retry.h"

#include "given.h"
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* The least and the largest random number show the range of each attempt. */
static void ranges(void **state) {
  static const struct {
    int64_t attempt, base_ms, cap_ms, largest_ms;
  } rows[] = {
      {1, 5000, 600000, 5000},
      {2, 5000, 600000, 10000},
      {3, 5000, 600000, 20000},
      {7, 5000, 600000, 320000},
      {8, 5000, 600000, 600000},
      {1000000, 5000, 600000, 600000},
      {1, 1, 1, 1},
      {64, 1, 0x7fffffff, 0x7fffffff},
      {0, 5000, 600000, 5000},
      {-7, 5000, 600000, 5000},
      {INT64_MAX, 3, 1000000, 1000000},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(op_retry_delay_ms(rows[i].attempt, rows[i].base_ms, rows[i].cap_ms, 0), 1);
    assert_int_equal(op_retry_delay_ms(rows[i].attempt, rows[i].base_ms, rows[i].cap_ms, UINT64_MAX),
                     rows[i].largest_ms);
  }
}

/* Even random numbers give even delays: each tenth of the range gets its tenth. */
static void even(void **state) {
  int counts[10] = {0};
  (void)state;
  for (uint64_t i = 0; i < 10000; i++)
    counts[(op_retry_delay_ms(1, 1000, 1000, i * (UINT64_MAX / 10000)) - 1) / 100]++;
  for (int i = 0; i < 10; i++)
    assert_in_range(counts[i], 990, 1010);
}

/* The kernel's numbers differ. */
static void random_numbers(void **state) {
  (void)state;
  assert_true(op_random() != op_random());
}

/* The time of the next attempt is read back as it was written. */
static void times(void **state) {
  (void)state;
  evs_event event = given_event(1, "X", 0, "{\"at\":\"1970-01-01T00:00:01.500000Z\",\"odd\":\"soon\",\"n\":5}");
  assert_int_equal(op_field_time(&event, "at", -1), 1500000);
  assert_int_equal(op_field_time(&event, "odd", -1), -1);
  assert_int_equal(op_field_time(&event, "n", -1), -1);
  assert_int_equal(op_field_time(&event, "none", -1), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ranges),
      cmocka_unit_test(even),
      cmocka_unit_test(random_numbers),
      cmocka_unit_test(times),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
