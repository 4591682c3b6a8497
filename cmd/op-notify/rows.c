/* rows.c - reads and writes the rows of the tables of project.c.
 *
 * Invariants: what is written and read again is the same; `due` is NULL but for a notice that is pending. What never
 * changes of a row (whom a reservation is for, what a notice says) is written once. Errors: those of op_model_step().
 */
#include "rows.h"

#include "listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

const struct op_row_kind booking_rows = {sizeof(struct booking), load_booking, save_booking};
const struct op_row_kind musical_rows = {sizeof(struct named), load_musical, save_musical};
const struct op_row_kind branch_rows = {sizeof(struct named), load_branch, save_branch};
const struct op_row_kind notice_rows = {sizeof(struct told), load_told, save_told};
