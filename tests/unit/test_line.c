/* test_line.c - the canonical line: what goes in comes out, every changed byte is noticed, and every limit of evstore.h
 * holds at its edge and not one further. */
#include "journal_fixture.h"

#include "line.h"

#include <stdlib.h>

/* Encodes an event; NULL where it is refused. free() the result; *ret_len is without the newline. */
static char *encode(const evs_new_event *event, const struct evs__stamp *stamp, size_t *ret_len) {
  struct evs__buf parts = {0};
  struct evs__buf out = {0};
  struct evs__preparing preparing = {.now_us = 77};
  struct evs__prepared prepared;
  evs_error error = {0};
  int rc = evs__line_prepare(event, 1, &preparing, &parts, &prepared, &error);
  rc = rc ? rc : evs__line_finish(&parts, &prepared, stamp, &out, &error);
  evs__buf_free(&parts);
  if (rc) {
    assert_int_equal(rc, EVS_INVALID);
    assert_int_equal(error.code, EVS_INVALID);
    assert_true(error.message[0] != '\0');
    assert_null(strchr(error.message, '\n'));
    evs__buf_free(&out);
    return NULL;
  }
  assert_true(out.len > 0 && out.ptr[out.len - 1] == '\n');
  *ret_len = out.len - 1;
  return out.ptr;
}

static const char *const tags[] = {"musical:1", "reservation:2", "note:a\"b,c\\d:e", "이름:겨울 🎭"};
static const evs_new_event sample = {.id = "id-\"1\"\\",
                                     .type = "ReservationPlaced",
                                     .tags = tags,
                                     .tag_count = 4,
                                     .correlation = "예약 \"2\"",
                                     .causation = 6,
                                     .data = "{ \"seats\" : 10, \"name\": \"겨\\u0000울\" }",
                                     .time_us = INT64_C(1795178096789012)};

static void canonical_text(void **state) {
  const struct evs__stamp stamp = {.seq = 7, .first_of_segment = true, .commit_end = true, .durable = 6};
  evs_new_event event = sample;
  size_t len;
  (void)state;
  event.data_len = strlen(event.data);
  char *line = encode(&event, &stamp, &len);
  assert_non_null(line);
  static const char expected[] =
      "{\"seq\":7,\"format\":1,\"id\":\"id-\\\"1\\\"\\\\\",\"time\":\"2026-11-20T12:34:56.789012Z\","
      "\"type\":\"ReservationPlaced\",\"tags\":[\"musical:1\",\"reservation:2\",\"note:a\\\"b,c\\\\d:e\","
      "\"이름:겨울 🎭\"],\"correlation\":\"예약 \\\"2\\\"\",\"causation\":6,\"durable\":6,"
      "\"data\":{\"seats\":10,\"name\":\"겨\\u0000울\"},\"crc\":\"";
  assert_int_equal(len, sizeof expected - 1 + 10);
  assert_memory_equal(line, expected, sizeof expected - 1);
  char crc[16];
  snprintf(crc, sizeof crc, "%08x\"}\n", (unsigned)evs__crc32c(0, line, len - EVS__CRC_TAIL));
  assert_memory_equal(line + sizeof expected - 1, crc, strlen(crc));
  free(line);
}

static void smallest_line(void **state) {
  const evs_new_event event = {.type = "T", .id = "i", .time_us = 1};
  const struct evs__stamp stamp = {.seq = 1};
  size_t len;
  (void)state;
  char *line = encode(&event, &stamp, &len);
  assert_non_null(line);
  static const char expected[] =
      "{\"seq\":1,\"id\":\"i\",\"time\":\"1970-01-01T00:00:00.000001Z\",\"type\":\"T\",\"tags\":[],"
      "\"correlation\":null,\"causation\":null,\"data\":{},\"crc\":\"";
  assert_memory_equal(line, expected, sizeof expected - 1);
  free(line);
}

static void round_trip(void **state) {
  (void)state;
  for (int marks = 0; marks < 4; marks++) {
    const struct evs__stamp stamp = {
        .seq = EVS_MAX_SEQ, .first_of_segment = marks & 1, .commit_end = marks & 2, .durable = EVS_MAX_SEQ - 1};
    evs_new_event event = sample;
    event.data_len = strlen(event.data);
    event.causation = EVS_MAX_SEQ;
    size_t len;
    char *text = encode(&event, &stamp, &len);
    assert_non_null(text);
    struct evs__line line;
    assert_true(evs__line_parse(text, len, &line));
    assert_int_equal(line.event.seq, EVS_MAX_SEQ);
    assert_int_equal(line.format, marks & 1 ? EVS_FORMAT : 0);
    assert_int_equal(evs__line_format(text, len), marks & 1 ? EVS_FORMAT : 0);
    assert_int_equal(line.commit_end, (marks & 2) != 0);
    assert_int_equal(line.durable, marks & 2 ? EVS_MAX_SEQ - 1 : 0);
    assert_int_equal(line.event.causation, EVS_MAX_SEQ);
    jf_assert_text(line.event.id, "id-\\\"1\\\"\\\\");
    jf_assert_text(line.event.type, "ReservationPlaced");
    jf_assert_text(line.event.time, "2026-11-20T12:34:56.789012Z");
    jf_assert_text(line.event.correlation, "예약 \\\"2\\\"");
    jf_assert_text(line.event.data, "{\"seats\":10,\"name\":\"겨\\u0000울\"}");
    for (size_t i = 0; i < event.tag_count; i++)
      assert_true(evs_event_has_tag(&line.event, tags[i]));
    assert_ptr_equal(line.event.line.ptr, text);
    assert_int_equal(line.event.line.len, len);
    uint64_t seq = 0;
    assert_true(evs__line_seq(text, len, &seq));
    assert_int_equal(seq, EVS_MAX_SEQ);
    free(text);
  }
}

/* Parses a copy of exactly this size. */
static bool parses(const char *text, size_t len) {
  struct evs__line line;
  uint64_t seq;
  char *exact = malloc(len ? len : 1);
  assert_non_null(exact);
  memcpy(exact, text, len);
  bool good = evs__line_parse(exact, len, &line);
  evs__line_format(exact, len);
  evs__line_seq(exact, len, &seq);
  free(exact);
  return good;
}

static void every_changed_byte_is_refused(void **state) {
  const struct evs__stamp stamp = {.seq = 7, .first_of_segment = true, .commit_end = true, .durable = 6};
  evs_new_event event = sample;
  size_t len;
  (void)state;
  event.data_len = strlen(event.data);
  char *line = encode(&event, &stamp, &len);
  assert_non_null(line);
  assert_true(parses(line, len));
  for (size_t at = 0; at < len; at++) {
    char was = line[at];
    for (int other = 0; other < 256; other++) {
      line[at] = (char)other;
      if (line[at] != was && parses(line, len))
        fail_msg("byte %zu changed from %d to %d is not noticed", at, was, other);
    }
    line[at] = was;
  }
  free(line);
}

static void cut_grown_and_shifted_lines_are_refused(void **state) {
  const struct evs__stamp stamp = {.seq = 7, .commit_end = true, .durable = 6};
  evs_new_event event = sample;
  size_t len;
  char longer[1024];
  (void)state;
  event.data_len = strlen(event.data);
  char *line = encode(&event, &stamp, &len);
  assert_non_null(line);
  for (size_t cut = 0; cut < len; cut++) {
    assert_false(parses(line, cut));
    if (cut > 0)
      assert_false(parses(line + cut, len - cut));
    memcpy(longer, line, cut); /* a byte doubled */
    memcpy(longer + cut, line + cut - (cut > 0), len - cut + (cut > 0));
    if (cut > 0)
      assert_false(parses(longer, len + 1));
  }
  assert_false(parses(line, len + 1)); /* with its newline */
  free(line);
}

/* A line with a right CRC around `body`. */
static bool sealed_parses(const char *body) {
  char text[1024];
  int len = snprintf(text, sizeof text, "%s,\"crc\":\"%08x\"}", body, (unsigned)evs__crc32c(0, body, strlen(body)));
  return parses(text, (size_t)len);
}

/* Forms that no writer makes, with a CRC that is right. */
static void other_forms_are_refused(void **state) {
  static const char *const bad[] = {
      "",
      "{",
      "{\"seq\":1",
      "{\"seq\":0,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":null,"
      "\"data\":{}",
      "{\"seq\":01,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":null,"
      "\"data\":{}",
      "{\"seq\":-1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":null,"
      "\"data\":{}",
      "{\"seq\":9007199254740992,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,"
      "\"causation\":null,\"data\":{}",
      "{\"seq\":1, "
      "\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":null,\"data\":{}",
      "{\"id\":\"i\",\"seq\":1,\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":null,"
      "\"data\":{}",
      "{\"seq\":1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[\"a:1\",],\"correlation\":null,\"causation\":"
      "null,"
      "\"data\":{}",
      "{\"seq\":1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[\"a:1\"\"b:1\"],\"correlation\":null,"
      "\"causation\":null,\"data\":{}",
      "{\"seq\":1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[\"a:1\",\"correlation\":null,\"causation\":null,"
      "\"data\":{}",
      "{\"seq\":1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":2,\"causation\":null,\"data\":"
      "{}",
      "{\"seq\":1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":\"1\","
      "\"data\":{}",
      "{\"seq\":1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":null,"
      "\"data\":[]",
      "{\"seq\":1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":null,"
      "\"data\":",
      "{\"seq\":1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":null",
      "{\"seq\":1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":null,"
      "\"durable\":,\"data\":{}",
      "{\"seq\":1,\"id\":\"i\\\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,\"causation\":null,"
      "\"data\":{}",
  };
  (void)state;
  assert_true(sealed_parses("{\"seq\":1,\"id\":\"i\",\"time\":\"t\",\"type\":\"T\",\"tags\":[],\"correlation\":null,"
                            "\"causation\":null,\"data\":{}"));
  for (size_t i = 0; i < JF_COUNT(bad); i++)
    if (sealed_parses(bad[i]))
      fail_msg("taken: %s", bad[i]);
}

/* The answer of evs__event_check() for the sample with one member changed. */
static int check(const evs_new_event *event) {
  evs_error error = {0};
  int rc = evs__event_check(event, 3, &error);
  assert_int_equal(error.code, rc);
  if (rc) {
    assert_int_equal(rc, EVS_INVALID);
    assert_non_null(strstr(error.message, "event 3"));
    assert_null(strchr(error.message, '\n'));
  }
  return rc;
}

/* `len` letters, in static storage. */
static const char *letters(size_t len) {
  static char text[2048];
  memset(text, 'x', len);
  text[len] = '\0';
  return text;
}

static void limits_of_texts(void **state) {
  static const char *const bad[] = {"", "a\nb", "a\tb", "\x01", "a\x7f", "\xff", "\xed\xa0\x80", "\xea\xb2"};
  (void)state;
  evs_new_event event = sample;
  assert_int_equal(check(&event), 0);
  for (size_t i = 0; i < JF_COUNT(bad); i++) {
    event = sample, event.id = bad[i];
    assert_int_equal(check(&event), EVS_INVALID);
    event = sample, event.correlation = bad[i];
    assert_int_equal(check(&event), EVS_INVALID);
    event = sample, event.type = bad[i];
    assert_int_equal(check(&event), EVS_INVALID);
  }
  static const char *const types[] = {"a b", "a,b", "a\"b", "a\\b"};
  for (size_t i = 0; i < JF_COUNT(types); i++) {
    event = sample, event.type = types[i];
    assert_int_equal(check(&event), EVS_INVALID);
    event = sample, event.id = types[i], event.correlation = types[i];
    assert_int_equal(check(&event), 0);
  }
  event = sample, event.type = NULL;
  assert_int_equal(check(&event), EVS_INVALID);
  event = sample, event.type = "예약됨.v2";
  assert_int_equal(check(&event), 0);
  for (size_t more = 0; more < 2; more++) {
    int expected = more ? EVS_INVALID : 0;
    event = sample, event.id = letters(EVS_MAX_ID + more);
    assert_int_equal(check(&event), expected);
    event = sample, event.correlation = letters(EVS_MAX_ID + more);
    assert_int_equal(check(&event), expected);
    event = sample, event.type = letters(EVS_MAX_TYPE + more);
    assert_int_equal(check(&event), expected);
    event = sample, event.causation = EVS_MAX_SEQ + more;
    assert_int_equal(check(&event), expected);
  }
}

static void limits_of_tags(void **state) {
  static const char *const good[] = {"a:b", "a::", "a:b:c", "이름:값", "a:\"\\,"};
  static const char *const bad[] = {"", ":", "a", "a:", ":b", "a:b\n", "a:\xff", NULL};
  (void)state;
  for (size_t i = 0; i < JF_COUNT(good); i++) {
    evs_new_event event = {.type = "T", .tags = &good[i], .tag_count = 1};
    assert_int_equal(check(&event), 0);
  }
  for (size_t i = 0; i < JF_COUNT(bad); i++) {
    const char *two[2] = {"a:b", bad[i]};
    evs_new_event event = {.type = "T", .tags = two, .tag_count = 2};
    assert_int_equal(check(&event), EVS_INVALID);
  }
  char edge[EVS_MAX_TAG + 2];
  const char *pointer = edge;
  evs_new_event event = {.type = "T", .tags = &pointer, .tag_count = 1};
  memset(edge, 'x', sizeof edge);
  edge[1] = ':';
  edge[EVS_MAX_TAG + 1] = '\0';
  assert_int_equal(check(&event), EVS_INVALID);
  edge[EVS_MAX_TAG] = '\0';
  assert_int_equal(check(&event), 0);
  const char *many[EVS_MAX_TAGS + 1];
  for (size_t i = 0; i <= EVS_MAX_TAGS; i++)
    many[i] = "a:b";
  event = (evs_new_event){.type = "T", .tags = many, .tag_count = EVS_MAX_TAGS};
  assert_int_equal(check(&event), 0);
  event.tag_count++;
  assert_int_equal(check(&event), EVS_INVALID);
}

static void limit_of_a_line(void **state) {
  const struct evs__stamp stamp = {.seq = 1, .first_of_segment = true, .commit_end = true};
  char *data = malloc(EVS_MAX_LINE + 16);
  size_t len = 0;
  (void)state;
  assert_non_null(data);
  evs_new_event event = {.type = "T", .id = "i", .data = "{\"x\":\"\"}", .data_len = 8};
  free(encode(&event, &stamp, &len));
  size_t room = EVS_MAX_LINE - 1 - len;
  memset(data, 'x', EVS_MAX_LINE);
  memcpy(data, "{\"x\":\"", 6);
  memcpy(data + 6 + room, "\"}x\"}", 6);
  event.data = data;
  event.data_len = 8 + room;
  char *line = encode(&event, &stamp, &len);
  assert_non_null(line);
  assert_int_equal(len, EVS_MAX_LINE - 1);
  assert_true(parses(line, len));
  free(line);
  memcpy(data + 6 + room, "x\"}", 4);
  event.data_len = 9 + room;
  assert_null(encode(&event, &stamp, &len));
  free(data);
}

static void what_is_left_out(void **state) {
  const struct evs__stamp stamp = {.seq = 1};
  evs_new_event event = {.type = "T"};
  struct evs__line first;
  struct evs__line second;
  size_t len[2];
  (void)state;
  char *one = encode(&event, &stamp, &len[0]);
  char *two = encode(&event, &stamp, &len[1]);
  assert_true(one && two && evs__line_parse(one, len[0], &first) && evs__line_parse(two, len[1], &second));
  assert_int_equal(first.event.id.len, 32);
  assert_memory_not_equal(first.event.id.ptr, second.event.id.ptr, 32);
  jf_assert_text(first.event.time, "1970-01-01T00:00:00.000077Z"); /* now, as it was given */
  jf_assert_text(first.event.data, "{}");
  assert_null(first.event.correlation.ptr);
  assert_int_equal(first.event.causation, 0);
  assert_int_equal(first.event.tags.len, 0);
  free(one);
  free(two);
  static const char *const bad[] = {"", "[]", "{", "{\"a\":\"\xff\"}"};
  for (size_t i = 0; i < JF_COUNT(bad); i++) {
    event.data = bad[i];
    event.data_len = strlen(bad[i]);
    assert_null(encode(&event, &stamp, &len[0]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(canonical_text),
      cmocka_unit_test(smallest_line),
      cmocka_unit_test(round_trip),
      cmocka_unit_test(every_changed_byte_is_refused),
      cmocka_unit_test(cut_grown_and_shifted_lines_are_refused),
      cmocka_unit_test(other_forms_are_refused),
      cmocka_unit_test(limits_of_texts),
      cmocka_unit_test(limits_of_tags),
      cmocka_unit_test(limit_of_a_line),
      cmocka_unit_test(what_is_left_out),
  };
  return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
