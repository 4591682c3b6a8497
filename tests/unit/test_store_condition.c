/* test_store_condition.c - append only unless: conflicts and their positions, events that are there already, and what a
 * condition says after a tail was taken back. A random run is compared with a plain model of the rule in evstore.h. */
#include "journal_fixture.h"

#include <errno.h>
#include <stdlib.h>

/* A query of one tag, of one type or of nothing, in static storage. */
static const evs_query *by_tag(const char *tag) {
  static const char *tags[1];
  static evs_query_item item;
  static const evs_query query = {&item, 1};
  tags[0] = tag;
  item = (evs_query_item){.tags = tags, .tag_count = 1};
  return &query;
}

/* Appends events number n ... with a condition; *ret_position: of the conflict, or the first of those that exist. */
static int append_unless(evs_store *store, uint64_t n, size_t count, const evs_query *unless, uint64_t after,
                         uint64_t *ret_position) {
  evs_new_event events[8];
  const evs_condition condition = {unless, after};
  evs_appended appended = {0};
  evs_error error;
  memset(&error, 0x5a, sizeof error);
  for (size_t i = 0; i < count; i++)
    events[i] = jf_event(n + i, 0);
  int rc = evs_append(store, events, count, &condition, &appended, &error);
  if (rc && rc != EVS_EXISTS)
    assert_int_equal(error.code, rc);
  *ret_position = rc == EVS_CONFLICT ? error.position : appended.first;
  if (rc == EVS_EXISTS || rc == 0)
    assert_true(appended.last >= appended.first + count - 1);
  return rc;
}

/* Asserts the outcome, the position, and the head behind it. */
static void check(evs_store *store, uint64_t n, size_t count, const evs_query *unless, uint64_t after, int expected,
                  uint64_t position, uint64_t head) {
  uint64_t got = 0;
  uint64_t now = 0;
  int rc = append_unless(store, n, count, unless, after, &got);
  if (rc != expected || got != position)
    fail_msg("%s at %llu instead of %s at %llu", evs_code_name(rc), (unsigned long long)got, evs_code_name(expected),
             (unsigned long long)position);
  assert_int_equal(evs_head(store, &now, NULL), 0);
  assert_int_equal(now, head);
}

static void conflicts(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  check(store, 1, 1, by_tag("n:1"), 0, 0, 1, 1); /* on a store that is not made yet, too */
  jf_commit(store, 2, 4, 0);
  check(store, 6, 1, by_tag("n:3"), 0, EVS_CONFLICT, 3, 5);
  check(store, 6, 1, by_tag("n:3"), 2, EVS_CONFLICT, 3, 5);
  check(store, 6, 2, by_tag("parity:even"), 2, EVS_CONFLICT, 4, 5); /* the first that matches */
  check(store, 6, 1, by_tag("n:3"), 3, 0, 6, 6);
  check(store, 7, 1, by_tag("n:9"), 0, 0, 7, 7);
  check(store, 8, 1, by_tag("n:7"), 7, 0, 8, 8);
  static const evs_query everything = {NULL, 0};
  check(store, 9, 1, &everything, 7, EVS_CONFLICT, 8, 8);
  check(store, 9, 3, &everything, 8, 0, 9, 11);
  jf_assert_events(store, 0, 11, 0);
  evs_close(store);
}

static void position_beyond_the_tail(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 5, 0);
  check(store, 6, 1, by_tag("x:y"), 6, EVS_CONFLICT, 0, 5); /* decided on what is not there */
  check(store, 6, 1, NULL, 1000, EVS_CONFLICT, 0, 5);
  check(store, 6, 1, NULL, UINT64_MAX, EVS_CONFLICT, 0, 5);
  check(store, 6, 1, NULL, 5, 0, 6, 6);
  evs_close(store);
}

static void there_already(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 6, 0);
  for (int again = 0; again < 2; again++) {
    check(store, 4, 2, by_tag("n:4"), 3, EVS_EXISTS, 4, 6); /* though they match the condition */
    check(store, 4, 2, by_tag("parity:odd"), 0, EVS_EXISTS, 4, 6);
    check(store, 4, 2, NULL, 3, EVS_EXISTS, 4, 6);
    check(store, 1, 6, NULL, 0, EVS_EXISTS, 1, 6);
    evs_close(store);
    store = jf_open(jf->store, EVS_CREATE, 0);
  }
  check(store, 5, 2, NULL, 5, EVS_CONFLICT, 6, 6); /* the first stands before the position */
  check(store, 6, 2, NULL, 5, EVS_CONFLICT, 6, 6); /* only the first of two */
  check(store, 6, 2, by_tag("n:2"), 0, EVS_CONFLICT, 2, 6);
  evs_new_event events[2] = {jf_event(5, 0), jf_event(4, 0)};
  const evs_condition condition = {NULL, 0};
  evs_error error = {0};
  assert_int_equal(evs_append(store, events, 2, &condition, NULL, &error), EVS_CONFLICT); /* another order */
  assert_int_equal(error.position, 4);
  events[0] = jf_event(4, 0);
  events[1] = jf_event(6, 0);
  evs_appended appended = {0};
  assert_int_equal(evs_append(store, events, 2, &condition, &appended, &error), EVS_EXISTS); /* others between them */
  assert_int_equal(appended.first, 4);
  assert_int_equal(appended.last, 6);
  events[1] = jf_event(4, 0);
  assert_int_equal(evs_append(store, events, 2, &condition, NULL, &error), EVS_INVALID);
  events[1] = jf_event(7, 0);
  events[1].id = NULL; /* a random id cannot be there already */
  assert_int_equal(evs_append(store, events, 2, &condition, NULL, &error), EVS_CONFLICT);
  assert_int_equal(error.position, 4);
  evs_close(store);
}

static void ids_alone(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  check(store, 4, 1, NULL, 0, 0, 4, 4);
  check(store, 4, 1, NULL, 0, EVS_EXISTS, 4, 4);
  check(store, 4, 1, NULL, 4, 0, 5, 5); /* only what stands after the position counts */
  evs_appended appended;
  assert_int_equal(jf_append(store, 4, 1, 0, &appended, NULL), 0); /* without a condition nothing is looked at */
  assert_int_equal(appended.first, 6);
  check(store, 4, 1, NULL, 0, EVS_EXISTS, 4, 6); /* the first of them */
  evs_close(store);
}

static void ids_with_escapes(void **state) {
  const struct jf *jf = *state;
  char longest[EVS_MAX_ID + 1];
  memset(longest, '"', EVS_MAX_ID);
  longest[EVS_MAX_ID] = '\0';
  const char *const ids[] = {"a\"b", "a\\\"b", "겨울:1", "\\", "\\u0041", "A", longest, "a/b"};
  const evs_condition condition = {NULL, 0};
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  for (size_t i = 0; i < JF_COUNT(ids); i++) {
    evs_new_event event = {.type = "T", .id = ids[i]};
    assert_int_equal(evs_append(store, &event, 1, &condition, NULL, NULL), 0);
  }
  for (size_t i = 0; i < JF_COUNT(ids); i++) {
    evs_new_event event = {.type = "T", .id = ids[i]};
    evs_appended appended;
    assert_int_equal(evs_append(store, &event, 1, &condition, &appended, NULL), EVS_EXISTS);
    assert_int_equal(appended.first, i + 1);
  }
  evs_close(store);
}

static void a_refusal_may_be_shown(void **state) {
  const struct jf *jf = *state;
  evs_store *writer = jf_open(jf->store, EVS_CREATE, 0);
  evs_store *other = jf_open(jf->store, EVS_CREATE, 0);
  uint64_t head;
  for (uint64_t n = 1; n < 20; n += 2) {
    evs_new_event event = jf_event(n, 0);
    assert_int_equal(evs_write(writer, &event, 1, NULL, NULL, NULL), 0);
    assert_int_equal(evs_head(other, &head, NULL), 0);
    assert_int_equal(head, n - 1); /* written, and not durable yet */
    if (n % 4 == 1)
      check(other, n, 1, NULL, n - 1, EVS_EXISTS, n, n);
    else
      check(other, n + 1, 1, by_tag("parity:odd"), n - 1, EVS_CONFLICT, n, n);
    event = jf_event(n + 1, 0);
    const evs_condition condition = {by_tag("parity:even"), n};
    evs_appended appended = {0};
    assert_int_equal(evs_write(writer, &event, 1, &condition, &appended, NULL), 0);
    assert_int_equal(evs_write(other, &event, 1, &condition, &appended, NULL), EVS_EXISTS); /* not synced by this */
    assert_int_equal(evs_head(other, &head, NULL), 0);
    assert_int_equal(head, n);
    assert_int_equal(evs_sync(other, appended.last, NULL), 0);
    assert_int_equal(evs_head(writer, &head, NULL), 0);
    assert_int_equal(head, n + 1);
  }
  evs_close(other);
  evs_close(writer);
}

/* Cuts the journal after `n` lines, as a lost disk might, with the control page as it is. */
static void cut_after_lines(const struct jf *jf, size_t n) {
  size_t len;
  const char *path = jf_segment(jf->store, 1);
  char *bytes = jf_load(path, &len);
  char *at = bytes;
  while (n-- > 0)
    at = strchr(at, '\n') + 1;
  jf_save(path, bytes, (size_t)(at - bytes));
  free(bytes);
}

/* A new page, or one whose tail was rebuilt, knows nothing of the events before: a condition that reaches back to them
 * is checked against the journal. */
static void conflicts_with_what_a_recovery_found(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  evs_close(store);
  jf_remove(jf_path("%s/control", jf->store));
  store = jf_open(jf->store, 0, 0);
  check(store, 4, 1, by_tag("n:2"), 1, EVS_CONFLICT, 2, 3);
  check(store, 3, 1, NULL, 2, EVS_EXISTS, 3, 3);
  char other[JF_PATH + 8]; /* an event that was written past this page, as by a dead writer */
  snprintf(other, sizeof other, "%s/other", jf->root);
  jf_copy_store(jf->store, other);
  evs_store *writer = jf_open(other, 0, 0);
  jf_commit(writer, 4, 1, 0);
  evs_close(writer);
  size_t len;
  char *bytes = jf_load(jf_segment(other, 1), &len);
  jf_save(jf_segment(jf->store, 1), bytes, len);
  free(bytes);
  check(store, 5, 1, by_tag("n:4"), 3, EVS_CONFLICT, 4, 4);
  check(store, 4, 1, NULL, 3, EVS_EXISTS, 4, 4);
  check(store, 5, 1, by_tag("n:3"), 3, 0, 5, 5);
  evs_close(store);
}

/* After the tail was taken back, an event that somebody appended anew is there, whatever this handle saw before. */
static void there_already_after_a_tail_was_taken_back(void **state) {
  const struct jf *jf = *state;
  evs_store *old = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(old, 1, 1, 0);
  jf_commit(old, 2, 1, 0);
  jf_commit(old, 3, 1, 0);
  cut_after_lines(jf, 2);
  evs_store *other = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(other, 3, 1, 0);
  jf_commit(other, 4, 1, 0);
  check(old, 4, 1, NULL, 2, EVS_EXISTS, 4, 4);
  check(old, 4, 1, by_tag("n:3"), 3, EVS_EXISTS, 4, 4);
  evs_close(other);
  evs_close(old);
}

/* A decision that rests on events that are gone is refused once; decided anew, it is taken. */
static void decisions_on_what_is_gone(void **state) {
  const struct jf *jf = *state;
  uint64_t position;
  evs_store *old = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(old, 1, 1, 0);
  jf_commit(old, 2, 1, 0);
  jf_commit(old, 3, 1, 0);
  jf_assert_events(old, 0, 3, EVS_READ_WRITTEN);
  cut_after_lines(jf, 2);
  evs_store *other = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(other, 3, 1, 0);
  jf_commit(other, 4, 1, 0);
  int rc = append_unless(old, 5, 1, by_tag("x:y"), 3, &position); /* event 3 is another one now */
  assert_true(rc == EVS_CONFLICT || rc == EVS_LOST);
  jf_assert_events(old, 0, 4, EVS_READ_WRITTEN);
  check(old, 5, 1, by_tag("x:y"), 4, 0, 5, 5);
  evs_close(other);
  evs_close(old);
}

/* ---- against a model ---------------------------------------------------------------------------------- */

struct model {
  uint64_t number[4000]; /* of the event at each position */
  uint64_t last;
};

/* What evstore.h says of an append. */
static int expect(const struct model *model, uint64_t n, size_t count, unsigned parity, uint64_t after,
                  uint64_t *ret_position) {
  size_t matched = 0;
  uint64_t first = 0;
  uint64_t conflict = 0;
  for (uint64_t seq = after + 1; seq <= model->last; seq++) {
    uint64_t number = model->number[seq];
    if (matched < count && number == n + matched) {
      first = matched ? first : seq;
      matched++;
    }
    if (conflict == 0 && (number % 2 == parity || (number >= n && number < n + count)))
      conflict = seq;
  }
  *ret_position = matched == count ? first : conflict ? conflict : model->last + 1;
  return matched == count ? EVS_EXISTS : conflict ? EVS_CONFLICT : 0;
}

static void random_run(void **state) {
  const struct jf *jf = *state;
  uint64_t random = jf_seed();
  struct model *model = calloc(1, sizeof *model);
  evs_store *stores[3];
  assert_non_null(model);
  for (size_t i = 0; i < 3; i++)
    stores[i] = jf_open(jf_path("file://%s?segment_bytes=%u", jf->store, i == 0 ? 3000u : 20000u), EVS_CREATE, 0);
  for (int round = 0; round < 1200; round++) {
    size_t count = 1 + jf_below(&random, 3);
    uint64_t n = 1 + jf_below(&random, 40);
    unsigned parity = (unsigned)jf_below(&random, 3); /* 2: matches nothing */
    uint64_t back = jf_below(&random, 12);
    uint64_t after = model->last > back ? model->last - back : 0;
    uint64_t position;
    uint64_t got;
    const evs_query *unless = parity == 2 ? NULL : by_tag(parity ? "parity:odd" : "parity:even");
    int expected = expect(model, n, count, parity, after, &position);
    int rc = append_unless(stores[jf_below(&random, 3)], n, count, unless, after, &got);
    if (rc != expected || got != position)
      fail_msg("round %d: %s at %llu instead of %s at %llu", round, evs_code_name(rc), (unsigned long long)got,
               evs_code_name(expected), (unsigned long long)position);
    for (size_t i = 0; rc == 0 && i < count; i++)
      model->number[++model->last] = n + i;
  }
  assert_true(model->last > 200);
  jf_assert_sound(stores[0], model->last);
  for (size_t i = 0; i < 3; i++)
    evs_close(stores[i]);
  free(model);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(conflicts),
      TEST(position_beyond_the_tail),
      TEST(there_already),
      TEST(ids_alone),
      TEST(ids_with_escapes),
      TEST(a_refusal_may_be_shown),
      TEST(conflicts_with_what_a_recovery_found),
      TEST(there_already_after_a_tail_was_taken_back),
      TEST(decisions_on_what_is_gone),
      TEST(random_run),
  };
  return cmocka_run_group_tests_name("store_condition", tests, NULL, NULL);
}
