/* interruption.c - whether payments are interrupted, by provider, see interruption.h.
 *
 * Invariant: the table has a row for every provider whose circuit ever changed. Events of others may be odd: one that
 * opens a circuit without a time to try it again leaves it closed. Errors: those of the model. */
#include "interruption.h"

#include <string.h>

const char *const interruption_types[] = {OP_PAYMENT_CIRCUIT_OPENED, OP_PAYMENT_CIRCUIT_HALF_OPENED,
                                          OP_PAYMENT_CIRCUIT_CLOSED, NULL};

/* A word of the configuration. */
bool interruption_suspends(const struct op_config *config) {
  return op_config_pays(config) && strcmp(config->payment_when_open, "suspend") == 0;
}

/* The circuit matters where it suspends. */
int64_t interruption_payable(const struct interruption *interruption, const struct op_config *config) {
  return interruption_suspends(config) ? interruption->closed_us : CLOSED_EVER;
}

/* What the event tells of its provider; false where it is another event. */
static bool told_by(const evs_event *event, char ret_provider[OP_MAX_ID + 1], struct interruption *ret_interruption) {
  bool opened = op_type_is(event, OP_PAYMENT_CIRCUIT_OPENED), half = op_type_is(event, OP_PAYMENT_CIRCUIT_HALF_OPENED);
  if ((!opened && !half && !op_type_is(event, OP_PAYMENT_CIRCUIT_CLOSED)) ||
      !op_field_id(event, "provider", ret_provider))
    return false;
  *ret_interruption = (struct interruption){opened ? op_field_time(event, "retryAt", 0) : 0, NOT_CLOSED};
  if (!half && ret_interruption->until_us == 0 &&
      !evs_time_parse(event->time.ptr, event->time.len, &ret_interruption->closed_us))
    ret_interruption->closed_us = CLOSED_EVER;
  return true;
}

/* In memory. */
void interruption_apply(struct interruption *interruption, const char *provider, const evs_event *event) {
  char named[OP_MAX_ID + 1];
  struct interruption told;
  if (!told_by(event, named, &told) || strcmp(named, provider) != 0)
    return;
  if (told.closed_us == NOT_CLOSED || interruption->closed_us == NOT_CLOSED) /* else it has been closed for longer */
    *interruption = told;
}

/* In the table. */
int interruption_project(struct op_model *model, const evs_event *event, struct op_error *error) {
  char provider[OP_MAX_ID + 1];
  struct interruption told, interruption;
  if (!told_by(event, provider, &told))
    return OP_OK;
  int code = interruption_load(model, provider, &interruption, error);
  if (code != OP_OK)
    return code;
  interruption_apply(&interruption, provider, event);
  sqlite3_stmt *sql = op_model_sql(model, "INSERT OR REPLACE INTO interruptions VALUES (?1, ?2, ?3)");
  sqlite3_bind_text(sql, 1, provider, -1, SQLITE_STATIC);
  sqlite3_bind_int64(sql, 2, interruption.until_us);
  sqlite3_bind_int64(sql, 3, interruption.closed_us);
  return op_model_exec(model, sql, error);
}

/* From the table. */
int interruption_load(struct op_model *model, const char *provider, struct interruption *ret_interruption,
                      struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "SELECT until_us, closed_us FROM interruptions WHERE provider = ?1");
  sqlite3_bind_text(sql, 1, provider, -1, SQLITE_STATIC);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  *ret_interruption = (struct interruption){0, CLOSED_EVER};
  if (code == OP_OK && found)
    *ret_interruption = (struct interruption){sqlite3_column_int64(sql, 0), sqlite3_column_int64(sql, 1)};
  sqlite3_reset(sql);
  return code;
}
