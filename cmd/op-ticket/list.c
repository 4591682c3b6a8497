/* list.c - the verbs `list` and `show`: the tickets as the read model has them, caught up to the durable position.
 *
 * In the order of placing. What is void is left out unless --all or --status asks for it.
 * Errors: 66 where there is no store, 64 for a status that is none, 1 no_such_reservation, not_paid, payment_cancelled.
 */
#include "decide.h"
#include "listing.h"
#include "project.h"
#include "row.h"
#include "verbs.h"

/* The cells of ticket_columns. */
#define CELLS                                                                                                          \
  "SELECT reservation_id, reservation_id, t.musical_id, name, starts_at, customer_id, seats, grade, status, code,"     \
  " CASE status WHEN 'Voided' THEN reason END, issued_at, admitted_at, updated_at"                                     \
  " FROM tickets t LEFT JOIN performances p USING (musical_id)"

/* The verb `list`. */
int verb_list(struct op_app *app, struct op_error *error) {
  const char *musical = op_option(app, "musical"), *customer = op_option(app, "customer");
  const char *status = op_option(app, "status");
  struct op_model *model = NULL;
  int code = op_check_word("--status", status, ticket_statuses, error);
  if (code == OP_OK && musical)
    code = op_check_id("musical id", musical, error);
  if (code == OP_OK && customer)
    code = op_check_id("customer id", customer, error);
  if (code == OP_OK)
    code = op_model_open_there(app, ticket_model(), &model, error);
  if (code != OP_OK)
    return code;
  const struct op_filter filters[] = {
      {"t.musical_id = ?1", musical},
      {"customer_id = ?2", customer},
      {"status = ?3", status},
      {"status IS NOT NULL", ""},
      {"status <> 'Voided'", status || op_option_given(app, "all") ? NULL : ""},
      {0},
  };
  sqlite3_stmt *sql = op_select(model, CELLS, filters, " ORDER BY placed_seq");
  code = op_list_sql(model, sql, ticket_list_columns, TICKET_COLUMNS, error);
  op_model_close(model);
  return code;
}

/* The verb `show`. */
int verb_show(struct op_app *app, struct op_error *error) {
  const char *id = app->operands[0];
  struct op_model *model = NULL;
  struct ticket ticket;
  struct performance performance = {0};
  int code = op_check_id("reservation id", id, error);
  if (code == OP_OK)
    code = op_model_open_there(app, ticket_model(), &model, error);
  if (code != OP_OK)
    return code;
  code = ticket_load(model, id, &ticket, error);
  if (code == OP_OK && ticket_status(&ticket) == TICKET_NONE)
    code = decide_no_ticket(&ticket, id, error);
  if (code == OP_OK)
    code = performance_load(model, ticket.musical_id, &performance, error);
  if (code == OP_OK)
    ticket_print(app->output, &ticket, &performance);
  op_model_close(model);
  return code;
}
