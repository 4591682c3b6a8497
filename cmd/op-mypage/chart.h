/* chart.h - a picture of the seats sold over the days, a line for each musical, as SVG. Pure: rows in, text out.
 *
 * A line is a running total: it starts on the day before the first row, at nothing or at what came to it before the day
 * `from`, and goes on to the day of the last row of any line. Where nothing changed for some days the line is level,
 * not slanted. Of more musicals than CHART_LINES those with the most seats have lines, and the legend says how much the
 * others are. */
#ifndef MYPAGE_CHART_H
#define MYPAGE_CHART_H

#include "output.h"

/* A day, counted from 1970-01-01, and the running total at the end of it. */
struct chart_point {
  int64_t day, seats;
};

struct chart_line {
  char *id, *name;
  struct chart_point *points;
  size_t count, size;
  int64_t before; /* the total that it starts at */
  size_t number;  /* in the order of coming */
};

struct chart {
  struct chart_line *lines;
  size_t count, size;
  int64_t from; /* what changed before this day is not drawn, but where the lines start */
};

/* Adds what changed on a day. The rows of a musical come one after the other, its days in order. Running out of memory
 * ends the process, as op_text does. */
void chart_add(struct chart *chart, const char *id, const char *name, int64_t day, int64_t change);

/* Adds the picture, a whole XML document without its last newline. The lines are put into the order of the legend. */
void chart_draw(struct chart *chart, struct op_text *svg);

/* Frees what was added; zeros are legal. */
void chart_free(struct chart *chart);

#endif
