/* test_json.c - JSON without trees: what evs__json_compact() takes and refuses, and fields read in place. Slices are
 * copied to blocks of exactly their size, so that an instrumented build sees every byte read outside of them. */
#include "journal_fixture.h"

#include "text.h"

#include <stdlib.h>

/* Compacts a text of exactly `len` bytes; NULL out: only the answer. */
static int compact(const char *text, size_t len, char *out, size_t size) {
  struct evs__buf buf = {0};
  const char *why = NULL;
  size_t at = SIZE_MAX;
  char *exact = malloc(len ? len : 1);
  assert_non_null(exact);
  memcpy(exact, text, len);
  int rc = evs__json_compact(exact, len, &buf, &why, &at);
  assert_non_null(why);
  assert_true(at <= len);
  assert_int_equal(rc != 0, why[0] != '\0');
  if (out)
    snprintf(out, size, "%.*s", (int)buf.len, buf.ptr);
  evs__buf_free(&buf);
  free(exact);
  return rc;
}

static void compact_takes(void **state) {
  static const struct {
    const char *text, *compact;
  } good[] = {
      {"{}", "{}"},
      {" \t\r\n{ \t\r\n} \t\r\n", "{}"},
      {"{ \"a\" : [ 1 , 2.50 , -0 , 1e5 , 1E+5 , 0.1e-9 ] , \"b\":{ } }",
       "{\"a\":[1,2.50,-0,1e5,1E+5,0.1e-9],\"b\":{}}"},
      {"{\"a\":true,\"b\":false,\"c\":null}", "{\"a\":true,\"b\":false,\"c\":null}"},
      {"{\" a b \": \" x  y \"}", "{\" a b \":\" x  y \"}"},
      {"{\"이름\": \"뮤지컬 🎭\"}", "{\"이름\":\"뮤지컬 🎭\"}"},
      {"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uAbCd\"}", "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uAbCd\"}"},
      {"{\"a\":\"\\ud83c\\udfad\"}", "{\"a\":\"\\ud83c\\udfad\"}"},
      {"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"},
      {"{\"\":\"\"}", "{\"\":\"\"}"},
      {"{\"a\":[[[]]]}", "{\"a\":[[[]]]}"},
      {"{\"a\":123456789012345678901234567890}", "{\"a\":123456789012345678901234567890}"},
      {"{\"a\":\"\x7f\"}", "{\"a\":\"\x7f\"}"},
  };
  (void)state;
  for (size_t i = 0; i < JF_COUNT(good); i++) {
    char out[256];
    assert_int_equal(compact(good[i].text, strlen(good[i].text), out, sizeof out), 0);
    assert_string_equal(out, good[i].compact);
    assert_int_equal(compact(out, strlen(out), out, sizeof out), 0);
    assert_string_equal(out, good[i].compact);
  }
}

static void compact_refuses(void **state) {
  static const char *const bad[] = {
      "",
      " ",
      "[]",
      "1",
      "\"a\"",
      "null",
      "{",
      "}",
      "{}{}",
      "{}x",
      "{},",
      "{\"a\"}",
      "{\"a\":}",
      "{\"a\":1,}",
      "{,}",
      "{a:1}",
      "{'a':1}",
      "{\"a\":1 \"b\":2}",
      "{\"a\"=1}",
      "{1:1}",
      "{\"a\":[1,]}",
      "{\"a\":[,1]}",
      "{\"a\":[1 2]}",
      "{\"a\":[1}",
      "{\"a\":(1)}",
      "{\"a\":01}",
      "{\"a\":-01}",
      "{\"a\":1.}",
      "{\"a\":.5}",
      "{\"a\":1e}",
      "{\"a\":1e+}",
      "{\"a\":+1}",
      "{\"a\":-}",
      "{\"a\":0x1}",
      "{\"a\":NaN}",
      "{\"a\":Infinity}",
      "{\"a\":tru}",
      "{\"a\":True}",
      "{\"a\":nul}",
      "{\"a\":truex}",
      "{\"a\":\"\\x\"}",
      "{\"a\":\"\\u12\"}",
      "{\"a\":\"\\u12g4\"}",
      "{\"a\":\"\\ud83c\"}",
      "{\"a\":\"\\ud83cx\"}",
      "{\"a\":\"\\ud83c\\u0041\"}",
      "{\"a\":\"\\udfad\"}",
      "{\"a\":\"\\ud83c\\ud83c\"}",
      "{\"a\":\"x\ny\"}",
      "{\"a\":\"x\ty\"}",
      "{\"a\":\"x\x01y\"}",
      "{\"a\":\"\xff\"}",
      "{\"a\":\"\xc0\xaf\"}",
      "{\"a\":\"\xed\xa0\x80\"}",
      "{\"a\":\"\xf4\x90\x80\x80\"}",
      "{\"a\":\"\xea\xb2\"}",
      "{\"\xff\":1}",
      "\xef\xbb\xbf{}",
      "{\"a\":1}\v",
      "{/**/}",
      "{\"a\":1}//",
  };
  (void)state;
  for (size_t i = 0; i < JF_COUNT(bad); i++)
    if (compact(bad[i], strlen(bad[i]), NULL, 0) != EVS_INVALID)
      fail_msg("taken: %s", bad[i]);
  assert_int_equal(compact("{}\0", 3, NULL, 0), EVS_INVALID);
  assert_int_equal(compact("{\"a\":\"\0\"}", 9, NULL, 0), EVS_INVALID);
  assert_int_equal(compact("{\"a\":\"\\\0\"}", 10, NULL, 0), EVS_INVALID);
  assert_int_equal(compact("{\"a\":\0}", 7, NULL, 0), EVS_INVALID);
}

/* Arrays inside of an object, `depth` levels in all. */
static int nested(size_t depth) {
  char text[4096];
  size_t len = (size_t)snprintf(text, sizeof text, "{\"a\":");
  for (size_t i = 1; i < depth; i++)
    text[len++] = '[';
  for (size_t i = 1; i < depth; i++)
    text[len++] = ']';
  text[len++] = '}';
  return compact(text, len, NULL, 0);
}

static void depth_is_bounded(void **state) {
  (void)state;
  assert_int_equal(nested(2), 0);
  assert_int_equal(nested(64), 0);
  assert_int_equal(nested(65), EVS_INVALID);
  assert_int_equal(nested(2000), EVS_INVALID);
  char *deep = malloc(1u << 20);
  assert_non_null(deep);
  memset(deep, '[', 1u << 20);
  memcpy(deep, "{\"a\":", 5);
  assert_int_equal(compact(deep, 1u << 20, NULL, 0), EVS_INVALID);
  free(deep);
}

static const char sample[] =
    "{\"a\":[1,-2.5e+3,{\"b\":null}],\"이름\":\"겨울\\n\\ud83c\\udfad🎭\",\"t\":true,\"f\":false,"
    "\"o\":{\"x\":\"}\\\"]\",\"y\":[[],{}]},\"end\":0}";

static void truncated_at_every_byte(void **state) {
  char out[sizeof sample];
  (void)state;
  assert_int_equal(compact(sample, sizeof sample - 1, out, sizeof out), 0);
  assert_string_equal(out, sample);
  for (size_t len = 0; len < sizeof sample - 1; len++) {
    assert_int_equal(compact(sample, len, NULL, 0), EVS_INVALID);
    /* What reads in place must stay inside of the slice, whatever stands there. */
    char *cut = malloc(len ? len : 1);
    assert_non_null(cut);
    memcpy(cut, sample, len);
    evs_slice value;
    char text[64];
    int64_t number;
    if (evs_json_find((evs_slice){cut, len}, "end", &value))
      assert_true(value.ptr >= cut && value.ptr + value.len <= cut + len);
    evs_json_unescape((evs_slice){cut, len}, text, sizeof text);
    evs_json_int((evs_slice){cut, len}, &number);
    free(cut);
  }
}

static void every_byte_changed_stays_inside(void **state) {
  uint64_t random = jf_seed();
  (void)state;
  for (size_t i = 0; i < 20000; i++) {
    char text[sizeof sample];
    memcpy(text, sample, sizeof sample);
    for (uint64_t n = 1 + jf_below(&random, 3); n > 0; n--)
      text[jf_below(&random, sizeof sample - 1)] = (char)jf_random(&random);
    compact(text, sizeof sample - 1, NULL, 0);
  }
}

/* Asserts that member `key` of `object` is `raw`; NULL: is not there. */
static void assert_member(const char *object, const char *key, const char *raw) {
  evs_slice value = {0};
  bool found = evs_json_find((evs_slice){object, strlen(object)}, key, &value);
  if (found != (raw != NULL))
    fail_msg("%s in %s: %s", key, object, found ? "found" : "not found");
  if (found)
    jf_assert_text(value, raw);
}

static void finds_members(void **state) {
  (void)state;
  assert_member(sample, "a", "[1,-2.5e+3,{\"b\":null}]");
  assert_member(sample, "이름", "\"겨울\\n\\ud83c\\udfad🎭\"");
  assert_member(sample, "t", "true");
  assert_member(sample, "f", "false");
  assert_member(sample, "o", "{\"x\":\"}\\\"]\",\"y\":[[],{}]}");
  assert_member(sample, "end", "0");
  assert_member(sample, "b", NULL); /* not at the top level */
  assert_member(sample, "x", NULL);
  assert_member(sample, "", NULL);
  assert_member(sample, "en", NULL);
  assert_member(sample, "ends", NULL);
  assert_member("{}", "a", NULL);
  assert_member("{\"\":1}", "", "1");
  assert_member("{\"seatsX\":1,\"seats\":2}", "seats", "2");
  assert_member("{\"a\":\"seats\",\"seats\":3}", "seats", "3");
  assert_member("{\"a\":\"\\\"seats\\\":4,\",\"seats\":5}", "seats", "5");
  assert_member("{\"a\":\"\\\\\",\"b\":\"\\\\\\\"\"}", "b", "\"\\\\\\\"\"");
  assert_member("[1]", "a", NULL);
  assert_member("", "a", NULL);
  evs_slice value;
  assert_false(evs_json_find((evs_slice){NULL, 0}, "a", &value));
}

static void whole_numbers(void **state) {
  static const struct {
    const char *text;
    int64_t number;
  } good[] = {{"0", 0},
              {"-0", 0},
              {"1", 1},
              {"-1", -1},
              {"9007199254740991", INT64_C(9007199254740991)},
              {"-9007199254740991", -INT64_C(9007199254740991)}};
  static const char *const bad[] = {"",
                                    "-",
                                    "+1",
                                    "1.0",
                                    "1.5",
                                    "1e3",
                                    "1E3",
                                    " 1",
                                    "1 ",
                                    "null",
                                    "true",
                                    "\"1\"",
                                    "[1]",
                                    "{}",
                                    "--1",
                                    "0x10",
                                    "1-",
                                    "9007199254740992",
                                    "-9007199254740992",
                                    "99999999999999999999",
                                    "9999999999999999",
                                    "18446744073709551617"};
  (void)state;
  for (size_t i = 0; i < JF_COUNT(good); i++) {
    int64_t number = 77;
    assert_true(evs_json_int((evs_slice){good[i].text, strlen(good[i].text)}, &number));
    assert_int_equal(number, good[i].number);
  }
  for (size_t i = 0; i < JF_COUNT(bad); i++) {
    int64_t number = 77;
    if (evs_json_int((evs_slice){bad[i], strlen(bad[i])}, &number))
      fail_msg("taken: %s", bad[i]);
    assert_int_equal(number, 77);
  }
  int64_t number;
  assert_false(evs_json_int((evs_slice){NULL, 0}, &number));
}

/* Decodes a JSON string. */
static void assert_decoded(const char *json, const char *text, size_t len) {
  char buf[64];
  memset(buf, 'x', sizeof buf);
  assert_int_equal(evs_json_unescape((evs_slice){json, strlen(json)}, buf, sizeof buf), len);
  assert_memory_equal(buf, text, len + 1);
}

static void unescapes(void **state) {
  (void)state;
  assert_decoded("\"\"", "", 0);
  assert_decoded("", "", 0);
  assert_decoded("plain", "plain", 5);
  assert_decoded("\"겨울 🎭\"", "겨울 🎭", 11);
  assert_decoded("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
  assert_decoded("\\\"\\\\", "\"\\", 2); /* the inside of a string, as in evs_event.id */
  assert_decoded("\"\\uae30\"", "기", 3);
  assert_decoded("\"\\u00E9\"", "é", 2);
  assert_decoded("\"\\u0041\\u007f\"", "A\x7f", 2);
  assert_decoded("\"\\ud83c\\udfad\"", "🎭", 4);
  assert_decoded("\"\\uD83C\\uDFAD!\"", "🎭!", 5);
  assert_decoded("\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf", 4);
  assert_decoded("\"\\u0000x\"", "\0x", 2);
  char buf[8] = "unset";
  assert_int_equal(evs_json_unescape((evs_slice){NULL, 0}, buf, sizeof buf), 0);
  assert_string_equal(buf, "");
  assert_int_equal(evs_json_unescape((evs_slice){"\"1234567\"", 9}, buf, sizeof buf), 7);
  assert_string_equal(buf, "1234567");
  assert_int_equal(evs_json_unescape((evs_slice){"\"12345678\"", 10}, buf, sizeof buf), 8);
  assert_string_equal(buf, ""); /* nothing rather than a part */
  assert_int_equal(evs_json_unescape((evs_slice){"\"12\"", 4}, NULL, 0), 2);
}

static void escapes(void **state) {
  char buf[32];
  char every[0x20];
  (void)state;
  for (int i = 0; i < 0x20; i++)
    every[i] = (char)i;
  char all[256];
  evs_json_escape(every, sizeof every, all, sizeof all);
  assert_string_equal(all,
                      "\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f"
                      "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c"
                      "\\u001d\\u001e\\u001f");
  assert_int_equal(evs_json_escape("a\"b\\c/d", 7, buf, sizeof buf), 9);
  assert_string_equal(buf, "a\\\"b\\\\c/d");
  assert_int_equal(evs_json_escape("겨울\x7f🎭", 11, buf, sizeof buf), 11);
  assert_string_equal(buf, "겨울\x7f🎭");
  assert_int_equal(evs_json_escape("", 0, buf, sizeof buf), 0);
  assert_string_equal(buf, "");
  assert_int_equal(evs_json_escape("\n\n", 2, NULL, 0), 4);
  assert_int_equal(evs_json_escape("abc", 3, buf, 3), 3);
  assert_string_equal(buf, "ab");
}

/* Every code point goes out and comes back, and what is escaped is valid JSON. */
static void every_code_point_round_trips(void **state) {
  (void)state;
  for (unsigned code = 0; code <= 0x10FFFF; code++) {
    char text[5];
    size_t len = 0;
    if (code >= 0xD800 && code <= 0xDFFF)
      continue;
    if (code < 0x80) {
      text[len++] = (char)code;
    } else if (code < 0x800) {
      text[len++] = (char)(0xC0 | code >> 6);
    } else if (code < 0x10000) {
      text[len++] = (char)(0xE0 | code >> 12);
      text[len++] = (char)(0x80 | (code >> 6 & 0x3F));
    } else {
      text[len++] = (char)(0xF0 | code >> 18);
      text[len++] = (char)(0x80 | (code >> 12 & 0x3F));
      text[len++] = (char)(0x80 | (code >> 6 & 0x3F));
    }
    if (code >= 0x80)
      text[len++] = (char)(0x80 | (code & 0x3F));
    char escaped[16];
    char back[8];
    char json[32];
    if (!evs_utf8_valid(text, len))
      fail_msg("U+%04X is taken for invalid UTF-8", code);
    size_t size = evs_json_escape(text, len, escaped, sizeof escaped);
    if (evs_json_unescape((evs_slice){escaped, size}, back, sizeof back) != len || memcmp(back, text, len) != 0)
      fail_msg("U+%04X does not come back", code);
    if (code % 97 && code > 0xFFF)
      continue;
    int json_len = snprintf(json, sizeof json, "{\"a\":\"%s\"}", escaped);
    assert_int_equal(compact(json, (size_t)json_len, NULL, 0), 0);
    json_len = code < 0x10000 ? snprintf(json, sizeof json, "\"\\u%04x\"", code)
                              : snprintf(json, sizeof json, "\"\\u%04x\\u%04x\"", 0xD800 + ((code - 0x10000) >> 10),
                                         0xDC00 + ((code - 0x10000) & 0x3FF));
    assert_int_equal(evs_json_unescape((evs_slice){json, (size_t)json_len}, back, sizeof back), len);
    assert_memory_equal(back, text, len);
  }
}

static void invalid_utf8(void **state) {
  static const char *const bad[] = {"\x80",
                                    "\xbf",
                                    "\xc0\x80",
                                    "\xc1\xbf",
                                    "\xc3",
                                    "\xc3(",
                                    "\xe0\x80\x80",
                                    "\xe0\x9f\xbf",
                                    "\xed\xa0\x80",
                                    "\xed\xbf\xbf",
                                    "\xe2\x82",
                                    "\xe2(\xa1",
                                    "\xf0\x80\x80\x80",
                                    "\xf0\x8f\xbf\xbf",
                                    "\xf4\x90\x80\x80",
                                    "\xf5\x80\x80\x80",
                                    "\xf8\x88\x80\x80\x80",
                                    "\xfe",
                                    "\xff",
                                    "ok\xf0\x9f\x8e",
                                    "\xea\xb2z"};
  (void)state;
  for (size_t i = 0; i < JF_COUNT(bad); i++)
    if (evs_utf8_valid(bad[i], strlen(bad[i])))
      fail_msg("case %zu is taken for UTF-8", i);
  assert_true(evs_utf8_valid("", 0));
  assert_true(evs_utf8_valid("a\0b", 3));
  assert_false(evs_utf8_valid("겨", 2)); /* no byte is read beyond the length */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(compact_takes),
      cmocka_unit_test(compact_refuses),
      cmocka_unit_test(depth_is_bounded),
      cmocka_unit_test(truncated_at_every_byte),
      cmocka_unit_test(every_byte_changed_stays_inside),
      cmocka_unit_test(finds_members),
      cmocka_unit_test(whole_numbers),
      cmocka_unit_test(unescapes),
      cmocka_unit_test(escapes),
      cmocka_unit_test(every_code_point_round_trips),
      cmocka_unit_test(invalid_utf8),
  };
  return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
