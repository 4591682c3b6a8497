/* chart_draw.h - private to chart.c and chart_draw.c. */
#ifndef MYPAGE_CHART_DRAW_H
#define MYPAGE_CHART_DRAW_H

#include "chart.h"

enum { CHART_LINES = 8 }; /* as many as there are colours that can be told apart */

/* The running total that a line has come to. */
int64_t chart_total(const struct chart_line *line);

/* Adds the picture of these lines, in this order. */
void chart_svg(const struct chart *chart, struct op_text *svg);

#endif
