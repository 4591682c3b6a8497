/* report.c - what was sold and paid, by musical and by day, and how full the musicals are: one SELECT each.
 *
 * Sales and payments add up what the events of a time changed (the columns of `steps` that project.c fills); occupancy
 * is how it stands now. Amounts of different currencies are never added up: each has rows of its own. Days are those of
 * UTC, or of --zone. With --svg the sales are drawn instead of listed. Errors: 64 usage, 65 bad_time, 66 no_store; 73,
 * 74, 77 where the picture cannot be written. */
#include "chart.h"
#include "listing.h"
#include "project.h"
#include "verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A column, and what is selected for it. */
struct figure {
  struct op_column column;
  const char *sql;
};

/* Sums of what a column of `steps` went up and down by. */
#define UP(column) "sum(CASE WHEN " column " > 0 THEN " column " ELSE 0 END)"
#define DOWN(column) "sum(CASE WHEN " column " < 0 THEN -" column " ELSE 0 END)"
#define COUNT(condition) "count(CASE WHEN " condition " THEN 1 END)"
#define AMOUNT(condition) "sum(CASE WHEN " condition " THEN ifnull(s.amount, 0) ELSE 0 END)"

static const struct figure day = {{"day", "DAY", false}, "substr(s.time, 1, 10)"},
                           day_of_zone = {{"day", "DAY", false}, "date(s.time, ?3)"},
                           musical = {{"musicalId", "MUSICAL", false}, "r.musical_id"},
                           musical_name = {{"musicalName", "NAME", false}, "m.name"};
static const struct figure sales[] = {
    {{"reservations", "RESERVATIONS", true}, COUNT("s.sold_seats > 0")},
    {{"seats", "SEATS", true}, UP("s.sold_seats")},
    {{"amount", "AMOUNT", true}, UP("s.sold_amount")},
    {{"cancelled", "CANCELLED", true}, COUNT("s.sold_seats < 0 AND s.status IN ('Cancelled', 'PaymentCancelled')")},
    {{"cancelledSeats", "CANCELLED SEATS", true}, DOWN("s.sold_seats")},
    {{"cancelledAmount", "CANCELLED AMOUNT", true}, DOWN("s.sold_amount")},
    {{"netSeats", "NET SEATS", true}, "ifnull(sum(s.sold_seats), 0)"},
    {{"netAmount", "NET AMOUNT", true}, "ifnull(sum(s.sold_amount), 0)"},
    {{"currency", "CURRENCY", false}, "r.currency"},
};
static const struct figure payments[] = {
    {{"approved", "APPROVED", true}, COUNT("s.event = 'PaymentApproved'")},
    {{"approvedAmount", "APPROVED AMOUNT", true}, UP("s.charged")},
    {{"declined", "DECLINED", true}, COUNT("s.event = 'PaymentDeclined'")},
    {{"declinedAmount", "DECLINED AMOUNT", true}, AMOUNT("s.event = 'PaymentDeclined'")},
    {{"refunded", "REFUNDED", true}, COUNT("s.charged < 0")},
    {{"refundedAmount", "REFUNDED AMOUNT", true}, DOWN("s.charged")},
    {{"parked", "PARKED", true}, COUNT("s.event = 'PaymentParked'")},
    {{"parkedAmount", "PARKED AMOUNT", true}, AMOUNT("s.event = 'PaymentParked'")},
    {{"netAmount", "NET AMOUNT", true}, "ifnull(sum(s.charged), 0)"},
    {{"currency", "CURRENCY", false}, "r.currency"},
};
enum { SALES = sizeof sales / sizeof sales[0], PAYMENTS = sizeof payments / sizeof payments[0], MOST = 3 + PAYMENTS };

/* Which steps count, and what is told about them. */
struct report {
  const char *where;
  const struct figure *figures;
  size_t count;
};
static const struct report sales_report = {"(s.sold_seats IS NOT NULL OR s.sold_amount IS NOT NULL)", sales, SALES};
static const struct report payments_report = {
    "(s.charged IS NOT NULL OR s.event IN ('PaymentApproved', 'PaymentDeclined', 'PaymentParked'))", payments,
    PAYMENTS};

/* What the caller wants. */
struct choice {
  bool by_day, by_musical;
  const char *zone;                                /* "+09:00"; NULL: UTC */
  char since[EVS_TIME_SIZE], until[EVS_TIME_SIZE]; /* as the journal writes times; "": no bound */
};

/* ---- options ----------------------------------------------------------------------------------- */

/* Reads --by. */
static int choose_by(const struct op_app *app, struct choice *choice, struct op_error *error) {
  const char *by = op_option(app, "by");
  if (by == NULL)
    return OP_OK;
  choice->by_day = strcmp(by, "day") == 0 || strcmp(by, "day,musical") == 0 || strcmp(by, "musical,day") == 0;
  choice->by_musical = strcmp(by, "musical") == 0 || (choice->by_day && strcmp(by, "day") != 0);
  return choice->by_day || choice->by_musical
             ? OP_OK
             : op_usage(app, error, "--by must be musical, day or day,musical, not '%s'", by);
}

/* Reads a bound: a time, or a day, which begins at its midnight. */
static int choose_time(const struct op_app *app, const char *name, const char *zone, char ret_time[EVS_TIME_SIZE],
                       struct op_error *error) {
  char time[64];
  const char *given = op_option(app, name);
  int64_t time_us = 0;
  if (given == NULL)
    return OP_OK;
  snprintf(time, sizeof time, strlen(given) == 10 ? "%sT00:00:00%s" : "%s%.0s", given, zone != NULL ? zone : "Z");
  if (strlen(given) >= sizeof time - 16 || !evs_time_parse(time, strlen(time), &time_us))
    return op_usage(app, error,
                    "--%s must be a day such as 2026-11-20 or a time such as 2026-11-20T12:00:00Z, not '%s'", name,
                    given);
  evs_time_format(time_us, ret_time);
  return OP_OK;
}

/* Reads all options. */
static int choose(const struct op_app *app, struct choice *ret_choice, struct op_error *error) {
  char time[64];
  int64_t time_us = 0;
  *ret_choice = (struct choice){.zone = op_option(app, "zone")};
  if (ret_choice->zone != NULL) {
    snprintf(time, sizeof time, "2000-01-01T00:00:00%.10s", ret_choice->zone);
    if (strchr("+-", ret_choice->zone[0]) == NULL || !evs_time_parse(time, strlen(time), &time_us))
      return op_usage(app, error, "--zone must be an offset such as +09:00, not '%s'", ret_choice->zone);
  }
  int code = choose_by(app, ret_choice, error);
  if (code == OP_OK)
    code = choose_time(app, "since", ret_choice->zone, ret_choice->since, error);
  return code == OP_OK ? choose_time(app, "until", ret_choice->zone, ret_choice->until, error) : code;
}

/* ---- rows -------------------------------------------------------------------------------------- */

/* The columns of a report as it was asked for; returns how many. */
static size_t columns_of(const struct report *report, const struct choice *choice, struct figure ret_figures[MOST]) {
  size_t count = 0;
  if (choice->by_day)
    ret_figures[count++] = choice->zone != NULL ? day_of_zone : day;
  if (choice->by_musical) {
    ret_figures[count++] = musical;
    ret_figures[count++] = musical_name;
  }
  for (size_t i = 0; i < report->count; i++)
    ret_figures[count++] = report->figures[i];
  return count;
}

/* The statement of a report, ready to be stepped. `musicals_first`: all days of a musical one after the other. */
static sqlite3_stmt *rows_of(struct op_model *model, const struct report *report, const struct choice *choice,
                             const struct figure *figures, size_t count, bool musicals_first) {
  const struct op_filter filters[] = {
      {"s.time >= ?1", choice->since[0] != '\0' ? choice->since : NULL},
      {"s.time < ?2", choice->until[0] != '\0' ? choice->until : NULL},
      {report->where, choice->zone != NULL ? choice->zone : "Z"}, /* ?3, which only day_of_zone has */
      {0},
  };
  const char *by_day = choice->by_day ? "1, " : "",
             *by_musical = choice->by_musical ? "m.registered_seq, r.musical_id, " : "";
  struct op_text select = {0}, order = {0};
  op_text_adds(&select, "SELECT ");
  for (size_t i = 0; i < count; i++)
    op_text_addf(&select, i > 0 ? ", %s" : "%s", figures[i].sql);
  op_text_adds(&select,
               " FROM steps s JOIN reservations r USING (reservation_id) LEFT JOIN musicals m USING (musical_id)");
  op_text_addf(&order, " GROUP BY %s%sr.currency ORDER BY %s%sr.currency", by_day, by_musical,
               musicals_first ? by_musical : by_day, musicals_first ? by_day : by_musical);
  sqlite3_stmt *rows = op_select(model, select.ptr, filters, order.ptr);
  op_text_free(&select);
  op_text_free(&order);
  return rows;
}

/* Prints a report. */
static int print(struct op_model *model, const struct report *report, const struct choice *choice,
                 struct op_error *error) {
  struct figure figures[MOST];
  struct op_column columns[MOST];
  size_t count = columns_of(report, choice, figures);
  for (size_t i = 0; i < count; i++)
    columns[i] = figures[i].column;
  return op_list_sql(model, rows_of(model, report, choice, figures, count, false), columns, count, error);
}

/* ---- the picture ------------------------------------------------------------------------------- */

/* The day that the statement stands on, counted from 1970. */
static int64_t day_number(sqlite3_stmt *row) {
  char time[64];
  int64_t time_us = 0;
  snprintf(time, sizeof time, "%.10sT12:00:00Z", (const char *)sqlite3_column_text(row, 0));
  evs_time_parse(time, strlen(time), &time_us);
  return (time_us - (int64_t)43200 * 1000000) / ((int64_t)86400 * 1000000);
}

/* Writes the picture into a file. It is complete before the file is touched. */
static int write_file(const char *path, const struct op_text *svg, struct op_error *error) {
  errno = 0;
  FILE *file = fopen(path, "we");
  if (file == NULL && (errno == EACCES || errno == EPERM || errno == EROFS))
    return op_fail(error, OP_NOPERM, "no_permission", "cannot write the picture %s: %s", path, strerror(errno));
  if (file == NULL)
    return op_fail(error, OP_CANTCREATE, "cannot_create", "cannot write the picture %s: %s", path, strerror(errno));
  bool written = fwrite(svg->ptr, 1, svg->len, file) == svg->len && fputc('\n', file) != EOF;
  int error_number = errno;
  if (fclose(file) == 0 && written)
    return OP_OK;
  return op_fail(error, OP_IO, "write_failed", "cannot write the picture %s: %s", path,
                 strerror(written ? errno : error_number));
}

/* Draws the sales: the days, and a line for each musical. */
static int draw(struct op_model *model, struct choice *choice, const char *path, struct op_error *error) {
  enum { ID = 1, NAME = 2, NET_SEATS = 9 };
  struct figure figures[MOST];
  struct chart chart = {0};
  struct op_text svg = {0};
  bool found = false;
  choice->by_day = choice->by_musical = true;
  size_t count = columns_of(&sales_report, choice, figures);
  sqlite3_stmt *rows = rows_of(model, &sales_report, choice, figures, count, true);
  int code = op_model_step(model, rows, &found, error);
  while (code == OP_OK && found) {
    const char *id = (const char *)sqlite3_column_text(rows, ID), *name = (const char *)sqlite3_column_text(rows, NAME);
    id = id != NULL ? id : "";
    chart_add(&chart, id, name != NULL ? name : id, day_number(rows), sqlite3_column_int64(rows, NET_SEATS));
    code = op_model_step(model, rows, &found, error);
  }
  if (code == OP_OK) {
    chart_draw(&chart, &svg);
    if (strcmp(path, "-") == 0)
      op_output_say(op_model_app(model)->output, svg.ptr);
    else
      code = write_file(path, &svg, error);
  }
  chart_free(&chart);
  op_text_free(&svg);
  return code;
}

/* ---- verbs ------------------------------------------------------------------------------------- */

/* What was sold. */
int mypage_report_sales(struct op_app *app, struct op_error *error) {
  const char *svg = op_option(app, "svg");
  struct choice choice;
  struct op_model *model = NULL;
  int code = choose(app, &choice, error);
  if (code == OP_OK && svg != NULL && choice.by_musical && !choice.by_day)
    return op_usage(app, error, "--svg draws days: --by day, or no --by");
  if (code == OP_OK)
    code = op_model_open_there(app, &mypage_model, &model, error);
  if (code == OP_OK)
    code = svg != NULL ? draw(model, &choice, svg, error) : print(model, &sales_report, &choice, error);
  op_model_close(model);
  return code;
}

/* What was charged and given back. */
int mypage_report_payments(struct op_app *app, struct op_error *error) {
  struct choice choice;
  struct op_model *model = NULL;
  int code = choose(app, &choice, error);
  if (code == OP_OK)
    code = op_model_open_there(app, &mypage_model, &model, error);
  if (code == OP_OK)
    code = print(model, &payments_report, &choice, error);
  op_model_close(model);
  return code;
}

/* Prints the rows of the statement, whose last column is a number with one decimal. */
static int print_percents(struct op_model *model, sqlite3_stmt *row, const struct op_column *columns, int count,
                          struct op_error *error) {
  struct op_output *output = op_model_app(model)->output;
  bool found = false;
  op_rows_begin(output, columns, (size_t)count, false);
  int code = op_model_step(model, row, &found, error);
  while (code == OP_OK && found && !op_output_closed(output)) {
    for (int i = 0; i < count - 1; i++)
      op_cell_sql(output, row, i);
    op_cell_json(output, (const char *)sqlite3_column_text(row, count - 1));
    op_row_end(output);
    code = op_model_step(model, row, &found, error);
  }
  op_rows_end(output);
  return code;
}

/* How full the musicals are now. */
static int occupancy_now(struct op_model *model, struct op_error *error) {
  static const struct op_column columns[] = {
      {"musicalId", "MUSICAL", false}, {"musicalName", "NAME", false}, {"seats", "SEATS", true}, {"held", "HELD", true},
      {"sold", "SOLD", true},          {"offered", "OFFERED", true},   {"free", "FREE", true},   {"percent", "%", true},
  };
  static const char select[] =
      "SELECT m.musical_id, m.name, m.seats, ifnull(r.held, 0), ifnull(r.sold, 0), m.offered,"
      " m.seats - ifnull(r.held, 0) - m.offered, printf('%.1f', 100.0 * ifnull(r.held, 0) / m.seats)"
      " FROM musicals m LEFT JOIN (SELECT musical_id, sum(held) AS held,"
      "  sum(CASE WHEN status = 'PaymentApproved' THEN seats ELSE 0 END) AS sold"
      "  FROM reservations GROUP BY musical_id) r USING (musical_id) ORDER BY m.registered_seq";
  return print_percents(model, op_model_sql(model, select), columns, sizeof columns / sizeof columns[0], error);
}

/* How full they were at the end of each day on which that changed, of the seats that they have now. */
static int occupancy_by_day(struct op_model *model, const char *zone, struct op_error *error) {
  static const struct op_column columns[] = {
      {"day", "DAY", false},  {"musicalId", "MUSICAL", false}, {"musicalName", "NAME", false}, {"seats", "SEATS", true},
      {"held", "HELD", true}, {"free", "FREE", true},          {"percent", "%", true},
  };
  static const char select[] =
      "SELECT day, musical_id, name, seats, held, seats - held, printf('%.1f', 100.0 * held / seats) FROM"
      " (SELECT d.day, d.musical_id, m.name, m.seats, m.registered_seq,"
      "  sum(d.net) OVER (PARTITION BY d.musical_id ORDER BY d.day) AS held"
      "  FROM (SELECT date(s.time, ?1) AS day, r.musical_id, sum(s.sold_seats) AS net"
      "   FROM steps s JOIN reservations r USING (reservation_id) WHERE s.sold_seats IS NOT NULL GROUP BY 1, 2) d"
      "  JOIN musicals m USING (musical_id)) ORDER BY day, registered_seq";
  sqlite3_stmt *rows = op_model_sql(model, select);
  sqlite3_bind_text(rows, 1, zone != NULL ? zone : "+00:00", -1, SQLITE_STATIC);
  return print_percents(model, rows, columns, sizeof columns / sizeof columns[0], error);
}

/* How full the musicals are. */
int mypage_report_occupancy(struct op_app *app, struct op_error *error) {
  struct choice choice;
  struct op_model *model = NULL;
  int code = choose(app, &choice, error);
  if (code == OP_OK && choice.zone != NULL && !choice.by_day)
    return op_usage(app, error, "--zone says whose days: --by day");
  if (code == OP_OK)
    code = op_model_open_there(app, &mypage_model, &model, error);
  if (code == OP_OK)
    code = choice.by_day ? occupancy_by_day(model, choice.zone, error) : occupancy_now(model, error);
  op_model_close(model);
  return code;
}
