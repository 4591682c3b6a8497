/* test_query.c - which events match a query: types OR, tags AND, items OR, correlation; and tags that look like one
 * another, compared with a plain reading of the same strings. */
#include "journal_fixture.h"

#include "line.h"
#include "query.h"

#include <stdlib.h>

/* An event as it stands in the journal. */
struct line_of {
  struct evs__buf text;
  struct evs__line line;
};

static void make_line(struct line_of *made, const char *type, const char *const *tags, size_t tag_count,
                      const char *correlation) {
  struct evs__buf parts = {0};
  struct evs__preparing preparing = {.now_us = 1};
  struct evs__prepared prepared;
  const evs_new_event event = {
      .type = type, .id = "i", .tags = tags, .tag_count = tag_count, .correlation = correlation, .time_us = 1};
  const struct evs__stamp stamp = {.seq = 1};
  *made = (struct line_of){0};
  assert_int_equal(evs__line_prepare(&event, 1, &preparing, &parts, &prepared, NULL), 0);
  assert_int_equal(evs__line_finish(&parts, &prepared, &stamp, &made->text, NULL), 0);
  assert_true(evs__line_parse(made->text.ptr, made->text.len - 1, &made->line));
  evs__buf_free(&parts);
}

static bool matches(const evs_query *query, const struct line_of *made) {
  struct evs__query *compiled = NULL;
  assert_int_equal(evs__query_compile(query, &compiled, NULL), 0);
  bool answer = evs__query_matches(compiled, &made->line.event);
  evs__query_free(compiled);
  return answer;
}

static bool item_matches(evs_query_item item, const struct line_of *made) {
  const evs_query query = {&item, 1};
  return matches(&query, made);
}

static void nothing_asked_matches_everything(void **state) {
  struct line_of made;
  const evs_query empty = {NULL, 0};
  (void)state;
  make_line(&made, "T", NULL, 0, NULL);
  assert_true(matches(NULL, &made));
  assert_true(matches(&empty, &made));
  assert_true(item_matches((evs_query_item){0}, &made));
  assert_true(evs__query_matches(NULL, &made.line.event));
  evs__buf_free(&made.text);
}

static void types_are_alternatives(void **state) {
  static const char *const two[] = {"SeatsReleased", "Placed"};
  static const char *const near[] = {"Place", "PlacedX", "placed", "Placed.", "laced", ""};
  struct line_of made;
  (void)state;
  make_line(&made, "Placed", NULL, 0, NULL);
  assert_true(item_matches((evs_query_item){.types = two, .type_count = 2}, &made));
  assert_false(item_matches((evs_query_item){.types = two, .type_count = 1}, &made));
  assert_false(item_matches((evs_query_item){.types = near, .type_count = JF_COUNT(near)}, &made));
  evs__buf_free(&made.text);
}

static void tags_must_all_be_there(void **state) {
  static const char *const tags[] = {"musical:1", "reservation:2", "customer:kim"};
  static const char *const all[] = {"customer:kim", "musical:1", "reservation:2", "musical:1"};
  static const char *const more[] = {"musical:1", "musical:2"};
  struct line_of made;
  (void)state;
  make_line(&made, "T", tags, 3, NULL);
  for (size_t count = 0; count <= 4; count++)
    assert_true(item_matches((evs_query_item){.tags = all, .tag_count = count}, &made));
  assert_false(item_matches((evs_query_item){.tags = more, .tag_count = 2}, &made));
  evs__buf_free(&made.text);
}

static void items_are_alternatives_and_parts_of_one_are_not(void **state) {
  static const char *const tag[] = {"musical:1"};
  static const char *const type[] = {"Placed"};
  static const char *const other[] = {"Cancelled"};
  struct line_of made;
  (void)state;
  make_line(&made, "Placed", tag, 1, "7");
  const evs_query_item items[] = {
      {.types = other, .type_count = 1, .tags = tag, .tag_count = 1},
      {.types = type, .type_count = 1, .correlation = "8"},
      {.types = type, .type_count = 1, .tags = tag, .tag_count = 1, .correlation = "7"},
  };
  assert_false(item_matches(items[0], &made));
  assert_false(item_matches(items[1], &made));
  assert_true(item_matches(items[2], &made));
  assert_false(matches(&(evs_query){items, 2}, &made));
  assert_true(matches(&(evs_query){items, 3}, &made));
  evs__buf_free(&made.text);
}

static void correlations(void **state) {
  static const char *const near[] = {"예약 \"2", "예약 \"2\"\"", "null", "", "예약"};
  struct line_of made;
  struct line_of none;
  (void)state;
  make_line(&made, "T", NULL, 0, "예약 \"2\"");
  make_line(&none, "T", NULL, 0, NULL);
  assert_true(item_matches((evs_query_item){.correlation = "예약 \"2\""}, &made));
  assert_false(item_matches((evs_query_item){.correlation = "예약 \"2\""}, &none));
  for (size_t i = 0; i < JF_COUNT(near); i++) {
    assert_false(item_matches((evs_query_item){.correlation = near[i]}, &made));
    assert_false(item_matches((evs_query_item){.correlation = near[i]}, &none));
  }
  evs__buf_free(&made.text);
  evs__buf_free(&none.text);
}

/* Tags that contain, begin, end or quote one another. */
static const char *const look_alikes[] = {
    "a:1",     "a:11",  "aa:1",   "a:1:1",   "b:a:1",  "a:",           ":1",          "a:1,",      ",a:1",
    "a:\"1\"", "a:\\",  "a:\\\\", "a:\\\"",  "a:1\"",  "\"a:1\"",      "a:1\",\"b:2", "a:1,b:2",   "b:2",
    "a:,",     ",:1",   ",",      "a:\",\"", "a:]",    "a:1]",         "a:[",         "a:\\u0031", "A:1",
    "a:1 ",    " a:1",  "a:겨울", "a:겨",    "a:\\,",  "a:\"",         "a:\",",       "x:\"a:1",   "x:,\"a:1\",",
    "a:/",     "\\a:1", "a\\:1",  "x:\\",    "\\\":1", "a:\\\",\"b:2", "\":1",
};

/* May an event carry it? */
static bool is_tag(const char *text) {
  const char *colon = strchr(text, ':');
  return colon && colon != text && colon[1];
}

/* Asserts that exactly the tags of an event are found in it. */
static void check_tags(const char *const *tags, size_t count) {
  struct line_of made;
  make_line(&made, "T", tags, count, "c");
  for (size_t i = 0; i < JF_COUNT(look_alikes); i++) {
    bool expected = false;
    for (size_t k = 0; k < count; k++)
      expected = expected || strcmp(tags[k], look_alikes[i]) == 0;
    if (evs_event_has_tag(&made.line.event, look_alikes[i]) != expected ||
        item_matches((evs_query_item){.tags = &look_alikes[i], .tag_count = 1}, &made) != expected)
      fail_msg("%s in [%.*s] should be %d", look_alikes[i], (int)made.line.event.tags.len, made.line.event.tags.ptr,
               expected);
  }
  evs__buf_free(&made.text);
}

static void look_alike_tags(void **state) {
  (void)state;
  check_tags(NULL, 0);
  for (size_t i = 0; i < JF_COUNT(look_alikes); i++)
    for (size_t k = 0; k < JF_COUNT(look_alikes); k++) {
      const char *tags[] = {look_alikes[i], look_alikes[k], look_alikes[i]};
      if (is_tag(tags[0]) && is_tag(tags[1]))
        check_tags(tags, 1 + (k & 1) + (i & 1));
    }
}

/* Random strings over the characters that could be mistaken. */
static void random_tags(void **state) {
  static const char letters[] = "ab:,\"\\";
  uint64_t random = jf_seed();
  (void)state;
  for (int round = 0; round < 20000; round++) {
    char texts[4][8];
    const char *tags[4];
    size_t count = 0;
    struct line_of made;
    for (int i = 0; i < 4; i++) {
      size_t len = 1 + jf_below(&random, 5);
      for (size_t k = 0; k < len; k++)
        texts[i][k] = letters[jf_below(&random, sizeof letters - 1)];
      texts[i][len] = '\0';
      if (i < 3 && is_tag(texts[i]))
        tags[count++] = texts[i];
    }
    make_line(&made, "T", tags, count, NULL);
    for (int i = 0; i < 4; i++) {
      bool expected = false;
      for (size_t k = 0; k < count; k++)
        expected = expected || strcmp(tags[k], texts[i]) == 0;
      if (evs_event_has_tag(&made.line.event, texts[i]) != expected)
        fail_msg("%s in [%.*s] should be %d", texts[i], (int)made.line.event.tags.len, made.line.event.tags.ptr,
                 expected);
    }
    evs__buf_free(&made.text);
  }
}

static void longest_tag(void **state) {
  char tag[EVS_MAX_TAG + 2];
  const char *pointer = tag;
  struct line_of made;
  (void)state;
  memset(tag, '"', sizeof tag); /* every byte takes two in the line */
  tag[1] = ':';
  tag[EVS_MAX_TAG] = '\0';
  make_line(&made, "T", &pointer, 1, NULL);
  assert_true(evs_event_has_tag(&made.line.event, tag));
  tag[EVS_MAX_TAG] = '"';
  tag[EVS_MAX_TAG + 1] = '\0';
  assert_false(evs_event_has_tag(&made.line.event, tag));
  assert_false(item_matches((evs_query_item){.tags = &pointer, .tag_count = 1}, &made));
  memset(tag, '\x01', EVS_MAX_TAG);
  tag[EVS_MAX_TAG] = '\0';
  assert_false(evs_event_has_tag(&made.line.event, tag));
  evs__buf_free(&made.text);
}

static void strings_are_copied(void **state) {
  char type[] = "Placed";
  const char *types[] = {type};
  struct line_of made;
  struct evs__query *compiled = NULL;
  (void)state;
  make_line(&made, "Placed", NULL, 0, NULL);
  const evs_query_item item = {.types = types, .type_count = 1};
  assert_int_equal(evs__query_compile(&(evs_query){&item, 1}, &compiled, NULL), 0);
  memset(type, 'x', sizeof type - 1);
  types[0] = NULL;
  assert_true(evs__query_matches(compiled, &made.line.event));
  evs__query_free(compiled);
  evs__query_free(NULL);
  evs__buf_free(&made.text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_asked_matches_everything),
      cmocka_unit_test(types_are_alternatives),
      cmocka_unit_test(tags_must_all_be_there),
      cmocka_unit_test(items_are_alternatives_and_parts_of_one_are_not),
      cmocka_unit_test(correlations),
      cmocka_unit_test(look_alike_tags),
      cmocka_unit_test(random_tags),
      cmocka_unit_test(longest_tag),
      cmocka_unit_test(strings_are_copied),
  };
  return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
