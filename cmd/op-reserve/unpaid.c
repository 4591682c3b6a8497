/* unpaid.c - `op-reserve run`: cancels what will never be paid, and sees to the waiting list (offers.c).
 *
 * PaymentDeclined -> ReservationCancelled with reason payment_declined; Reserved for reservation.hold and longer, while
 * the provider of payments could be called -> ReservationCancelled with reason expired. Killed anywhere, it finds the
 * same reservations again; the guards of the decisions and the ids that are derived from the causes make a second
 * cancellation impossible, also against a customer who cancels, and against a payment that comes in, at the same time.
 * What a branch has handed over is left. */
#include "commit.h"
#include "decide.h"
#include "interruption.h"
#include "offers.h"
#include "project.h"
#include "verbs.h"

/* The reservation of the next row, whose first column is its id. */
static int next_reservation(struct op_model *model, sqlite3_stmt *sql, struct reservation *ret_reservation,
                            bool *ret_found, struct op_error *error) {
  int code = op_model_step(model, sql, ret_found, error);
  if (code == OP_OK && *ret_found)
    code = reservation_load(model, (const char *)sqlite3_column_text(sql, 0), ret_reservation, error);
  return code;
}

/* Drafts the cancellation of up to `limit` declined reservations, oldest refusal first. */
static int cancel_declined(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                           struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(
      model,
      "SELECT reservation_id FROM reservations"
      " WHERE declined_seq IS NOT NULL AND status = 'Reserved' AND NOT collected ORDER BY declined_seq LIMIT ?1");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)limit);
  struct reservation reservation;
  bool found = false;
  int code;
  while ((code = next_reservation(model, sql, &reservation, &found, error)) == OP_OK && found)
    if (reservation.declined_seq) /* an index that tells otherwise than its row is no reason to cancel anything */
      decide_declined(&reservation, drafts, guard);
  sqlite3_reset(sql);
  return code;
}

/* How long what is unpaid is held: for ever where nobody is to pay; and since when the provider can be called. */
static int load_hold(struct op_model *model, struct hold *ret_hold, struct op_error *error) {
  const struct op_config *config = &op_model_app(model)->config;
  struct interruption interruption;
  int code = interruption_load(model, config->payment_provider, &interruption, error);
  *ret_hold = (struct hold){.ms = op_config_pays(config) ? config->reservation_hold_ms : 0,
                            .provider = config->payment_provider};
  if (code == OP_OK)
    ret_hold->closed_us = interruption.closed_us;
  return code;
}

/* Drafts the cancellation of up to `limit` reservations whose hold is over, oldest first. */
static int cancel_expired(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                          struct op_error *error) {
  struct hold hold;
  int64_t now_us = op_now_us(op_model_app(model)), deadline_us = 0;
  int code = load_hold(model, &hold, error);
  if (code != OP_OK || !hold_deadline(&hold, now_us, &deadline_us))
    return code;
  sqlite3_stmt *sql =
      op_model_sql(model, "SELECT reservation_id FROM reservations"
                          " WHERE declined_seq IS NULL AND status = 'Reserved' AND NOT collected AND placed_us <= ?1"
                          " ORDER BY placed_us, placed_seq LIMIT ?2");
  sqlite3_bind_int64(sql, 1, deadline_us);
  sqlite3_bind_int64(sql, 2, (sqlite3_int64)limit);
  struct reservation reservation;
  bool found = false;
  while ((code = next_reservation(model, sql, &reservation, &found, error)) == OP_OK && found)
    decide_expired(&reservation, &hold, now_us, drafts, guard);
  sqlite3_reset(sql);
  return code;
}

/* Drafts up to `limit` things: the declined ones, the expired ones, then those of the waiting list. */
static int work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error) {
  int code = cancel_declined(model, limit, drafts, guard, error);
  if (code == OP_OK && drafts->count < limit)
    code = cancel_expired(model, limit - drafts->count, drafts, guard, error);
  if (code == OP_OK && drafts->count < limit)
    code = offers_work(model, limit - drafts->count, drafts, guard, error);
  return code;
}

/* Counts the declined ones, those of the waiting list, and those whose hold is over. */
static int pending(struct op_model *model, struct op_pending *owed, struct op_error *error) {
  struct hold hold;
  int64_t deadline_us = 0;
  int code = op_pending_select(model,
                               op_model_sql(model, "SELECT count(*), min(declined_seq) FROM reservations"
                                                   " WHERE declined_seq IS NOT NULL AND status = 'Reserved'"
                                                   " AND NOT collected"),
                               owed, error);
  if (code == OP_OK)
    code = offers_pending(model, owed, error);
  if (code == OP_OK)
    code = load_hold(model, &hold, error);
  if (code != OP_OK || !hold_deadline(&hold, op_now_us(op_model_app(model)), &deadline_us))
    return code;
  sqlite3_stmt *sql =
      op_model_sql(model, "SELECT count(*), min(placed_us) FROM reservations"
                          " WHERE declined_seq IS NULL AND status = 'Reserved' AND NOT collected AND placed_us <= ?1");
  bool found = false;
  sqlite3_bind_int64(sql, 1, deadline_us);
  code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found) {
    int64_t from_us = sqlite3_column_int64(sql, 1) > hold.closed_us ? sqlite3_column_int64(sql, 1) : hold.closed_us;
    int64_t over_us = from_us + 1000 * hold.ms; /* no overflow: it lies before now */
    op_pending_add(owed, sqlite3_column_int64(sql, 0), 0, over_us, over_us);
  }
  sqlite3_reset(sql);
  return code;
}

/* The verb `run`. */
int verb_run(struct op_app *app, struct op_error *error) {
  const struct op_processor processor = {
      .model = reserve_model(), .batch = 256, .work = work, .pending = pending, .timed = true};
  return op_process(app, &processor, error);
}
