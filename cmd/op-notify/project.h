/* project.h - the read model of op-notify, state/notify.db: what there is to tell, and what was told. No personal data.
 */
#ifndef NOTIFY_PROJECT_H
#define NOTIFY_PROJECT_H

#include "decide.h"
#include "model.h"
#include "notice.h"
#include "pending.h"

extern const struct op_model_definition notify_model;

/* The columns that notice_read() expects first in a SELECT over `notices`. */
#define NOTICE_COLUMNS                                                                                                 \
  "cause, template, reservation_id, customer_id, musical, currency, seats, amount, caused_at, reason, status,"         \
  " attempts, forgiven, offer_id, until, branch, fulfil, distance_km"
enum { NOTICE_COLUMN_COUNT = 18 };

/* The row that the statement stands on, as a notice. */
void notice_read(sqlite3_stmt *row, struct notice *ret_notice);

/* The notices that are due at `now_us`, at most `limit` of them: first those never tried, oldest cause first, then
 * those that failed, in the order of their times. */
int notify_pending(struct op_model *model, int64_t now_us, struct notice *notices, size_t limit, size_t *ret_count,
                   struct op_error *error);

/* Counts the notices that are due, now or later. */
int notify_owed(struct op_model *model, struct op_pending *owed, struct op_error *error);

/* The notice of this id (cause 0 where there is none), and whether it is due at `now_us`. */
int notify_find(struct op_model *model, const char *notice_id, int64_t now_us, struct notice *ret_notice,
                bool *ret_is_due, struct op_error *error);

/* Was the customer named by an event, and forgotten (*ret_forgotten_at: when, the last time; "" for never)? */
int notify_customer(struct op_model *model, const char *customer_id, bool *ret_seen,
                    char ret_forgotten_at[EVS_TIME_SIZE], struct op_error *error);

/* Calls visit(context, notice id) for every notice of a customer, sent or not. */
int notify_each_of(struct op_model *model, const char *customer_id,
                   int (*visit)(void *context, const char *notice_id, struct op_error *error), void *context,
                   struct op_error *error);

#endif
