/* fuzz_json.c - the JSON reader of libevstore against jansson.
 *
 * Both take and refuse the same texts (but for depth, and numbers and keys that jansson cannot hold), and what was made
 * compact says the same. Members are found, numbers and strings decoded to the same values; strings that are encoded
 * come back. The functions that read in place get the raw bytes, too: there they may answer anything, within their
 * slice. */
#include "fuzz.h"

#include "libevstore/text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 64 /* of json.c */

/* How deep is this value? A number or a string is 0. */
static int depth_of(const json_t *value) { // NOLINT(misc-no-recursion): jansson's trees are bounded
  int deepest = 0;
  const char *key = NULL;
  json_t *child = NULL;
  size_t i = 0;
  if (!json_is_object(value) && !json_is_array(value))
    return 0;
  json_object_foreach((json_t *)value, key, child) {
    int depth = depth_of(child);
    deepest = depth > deepest ? depth : deepest;
  }
  json_array_foreach(value, i, child) {
    int depth = depth_of(child);
    deepest = depth > deepest ? depth : deepest;
  }
  return deepest + 1;
}

/* Is there no white space outside of the strings? */
static bool is_compact(const char *text, size_t len) {
  bool in_string = false;
  for (size_t i = 0; i < len; i++) {
    if (in_string && text[i] == '\\')
      i++;
    else if (text[i] == '"')
      in_string = !in_string;
    else if (!in_string && (unsigned char)text[i] <= ' ')
      return false;
  }
  return true;
}

/* Decodes a string as snprintf() users do: the length, the text, and nothing beyond a buffer that is too small. */
static char *unescape(evs_slice slice, size_t *ret_len) {
  char small[4] = {'#', '#', '#', '#'};
  size_t len = evs_json_unescape(slice, NULL, 0);
  char *text = malloc(len + 1);
  FUZZ_CHECK(text != NULL && evs_json_unescape(slice, text, len + 1) == len && text[len] == '\0');
  FUZZ_CHECK(evs_json_unescape(slice, small, 3) == len && small[3] == '#');
  FUZZ_CHECK(len < 3 ? memcmp(small, text, len + 1) == 0 : small[0] == '\0');
  *ret_len = len;
  return text;
}

/* Decodes one value both ways. */
static void check_value(evs_slice raw, const json_t *value) {
  int64_t number = 0;
  bool found = evs_json_int(raw, &number);
  bool whole = json_is_integer(value) && json_integer_value(value) <= (json_int_t)EVS_MAX_SEQ &&
               json_integer_value(value) >= -(json_int_t)EVS_MAX_SEQ;
  FUZZ_CHECK(found == whole);
  FUZZ_CHECK(!whole || number == json_integer_value(value));
  if (!json_is_string(value))
    return;
  size_t len = 0;
  char *text = unescape(raw, &len);
  FUZZ_CHECK(len == json_string_length(value) && memcmp(text, json_string_value(value), len) == 0);
  free(text);
}

/* Finds every member of a compact object that has none twice. Keys are compared as they are spelt. */
static void check_members(const char *text, size_t len, json_t *object) {
  const char *key = NULL;
  json_t *value = NULL;
  evs_slice raw;
  json_object_foreach(object, key, value) {
    char escaped[256];
    if (evs_json_escape(key, strlen(key), escaped, sizeof escaped) >= sizeof escaped)
      continue;
    if (!evs_json_find((evs_slice){text, len}, escaped, &raw))
      continue; /* spelt in another way; that it is there when it is not, json.c cannot say */
    FUZZ_CHECK(raw.ptr > text && raw.ptr + raw.len < text + len);
    json_t *same = json_loadb(raw.ptr, raw.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    FUZZ_CHECK(same != NULL && json_equal(same, value));
    check_value(raw, value);
    json_decref(same);
  }
  FUZZ_CHECK(!evs_json_find((evs_slice){text, len}, "no \x01 such key", &raw));
}

/* A tree that is dumped is spelt as evs_json_escape() spells, but for what jansson writes as \u00XX in capitals: every
 * member must be found in it. */
static void check_dumped(json_t *object) {
  char *text = json_dumps(object, JSON_COMPACT);
  const char *key = NULL;
  json_t *value = NULL;
  evs_slice raw;
  if (!text) /* jansson cannot write a real that is no finite number; its reader makes none */
    return;
  json_object_foreach(object, key, value) {
    if (strpbrk(key, "\"\\/\x7f") || strlen(key) != strcspn(key, "\b\f\n\r\t"))
      continue;
    bool control = false;
    for (const char *c = key; *c; c++)
      control = control || (unsigned char)*c < 0x20;
    FUZZ_CHECK(control || evs_json_find((evs_slice){text, strlen(text)}, key, &raw));
  }
  free(text);
}

/* Accepted by one, accepted by the other; and the compact text is the same JSON. */
static void check_compact(const char *text, size_t len) {
  struct evs__buf out = {0}, again = {0};
  const char *why = "";
  size_t at = 0;
  json_error_t error = {0};
  int rc = evs__json_compact(text, len, &out, &why, &at);
  bool has_nul = memchr(text, '\0', len) != NULL; /* no JSON, but jansson passes over one that follows a number */
  json_t *root = has_nul ? NULL : json_loadb(text, len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
  bool fits = root || has_nul ||
              (json_error_code(&error) != json_error_numeric_overflow &&
               json_error_code(&error) != json_error_null_byte_in_key);
  bool too_deep = rc != 0 && strstr(why, "deep");
  FUZZ_CHECK(rc == 0 || rc == EVS_INVALID);
  FUZZ_CHECK(at <= len && (rc == 0) == (why[0] == '\0'));
  FUZZ_CHECK(!json_is_object(root) || too_deep == (depth_of(root) > MAX_DEPTH));
  FUZZ_CHECK(too_deep || !fits || (rc == 0) == json_is_object(root));
  if (rc == 0) {
    FUZZ_CHECK(out.len <= len && is_compact(out.ptr, out.len) && evs_utf8_valid(out.ptr, out.len));
    FUZZ_CHECK(evs__json_compact(out.ptr, out.len, &again, &why, &at) == 0);
    FUZZ_CHECK(again.len == out.len && memcmp(again.ptr, out.ptr, out.len) == 0);
    json_t *same = json_loadb(out.ptr, out.len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    FUZZ_CHECK(!root || (same && json_equal(same, root)));
    json_decref(same);
    json_t *object = json_loadb(out.ptr, out.len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
    if (object) {
      check_members(out.ptr, out.len, object);
      check_dumped(object);
    }
    json_decref(object);
  }
  json_decref(root);
  evs__buf_free(&out);
  evs__buf_free(&again);
}

/* Valid UTF-8 comes back from its encoding, for us and for jansson. */
static void check_escape(const char *text, size_t len) {
  json_t *string = json_stringn(text, len);
  bool valid = evs_utf8_valid(text, len);
  FUZZ_CHECK(valid == (string != NULL));
  size_t need = evs_json_escape(text, len, NULL, 0);
  char *quoted = malloc(need + 3);
  char small[4] = {'#', '#', '#', '#'};
  FUZZ_CHECK(quoted != NULL && evs_json_escape(text, len, quoted + 1, need + 1) == need);
  FUZZ_CHECK(evs_json_escape(text, len, small, 3) == need && small[3] == '#');
  quoted[0] = quoted[need + 1] = '"';
  size_t back_len = 0;
  char *back = unescape((evs_slice){quoted, need + 2}, &back_len);
  FUZZ_CHECK(back_len == len && memcmp(back, text, len) == 0);
  if (valid) {
    json_t *same = json_loadb(quoted, need + 2, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    FUZZ_CHECK(same != NULL && json_equal(same, string));
    json_decref(same);
  }
  free(back);
  free(quoted);
  json_decref(string);
}

/* Reads raw bytes in place: whatever is answered lies inside of them. */
static void check_raw(const char *text, size_t len) {
  static const char *const keys[] = {"a", "", "id", "\\u0061", NULL};
  evs_slice raw;
  int64_t number = 0;
  size_t decoded = 0;
  for (int i = 0; keys[i]; i++)
    if (evs_json_find((evs_slice){text, len}, keys[i], &raw))
      FUZZ_CHECK(raw.ptr >= text && raw.ptr + raw.len <= text + len);
  if (evs_json_int((evs_slice){text, len}, &number))
    FUZZ_CHECK(number <= (int64_t)EVS_MAX_SEQ && number >= -(int64_t)EVS_MAX_SEQ);
  free(unescape((evs_slice){text, len}, &decoded));
  FUZZ_CHECK(decoded <= len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  check_compact(text, size);
  check_escape(text, size);
  check_raw(text, size);
  return 0;
}
