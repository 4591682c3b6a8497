/* notices.c - what the processor, the verbs and forgetting ask of the tables of project.c.
 *
 * Nothing here changes a table. Errors: those of op_model_step(). */
#include "listing.h"
#include "project.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The row as a notice. */
void notice_read(sqlite3_stmt *row, struct notice *ret_notice) {
  *ret_notice = (struct notice){.cause = (uint64_t)sqlite3_column_int64(row, 0)};
  snprintf(ret_notice->id, sizeof ret_notice->id, "%" PRIu64, ret_notice->cause);
  op_column_text(row, 1, ret_notice->template, sizeof ret_notice->template);
  op_column_text(row, 2, ret_notice->reservation_id, sizeof ret_notice->reservation_id);
  op_column_text(row, 3, ret_notice->customer_id, sizeof ret_notice->customer_id);
  op_column_text(row, 4, ret_notice->musical, sizeof ret_notice->musical);
  op_column_text(row, 5, ret_notice->currency, sizeof ret_notice->currency);
  ret_notice->seats = sqlite3_column_int64(row, 6);
  ret_notice->amount = sqlite3_column_int64(row, 7);
  op_column_text(row, 8, ret_notice->caused_at, sizeof ret_notice->caused_at);
  op_column_text(row, 9, ret_notice->reason, sizeof ret_notice->reason);
  int status = op_word_index((const char *)sqlite3_column_text(row, 10), notice_statuses);
  ret_notice->status = status >= 0 ? (enum notice_status)status : NOTICE_PENDING;
  ret_notice->attempts = sqlite3_column_int64(row, 11);
  ret_notice->forgiven = sqlite3_column_int64(row, 12);
  op_column_text(row, 13, ret_notice->offer_id, sizeof ret_notice->offer_id);
  op_column_text(row, 14, ret_notice->until, sizeof ret_notice->until);
  op_column_text(row, 15, ret_notice->branch, sizeof ret_notice->branch);
  op_column_text(row, 16, ret_notice->fulfil, sizeof ret_notice->fulfil);
  op_column_text(row, 17, ret_notice->distance_km, sizeof ret_notice->distance_km);
}

/* What is due. */
int notify_pending(struct op_model *model, int64_t now_us, struct notice *notices, size_t limit, size_t *ret_count,
                   struct op_error *error) {
  sqlite3_stmt *rows =
      op_model_sql(model, "SELECT " NOTICE_COLUMNS ","
                          " EXISTS (SELECT 1 FROM forgotten WHERE forgotten.customer_id = notices.customer_id)"
                          " FROM notices WHERE due IS NOT NULL AND due <= ?1 ORDER BY due, cause LIMIT ?2");
  sqlite3_bind_int64(rows, 1, now_us);
  sqlite3_bind_int64(rows, 2, (int64_t)limit);
  *ret_count = 0;
  bool found = true;
  int r = 0;
  while (*ret_count < limit && (r = op_model_step(model, rows, &found, error)) == 0 && found) {
    struct notice *notice = &notices[(*ret_count)++];
    notice_read(rows, notice);
    notice->forgotten = sqlite3_column_int(rows, NOTICE_COLUMN_COUNT) != 0;
  }
  sqlite3_reset(rows);
  return r;
}

/* The earliest of the times in a column of text; 0 where there is none. */
static int64_t column_time(sqlite3_stmt *row, int column) {
  char text[EVS_TIME_SIZE];
  int64_t time_us = 0;
  op_column_text(row, column, text, sizeof text);
  return evs_time_parse(text, strlen(text), &time_us) ? time_us : 0;
}

/* What failed and is to be tried again later waits. */
int notify_owed(struct op_model *model, struct op_pending *owed, struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT count(*), total(due > ?1), min(caused_at),"
                                          " min(CASE WHEN due <= 0 THEN asked_at END),"
                                          " min(CASE WHEN due > 0 AND due <= ?1 THEN due END)"
                                          " FROM notices WHERE due IS NOT NULL");
  sqlite3_bind_int64(row, 1, op_now_us(op_model_app(model)));
  bool found = false;
  int r = op_model_step(model, row, &found, error);
  if (r == 0 && found) {
    int64_t asked_us = column_time(row, 3), retry_us = sqlite3_column_int64(row, 4);
    op_pending_add(owed, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1), column_time(row, 2),
                   asked_us == 0 || (retry_us != 0 && retry_us < asked_us) ? retry_us : asked_us);
  }
  sqlite3_reset(row);
  return r;
}

/* One notice by its id. */
int notify_find(struct op_model *model, const char *notice_id, int64_t now_us, struct notice *ret_notice,
                bool *ret_is_due, struct op_error *error) {
  int64_t cause = 0;
  struct op_error ignored;
  *ret_notice = (struct notice){0};
  *ret_is_due = false;
  if (op_check_number("notice id", "bad_id", notice_id, 1, INT64_MAX, &cause, &ignored) != 0)
    return 0;
  sqlite3_stmt *row = op_model_sql(model, "SELECT " NOTICE_COLUMNS ", ifnull(due <= ?2, 0) FROM notices"
                                          " WHERE cause = ?1");
  sqlite3_bind_int64(row, 1, cause);
  sqlite3_bind_int64(row, 2, now_us);
  bool found = false;
  int r = op_model_step(model, row, &found, error);
  if (r == 0 && found) {
    notice_read(row, ret_notice);
    *ret_is_due = sqlite3_column_int(row, NOTICE_COLUMN_COUNT) != 0;
  }
  sqlite3_reset(row);
  return r;
}

/* What the journal knows of a customer. */
int notify_customer(struct op_model *model, const char *customer_id, bool *ret_seen,
                    char ret_forgotten_at[EVS_TIME_SIZE], struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT EXISTS (SELECT 1 FROM reservations WHERE customer_id = ?1)"
                                          " OR EXISTS (SELECT 1 FROM notices WHERE customer_id = ?1)"
                                          " OR EXISTS (SELECT 1 FROM forgotten WHERE customer_id = ?1),"
                                          " (SELECT forgotten_at FROM forgotten WHERE customer_id = ?1)");
  sqlite3_bind_text(row, 1, customer_id, -1, SQLITE_STATIC);
  bool found = false;
  int r = op_model_step(model, row, &found, error);
  *ret_seen = r == 0 && found && sqlite3_column_int(row, 0) != 0;
  ret_forgotten_at[0] = '\0';
  if (r == 0 && found)
    op_column_text(row, 1, ret_forgotten_at, EVS_TIME_SIZE);
  sqlite3_reset(row);
  return r;
}

/* Every notice of a customer. */
int notify_each_of(struct op_model *model, const char *customer_id,
                   int (*visit)(void *context, const char *notice_id, struct op_error *error), void *context,
                   struct op_error *error) {
  sqlite3_stmt *rows = op_model_sql(model, "SELECT cause FROM notices WHERE customer_id = ?1 ORDER BY cause");
  sqlite3_bind_text(rows, 1, customer_id, -1, SQLITE_STATIC);
  bool found = true;
  int r = 0;
  while (r == 0 && (r = op_model_step(model, rows, &found, error)) == 0 && found)
    r = visit(context, (const char *)sqlite3_column_text(rows, 0), error);
  sqlite3_reset(rows);
  return r;
}
