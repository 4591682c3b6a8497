/* test_store_segment.c - a journal of many files: names, roll-over, cursors and conditions across the seams, and the
 * bisection to every position of a large one. */
#include "journal_fixture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A store of small segments with events 1 to `last`, in commits of 1 to 3. Closed again. */
static void fill(const struct jf *jf, uint64_t last) {
  evs_store *store = jf_open(jf_path("file://%s?segment_bytes=2000", jf->store), EVS_CREATE, 0);
  for (uint64_t n = 1; n <= last;) {
    size_t count = 1 + n % 3;
    count = count > last + 1 - n ? last + 1 - n : count;
    jf_commit(store, n, count, n % 50);
    n += count;
  }
  evs_close(store);
}

static void rolls_over_between_commits(void **state) {
  const struct jf *jf = *state;
  evs_stat stat;
  uint64_t next = 1;
  uint64_t bytes = 0;
  size_t segments = 0;
  fill(jf, 100);
  while (jf_exists(jf_segment(jf->store, next))) {
    size_t len;
    char *text = jf_load(jf_segment(jf->store, next), &len);
    char start[64];
    snprintf(start, sizeof start, "{\"seq\":%" PRIu64 ",\"format\":%d,\"id\":", next, EVS_FORMAT);
    assert_memory_equal(text, start, strlen(start));
    char *last_line = text;
    for (char *at = text; *at; at = strchr(at, '\n') + 1, next++) {
      last_line = at;
      assert_int_equal(at == text, strstr(at, "\"format\":") == at + strcspn(at, ",") + 1);
    }
    char *mark = strstr(last_line, ",\"durable\":");
    assert_non_null(mark); /* a commit ends with its file */
    bytes += len;
    segments++;
    if (next <= 100)
      assert_true(len >= 2000 && len < 2000 + 3 * 500);
    free(text);
  }
  assert_int_equal(next, 101);
  assert_true(segments > 10);
  evs_store *store = jf_open(jf->store, 0, 0);
  assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
  assert_int_equal(stat.segments, segments);
  assert_int_equal(stat.bytes, bytes);
  assert_int_equal(stat.head, 100);
  jf_assert_sound(store, 100);
  evs_close(store);
}

static void read_from_every_position(void **state) {
  const struct jf *jf = *state;
  fill(jf, 80);
  for (unsigned flags = 0; flags <= EVS_READONLY; flags += EVS_READONLY) {
    evs_store *store = jf_open(jf->store, flags, 0);
    for (uint64_t after = 0; after <= 80; after++)
      jf_assert_events(store, after, 80, after % 2 ? EVS_READ_WRITTEN : 0);
    evs_close(store);
  }
}

static void followed_across_the_seams(void **state) {
  const struct jf *jf = *state;
  evs_store *writer = jf_open(jf_path("file://%s?segment_bytes=600", jf->store), EVS_CREATE, 0);
  evs_cursor *cursors[2] = {NULL};
  jf_commit(writer, 1, 1, 0);
  evs_store *reader = jf_open(jf->store, EVS_READONLY, 0);
  assert_int_equal(evs_read(writer, NULL, 0, EVS_READ_WRITTEN, &cursors[0], NULL), 0);
  assert_int_equal(evs_read(reader, NULL, 0, 0, &cursors[1], NULL), 0);
  uint64_t seen = 0;
  for (uint64_t n = 1; n < 60;) {
    evs_event event;
    for (; seen < n; seen++)
      for (size_t i = 0; i < 2; i++) {
        assert_int_equal(evs_next(cursors[i], &event, NULL), 0);
        assert_int_equal(event.seq, seen + 1);
      }
    for (size_t i = 0; i < 2; i++)
      assert_int_equal(evs_next(cursors[i], &event, NULL), EVS_END);
    jf_commit(writer, n + 1, 1 + n % 4, 0);
    n += 1 + n % 4;
  }
  evs_cursor_close(cursors[0]);
  evs_cursor_close(cursors[1]);
  evs_close(reader);
  evs_close(writer);
}

/* The bytes in the only segment. */
static size_t size_of(const struct jf *jf) {
  size_t len;
  free(jf_load(jf_segment(jf->store, 1), &len));
  return len;
}

/* A handle goes on where it stopped, but not where another line stands now: the tail was taken back and written anew,
 * and two short lines have come in the place of a long one. */
static void where_a_handle_stopped(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  size_t sizes[3] = {0};
  for (uint64_t n = 0; n < 3; n++) { /* of a kind: even numbers of two digits */
    size_t padding = n == 2 ? sizes[1] - sizes[0] : 0;
    assert_int_equal(jf_append(store, 12 + 2 * n, 1, padding, NULL, NULL), 0);
    sizes[n] = size_of(jf);
  }
  evs_cursor *cursor = NULL;
  evs_event event;
  assert_int_equal(evs_read(store, NULL, 0, 0, &cursor, NULL), 0);
  for (int i = 0; i < 3; i++)
    assert_int_equal(evs_next(cursor, &event, NULL), 0);
  evs_cursor_close(cursor);
  size_t len;
  char *bytes = jf_load(jf_segment(jf->store, 1), &len);
  jf_save(jf_segment(jf->store, 1), bytes, sizes[1]);
  free(bytes);
  evs_store *other = jf_open(jf->store, 0, 0);
  for (uint64_t n = 2; n < 5; n++)
    assert_int_equal(jf_append(other, 12 + 2 * n, 1, 0, NULL, NULL), 0);
  assert_int_equal(sizes[2], sizes[1] + 2 * (sizes[1] - sizes[0]));
  assert_int_equal(evs_read(store, NULL, 3, 0, &cursor, NULL), 0);
  assert_int_equal(evs_next(cursor, &event, NULL), 0);
  assert_int_equal(event.seq, 4);
  jf_assert_text(event.id, "e-18");
  evs_cursor_close(cursor);
  evs_close(other);
  evs_close(store);
}

static void conditions_across_the_seams(void **state) {
  const struct jf *jf = *state;
  fill(jf, 90);
  evs_store *store = jf_open(jf_path("file://%s?segment_bytes=2000", jf->store), 0, 0);
  for (uint64_t n = 1; n <= 90; n++) {
    const char *tag = jf_path("n:%" PRIu64, n);
    const evs_query_item item = {.tags = &tag, .tag_count = 1};
    const evs_query query = {&item, 1};
    evs_condition condition = {&query, 0};
    evs_error error = {0};
    evs_new_event event = jf_event(1000 + n, 0);
    assert_int_equal(evs_append(store, &event, 1, &condition, NULL, &error), EVS_CONFLICT);
    assert_int_equal(error.position, n);
    condition.after = n - 1;
    assert_int_equal(evs_append(store, &event, 1, &condition, NULL, &error), EVS_CONFLICT);
    assert_int_equal(error.position, n);
    event = jf_event(n, 0);
    evs_appended appended;
    assert_int_equal(evs_append(store, &event, 1, &condition, &appended, &error), EVS_EXISTS);
    assert_int_equal(appended.first, n);
    condition.after = n;
    event.id = NULL;
    if (n > 80) /* and what does not conflict is appended, over a seam now and then */
      assert_int_equal(evs_append(store, &event, 1, &condition, NULL, &error), 0);
  }
  uint64_t head;
  assert_int_equal(evs_head(store, &head, NULL), 0);
  assert_int_equal(head, 100);
  jf_assert_sound(store, 100);
  evs_close(store);
}

static void handles_of_different_sizes(void **state) {
  const struct jf *jf = *state;
  evs_store *small = jf_open(jf_path("file://%s?segment_bytes=256", jf->store), EVS_CREATE, 0);
  evs_store *large = jf_open(jf->store, EVS_CREATE, 0);
  for (uint64_t n = 1; n <= 60; n++)
    jf_commit(n % 3 ? large : small, n, 1, 0);
  evs_stat stat;
  assert_int_equal(evs_stat_get(large, &stat, NULL), 0);
  assert_true(stat.segments >= 20);
  jf_assert_events(large, 0, 60, 0);
  jf_assert_sound(small, 60);
  evs_close(large);
  evs_close(small);
}

/* A full segment is closed only when all of it is durable. */
static void roll_over_makes_durable(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf_path("file://%s?segment_bytes=256", jf->store), EVS_CREATE, 0);
  for (uint64_t n = 1; n <= 20; n++) {
    evs_new_event event = jf_event(n, 200);
    uint64_t head;
    assert_int_equal(evs_write(store, &event, 1, NULL, NULL, NULL), 0);
    assert_int_equal(evs_head(store, &head, NULL), 0);
    assert_int_equal(head, n - 1); /* each event fills a segment */
  }
  assert_int_equal(evs_sync(store, 20, NULL), 0);
  jf_assert_events(store, 0, 20, 0);
  evs_close(store);
}

static void other_files_are_no_segments(void **state) {
  const struct jf *jf = *state;
  static const char *const names[] = {"README",
                                      "x.ndjson",
                                      "00000000000000000001.ndjson.bak",
                                      "00000000000000000001.ndjson.cut-1",
                                      "00000000000000000000.ndjson",
                                      "0000000000000000001.ndjson",
                                      "000000000000000000021.ndjson",
                                      "0000000000000000002x.ndjson",
                                      "99999999999999999999.ndjson",
                                      "00000000000000000099.ndjson~"};
  fill(jf, 20);
  for (size_t i = 0; i < JF_COUNT(names); i++)
    jf_save(jf_path("%s/journal/%s", jf->store, names[i]), "garbage\n", 8);
  for (int control = 0; control < 2; control++) {
    evs_store *store = jf_open(jf->store, 0, 0);
    jf_assert_events(store, 0, 20 + (uint64_t)control, 0);
    jf_assert_sound(store, 20 + (uint64_t)control);
    jf_commit(store, 21 + (uint64_t)control, 1, 0);
    evs_close(store);
    jf_remove(jf_path("%s/control", jf->store));
  }
}

/* How long the line of event `n` is: short ones, some longer than a block, some than the window of the bisection. */
static size_t padding_of(uint64_t n) {
  return n % 401 == 0 ? 90000 : n % 97 == 0 ? 40000 : n % 31 == 0 ? 5000 : n % 7 == 0 ? 4080 : n % 60;
}

static void bisects_to_every_position(void **state) {
  const struct jf *jf = *state;
  const uint64_t last = 1500;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  struct stat st;
  for (uint64_t n = 1; n <= last; n += 10) {
    evs_new_event events[10];
    for (uint64_t i = 0; i < 10; i++)
      events[i] = jf_event(n + i, padding_of(n + i));
    assert_int_equal(evs_append(store, events, 10, NULL, NULL, NULL), 0);
  }
  assert_int_equal(stat(jf_segment(jf->store, 1), &st), 0);
  assert_true(st.st_size > 1 << 20);
  for (uint64_t after = 0; after < last; after++) {
    evs_cursor *cursor = NULL;
    evs_event event;
    assert_int_equal(evs_read(store, NULL, after, 0, &cursor, NULL), 0);
    for (uint64_t n = after + 1; n <= last && n <= after + 3; n++) {
      assert_int_equal(evs_next(cursor, &event, NULL), 0);
      assert_int_equal(event.seq, n);
      jf_assert_text(event.id, jf_event(n, 0).id);
    }
    evs_cursor_close(cursor);
  }
  evs_close(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(rolls_over_between_commits), TEST(read_from_every_position),    TEST(followed_across_the_seams),
      TEST(where_a_handle_stopped),     TEST(conditions_across_the_seams), TEST(handles_of_different_sizes),
      TEST(roll_over_makes_durable),    TEST(other_files_are_no_segments), TEST(bisects_to_every_position),
  };
  return cmocka_run_group_tests_name("store_segment", tests, NULL, NULL);
}
