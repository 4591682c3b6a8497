/* offers.c - offers seats that came back to who waits for them, for reservation.offer time, then to the next.
 *
 * The first who fits is served: in the order of joining, whoever does not fit into what is left is passed over and
 * keeps the place; who could not accept any more, since the customer has as many seats as may be, or the seats are of a
 * grade that is gone, leaves the list. An offer never outlasts the sales. While nobody could accept one (waiting.h),
 * none is made and none ends. Killed anywhere, the next run finds the same entries; the ids derived from the entry and
 * the guard over the musical make a second offer of the same seats impossible. */
#include "offers.h"

#include "decide_waiting.h"
#include "interruption.h"
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

/* When all of a round is decided, so that no offer is over for one decision and open for the next. */
struct moment {
  int64_t now_us;
  int64_t payable_us; /* since when an offer can be paid for, see interruption_payable() */
};

/* Now. */
static int load_moment(struct op_model *model, struct moment *ret_moment, struct op_error *error) {
  const struct op_config *config = &op_model_app(model)->config;
  struct interruption interruption;
  int code = interruption_load(model, config->payment_provider, &interruption, error);
  *ret_moment = (struct moment){op_now_us(op_model_app(model)), interruption_payable(&interruption, config)};
  return code;
}

/* What is decided about offers does not outlive a change of the circuit, where that matters. */
static void guard_payable(struct op_model *model, struct op_guard *guard) {
  const struct op_config *config = &op_model_app(model)->config;
  if (interruption_suspends(config))
    op_guard_add(guard, interruption_types, OP_TAG_PROVIDER, config->payment_provider);
}

/* The entries whose offer may be over: none is before it was said to be. */
static sqlite3_stmt *select_over(struct op_model *model, const struct moment *moment) {
  sqlite3_stmt *sql = op_model_sql(model, "SELECT waiting_id FROM waiting WHERE status = 'Offered' AND until_us <= ?1"
                                          " ORDER BY until_us");
  sqlite3_bind_int64(sql, 1, moment->now_us);
  return sql;
}

/* The next of them whose offer is over, and since when. */
static int next_over(struct op_model *model, sqlite3_stmt *sql, const struct moment *moment,
                     struct waiting *ret_waiting, int64_t *ret_end_us, bool *ret_found, struct op_error *error) {
  struct op_musical musical;
  for (;;) {
    int code = next_waiting(model, sql, ret_waiting, ret_found, error);
    if (code == OP_OK && *ret_found)
      code = op_musical_load(model, ret_waiting->musical_id, &musical, error);
    if (code != OP_OK || !*ret_found)
      return code;
    *ret_end_us = offer_end(&musical, moment->payable_us, ret_waiting->offered_us, ret_waiting->until_us);
    if (strcmp(ret_waiting->status, WAITING_OFFERED) == 0 && *ret_end_us <= moment->now_us)
      return OP_OK;
  }
}

/* Drafts the end of up to `limit` offers, oldest first. */
static int end_offers(struct op_model *model, const struct moment *moment, size_t limit, struct op_drafts *drafts,
                      struct op_guard *guard, struct op_error *error) {
  size_t before = drafts->count;
  int64_t end_us = 0;
  struct waiting waiting;
  bool found = true;
  int code = OP_OK;
  sqlite3_stmt *sql = select_over(model, moment);
  while (code == OP_OK && drafts->count - before < limit &&
         (code = next_over(model, sql, moment, &waiting, &end_us, &found, error)) == OP_OK && found)
    decide_offer_expired(&waiting, drafts, guard);
  sqlite3_reset(sql);
  if (drafts->count > before)
    guard_payable(model, guard);
  return code;
}

/* Until when an offer made now is open: false where nothing can be sold now. */
static bool can_offer(const struct op_musical *musical, const struct moment *moment, int64_t offer_ms,
                      int64_t *ret_until_us) {
  const int64_t now_us = moment->now_us;
  *ret_until_us = now_us + offer_ms * 1000;
  if (musical->sales_close_us && musical->sales_close_us < *ret_until_us)
    *ret_until_us = musical->sales_close_us;
  return !musical->closed && moment->payable_us != NOT_CLOSED && op_musical_available(musical, NULL) > 0 &&
         (!musical->sales_open_us || now_us >= musical->sales_open_us) && now_us < *ret_until_us;
}

/* Does somebody wait who joined before the musical became what it is now? What they want may be gone. */
static int joined_before(struct op_model *model, const struct op_musical *musical, bool *ret_some,
                         struct op_error *error) {
  sqlite3_stmt *sql =
      op_model_sql(model, "SELECT 1 FROM waiting WHERE musical_id = ?1 AND joined_seq < ?2 AND status = 'Waiting'"
                          " AND status IN ('Waiting', 'Offered') LIMIT 1");
  sqlite3_bind_text(sql, 1, musical->id, -1, SQLITE_STATIC);
  sqlite3_bind_int64(sql, 2, (sqlite3_int64)musical->defined_by);
  int code = op_model_step(model, sql, ret_some, error);
  sqlite3_reset(sql);
  return code;
}

/* What the customer of an entry has already, and has on offer. */
static int load_turn(struct op_model *model, const struct op_musical *musical, const struct queue *queue,
                     const struct queued *queued, struct turn_facts *facts, struct op_error *error) {
  facts->held = facts->offered = 0;
  facts->max_per_customer = musical->max_per_customer;
  facts->no_kind = !queue_wants_what_is(queued, musical);
  if (!facts->max_per_customer || !queued->customer_id[0])
    return OP_OK;
  for (size_t i = 0; i < queue->count; i++)
    if (queue->items[i].offered && strcmp(queue->items[i].customer_id, queued->customer_id) == 0)
      facts->offered += queue->items[i].seats;
  return customer_held(model, queued->customer_id, musical->id, &facts->held, error);
}

/* Drafts up to `limit` events: the offers of one musical, and the end of entries that have no use for theirs. Nobody's
 * offer is over: the ended ones come first. */
static int make_offers(struct op_model *model, const char *musical_id, const struct moment *moment, size_t limit,
                       struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  const int64_t offer_ms = op_model_app(model)->config.reservation_offer_ms;
  size_t before = drafts->count;
  struct op_musical musical;
  struct queue queue = {0};
  struct waiting waiting;
  struct turn_facts facts = {.now_us = moment->now_us};
  bool looks = false;
  int code = op_musical_load(model, musical_id, &musical, error);
  if (code != OP_OK || !musical.id[0])
    return code;
  bool offers = can_offer(&musical, moment, offer_ms, &facts.until_us);
  if (!offers)
    code = joined_before(model, &musical, &looks, error);
  if (code == OP_OK && (offers || looks))
    code = queue_load(model, musical_id, &queue, error);
  for (size_t i = 0; i < queue.count && code == OP_OK && drafts->count - before < limit; i++) {
    struct queued *queued = &queue.items[i];
    if (queued->offered || (queue_wants_what_is(queued, &musical) && !(offers && queue_fits(queued, &musical))))
      continue;
    code = waiting_load(model, queued->id, &waiting, error);
    if (code == OP_OK)
      code = load_turn(model, &musical, &queue, queued, &facts, error);
    if (code != OP_OK)
      break;
    facts.guarded = drafts->count > before;
    queued->offered = decide_turn(&waiting, &facts, drafts, guard);
    if (queued->offered)
      op_musical_take(&musical, queued->grade, queued->seats);
  }
  queue_free(&queue);
  if (drafts->count > before)
    guard_payable(model, guard);
  return code;
}

/* The musicals that somebody waits for. */
static const char in_line[] = "SELECT DISTINCT musical_id FROM waiting WHERE status = 'Waiting'"
                              " AND status IN ('Waiting', 'Offered')"; /* as the index has it */

/* The ended ones first, and nothing else in that round: with their seats somebody may fit who stands before those who
 * fit without them. */
int offers_work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error) {
  size_t before = drafts->count, most = before + limit;
  struct moment moment = {0};
  int code = load_moment(model, &moment, error);
  if (code == OP_OK)
    code = end_offers(model, &moment, limit, drafts, guard, error);
  if (code != OP_OK || drafts->count > before)
    return code;
  sqlite3_stmt *sql = op_model_sql(model, in_line);
  bool found = true;
  while (code == OP_OK && drafts->count < most && (code = op_model_step(model, sql, &found, error)) == OP_OK && found)
    code = make_offers(model, (const char *)sqlite3_column_text(sql, 0), &moment, most - drafts->count, drafts, guard,
                       error);
  sqlite3_reset(sql);
  return code;
}

/* The later of two times, of which the second counts only where it has come. */
static int64_t later(int64_t time_us, int64_t other_us, int64_t now_us) {
  return other_us > time_us && other_us <= now_us ? other_us : time_us;
}

/* Since when the turn of who waits longest may have come: since seats came back, the sales opened, payments went on, or
 * the entry joined, whatever was last. It is never said to be earlier than it was. */
static int turn_time(struct op_model *model, const char *musical_id, const struct moment *moment, uint64_t joined_seq,
                     int64_t *ret_us, struct op_error *error) {
  struct op_musical musical;
  int code = op_musical_load(model, musical_id, &musical, error);
  uint64_t last = musical.defined_by > musical.freed_by ? musical.defined_by : musical.freed_by;
  if (code == OP_OK)
    code = op_pending_time(model, last > joined_seq ? last : joined_seq, ret_us, error);
  if (code == OP_OK)
    *ret_us = later(later(*ret_us, musical.sales_open_us, moment->now_us), moment->payable_us, moment->now_us);
  return code;
}

/* Counts what make_offers() would do for one musical. What it drafts is caused by the joining of who waits. */
static int count_turns(struct op_model *model, const char *musical_id, const struct moment *moment,
                       struct op_pending *owed, struct op_error *error) {
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  int64_t since_us = 0;
  int code = make_offers(model, musical_id, moment, SIZE_MAX, &drafts, &guard, error);
  if (code == OP_OK && drafts.count > 0)
    code = turn_time(model, musical_id, moment, drafts.items[0].causation, &since_us, error);
  if (code == OP_OK)
    op_pending_add(owed, (int64_t)drafts.count, 0, since_us, since_us);
  op_drafts_free(&drafts);
  op_guard_free(&guard);
  return code;
}

/* Offers that are over are due since their time, and turns since they came; a run sees to the former first, and then
 * the turns may be others'. */
int offers_pending(struct op_model *model, struct op_pending *owed, struct op_error *error) {
  int64_t end_us = 0;
  struct moment moment = {0};
  struct waiting waiting;
  bool found = false;
  int code = load_moment(model, &moment, error);
  sqlite3_stmt *sql = select_over(model, &moment);
  while (code == OP_OK && (code = next_over(model, sql, &moment, &waiting, &end_us, &found, error)) == OP_OK && found)
    op_pending_add(owed, 1, 0, end_us, end_us);
  sqlite3_reset(sql);
  sql = op_model_sql(model, in_line);
  while (code == OP_OK && (code = op_model_step(model, sql, &found, error)) == OP_OK && found)
    code = count_turns(model, (const char *)sqlite3_column_text(sql, 0), &moment, owed, error);
  sqlite3_reset(sql);
  return code;
}
