/* test_mypage_chart.c - given what was sold on which days, the picture: its points, its words, whole XML. */
#include "cmd/op-mypage/chart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NOVEMBER = 20758 }; /* 2026-11-01 */

/* The picture of the chart, which is freed; the caller frees the text. */
static char *drawn(struct chart *chart) {
  struct op_text svg = {0};
  chart_draw(chart, &svg);
  chart_free(chart);
  return svg.ptr;
}

static void expect(char *svg, const char *part) {
  if (strstr(svg, part) == NULL)
    fail_msg("no %s in\n%s", part, svg);
}

static size_t count_of(const char *svg, const char *part) {
  size_t count = 0;
  for (const char *at = svg; (at = strstr(at, part)) != NULL; at++)
    count++;
  return count;
}

/* From nothing, up by days, level where nothing happened, down where it was cancelled, and on to the last day. */
static void a_line_tells_every_day(void **state) {
  struct chart chart = {0};
  (void)state;
  chart_add(&chart, "1", "Frozen", NOVEMBER, 10);
  chart_add(&chart, "1", "Frozen", NOVEMBER, 10); /* of another currency */
  chart_add(&chart, "1", "Frozen", NOVEMBER + 4, 30);
  chart_add(&chart, "1", "Frozen", NOVEMBER + 5, -20);
  chart_add(&chart, "2", "Cats", NOVEMBER + 9, 5);
  char *svg = drawn(&chart);
  /* Ten days between 51.4 and 839.6, fifty seats between 448 and 90. */
  expect(svg,
         "<polyline stroke=\"#0072b2\" points=\"51.4,448 130.2,304.8 366.6,304.8 445.5,90 524.3,233.2 839.6,233.2\">"
         "<title>Frozen</title>");
  expect(svg, "<polyline stroke=\"#d55e00\" points=\"51.4,448 760.7,448 839.6,412.2\"><title>Cats</title>");
  expect(svg, "2026-11-01 to 2026-11-10");
  expect(svg, "<title>Frozen, 2026-11-05: 50</title>");
  expect(svg, ">2026-11-02</text>");
  free(svg);
}

/* Lines start at what came to them before the first day that is drawn, and are level where nothing came since. */
static void begun_before(void **state) {
  struct chart chart = {.from = NOVEMBER};
  (void)state;
  chart_add(&chart, "1", "Frozen", NOVEMBER - 30, 30);
  chart_add(&chart, "1", "Frozen", NOVEMBER - 1, 10);
  chart_add(&chart, "1", "Frozen", NOVEMBER + 9, 10);
  chart_add(&chart, "2", "Cats", NOVEMBER - 2, 20);
  chart_add(&chart, "3", "Rent", NOVEMBER, 5);
  char *svg = drawn(&chart);
  expect(svg, "points=\"51.4,161.6 760.7,161.6 839.6,90\"><title>Frozen</title>");
  expect(svg, "points=\"51.4,304.8 839.6,304.8\"><title>Cats</title>");
  expect(svg, "points=\"51.4,448 130.2,412.2 839.6,412.2\"><title>Rent</title>");
  expect(svg, "2026-11-01 to 2026-11-10");
  assert_int_equal(count_of(svg, "<circle"), 2);
  free(svg);
  chart.from = NOVEMBER; /* nothing came since */
  chart_add(&chart, "2", "Cats", NOVEMBER - 1, 20);
  svg = drawn(&chart);
  expect(svg, ">None.</text>\n</svg>");
  free(svg);
}

/* What was sold before the time of the report and cancelled within it goes below nothing. */
static void below_nothing(void **state) {
  struct chart chart = {0};
  (void)state;
  chart_add(&chart, "1", "Frozen", NOVEMBER, -3);
  char *svg = drawn(&chart);
  expect(svg, ">-3</text>");
  expect(svg, ">0</text>");
  expect(svg, ",90 ");
  expect(svg, ",448\"><title>Frozen");
  free(svg);
}

/* Names are text, whatever they hold. */
static void names_cannot_break_it(void **state) {
  struct chart chart = {0};
  (void)state;
  chart_add(&chart, "1", "<&\"'>", NOVEMBER, 5);
  chart_add(&chart, "2", "a\x01\n\xff\xef\xbf\xbf", NOVEMBER, 4);
  chart_add(&chart, "3", "노트르담 드 파리: 프렌치 오리지널 내한공연", NOVEMBER, 3);
  chart_add(&chart, "a<b", "Cats", NOVEMBER, 2);
  chart_add(&chart, "5", "Cats", NOVEMBER, 1);
  char *svg = drawn(&chart);
  expect(svg, ">&#60;&#38;&#34;&#39;&#62;</text>");
  expect(svg, ">a\\x01\\n\\xff?</text>");
  expect(svg, ">노트르담 드 파리: 프렌치 …</text>");
  expect(svg, ">Cats (a&#60;b)</text>");
  expect(svg, ">Cats (5)</text>");
  free(svg);
}

/* The legend has the most first; beyond the colours there are no lines, and no seat is lost. */
static void the_most_have_lines(void **state) {
  struct chart chart = {0};
  char id[16], name[32];
  (void)state;
  for (int i = 0; i < 12; i++) {
    snprintf(id, sizeof id, "%d", i);
    snprintf(name, sizeof name, "Musical %d", i);
    chart_add(&chart, id, name, NOVEMBER + i, 1000 + i);
  }
  char *svg = drawn(&chart);
  assert_int_equal(count_of(svg, "<polyline"), 8);
  assert_true(strstr(svg, ">Musical 11</text>") < strstr(svg, ">Musical 4</text>"));
  assert_null(strstr(svg, "Musical 3<"));
  expect(svg, ">4 more</text>");
  expect(svg, ">4,006</text>");
  free(svg);
}

/* Months and years are marked where days would be too many; the figures stay round. */
static void long_times(void **state) {
  static const struct {
    int days;
    const char *mark, *no_mark;
  } cases[] = {{3, ">2026-11-03<", NULL},          {40, ">2026-11-09<", ">2026-11-10<"},
               {200, ">2026-12<", ">2026-12-01<"}, {1200, ">2027-07<", ">2027-01-01<"},
               {8000, ">2030<", ">2031<"},         {2900000, ">4000<", ">2030<"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct chart chart = {0};
    chart_add(&chart, "1", "Frozen", NOVEMBER, 1);
    chart_add(&chart, "1", "Frozen", NOVEMBER + cases[i].days, 999999999998);
    char *svg = drawn(&chart);
    expect(svg, cases[i].mark);
    assert_true(cases[i].no_mark == NULL || strstr(svg, cases[i].no_mark) == NULL);
    expect(svg, ">1,000,000,000,000<");
    assert_in_range(count_of(svg, "</text>\n<line"), 0, 20);
    free(svg);
  }
}

static void nothing_sold(void **state) {
  struct chart chart = {0};
  (void)state;
  char *svg = drawn(&chart);
  expect(svg, ">None.</text>\n</svg>");
  free(svg);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_tells_every_day), cmocka_unit_test(begun_before),        cmocka_unit_test(below_nothing),
      cmocka_unit_test(names_cannot_break_it),  cmocka_unit_test(the_most_have_lines), cmocka_unit_test(long_times),
      cmocka_unit_test(nothing_sold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
