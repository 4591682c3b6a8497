/* occupancy.c - `report occupancy`: how full the musicals are now, or were at the end of each day.
 *
 * Seats are held from their reservation until SeatsReleased, now as at the end of a day: a day adds up what the steps
 * up to its end changed of what is held, and takes the capacity and the seats on offer of the last event before its end
 * that told any. So the last day of a musical is what it is now. Errors: 64 usage, 66 no_store. */
#include "choice.h"
#include "listing.h"
#include "project.h"
#include "verbs.h"

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

/* How full they were at the end of each day on which that changed. Only what happened before --until counts; a day is
 * shown where some of it happened at or after --since. */
static int occupancy_by_day(struct op_model *model, const struct choice *choice, struct op_error *error) {
  static const struct op_column columns[] = {
      {"day", "DAY", false},  {"musicalId", "MUSICAL", false}, {"musicalName", "NAME", false}, {"seats", "SEATS", true},
      {"held", "HELD", true}, {"offered", "OFFERED", true},    {"free", "FREE", true},         {"percent", "%", true},
  };
  static const char select[] =
      "WITH changes AS ("
      "  SELECT s.time, r.musical_id, s.held, NULL AS capacity FROM steps s JOIN reservations r USING (reservation_id)"
      "   WHERE s.held IS NOT NULL"
      "  UNION ALL SELECT time, musical_id, 0, seq FROM capacities),"
      " days AS ("
      "  SELECT date(time, ?1) AS day, musical_id, max(time) AS last, sum(held) AS held, max(capacity) AS capacity"
      "   FROM changes WHERE ?3 = '' OR time < ?3 GROUP BY 1, 2),"
      " ends AS ("
      "  SELECT day, musical_id, last, sum(held) OVER up_to AS held, max(capacity) OVER up_to AS capacity"
      "   FROM days WINDOW up_to AS (PARTITION BY musical_id ORDER BY day))"
      " SELECT e.day, e.musical_id, m.name, c.seats, e.held, c.offered, c.seats - e.held - c.offered,"
      "  printf('%.1f', 100.0 * e.held / c.seats)"
      " FROM ends e JOIN capacities c ON c.seq = e.capacity JOIN musicals m ON m.musical_id = e.musical_id"
      " WHERE e.last >= ?2 ORDER BY e.day, m.registered_seq";
  sqlite3_stmt *rows = op_model_sql(model, select);
  sqlite3_bind_text(rows, 1, choice->zone != NULL ? choice->zone : "+00:00", -1, SQLITE_STATIC);
  sqlite3_bind_text(rows, 2, choice->since, -1, SQLITE_STATIC);
  sqlite3_bind_text(rows, 3, choice->until, -1, SQLITE_STATIC);
  return print_percents(model, rows, columns, sizeof columns / sizeof columns[0], error);
}

/* How full the musicals are. */
int mypage_report_occupancy(struct op_app *app, struct op_error *error) {
  static const char *const of_days[] = {"zone", "since", "until"};
  struct choice choice;
  struct op_model *model = NULL;
  int code = choice_read(app, &choice, error);
  for (int i = 0; i < 3 && code == OP_OK && !choice.by_day; i++)
    if (op_option_given(app, of_days[i]))
      code = op_usage(app, error, "--%s chooses among days: --by day", of_days[i]);
  if (code == OP_OK)
    code = op_model_open_there(app, &mypage_model, &model, error);
  if (code == OP_OK)
    code = choice.by_day ? occupancy_by_day(model, &choice, error) : occupancy_now(model, error);
  op_model_close(model);
  return code;
}
