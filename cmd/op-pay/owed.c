/* owed.c - what op-pay owes, for `op-pay run --pending` (pending.h): charges, refunds and cancellations not made yet.
 *
 * Waiting is what pay_pending() would leave: what failed and is to be tried again later, what somebody has in hand, and
 * what needs the provider while its circuit is open. A payment could have been worked on since the last thing that
 * happened to it, or the end of its back-off, and not before the last change of the circuit: so the backlog behind an
 * outage is not late at the instant at which the outage ends. What another provider was asked for is owed like
 * everything else, as it needs a run of op-pay that is configured for that one. Errors: those of the model. */
#include "project.h"

#include <string.h>

/* A time in text; 0 where it is none. */
static int64_t time_of(const char *text) {
  int64_t time_us = 0;
  return text != NULL && evs_time_parse(text, strlen(text), &time_us) ? time_us : 0;
}

/* Since when the circuit lets calls through; INT64_MAX: it does not. */
static int64_t passable_us(const struct circuit *circuit, int64_t now_us) {
  if (circuit->state != CIRCUIT_OPEN)
    return time_of(circuit->changed_at);
  return circuit->retry_us > now_us ? INT64_MAX : circuit->retry_us;
}

/* Adds a group of payments: those behind the circuit, or the others. */
static int add_group(struct op_model *model, sqlite3_stmt *row, const struct circuit *circuit, int64_t now_us,
                     struct op_pending *owed, struct op_error *error) {
  int64_t count = sqlite3_column_int64(row, 1), waiting = sqlite3_column_int64(row, 2), oldest_us = 0;
  int64_t touched_us = time_of((const char *)sqlite3_column_text(row, 4)), retry_us = sqlite3_column_int64(row, 5);
  int64_t due_us = touched_us == 0 || (retry_us != 0 && retry_us < touched_us) ? retry_us : touched_us;
  int64_t passes_us = sqlite3_column_int(row, 0) ? passable_us(circuit, now_us) : 0;
  if (passes_us == INT64_MAX)
    waiting = count;
  int r = op_pending_time(model, (uint64_t)sqlite3_column_int64(row, 3), &oldest_us, error);
  if (r == 0)
    op_pending_add(owed, count, waiting, oldest_us, due_us > passes_us ? due_us : passes_us);
  return r;
}

/* Counts all of it. */
int pay_owed(struct op_model *model, const char *provider, struct op_pending *owed, struct op_error *error) {
  int64_t now_us = op_now_us(op_model_app(model));
  struct circuit circuit;
  bool found = false;
  int r = circuit_load(model, provider, &circuit, error);
  if (r != 0)
    return r;
  sqlite3_stmt *row = op_model_sql(model, "SELECT calls <> 0 AND (provider IS NULL OR provider = ?1),"
                                          " count(*), sum(due_us > ?2), min(due_seq),"
                                          " min(CASE WHEN due_us <= 0 THEN updated_at END),"
                                          " min(CASE WHEN due_us > 0 AND due_us <= ?2 THEN due_us END)"
                                          " FROM payments WHERE due_seq IS NOT NULL GROUP BY 1");
  op_bind_text(row, 1, provider);
  sqlite3_bind_int64(row, 2, now_us);
  while ((r = op_model_step(model, row, &found, error)) == 0 && found)
    if ((r = add_group(model, row, &circuit, now_us, owed, error)) != 0)
      break;
  sqlite3_reset(row);
  return r;
}
