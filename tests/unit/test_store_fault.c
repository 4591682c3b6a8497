/* test_store_fault.c - a disk that fails: whatever change to it does, an append that failed can be settled with the
 * same ids and the same condition, nothing is there twice, nothing that was acknowledged is gone, and an I/O error
 * while reading never looks like the end. */
#include "faulty_io.h"

#include <stdlib.h>

#define COMMITS 12
#define SEGMENT "900"

/* Events of commit number c (from 1): how many, and how many there are before it. */
static size_t size_of(uint64_t commit) { return 1 + (size_t)(commit * 7 % 4); }
static uint64_t before(uint64_t commit) {
  uint64_t events = 0;
  for (uint64_t c = 1; c < commit; c++)
    events += size_of(c);
  return events;
}

/* Appends commit number c as who does not know whether he did so before. */
static int append_settled(evs_store *store, uint64_t commit, evs_error *error) {
  evs_new_event events[4];
  uint64_t after = before(commit);
  const evs_condition condition = {NULL, after};
  evs_appended appended = {0};
  for (size_t i = 0; i < size_of(commit); i++)
    events[i] = jf_event(after + 1 + i, 0);
  int rc = evs_append(store, events, size_of(commit), &condition, &appended, error);
  if ((rc == 0 || rc == EVS_EXISTS) && (appended.first != after + 1 || appended.last != after + size_of(commit)))
    fail_msg("commit %d stands at %d", (int)commit, (int)appended.first);
  return rc;
}

/* Appends all commits, each as often as it takes. Returns how many tries failed. */
static unsigned append_all(const struct jf *jf, uint64_t last) {
  unsigned failures = 0;
  evs_store *store = jf_open(jf_path("file://%s?segment_bytes=" SEGMENT, jf->store), EVS_CREATE, 2000);
  for (uint64_t commit = 1; commit <= last; commit++) {
    evs_error error = {0};
    int rc = -100;
    for (int tries = 0; tries < 6 && rc != 0 && rc != EVS_EXISTS; tries++) {
      rc = append_settled(store, commit, &error);
      if (rc && rc != EVS_EXISTS) {
        failures++;
        assert_int_equal(error.code, rc);
        if (rc != faulty->fail_code && rc != EVS_LOST && rc != EVS_CONFLICT)
          fail_msg("commit %d: %s: %s", (int)commit, evs_code_name(rc), error.message);
      }
    }
    if (rc && rc != EVS_EXISTS)
      fail_msg("commit %d cannot be appended any more: %s: %s", (int)commit, evs_code_name(rc), error.message);
    uint64_t head = 0;
    assert_int_equal(evs_head(store, &head, NULL), 0);
    assert_true(head >= before(commit + 1)); /* durable, whatever went wrong before */
  }
  evs_close(store);
  return failures;
}

/* The n-th change fails, for every n. */
static void each_change_fails(const struct jf *jf, int code, unsigned more) {
  unsigned steps = UINT32_MAX;
  for (unsigned n = 0; n <= steps; n++) {
    faulty_reset();
    faulty->fail_at = n;
    faulty->fail_for = more;
    faulty->fail_code = code;
    unsigned failures = append_all(jf, COMMITS);
    if (n == 0) {
      assert_int_equal(failures, 0);
      steps = faulty->step;
    }
    faulty_reset();
    evs_store *store = jf_open(jf->store, 0, 0);
    jf_assert_events(store, 0, before(COMMITS + 1), 0);
    jf_assert_sound(store, before(COMMITS + 1));
    evs_close(store);
    jf_remove(jf->store);
  }
  assert_true(steps > 2 * COMMITS);
}

static void each_change_fails_once(void **state) { each_change_fails(*state, EIO, 0); }
static void each_change_and_the_next_fail(void **state) { each_change_fails(*state, EIO, 1); }
static void each_change_and_two_more_fail(void **state) { each_change_fails(*state, EIO, 2); }
static void the_disk_is_full(void **state) { each_change_fails(*state, ENOSPC, 1); }

/* The process ends before the n-th change, for every n; the next goes on. */
static int append_until_death(void *context) {
  const struct jf *jf = context;
  evs_store *store = jf_open_child(jf_path("file://%s?segment_bytes=" SEGMENT, jf->store), EVS_CREATE, 2000);
  for (uint64_t commit = 1; commit <= COMMITS; commit++) {
    int rc = append_settled(store, commit, NULL);
    JF_MUST(rc == 0 || rc == EVS_EXISTS);
    faulty->acknowledged = commit;
  }
  return 0;
}

static void the_process_ends_before_each_change(void **state) {
  struct jf *jf = *state;
  int code = 77;
  for (unsigned n = 1; code == 77; n++) {
    faulty_reset();
    faulty->die_at = n;
    code = jf_join(jf_spawn(append_until_death, jf));
    assert_true(code == 77 || code == 0);
    uint64_t acknowledged = faulty->acknowledged;
    faulty_reset();
    if (n % 2)
      jf_remove(jf_path("%s/control", jf->store));
    if (acknowledged > 0) {
      uint64_t events = before(acknowledged + 1);
      evs_store *store = jf_open(jf->store, 0, 0);
      evs_stat stat;
      assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
      assert_true(stat.head == events || stat.head == before(acknowledged + 2));
      jf_assert_events(store, 0, stat.head, 0);
      evs_close(store);
    }
    assert_int_equal(append_all(jf, COMMITS), 0);
    evs_store *store = jf_open(jf->store, 0, 0);
    jf_assert_events(store, 0, before(COMMITS + 1), 0);
    jf_assert_sound(store, before(COMMITS + 1));
    evs_close(store);
    jf_remove(jf->store);
  }
}

static void a_failed_sync_takes_back_what_is_not_durable(void **state) {
  const struct jf *jf = *state;
  evs_error error = {0};
  uint64_t head;
  evs_event event;
  evs_cursor *cursor = NULL;
  faulty_reset();
  evs_store *first = jf_open(jf->store, EVS_CREATE, 2000);
  evs_store *second = jf_open(jf->store, EVS_CREATE, 2000);
  jf_commit(first, 1, 2, 0);
  evs_new_event three = jf_event(3, 0);
  evs_appended appended = {0};
  assert_int_equal(evs_write(first, &three, 1, NULL, &appended, NULL), 0);
  assert_int_equal(evs_read(second, NULL, 0, EVS_READ_WRITTEN, &cursor, NULL), 0);
  for (int i = 0; i < 3; i++)
    assert_int_equal(evs_next(cursor, &event, NULL), 0);
  faulty->fail_at = faulty->step + 2; /* the write of the next event, and then the sync */
  faulty->fail_code = EIO;
  assert_int_equal(jf_append(second, 4, 1, 0, NULL, &error), EIO);
  assert_int_equal(error.code, EIO);
  assert_true(faulty->step > faulty->fail_at);
  assert_int_equal(evs_head(second, &head, NULL), 0);
  assert_int_equal(head, 2);
  assert_int_equal(evs_sync(first, appended.last, &error), EVS_LOST); /* who waited for it is told */
  assert_int_equal(error.code, EVS_LOST);
  assert_int_equal(evs_next(cursor, &event, &error), EVS_LOST); /* and who read it to decide */
  evs_cursor_close(cursor);
  const evs_condition condition = {NULL, 3};
  assert_int_equal(evs_append(second, &three, 1, &condition, NULL, &error), EVS_CONFLICT);
  jf_assert_events(first, 0, 2, EVS_READ_WRITTEN);
  jf_commit(first, 3, 2, 0);
  jf_assert_events(second, 0, 4, 0);
  jf_assert_sound(second, 4);
  assert_int_equal(evs_sync(first, 4, NULL), 0);
  evs_close(second);
  evs_close(first);
}

static void a_failed_read_is_not_the_end(void **state) {
  const struct jf *jf = *state;
  faulty_reset();
  append_all(jf, COMMITS);
  unsigned reads = UINT32_MAX;
  for (unsigned n = 0; n <= reads; n++) {
    for (unsigned control = 0; control < 2; control++) {
      faulty_reset();
      if (control == 0)
        jf_remove(jf_path("%s/control", jf->store));
      evs_store *store = jf_open(jf->store, n % 2 ? EVS_READONLY : 0, 0);
      evs_cursor *cursor = NULL;
      evs_event event;
      evs_error error = {0};
      uint64_t seen = 0;
      faulty->reads = 0;
      faulty->fail_read_at = n;
      int rc = evs_read(store, NULL, 0, 0, &cursor, &error);
      while (!rc && !(rc = evs_next(cursor, &event, &error)))
        assert_int_equal(event.seq, ++seen);
      if (rc != EIO && (rc != EVS_END || seen != before(COMMITS + 1)))
        fail_msg("%s after %d events: %s", evs_code_name(rc), (int)seen, error.message);
      assert_int_equal(rc == EIO, n > 0 && faulty->reads >= n);
      if (n == 0 && control == 0)
        reads = faulty->reads;
      faulty->fail_read_at = 0;
      while (cursor && rc == EIO && !evs_next(cursor, &event, &error)) /* the same cursor may go on */
        assert_int_equal(event.seq, ++seen);
      if (cursor)
        assert_int_equal(seen, before(COMMITS + 1));
      evs_cursor_close(cursor);
      evs_close(store);
    }
  }
  assert_true(reads > 4);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup_in_memory, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(each_change_fails_once),
      TEST(each_change_and_the_next_fail),
      TEST(each_change_and_two_more_fail),
      TEST(the_disk_is_full),
      TEST(the_process_ends_before_each_change),
      TEST(a_failed_sync_takes_back_what_is_not_durable),
      TEST(a_failed_read_is_not_the_end),
  };
  return cmocka_run_group_tests_name("store_fault", tests, NULL, NULL);
}
