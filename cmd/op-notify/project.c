/* project.c - folds the journal into the notices.
 *
 * Invariants: one row in `notices` per cause, with the figures as they stood at the cause; `due` is NULL exactly where
 * nothing is to be done (sent, parked, withdrawn), else the time from which on it is to be told, in microseconds (0: at
 * once); once sent it stays sent. Only opaque customer ids are kept here. */
#include "project.h"

#include "listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef OP_BRANCH_REVISED
#define OP_BRANCH_REVISED "BranchRevised" /* it may have another name now */
#endif

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

/* What a notice says of its reservation. */
struct booking {
  char id[OP_MAX_ID + 1]; /* "": no such reservation */
  char musical_id[OP_MAX_ID + 1], customer_id[OP_MAX_ID + 1];
  char fulfil[16]; /* pickup or delivery; "": it has no location */
  int64_t seats;
  struct telling telling;
  uint64_t branch_notice; /* the last one about its branch; 0: none */
};

/* A musical or a branch. */
struct named {
  char id[OP_MAX_ID + 1]; /* "": there is none */
  char name[OP_MAX_NAME + 1];
};

/* A notice with what became of it. */
struct told {
  struct notice notice; /* cause 0: no such notice */
  int64_t due;          /* of a pending one: 0 at once, else from when on */
  char failure[OP_MAX_ID + 1], channel[OP_MAX_ID + 1], lang[OP_MAX_ID + 1];
  char sent_at[EVS_TIME_SIZE];  /* "": not sent yet */
  char asked_at[EVS_TIME_SIZE]; /* since when it is wanted: its cause, or an operator who wants it tried again */
};

/* What a row holds behind the notice itself, in this order. */
#define TOLD_COLUMNS "due, failure, channel, lang, sent_at, asked_at"
enum { DUE = NOTICE_COLUMN_COUNT, FAILURE, CHANNEL, LANG, SENT_AT, ASKED_AT };

/* Reads a reservation. */
static int load_booking(struct op_model *model, const char *id, void *kept, bool *ret_found, struct op_error *error) {
  struct booking *booking = kept;
  sqlite3_stmt *row = op_model_sql(model, "SELECT musical_id, customer_id, seats, stage, asked, fulfil, branch_stage,"
                                          " branch_notice FROM reservations WHERE reservation_id = ?1");
  op_bind_text(row, 1, id);
  int r = op_model_step(model, row, ret_found, error);
  if (r == 0 && *ret_found) {
    snprintf(booking->id, sizeof booking->id, "%s", id);
    op_column_text(row, 0, booking->musical_id, sizeof booking->musical_id);
    op_column_text(row, 1, booking->customer_id, sizeof booking->customer_id);
    booking->seats = sqlite3_column_int64(row, 2);
    booking->telling.stage = (enum telling_stage)sqlite3_column_int(row, 3);
    booking->telling.asked = sqlite3_column_int(row, 4) != 0;
    op_column_text(row, 5, booking->fulfil, sizeof booking->fulfil);
    booking->telling.branch = (enum telling_branch)sqlite3_column_int(row, 6);
    booking->branch_notice = (uint64_t)sqlite3_column_int64(row, 7);
  }
  sqlite3_reset(row);
  return r;
}

/* Writes a reservation. */
static int save_booking(struct op_model *model, const void *kept, bool is_new, struct op_error *error) {
  const struct booking *booking = kept;
  sqlite3_stmt *put =
      is_new ? op_model_sql(model, "INSERT INTO reservations (reservation_id, seats, stage, asked, branch_stage,"
                                   " branch_notice, musical_id, customer_id, fulfil)"
                                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
             : op_model_sql(model, "UPDATE reservations SET seats = ?2, stage = ?3, asked = ?4, branch_stage = ?5,"
                                   " branch_notice = ?6 WHERE reservation_id = ?1");
  op_bind_text(put, 1, booking->id);
  sqlite3_bind_int64(put, 2, booking->seats);
  sqlite3_bind_int(put, 3, (int)booking->telling.stage);
  sqlite3_bind_int(put, 4, booking->telling.asked);
  sqlite3_bind_int(put, 5, (int)booking->telling.branch);
  sqlite3_bind_int64(put, 6, (int64_t)booking->branch_notice);
  if (is_new) {
    op_bind_text(put, 7, booking->musical_id);
    op_bind_text(put, 8, booking->customer_id);
    op_bind_text(put, 9, booking->fulfil);
  }
  return op_model_exec(model, put, error);
}

/* Reads a name by a statement that takes the id. */
static int load_named(struct op_model *model, sqlite3_stmt *row, const char *id, struct named *named, bool *ret_found,
                      struct op_error *error) {
  op_bind_text(row, 1, id);
  int r = op_model_step(model, row, ret_found, error);
  if (r == 0 && *ret_found) {
    snprintf(named->id, sizeof named->id, "%s", id);
    op_column_text(row, 0, named->name, sizeof named->name);
  }
  sqlite3_reset(row);
  return r;
}

/* Writes a name by a statement that takes the id and the name. */
static int save_named(struct op_model *model, sqlite3_stmt *put, const struct named *named, struct op_error *error) {
  op_bind_text(put, 1, named->id);
  op_bind_text(put, 2, named->name);
  return op_model_exec(model, put, error);
}

/* Reads a musical. */
static int load_musical(struct op_model *model, const char *id, void *kept, bool *ret_found, struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT name FROM musicals WHERE musical_id = ?1");
  return load_named(model, row, id, kept, ret_found, error);
}

/* Writes a musical, which never changes. */
static int save_musical(struct op_model *model, const void *kept, bool is_new, struct op_error *error) {
  (void)is_new;
  return save_named(model, op_model_sql(model, "INSERT INTO musicals VALUES (?1, ?2)"), kept, error);
}

/* Reads a branch. */
static int load_branch(struct op_model *model, const char *id, void *kept, bool *ret_found, struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT name FROM branches WHERE branch_id = ?1");
  return load_named(model, row, id, kept, ret_found, error);
}

/* Writes a branch. */
static int save_branch(struct op_model *model, const void *kept, bool is_new, struct op_error *error) {
  (void)is_new;
  return save_named(model, op_model_sql(model, "INSERT OR REPLACE INTO branches VALUES (?1, ?2)"), kept, error);
}

/* Reads the notice about the event of this number. */
static int load_told(struct op_model *model, const char *id, void *kept, bool *ret_found, struct op_error *error) {
  struct told *told = kept;
  sqlite3_stmt *row = op_model_sql(model, "SELECT " NOTICE_COLUMNS ", " TOLD_COLUMNS " FROM notices WHERE cause = ?1");
  sqlite3_bind_int64(row, 1, strtoll(id, NULL, 10));
  int r = op_model_step(model, row, ret_found, error);
  if (r == 0 && *ret_found) {
    notice_read(row, &told->notice);
    told->due = sqlite3_column_int64(row, DUE);
    op_column_text(row, FAILURE, told->failure, sizeof told->failure);
    op_column_text(row, CHANNEL, told->channel, sizeof told->channel);
    op_column_text(row, LANG, told->lang, sizeof told->lang);
    op_column_text(row, SENT_AT, told->sent_at, sizeof told->sent_at);
    op_column_text(row, ASKED_AT, told->asked_at, sizeof told->asked_at);
  }
  sqlite3_reset(row);
  return r;
}

/* Writes a notice. */
static int save_told(struct op_model *model, const void *kept, bool is_new, struct op_error *error) {
  const struct told *told = kept;
  const struct notice *notice = &told->notice;
  sqlite3_stmt *put =
      is_new
          ? op_model_sql(model,
                         "INSERT INTO notices (cause, status, attempts, forgiven, due, failure, channel, lang,"
                         " sent_at, asked_at, template, reservation_id, customer_id, musical, currency, seats, amount,"
                         " caused_at, reason, offer_id, until, branch, fulfil, distance_km)"
                         " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,"
                         "?24)")
          : op_model_sql(model, "UPDATE notices SET status = ?2, attempts = ?3, forgiven = ?4, due = ?5, failure = ?6,"
                                " channel = ?7, lang = ?8, sent_at = ?9, asked_at = ?10 WHERE cause = ?1");
  sqlite3_bind_int64(put, 1, (int64_t)notice->cause);
  op_bind_text(put, 2, notice_statuses[notice->status]);
  sqlite3_bind_int64(put, 3, notice->attempts);
  sqlite3_bind_int64(put, 4, notice->forgiven);
  if (notice->status == NOTICE_PENDING)
    sqlite3_bind_int64(put, 5, told->due);
  op_bind_text(put, 6, told->failure);
  op_bind_text(put, 7, told->channel);
  op_bind_text(put, 8, told->lang);
  op_bind_text(put, 9, told->sent_at);
  op_bind_text(put, 10, told->asked_at);
  if (is_new) {
    op_bind_text(put, 11, notice->template);
    op_bind_text(put, 12, notice->reservation_id);
    op_bind_text(put, 13, notice->customer_id);
    op_bind_text(put, 14, notice->musical);
    op_bind_text(put, 15, notice->currency);
    sqlite3_bind_int64(put, 16, notice->seats);
    sqlite3_bind_int64(put, 17, notice->amount);
    op_bind_text(put, 18, notice->caused_at);
    op_bind_text(put, 19, notice->reason);
    op_bind_text(put, 20, notice->offer_id);
    op_bind_text(put, 21, notice->until);
    op_bind_text(put, 22, notice->branch);
    op_bind_text(put, 23, notice->fulfil);
    op_bind_text(put, 24, notice->distance_km);
  }
  return op_model_exec(model, put, error);
}

static const struct op_row_kind booking_rows = {sizeof(struct booking), load_booking, save_booking};
static const struct op_row_kind musical_rows = {sizeof(struct named), load_musical, save_musical};
static const struct op_row_kind branch_rows = {sizeof(struct named), load_branch, save_branch};
static const struct op_row_kind notice_rows = {sizeof(struct told), load_told, save_told};

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
