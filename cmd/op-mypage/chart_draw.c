/* chart_draw.c - writes a chart as SVG: title, axes with round figures, lines, legend.
 *
 * Invariants: valid XML whatever the names hold (escaped; what XML cannot hold is shown as \xNN); the same lines give
 * the same bytes. Lengths are whole numbers of tenths of a pixel, so that no floating point and no locale has a say.
 * Raises nothing. */
#include "chart_draw.h"

#include "money.h"

#include <evstore.h>
#include <inttypes.h>
#include <string.h>

/* In tenths of a pixel. */
enum {
  WIDTH = 9600,
  HEIGHT = 5000,
  MARGIN = 280,
  TOP = 900, /* of the plot */
  BOTTOM = 4480,
  LETTER = 72,  /* half of a Korean character, about a Latin one */
  SWATCH = 340, /* from the end of the plot to the names of the legend */
  ROW = 230,    /* from one name to the next */
};
enum { NAME_COLUMNS = 26, DAY_TICKS = 8, SEAT_TICKS = 5, DOTS = 300, SHOWN = 1200 };

/* Okabe and Ito's colours without the yellow, which is too light on white, and two darker ones. */
static const char *const colours[CHART_LINES] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                 "#e69f00", "#56b4e9", "#882255", "#777777"};

/* What is drawn where. */
struct frame {
  int64_t first_day, last_day;
  int64_t least, most, step; /* seats */
  int64_t left, right;       /* of the plot */
  size_t lines;              /* that are drawn */
  int64_t others;            /* seats of those that are not */
  char names[CHART_LINES][SHOWN];
};

/* ---- text -------------------------------------------------------------------------------------- */

/* Adds a length. */
static void add_length(struct op_text *svg, int64_t tenths) {
  op_text_addf(svg, "%" PRId64, tenths / 10);
  if (tenths % 10 != 0)
    op_text_addf(svg, ".%" PRId64, tenths % 10);
}

/* Adds an attribute that is a length. */
static void add_at(struct op_text *svg, const char *name, int64_t tenths) {
  op_text_addf(svg, " %s=\"", name);
  add_length(svg, tenths);
  op_text_adds(svg, "\"");
}

/* Adds text as XML holds it. Its control characters were taken out before; XML has no U+FFFE and U+FFFF either. */
static void add_text(struct op_text *svg, const char *text) {
  uint32_t point = 0;
  for (size_t left = strlen(text), len = 0; left > 0; text += len, left -= len) {
    len = op_utf8_decode(text, left, &point);
    if (len == 0 || (point & 0xfffe) == 0xfffe) {
      op_text_adds(svg, "?");
      len = len == 0 ? 1 : len;
    } else if (point == '&' || point == '<' || point == '>' || point == '"' || point == '\'') {
      op_text_addf(svg, "&#%u;", (unsigned)point);
    } else {
      op_text_add(svg, text, len);
    }
  }
}

/* How many columns a character takes, roughly. */
static size_t columns_of(uint32_t point) {
  bool joins = (point >= 0x300 && point <= 0x36f) || point == 0x200d || (point >= 0xfe00 && point <= 0xfe0f);
  bool wide = (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf) ||
              (point >= 0xac00 && point <= 0xd7a3) || (point >= 0xf900 && point <= 0xfaff) ||
              (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff00 && point <= 0xff60) || point >= 0x1f300;
  return joins ? 0 : wide ? 2 : 1;
}

/* The columns of a text; with `max`, where in it (in bytes) the next character would be too much. */
static size_t columns(const char *text, size_t max, size_t *ret_bytes) {
  size_t total = 0, bytes = 0, len = strlen(text);
  uint32_t point = 0;
  while (bytes < len) {
    size_t size = op_utf8_decode(text + bytes, len - bytes, &point), more = columns_of(point);
    if (size == 0 || (max > 0 && total + more > max))
      break;
    bytes += size;
    total += more;
  }
  *ret_bytes = bytes;
  return total;
}

/* The name of a line: clean, and cut where it would leave no room for the plot; with its id where another has it. */
static void name_line(const struct chart *chart, size_t number, char *buf, size_t size) {
  char name[SHOWN];
  size_t bytes = 0;
  bool twice = false;
  for (size_t i = 0; i < chart->count; i++)
    twice |= i != number && strcmp(chart->lines[i].name, chart->lines[number].name) == 0;
  op_clean(chart->lines[number].name, strlen(chart->lines[number].name), name, sizeof name);
  columns(name, NAME_COLUMNS, &bytes);
  if (name[bytes] != '\0') {
    columns(name, NAME_COLUMNS - 1, &bytes);
    memcpy(name + bytes, "…", sizeof "…");
  }
  snprintf(buf, size, twice ? "%s (%s)" : "%s", name, chart->lines[number].id);
}

/* Writes a day: 2026-11-20. */
static void name_day(int64_t day, char buf[EVS_TIME_SIZE]) {
  evs_time_format(day * 86400 * 1000000, buf);
  buf[10] = '\0';
}

/* ---- scales ------------------------------------------------------------------------------------ */

/* Where a day stands. */
static int64_t x_of(const struct frame *frame, int64_t day) {
  return frame->left + (day - frame->first_day) * (frame->right - frame->left) / (frame->last_day - frame->first_day);
}

/* Where a number of seats stands. */
static int64_t y_of(const struct frame *frame, int64_t seats) {
  return TOP + (frame->most - seats) * (BOTTOM - TOP) / (frame->most - frame->least);
}

/* Rounds the seats of the axis outwards, to whole steps of 1, 2 or 5. */
static void round_seats(struct frame *frame) {
  static const int64_t factors[] = {1, 2, 5};
  int64_t power = 1, range = frame->most - frame->least;
  for (size_t i = 0;; i = (i + 1) % 3, power *= i == 0 ? 10 : 1) {
    frame->step = factors[i] * power;
    if (range / frame->step <= SEAT_TICKS)
      break;
  }
  frame->most = (frame->most + frame->step - 1) / frame->step * frame->step;
  frame->least = -((-frame->least + frame->step - 1) / frame->step * frame->step);
  if (frame->most == frame->least)
    frame->most += frame->step;
}

/* The days of all lines; false where no line has any. */
static bool find_days(const struct chart *chart, struct frame *frame) {
  *frame = (struct frame){.first_day = INT64_MAX, .last_day = INT64_MIN};
  for (size_t i = 0; i < chart->count; i++) {
    const struct chart_line *line = &chart->lines[i];
    if (line->count == 0)
      continue;
    frame->first_day = line->points[0].day <= frame->first_day ? line->points[0].day - 1 : frame->first_day;
    frame->last_day =
        line->points[line->count - 1].day > frame->last_day ? line->points[line->count - 1].day : frame->last_day;
  }
  return frame->last_day != INT64_MIN;
}

/* Makes room for a figure. */
static void fit_seats(struct frame *frame, int64_t seats) {
  frame->most = seats > frame->most ? seats : frame->most;
  frame->least = seats < frame->least ? seats : frame->least;
}

/* Finds out what else must have room. */
static void fit(const struct chart *chart, struct frame *frame) {
  size_t widest = 0, bytes = 0;
  frame->lines = chart->count < CHART_LINES ? chart->count : CHART_LINES;
  for (size_t i = 0; i < frame->lines; i++) {
    const struct chart_line *line = &chart->lines[i];
    fit_seats(frame, line->before);
    for (size_t j = 0; j < line->count; j++)
      fit_seats(frame, line->points[j].seats);
    name_line(chart, i, frame->names[i], sizeof frame->names[i]);
    size_t wide = columns(frame->names[i], 0, &bytes);
    widest = wide > widest ? wide : widest;
  }
  for (size_t i = frame->lines; i < chart->count; i++)
    frame->others += chart_total(&chart->lines[i]);
  round_seats(frame);
  struct op_text figure = {0};
  op_text_grouped(&figure, frame->most);
  frame->left = MARGIN + 90 + LETTER * (int64_t)figure.len;
  op_text_reset(&figure);
  op_text_grouped(&figure, frame->others > frame->most ? frame->others : frame->most);
  frame->right = WIDTH - SWATCH - LETTER * ((int64_t)widest + (int64_t)figure.len + 4);
  op_text_free(&figure);
}

/* ---- parts ------------------------------------------------------------------------------------- */

/* Level lines with their numbers of seats. */
static void add_seat_axis(const struct frame *frame, struct op_text *svg) {
  op_text_adds(svg, "<g class=\"seats\" stroke=\"#ddd\" text-anchor=\"end\">\n");
  for (int64_t seats = frame->least; seats <= frame->most; seats += frame->step) {
    int64_t y = y_of(frame, seats);
    op_text_adds(svg, "<line");
    add_at(svg, "x1", frame->left);
    add_at(svg, "x2", frame->right);
    add_at(svg, "y1", y);
    add_at(svg, "y2", y);
    op_text_adds(svg, seats == 0 ? " stroke=\"#888\"/>" : "/>");
    op_text_adds(svg, "<text stroke=\"none\"");
    add_at(svg, "x", frame->left - 90);
    add_at(svg, "y", y + 45);
    op_text_adds(svg, ">");
    op_text_grouped(svg, seats);
    op_text_adds(svg, "</text>\n");
  }
  op_text_adds(svg, "</g>\n");
}

/* How days are marked: every so many days, or at the start of every so many months. */
struct rhythm {
  int64_t about; /* days */
  int days, months;
};

/* The number in the two digits at `at` of a day. */
static int part_of(const char *name, size_t at) { return 10 * (name[at] - '0') + name[at + 1] - '0'; }

/* The day of the month. */
static int date_of(const char *name) { return part_of(name, 8); }

/* Is the day marked? */
static bool is_marked(const struct rhythm *rhythm, int64_t day, const char *name) {
  if (rhythm->days > 0)
    return (day + 3) % rhythm->days == 0; /* weeks start on Mondays */
  int months = 12 * (100 * part_of(name, 0) + part_of(name, 2)) + part_of(name, 5) - 1;
  return date_of(name) == 1 && months % rhythm->months == 0;
}

/* How many days on the next may be that is marked. */
static int next_mark(const struct rhythm *rhythm, const char *name) {
  return rhythm->days > 0 || date_of(name) >= 28 ? 1 : 28 - date_of(name);
}

/* Marks of the days, at most DAY_TICKS or so. */
static void add_day_axis(const struct frame *frame, struct op_text *svg) {
  static const struct rhythm rhythms[] = {
      {1, 1, 0},       {2, 2, 0},        {7, 7, 0},         {14, 14, 0},        {30, 0, 1},    {61, 0, 2},
      {91, 0, 3},      {182, 0, 6},      {365, 0, 12},      {730, 0, 24},       {1826, 0, 60}, {3652, 0, 120},
      {18262, 0, 600}, {36524, 0, 1200}, {182621, 0, 6000}, {365242, 0, 12000},
  };
  const struct rhythm *rhythm = rhythms;
  char name[EVS_TIME_SIZE];
  while ((frame->last_day - frame->first_day) / rhythm->about >= DAY_TICKS && rhythm->about < 365242)
    rhythm++;
  op_text_adds(svg, "<g class=\"days\" stroke=\"#888\" text-anchor=\"middle\">\n");
  for (int64_t day = frame->first_day; day <= frame->last_day; day += next_mark(rhythm, name)) {
    name_day(day, name);
    if (!is_marked(rhythm, day, name))
      continue;
    int64_t x = x_of(frame, day);
    op_text_adds(svg, "<line");
    add_at(svg, "x1", x);
    add_at(svg, "x2", x);
    add_at(svg, "y1", BOTTOM);
    add_at(svg, "y2", BOTTOM + 60);
    op_text_adds(svg, "/><text stroke=\"none\"");
    add_at(svg, "x", x);
    add_at(svg, "y", BOTTOM + 220);
    op_text_addf(svg, ">%.*s</text>\n", rhythm->days > 0 ? 10 : rhythm->months < 12 ? 7 : 4, name);
  }
  op_text_adds(svg, "</g>\n");
}

/* Adds a point of a line. */
static void add_point(const struct frame *frame, int64_t day, int64_t seats, struct op_text *svg) {
  op_text_adds(svg, " ");
  add_length(svg, x_of(frame, day));
  op_text_adds(svg, ",");
  add_length(svg, y_of(frame, seats));
}

/* A line, from where it starts to the last day. */
static void add_line(const struct frame *frame, const struct chart *chart, size_t number, struct op_text *svg) {
  const struct chart_line *line = &chart->lines[number];
  int64_t day = frame->first_day, seats = line->before;
  op_text_addf(svg, "<polyline stroke=\"%s\" points=\"", colours[number]);
  add_length(svg, x_of(frame, day));
  op_text_adds(svg, ",");
  add_length(svg, y_of(frame, seats));
  for (size_t i = 0; i < line->count; i++) {
    if (line->points[i].day > day + 1)
      add_point(frame, line->points[i].day - 1, seats, svg);
    day = line->points[i].day;
    seats = line->points[i].seats;
    add_point(frame, day, seats, svg);
  }
  if (day < frame->last_day)
    add_point(frame, frame->last_day, seats, svg);
  op_text_adds(svg, "\"><title>");
  add_text(svg, frame->names[number]);
  op_text_adds(svg, "</title></polyline>\n");
}

/* Dots where a line changes, with the day and the figure for the pointer; none where they would be a blot. */
static void add_dots(const struct frame *frame, const struct chart *chart, struct op_text *svg) {
  size_t count = 0;
  char name[EVS_TIME_SIZE];
  for (size_t i = 0; i < frame->lines; i++)
    count += chart->lines[i].count;
  for (size_t i = frame->lines; count <= DOTS && i-- > 0;)
    for (size_t j = 0; j < chart->lines[i].count; j++) {
      const struct chart_point *point = &chart->lines[i].points[j];
      name_day(point->day, name);
      op_text_addf(svg, "<circle fill=\"%s\" r=\"3.5\"", colours[i]);
      add_at(svg, "cx", x_of(frame, point->day));
      add_at(svg, "cy", y_of(frame, point->seats));
      op_text_adds(svg, "><title>");
      add_text(svg, frame->names[i]);
      op_text_addf(svg, ", %s: ", name);
      op_text_grouped(svg, point->seats);
      op_text_adds(svg, "</title></circle>\n");
    }
}

/* A row of the legend; without a colour, of what has no line. */
static void add_legend_row(const struct frame *frame, size_t row, const char *colour, const char *name, int64_t seats,
                           struct op_text *svg) {
  int64_t y = TOP + 60 + ROW * (int64_t)row;
  if (colour != NULL) {
    op_text_addf(svg, "<rect fill=\"%s\" width=\"14\" height=\"4\" rx=\"2\"", colour);
    add_at(svg, "x", frame->right + 140);
    add_at(svg, "y", y - 65);
    op_text_adds(svg, "/>");
  }
  op_text_adds(svg, "<text");
  add_at(svg, "x", frame->right + SWATCH);
  add_at(svg, "y", y);
  op_text_adds(svg, ">");
  add_text(svg, name);
  op_text_adds(svg, "</text><text text-anchor=\"end\" font-weight=\"bold\"");
  add_at(svg, "x", WIDTH - 160);
  add_at(svg, "y", y);
  op_text_adds(svg, ">");
  op_text_grouped(svg, seats);
  op_text_adds(svg, "</text>\n");
}

/* The names and totals, in the order of the lines' ends. */
static void add_legend(const struct frame *frame, const struct chart *chart, struct op_text *svg) {
  char name[40];
  op_text_adds(svg, "<g class=\"legend\">\n");
  for (size_t i = 0; i < frame->lines; i++)
    add_legend_row(frame, i, colours[i], frame->names[i], chart_total(&chart->lines[i]), svg);
  snprintf(name, sizeof name, "%zu more", chart->count - frame->lines);
  if (chart->count > frame->lines)
    add_legend_row(frame, frame->lines, NULL, name, frame->others, svg);
  op_text_adds(svg, "</g>\n");
}

/* Adds the picture. */
void chart_svg(const struct chart *chart, struct op_text *svg) {
  struct frame frame = {0};
  char first[EVS_TIME_SIZE], last[EVS_TIME_SIZE];
  op_text_addf(svg,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\""
               " font-family=\"sans-serif\" font-size=\"13\" fill=\"#333\">\n<title>Seats sold</title>\n"
               "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
               "<text x=\"28\" y=\"40\" font-size=\"20\" font-weight=\"bold\">Seats sold</text>\n",
               WIDTH / 10, HEIGHT / 10, WIDTH / 10, HEIGHT / 10, WIDTH / 10, HEIGHT / 10);
  if (!find_days(chart, &frame)) {
    op_text_adds(svg, "<text x=\"28\" y=\"66\">None.</text>\n</svg>");
    return;
  }
  fit(chart, &frame);
  name_day(frame.first_day + 1, first);
  name_day(frame.last_day, last);
  op_text_addf(svg, "<text x=\"28\" y=\"64\" fill=\"#666\">%s to %s, running total, less what was cancelled</text>\n",
               first, last);
  add_seat_axis(&frame, svg);
  add_day_axis(&frame, svg);
  op_text_adds(svg, "<g class=\"lines\" fill=\"none\" stroke-width=\"2.5\" stroke-linejoin=\"round\">\n");
  for (size_t i = frame.lines; i-- > 0;)
    add_line(&frame, chart, i, svg);
  op_text_adds(svg, "</g>\n");
  add_dots(&frame, chart, svg);
  add_legend(&frame, chart, svg);
  op_text_adds(svg, "</svg>");
}
