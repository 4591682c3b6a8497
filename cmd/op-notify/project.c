/* project.c - folds the journal into the notices.
 *
 * Invariants: one row in `notices` per cause, with the figures as they stood at the cause; `due` is NULL exactly where
 * nothing is to be done (sent, parked, withdrawn), else the time from which on it is to be told, in microseconds (0: at
 * once); once sent it stays sent. Only opaque customer ids are kept here. */
#include "project.h"

#include "rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const types[] = {OP_MUSICAL_REGISTERED,
                                    OP_RESERVATION_PLACED,
                                    OP_RESERVATION_CANCELLED,
                                    OP_PAYMENT_ATTEMPT_STARTED,
                                    OP_PAYMENT_APPROVED,
                                    OP_PAYMENT_DECLINED,
                                    OP_PAYMENT_REFUNDED,
                                    OP_PAYMENT_CANCELLED,
                                    OP_NOTIFICATION_SENT,
                                    OP_NOTIFICATION_FAILED,
                                    OP_NOTIFICATION_PARKED,
                                    OP_NOTIFICATION_RETRY_REQUESTED,
                                    OP_NOTIFICATION_WITHDRAWN,
                                    OP_CUSTOMER_FORGOTTEN,
                                    OP_WAITING_OFFERED,
                                    OP_WAITING_OFFER_EXPIRED,
                                    OP_WAITING_OFFER_DECLINED,
                                    OP_BRANCH_ADDED,
                                    OP_BRANCH_REVISED,
                                    OP_PICKUP_ASSIGNED,
                                    OP_PICKUP_COLLECTED,
                                    OP_ASSIGNMENT_FAILED,
                                    NULL};

static const char schema[] =
    "CREATE TABLE musicals (musical_id TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;"
    "CREATE TABLE branches (branch_id TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;"
    "CREATE TABLE reservations ("
    "  reservation_id TEXT PRIMARY KEY, musical_id TEXT, customer_id TEXT, fulfil TEXT, seats INTEGER NOT NULL,"
    "  stage INTEGER NOT NULL, asked INTEGER NOT NULL, branch_stage INTEGER NOT NULL, branch_notice INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE TABLE cancellations (seq INTEGER PRIMARY KEY, seats INTEGER NOT NULL, reason TEXT);"
    "CREATE TABLE notices ("
    "  cause INTEGER PRIMARY KEY, template TEXT NOT NULL, reservation_id TEXT, customer_id TEXT,"
    "  musical TEXT, currency TEXT, seats INTEGER NOT NULL, amount INTEGER NOT NULL, caused_at TEXT NOT NULL,"
    "  reason TEXT, asked_at TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL, forgiven INTEGER NOT "
    "NULL, due INTEGER,"
    "  failure TEXT, channel TEXT, lang TEXT, sent_at TEXT, offer_id TEXT, until TEXT, branch TEXT,"
    "  fulfil TEXT, distance_km TEXT"
    ");"
    "CREATE TABLE forgotten (customer_id TEXT PRIMARY KEY, forgotten_at TEXT NOT NULL) WITHOUT ROWID;";
static const char indexes[] = "CREATE INDEX reservations_of ON reservations (customer_id);"
                              "CREATE INDEX notices_due ON notices (due, cause) WHERE due IS NOT NULL;"
                              "CREATE INDEX notices_by ON notices (status) WHERE status <> 'Sent';"
                              "CREATE INDEX notices_about ON notices (reservation_id);"
                              "CREATE INDEX notices_of ON notices (customer_id);";

/* The notice about the event `cause`. */
static int told_of(struct op_model *model, uint64_t cause, struct told **ret_told, struct op_error *error) {
  char id[24];
  snprintf(id, sizeof id, "%" PRIu64, cause);
  return op_model_row(model, &notice_rows, id, ret_told, error);
}

/* A number of the event that cannot be negative. */
static int64_t figure(const evs_event *event, const char *key, int64_t max) {
  int64_t number = op_field_number(event, key, 0);
  return number < 0 ? 0 : number > max ? max : number;
}

/* A musical got its name. */
static int registered(struct op_model *model, const evs_event *event, struct op_error *error) {
  char id[OP_MAX_ID + 1];
  struct named *musical = NULL;
  if (!op_field_id(event, "musicalId", id))
    return 0;
  int r = op_model_row(model, &musical_rows, id, &musical, error);
  if (r != 0 || musical->id[0] != '\0')
    return r;
  memcpy(musical->id, id, sizeof id);
  op_field_text(event, "name", musical->name, sizeof musical->name);
  op_model_row_changed(musical);
  return 0;
}

/* A branch got its name, or another one. */
static int branch_named(struct op_model *model, const evs_event *event, struct op_error *error) {
  char id[OP_MAX_ID + 1], name[OP_MAX_NAME + 1];
  struct named *branch = NULL;
  if (!op_field_id(event, "branchId", id) || !op_field_text(event, "name", name, sizeof name))
    return 0;
  int r = op_model_row(model, &branch_rows, id, &branch, error);
  if (r != 0)
    return r;
  memcpy(branch->id, id, sizeof id);
  memcpy(branch->name, name, sizeof name);
  op_model_row_changed(branch);
  return 0;
}

/* A reservation came. */
static int placed(struct op_model *model, const evs_event *event, struct op_error *error) {
  char id[OP_MAX_ID + 1];
  struct booking *booking = NULL;
  if (!op_field_id(event, "reservationId", id))
    return 0;
  int r = op_model_row(model, &booking_rows, id, &booking, error);
  if (r != 0 || booking->id[0] != '\0')
    return r;
  memcpy(booking->id, id, sizeof id);
  op_field_id(event, "musicalId", booking->musical_id);
  op_field_id(event, "customerId", booking->customer_id);
  op_field_text(event, "fulfil", booking->fulfil, sizeof booking->fulfil);
  booking->seats = figure(event, "seats", OP_MAX_SEATS);
  op_model_row_changed(booking);
  return 0;
}

/* Seats were given up; a wholly cancelled reservation keeps its last number. */
static int cancelled(struct op_model *model, const evs_event *event, struct op_error *error) {
  char id[OP_MAX_ID + 1];
  struct booking *booking = NULL;
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR IGNORE INTO cancellations VALUES (?1, ?2, ?3)");
  sqlite3_bind_int64(put, 1, (int64_t)event->seq);
  sqlite3_bind_int64(put, 2, figure(event, "seats", OP_MAX_SEATS));
  op_bind_field(put, 3, event, "reason");
  int r = op_model_exec(model, put, error);
  int64_t remaining = figure(event, "remainingSeats", OP_MAX_SEATS);
  if (r != 0 || remaining == 0 || !op_field_id(event, "reservationId", id))
    return r;
  r = op_model_row(model, &booking_rows, id, &booking, error);
  if (r != 0 || booking->id[0] == '\0')
    return r;
  booking->seats = remaining;
  op_model_row_changed(booking);
  return 0;
}

/* What the notice says of the cancellation behind it: the seats that it gave up, 0 where there is none, and why. */
static int describe_cancellation(struct op_model *model, uint64_t seq, struct notice *notice, struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT seats, reason FROM cancellations WHERE seq = ?1");
  sqlite3_bind_int64(row, 1, (int64_t)seq);
  bool found = false;
  int r = op_model_step(model, row, &found, error);
  notice->seats = r == 0 && found ? sqlite3_column_int64(row, 0) : 0;
  if (r == 0 && found)
    op_column_text(row, 1, notice->reason, sizeof notice->reason);
  sqlite3_reset(row);
  return r;
}

/* A provider is about to be called: from now on nobody knows whether it was charged. */
static int asked(struct op_model *model, const evs_event *event, struct op_error *error) {
  char id[OP_MAX_ID + 1];
  struct booking *booking = NULL;
  if (!op_field_id(event, "reservationId", id))
    return 0;
  int r = op_model_row(model, &booking_rows, id, &booking, error);
  if (r != 0 || booking->id[0] == '\0' || booking->telling.asked)
    return r;
  booking->telling.asked = true;
  op_model_row_changed(booking);
  return 0;
}

/* What was not told yet is not told any more. */
static void withdraw(struct told *told, const char *why) {
  if (told->notice.status != NOTICE_PENDING && told->notice.status != NOTICE_PARKED)
    return;
  told->notice.status = NOTICE_WITHDRAWN;
  snprintf(told->failure, sizeof told->failure, "%s", why);
  op_model_row_changed(told);
}

/* What is told of the branch goes on: that none can take it is no news once one has it, and of a cancelled reservation
 * nothing is. That one has it stays true when it is handed over. */
static int withdraw_branch(struct op_model *model, const struct booking *booking, enum telling_branch now,
                           struct op_error *error) {
  struct told *told = NULL;
  if (booking->branch_notice == 0 || now == TELLING_BRANCH_COLLECTED)
    return 0;
  int r = told_of(model, booking->branch_notice, &told, error);
  if (r == 0 && told->notice.cause != 0)
    withdraw(told, now == TELLING_BRANCH_OVER ? "reservation_cancelled" : "assigned");
  return r;
}

/* Is the customer told about it? *ret_asked: the reservation may have been charged. A reservation that nobody placed
 * was not given up, either. */
static int tells(struct op_model *model, const char *id, const char *type, const evs_event *event, bool *ret_tells,
                 bool *ret_asked, struct op_error *error) {
  struct booking *booking = NULL;
  int r = op_model_row(model, &booking_rows, id, &booking, error);
  if (r != 0)
    return r;
  struct telling telling = booking->telling;
  bool known = booking->id[0] != '\0', whole = known && figure(event, "remainingSeats", OP_MAX_SEATS) == 0;
  *ret_tells = notify_tells(&telling, type, whole, figure(event, "amount", OP_MAX_MONEY));
  *ret_asked = telling.asked;
  if (known && telling.branch != booking->telling.branch)
    r = withdraw_branch(model, booking, telling.branch, error);
  if (known && (telling.stage != booking->telling.stage || telling.branch != booking->telling.branch)) {
    booking->telling = telling;
    if (*ret_tells && notify_branch_of(type) != TELLING_NO_BRANCH)
      booking->branch_notice = event->seq;
    op_model_row_changed(booking);
  }
  return r;
}

/* What the notice says of its reservation: the customer, the musical's name or else its id, the seats. */
static int describe(struct op_model *model, const evs_event *event, struct notice *notice, struct op_error *error) {
  struct booking *booking = NULL;
  struct named *musical = NULL;
  int r = op_model_row(model, &booking_rows, notice->reservation_id, &booking, error);
  if (r == 0)
    r = op_model_row(model, &musical_rows, booking->musical_id, &musical, error);
  if (r != 0)
    return r;
  if (!op_field_id(event, "customerId", notice->customer_id))
    memcpy(notice->customer_id, booking->customer_id, sizeof booking->customer_id);
  snprintf(notice->musical, sizeof notice->musical, "%s", musical->name[0] ? musical->name : booking->musical_id);
  notice->seats = booking->seats;
  return 0;
}

/* What the notice says of a branch: its name or else its id, how it hands over, how far it is. */
static int describe_branch(struct op_model *model, const evs_event *event, struct notice *notice,
                           struct op_error *error) {
  char id[OP_MAX_ID + 1];
  struct booking *booking = NULL;
  struct named *branch = NULL;
  int r = op_model_row(model, &booking_rows, notice->reservation_id, &booking, error);
  if (r != 0)
    return r;
  if (!op_field_text(event, "fulfil", notice->fulfil, sizeof notice->fulfil))
    memcpy(notice->fulfil, booking->fulfil, sizeof booking->fulfil);
  op_field_decimal(event, "distanceKm", notice->distance_km, sizeof notice->distance_km);
  if (!op_field_id(event, "branchId", id))
    return 0;
  r = op_model_row(model, &branch_rows, id, &branch, error);
  if (r == 0)
    snprintf(notice->branch, sizeof notice->branch, "%s", branch->name[0] ? branch->name : id);
  return r;
}

/* What the notice says of an offer; false where the event tells of none. */
static int describe_offer(struct op_model *model, const evs_event *event, struct notice *notice, bool *ret_is_one,
                          struct op_error *error) {
  char musical_id[OP_MAX_ID + 1];
  struct named *musical = NULL;
  int64_t until_us = op_field_time(event, "until", 0);
  *ret_is_one = op_field_id(event, "offerId", notice->offer_id) && op_field_id(event, "musicalId", musical_id);
  if (!*ret_is_one)
    return 0;
  int r = op_model_row(model, &musical_rows, musical_id, &musical, error);
  if (r != 0)
    return r;
  op_field_id(event, "customerId", notice->customer_id);
  snprintf(notice->musical, sizeof notice->musical, "%s", musical->name[0] ? musical->name : musical_id);
  notice->seats = figure(event, "seats", OP_MAX_SEATS);
  evs_time_format(until_us, notice->until);
  memcpy(notice->until + sizeof "2026-11-20T12:34:56" - 1, "Z", sizeof "Z"); /* people need no microseconds */
  return 0;
}

/* Something happened that the customer may be told. Refunds tell the seats of their cancellation, the others those
 * held; what was given up unpaid tells the amount that may have been charged, 0 where nobody can have been. */
static int caused(struct op_model *model, const char *type, const evs_event *event, struct op_error *error) {
  bool refund = strcmp(type, OP_PAYMENT_REFUNDED) == 0 || strcmp(type, OP_PAYMENT_CANCELLED) == 0;
  struct told *told = NULL;
  struct notice notice = {.cause = event->seq};
  bool is_told = false, may_be_charged = false;
  int r = 0;
  if (strcmp(type, OP_WAITING_OFFERED) == 0) {
    r = describe_offer(model, event, &notice, &is_told, error);
  } else {
    if (!op_field_id(event, "reservationId", notice.reservation_id))
      return 0;
    r = tells(model, notice.reservation_id, type, event, &is_told, &may_be_charged, error);
    if (r == 0 && is_told)
      r = describe(model, event, &notice, error);
    if (r == 0 && is_told && notify_branch_of(type) != TELLING_NO_BRANCH)
      r = describe_branch(model, event, &notice, error);
  }
  if (r != 0 || !is_told)
    return r;
  if (refund)
    r = describe_cancellation(model, event->causation, &notice, error);
  else
    op_field_text(event, "reason", notice.reason, sizeof notice.reason);
  if (r == 0)
    r = told_of(model, event->seq, &told, error);
  if (r != 0)
    return r;
  snprintf(notice.template, sizeof notice.template, "%s", type);
  op_field_text(event, "currency", notice.currency, sizeof notice.currency);
  if (strcmp(type, OP_RESERVATION_CANCELLED) != 0 || may_be_charged)
    notice.amount = figure(event, "amount", OP_MAX_MONEY);
  snprintf(notice.caused_at, sizeof notice.caused_at, "%.*s", (int)event->time.len, event->time.ptr);
  *told = (struct told){.notice = notice};
  snprintf(told->asked_at, sizeof told->asked_at, "%s", notice.caused_at);
  op_model_row_changed(told);
  return 0;
}

/* A notice was delivered. */
static void sent(struct told *told, const evs_event *event) {
  told->notice.status = NOTICE_SENT;
  told->failure[0] = '\0';
  snprintf(told->sent_at, sizeof told->sent_at, "%.*s", (int)event->time.len, event->time.ptr);
  op_field_text(event, "channel", told->channel, sizeof told->channel);
  op_field_text(event, "lang", told->lang, sizeof told->lang);
}

/* An attempt failed: it is due again, or parked. */
static void failed(struct told *told, const evs_event *event, bool parked) {
  int64_t number = op_field_number(event, parked ? "attempts" : "attempt", 0);
  told->notice.attempts = number > told->notice.attempts ? number : told->notice.attempts + 1;
  told->notice.status = parked ? NOTICE_PARKED : NOTICE_PENDING;
  told->due = parked ? 0 : op_field_time(event, "retryAt", 0);
  op_field_text(event, "channel", told->channel, sizeof told->channel);
  op_field_text(event, "reason", told->failure, sizeof told->failure);
}

/* Something became of a notice. */
static int became(struct op_model *model, const evs_event *event, struct op_error *error) {
  struct told *told = NULL;
  int r = told_of(model, event->causation, &told, error);
  if (r != 0 || told->notice.cause == 0 || told->notice.status == NOTICE_SENT)
    return r;
  struct notice *notice = &told->notice;
  if (op_type_is(event, OP_NOTIFICATION_SENT)) {
    sent(told, event);
  } else if (op_type_is(event, OP_NOTIFICATION_WITHDRAWN)) {
    notice->status = NOTICE_WITHDRAWN;
    op_field_text(event, "reason", told->failure, sizeof told->failure);
  } else if (op_type_is(event, OP_NOTIFICATION_RETRY_REQUESTED)) {
    if (notice->status == NOTICE_WITHDRAWN) /* meanwhile */
      return 0;
    notice->status = NOTICE_PENDING;
    notice->forgiven = notice->attempts;
    told->due = 0;
    snprintf(told->asked_at, sizeof told->asked_at, "%.*s", (int)event->time.len, event->time.ptr);
  } else if (notice->status == NOTICE_PENDING) {
    failed(told, event, op_type_is(event, OP_NOTIFICATION_PARKED));
  }
  op_model_row_changed(told);
  return 0;
}

/* An offer is over, accepted or not: whoever was not told of it yet is not any more. */
static int offer_over(struct op_model *model, const evs_event *event, struct op_error *error) {
  struct told *told = NULL;
  int r = told_of(model, event->causation, &told, error);
  if (r == 0 && strcmp(told->notice.template, OP_WAITING_OFFERED) == 0)
    withdraw(told, "offer_over");
  return r;
}

/* A customer asked to be forgotten. */
static int forgotten(struct op_model *model, const evs_event *event, struct op_error *error) {
  char id[OP_MAX_ID + 1];
  if (!op_field_id(event, "customerId", id))
    return 0;
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR REPLACE INTO forgotten VALUES (?1, ?2)");
  op_bind_text(put, 1, id);
  op_bind_slice(put, 2, event->time);
  return op_model_exec(model, put, error);
}

/* Folds one event. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  if (op_type_is(event, OP_MUSICAL_REGISTERED))
    return registered(model, event, error);
  if (op_type_is(event, OP_BRANCH_ADDED) || op_type_is(event, OP_BRANCH_REVISED))
    return branch_named(model, event, error);
  if (op_type_is(event, OP_RESERVATION_PLACED)) {
    evs_slice offer;
    int r = placed(model, event, error);
    return r == 0 && evs_json_find(event->data, "offerId", &offer) ? offer_over(model, event, error) : r;
  }
  if (op_type_is(event, OP_WAITING_OFFER_EXPIRED) || op_type_is(event, OP_WAITING_OFFER_DECLINED))
    return offer_over(model, event, error);
  if (op_type_is(event, OP_PAYMENT_ATTEMPT_STARTED))
    return asked(model, event, error);
  if (op_type_is(event, OP_RESERVATION_CANCELLED)) {
    int r = cancelled(model, event, error);
    return r == 0 ? caused(model, OP_RESERVATION_CANCELLED, event, error) : r;
  }
  if (op_type_is(event, OP_CUSTOMER_FORGOTTEN))
    return forgotten(model, event, error);
  for (size_t i = 0; notify_causes[i] != NULL; i++)
    if (op_type_is(event, notify_causes[i]))
      return caused(model, notify_causes[i], event, error);
  for (size_t i = 0; notify_outcomes[i] != NULL; i++)
    if (op_type_is(event, notify_outcomes[i]))
      return became(model, event, error);
  return 0;
}

const struct op_model_definition notify_model = {.name = OP_MODEL_NOTIFY,
                                                 .version = 8,
                                                 .schema = schema,
                                                 .indexes = indexes,
                                                 .types = types,
                                                 .requests = true,
                                                 .apply = apply};
