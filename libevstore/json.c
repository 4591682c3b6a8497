/* json.c - JSON without trees: check and compact what comes in, read fields of what is stored in place.
 *
 * Two sides with different trust. evs__json_compact() takes any bytes and accepts only one object by the
 * grammar of RFC 8259, with valid UTF-8 and bounded depth. evs_json_find() and friends walk text that went
 * through it (or came from a line whose CRC is right), yet never read outside of their slice. */
#include "text.h"

#include <errno.h>
#include <string.h>

#define MAX_DEPTH 64

/* Length of the well-formed UTF-8 sequence at `at`, 0 where there is none (RFC 3629, table 3-7 of Unicode). */
static size_t utf8_sequence(const unsigned char *at, size_t len) {
  unsigned char a = at[0];
  if (a < 0x80)
    return 1;
  size_t need = a >= 0xC2 && a <= 0xDF ? 2 : (a & 0xF0) == 0xE0 ? 3 : a >= 0xF0 && a <= 0xF4 ? 4 : 0;
  if (need == 0 || len < need)
    return 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (a == 0xE0)
    low = 0xA0;
  else if (a == 0xED)
    high = 0x9F;
  else if (a == 0xF0)
    low = 0x90;
  else if (a == 0xF4)
    high = 0x8F;
  if (at[1] < low || at[1] > high)
    return 0;
  for (size_t i = 2; i < need; i++)
    if ((at[i] & 0xC0) != 0x80)
      return 0;
  return need;
}

/* Eight are looked at in one step, as long as all eight are such (Bit Twiddling Hacks: a byte of a word is below n; a
 * byte of a word is zero). */
size_t evs__json_plain(const char *text, size_t len) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  size_t i = 0;
  for (; len - i >= 8; i += 8) {
    uint64_t word;
    memcpy(&word, text + i, 8);
    uint64_t quote = word ^ ones * '"';
    uint64_t backslash = word ^ ones * '\\';
    if ((((word - ones * 0x20) | (quote - ones) | (backslash - ones)) | word) & ones * 0x80)
      break;
  }
  while (i < len && text[i] >= 0x20 && text[i] != '"' && text[i] != '\\' && (unsigned char)text[i] < 0x80)
    i++;
  return i;
}

bool evs_utf8_valid(const char *text, size_t len) {
  for (size_t i = 0; i < len;) {
    i += evs__json_plain(text + i, len - i);
    if (i == len)
      break;
    size_t step = utf8_sequence((const unsigned char *)text + i, len - i);
    if (step == 0)
      return false;
    i += step;
  }
  return true;
}

/* ---- checking and compacting -------------------------------------------------------------------- */

struct scanner {
  const char *at, *begin, *end;
  struct evs__buf *out;
  const char *why;
};

/* Keeps the first reason. */
static int bad(struct scanner *s, const char *why) {
  if (!s->why)
    s->why = why;
  return EVS_INVALID;
}

static void skip_space(struct scanner *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
    s->at++;
}

/* The character `c` after white space, into the output. */
static bool take(struct scanner *s, char c) {
  skip_space(s);
  if (s->at == s->end || *s->at != c)
    return false;
  s->at++;
  s->out->ptr[s->out->len++] = c; /* there is room, see evs__json_compact() */
  return true;
}

/* The four hex digits of \u at `at`, or -1. */
static int hex4(const char *at, const char *end) {
  int value = 0;
  if (end - at < 4)
    return -1;
  for (int i = 0; i < 4; i++) {
    char c = at[i];
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0)
      return -1;
    value = value * 16 + digit;
  }
  return value;
}

/* An escape sequence at s->at (on the backslash). Surrogates must come in pairs. */
static int scan_escape(struct scanner *s) {
  if (s->end - s->at < 2)
    return bad(s, "a string is not closed");
  if (s->at[1] != 'u') {
    if (!s->at[1] || !strchr("\"\\/bfnrt", s->at[1]))
      return bad(s, "a string has an escape that JSON does not know");
    s->at += 2;
    return 0;
  }
  int unit = hex4(s->at + 2, s->end);
  if (unit < 0)
    return bad(s, "\\u needs four hex digits");
  s->at += 6;
  if (unit >= 0xDC00 && unit <= 0xDFFF)
    return bad(s, "a string has half of a surrogate pair");
  if (unit >= 0xD800 && unit <= 0xDBFF) {
    int low = s->end - s->at >= 6 && s->at[0] == '\\' && s->at[1] == 'u' ? hex4(s->at + 2, s->end) : -1;
    if (low < 0xDC00 || low > 0xDFFF)
      return bad(s, "a string has half of a surrogate pair");
    s->at += 6;
  }
  return 0;
}

/* A string at s->at, on its opening quote. */
static int scan_string(struct scanner *s) {
  const char *start = s->at++;
  for (;;) {
    s->at += evs__json_plain(s->at, (size_t)(s->end - s->at));
    if (s->at == s->end || *s->at == '"')
      break;
    unsigned char c = (unsigned char)*s->at;
    if (c < 0x20)
      return bad(s, "a string has a raw control character");
    if (c == '\\') {
      if (scan_escape(s))
        return EVS_INVALID;
      continue;
    }
    size_t step = utf8_sequence((const unsigned char *)s->at, (size_t)(s->end - s->at));
    if (step == 0)
      return bad(s, "a string is not valid UTF-8");
    s->at += step;
  }
  if (s->at == s->end)
    return bad(s, "a string is not closed");
  s->at++;
  return evs__buf_add(s->out, start, (size_t)(s->at - start));
}

/* One or more digits at s->at. */
static bool scan_digits(struct scanner *s) {
  const char *start = s->at;
  while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
    s->at++;
  return s->at > start;
}

static int scan_number(struct scanner *s) {
  const char *start = s->at;
  if (s->at < s->end && *s->at == '-')
    s->at++;
  const char *first = s->at;
  if (!scan_digits(s) || (*first == '0' && s->at - first > 1))
    return bad(s, "a number is malformed");
  if (s->at < s->end && *s->at == '.') {
    s->at++;
    if (!scan_digits(s))
      return bad(s, "a number is malformed");
  }
  if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
    s->at++;
    if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
      s->at++;
    if (!scan_digits(s))
      return bad(s, "a number is malformed");
  }
  return evs__buf_add(s->out, start, (size_t)(s->at - start));
}

static int scan_word(struct scanner *s, const char *word) {
  size_t len = strlen(word);
  if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
    return bad(s, "a value is expected");
  s->at += len;
  return evs__buf_add(s->out, word, len);
}

static int scan_value(struct scanner *s, int depth);

/* The members of an object or the elements of an array, after their opening bracket. */
static int scan_members(struct scanner *s, bool object, int depth) { // NOLINT(misc-no-recursion): depth is bounded
  char close = object ? '}' : ']';
  if (depth > MAX_DEPTH)
    return bad(s, "it is nested too deep");
  if (take(s, close))
    return 0;
  for (;;) {
    if (object) {
      skip_space(s);
      if (s->at == s->end || *s->at != '"')
        return bad(s, "a member's name is expected");
      int rc = scan_string(s);
      if (rc)
        return rc;
      if (!take(s, ':'))
        return bad(s, "`:` is expected");
    }
    int rc = scan_value(s, depth);
    if (rc)
      return rc;
    if (take(s, close))
      return 0;
    if (!take(s, ','))
      return bad(s, object ? "`,` or `}` is expected" : "`,` or `]` is expected");
  }
}

static int scan_value(struct scanner *s, int depth) { // NOLINT(misc-no-recursion): depth is bounded
  skip_space(s);
  if (s->at == s->end)
    return bad(s, "it ends too early");
  switch (*s->at) {
  case '{':
    take(s, '{');
    return scan_members(s, true, depth + 1);
  case '[':
    take(s, '[');
    return scan_members(s, false, depth + 1);
  case '"':
    return scan_string(s);
  case 't':
    return scan_word(s, "true");
  case 'f':
    return scan_word(s, "false");
  case 'n':
    return scan_word(s, "null");
  default:
    return scan_number(s);
  }
}

int evs__json_compact(const char *text, size_t len, struct evs__buf *out, const char **ret_why, size_t *ret_at) {
  struct scanner s = {.at = text, .begin = text, .end = text + len, .out = out};
  int rc = evs__buf_reserve(out, len + 1); /* so that take() cannot run out of memory */
  if (rc)
    return rc;
  skip_space(&s);
  rc = s.at < s.end && *s.at == '{' ? scan_value(&s, 0) : bad(&s, "it is not an object");
  skip_space(&s);
  if (!rc && s.at != s.end)
    rc = bad(&s, "something follows the object");
  *ret_why = s.why ? s.why : "";
  *ret_at = (size_t)(s.at - s.begin);
  return rc;
}

/* ---- reading in place ---------------------------------------------------------------------------- */

/* The end of the string whose opening quote is at `at`: one past its closing quote, or `end`. */
static const char *after_string(const char *at, const char *end) {
  for (at++; at < end; at++) {
    at += evs__json_plain(at, (size_t)(end - at));
    if (at == end)
      break;
    if (*at == '\\')
      at++;
    else if (*at == '"')
      return at + 1;
  }
  return end;
}

/* The end of the value at `at`. */
static const char *after_value(const char *at, const char *end) {
  int depth = 0;
  while (at < end) {
    if (*at == '"') {
      at = after_string(at, end);
      if (depth == 0)
        return at;
      continue;
    }
    if (*at == '{' || *at == '[') {
      depth++;
    } else if (*at == '}' || *at == ']') {
      if (depth == 0)
        return at;
      if (--depth == 0)
        return at + 1;
    } else if (*at == ',' && depth == 0) {
      return at;
    }
    at++;
  }
  return end;
}

bool evs_json_find(evs_slice object, const char *key, evs_slice *ret_value) {
  if (!object.ptr || object.len < 2 || object.ptr[0] != '{')
    return false;
  size_t key_len = strlen(key);
  const char *at = object.ptr + 1;
  const char *end = object.ptr + object.len - 1;
  while (at < end && *at == '"') {
    const char *name = at + 1;
    at = after_string(at, end);
    size_t name_len = (size_t)(at - name) - (at > name);
    if (at == end || *at != ':')
      return false;
    const char *value = ++at;
    at = after_value(at, end);
    if (name_len == key_len && memcmp(name, key, key_len) == 0) {
      *ret_value = (evs_slice){value, (size_t)(at - value)};
      return true;
    }
    if (at < end && *at == ',')
      at++;
  }
  return false;
}

bool evs_json_int(evs_slice value, int64_t *ret_number) {
  size_t i = 0;
  bool negative = value.ptr && value.len > 0 && value.ptr[0] == '-';
  if (negative)
    i = 1;
  if (!value.ptr || value.len == i || value.len - i > 16)
    return false;
  int64_t number = 0;
  for (; i < value.len; i++) {
    if (value.ptr[i] < '0' || value.ptr[i] > '9')
      return false;
    number = number * 10 + (value.ptr[i] - '0');
  }
  if (number > (int64_t)EVS_MAX_SEQ)
    return false;
  *ret_number = negative ? -number : number;
  return true;
}

/* A sink that counts what would be written, and writes what fits. */
struct sink {
  char *buf;
  size_t size, len;
};

static void put(struct sink *sink, char c) {
  if (sink->len + 1 < sink->size)
    sink->buf[sink->len] = c;
  sink->len++;
}

/* Bytes that stand for themselves. */
static void put_run(struct sink *sink, const char *text, size_t len) {
  size_t room = sink->len + 1 < sink->size ? sink->size - sink->len - 1 : 0;
  if (len > 0 && room > 0)
    memcpy(sink->buf + sink->len, text, len < room ? len : room);
  sink->len += len;
}

/* A code point as UTF-8. */
static void put_utf8(struct sink *sink, unsigned code) {
  if (code < 0x80) {
    put(sink, (char)code);
  } else if (code < 0x800) {
    put(sink, (char)(0xC0 | code >> 6));
    put(sink, (char)(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    put(sink, (char)(0xE0 | code >> 12));
    put(sink, (char)(0x80 | (code >> 6 & 0x3F)));
    put(sink, (char)(0x80 | (code & 0x3F)));
  } else {
    put(sink, (char)(0xF0 | code >> 18));
    put(sink, (char)(0x80 | (code >> 12 & 0x3F)));
    put(sink, (char)(0x80 | (code >> 6 & 0x3F)));
    put(sink, (char)(0x80 | (code & 0x3F)));
  }
}

/* Decodes the escape at `at` (after the backslash); returns where it ends. */
static const char *decode_escape(struct sink *sink, const char *at, const char *end) {
  static const char names[] = "bfnrt";
  static const char values[] = "\b\f\n\r\t";
  if (*at != 'u') {
    const char *name = *at ? strchr(names, *at) : NULL;
    put(sink, name ? values[name - names] : *at);
    return at + 1;
  }
  int unit = hex4(at + 1, end);
  if (unit < 0)
    return end;
  at += 5;
  if (unit >= 0xD800 && unit <= 0xDBFF && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    int low = hex4(at + 2, end);
    put_utf8(sink, 0x10000u + ((unsigned)(unit - 0xD800) << 10) + (unsigned)(low - 0xDC00));
    return at + 6;
  }
  put_utf8(sink, (unsigned)unit);
  return at;
}

size_t evs_json_unescape(evs_slice value, char *buf, size_t size) {
  struct sink sink = {buf, size, 0};
  const char *at = value.ptr;
  const char *end = value.ptr ? value.ptr + value.len : NULL;
  if (at && value.len >= 2 && at[0] == '"' && end[-1] == '"') {
    at++;
    end--;
  }
  while (at < end) {
    size_t run = evs__json_plain(at, (size_t)(end - at));
    put_run(&sink, at, run);
    at += run;
    if (at == end)
      break;
    if (*at == '\\' && end - at >= 2)
      at = decode_escape(&sink, at + 1, end);
    else
      put(&sink, *at++);
  }
  if (size > 0)
    buf[sink.len < size ? sink.len : 0] = '\0';
  return sink.len;
}

size_t evs_json_escape(const char *text, size_t len, char *buf, size_t size) {
  static const char hex[] = "0123456789abcdef";
  static const char *const shorts[0x20] = {
      ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};
  struct sink sink = {buf, size, 0};
  for (size_t i = 0; i < len; i++) {
    size_t run = evs__json_plain(text + i, len - i);
    put_run(&sink, text + i, run);
    i += run;
    if (i == len)
      break;
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') {
      put(&sink, '\\');
      put(&sink, (char)c);
    } else if (c >= 0x20) {
      put(&sink, (char)c);
    } else if (shorts[c]) {
      put(&sink, '\\');
      put(&sink, shorts[c][1]);
    } else {
      put(&sink, '\\');
      put(&sink, 'u');
      put(&sink, '0');
      put(&sink, '0');
      put(&sink, hex[c >> 4]);
      put(&sink, hex[c & 15]);
    }
  }
  if (size > 0)
    buf[sink.len < size ? sink.len : size - 1] = '\0';
  return sink.len;
}
