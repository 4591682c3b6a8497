/* circuit_verb.c - `op-pay circuit [show|open|close]`: the circuit of the configured provider, seen and set by hand.
 *
 * open and close append the same events as a run does, with reason operator, under the same guard; so every op-pay on
 * every machine obeys. To open one that is open makes it stay open for longer; to close one that is closed appends
 * nothing, unless a request is to be remembered. The answer to a changing call is what its event says, so a repeated
 * request has the same one. Errors: 64 for another word, 66 no_store, 1 request_id_reused, those of op_commit(). */
#include "commit.h"
#include "listing.h"
#include "project.h"
#include "request.h"
#include "verbs.h"

#include <inttypes.h>
#include <string.h>

static const struct op_column columns[] = {
    {"provider", "PROVIDER", false}, {"state", "STATE", false},       {"calls", "CALLS", true},
    {"failedCalls", "FAILED", true}, {"slowCalls", "SLOW", true},     {"retryAt", "RETRY", false},
    {"reason", "REASON", false},     {"changedAt", "CHANGED", false},
};

/* What is asked, and what is answered. */
struct asked {
  struct op_app *app;
  const char *provider;
  enum circuit_state wanted;
  int64_t open_ms;
  char request[160];
  uint64_t repeated; /* the event of the same request, done before */
  struct circuit circuit;
};

/* One circuit as a row; `retry_at` "": none. */
static void print(struct op_app *app, const struct circuit *circuit, const struct circuit_counts *counts,
                  const char *retry_at) {
  op_rows_begin(app->output, columns, sizeof columns / sizeof columns[0], true);
  op_cell_text(app->output, circuit->provider);
  op_cell_text(app->output, circuit_states[circuit->state]);
  op_cell_number(app->output, counts->calls);
  op_cell_number(app->output, counts->failed);
  op_cell_number(app->output, counts->slow);
  op_cell_text(app->output, retry_at[0] != '\0' ? retry_at : NULL);
  op_cell_text(app->output, circuit->reason[0] != '\0' ? circuit->reason : NULL);
  op_cell_text(app->output, circuit->changed_at[0] != '\0' ? circuit->changed_at : NULL);
  op_row_end(app->output);
  op_rows_end(app->output);
}

/* The circuit as it is. */
static void print_now(struct op_app *app, const struct circuit *circuit) {
  struct circuit_counts counts = circuit_count(circuit, &app->config.breaker);
  char retry_at[EVS_TIME_SIZE] = "";
  if (circuit->state == CIRCUIT_OPEN)
    evs_time_format(circuit->retry_us, retry_at);
  print(app, circuit, &counts, retry_at);
}

/* The circuit as the event of a change says. */
static int print_event(void *context, const evs_event *event, struct op_error *error) {
  struct asked *asked = context;
  char state[16];
  struct circuit_counts counts = {op_field_number(event, "calls", 0), op_field_number(event, "failedCalls", 0),
                                  op_field_number(event, "slowCalls", 0)};
  (void)error;
  circuit_apply(&asked->circuit, event, 0);
  op_field_text(event, "provider", asked->circuit.provider, sizeof asked->circuit.provider);
  op_field_text(event, "state", state, sizeof state);
  char retry_at[EVS_TIME_SIZE];
  op_field_text(event, "retryAt", retry_at, sizeof retry_at);
  print(asked->app, &asked->circuit, &counts, retry_at);
  return OP_OK;
}

/* An op_decide over struct asked. */
static int decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error) {
  struct asked *asked = context;
  struct op_app *app = asked->app;
  *ret_position = op_model_offset(model);
  int r = circuit_load(model, asked->provider, &asked->circuit, error);
  if (r == 0 && app->request_id != NULL)
    r = op_request_find(model, app->request_id, asked->request, &asked->repeated, error);
  if (r != 0 || asked->repeated != 0)
    return r;
  if (asked->wanted == CIRCUIT_CLOSED && asked->circuit.state == CIRCUIT_CLOSED && app->request_id == NULL)
    return OP_OK;
  circuit_draft(&asked->circuit, &app->config.breaker, asked->wanted, "operator",
                op_now_us(app) + asked->open_ms * 1000, app->request_id, asked->request, drafts, guard);
  return OP_OK;
}

/* open and close. */
static int change(struct op_app *app, struct asked *asked, struct op_error *error) {
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  int r = op_store_write(app, error);
  if (r == 0)
    r = op_model_open(app, &pay_model, &model, error);
  if (r == 0)
    r = op_commit(model, decide, asked, &drafts, &committed, error);
  if (r == 0 && asked->repeated != 0) {
    r = op_event_at(app, asked->repeated, print_event, asked, error);
  } else if (r == 0 && drafts.count > 0) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    op_draft_event(&drafts.items[0], committed.first, time, &event);
    r = print_event(asked, &event, error);
  } else if (r == 0) {
    print_now(app, &asked->circuit);
  }
  op_drafts_free(&drafts);
  op_model_close(model);
  return r;
}

/* show. */
static int show(struct op_app *app, const char *provider, struct op_error *error) {
  struct op_model *model = NULL;
  struct circuit circuit;
  int r = op_model_open_there(app, &pay_model, &model, error);
  if (r == 0)
    r = circuit_load(model, provider, &circuit, error);
  if (r == 0)
    print_now(app, &circuit);
  op_model_close(model);
  return r;
}

/* The verb. */
int pay_circuit(struct op_app *app, struct op_error *error) {
  static const char *const words[] = {"show", "open", "close", NULL};
  const char *word = app->operand_count > 0 ? app->operands[0] : words[0], *time = op_option(app, "for");
  struct asked asked = {.app = app, .provider = app->config.payment_provider, .open_ms = app->config.breaker.open_ms};
  int index = op_word_index(word, words);
  if (index < 0)
    return op_usage(app, error, "circuit: show, open or close is wanted here, not '%s'", word);
  if (time != NULL && (index != 1 || !op_duration_parse(time, &asked.open_ms)))
    return op_usage(app, error, index != 1 ? "--for goes with circuit open" : "--for: a time such as 30s or 2h");
  if (time != NULL && (asked.open_ms < 1 || asked.open_ms > OP_MAX_BREAKER_OPEN_MS))
    return op_usage(app, error, "--for: from 1ms to 365d, not '%s'; 'op-pay circuit close' lets calls through again",
                    time);
  if (index == 0)
    return show(app, asked.provider, error);
  asked.wanted = index == 1 ? CIRCUIT_OPEN : CIRCUIT_CLOSED;
  snprintf(asked.request, sizeof asked.request, "circuit %s provider=%s for=%s", word, asked.provider,
           time != NULL ? time : "");
  return change(app, &asked, error);
}
