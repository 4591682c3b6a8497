/* retry_verb.c - `op-pay retry ID`: what was parked, or waits for its next attempt, is due again at once.
 *
 * It appends PaymentRetryRequested and calls nobody: the next run does, and counts attempts anew. The answer is what
 * the event says, so a repeated request has the same one. Errors: 1 no_such_payment, nothing_to_retry,
 * request_id_reused; 66 no_store; those of op_commit(). */
#include "commit.h"
#include "project.h"
#include "request.h"
#include "verbs.h"

static const struct op_column columns[] = {
    {"paymentId", "PAYMENT", false}, {"reservationId", "RESERVATION", false}, {"operation", "OPERATION", false},
    {"amount", "AMOUNT", true},      {"currency", "CURRENCY", false},         {"status", "STATUS", false},
    {"attempts", "ATTEMPTS", true},
};

struct asked {
  struct op_app *app;
  const char *id;
  char request[OP_MAX_ID + 32];
  uint64_t repeated; /* the event of the same request, done before */
};

/* What the event says. */
static int print_event(void *context, const evs_event *event, struct op_error *error) {
  struct asked *asked = context;
  struct op_output *output = asked->app->output;
  char text[OP_MAX_ID + 1];
  static const char *const texts[] = {"paymentId", "reservationId", "operation"};
  (void)error;
  op_rows_begin(output, columns, sizeof columns / sizeof columns[0], true);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    op_field_text(event, texts[i], text, sizeof text);
    op_cell_text(output, text);
  }
  op_cell_number(output, op_field_number(event, "amount", 0));
  op_field_text(event, "currency", text, sizeof text);
  op_cell_text(output, text);
  op_field_text(event, "status", text, sizeof text);
  op_cell_text(output, text);
  op_cell_number(output, 0);
  op_row_end(output);
  op_rows_end(output);
  return OP_OK;
}

/* An op_decide over struct asked. */
static int decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error) {
  struct asked *asked = context;
  const char *key = asked->app->request_id;
  struct payment payment;
  *ret_position = op_model_offset(model);
  int r = pay_load(model, asked->id, &payment, error);
  if (r == 0 && key != NULL)
    r = op_request_find(model, key, asked->request, &asked->repeated, error);
  if (r != 0 || asked->repeated != 0)
    return r;
  return pay_retry_decide(&payment, asked->id, key, asked->request, drafts, guard, error);
}

/* The verb. */
int pay_retry(struct op_app *app, struct op_error *error) {
  struct asked asked = {.app = app, .id = app->operands[0]};
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  int r = op_check_id("payment id", asked.id, error);
  snprintf(asked.request, sizeof asked.request, "retry payment=%s", r == 0 ? asked.id : "");
  if (r == 0)
    r = op_store_read(app, error);
  if (r == 0)
    r = op_store_write(app, error);
  if (r == 0)
    r = op_model_open(app, &pay_model, &model, error);
  if (r == 0)
    r = op_commit(model, decide, &asked, &drafts, &committed, error);
  if (r == 0 && asked.repeated != 0) {
    r = op_event_at(app, asked.repeated, print_event, &asked, error);
  } else if (r == 0) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    op_draft_event(&drafts.items[0], committed.first, time, &event);
    r = print_event(&asked, &event, error);
  }
  op_drafts_free(&drafts);
  op_model_close(model);
  return r;
}
