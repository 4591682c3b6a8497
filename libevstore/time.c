/* time.c - RFC 3339 to and from microseconds since 1970, UTC, proleptic Gregorian calendar.
 *
 * Own arithmetic instead of timegm(3) and strptime(3): those depend on locale and time zone, and accept
 * what RFC 3339 does not. Days are counted by Howard Hinnant's civil-calendar formulas
 * (https://howardhinnant.github.io/date_algorithms.html). */
#include "evstore.h"

#include <string.h>

#define US_PER_S INT64_C(1000000)
#define S_PER_DAY 86400
#define LAST_SECOND INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Days from 1970-01-01 to a date; the year begins in March, so that the leap day is the last. */
static int64_t days_from_civil(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = year / 400;
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

/* `count` decimal digits and the character that follows them. */
static void put(char *at, int count, unsigned number, char then) {
  at[count] = then;
  for (; count > 0; number /= 10)
    at[--count] = (char)('0' + number % 10);
}

void evs_time_format(int64_t time_us, char buf[EVS_TIME_SIZE]) {
  const int64_t last = LAST_SECOND * US_PER_S + US_PER_S - 1;
  time_us = time_us < 0 ? 0 : time_us > last ? last : time_us;
  int64_t days = time_us / (S_PER_DAY * US_PER_S) + 719468;
  int64_t in_day = time_us % (S_PER_DAY * US_PER_S);
  int64_t era = days / 146097;
  int64_t doe = days - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153;
  unsigned day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
  unsigned month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
  unsigned year = (unsigned)(yoe + era * 400 + (month <= 2));
  unsigned second = (unsigned)(in_day / US_PER_S);
  put(buf, 4, year, '-');
  put(buf + 5, 2, month, '-');
  put(buf + 8, 2, day, 'T');
  put(buf + 11, 2, second / 3600, ':');
  put(buf + 14, 2, second / 60 % 60, ':');
  put(buf + 17, 2, second % 60, '.');
  put(buf + 20, 6, (unsigned)(in_day % US_PER_S), 'Z');
  buf[EVS_TIME_SIZE - 1] = '\0';
}

/* `count` decimal digits at *text, which is moved on; -1 where they are not there. */
static int digits(const char **text, const char *end, int count) {
  int value = 0;
  if (end - *text < count)
    return -1;
  for (; count > 0; count--, (*text)++) {
    if (**text < '0' || **text > '9')
      return -1;
    value = value * 10 + (**text - '0');
  }
  return value;
}

/* One of the given characters at *text, which is moved on. */
static bool one_of(const char **text, const char *end, const char *choices) {
  if (*text == end || !**text || !strchr(choices, **text))
    return false;
  (*text)++;
  return true;
}

/* A fraction of a second, `.` and 1 to 9 digits, in microseconds; 0 where there is none, -1 where it is bad. */
static int64_t fraction_us(const char **text, const char *end) {
  if (*text == end || **text != '.')
    return 0;
  (*text)++;
  int64_t value = 0;
  int count = 0;
  for (; *text < end && **text >= '0' && **text <= '9'; (*text)++, count++)
    if (count < 6)
      value = value * 10 + (**text - '0');
  if (count < 1 || count > 9)
    return -1;
  for (; count < 6; count++)
    value *= 10;
  return value;
}

bool evs_time_parse(const char *text, size_t len, int64_t *ret_time_us) {
  static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const char *end = text + len;
  int year = digits(&text, end, 4);
  if (year < 1970 || !one_of(&text, end, "-"))
    return false;
  int month = digits(&text, end, 2);
  if (month < 1 || month > 12 || !one_of(&text, end, "-"))
    return false;
  int day = digits(&text, end, 2);
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day < 1 || day > month_days[month - 1] || (month == 2 && day == 29 && !leap) || !one_of(&text, end, "Tt "))
    return false;
  int hour = digits(&text, end, 2);
  if (hour < 0 || hour > 23 || !one_of(&text, end, ":"))
    return false;
  int minute = digits(&text, end, 2);
  if (minute < 0 || minute > 59 || !one_of(&text, end, ":"))
    return false;
  int second = digits(&text, end, 2);
  int64_t fraction = fraction_us(&text, end);
  if (second < 0 || second > 59 || fraction < 0 || text == end)
    return false;
  int64_t offset = 0;
  if (*text == 'Z' || *text == 'z') {
    text++;
  } else {
    int sign = *text == '-' ? -1 : 1;
    if (!one_of(&text, end, "+-"))
      return false;
    int hours = digits(&text, end, 2);
    if (hours < 0 || hours > 23 || !one_of(&text, end, ":"))
      return false;
    int minutes = digits(&text, end, 2);
    if (minutes < 0 || minutes > 59)
      return false;
    offset = sign * (hours * 3600 + minutes * 60);
  }
  int64_t seconds = days_from_civil(year, month, day) * S_PER_DAY + hour * 3600 + minute * 60 + second - offset;
  if (text != end || seconds < 0 || seconds > LAST_SECOND)
    return false;
  *ret_time_us = seconds * US_PER_S + fraction;
  return true;
}
