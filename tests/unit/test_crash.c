/* test_crash.c - the short version of `make crash` (see tests/crash/crash.h): states that a power failure could leave
 * at the points of a few runs with several processes. And the proof that the checks see something: on disks that do not
 * do what they say, a broken promise is found soon. */
#include "../crash/crash.h"

#include "journal_fixture.h"

#include <stdlib.h>
#include <string.h>

#define STATES 2000

static struct crash_options options_for(const struct jf *jf, enum disk_lie lie) {
  return (struct crash_options){.states = STATES,
                                .seed = jf_seed(),
                                .per_point = 1,
                                .jobs = 1,
                                .run = -1,
                                .keep = "build/crash",
                                .where = jf->root,
                                .lie = lie};
}

static void every_state_keeps_what_was_promised(void **state) {
  const struct crash_options options = options_for(*state, DISK_HONEST);
  struct crash_tally tally;
  crash_run(&options, &tally);
  if (tally.failures)
    fail_msg("%s", tally.first_failure);
  assert_true(tally.states >= STATES);
  print_message("# %d states at %d points, %d with a torn tail\n", (int)tally.states, (int)tally.points,
                (int)tally.torn);
  assert_true(tally.torn > 20 && tally.lost_names > 20 && tally.garbage > 20 && tally.commits > 20 && tally.shown > 20);
}

static void assert_found(const struct jf *jf, enum disk_lie lie) {
  const struct crash_options options = options_for(jf, lie);
  struct crash_tally tally;
  crash_run(&options, &tally);
  assert_true(tally.failures > 0);
  assert_null(strstr(tally.first_failure, "ended with status")); /* a crash of the test is no finding */
  print_message("# found after %d states: %.80s\n", (int)tally.states, tally.first_failure);
}

static void a_disk_that_ignores_fdatasync_is_found(void **state) { assert_found(*state, DISK_IGNORES_DATA_SYNCS); }
static void a_disk_that_ignores_syncs_of_names_is_found(void **state) { assert_found(*state, DISK_IGNORES_NAME_SYNCS); }

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup_in_memory, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_state_keeps_what_was_promised),
      TEST(a_disk_that_ignores_fdatasync_is_found),
      TEST(a_disk_that_ignores_syncs_of_names_is_found),
  };
  return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
