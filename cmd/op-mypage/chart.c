/* chart.c - the lines of a chart: collecting them and putting them in order. chart_draw.c draws.
 *
 * Invariants: the points of a line have rising days; lines are ordered by their totals, greatest first, and in the
 * order of coming where those are equal, so that the same rows always give the same picture. Raises nothing. */
#include "chart.h"

#include "chart_draw.h"

#include <stdlib.h>
#include <string.h>

/* Makes room for one more element; ends the process where memory is gone. */
static void *grow(void *array, size_t count, size_t *size, size_t element) {
  if (count < *size)
    return array;
  *size = *size > 0 ? 2 * *size : 16;
  void *grown = reallocarray(array, *size, element);
  if (grown == NULL) {
    fputs("op-mypage: out of memory\n", stderr);
    exit(OP_TEMPORARY);
  }
  return grown;
}

/* A copy of a text. */
static char *copy(const char *text) {
  size_t size = 0;
  char *copied = grow(NULL, 0, &size, strlen(text) + 1);
  return memcpy(copied, text, strlen(text) + 1);
}

/* The running total that a line has come to. */
int64_t chart_total(const struct chart_line *line) {
  return line->count > 0 ? line->points[line->count - 1].seats : line->before;
}

/* Adds a change to a line. */
static void add(struct chart_line *line, int64_t day, int64_t change) {
  int64_t seats = chart_total(line) + change;
  if (line->count == 0 || line->points[line->count - 1].day != day) {
    line->points = grow(line->points, line->count, &line->size, sizeof *line->points);
    line->points[line->count++].day = day;
  }
  line->points[line->count - 1].seats = seats;
}

/* Adds an empty line. */
static struct chart_line *begin(struct chart *chart, const char *id, const char *name) {
  chart->lines = grow(chart->lines, chart->count, &chart->size, sizeof *chart->lines);
  chart->lines[chart->count] = (struct chart_line){.id = copy(id), .name = copy(name), .number = chart->count};
  return &chart->lines[chart->count++];
}

/* Adds a change. */
void chart_add(struct chart *chart, const char *id, const char *name, int64_t day, int64_t change) {
  struct chart_line *line = chart->count > 0 ? &chart->lines[chart->count - 1] : NULL;
  if (line == NULL || strcmp(line->id, id) != 0)
    line = begin(chart, id, name);
  if (day < chart->from)
    line->before += change;
  else
    add(line, day, change);
}

/* Frees one line. */
static void line_free(struct chart_line *line) {
  free(line->id);
  free(line->name);
  free(line->points);
}

/* Greatest total first. */
static int by_total(const void *left, const void *right) {
  const struct chart_line *a = left, *b = right;
  if (chart_total(a) != chart_total(b))
    return chart_total(a) < chart_total(b) ? 1 : -1;
  return a->number < b->number ? -1 : 1;
}

/* Adds the picture. */
void chart_draw(struct chart *chart, struct op_text *svg) {
  if (chart->count > 0)
    qsort(chart->lines, chart->count, sizeof *chart->lines, by_total);
  chart_svg(chart, svg);
}

/* Frees all lines. */
void chart_free(struct chart *chart) {
  for (size_t i = 0; i < chart->count; i++)
    line_free(&chart->lines[i]);
  free(chart->lines);
  *chart = (struct chart){0};
}
