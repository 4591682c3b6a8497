/* declined.c - `op-reserve run`: PaymentDeclined -> ReservationCancelled with reason payment_declined.
 *
 * Killed anywhere, it finds the same declined payments again; the guard of decide_declined() and the id that is derived
 * from the cause make a second cancellation impossible, also against a customer who cancels at the same time. */
#include "commit.h"
#include "decide.h"
#include "project.h"
#include "verbs.h"

/* Drafts the cancellation of up to `limit` declined reservations, oldest refusal first. */
static int work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error) {
  sqlite3_stmt *sql =
      op_model_sql(model, "SELECT reservation_id FROM reservations"
                          " WHERE declined_seq IS NOT NULL AND status = 'Reserved' ORDER BY declined_seq LIMIT ?1");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)limit);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  while (code == OP_OK && found) {
    struct reservation reservation;
    code = reservation_load(model, (const char *)sqlite3_column_text(sql, 0), &reservation, error);
    if (code != OP_OK)
      break;
    decide_declined(&reservation, drafts, guard);
    code = op_model_step(model, sql, &found, error);
  }
  sqlite3_reset(sql);
  return code;
}

/* The verb `run`. */
int verb_run(struct op_app *app, struct op_error *error) {
  const struct op_processor processor = {.model = reserve_model(), .batch = 256, .work = work};
  return op_process(app, &processor, error);
}
