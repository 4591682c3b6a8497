/* list.c - op-pay list and op-pay show: the rows of the read model, caught up before they are printed.
 *
 * Errors: 64 for an unknown status word, 66 no_store, 1 no_such_payment. */
#include "listing.h"
#include "project.h"
#include "verbs.h"

static const struct op_column columns[] = {
    {"paymentId", "PAYMENT", false},      {"reservationId", "RESERVATION", false},
    {"customerId", "CUSTOMER", false},    {"amount", "AMOUNT", true},
    {"currency", "CURRENCY", false},      {"status", "STATUS", false},
    {"attempts", "ATTEMPTS", true},       {"chargedAmount", "CHARGED", true},
    {"refundedAmount", "REFUNDED", true}, {"provider", "PROVIDER", false},
    {"providerRef", NULL, false},         {"lastError", "ERROR", false},
    {"retryAt", "RETRY", false},          {"updatedAt", "UPDATED", false},
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

#define SELECT_ROW                                                                                                     \
  "SELECT reservation_id, reservation_id, customer_id, amount, currency, status, attempts, charged, refunded,"         \
  " provider, provider_ref, last_error, CASE WHEN due_seq IS NOT NULL AND retry_us > 0 THEN"                           \
  " strftime('%Y-%m-%dT%H:%M:%S', retry_us / 1000000, 'unixepoch') || printf('.%06dZ', retry_us % 1000000) END,"       \
  " updated_at FROM payments"

/* Every payment in the order of the reservations, or those of one status. */
int pay_list(struct op_app *app, struct op_error *error) {
  const char *status = op_option(app, "status");
  struct op_model *model = NULL;
  int r = op_check_word("--status", status, payment_statuses, error);
  if (r == 0)
    r = op_model_open_there(app, &pay_model, &model, error);
  if (r != 0)
    goto out;
  /* Who looks for what is parked wants to see what is owed, too. */
  const struct op_filter filters[] = {
      {"(status = ?1 OR (?1 = '" OP_PAYMENT_IS_PARKED "' AND status = '" OP_PAYMENT_REFUND_PARKED "'))", status}, {0}};
  sqlite3_stmt *rows = op_select(model, SELECT_ROW, filters, " ORDER BY placed_seq");
  r = op_list_sql(model, rows, columns, COLUMNS, error);
out:
  op_model_close(model);
  return r;
}

/* One payment. */
int pay_show(struct op_app *app, struct op_error *error) {
  const char *id = app->operands[0];
  struct op_model *model = NULL;
  bool found = false;
  int r = op_check_id("payment id", id, error);
  if (r == 0)
    r = op_model_open_there(app, &pay_model, &model, error);
  if (r != 0)
    goto out;
  sqlite3_stmt *row = op_model_sql(model, SELECT_ROW " WHERE reservation_id = ?1");
  sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
  r = op_show_sql(model, row, columns, COLUMNS, &found, error);
  if (r == 0 && !found) {
    r = op_fail(error, OP_REFUSED, "no_such_payment", "payment %s: there is none", id);
    op_error_text(error, "paymentId", id);
  }
out:
  op_model_close(model);
  return r;
}
