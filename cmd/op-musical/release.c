/* release.c - `op-musical run`: ReservationCancelled -> SeatsReleased, exactly one for each.
 *
 * The seats of a cancellation are free again only by this event, so a reservation never finds them before the payment
 * side can see the cancellation. Killed anywhere, it finds the same cancellations again; what makes a second release
 * impossible is the guard of decide_release(). */
#include "project.h"
#include "verbs.h"

#include "commit.h"

/* Drafts the release of up to `limit` cancellations, oldest first. */
static int work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error) {
  sqlite3_stmt *sql =
      op_model_sql(model, "SELECT cancelled_seq, musical_id, reservation_id, seats, grade FROM unreleased"
                          " ORDER BY cancelled_seq LIMIT ?1");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)limit);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  while (code == OP_OK && found) {
    struct cancellation cancellation = {.seq = (uint64_t)sqlite3_column_int64(sql, 0),
                                        .seats = sqlite3_column_int64(sql, 3)};
    snprintf(cancellation.musical_id, sizeof cancellation.musical_id, "%s", (const char *)sqlite3_column_text(sql, 1));
    snprintf(cancellation.reservation_id, sizeof cancellation.reservation_id, "%s",
             (const char *)sqlite3_column_text(sql, 2));
    op_column_text(sql, 4, cancellation.grade, sizeof cancellation.grade);
    decide_release(&cancellation, drafts, guard);
    code = op_model_step(model, sql, &found, error);
  }
  sqlite3_reset(sql);
  return code;
}

/* Counts the cancellations whose seats are not back. */
static int pending(struct op_model *model, struct op_pending *owed, struct op_error *error) {
  return op_pending_select(model, op_model_sql(model, "SELECT count(*), min(cancelled_seq) FROM unreleased"), owed,
                           error);
}

/* The verb `run`. */
int verb_run(struct op_app *app, struct op_error *error) {
  const struct op_processor processor = {.model = musical_model(), .batch = 256, .work = work, .pending = pending};
  return op_process(app, &processor, error);
}
