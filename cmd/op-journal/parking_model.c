/* parking_model.c - folds the book-keeping of consumers into state/journal.db, and finds what is due in it.
 *
 * There are few such events, so each is folded by itself: the item is read, item_apply() changes it, it is written.
 * What is done keeps its row, whose last_seq the next step needs if the consumer is sought back. Errors: those of the
 * model.
 */
#include "parking_model.h"
#include "domain.h"
#include "listing.h"

#include <string.h>

#define WAITING "state IN ('Failing', 'Parked', 'Held', 'Retried')"
/* What holds those behind it: of a group all that waits, else what is given again by itself. */
#define HOLDING(group) WAITING " AND (" group " OR state IN ('Failing', 'Held'))"
#define COLUMNS "consumer, seq, state, attempts, retry_us, behind, last_seq, type, correlation, reason, updated_at"

static const char schema[] =
    "CREATE TABLE items(consumer TEXT NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,"
    " retry_us INTEGER NOT NULL, behind INTEGER NOT NULL, last_seq INTEGER NOT NULL, type TEXT, correlation TEXT,"
    " reason TEXT,"
    " updated_at TEXT NOT NULL, PRIMARY KEY(consumer, seq)) WITHOUT ROWID;"
    "CREATE INDEX items_waiting ON items(consumer, correlation, seq) WHERE " WAITING ";"
    "CREATE TABLE parts(consumer TEXT PRIMARY KEY, parts INTEGER NOT NULL) WITHOUT ROWID;";

/* Fills an item from a row of COLUMNS. */
static void read_row(sqlite3_stmt *row, struct item *ret_item) {
  *ret_item = (struct item){0};
  op_column_text(row, 0, ret_item->consumer, sizeof ret_item->consumer);
  ret_item->seq = (uint64_t)sqlite3_column_int64(row, 1);
  int state = op_word_index((const char *)sqlite3_column_text(row, 2), item_states);
  ret_item->state = state >= 0 ? (enum item_state)state : ITEM_NEW;
  ret_item->attempts = sqlite3_column_int64(row, 3);
  ret_item->retry_us = sqlite3_column_int64(row, 4);
  ret_item->behind = (uint64_t)sqlite3_column_int64(row, 5);
  ret_item->last_seq = (uint64_t)sqlite3_column_int64(row, 6);
  op_column_text(row, 7, ret_item->type, sizeof ret_item->type);
  op_column_text(row, 8, ret_item->correlation, sizeof ret_item->correlation);
  op_column_text(row, 9, ret_item->reason, sizeof ret_item->reason);
  op_column_text(row, 10, ret_item->updated_at, sizeof ret_item->updated_at);
}

/* Writes an item. */
static int save(struct op_model *model, const struct item *item, struct op_error *error) {
  sqlite3_stmt *put =
      op_model_sql(model, "INSERT OR REPLACE INTO items(" COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)");
  op_bind_text(put, 1, item->consumer);
  sqlite3_bind_int64(put, 2, (int64_t)item->seq);
  op_bind_text(put, 3, item_states[item->state]);
  sqlite3_bind_int64(put, 4, item->attempts);
  sqlite3_bind_int64(put, 5, item->retry_us);
  sqlite3_bind_int64(put, 6, (int64_t)item->behind);
  sqlite3_bind_int64(put, 7, (int64_t)item->last_seq);
  op_bind_text(put, 8, item->type);
  op_bind_text(put, 9, item->correlation);
  op_bind_text(put, 10, item->reason);
  op_bind_text(put, 11, item->updated_at);
  return op_model_exec(model, put, error);
}

/* Keeps in how many parts a consumer is run. */
static int save_parts(struct op_model *model, const evs_event *event, struct op_error *error) {
  char consumer[EVS_MAX_CONSUMER + 1];
  int64_t parts = op_field_number(event, "parts", -1);
  if (parts < 0 || parts > MAX_PARTS || !op_field_text(event, "consumer", consumer, sizeof consumer) || !consumer[0])
    return OP_OK;
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR REPLACE INTO parts VALUES (?1, ?2)");
  op_bind_text(put, 1, consumer);
  sqlite3_bind_int64(put, 2, parts);
  return op_model_exec(model, put, error);
}

/* Folds one event. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  struct item item;
  char consumer[EVS_MAX_CONSUMER + 1];
  uint64_t seq = 0;
  if (op_type_is(event, OP_CONSUMER_PARTITIONED))
    return save_parts(model, event, error);
  if (!item_of(event, consumer, &seq))
    return OP_OK;
  int code = parking_load(model, consumer, seq, &item, error);
  if (code != OP_OK)
    return code;
  item_apply(&item, event);
  return save(model, &item, error);
}

/* The definition. */
const struct op_model_definition *parking_model(void) {
  static const char *const types[] = {OP_CONSUMER_ATTEMPT_FAILED,
                                      OP_CONSUMER_EVENT_PARKED,
                                      OP_CONSUMER_EVENT_RETRIED,
                                      OP_CONSUMER_EVENT_DROPPED,
                                      OP_CONSUMER_EVENT_DELIVERED,
                                      OP_CONSUMER_PARTITIONED,
                                      NULL};
  static const struct op_model_definition definition = {
      .name = OP_MODEL_JOURNAL, .version = 2, .schema = schema, .types = types, .requests = true, .apply = apply};
  return &definition;
}

/* ---- items ------------------------------------------------------------------------------------------------------ */

/* Steps a SELECT of one item; ITEM_NEW where there is none. */
static int load_one(struct op_model *model, sqlite3_stmt *row, struct item *ret_item, struct op_error *error) {
  bool found = false;
  int code = op_model_step(model, row, &found, error);
  if (code == OP_OK && found)
    read_row(row, ret_item);
  else
    *ret_item = (struct item){0};
  sqlite3_reset(row);
  return code;
}

/* By its key. */
int parking_load(struct op_model *model, const char *consumer, uint64_t seq, struct item *ret_item,
                 struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT " COLUMNS " FROM items WHERE consumer = ?1 AND seq = ?2");
  op_bind_text(row, 1, consumer);
  sqlite3_bind_int64(row, 2, (int64_t)seq);
  int code = load_one(model, row, ret_item, error);
  if (code == OP_OK && ret_item->state == ITEM_NEW) {
    snprintf(ret_item->consumer, sizeof ret_item->consumer, "%s", consumer);
    ret_item->seq = seq;
  }
  return code;
}

/* Anything at all. */
int parking_any(struct op_model *model, const char *consumer, bool *ret_any, struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT 1 FROM items WHERE consumer = ?1 AND " WAITING " LIMIT 1");
  op_bind_text(row, 1, consumer);
  int code = op_model_step(model, row, ret_any, error);
  sqlite3_reset(row);
  return code;
}

/* What failed and is not given up: how many, and when the first of them is given again. */
int parking_failing(struct op_model *model, const char *consumer, struct part part, struct failing *ret_failing,
                    struct op_error *error) {
  sqlite3_stmt *rows =
      op_model_sql(model, "SELECT correlation, retry_us FROM items WHERE consumer = ?1 AND attempts > 0"
                          " AND " WAITING " AND state <> 'Parked'");
  char correlation[EVS_MAX_ID + 1];
  bool found = false;
  int code = OP_OK;
  op_bind_text(rows, 1, consumer);
  *ret_failing = (struct failing){0};
  while ((code = op_model_step(model, rows, &found, error)) == OP_OK && found) {
    op_column_text(rows, 0, correlation, sizeof correlation);
    if (!part_has(part, correlation))
      continue;
    int64_t retry_us = sqlite3_column_int64(rows, 1);
    if (!ret_failing->count++ || retry_us < ret_failing->retry_us)
      ret_failing->retry_us = retry_us;
  }
  sqlite3_reset(rows);
  return code;
}

/* What can be given, in order. */
int parking_due(struct op_model *model, const char *consumer, struct part part, uint64_t seq, int64_t now_us,
                struct item *ret_item, struct op_error *error) {
  sqlite3_stmt *rows = op_model_sql(
      model, "SELECT " COLUMNS " FROM items AS i WHERE consumer = ?1 AND seq > ?2 AND retry_us <= ?3 AND " WAITING
             " AND (state IN ('Failing', 'Retried') OR (state = 'Held' AND NOT EXISTS (SELECT 1 FROM items AS j"
             "  WHERE j.consumer = i.consumer AND j.correlation = i.correlation AND j.seq < i.seq"
             "  AND j." HOLDING("?4") "))) ORDER BY seq");
  op_bind_text(rows, 1, consumer);
  sqlite3_bind_int64(rows, 2, (int64_t)seq);
  sqlite3_bind_int64(rows, 3, now_us);
  sqlite3_bind_int(rows, 4, part.of > 0);
  bool found = false;
  int code = OP_OK;
  *ret_item = (struct item){0};
  while ((code = op_model_step(model, rows, &found, error)) == OP_OK && found) {
    read_row(rows, ret_item);
    if (part_has(part, ret_item->correlation))
      break;
    *ret_item = (struct item){0};
  }
  sqlite3_reset(rows);
  return code;
}

/* What an event of this correlation would wait for. */
int parking_ahead(struct op_model *model, const char *consumer, struct part part, const char *correlation, uint64_t seq,
                  uint64_t *ret_ahead, struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT min(seq) FROM items WHERE consumer = ?1 AND correlation = ?2"
                                          " AND seq < ?3 AND " HOLDING("?4"));
  op_bind_text(row, 1, consumer);
  op_bind_text(row, 2, correlation);
  sqlite3_bind_int64(row, 3, (int64_t)seq);
  sqlite3_bind_int(row, 4, part.of > 0);
  bool found = false;
  int code = op_model_step(model, row, &found, error);
  *ret_ahead = code == OP_OK && found ? (uint64_t)sqlite3_column_int64(row, 0) : 0;
  sqlite3_reset(row);
  return code;
}

/* Of one part. */
int parking_count(struct op_model *model, const char *consumer, struct part part, int64_t *ret_count,
                  struct op_error *error) {
  sqlite3_stmt *rows =
      op_model_sql(model, "SELECT correlation FROM items AS i WHERE consumer = ?1 AND " WAITING
                          " AND (state = 'Parked' OR (state = 'Held' AND EXISTS (SELECT 1 FROM items AS j"
                          "  WHERE j.consumer = i.consumer AND j.correlation = i.correlation AND j.seq < i.seq"
                          "  AND j.state = 'Parked')))");
  op_bind_text(rows, 1, consumer);
  char correlation[EVS_MAX_ID + 1];
  bool found = false;
  int code = OP_OK;
  *ret_count = 0;
  while ((code = op_model_step(model, rows, &found, error)) == OP_OK && found) {
    op_column_text(rows, 0, correlation, sizeof correlation);
    *ret_count += part_has(part, correlation);
  }
  sqlite3_reset(rows);
  return code;
}

/* All that waits. */
int parking_waiting(struct op_model *model, const char *consumer,
                    int (*visit)(void *context, const struct item *item, struct op_error *error), void *context,
                    struct op_error *error) {
  sqlite3_stmt *rows =
      op_model_sql(model, "SELECT " COLUMNS " FROM items WHERE (?1 IS NULL OR consumer = ?1) AND " WAITING
                          " ORDER BY consumer, seq");
  op_bind_text(rows, 1, consumer);
  struct item item;
  bool found = false;
  int code = OP_OK;
  while ((code = op_model_step(model, rows, &found, error)) == OP_OK && found) {
    read_row(rows, &item);
    if ((code = visit(context, &item, error)))
      break;
  }
  sqlite3_reset(rows);
  return code;
}

/* ---- parts ------------------------------------------------------------------------------------------------------ */

/* Of one consumer. */
int parts_load(struct op_model *model, const char *consumer, int *ret_parts, struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT parts FROM parts WHERE consumer = ?1");
  op_bind_text(row, 1, consumer);
  bool found = false;
  int code = op_model_step(model, row, &found, error);
  *ret_parts = code == OP_OK && found ? sqlite3_column_int(row, 0) : -1;
  sqlite3_reset(row);
  return code;
}

/* Of all that are divided. */
int parts_all(struct op_model *model, void (*visit)(void *context, const char *consumer, unsigned parts), void *context,
              struct op_error *error) {
  sqlite3_stmt *rows = op_model_sql(model, "SELECT consumer, parts FROM parts WHERE parts > 0 ORDER BY consumer");
  bool found = false;
  int code = OP_OK;
  while ((code = op_model_step(model, rows, &found, error)) == OP_OK && found) {
    char consumer[EVS_MAX_CONSUMER + 1];
    op_column_text(rows, 0, consumer, sizeof consumer);
    visit(context, consumer, (unsigned)sqlite3_column_int(rows, 1));
  }
  sqlite3_reset(rows);
  return code;
}
