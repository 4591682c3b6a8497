/* pending.c - counts what a processor owes, and says it; see pending.h.
 *
 * Invariant: waiting <= count, and a time of 0 stands for nothing of its kind. The time of a thing is that of the event
 * which asks for it, read from the journal itself: an event whose time cannot be read is as old as can be.
 * Errors: those of the model and the store. */
#include "pending.h"

#include "request.h"

/* The earlier of two times, of which 0 is none. */
static int64_t earlier(int64_t a_us, int64_t b_us) { return a_us == 0 || (b_us != 0 && b_us < a_us) ? b_us : a_us; }

/* Adds some. */
void op_pending_add(struct op_pending *owed, int64_t count, int64_t waiting, int64_t oldest_us, int64_t due_us) {
  if (count <= 0)
    return;
  owed->count += count;
  owed->waiting += waiting;
  owed->oldest_us = earlier(owed->oldest_us, oldest_us);
  if (waiting < count)
    owed->due_us = earlier(owed->due_us, due_us);
}

/* Keeps the time of an event. */
static int keep_time(void *context, const evs_event *event, struct op_error *error) {
  (void)error;
  if (!evs_time_parse(event->time.ptr, event->time.len, context) || *(int64_t *)context <= 0)
    *(int64_t *)context = 1;
  return OP_OK;
}

/* From the journal. */
int op_pending_time(struct op_model *model, uint64_t seq, int64_t *ret_us, struct op_error *error) {
  *ret_us = 0;
  return seq == 0 ? OP_OK : op_event_at(op_model_app(model), seq, keep_time, ret_us, error);
}

/* Adds what is counted. */
int op_pending_select(struct op_model *model, sqlite3_stmt *select, struct op_pending *owed, struct op_error *error) {
  bool found = false;
  int64_t count = 0, since_us = 0;
  uint64_t oldest = 0;
  int code = op_model_step(model, select, &found, error);
  if (code == OP_OK && found) {
    count = sqlite3_column_int64(select, 0);
    oldest = (uint64_t)sqlite3_column_int64(select, 1);
  }
  sqlite3_reset(select);
  if (code == OP_OK)
    code = op_pending_time(model, oldest, &since_us, error);
  if (code == OP_OK)
    op_pending_add(owed, count, 0, since_us, since_us);
  return code;
}

/* A time, or null. */
static void cell_time(struct op_output *output, int64_t time_us) {
  char time[EVS_TIME_SIZE];
  if (time_us > 0)
    evs_time_format(time_us, time);
  op_cell_text(output, time_us > 0 ? time : NULL);
}

/* One object. */
void op_pending_print(struct op_app *app, const struct op_pending *owed) {
  static const struct op_column columns[] = {{"pending", "PENDING", true},
                                             {"waiting", "WAITING", true},
                                             {"oldestAt", "OLDEST", false},
                                             {"dueAt", "DUE", false}};
  op_rows_begin(app->output, columns, sizeof columns / sizeof columns[0], true);
  op_cell_number(app->output, owed->count);
  op_cell_number(app->output, owed->waiting);
  cell_time(app->output, owed->oldest_us);
  cell_time(app->output, owed->due_us);
  op_row_end(app->output);
  op_rows_end(app->output);
}
