/* waiting.c - the fold of an entry of the waiting list, and its table, see waiting.h.
 *
 * Anyone may append events, so nothing in them is believed: an event that does not fit the status changes nothing, and
 * an entry without a musical or seats is none. Errors: those of the model and of the store. */
#include "waiting.h"

#include "interruption.h"

#include <string.h>

const char *const waiting_statuses[] = {WAITING,         WAITING_OFFERED,   WAITING_ACCEPTED,
                                        WAITING_EXPIRED, WAITING_WITHDRAWN, NULL};

const char *const waiting_types[] = {OP_WAITING_JOINED,
                                     OP_WAITING_WITHDRAWN,
                                     OP_WAITING_OFFERED,
                                     OP_WAITING_OFFER_EXPIRED,
                                     OP_WAITING_OFFER_DECLINED,
                                     OP_RESERVATION_PLACED,
                                     NULL};

/* Its clock starts again when it can be accepted again. */
int64_t offer_end(const struct op_musical *musical, int64_t payable_us, int64_t offered_us, int64_t until_us) {
  int64_t since_us = payable_us, end_us = until_us;
  if (musical->opened_us > since_us)
    since_us = musical->opened_us;
  if (musical->sales_open_us > since_us) /* it can be put off */
    since_us = musical->sales_open_us;
  if (musical->closed || payable_us == NOT_CLOSED ||
      (since_us > offered_us && __builtin_add_overflow(until_us, since_us - offered_us, &end_us)))
    end_us = INT64_MAX;
  if (musical->sales_close_us && end_us > musical->sales_close_us)
    end_us = musical->sales_close_us > until_us ? musical->sales_close_us : until_us;
  return end_us;
}

/* When an event was appended; 0 where it says no time. */
int64_t waiting_time(const evs_event *event) {
  int64_t time_us = 0;
  return evs_time_parse(event->time.ptr, event->time.len, &time_us) ? time_us : 0;
}

/* A reservation names the offer that it accepts. */
bool waiting_of(const evs_event *event, char id[OP_MAX_ID + 1]) {
  return op_field_id(event, op_type_is(event, OP_RESERVATION_PLACED) ? "offerId" : "waitingId", id);
}

/* The entry begins. */
static bool joined(struct waiting *waiting, const evs_event *event, const char *id) {
  char musical_id[OP_MAX_ID + 1];
  int64_t seats = op_field_number(event, "seats", 0);
  if (seats <= 0 || seats > OP_MAX_SEATS || !op_field_id(event, "musicalId", musical_id))
    return false;
  *waiting = (struct waiting){.seats = seats, .status = WAITING, .joined_seq = event->seq};
  memcpy(waiting->id, id, strlen(id) + 1);
  memcpy(waiting->musical_id, musical_id, sizeof musical_id);
  op_field_id(event, "customerId", waiting->customer_id);
  op_field_grade(event, waiting->grade);
  snprintf(waiting->joined_at, sizeof waiting->joined_at, "%.*s", (int)event->time.len, event->time.ptr);
  return true;
}

/* What becomes of an entry; false where the event does not fit. */
static bool changed(struct waiting *waiting, const evs_event *event) {
  if (strcmp(waiting->status, WAITING) == 0 && op_type_is(event, OP_WAITING_WITHDRAWN)) {
    waiting->status = WAITING_WITHDRAWN;
    op_field_text(event, "reason", waiting->reason, sizeof waiting->reason);
  } else if (strcmp(waiting->status, WAITING) == 0 && op_type_is(event, OP_WAITING_OFFERED)) {
    waiting->status = WAITING_OFFERED;
    waiting->until_us = op_field_time(event, "until", 0);
    waiting->offered_us = waiting_time(event);
    evs_time_format(waiting->until_us, waiting->until);
  } else if (strcmp(waiting->status, WAITING_OFFERED) != 0) {
    return false;
  } else if (op_type_is(event, OP_RESERVATION_PLACED)) {
    waiting->status = WAITING_ACCEPTED;
    op_field_id(event, "reservationId", waiting->reservation_id);
  } else if (op_type_is(event, OP_WAITING_OFFER_EXPIRED)) {
    waiting->status = WAITING_EXPIRED;
  } else if (op_type_is(event, OP_WAITING_OFFER_DECLINED)) {
    waiting->status = WAITING_WITHDRAWN;
  } else {
    return false;
  }
  return true;
}

/* Folds one event. */
void waiting_apply(struct waiting *waiting, const evs_event *event) {
  char id[OP_MAX_ID + 1];
  if (!waiting_of(event, id))
    return;
  bool does = waiting->id[0] ? strcmp(id, waiting->id) == 0 && changed(waiting, event)
                             : op_type_is(event, OP_WAITING_JOINED) && joined(waiting, event, id);
  if (!does)
    return;
  waiting->seq = event->seq;
  snprintf(waiting->updated_at, sizeof waiting->updated_at, "%.*s", (int)event->time.len, event->time.ptr);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* The entry as the table has it. */
int waiting_load(struct op_model *model, const char *id, struct waiting *ret_waiting, struct op_error *error) {
  *ret_waiting = (struct waiting){.status = WAITING};
  sqlite3_stmt *sql = op_model_sql(model, "SELECT joined_seq, musical_id, customer_id, grade, seats, status, until,"
                                          " until_us, seq, joined_at, updated_at, reservation_id, reason"
                                          " FROM waiting WHERE waiting_id = ?1");
  sqlite3_bind_text(sql, 1, id, -1, SQLITE_STATIC);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found) {
    struct waiting *w = ret_waiting;
    snprintf(w->id, sizeof w->id, "%s", id);
    w->joined_seq = (uint64_t)sqlite3_column_int64(sql, 0);
    op_column_text(sql, 1, w->musical_id, sizeof w->musical_id);
    op_column_text(sql, 2, w->customer_id, sizeof w->customer_id);
    op_column_text(sql, 3, w->grade, sizeof w->grade);
    w->seats = sqlite3_column_int64(sql, 4);
    for (size_t i = 0; waiting_statuses[i]; i++)
      if (strcmp(waiting_statuses[i], (const char *)sqlite3_column_text(sql, 5)) == 0)
        w->status = waiting_statuses[i];
    op_column_text(sql, 6, w->until, sizeof w->until);
    w->until_us = sqlite3_column_int64(sql, 7);
    w->seq = (uint64_t)sqlite3_column_int64(sql, 8);
    op_column_text(sql, 9, w->joined_at, sizeof w->joined_at);
    op_column_text(sql, 10, w->updated_at, sizeof w->updated_at);
    if (strcmp(w->status, WAITING_OFFERED) == 0 &&
        !evs_time_parse(w->updated_at, strlen(w->updated_at), &w->offered_us)) /* the offer was the last event */
      w->offered_us = 0;
    op_column_text(sql, 11, w->reservation_id, sizeof w->reservation_id);
    op_column_text(sql, 12, w->reason, sizeof w->reason);
  }
  sqlite3_reset(sql);
  return code;
}

/* The same for op_model_row(). */
static int load(struct op_model *model, const char *id, void *row, bool *ret_found, struct op_error *error) {
  struct waiting *waiting = row;
  int code = waiting_load(model, id, waiting, error);
  *ret_found = waiting->id[0];
  return code;
}

/* Writes it. */
static int save(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  const struct waiting *waiting = row;
  (void)is_new; /* entries are few: one statement does for both */
  sqlite3_stmt *sql =
      op_model_sql(model, "INSERT OR REPLACE INTO waiting VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
                          " ?13, ?14)");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)waiting->joined_seq);
  sqlite3_bind_text(sql, 2, waiting->id, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 3, waiting->musical_id, -1, SQLITE_STATIC);
  op_bind_text(sql, 4, waiting->customer_id);
  op_bind_text(sql, 5, waiting->grade);
  sqlite3_bind_int64(sql, 6, waiting->seats);
  sqlite3_bind_text(sql, 7, waiting->status, -1, SQLITE_STATIC);
  op_bind_text(sql, 8, waiting->until);
  sqlite3_bind_int64(sql, 9, waiting->until_us);
  sqlite3_bind_int64(sql, 10, (sqlite3_int64)waiting->seq);
  sqlite3_bind_text(sql, 11, waiting->joined_at, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 12, waiting->updated_at, -1, SQLITE_STATIC);
  op_bind_text(sql, 13, waiting->reservation_id);
  op_bind_text(sql, 14, waiting->reason);
  return op_model_exec(model, sql, error);
}

/* Folds one event into the table. */
int waiting_project(struct op_model *model, const evs_event *event, struct op_error *error) {
  static const struct op_row_kind rows = {sizeof(struct waiting), load, save};
  char id[OP_MAX_ID + 1];
  struct waiting *waiting = NULL;
  if (!waiting_of(event, id))
    return OP_OK;
  int code = op_model_row(model, &rows, id, &waiting, error);
  if (code != OP_OK)
    return code;
  uint64_t before = waiting->seq;
  waiting_apply(waiting, event);
  if (waiting->seq != before)
    op_model_row_changed(waiting);
  return OP_OK;
}

/* An entry that is being loaded. */
struct wanted {
  const char *id;
  struct waiting *waiting;
};

/* Folds an event of it. */
static void fold(void *context, const evs_event *event) {
  const struct wanted *wanted = context;
  char id[OP_MAX_ID + 1];
  if (waiting_of(event, id) && strcmp(id, wanted->id) == 0)
    waiting_apply(wanted->waiting, event);
}

/* The entry up to the written tail. */
int waiting_load_written(struct op_model *model, const char *id, struct waiting *ret_waiting, uint64_t *ret_position,
                         struct op_error *error) {
  char tag[OP_MAX_ID + sizeof OP_TAG_WAITING + 1];
  struct wanted wanted = {id, ret_waiting};
  snprintf(tag, sizeof tag, OP_TAG_WAITING ":%s", id);
  int code = waiting_load(model, id, ret_waiting, error);
  return code == OP_OK ? op_model_fold_pending(model, waiting_types, tag, fold, &wanted, ret_position, error) : code;
}
