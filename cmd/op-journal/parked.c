/* parked.c - op-journal parked, retry and drop: what consumers could not do, for an operator to decide on.
 *
 * What is brought back is given by the next run of its consumer, before anything new and each event alone. All that
 * `retry` brings back at once is one commit. Each event of it carries the request id and all of its answer, so that the
 * same request gets the same answer from the journal alone. Errors: 1 not_parked, parked_behind, request_id_reused;
 * those of the store. */
#include "commit.h"
#include "domain.h"
#include "parking_model.h"
#include "request.h"
#include "verbs.h"

#include <inttypes.h>

static const struct op_column columns[] = {
    {"consumer", "CONSUMER", false}, {"seq", "SEQ", true},          {"type", "EVENT", false},
    {"correlation", "SAGA", false},  {"status", "STATUS", false},   {"attempts", "ATTEMPTS", true},
    {"reason", "REASON", false},     {"updatedAt", "SINCE", false}, {"retryAt", "NEXT", false},
};
#define COLUMNS (sizeof columns / sizeof *columns)

/* One row. */
static void row(struct op_output *output, const struct item *item) {
  char retry_at[EVS_TIME_SIZE];
  if (item->retry_us > 0)
    evs_time_format(item->retry_us, retry_at);
  op_cell_text(output, item->consumer);
  op_cell_number(output, (int64_t)item->seq);
  op_cell_text(output, item->type[0] ? item->type : NULL);
  op_cell_text(output, item->correlation[0] ? item->correlation : NULL);
  op_cell_text(output, item_states[item->state]);
  op_cell_number(output, item->attempts);
  op_cell_text(output, item->reason[0] ? item->reason : NULL);
  op_cell_text(output, item->updated_at[0] ? item->updated_at : NULL);
  op_cell_text(output, item->retry_us > 0 ? retry_at : NULL);
  op_row_end(output);
}

/* Of the list. */
static int list_row(void *context, const struct item *item, struct op_error *error) {
  (void)error;
  row(context, item);
  return OP_OK;
}

/* The verb parked. */
int verb_parked(struct op_app *app, struct op_error *error) {
  struct op_model *model = NULL;
  int rc = op_model_open_there(app, parking_model(), &model, error);
  if (!rc) {
    op_rows_begin(app->output, columns, COLUMNS, false);
    rc = parking_waiting(model, app->operand_count ? app->operands[0] : NULL, list_row, app->output, error);
    op_rows_end(app->output);
  }
  op_model_close(model);
  return rc;
}

/* ---- retry, drop ------------------------------------------------------------------------------------------------ */

struct deciding {
  const char *consumer;
  uint64_t seq; /* 0: all that is parked */
  bool drop;
  struct op_request request;
  uint64_t repeated; /* the first event of the same request, done before */
  struct op_drafts *drafts;
  struct op_guard *guard;
};

/* Of all: what is held comes behind what it waits for by itself. */
static int retry_one(void *context, const struct item *item, struct op_error *error) {
  const struct deciding *deciding = context;
  bool wanted = item->state == ITEM_PARKED || item->state == ITEM_FAILING;
  return wanted ? decide_retry(item, false, &deciding->request, deciding->drafts, deciding->guard, error) : OP_OK;
}

/* Decides on one, or all. */
static int decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error) {
  struct deciding *deciding = context;
  struct item item;
  *ret_position = op_model_offset(model);
  deciding->drafts = drafts;
  deciding->guard = guard;
  int rc = deciding->request.key
               ? op_request_find(model, deciding->request.key, deciding->request.text, &deciding->repeated, error)
               : OP_OK;
  if (rc || deciding->repeated)
    return rc;
  if (!deciding->seq)
    return parking_waiting(model, deciding->consumer, retry_one, deciding, error);
  rc = parking_load(model, deciding->consumer, deciding->seq, &item, error);
  return rc ? rc : decide_retry(&item, deciding->drop, &deciding->request, drafts, guard, error);
}

/* What an event of ours says. */
static void event_row(struct op_output *output, const evs_event *event) {
  struct item item = {0};
  if (!item_of(event, item.consumer, &item.seq))
    return;
  item_apply(&item, event);
  row(output, &item);
}

/* Prints what the same request did before: its events are neighbours. */
static int print_again(struct op_app *app, const struct deciding *deciding, struct op_error *error) {
  char tag[sizeof OP_TAG_REQUEST + OP_MAX_ID + 1];
  snprintf(tag, sizeof tag, OP_TAG_REQUEST ":%s", deciding->request.key);
  const char *const tags[] = {tag};
  const evs_query_item item = {.tags = tags, .tag_count = 1};
  const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  op_rows_begin(app->output, columns, COLUMNS, deciding->seq != 0);
  int rc = evs_read(app->store, &query, deciding->repeated - 1, 0, &cursor, &store_error);
  while (!rc && !(rc = evs_next(cursor, &event, &store_error)))
    event_row(app->output, &event);
  evs_cursor_close(cursor);
  op_rows_end(app->output);
  return rc == EVS_END ? OP_OK : op_fail_store(error, rc, &store_error);
}

/* Prints what the drafts make of their items; of one that was named also where there is nothing to change. */
static int print(struct op_app *app, struct op_model *model, const struct deciding *deciding,
                 const struct op_drafts *drafts, struct op_error *error) {
  bool single = deciding->seq != 0;
  op_rows_begin(app->output, columns, COLUMNS, single);
  int rc = OP_OK;
  for (size_t i = 0; i < drafts->count; i++) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    op_draft_event(&drafts->items[i], EVS_MAX_SEQ, time, &event);
    event_row(app->output, &event);
  }
  if (single && !drafts->count) {
    struct item item;
    rc = parking_load(model, deciding->consumer, deciding->seq, &item, error);
    if (!rc)
      row(app->output, &item);
  }
  op_rows_end(app->output);
  return rc;
}

/* Both verbs. */
static int change(struct op_app *app, bool drop, struct op_error *error) {
  struct deciding deciding = {.consumer = app->operands[0], .drop = drop};
  const char *text = app->operand_count > 1 ? app->operands[1] : NULL;
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed;
  int64_t seq = 0;
  char request[EVS_MAX_CONSUMER + 64];
  if (text && op_check_number("position", "usage", text, 1, (int64_t)EVS_MAX_SEQ, &seq, error))
    return op_usage(app, error, "SEQ must be the position of an event (a whole number above 0), not '%s'", text);
  deciding.seq = (uint64_t)seq;
  snprintf(request, sizeof request, "%s consumer=%.*s seq=%" PRId64, drop ? "drop" : "retry", (int)EVS_MAX_CONSUMER,
           deciding.consumer, seq);
  deciding.request = (struct op_request){app->request_id, request};
  int rc = op_model_open_there(app, parking_model(), &model, error);
  if (!rc)
    rc = op_commit(model, decide, &deciding, &drafts, &committed, error);
  if (!rc)
    rc = deciding.repeated ? print_again(app, &deciding, error) : print(app, model, &deciding, &drafts, error);
  op_model_close(model);
  op_drafts_free(&drafts);
  return rc;
}

/* The verb retry. */
int verb_retry(struct op_app *app, struct op_error *error) { return change(app, false, error); }

/* The verb drop. */
int verb_drop(struct op_app *app, struct op_error *error) { return change(app, true, error); }
