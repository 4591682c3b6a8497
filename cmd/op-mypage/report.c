/* report.c - what was sold and paid, by musical and by day: one SELECT each.
 *
 * Both add up what the events of a time changed (the columns of `steps` that project.c fills). Amounts of different
 * currencies are never added up: each has rows of its own. Days are those of UTC, or of --zone. With --svg the sales
 * are drawn instead of listed. Errors: 64 usage, 65 sum_too_large, 66 no_store; 73, 74, 77 where the picture cannot be
 * written. */
#include "chart.h"
#include "choice.h"
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
  const char *amount; /* what is added up of each step */
};
static const struct report sales_report = {"(s.sold_seats IS NOT NULL OR s.sold_amount IS NOT NULL)", sales, SALES,
                                           "s.sold_amount"};
static const struct report payments_report = {
    "(s.charged IS NOT NULL OR s.event IN ('PaymentApproved', 'PaymentDeclined', 'PaymentParked'))", payments, PAYMENTS,
    "max(abs(ifnull(s.charged, 0)), ifnull(s.amount, 0))"};

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
  /* The + makes SQLite sort the rows, and so find each sum that is too large before there is a first row. */
  op_text_addf(&order, " GROUP BY %s%sr.currency ORDER BY %s%s+r.currency", by_day, by_musical,
               musicals_first ? by_musical : by_day, musicals_first ? by_day : by_musical);
  sqlite3_stmt *rows = op_select(model, select.ptr, filters, order.ptr);
  op_text_free(&select);
  op_text_free(&order);
  return rows;
}

/* SQLite found that a sum goes beyond 2^63: says of which currency. Any other failure is told as it is. */
static int tell_sums(struct op_model *model, const struct report *report, const struct choice *choice,
                     struct op_error *error) {
  char total[128];
  const struct op_error failed = *error;
  bool found = false;
  if (strstr(failed.message, "integer overflow") == NULL)
    return failed.exit_code;
  snprintf(total, sizeof total, "total(abs(%s))", report->amount);
  const struct figure figures[] = {{{"currency", "CURRENCY", false}, "r.currency"}, {{"total", "TOTAL", true}, total}};
  const struct choice all = {.zone = choice->zone};
  sqlite3_stmt *rows = rows_of(model, report, &all, figures, 2, false);
  int code = op_model_step(model, rows, &found, error);
  while (code == OP_OK && found && sqlite3_column_double(rows, 1) < (double)INT64_MAX)
    code = op_model_step(model, rows, &found, error);
  if (code == OP_OK && found) {
    char currency[8];
    op_column_text(rows, 0, currency, sizeof currency);
    op_fail(error, OP_DATA, "sum_too_large",
            "the amounts in %s add up to more than 9223372036854775807: choose fewer with --since and --until",
            currency);
    op_error_text(error, "currency", currency);
  } else {
    *error = failed;
  }
  sqlite3_reset(rows);
  return error->exit_code;
}

/* Prints a report. */
static int print(struct op_model *model, const struct report *report, const struct choice *choice,
                 struct op_error *error) {
  struct figure figures[MOST];
  struct op_column columns[MOST];
  size_t count = columns_of(report, choice, figures);
  for (size_t i = 0; i < count; i++)
    columns[i] = figures[i].column;
  int code = op_list_sql(model, rows_of(model, report, choice, figures, count, false), columns, count, error);
  return code == OP_OK ? OP_OK : tell_sums(model, report, choice, error);
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

/* Draws the sales: the days, and a line for each musical, which starts at what was sold before --since. */
static int draw(struct op_model *model, struct choice *choice, const char *path, struct op_error *error) {
  enum { ID = 1, NAME = 2, NET_SEATS = 9 };
  struct figure figures[MOST];
  struct chart chart = {.from = choice_first_day(choice)};
  struct op_text svg = {0};
  bool found = false;
  choice->by_day = choice->by_musical = true;
  choice->since[0] = '\0';
  size_t count = columns_of(&sales_report, choice, figures);
  sqlite3_stmt *rows = rows_of(model, &sales_report, choice, figures, count, true);
  int code = op_model_step(model, rows, &found, error);
  while (code == OP_OK && found) {
    const char *id = (const char *)sqlite3_column_text(rows, ID), *name = (const char *)sqlite3_column_text(rows, NAME);
    id = id != NULL ? id : "";
    chart_add(&chart, id, name != NULL ? name : id, day_number(rows), sqlite3_column_int64(rows, NET_SEATS));
    code = op_model_step(model, rows, &found, error);
  }
  if (code != OP_OK)
    code = tell_sums(model, &sales_report, choice, error);
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
  int code = choice_read(app, &choice, error);
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
  int code = choice_read(app, &choice, error);
  if (code == OP_OK)
    code = op_model_open_there(app, &mypage_model, &model, error);
  if (code == OP_OK)
    code = print(model, &payments_report, &choice, error);
  op_model_close(model);
  return code;
}
