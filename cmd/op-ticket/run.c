/* run.c - `op-ticket run`: PaymentApproved -> TicketReady; a cancelled ticket -> TicketVoided.
 *
 * Nobody waits for it: `issue` makes a ticket ready itself where this has not run, and every other verb sees a
 * cancellation at the instant at which it stands in the journal. Killed anywhere, it finds the same tickets again; the
 * guards of the decisions make a second event of a kind impossible. */
#include "commit.h"
#include "decide.h"
#include "project.h"
#include "verbs.h"

/* Drafts what is owed to up to `limit` tickets, oldest cause first. */
static int work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error) {
  sqlite3_stmt *sql =
      op_model_sql(model, "SELECT reservation_id FROM tickets WHERE due IS NOT NULL ORDER BY due LIMIT ?1");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)limit);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  while (code == OP_OK && found) {
    struct ticket ticket;
    code = ticket_load(model, (const char *)sqlite3_column_text(sql, 0), &ticket, error);
    if (code != OP_OK)
      break;
    decide_ready(&ticket, drafts, guard);
    decide_void(&ticket, drafts, guard);
    code = op_model_step(model, sql, &found, error);
  }
  sqlite3_reset(sql);
  return code;
}

/* Counts the tickets that are owed an event. */
static int pending(struct op_model *model, struct op_pending *owed, struct op_error *error) {
  return op_pending_select(model, op_model_sql(model, "SELECT count(*), min(due) FROM tickets WHERE due IS NOT NULL"),
                           owed, error);
}

/* The verb `run`. */
int verb_run(struct op_app *app, struct op_error *error) {
  const struct op_processor processor = {.model = ticket_model(), .batch = 256, .work = work, .pending = pending};
  return op_process(app, &processor, error);
}
