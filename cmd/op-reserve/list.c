/* list.c - the verbs `list` and `show`: the reservations as the read model has them, caught up to the durable position.
 *
 * In the order of placing. What is cancelled is left out unless --all or --status asks for it.
 * Errors: 66 where there is no store, 64 for a status that is none, 1 no_such_reservation. */
#include "decide.h"
#include "listing.h"
#include "project.h"
#include "row.h"
#include "verbs.h"

/* The cells of reservation_columns. */
#define CELLS                                                                                                          \
  "SELECT reservation_id, musical_id, customer_id, seats, grade, price, amount, currency, status,"                     \
  " CASE WHEN deferred THEN 'deferred' END, reason, placed_at, updated_at FROM reservations"

/* Has any musical grades? */
static int any_grades(struct op_model *model, bool *ret_any, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "SELECT 1 FROM musicals WHERE grades IS NOT NULL LIMIT 1");
  int code = op_model_step(model, sql, ret_any, error);
  sqlite3_reset(sql);
  return code;
}

/* The verb `list`. */
int verb_list(struct op_app *app, struct op_error *error) {
  const char *musical = op_option(app, "musical"), *customer = op_option(app, "customer");
  const char *status = op_option(app, "status");
  struct op_model *model = NULL;
  int code = op_check_word("--status", status, reservation_statuses, error);
  if (code == OP_OK && musical)
    code = op_check_id("musical id", musical, error);
  if (code == OP_OK && customer)
    code = op_check_id("customer id", customer, error);
  if (code == OP_OK)
    code = op_model_open_there(app, reserve_model(), &model, error);
  if (code != OP_OK)
    return code;
  const struct op_filter filters[] = {
      {"musical_id = ?1", musical},
      {"customer_id = ?2", customer},
      {"status = ?3", status},
      {"status NOT IN ('Cancelled', 'PaymentCancelled')", status || op_option_given(app, "all") ? NULL : ""},
      {0},
  };
  bool graded = false;
  code = any_grades(model, &graded, error);
  sqlite3_stmt *sql = op_select(model, CELLS, filters, " ORDER BY placed_seq");
  if (code == OP_OK)
    code =
        op_list_sql(model, sql, graded ? reservation_columns_graded : reservation_columns, RESERVATION_COLUMNS, error);
  op_model_close(model);
  return code;
}

/* The verb `show`. */
int verb_show(struct op_app *app, struct op_error *error) {
  const char *id = app->operands[0];
  struct op_model *model = NULL;
  int code = op_check_id("reservation id", id, error);
  if (code == OP_OK)
    code = op_model_open_there(app, reserve_model(), &model, error);
  if (code != OP_OK)
    return code;
  sqlite3_stmt *sql = op_model_sql(model, CELLS " WHERE reservation_id = ?1");
  sqlite3_bind_text(sql, 1, id, -1, SQLITE_STATIC);
  bool found = false, graded = false;
  code = any_grades(model, &graded, error);
  if (code == OP_OK)
    code = op_show_sql(model, sql, graded ? reservation_columns_graded : reservation_columns, RESERVATION_COLUMNS,
                       &found, error);
  if (code == OP_OK && !found)
    code = no_such_reservation(id, error);
  op_model_close(model);
  return code;
}
