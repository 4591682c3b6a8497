/* list.c - the page itself: every reservation, one of them, or whatever changes as it changes.
 *
 * Invariants: what is printed is durable; --follow prints each changed row after the first full print, at most once per
 * catching up. Errors: 64 usage, 65 bad_id, 66 no_store, 1 no_such_reservation. */
#include "commit.h"
#include "listing.h"
#include "progress.h"
#include "project.h"
#include "verbs.h"

#include <inttypes.h>
#include <string.h>

#define COLUMNS_OF_ALL(branch, pickup, fulfil)                                                                         \
  {"reservationId", "RESERVATION", false}, {"musicalId", "MUSICAL", false}, {"musicalName", "NAME", false},            \
      {"customerId", "CUSTOMER", false}, {"seats", "SEATS", true}, {"amount", "AMOUNT", true},                         \
      {"currency", "CURRENCY", false}, {"status", "STATUS", false}, {"paymentStatus", "PAYMENT", false},               \
      {"ticketStatus", "TICKET", false}, {"pickup", branch, false}, {"pickupStatus", pickup, false},                   \
      {"fulfil", fulfil, false}, {"progress", "PROGRESS", false}, {"updatedAt", "UPDATED", false}, {                   \
    "grade", NULL, false                                                                                               \
  }

/* A table need not say who hands over where that is no step of a reservation. */
static const struct op_column columns[] = {COLUMNS_OF_ALL(NULL, NULL, NULL)};
static const struct op_column columns_of_assignment[] = {COLUMNS_OF_ALL("BRANCH", "PICKUP", "FULFIL")};

/* In `progress` the SELECT has the seats that are not back, which together with the statuses tell the word; behind the
 * columns, whether op-ticket was at work. */
enum {
  COLUMNS = sizeof columns / sizeof columns[0],
  STATUS = 7,
  PAYMENT_STATUS = 8,
  TICKET_STATUS = 9,
  PICKUP_STATUS = 11,
  HELD = 13,
  TICKETED = COLUMNS
};

#define SELECT_ROW                                                                                                     \
  "SELECT r.reservation_id, r.musical_id, m.name, r.customer_id, r.seats, r.amount, r.currency, r.status,"             \
  " r.payment_status, r.ticket_status, r.pickup, r.pickup_status, r.fulfil, r.held, r.updated_at,"                     \
  " r.grade, r.ticketed FROM reservations r LEFT JOIN musicals m USING (musical_id)"

/* Which rows the caller wants. */
struct choice {
  const char *customer, *status; /* NULL: all */
  const char *progress;          /* which no table holds: it hangs on the configuration, too */
  char since[EVS_TIME_SIZE];     /* as updated_at is written, so that text compares as time does; "": all */
};

/* Reads the options. */
static int choose(struct op_app *app, struct choice *ret_choice, struct op_error *error) {
  const char *since = op_option(app, "since");
  int64_t since_us = 0;
  *ret_choice = (struct choice){op_option(app, "customer"), op_option(app, "status"), op_option(app, "progress"), ""};
  int r = op_check_word("--status", ret_choice->status, page_statuses, error);
  if (r == 0)
    r = op_check_word("--progress", ret_choice->progress, progress_words, error);
  if (r == 0 && ret_choice->customer != NULL)
    r = op_check_id("customer id", ret_choice->customer, error);
  if (r == 0 && since != NULL) {
    if (op_check_time("--since", since, &since_us, error) != 0)
      return op_usage(app, error, "--since must be a time such as 2026-11-20T12:00:00Z, not '%s'", since);
    evs_time_format(since_us, ret_choice->since);
  }
  return r;
}

/* The chosen rows, in the order of placing; or those that changed after this event, in the order of changing. */
static sqlite3_stmt *chosen(struct op_model *model, const struct choice *choice, const char *changed_after) {
  const struct op_filter filters[] = {
      {"r.customer_id = ?1", choice->customer},
      {"r.status = ?2", choice->status},
      {"r.updated_at >= ?3", choice->since[0] != '\0' ? choice->since : NULL},
      {"r.changed_seq > ?4", changed_after},
      {0},
  };
  return op_select(model, SELECT_ROW, filters,
                   changed_after != NULL ? " ORDER BY r.changed_seq" : " ORDER BY r.placed_seq");
}

/* The columns that are wanted here. */
static const struct op_column *columns_for(const struct op_app *app) {
  return op_word_index("assignment", op_config_steps(&app->config)) >= 0 ? columns_of_assignment : columns;
}

/* How far the reservation is that the statement stands on. */
static const char *progress_of(const struct op_app *app, sqlite3_stmt *row) {
  const struct progress progress = {.status = (const char *)sqlite3_column_text(row, STATUS),
                                    .payment = (const char *)sqlite3_column_text(row, PAYMENT_STATUS),
                                    .ticket = (const char *)sqlite3_column_text(row, TICKET_STATUS),
                                    .pickup = (const char *)sqlite3_column_text(row, PICKUP_STATUS),
                                    .held = sqlite3_column_int64(row, HELD)};
  return progress_word(op_config_steps(&app->config), &progress);
}

/* Does the reservation have a ticket at all? Every paid one could. */
static bool shows_ticket(const struct op_app *app, sqlite3_stmt *row) {
  return sqlite3_column_int(row, TICKETED) != 0 || op_word_index("ticket", op_config_steps(&app->config)) >= 0;
}

/* Prints the row that the statement stands on. */
static void print_row(const struct op_app *app, sqlite3_stmt *row) {
  for (int i = 0; i < COLUMNS; i++)
    if (i == HELD)
      op_cell_text(app->output, progress_of(app, row));
    else if (i == TICKET_STATUS && !shows_ticket(app, row))
      op_cell_null(app->output);
    else
      op_cell_sql(app->output, row, i);
  op_row_end(app->output);
}

/* Prints the rows of the statement, or those of them that are so far. */
static int print_rows(struct op_model *model, sqlite3_stmt *rows, const char *progress, struct op_error *error) {
  struct op_app *app = op_model_app(model);
  bool found = true;
  int r = 0;
  while (r == 0 && found && !op_output_closed(app->output)) {
    r = op_model_step(model, rows, &found, error);
    if (r == 0 && found && (progress == NULL || strcmp(progress, progress_of(app, rows)) == 0))
      print_row(app, rows);
  }
  sqlite3_reset(rows);
  return r;
}

/* Prints what changes, until a signal comes or nobody reads any more. */
static int follow(struct op_model *model, const struct choice *choice, struct op_error *error) {
  struct op_app *app = op_model_app(model);
  int r = 0;
  for (;;) {
    uint64_t before = op_model_offset(model);
    bool stop = false;
    op_output_flush(app->output);
    if (op_output_closed(app->output))
      return 0;
    r = op_follow_wait(app, before, &stop, error);
    if (r == 0 && !stop)
      r = op_model_catch_up(model, error);
    if (r != 0 || stop)
      return r;
    char after[24]; /* as a number, since the column is one */
    snprintf(after, sizeof after, "%" PRIu64, before);
    r = print_rows(model, chosen(model, choice, after), choice->progress, error);
    if (r != 0)
      return r;
  }
}

/* The default verb: one row per reservation, in the order in which they were placed. */
int mypage_list(struct op_app *app, struct op_error *error) {
  struct choice choice;
  struct op_model *model = NULL;
  int r = choose(app, &choice, error);
  if (r == 0)
    r = op_model_open_there(app, &mypage_model, &model, error);
  if (r != 0)
    goto out;
  op_rows_begin(app->output, columns_for(app), COLUMNS, false);
  r = print_rows(model, chosen(model, &choice, NULL), choice.progress, error);
  if (r == 0 && app->follow)
    r = follow(model, &choice, error);
  op_rows_end(app->output);
out:
  op_model_close(model);
  return r;
}

/* One reservation. */
int mypage_show(struct op_app *app, struct op_error *error) {
  const char *id = app->operands[0];
  struct op_model *model = NULL;
  bool found = false;
  int r = op_check_id("reservation id", id, error);
  if (r == 0)
    r = op_model_open_there(app, &mypage_model, &model, error);
  if (r != 0)
    goto out;
  sqlite3_stmt *row = op_model_sql(model, SELECT_ROW " WHERE r.reservation_id = ?1");
  sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
  r = op_model_step(model, row, &found, error);
  if (r == 0 && found) {
    op_rows_begin(app->output, columns_for(app), COLUMNS, true);
    print_row(app, row);
    op_rows_end(app->output);
  } else if (r == 0) {
    r = op_fail(error, OP_REFUSED, "no_such_reservation", "reservation %s: there is none", id);
    op_error_text(error, "reservationId", id);
  }
out:
  op_model_close(model);
  return r;
}
