/* test_parse.c - values from outside: what is taken, what is refused and with which word, and that no message can break
 * its line. */
#include "app.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIXTY_FOUR "0123456789012345678901234567890123456789012345678901234567890123"

static void ids_that_are_taken(void **state) {
  static const char *const good[] = {"1", "frozen-2026", "a.b_c:d", "겨울왕국", "🎭", SIXTY_FOUR, "x-"};
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    struct op_error error = {0};
    assert_int_equal(op_check_id("musical id", good[i], &error), OP_OK);
    assert_null(error.code);
  }
}

static void ids_that_are_refused(void **state) {
  static const struct {
    const char *id, *says;
  } bad[] = {
      {"", "is empty"},
      {SIXTY_FOUR "4", "65 bytes"},
      {"-1", "dash"},
      {"a b", "a space"},
      {"a\xC2\xA0"
       "b",
       "a space"},
      {"a\nb", "a control character"},
      {"a\x7F", "a control character"},
      {"a\xC2\x85", "a control character"},
      {"a\xE2\x80\xA8", "a control character"},
      {"a'b", "a quote"},
      {"a\"b", "a quote"},
      {"a`b", "a quote"},
      {"../x", "a slash"},
      {"a\\b", "a backslash"},
      {"a\xFF", "not valid UTF-8"},
      {"\xED\xA0\x80", "not valid UTF-8"},
      {"\xC0\xAF", "not valid UTF-8"},
      {"\xEA\xB2", "not valid UTF-8"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct op_error error = {0};
    assert_int_equal(op_check_id("musical id", bad[i].id, &error), OP_DATA);
    assert_string_equal(error.code, "bad_id");
    assert_int_equal(error.exit_code, OP_DATA);
    assert_non_null(strstr(error.message, "musical id"));
    assert_non_null(strstr(error.message, bad[i].says));
    assert_null(strchr(error.message, '\n'));
    assert_true(evs_utf8_valid(error.message, strlen(error.message)));
  }
}

static void texts(void **state) {
  struct op_error error = {0};
  (void)state;
  assert_int_equal(op_check_text("name", "뮤지컬 \"겨울왕국\" 🎭 / it's", 256, &error), OP_OK);
  assert_int_equal(op_check_text("name", "", 256, &error), OP_OK);
  assert_int_equal(op_check_text("name", "abcd", 4, &error), OP_OK);
  assert_int_equal(op_check_text("name", "abcde", 4, &error), OP_DATA);
  assert_string_equal(error.code, "bad_text");
  assert_int_equal(op_check_text("name", "a\tb", 256, &error), OP_DATA);
  assert_int_equal(op_check_text("name", "a\x1B[31m", 256, &error), OP_DATA);
  assert_int_equal(op_check_text("name", "a\xFF", 256, &error), OP_DATA);
}

static void numbers(void **state) {
  static const char *const bad[] = {"0",  "-1",   "+1",  "1.5", "1e3", "0x10", "", " 1", "1 ", "99999999999999999999",
                                    "１", "1001", "1\n", "1,0"};
  struct op_error error = {0};
  int64_t number = -7;
  (void)state;
  assert_int_equal(op_check_number("seats", "bad_seats", "1", 1, 1000, &number, &error), OP_OK);
  assert_int_equal(number, 1);
  assert_int_equal(op_check_number("seats", "bad_seats", "1000", 1, 1000, &number, &error), OP_OK);
  assert_int_equal(op_check_number("price", "bad_price", "9223372036854775807", 0, INT64_MAX, &number, &error), OP_OK);
  assert_true(number == INT64_MAX);
  assert_int_equal(op_check_number("price", "bad_price", "9223372036854775808", 0, INT64_MAX, &number, &error),
                   OP_DATA);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    number = -7;
    assert_int_equal(op_check_number("seats", "bad_seats", bad[i], 1, 1000, &number, &error), OP_DATA);
    assert_string_equal(error.code, "bad_seats");
    assert_non_null(strstr(error.message, "seats must be a whole number from 1 to 1000"));
    assert_int_equal(number, -7);
  }
}

static void times_and_durations(void **state) {
  static const char *const bad[] = {"", "5", "s", "5 s", "-5s", "1.5s", "5S", "5min", "9223372036854775807d", "5ss"};
  struct op_error error = {0};
  int64_t value = 0;
  (void)state;
  assert_int_equal(op_check_time("--starts-at", "1970-01-01T00:00:01Z", &value, &error), OP_OK);
  assert_int_equal(value, 1000000);
  assert_int_equal(op_check_time("--starts-at", "tomorrow", &value, &error), OP_DATA);
  assert_string_equal(error.code, "bad_time");
  assert_true(op_duration_parse("250ms", &value) && value == 250);
  assert_true(op_duration_parse("5s", &value) && value == 5000);
  assert_true(op_duration_parse("15m", &value) && value == 900000);
  assert_true(op_duration_parse("2h", &value) && value == 7200000);
  assert_true(op_duration_parse("1d", &value) && value == 86400000);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_false(op_duration_parse(bad[i], &value));
}

static void zones(void **state) {
  static const char *const bad[] = {"",        "+",      "Z",      "9",         "+9:00", "+0900",
                                    "+09:00x", "+24:00", "-03:60", "+09:00:00", "09:00"};
  int64_t offset_us = 1;
  (void)state;
  assert_true(op_zone_parse("+00:00", &offset_us) && offset_us == 0);
  assert_true(op_zone_parse("+09:00", &offset_us) && offset_us == INT64_C(32400000000));
  assert_true(op_zone_parse("-03:30", &offset_us) && offset_us == INT64_C(-12600000000));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    assert_false(op_zone_parse(bad[i], &offset_us));
}

static void urls_that_may_be_called(void **state) {
  static const char *const good[] = {
      "https://pay.example/v1",
      "https://pay.example",
      "https://pay.example:8443/v1?a=b@c",
      "https://192.0.2.1/",
      "https://[2001:db8::1]:1/",
      "http://127.0.0.1:8080/pay",
      "http://127.255.3.4",
      "http://localhost:1",
      "http://localhost",
      "http://[::1]:65535/v1",
      "http://[::1]",
  };
  static const struct {
    const char *url, *says;
  } bad[] = {
      {"", "begins with https://"},
      {"pay.example", "begins with https://"},
      {"ftp://pay.example", "begins with https://"},
      {"HTTPS://pay.example", "begins with https://"},
      {"file:///etc/passwd", "begins with https://"},
      {"https://", "a host"},
      {"https:///v1", "a host"},
      {"https://:8080/", "a host"},
      {"https://pay.example:", "a host"},
      {"https://pay.example:0/", "a host"},
      {"https://pay.example:65536/", "a host"},
      {"https://pay.example:443x/", "a host"},
      {"https://pay,example/", "a host"},
      {"https://[::1/", "a host"},
      {"https://[::g]/", "a host"},
      {"https://[]/", "a host"},
      {"https://user:word@pay.example/", "without a user"},
      {"http://127.0.0.1@pay.example/", "without a user"},
      {"http://pay.example/", "or http to 127.0.0.1"},
      {"http://127.0.0.1.example/", "or http to 127.0.0.1"},
      {"http://128.0.0.1/", "or http to 127.0.0.1"},
      {"http://127.1/", "or http to 127.0.0.1"},
      {"http://localhost.example/", "or http to 127.0.0.1"},
      {"http://[::2]/", "or http to 127.0.0.1"},
      {"http://[::ffff:127.0.0.1]/", "or http to 127.0.0.1"},
      {"https://pay.example/a b", "without spaces"},
      {"https://pay.example/\r\nX: y", "without spaces"},
      {"https://pay.example\\@127.0.0.1/", "without spaces"},
      {"https://pay.\xEA\xB0\x80/", "ASCII"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    assert_null(op_url_wrong(good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    const char *wrong = op_url_wrong(bad[i].url);
    if (wrong == NULL || strstr(wrong, bad[i].says) == NULL)
      fail_msg("%s: %s", bad[i].url, wrong != NULL ? wrong : "is taken");
  }
}

static void clean_text(void **state) {
  char buf[64];
  (void)state;
  assert_int_equal(op_clean("a\nb\tc\x1B\xFF", 7, buf, sizeof buf), 15);
  assert_string_equal(buf, "a\\nb\\tc\\x1b\\xff");
  assert_int_equal(op_clean("예약됨", 9, buf, 8), 9);
  assert_string_equal(buf, "예약"); /* cut at a whole character */
  assert_int_equal(op_clean("a\xC2\x85", 3, buf, sizeof buf), 9);
  assert_string_equal(buf, "a\\xc2\\x85");
  assert_int_equal(op_clean("abc", 3, NULL, 0), 3);
}

static void errors_are_one_line(void **state) {
  struct op_error error = {0};
  char *name = malloc(2000);
  (void)state;
  memset(name, 'x', 1999);
  name[1999] = '\0';
  assert_int_equal(op_fail(&error, OP_REFUSED, "refused", "%s", name), OP_REFUSED);
  assert_string_equal(error.message + strlen(error.message) - 3, "...");
  free(name);
  op_fail(&error, OP_REFUSED, "refused", "musical %s", "a\r\n\x1B]0;x\x07");
  assert_string_equal(error.message, "musical a\\r\\n\\x1b]0;x\\x07");
  for (int i = 0; i < OP_MAX_FIGURES + 3; i++)
    op_error_number(&error, "requested", i);
  assert_int_equal(error.figure_count, OP_MAX_FIGURES);
  op_fail(&error, OP_REFUSED, "refused", "again");
  assert_int_equal(error.figure_count, 0);
  op_error_text(&error, "musicalId", "a\nb");
  assert_string_equal(error.figures[0].text, "a\\nb");
}

static void errors_of_the_store(void **state) {
  static const struct {
    int code, exit_code;
    const char *word;
  } cases[] = {{EVS_CONFLICT, 1, "conflict"},
               {EVS_NO_STORE, 66, "no_store"},
               {EVS_CORRUPT, 74, "corrupt_journal"},
               {EVS_FUTURE, 78, "unknown_format"},
               {EVS_BUSY, 75, "busy"},
               {EOPNOTSUPP, 78, "unsupported_filesystem"},
               {ENOSPC, 74, "disk_full"},
               {EACCES, 77, "no_permission"},
               {EROFS, 77, "no_permission"},
               {ENOTDIR, 73, "cannot_create"},
               {EIO, 74, "io_error"},
               {EVS_INVALID, 65, "invalid"},
               {EVS_LOST, 74, "lost"},
               {EVS_BEYOND, 74, "offset_beyond_head"}};
  evs_error damaged = {
      .code = EVS_CORRUPT, .message = "the checksum is wrong", .file = "journal/1", .line = 7, .byte = 99};
  struct op_error error = {0};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(op_fail_store(&error, cases[i].code, NULL), cases[i].exit_code);
    assert_string_equal(error.code, cases[i].word);
    assert_int_equal(error.store_code, cases[i].code);
    assert_true(error.message[0] != '\0');
  }
  op_fail_store(&error, EVS_CORRUPT, &damaged);
  assert_string_equal(error.message, "journal/1, line 7, byte 99: the checksum is wrong");
  assert_int_equal(error.figure_count, 3);
}

static const char *suggestion_for(const char *word) {
  static const char *const verbs[] = {"place", "cancel", "list", "show", "run"};
  struct op_suggestion suggestion = {.word = word};
  for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
    op_suggest(&suggestion, verbs[i]);
  return suggestion.best;
}

static void suggestions(void **state) {
  (void)state;
  assert_string_equal(suggestion_for("plcae"), "place");
  assert_string_equal(suggestion_for("cancle"), "cancel");
  assert_string_equal(suggestion_for("lst"), "list");
  assert_null(suggestion_for("frobnicate"));
  assert_null(suggestion_for("x"));
  assert_null(suggestion_for(""));
  assert_null(suggestion_for("0123456789012345678901234567890123456789"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_that_are_taken),
      cmocka_unit_test(ids_that_are_refused),
      cmocka_unit_test(texts),
      cmocka_unit_test(numbers),
      cmocka_unit_test(times_and_durations),
      cmocka_unit_test(zones),
      cmocka_unit_test(urls_that_may_be_called),
      cmocka_unit_test(clean_text),
      cmocka_unit_test(errors_are_one_line),
      cmocka_unit_test(errors_of_the_store),
      cmocka_unit_test(suggestions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
