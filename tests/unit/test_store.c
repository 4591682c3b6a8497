/* test_store.c - one process and its store: opening in every mode, appending, reading, following, stat, and arguments
 * that break the rules of evstore.h. */
#include "journal_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Opens and asserts what comes of it. */
static void assert_open(const char *url, unsigned flags, int expected) {
  const evs_open_options options = {.flags = flags};
  evs_store *store = (evs_store *)&options;
  evs_error error;
  memset(&error, 0x5a, sizeof error);
  int rc = evs_open(url, &options, &store, &error);
  if (rc != expected)
    fail_msg("%s: %s instead of %s", url ? url : "NULL", evs_code_name(rc), evs_code_name(expected));
  assert_int_equal(store != NULL, rc == 0);
  if (rc) {
    assert_int_equal(error.code, rc);
    assert_true(strlen(error.message) > 5);
    assert_null(strchr(error.message, '\n'));
    assert_int_equal(error.position, 0);
  }
  evs_close(store);
  assert_int_equal(evs_open(url, &options, &store, NULL), expected);
  evs_close(store);
}

static void missing_store(void **state) {
  const struct jf *jf = *state;
  assert_open(jf->store, 0, EVS_NO_STORE);
  assert_open(jf->store, EVS_READONLY, EVS_NO_STORE);
  assert_open(jf_path("file://%s", jf->store), 0, EVS_NO_STORE);
  assert_open(jf->root, 0, EVS_NO_STORE); /* a directory, and no journal in it */
  assert_open(jf->store, EVS_CREATE, 0);
  assert_false(jf_exists(jf->store)); /* nothing is made before the first append */
}

static void store_that_is_not_made_yet_is_empty(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  evs_stat stat = {.head = 7, .torn_bytes = 7};
  evs_cursor *cursor = NULL;
  evs_event event;
  uint64_t head = 7;
  assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
  assert_int_equal(stat.head | stat.written | stat.segments | stat.bytes | stat.torn_bytes, 0);
  assert_int_equal(stat.outcome, EVS_CLEAN);
  assert_int_equal(evs_head(store, &head, NULL), 0);
  assert_int_equal(head, 0);
  assert_int_equal(evs_wait(store, 0, 0, NULL), EVS_TIMEOUT);
  assert_int_equal(evs_consumers(store, NULL, NULL, NULL), 0);
  assert_int_equal(evs_read(store, NULL, 0, 0, &cursor, NULL), 0);
  assert_int_equal(evs_next(cursor, &event, NULL), EVS_END);
  assert_false(jf_exists(jf->store));
  /* The cursor follows what is made afterwards, by us or by others. */
  evs_store *other = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(other, 1, 1, 0);
  assert_int_equal(evs_next(cursor, &event, NULL), 0);
  assert_int_equal(event.seq, 1);
  evs_cursor_close(cursor);
  jf_commit(store, 2, 1, 0);
  evs_close(other);
  evs_close(store);
}

static void first_append_makes_private_directories(void **state) {
  const struct jf *jf = *state;
  const char *deep = jf_path("%s/a/b/c", jf->root);
  mode_t mask = umask(0);
  evs_store *store = jf_open(deep, EVS_CREATE, 0);
  jf_commit(store, 1, 1, 0);
  evs_close(store);
  umask(mask);
  const char *const private[] = {jf_path("%s/a", jf->root), deep, jf_path("%s/journal", deep),
                                 jf_path("%s/control", deep), jf_segment(deep, 1)};
  for (size_t i = 0; i < JF_COUNT(private); i++) {
    struct stat st;
    assert_int_equal(stat(private[i], &st), 0);
    assert_int_equal(st.st_mode & 0777, S_ISDIR(st.st_mode) ? 0700 : 0600);
  }
}

static void file_as_store(void **state) {
  const struct jf *jf = *state;
  jf_save(jf->store, "x", 1);
  assert_open(jf->store, 0, EVS_NO_STORE);
  assert_open(jf->store, EVS_READONLY, EVS_NO_STORE);
  assert_open(jf->store, EVS_CREATE, ENOTDIR);
  const char *below = jf_path("%s/below", jf->store);
  assert_open(below, 0, EVS_NO_STORE);
  assert_open(below, EVS_CREATE, ENOTDIR);
  size_t len;
  char *bytes = jf_load(jf->store, &len);
  assert_string_equal(bytes, "x");
  free(bytes);
}

static void names_of_a_store(void **state) {
  const struct jf *jf = *state;
  char here[JF_PATH];
  evs_store *store = jf_open(jf_path("file://%s?segment_bytes=256", jf->store), EVS_CREATE, 0);
  jf_commit(store, 1, 1, 0);
  evs_close(store);
  assert_open(jf->store, 0, 0);
  assert_open(jf_path("%s/", jf->store), 0, 0);
  assert_open(jf_path("file://%s", jf->store), 0, 0);
  assert_non_null(getcwd(here, sizeof here));
  assert_int_equal(chdir(jf->root), 0);
  assert_open("store", 0, 0);
  assert_open("./store", 0, 0);
  store = jf_open("deep/relative", EVS_CREATE, 0);
  jf_commit(store, 1, 1, 0);
  evs_close(store);
  assert_int_equal(chdir(here), 0);
  assert_true(jf_exists(jf_path("%s/deep/relative/journal", jf->root)));

  assert_open(NULL, EVS_CREATE, EVS_INVALID);
  assert_open("", EVS_CREATE, EVS_INVALID);
  assert_open("http://host/x", EVS_CREATE, EVS_INVALID);
  assert_open("file://relative", EVS_CREATE, EVS_INVALID);
  assert_open("file://", EVS_CREATE, EVS_INVALID);
  static const char *const bad[] = {"",
                                    "x",
                                    "other=1",
                                    "segment_bytes",
                                    "segment_bytes=",
                                    "segment_bytes=x",
                                    "segment_bytes=-1",
                                    "segment_bytes=+300",
                                    "segment_bytes=255",
                                    "segment_bytes=1e9",
                                    "segment_bytes=300x",
                                    "segment_bytes=99999999999999999999999"};
  for (size_t i = 0; i < JF_COUNT(bad); i++)
    assert_open(jf_path("file://%s?%s", jf->store, bad[i]), 0, EVS_INVALID);
}

static void appended_and_read_again(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  for (uint64_t n = 1; n <= 40; n += n % 4 + 1)
    jf_commit(store, n, n % 4 + 1, n * 7);
  uint64_t head = 0;
  assert_int_equal(evs_head(store, &head, NULL), 0);
  for (unsigned flags = 0; flags <= EVS_READ_WRITTEN; flags++)
    for (uint64_t after = 0; after <= head; after++)
      jf_assert_events(store, after, head, flags);
  jf_assert_sound(store, head);
  evs_close(store);
  store = jf_open(jf->store, EVS_READONLY, 0);
  jf_assert_events(store, 0, head, 0);
  evs_close(store);
}

static void beyond_the_end(void **state) {
  const struct jf *jf = *state;
  static const uint64_t afters[] = {3, 4, 1000, EVS_MAX_SEQ, UINT64_MAX};
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  for (size_t i = 0; i < JF_COUNT(afters); i++) {
    evs_cursor *cursor = NULL;
    evs_event event;
    assert_int_equal(evs_read(store, NULL, afters[i], 0, &cursor, NULL), 0);
    assert_int_equal(evs_next(cursor, &event, NULL), EVS_END);
    assert_int_equal(evs_next(cursor, &event, NULL), EVS_END);
    assert_int_equal(evs_cursor_position(cursor), afters[i]);
    evs_cursor_close(cursor);
  }
  evs_close(store);
}

static void following(void **state) {
  const struct jf *jf = *state;
  evs_store *writer = jf_open(jf->store, EVS_CREATE, 0);
  evs_cursor *cursors[3] = {NULL};
  evs_event event;
  jf_commit(writer, 1, 1, 0);
  evs_store *reader = jf_open(jf->store, EVS_READONLY, 0);
  assert_int_equal(evs_read(writer, NULL, 0, 0, &cursors[0], NULL), 0);
  assert_int_equal(evs_read(reader, NULL, 0, 0, &cursors[1], NULL), 0);
  assert_int_equal(evs_read(writer, NULL, 0, EVS_READ_WRITTEN, &cursors[2], NULL), 0);
  for (uint64_t n = 1; n < 60; n++) {
    for (size_t i = 0; i < JF_COUNT(cursors); i++) {
      assert_int_equal(evs_next(cursors[i], &event, NULL), 0);
      assert_int_equal(event.seq, n);
      assert_int_equal(evs_next(cursors[i], &event, NULL), EVS_END);
      assert_int_equal(evs_cursor_position(cursors[i]), n);
    }
    jf_commit(writer, n + 1, 1, n % 3 ? 0 : 70000); /* larger than the reader's buffer */
  }
  for (size_t i = 0; i < JF_COUNT(cursors); i++)
    evs_cursor_close(cursors[i]);
  evs_close(reader);
  evs_close(writer);
}

static void queries_pass_over_the_rest(void **state) {
  const struct jf *jf = *state;
  static const char *const tags[] = {"n:7", "n:8", "parity:odd"};
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  evs_cursor *cursor = NULL;
  evs_event event;
  jf_commit(store, 1, 40, 0);
  const evs_query_item items[] = {{.tags = &tags[0], .tag_count = 1}, {.tags = &tags[1], .tag_count = 1}};
  assert_int_equal(evs_read(store, &(evs_query){items, 2}, 0, 0, &cursor, NULL), 0);
  assert_int_equal(evs_next(cursor, &event, NULL), 0);
  assert_int_equal(event.seq, 7);
  assert_int_equal(evs_cursor_position(cursor), 7);
  assert_int_equal(evs_next(cursor, &event, NULL), 0);
  assert_int_equal(event.seq, 8);
  assert_int_equal(evs_next(cursor, &event, NULL), EVS_END);
  assert_int_equal(evs_cursor_position(cursor), 40); /* it has looked at all of them */
  evs_cursor_close(cursor);
  const evs_query_item odd = {.tags = &tags[2], .tag_count = 1, .correlation = "saga-2"};
  assert_int_equal(evs_read(store, &(evs_query){&odd, 1}, 22, 0, &cursor, NULL), 0);
  for (uint64_t n = 23; n < 30; n += 2) {
    assert_int_equal(evs_next(cursor, &event, NULL), 0);
    assert_int_equal(event.seq, n);
    assert_true(evs_event_has_tag(&event, "parity:odd"));
  }
  assert_int_equal(evs_next(cursor, &event, NULL), EVS_END);
  evs_cursor_close(cursor);
  evs_close(store);
}

/* Appends events that are refused, and asserts that nothing was written. */
static void assert_refused(evs_store *store, const evs_new_event *events, size_t count) {
  evs_appended appended = {77, 77};
  evs_error error;
  memset(&error, 0x5a, sizeof error);
  assert_int_equal(evs_append(store, events, count, NULL, &appended, &error), EVS_INVALID);
  assert_int_equal(error.code, EVS_INVALID);
  assert_true(strlen(error.message) > 5);
  assert_int_equal(error.line, 0);
  assert_string_equal(error.file, "");
  assert_int_equal(evs_append(store, events, count, NULL, NULL, NULL), EVS_INVALID);
  evs_error asked;
  assert_int_equal(evs_check(store, events, count, &asked), EVS_INVALID);
  assert_string_equal(asked.message, error.message);
}

static void a_commit_is_taken_whole_or_not_at_all(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  evs_new_event events[5];
  for (size_t i = 0; i < 5; i++)
    events[i] = jf_event(i + 1, 0);
  assert_refused(store, events, 0);
  events[3].data = "{\"a\":", events[3].data_len = 5;
  assert_refused(store, events, 5);
  events[3] = jf_event(4, 0);
  events[4].type = "two words";
  assert_refused(store, events, 5);
  events[4] = jf_event(2, 0); /* the id of the second */
  assert_refused(store, events, 5);
  events[4] = jf_event(5, 0);
  assert_int_equal(evs_check(store, events, 5, NULL), 0);
  assert_false(jf_exists(jf->store));
  evs_appended appended;
  assert_int_equal(evs_append(store, events, 5, NULL, &appended, NULL), 0);
  assert_int_equal(appended.first, 1);
  assert_int_equal(appended.last, 5);
  jf_assert_events(store, 0, 5, 0);
  evs_close(store);
}

static void limits_of_lines_and_commits(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  evs_new_event events[20];
  jf_commit(store, 1, 1, 0);
  for (size_t i = 0; i < 20; i++)
    events[i] = jf_event(i + 2, 1000000);
  assert_refused(store, events, 17); /* more than 16 MiB */
  events[1] = jf_event(3, EVS_MAX_LINE);
  assert_refused(store, events, 2);
  events[1] = jf_event(3, 1000000);
  assert_int_equal(evs_check(store, events, 16, NULL), 0);
  evs_appended appended;
  assert_int_equal(evs_append(store, events, 16, NULL, &appended, NULL), 0);
  assert_int_equal(appended.last, 17);
  jf_assert_events(store, 0, 17, 0);
  jf_assert_sound(store, 17);
  evs_close(store);
}

static void many_events_in_one_commit(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  evs_appended appended;
  evs_new_event *events = calloc(20000, sizeof *events);
  assert_non_null(events);
  for (size_t i = 0; i < 20000; i++)
    events[i].type = "Noted";
  assert_int_equal(evs_append(store, events, 20000, NULL, &appended, NULL), 0);
  assert_int_equal(appended.last, 20000);
  jf_assert_sound(store, 20000);
  free(events);
  evs_close(store);
}

static void stat_tells_the_extent(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  evs_stat stat;
  struct stat st;
  jf_commit(store, 1, 3, 100);
  jf_commit(store, 4, 1, 0);
  assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
  assert_int_equal(lstat(jf_segment(jf->store, 1), &st), 0);
  assert_int_equal(stat.head, 4);
  assert_int_equal(stat.written, 4);
  assert_int_equal(stat.segments, 1);
  assert_int_equal(stat.bytes, st.st_size);
  assert_int_equal(stat.outcome, EVS_CLEAN);
  assert_int_equal(stat.torn_bytes, 0);
  evs_close(store);
  /* The same for who finds no control page, and for who may not write one. */
  for (unsigned flags = 0; flags <= EVS_READONLY; flags += EVS_READONLY) {
    jf_remove(jf_path("%s/control", jf->store));
    store = jf_open(jf->store, flags, 0);
    evs_stat again;
    assert_int_equal(evs_stat_get(store, &again, NULL), 0);
    assert_int_equal(again.head, 4);
    assert_int_equal(again.written, 4);
    assert_int_equal(again.segments, 1);
    assert_int_equal(again.bytes, stat.bytes);
    assert_int_equal(again.outcome, EVS_CLEAN);
    evs_close(store);
  }
}

static void reading_only_writes_nothing(void **state) {
  const struct jf *jf = *state;
  evs_error error = {0};
  evs_consumer *consumer = NULL;
  evs_stat stat;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  evs_close(store);
  jf_remove(jf_path("%s/control", jf->store));
  for (unsigned create = 0; create <= EVS_CREATE; create++) {
    store = jf_open(jf->store, EVS_READONLY | create, 0);
    evs_new_event event = jf_event(4, 0);
    assert_int_equal(evs_append(store, &event, 1, NULL, NULL, &error), EROFS);
    assert_int_equal(error.code, EROFS);
    assert_int_equal(evs_write(store, &event, 1, NULL, NULL, &error), EROFS);
    assert_int_equal(evs_repair(store, 0, NULL, &error), EROFS);
    assert_int_equal(evs_consumer_open(store, "c", &consumer, &error), EROFS);
    assert_null(consumer);
    assert_int_equal(evs_consumer_seek(store, "c", 1, 0, &error), EROFS);
    assert_int_equal(evs_consumers(store, NULL, NULL, NULL), 0);
    assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
    assert_int_equal(evs_sync(store, 3, NULL), 0);
    assert_int_equal(evs_wait(store, 2, 0, NULL), 0);
    assert_int_equal(evs_wait(store, 3, 0, NULL), EVS_TIMEOUT);
    jf_assert_events(store, 0, 3, 0);
    jf_assert_events(store, 0, 3, EVS_READ_WRITTEN);
    jf_assert_sound(store, 3);
    evs_close(store);
    assert_int_equal(jf_names(jf->store, ""), 1); /* the journal, and nothing beside it */
  }
}

static void store_removed_and_made_anew(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  uint64_t head = 7;
  jf_commit(store, 1, 3, 0);
  jf_remove(jf->store);
  jf_commit(store, 1, 2, 0);
  assert_int_equal(evs_head(store, &head, NULL), 0);
  assert_int_equal(head, 2);
  jf_assert_events(store, 0, 2, 0);
  jf_remove(jf->store);
  assert_int_equal(evs_head(store, &head, NULL), 0);
  assert_int_equal(head, 0);
  evs_close(store);
}

static void control_page_of_any_content(void **state) {
  const struct jf *jf = *state;
  uint64_t random = jf_seed();
  char bytes[8192];
  const char *control = jf_path("%s/control", jf->store);
  char copy[JF_PATH];
  snprintf(copy, sizeof copy, "%.255s", control);
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  evs_close(store);
  for (uint64_t n = 4; n < 40; n++) {
    size_t len = n % 3 == 0 ? 0 : n % 3 == 1 ? 4096 : jf_below(&random, sizeof bytes);
    size_t keep = 0;
    if (n % 2) { /* the start of a true page */
      char *page = jf_load(copy, &keep);
      keep = keep > 16 ? 16 + jf_below(&random, 20) : 0; /* its boot is never right */
      memcpy(bytes, page, keep);
      free(page);
    }
    for (size_t i = keep; i < sizeof bytes; i++)
      bytes[i] = n % 5 ? (char)jf_random(&random) : (char)0xff;
    jf_save(copy, bytes, len);
    store = jf_open(jf->store, 0, 0);
    jf_assert_events(store, 0, n - 1, n % 2 ? EVS_READ_WRITTEN : 0);
    jf_commit(store, n, 1, 0);
    evs_close(store);
  }
  store = jf_open(jf->store, 0, 0);
  jf_assert_sound(store, 39);
  evs_close(store);
}

static void names_of_codes(void **state) {
  (void)state;
  assert_string_equal(evs_code_name(0), "ok");
  assert_string_equal(evs_code_name(EVS_CONFLICT), "conflict");
  assert_string_equal(evs_code_name(EVS_BEYOND), "beyond");
  assert_string_equal(evs_code_name(EIO), "EIO");
  assert_string_equal(evs_code_name(-99), "unknown");
  assert_string_equal(evs_code_name(99999), "unknown");
  evs_close(NULL);
  evs_cursor_close(NULL);
  evs_consumer_close(NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(missing_store),
      TEST(store_that_is_not_made_yet_is_empty),
      TEST(first_append_makes_private_directories),
      TEST(file_as_store),
      TEST(names_of_a_store),
      TEST(appended_and_read_again),
      TEST(beyond_the_end),
      TEST(following),
      TEST(queries_pass_over_the_rest),
      TEST(a_commit_is_taken_whole_or_not_at_all),
      TEST(limits_of_lines_and_commits),
      TEST(many_events_in_one_commit),
      TEST(stat_tells_the_extent),
      TEST(reading_only_writes_nothing),
      TEST(store_removed_and_made_anew),
      TEST(control_page_of_any_content),
      TEST(names_of_codes),
  };
  return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
