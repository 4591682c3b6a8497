/* interruption.c - until when payments are interrupted, by provider, see interruption.h.
 *
 * Invariant: the table has a row exactly for those whose last change was PaymentCircuitOpened. Events of others may be
 * odd: without a time there is no interruption. Errors: those of the model. */
#include "interruption.h"

const char *const interruption_types[] = {OP_PAYMENT_CIRCUIT_OPENED, OP_PAYMENT_CIRCUIT_HALF_OPENED,
                                          OP_PAYMENT_CIRCUIT_CLOSED, NULL};

/* The end of an interruption that the event tells; -1 where it is another event. */
static int64_t until(const evs_event *event) {
  if (op_type_is(event, OP_PAYMENT_CIRCUIT_OPENED))
    return op_field_time(event, "retryAt", 0);
  return op_type_is(event, OP_PAYMENT_CIRCUIT_HALF_OPENED) || op_type_is(event, OP_PAYMENT_CIRCUIT_CLOSED) ? 0 : -1;
}

/* In memory. */
void interruption_apply(int64_t *until_us, const char *provider, const evs_event *event) {
  char named[OP_MAX_ID + 1];
  int64_t told_us = until(event);
  if (told_us >= 0 && op_field_id(event, "provider", named) && strcmp(named, provider) == 0)
    *until_us = told_us;
}

/* In the table. */
int interruption_project(struct op_model *model, const evs_event *event, struct op_error *error) {
  char provider[OP_MAX_ID + 1];
  int64_t told_us = until(event);
  if (told_us < 0 || !op_field_id(event, "provider", provider))
    return OP_OK;
  sqlite3_stmt *sql = op_model_sql(model, told_us > 0 ? "INSERT OR REPLACE INTO interruptions VALUES (?1, ?2)"
                                                      : "DELETE FROM interruptions WHERE provider = ?1");
  sqlite3_bind_text(sql, 1, provider, -1, SQLITE_STATIC);
  if (told_us > 0)
    sqlite3_bind_int64(sql, 2, told_us);
  return op_model_exec(model, sql, error);
}

/* From the table. */
int interruption_load(struct op_model *model, const char *provider, int64_t *ret_until_us, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "SELECT until_us FROM interruptions WHERE provider = ?1");
  sqlite3_bind_text(sql, 1, provider, -1, SQLITE_STATIC);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  *ret_until_us = code == OP_OK && found ? sqlite3_column_int64(sql, 0) : 0;
  sqlite3_reset(sql);
  return code;
}
