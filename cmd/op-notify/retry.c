/* retry.c - op-notify retry ID: a notice that was parked, or waits for its next attempt, is due again at once.
 *
 * The attempts that failed before no longer count towards notify.max_attempts. Nothing is sent here: the next run does.
 * The answer tells what was asked for, not what became of it since, so that a repeated request gets the same one.
 * Errors: 1 no_such_notice, already_sent, notice_withdrawn, request_id_reused; those of op_commit(). */
#include "commit.h"
#include "listing.h"
#include "project.h"
#include "request.h"
#include "verbs.h"

static const struct op_column columns[] = {
    {"noticeId", "NOTICE", false},     {"reservationId", "RESERVATION", false},
    {"customerId", "CUSTOMER", false}, {"template", "TEMPLATE", false},
    {"status", "STATUS", false},
};

struct retrying {
  const char *notice_id, *request_id;
  char request[sizeof "retry notice=" + OP_MAX_ID];
  struct notice notice;
};

/* Loads the notice and decides. */
static int load_and_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                           uint64_t *ret_position, struct op_error *error) {
  struct retrying *it = context;
  uint64_t before = 0;
  bool is_due = false;
  *ret_position = op_model_offset(model);
  int r = notify_find(model, it->notice_id, op_now_us(op_model_app(model)), &it->notice, &is_due, error);
  if (r == 0 && it->request_id != NULL)
    r = op_request_find(model, it->request_id, it->request, &before, error);
  if (r != 0 || before != 0)
    return r;
  return retry_decide(&it->notice, it->notice_id, is_due, it->request_id, it->request, drafts, guard, error);
}

/* Prints the notice as it was asked for: pending. */
static void print(struct op_output *output, const struct notice *notice) {
  op_rows_begin(output, columns, sizeof columns / sizeof columns[0], true);
  op_cell_text(output, notice->id);
  op_cell_text(output, notice->reservation_id[0] ? notice->reservation_id : NULL);
  op_cell_text(output, notice->customer_id[0] != '\0' ? notice->customer_id : NULL);
  op_cell_text(output, notice->template);
  op_cell_text(output, notice_statuses[NOTICE_PENDING]);
  op_row_end(output);
  op_rows_end(output);
}

/* The verb. */
int notify_retry(struct op_app *app, struct op_error *error) {
  struct retrying it = {.notice_id = app->operands[0], .request_id = app->request_id};
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  int r = op_check_id("notice id", it.notice_id, error);
  if (r == 0)
    r = op_model_open_there(app, &notify_model, &model, error);
  snprintf(it.request, sizeof it.request, "retry notice=%s", it.notice_id);
  if (r == 0)
    r = op_commit(model, load_and_decide, &it, &drafts, &committed, error);
  if (r == 0)
    print(app->output, &it.notice);
  op_drafts_free(&drafts);
  op_model_close(model);
  return r;
}
