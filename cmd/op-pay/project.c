/* project.c - keeps the payments and the cancellations that wait for an answer in state/pay.db.
 *
 * Invariants: `payments` holds one row per reservation; `cancellations` holds exactly those that pay_decide() still has
 * to answer; due_seq is NULL exactly where nothing is due, so that what is pending is found by an index and not by a
 * search; `calls` says whether that needs the provider, `holder` who has it in hand. */
#include "project.h"

#include "holder.h"
#include "listing.h"

static const char schema[] =
    "CREATE TABLE payments ("
    "  reservation_id TEXT PRIMARY KEY, customer_id TEXT, currency TEXT NOT NULL,"
    "  status TEXT NOT NULL, placed_seq INTEGER NOT NULL, amount INTEGER NOT NULL,"
    "  charged INTEGER NOT NULL, refunded INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    "  provider TEXT, provider_ref TEXT, updated_at TEXT NOT NULL, due_seq INTEGER, due_us INTEGER NOT NULL,"
    "  calls INTEGER NOT NULL, whole_seq INTEGER NOT NULL, failed INTEGER NOT NULL, retry_us INTEGER NOT NULL,"
    "  last_error TEXT, holder TEXT, call_seq INTEGER, call_amount INTEGER, call_asked_us INTEGER,"
    "  call_until_us INTEGER, call_holder TEXT, call_again INTEGER, call_ended INTEGER, declines INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE TABLE cancellations ("
    "  seq INTEGER PRIMARY KEY, reservation_id TEXT NOT NULL, amount INTEGER NOT NULL,"
    "  whole INTEGER NOT NULL"
    ");"
    "CREATE INDEX cancellations_of ON cancellations (reservation_id, seq);" PAY_CIRCUIT_SCHEMA;
static const char indexes[] = "CREATE INDEX payments_due ON payments (calls, due_seq) WHERE due_seq IS NOT NULL;"
                              "CREATE INDEX payments_held ON payments (holder) WHERE holder IS NOT NULL;"
                              "CREATE INDEX payments_placed ON payments (placed_seq);";

/* What payment_apply() folds, and the changes of circuits. */
static const char *const folded_types[] = {OP_RESERVATION_PLACED,      OP_RESERVATION_CANCELLED,
                                           OP_PAYMENT_ATTEMPT_STARTED, OP_PAYMENT_ATTEMPT_FAILED,
                                           OP_PAYMENT_APPROVED,        OP_PAYMENT_DECLINED,
                                           OP_PAYMENT_REFUNDED,        OP_PAYMENT_CANCELLED,
                                           OP_PAYMENT_PARKED,          OP_PAYMENT_RETRY_REQUESTED,
                                           OP_PAYMENT_CIRCUIT_OPENED,  OP_PAYMENT_CIRCUIT_HALF_OPENED,
                                           OP_PAYMENT_CIRCUIT_CLOSED,  NULL};

#define SELECT_PAYMENT                                                                                                 \
  "SELECT p.reservation_id, p.customer_id, p.currency, p.status, p.placed_seq, p.amount, p.charged, p.refunded,"       \
  " p.attempts, p.provider, p.provider_ref, p.updated_at, p.whole_seq, p.failed, p.retry_us, p.last_error,"            \
  " p.call_seq, p.call_amount, p.call_asked_us, p.call_until_us, p.call_holder, p.call_again, p.call_ended,"           \
  " c.seq, c.amount, c.whole, p.declines"                                                                              \
  " FROM payments p LEFT JOIN cancellations c"                                                                         \
  " ON c.seq = (SELECT min(seq) FROM cancellations WHERE reservation_id = p.reservation_id)"

/* The columns of the last call, from `at` on. */
static void read_call(sqlite3_stmt *row, int at, struct payment_call *ret_call) {
  ret_call->seq = (uint64_t)sqlite3_column_int64(row, at);
  if (ret_call->seq == 0)
    return;
  ret_call->amount = sqlite3_column_int64(row, at + 1);
  ret_call->asked_us = sqlite3_column_int64(row, at + 2);
  ret_call->until_us = sqlite3_column_int64(row, at + 3);
  op_column_text(row, at + 4, ret_call->holder, sizeof ret_call->holder);
  ret_call->again = sqlite3_column_int(row, at + 5) != 0;
  ret_call->ended = sqlite3_column_int(row, at + 6) != 0;
}

/* The row of SELECT_PAYMENT as a payment. */
static void read_row(sqlite3_stmt *row, struct payment *ret_payment) {
  *ret_payment = (struct payment){0};
  op_column_text(row, 0, ret_payment->reservation_id, sizeof ret_payment->reservation_id);
  op_column_text(row, 1, ret_payment->customer_id, sizeof ret_payment->customer_id);
  op_column_text(row, 2, ret_payment->currency, sizeof ret_payment->currency);
  payment_status_read((const char *)sqlite3_column_text(row, 3), &ret_payment->status, &ret_payment->parked);
  ret_payment->placed_seq = (uint64_t)sqlite3_column_int64(row, 4);
  ret_payment->amount = sqlite3_column_int64(row, 5);
  ret_payment->charged = sqlite3_column_int64(row, 6);
  ret_payment->refunded = sqlite3_column_int64(row, 7);
  ret_payment->attempts = sqlite3_column_int64(row, 8);
  op_column_text(row, 9, ret_payment->provider, sizeof ret_payment->provider);
  op_column_text(row, 10, ret_payment->provider_ref, sizeof ret_payment->provider_ref);
  op_column_text(row, 11, ret_payment->updated_at, sizeof ret_payment->updated_at);
  ret_payment->whole_seq = (uint64_t)sqlite3_column_int64(row, 12);
  ret_payment->failed = sqlite3_column_int64(row, 13);
  ret_payment->retry_us = sqlite3_column_int64(row, 14);
  op_column_text(row, 15, ret_payment->last_error, sizeof ret_payment->last_error);
  read_call(row, 16, &ret_payment->call);
  ret_payment->open.seq = (uint64_t)sqlite3_column_int64(row, 23);
  ret_payment->open.amount = sqlite3_column_int64(row, 24);
  ret_payment->open.whole = sqlite3_column_int(row, 25) != 0;
  ret_payment->declines = sqlite3_column_int64(row, 26);
}

/* The payment of this reservation. */
static int load(struct op_model *model, const char *id, void *payment, bool *ret_found, struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, SELECT_PAYMENT " WHERE p.reservation_id = ?1");
  sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
  int r = op_model_step(model, row, ret_found, error);
  if (r == 0 && *ret_found)
    read_row(row, payment);
  sqlite3_reset(row);
  return r;
}

/* As the table has it. */
int pay_load(struct op_model *model, const char *id, struct payment *ret_payment, struct op_error *error) {
  bool found = false;
  *ret_payment = (struct payment){0};
  return load(model, id, ret_payment, &found, error);
}

/* Writes the last call into the columns from `at` on; NULL where there is none. */
static void bind_call(sqlite3_stmt *put, int at, const struct payment_call *call) {
  if (call->seq == 0)
    return;
  sqlite3_bind_int64(put, at, (int64_t)call->seq);
  sqlite3_bind_int64(put, at + 1, call->amount);
  sqlite3_bind_int64(put, at + 2, call->asked_us);
  sqlite3_bind_int64(put, at + 3, call->until_us);
  op_bind_text(put, at + 4, call->holder);
  sqlite3_bind_int(put, at + 5, call->again);
  sqlite3_bind_int(put, at + 6, call->ended);
}

/* Writes the payment with what is due for it, and when. */
static int save(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  const struct payment *payment = row;
  (void)is_new; /* every column can change, so one statement does for both */
  sqlite3_stmt *put = op_model_sql(
      model, "INSERT OR REPLACE INTO payments VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  struct pay_step step = pay_decide(payment);
  op_bind_text(put, 1, payment->reservation_id);
  op_bind_text(put, 2, payment->customer_id);
  op_bind_text(put, 3, payment->currency);
  op_bind_text(put, 4, payment_status_word(payment));
  sqlite3_bind_int64(put, 5, (int64_t)payment->placed_seq);
  sqlite3_bind_int64(put, 6, payment->amount);
  sqlite3_bind_int64(put, 7, payment->charged);
  sqlite3_bind_int64(put, 8, payment->refunded);
  sqlite3_bind_int64(put, 9, payment->attempts);
  op_bind_text(put, 10, payment->provider);
  op_bind_text(put, 11, payment->provider_ref);
  op_bind_text(put, 12, payment->updated_at);
  if (step.action != PAY_NOTHING)
    sqlite3_bind_int64(put, 13, (int64_t)step.cause);
  sqlite3_bind_int64(put, 14, pay_due_us(payment));
  sqlite3_bind_int(put, 15, pay_needs_provider(&step));
  sqlite3_bind_int64(put, 16, (int64_t)payment->whole_seq);
  sqlite3_bind_int64(put, 17, payment->failed);
  sqlite3_bind_int64(put, 18, payment->retry_us);
  op_bind_text(put, 19, payment->last_error);
  if (payment->call.seq != 0 && !payment->call.ended && step.action != PAY_NOTHING)
    op_bind_text(put, 20, payment->call.holder);
  bind_call(put, 21, &payment->call);
  sqlite3_bind_int64(put, 28, payment->declines);
  return op_model_exec(model, put, error);
}

/* Queues a cancellation that must be answered. */
static int enqueue(struct op_model *model, const char *id, const struct cancellation *it, struct op_error *error) {
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR REPLACE INTO cancellations VALUES (?,?,?,?)");
  sqlite3_bind_int64(put, 1, (int64_t)it->seq);
  sqlite3_bind_text(put, 2, id, -1, SQLITE_STATIC);
  sqlite3_bind_int64(put, 3, it->amount);
  sqlite3_bind_int(put, 4, it->whole);
  return op_model_exec(model, put, error);
}

/* Takes out of the queue what this event answered: the one that it names, or all when the payment has ended, or those
 * of a part where the one of the whole takes them over. */
static int dequeue(struct op_model *model, struct payment *payment, const evs_event *event, struct op_error *error) {
  bool ended = payment_has_ended(payment), taken_over = payment_takes_over(payment);
  if (!ended && !taken_over && !op_type_is(event, OP_PAYMENT_REFUNDED))
    return 0;
  sqlite3_stmt *drop = taken_over ? op_model_sql(model, "DELETE FROM cancellations WHERE reservation_id = ?1"
                                                        " AND whole = 0")
                                  : op_model_sql(model, "DELETE FROM cancellations WHERE reservation_id = ?1"
                                                        " AND (?2 IS NULL OR seq = ?2)");
  sqlite3_bind_text(drop, 1, payment->reservation_id, -1, SQLITE_STATIC);
  if (!ended && !taken_over)
    sqlite3_bind_int64(drop, 2, (int64_t)event->causation);
  if (taken_over)
    payment_taken_over(payment);
  return op_model_exec(model, drop, error);
}

/* The head of the queue, which decides what is due; seq 0 where there is none. */
static int head(struct op_model *model, const char *id, struct cancellation *ret_head, struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT seq, amount, whole FROM cancellations WHERE reservation_id = ?1"
                                          " ORDER BY seq LIMIT 1");
  sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
  bool found = false;
  int r = op_model_step(model, row, &found, error);
  *ret_head = (struct cancellation){0};
  if (r == 0 && found)
    *ret_head = (struct cancellation){(uint64_t)sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
                                      sqlite3_column_int(row, 2) != 0};
  sqlite3_reset(row);
  return r;
}

/* Folds one event into the payment of its reservation. *ret_attempt is the attempt that it begins or ends. */
static int apply_payment(struct op_model *model, const evs_event *event, uint64_t *ret_attempt,
                         struct op_error *error) {
  static const struct op_row_kind payments = {sizeof(struct payment), load, save};
  char id[OP_MAX_ID + 1];
  if (!op_field_id(event, "reservationId", id))
    return 0;
  struct payment *payment = NULL;
  struct cancellation opened;
  int r = op_model_row(model, &payments, id, &payment, error);
  if (r != 0)
    return r;
  *ret_attempt = payment->call.seq;
  payment_apply(payment, event, &opened);
  if (payment->reservation_id[0] == '\0')
    return 0;
  op_model_row_changed(payment);
  if (opened.seq != 0)
    r = enqueue(model, id, &opened, error);
  if (payment->open.seq == 0) { /* nothing else is in the queue, and nothing that this event could answer */
    payment->open = opened;
    return r;
  }
  if (r != 0)
    return r;
  r = dequeue(model, payment, event, error);
  return r == 0 ? head(model, id, &payment->open, error) : r;
}

/* Folds one event into the tables. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  uint64_t attempt = 0;
  int r = apply_payment(model, event, &attempt, error);
  if (r != 0 || op_type_is(event, OP_RESERVATION_PLACED) || op_type_is(event, OP_RESERVATION_CANCELLED))
    return r;
  return circuit_project(model, event, attempt, error);
}

const struct op_model_definition pay_model = {.name = OP_MODEL_PAY,
                                              .version = 5,
                                              .schema = schema,
                                              .indexes = indexes,
                                              .types = folded_types,
                                              .requests = true,
                                              .apply = apply};

/* The rows of a statement as payments. */
static int read_rows(struct op_model *model, sqlite3_stmt *rows, struct payment *payments, size_t limit,
                     size_t *ret_count, struct op_error *error) {
  bool found = true;
  int r = 0;
  *ret_count = 0;
  while (*ret_count < limit && (r = op_model_step(model, rows, &found, error)) == 0 && found)
    read_row(rows, &payments[(*ret_count)++]);
  sqlite3_reset(rows);
  return r;
}

/* What is due, oldest cause first: one step per payment at a time. */
int pay_pending(struct op_model *model, enum pay_due due, const char *provider, int64_t now_us,
                struct payment *payments, size_t limit, size_t *ret_count, struct op_error *error) {
  sqlite3_stmt *rows =
      op_model_sql(model, SELECT_PAYMENT " WHERE p.due_seq IS NOT NULL AND p.calls = ?1 AND p.due_us <= ?2"
                                         " AND (p.calls = 0 OR p.provider IS NULL OR p.provider = ?4)"
                                         " ORDER BY p.due_seq, p.reservation_id LIMIT ?3");
  op_bind_text(rows, 4, provider);
  sqlite3_bind_int(rows, 1, due == PAY_DUE_CALLS);
  sqlite3_bind_int64(rows, 2, now_us);
  sqlite3_bind_int64(rows, 3, (int64_t)limit);
  return read_rows(model, rows, payments, limit, ret_count, error);
}

/* What somebody has in hand. */
int pay_held(struct op_model *model, const char *holder, const char *provider, int64_t until_us,
             struct payment *payments, size_t limit, size_t *ret_count, struct op_error *error) {
  sqlite3_stmt *rows =
      op_model_sql(model, SELECT_PAYMENT " WHERE p.holder = ?1 AND p.provider = ?4 AND p.call_until_us >= ?2"
                                         " ORDER BY p.call_seq LIMIT ?3");
  op_bind_text(rows, 1, holder);
  op_bind_text(rows, 4, provider);
  sqlite3_bind_int64(rows, 2, until_us);
  sqlite3_bind_int64(rows, 3, (int64_t)limit);
  return read_rows(model, rows, payments, limit, ret_count, error);
}

/* Whose work may be taken up before its time is over. */
int pay_gone_holder(struct op_model *model, const char *provider, int64_t now_us, char ret_holder[PAY_MAX_HOLDER],
                    struct op_error *error) {
  sqlite3_stmt *rows =
      op_model_sql(model, "SELECT DISTINCT holder FROM payments"
                          " WHERE holder IS NOT NULL AND provider = ?2 AND call_until_us > ?1 ORDER BY holder");
  op_bind_text(rows, 2, provider);
  sqlite3_bind_int64(rows, 1, now_us);
  bool found = false;
  int r = 0;
  ret_holder[0] = '\0';
  while (ret_holder[0] == '\0' && (r = op_model_step(model, rows, &found, error)) == 0 && found) {
    op_column_text(rows, 0, ret_holder, PAY_MAX_HOLDER);
    if (!holder_is_gone(ret_holder))
      ret_holder[0] = '\0';
  }
  sqlite3_reset(rows);
  return r;
}

/* What only another provider can settle. */
int pay_elsewhere(struct op_model *model, const char *provider, int64_t *ret_count, char ret_provider[64],
                  struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT count(*), min(provider) FROM payments"
                                          " WHERE due_seq IS NOT NULL AND calls <> 0 AND provider <> ?1");
  bool found = false;
  op_bind_text(row, 1, provider);
  int r = op_model_step(model, row, &found, error);
  *ret_count = r == 0 && found ? sqlite3_column_int64(row, 0) : 0;
  ret_provider[0] = '\0';
  if (*ret_count > 0)
    op_column_text(row, 1, ret_provider, 64);
  sqlite3_reset(row);
  return r;
}
