/* test_golden.c - tests/golden/v1, a store of format 1 that must be readable for ever: two segments, commits of several
 * events, Korean text, and everything else that the format allows. The table below tells what is in it.
 *
 * `test_golden make DIR` writes such a store anew; that is for a new format, never to make an old one pass. Run from
 * the root of the project. The checked-in files are only ever read through a copy. */
#include "journal_fixture.h"

#include <stdlib.h>
#include <sys/stat.h>

#define GOLDEN "tests/golden/v1"
#define SEGMENT_BYTES "2500"
#define SECOND 11u /* first seq of the second segment */

struct row {
  int commit;
  const char *time, *id, *type;
  const char *tags[5];
  const char *correlation;
  uint64_t causation;
  const char *data;
};

static const struct row rows[] = {
    {1,
     "2026-11-20T12:00:00.000001Z",
     "musical-registered:1",
     "MusicalRegistered",
     {"musical:1"},
     "musical:1",
     0,
     "{\"musicalId\":\"1\",\"name\":\"뮤지컬 <겨울왕국> ❄\",\"seats\":100,\"price\":50000,\"currency\":\"KRW\"}"},
    {2,
     "2026-11-20T12:00:01.000000Z",
     "reservation-placed:1",
     "ReservationPlaced",
     {"musical:1", "reservation:1", "customer:김철수"},
     "1",
     1,
     "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"seats\":10,\"amount\":500000}"},
    {3,
     "2026-11-20T12:00:01.999999Z",
     "reservation-placed:2",
     "ReservationPlaced",
     {"musical:1", "reservation:2"},
     "2",
     1,
     "{\"reservationId\":\"2\",\"musicalId\":\"1\",\"seats\":15,\"amount\":750000}"},
    {4,
     "2026-11-20T12:00:02.500000Z",
     "payment:1:approved",
     "PaymentApproved",
     {"reservation:1"},
     "1",
     2,
     "{\"paymentId\":\"1\",\"amount\":500000}"},
    {4,
     "2026-11-20T12:00:02.500000Z",
     "payment:2:approved",
     "PaymentApproved",
     {"reservation:2"},
     "2",
     3,
     "{\"paymentId\":\"2\",\"amount\":750000}"},
    {5,
     "1970-01-01T00:00:00.000001Z",
     "a \"quoted\\\" id, with 🎭",
     "예약됨.v2",
     {"note:a\"b", "note:a,b", "note:a\\b", "note:a:b", "이름:겨울 왕국"},
     "\"\\",
     9007199254740991,
     "{\"empty\":{},\"none\":null,\"list\":[1,-2.5e+10,0.1,[],true,false],\"escapes\":\"\\\"\\\\\\/"
     "\\b\\f\\n\\r\\t\\u0000"
     "\\ud83c\\udfad\",\"\":\"\",\"큰수\":123456789012345678901234567890}"},
    {5, "9999-12-31T23:59:59.999999Z", "7", "T", {NULL}, NULL, 0, "{}"},
    {6,
     "2026-11-20T12:00:03.000000Z",
     "reservation-cancelled:x",
     "ReservationCancelled",
     {"musical:1", "reservation:1", "customer:김철수"},
     "1",
     2,
     "{\"reservationId\":\"1\",\"seats\":10,\"remainingSeats\":0,\"reason\":\"일정이 바뀌었어요 😢\"}"},
    {7,
     "2026-11-20T12:00:04.000000Z",
     "payment-cancelled:8",
     "PaymentCancelled",
     {"reservation:1"},
     "1",
     8,
     "{\"paymentId\":\"1\",\"amount\":500000}"},
    {7,
     "2026-11-20T12:00:04.000000Z",
     "seats-released:8",
     "SeatsReleased",
     {"musical:1", "reservation:1"},
     "1",
     8,
     "{\"musicalId\":\"1\",\"seats\":10}"},
    {8,
     "2026-11-20T12:00:05.000000Z",
     "notification-sent:9",
     "NotificationSent",
     {"reservation:1", "notice:9", "customer:김철수"},
     "1",
     9,
     "{\"noticeId\":\"9\",\"channel\":\"file\",\"lang\":\"ko\"}"},
    {9, "2026-11-20T12:00:06.000000Z", "three:1", "Noted", {"batch:3"}, "batch", 11, "{\"n\":1}"},
    {9, "2026-11-20T12:00:06.000000Z", "three:2", "Noted", {"batch:3"}, "batch", 11, "{\"n\":2}"},
    {9, "2026-11-20T12:00:06.000000Z", "three:3", "Noted", {"batch:3"}, "batch", 11, "{\"n\":3}"},
};
#define LAST JF_COUNT(rows)

/* How many tags a row has. */
static size_t tag_count(const struct row *row) {
  size_t count = 0;
  while (count < JF_COUNT(row->tags) && row->tags[count])
    count++;
  return count;
}

/* Appends all commits of the table, one after the other. */
static int append_rows(evs_store *store, evs_error *error) {
  int rc = 0;
  for (size_t i = 0; !rc && i < LAST;) {
    evs_new_event events[4];
    size_t count = 0;
    for (int commit = rows[i].commit; i < LAST && rows[i].commit == commit; i++, count++) {
      const struct row *row = &rows[i];
      events[count] = (evs_new_event){.id = row->id,
                                      .type = row->type,
                                      .tags = row->tags,
                                      .tag_count = tag_count(row),
                                      .correlation = row->correlation,
                                      .causation = row->causation,
                                      .data = row->data,
                                      .data_len = strlen(row->data)};
      evs_time_parse(row->time, strlen(row->time), &events[count].time_us);
    }
    rc = evs_append(store, events, count, NULL, NULL, error);
  }
  return rc ? rc : evs_consumer_seek(store, "op-pay", 9, INT64_C(1795178096789012), error);
}

/* Writes the store at `path`. */
static int make(const char *path) {
  evs_store *store = NULL;
  evs_error error = {0};
  const evs_open_options options = {.flags = EVS_CREATE};
  int rc = evs_open(jf_path("file://%s?segment_bytes=" SEGMENT_BYTES, path), &options, &store, &error);
  rc = rc ? rc : append_rows(store, &error);
  evs_close(store);
  if (rc)
    fprintf(stderr, "%s\n", error.message);
  return rc;
}

/* A copy of the golden store in the test's directory. */
static void copy_golden(const struct jf *jf) {
  size_t len;
  if (!jf_exists(GOLDEN))
    fail_msg("there is no %s: run this from the root of the project", GOLDEN);
  jf_copy_store(GOLDEN, jf->store);
  mkdir(jf_path("%s/consumers", jf->store), 0700);
  char *bytes = jf_load(GOLDEN "/consumers/op-pay", &len);
  jf_save(jf_path("%s/consumers/op-pay", jf->store), bytes, len);
  free(bytes);
}

/* The text of a slice, decoded. */
static void assert_decoded(evs_slice slice, const char *text) {
  char buf[1024];
  assert_true(evs_json_unescape(slice, buf, sizeof buf) < sizeof buf);
  assert_string_equal(buf, text);
}

static void assert_row(const evs_event *event, const struct row *row) {
  size_t tags = 0;
  assert_int_equal(event->causation, row->causation);
  assert_decoded(event->id, row->id);
  jf_assert_text(event->time, row->time);
  jf_assert_text(event->type, row->type);
  if (row->correlation)
    assert_decoded(event->correlation, row->correlation);
  else
    assert_null(event->correlation.ptr);
  for (; tags < tag_count(row); tags++)
    assert_true(evs_event_has_tag(event, row->tags[tags]));
  assert_int_equal(event->tags.len == 0, tags == 0);
  jf_assert_text(event->data, row->data);
}

static void every_event_is_read(void **state) {
  const struct jf *jf = *state;
  copy_golden(jf);
  for (unsigned flags = 0; flags <= EVS_READONLY; flags += EVS_READONLY) {
    evs_store *store = jf_open(jf->store, flags, 0);
    for (uint64_t after = 0; after <= LAST; after++) {
      evs_cursor *cursor = NULL;
      evs_event event;
      evs_error error = {0};
      assert_int_equal(evs_read(store, NULL, after, 0, &cursor, &error), 0);
      for (uint64_t n = after; n < LAST; n++) {
        if (evs_next(cursor, &event, &error))
          fail_msg("%s", error.message);
        assert_int_equal(event.seq, n + 1);
        assert_row(&event, &rows[n]);
      }
      assert_int_equal(evs_next(cursor, &event, &error), EVS_END);
      evs_cursor_close(cursor);
    }
    jf_assert_sound(store, LAST);
    evs_stat stat;
    assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
    assert_int_equal(stat.head, LAST);
    assert_int_equal(stat.segments, 2);
    assert_int_equal(stat.outcome, EVS_CLEAN);
    evs_close(store);
  }
}

static void offset_is_read(void **state) {
  const struct jf *jf = *state;
  evs_consumer *consumer = NULL;
  copy_golden(jf);
  evs_store *store = jf_open(jf->store, 0, 0);
  assert_int_equal(evs_consumer_open(store, "op-pay", &consumer, NULL), 0);
  assert_int_equal(evs_consumer_offset(consumer), 9);
  evs_consumer_close(consumer);
  evs_close(store);
}

static void goes_on(void **state) {
  const struct jf *jf = *state;
  copy_golden(jf);
  evs_store *store = jf_open(jf->store, 0, 0);
  const char *tag = "reservation:1";
  const evs_query_item item = {.tags = &tag, .tag_count = 1};
  const evs_query query = {&item, 1};
  const evs_condition condition = {&query, 8};
  evs_error error = {0};
  evs_new_event event = jf_event(LAST + 1, 0);
  assert_int_equal(evs_append(store, &event, 1, &condition, NULL, &error), EVS_CONFLICT);
  assert_int_equal(error.position, 9);
  jf_commit(store, LAST + 1, 3, 0);
  jf_assert_events(store, LAST, LAST + 3, 0);
  jf_assert_sound(store, LAST + 3);
  evs_close(store);
}

/* As long as this format is the one that is written, the same events give the same bytes. */
static void same_bytes_are_written(void **state) {
  const struct jf *jf = *state;
  static const uint64_t firsts[] = {1, SECOND};
  assert_int_equal(EVS_FORMAT, 1);
  assert_int_equal(make(jf->store), 0);
  for (size_t i = 0; i < JF_COUNT(firsts); i++) {
    size_t golden_len;
    size_t len;
    char *golden = jf_load(jf_segment(GOLDEN, firsts[i]), &golden_len);
    char *bytes = jf_load(jf_segment(jf->store, firsts[i]), &len);
    assert_string_equal(bytes, golden);
    assert_int_equal(len, golden_len);
    free(golden);
    free(bytes);
  }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup, jf_teardown)

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(every_event_is_read),
      TEST(offset_is_read),
      TEST(goes_on),
      TEST(same_bytes_are_written),
  };
  if (argc == 3 && strcmp(argv[1], "make") == 0)
    return make(argv[2]) != 0;
  return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
