/* parse.c - values from outside, checked once and named exactly when they are wrong.
 *
 * Ids end up in tags (`musical:ID`), in event ids, in file names of the outbox and in people's shells, so they hold
 * nothing that any of these would have to quote. Numbers are plain decimal digits: no sign, no exponent, no fraction,
 * nothing beyond the bounds that the caller gives. Raises 65 with the caller's word; prints nothing. */
#include "app.h"

#include <string.h>

/* White space and invisible characters that would make two ids look alike. */
static bool is_space(uint32_t point) {
  return point == ' ' || point == 0xA0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200B) || point == 0x202F ||
         point == 0x205F || point == 0x3000 || point == 0xFEFF;
}

/* Says which character of an id is not allowed; NULL: none. */
static const char *bad_in_id(uint32_t point) {
  if (op_is_control(point))
    return "a control character";
  if (is_space(point))
    return "a space";
  if (point == '\'' || point == '"' || point == '`')
    return "a quote";
  if (point == '/')
    return "a slash";
  return point == '\\' ? "a backslash" : NULL;
}

/* What most ids are made of. */
static bool is_ordinary(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
}

/* Checks an id against the rules in app.h. */
int op_check_id(const char *what, const char *text, struct op_error *error) {
  size_t len = strlen(text);
  if (len == 0)
    return op_fail(error, OP_DATA, "bad_id", "%s is empty", what);
  if (len > OP_MAX_ID)
    return op_fail(error, OP_DATA, "bad_id", "%s is %zu bytes long, at most %d are allowed", what, len, OP_MAX_ID);
  if (text[0] == '-')
    return op_fail(error, OP_DATA, "bad_id", "%s '%s' starts with a dash", what, text);
  for (size_t at = 0; at < len;) {
    uint32_t point = 0;
    if (is_ordinary(text[at])) {
      at++;
      continue;
    }
    size_t length = op_utf8_decode(text + at, len - at, &point);
    if (length == 0)
      return op_fail(error, OP_DATA, "bad_id", "%s '%s' is not valid UTF-8", what, text);
    const char *bad = bad_in_id(point);
    if (bad != NULL)
      return op_fail(error, OP_DATA, "bad_id", "%s '%s' holds %s", what, text, bad);
    at += length;
  }
  return OP_OK;
}

/* Checks free text: it may hold any language, and no control characters. */
int op_check_text(const char *what, const char *text, size_t max, struct op_error *error) {
  size_t len = strlen(text);
  if (len > max)
    return op_fail(error, OP_DATA, "bad_text", "%s is %zu bytes long, at most %zu are allowed", what, len, max);
  for (size_t at = 0; at < len;) {
    uint32_t point = 0;
    size_t length = op_utf8_decode(text + at, len - at, &point);
    if (length == 0)
      return op_fail(error, OP_DATA, "bad_text", "%s '%s' is not valid UTF-8", what, text);
    if (op_is_control(point))
      return op_fail(error, OP_DATA, "bad_text", "%s '%s' holds a control character", what, text);
    at += length;
  }
  return OP_OK;
}

/* Reads digits up to `end`; false where there are none or the number does not fit. */
static bool read_digits(const char *text, const char **ret_end, int64_t *ret_number) {
  int64_t number = 0;
  const char *at = text;
  for (; *at >= '0' && *at <= '9'; at++)
    if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, *at - '0', &number))
      return false;
  *ret_end = at;
  *ret_number = number;
  return at != text;
}

/* Checks a whole number within bounds. */
int op_check_number(const char *what, const char *code, const char *text, int64_t min, int64_t max, int64_t *ret_number,
                    struct op_error *error) {
  const char *end = NULL;
  int64_t number = 0;
  if (read_digits(text, &end, &number) && *end == '\0' && number >= min && number <= max) {
    *ret_number = number;
    return OP_OK;
  }
  if (max == INT64_MAX)
    return op_fail(error, OP_DATA, code, "%s must be a whole number of at least %lld, not '%s'", what, (long long)min,
                   text);
  return op_fail(error, OP_DATA, code, "%s must be a whole number from %lld to %lld, not '%s'", what, (long long)min,
                 (long long)max, text);
}

/* Checks a point in time. */
int op_check_time(const char *what, const char *text, int64_t *ret_time_us, struct op_error *error) {
  if (evs_time_parse(text, strlen(text), ret_time_us))
    return OP_OK;
  return op_fail(error, OP_DATA, "bad_time", "%s must be a time such as 2026-11-20T19:30:00Z (RFC 3339), not '%s'",
                 what, text);
}

/* Reads a duration: digits and one unit. */
bool op_duration_parse(const char *text, int64_t *ret_ms) {
  static const struct {
    const char *unit;
    int64_t ms;
  } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
  const char *unit = NULL;
  int64_t number = 0;
  if (!read_digits(text, &unit, &number))
    return false;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (strcmp(unit, units[i].unit) == 0)
      return !__builtin_mul_overflow(number, units[i].ms, ret_ms);
  return false;
}

/* Reads an offset as RFC 3339 has it behind a time: of the same clock time it tells how much earlier it is than in UTC.
 */
bool op_zone_parse(const char *text, int64_t *ret_offset_us) {
  char time[32];
  int64_t utc_us = INT64_C(946684800000000), time_us = 0; /* 2000-01-01T00:00:00Z */
  snprintf(time, sizeof time, "2000-01-01T00:00:00%.10s", text);
  if ((text[0] != '+' && text[0] != '-') || !evs_time_parse(time, strlen(time), &time_us))
    return false;
  *ret_offset_us = utc_us - time_us;
  return true;
}

/* How many letters must be added, dropped, changed or swapped with their neighbour; words beyond 31 bytes count as far.
 */
static unsigned word_distance(const char *a, const char *b) {
  enum { LIMIT = 32 };
  unsigned rows[3][LIMIT] = {{0}};
  size_t a_len = strlen(a), b_len = strlen(b);
  if (a_len >= LIMIT || b_len >= LIMIT)
    return LIMIT;
  for (size_t j = 0; j <= b_len; j++)
    rows[0][j] = (unsigned)j;
  for (size_t i = 1; i <= a_len; i++) {
    const unsigned *before = rows[(i + 1) % 3], *above = rows[(i - 1) % 3]; /* i + 1 is i - 2, modulo 3 */
    unsigned *row = rows[i % 3];
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= b_len; j++) {
      unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);
      if (above[j] + 1 < best)
        best = above[j] + 1;
      if (row[j - 1] + 1 < best)
        best = row[j - 1] + 1;
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
        best = before[j - 2] + 1;
      row[j] = best;
    }
  }
  return rows[a_len % 3][b_len];
}

/* Keeps the candidate when it is closer than the best so far, and close enough to be meant. */
void op_suggest(struct op_suggestion *suggestion, const char *candidate) {
  unsigned distance = word_distance(suggestion->word, candidate);
  size_t length = strlen(suggestion->word);
  unsigned allowed = length <= 2 ? 1 : length <= 4 ? 2 : 3;
  if (distance > allowed || distance >= strlen(candidate))
    return;
  if (suggestion->best == NULL || distance < suggestion->distance) {
    suggestion->best = candidate;
    suggestion->distance = distance;
  }
}
