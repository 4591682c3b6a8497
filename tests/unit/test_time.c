/* test_time.c - RFC 3339 to and from microseconds, against the calendar of libc and by tables. */
#include "journal_fixture.h"

#include <stdlib.h>
#include <time.h>

#define US INT64_C(1000000)

static bool parse(const char *text, int64_t *ret) {
  size_t len = strlen(text);
  char *exact = malloc(len ? len : 1); /* no byte behind it may be read */
  assert_non_null(exact);
  memcpy(exact, text, len);
  bool good = evs_time_parse(exact, len, ret);
  free(exact);
  return good;
}

static void taken(void **state) {
  static const struct {
    const char *text;
    int64_t time_us;
  } good[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:00.000001Z", 1},
      {"1970-01-01T00:00:01.5Z", 1500000},
      {"1970-01-02T00:00:00.000000000Z", 86400 * US},
      {"1970-01-01T00:00:00.123456789Z", 123456},
      {"1970-01-01T09:00:00+09:00", 0},
      {"1970-01-01T00:00:00-00:30", 1800 * US},
      {"1970-01-01T23:59:00+23:59", 0},
      {"2026-11-20T12:34:56.789012Z", INT64_C(1795178096789012)},
      {"2026-11-20t12:34:56.789012z", INT64_C(1795178096789012)},
      {"2026-11-20 12:34:56.789012Z", INT64_C(1795178096789012)},
      {"2026-11-20T21:34:56.789012+09:00", INT64_C(1795178096789012)},
      {"2000-02-29T00:00:00Z", INT64_C(951782400) * US},
      {"2400-02-29T23:59:59Z", INT64_C(13574649599) * US},
      {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
  };
  (void)state;
  for (size_t i = 0; i < JF_COUNT(good); i++) {
    int64_t time_us = -1;
    if (!parse(good[i].text, &time_us))
      fail_msg("refused: %s", good[i].text);
    assert_int_equal(time_us, good[i].time_us);
  }
}

static void refused(void **state) {
  static const char *const bad[] = {
      "",
      "now",
      "2026",
      "2026-11-20",
      "2026-11-20T12:34:56",
      "2026-11-20T12:34Z",
      "2026-11-20T12:34:56+09",
      "2026-11-20T12:34:56+0900",
      "2026-11-20T12:34:56.Z",
      "2026-11-20T12:34:56.1234567890Z",
      "2026-11-20T12:34:56,5Z",
      "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z",
      "2026-01-00T00:00:00Z",
      "2026-01-32T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2026-02-29T00:00:00Z",
      "2100-02-29T00:00:00Z",
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:60Z",
      "2026-01-01T00:00:00+24:00",
      "2026-01-01T00:00:00+09:60",
      "2026-1-01T00:00:00Z",
      "02026-01-01T00:00:00Z",
      "+2026-01-01T00:00:00Z",
      "-2026-01-01T00:00:00Z",
      "1969-12-31T23:59:59Z",
      "1970-01-01T00:00:00+00:01",
      "2026-01-01T00:00:00Zx",
      " 2026-01-01T00:00:00Z",
      "2026-01-01T00:00:00Z\n",
      "2026-01-01T 1:00:00Z",
      "2026/01/01T00:00:00Z",
      "2026-01-01X00:00:00Z",
      "2026-01-01T00:00:00−09:00",
      "２026-01-01T00:00:00Z",
      "9999-12-31T23:59:59-00:01",
  };
  (void)state;
  for (size_t i = 0; i < JF_COUNT(bad); i++) {
    int64_t time_us = -1;
    if (parse(bad[i], &time_us))
      fail_msg("taken: %s", bad[i]);
    assert_int_equal(time_us, -1);
  }
  int64_t time_us = -1;
  assert_false(evs_time_parse("2026-01-01\0 00:00:00Z", 20, &time_us));
  static const char whole[] = "2026-11-20T12:34:56.789012+09:00";
  for (size_t len = 0; len < sizeof whole - 1; len++)
    assert_false(evs_time_parse(whole, len, &time_us));
}

static void formatted(void **state) {
  char buf[EVS_TIME_SIZE];
  (void)state;
  evs_time_format(0, buf);
  assert_string_equal(buf, "1970-01-01T00:00:00.000000Z");
  evs_time_format(INT64_C(1795178096789012), buf);
  assert_string_equal(buf, "2026-11-20T12:34:56.789012Z");
  evs_time_format(INT64_C(253402300799999999), buf);
  assert_string_equal(buf, "9999-12-31T23:59:59.999999Z");
  /* What does not fit the form is brought to its edges. */
  evs_time_format(-1, buf);
  assert_string_equal(buf, "1970-01-01T00:00:00.000000Z");
  evs_time_format(INT64_MIN, buf);
  assert_string_equal(buf, "1970-01-01T00:00:00.000000Z");
  evs_time_format(INT64_MAX, buf);
  assert_string_equal(buf, "9999-12-31T23:59:59.999999Z");
}

/* One instant, there and back, and compared with libc's calendar. */
static void check_instant(int64_t time_us) {
  char buf[EVS_TIME_SIZE];
  char libc[48];
  struct tm tm;
  time_t seconds = (time_t)(time_us / US);
  int64_t back = -1;
  evs_time_format(time_us, buf);
  gmtime_r(&seconds, &tm);
  snprintf(libc, sizeof libc, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
           tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(time_us % US));
  assert_string_equal(buf, libc);
  assert_true(evs_time_parse(buf, strlen(buf), &back));
  assert_int_equal(back, time_us);
}

static void round_trips(void **state) {
  uint64_t random = jf_seed();
  (void)state;
  for (int64_t day = 0; day < 2932897; day += day < 60000 ? 1 : 7)
    check_instant(day * 86400 * US + (day % 86400) * US + day % US);
  for (int i = 0; i < 20000; i++)
    check_instant((int64_t)jf_below(&random, UINT64_C(253402300800000000)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(taken),
      cmocka_unit_test(refused),
      cmocka_unit_test(formatted),
      cmocka_unit_test(round_trips),
  };
  return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
