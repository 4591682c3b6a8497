/* history.c - every step of one saga in the order of the journal, each with what caused it and where it led.
 *
 * Errors: 65 bad_id, 66 no_store, 1 no_such_reservation. */
#include "listing.h"
#include "project.h"
#include "verbs.h"

static const struct op_column columns[] = {
    {"seq", "SEQ", true},        {"time", "TIME", false},  {"type", "EVENT", false},   {"causation", "CAUSE", true},
    {"status", "STATUS", false}, {"seats", "SEATS", true}, {"amount", "AMOUNT", true}, {"detail", "DETAIL", false},
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* The steps of a reservation. A known one has one step at least: that it was placed. */
int mypage_history(struct op_app *app, struct op_error *error) {
  const char *id = app->operands[0];
  struct op_model *model = NULL;
  bool found = false;
  int r = op_check_id("reservation id", id, error);
  if (r == 0)
    r = op_model_open_there(app, &mypage_model, &model, error);
  if (r != 0)
    goto out;
  sqlite3_stmt *rows =
      op_model_sql(model, "SELECT seq, time, event, causation, status, seats, amount, detail FROM steps"
                          " WHERE reservation_id = ?1 ORDER BY seq");
  sqlite3_bind_text(rows, 1, id, -1, SQLITE_STATIC);
  r = op_model_step(model, rows, &found, error);
  if (r == 0 && !found) {
    r = op_fail(error, OP_REFUSED, "no_such_reservation", "reservation %s: there is none", id);
    op_error_text(error, "reservationId", id);
  }
  if (r != 0)
    goto out;
  op_rows_begin(app->output, columns, COLUMNS, false);
  while (r == 0 && found && !op_output_closed(app->output)) {
    for (int i = 0; i < COLUMNS; i++)
      op_cell_sql(app->output, rows, i);
    op_row_end(app->output);
    r = op_model_step(model, rows, &found, error);
  }
  op_rows_end(app->output);
out:
  op_model_close(model);
  return r;
}
