/* offers.c - offers seats that came back to who waits for them, for reservation.offer time, then to the next.
 *
 * The first who fits is served: in the order of joining, whoever does not fit into what is left is passed over and
 * keeps the place; who could not accept any more, since the customer has as many seats as may be, leaves the list. An
 * offer never outlasts the sales. Killed anywhere, the next run finds the same entries; the ids derived from the entry
 * and the guard over the musical make a second offer of the same seats impossible. */
#include "offers.h"

#include "decide_waiting.h"
#include "project.h"
#include "queue.h"
#include "waiting.h"

#include <string.h>

/* The entry of the next row, whose first column is its id. */
static int next_waiting(struct op_model *model, sqlite3_stmt *sql, struct waiting *ret_waiting, bool *ret_found,
                        struct op_error *error) {
  int code = op_model_step(model, sql, ret_found, error);
  if (code == OP_OK && *ret_found)
    code = waiting_load(model, (const char *)sqlite3_column_text(sql, 0), ret_waiting, error);
  return code;
}

/* Drafts the end of up to `limit` offers, oldest first. */
static int end_offers(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                      struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "SELECT waiting_id FROM waiting WHERE status = 'Offered' AND until_us <= ?1"
                                          " ORDER BY until_us LIMIT ?2");
  sqlite3_bind_int64(sql, 1, op_now_us(op_model_app(model)));
  sqlite3_bind_int64(sql, 2, limit < INT64_MAX ? (sqlite3_int64)limit : INT64_MAX);
  struct waiting waiting;
  bool found = false;
  int code;
  while ((code = next_waiting(model, sql, &waiting, &found, error)) == OP_OK && found)
    if (strcmp(waiting.status, WAITING_OFFERED) == 0)
      decide_offer_expired(&waiting, drafts, guard);
  sqlite3_reset(sql);
  return code;
}

/* Until when an offer made now is open: false where nothing is sold now. */
static bool offer_end(const struct op_musical *musical, int64_t now_us, int64_t offer_ms, int64_t *ret_until_us) {
  *ret_until_us = now_us + offer_ms * 1000;
  if (musical->sales_close_us && musical->sales_close_us < *ret_until_us)
    *ret_until_us = musical->sales_close_us;
  return musical->id[0] && !musical->closed && (!musical->sales_open_us || now_us >= musical->sales_open_us) &&
         now_us < *ret_until_us;
}

/* What the customer of an entry has already, and has on offer, by the table and from the entries before it. */
static int load_turn(struct op_model *model, const struct op_musical *musical, const struct queue *queue, size_t at,
                     struct turn_facts *facts, struct op_error *error) {
  const struct queued *queued = &queue->items[at];
  facts->held = facts->offered = 0;
  facts->max_per_customer = musical->max_per_customer;
  if (!facts->max_per_customer || !queued->customer_id[0])
    return OP_OK;
  bool found = false;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT sum(seats) FROM waiting WHERE customer_id = ?1"
                                          " AND musical_id = ?2 AND status = 'Offered'");
  sqlite3_bind_text(sql, 1, queued->customer_id, -1, SQLITE_STATIC);
  sqlite3_bind_text(sql, 2, musical->id, -1, SQLITE_STATIC);
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found)
    facts->offered = sqlite3_column_int64(sql, 0);
  sqlite3_reset(sql);
  for (size_t i = 0; i < at; i++)
    if (queue->items[i].offered && strcmp(queue->items[i].customer_id, queued->customer_id) == 0)
      facts->offered += queue->items[i].seats;
  return code == OP_OK ? customer_held(model, queued->customer_id, musical->id, &facts->held, error) : code;
}

/* Drafts up to `limit` events: the offers of one musical, and the end of entries that have no room for theirs. */
static int make_offers(struct op_model *model, const char *musical_id, size_t limit, struct op_drafts *drafts,
                       struct op_guard *guard, struct op_error *error) {
  const struct op_app *app = op_model_app(model);
  size_t before = drafts->count;
  struct op_musical musical;
  struct queue queue = {0};
  struct waiting waiting;
  struct turn_facts facts = {0};
  int code = op_musical_load(model, musical_id, &musical, error);
  if (code != OP_OK || op_musical_available(&musical, NULL) == 0 ||
      !offer_end(&musical, op_now_us(app), app->config.reservation_offer_ms, &facts.until_us))
    return code;
  code = queue_load(model, musical_id, &queue, error);
  for (size_t i = 0; i < queue.count && code == OP_OK && drafts->count - before < limit; i++) {
    struct queued *queued = &queue.items[i];
    if (!queue_fits(queued, &musical))
      continue;
    code = waiting_load(model, queued->id, &waiting, error);
    if (code == OP_OK)
      code = load_turn(model, &musical, &queue, i, &facts, error);
    if (code != OP_OK)
      break;
    facts.guarded = drafts->count > before;
    queued->offered = decide_turn(&waiting, &facts, drafts, guard);
    if (queued->offered)
      op_musical_take(&musical, queued->grade, queued->seats);
  }
  queue_free(&queue);
  return code;
}

/* The ended ones first, and nothing else in that round: with their seats somebody may fit who stands before those who
 * fit without them. */
int offers_work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error) {
  size_t before = drafts->count, most = before + limit;
  int code = end_offers(model, limit, drafts, guard, error);
  if (code != OP_OK || drafts->count > before)
    return code;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT DISTINCT musical_id FROM waiting WHERE status = 'Waiting'");
  bool found = true;
  while (code == OP_OK && drafts->count < most && (code = op_model_step(model, sql, &found, error)) == OP_OK && found)
    code = make_offers(model, (const char *)sqlite3_column_text(sql, 0), most - drafts->count, drafts, guard, error);
  sqlite3_reset(sql);
  return code;
}

/* Offers that are over are due since their time; those to be made, since now: nobody kept when there was enough for
 * them. */
int offers_pending(struct op_model *model, struct op_pending *owed, struct op_error *error) {
  int64_t now_us = op_now_us(op_model_app(model)), ended = 0, since_us = 0;
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  bool found = false;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT count(*), min(until_us) FROM waiting"
                                          " WHERE status = 'Offered' AND until_us <= ?1");
  sqlite3_bind_int64(sql, 1, now_us);
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found) {
    ended = sqlite3_column_int64(sql, 0);
    since_us = sqlite3_column_int64(sql, 1);
  }
  sqlite3_reset(sql);
  if (code == OP_OK)
    code = offers_work(model, SIZE_MAX, &drafts, &guard, error);
  if (code == OP_OK) {
    op_pending_add(owed, ended, 0, since_us, since_us);
    op_pending_add(owed, (int64_t)drafts.count - ended, 0, now_us, now_us);
  }
  op_drafts_free(&drafts);
  op_guard_free(&guard);
  return code;
}
