/* wait.c - the verbs `wait`, which joins the waiting list of a musical, `wait list` and `wait show`, and `wait
 * withdraw`, which leaves it.
 *
 * Whoever joins waits for seats that come back; offers.c offers them, and `place --offer WID` accepts.
 * Errors: those of decide_join() and decide_withdraw(), 64 usage, those of op_commit(). */
#include "commit.h"
#include "decide_waiting.h"
#include "interruption.h"
#include "listing.h"
#include "project.h"
#include "queue.h"
#include "request.h"
#include "verbs.h"

#include <string.h>
#include <sys/random.h>

static const struct op_column columns[] = {
    {"waitingId", "WAITING", false},   {"musicalId", "MUSICAL", false},
    {"customerId", "CUSTOMER", false}, {"seats", "SEATS", true},
    {"grade", "GRADE", false},         {"status", "STATUS", false},
    {"until", "UNTIL", false},         {"reservationId", "RESERVATION", false},
    {"reason", NULL, false},           {"joinedAt", "JOINED", false},
    {"updatedAt", NULL, false},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* A command about the list, and what became of it. */
struct asking {
  struct op_app *app;
  struct join join; /* to withdraw: its waiting_id and place.request_id alone */
  bool withdraws;
  char request[REQUEST_TEXT];
  struct waiting waiting; /* before the event */
  uint64_t repeated;      /* seq of the event that this very request appended before; 0: none */
};

/* ---- printing ---------------------------------------------------------------------------------------------------- */

/* Text, or NULL where there is none. */
static const char *optional(const char *text) { return text[0] ? text : NULL; }

/* One entry alone. */
static void print(struct op_output *output, const struct waiting *waiting) {
  op_rows_begin(output, columns, COLUMNS, true);
  op_cell_text(output, waiting->id);
  op_cell_text(output, waiting->musical_id);
  op_cell_text(output, optional(waiting->customer_id));
  op_cell_number(output, waiting->seats);
  op_cell_text(output, optional(waiting->grade));
  op_cell_text(output, waiting->status);
  op_cell_text(output, optional(waiting->until));
  op_cell_text(output, optional(waiting->reservation_id));
  op_cell_text(output, optional(waiting->reason));
  op_cell_text(output, waiting->joined_at);
  op_cell_text(output, waiting->updated_at);
  op_row_end(output);
  op_rows_end(output);
}

/* The verb `wait list`: who waits or has an offer, in the order of joining; all with --all. */
int verb_wait_list(struct op_app *app, struct op_error *error) {
  const char *musical = op_option(app, "musical"), *customer = op_option(app, "customer");
  struct op_model *model = NULL;
  int code = musical ? op_check_id("musical id", musical, error) : OP_OK;
  if (code == OP_OK && customer)
    code = op_check_id("customer id", customer, error);
  if (code == OP_OK)
    code = op_model_open_there(app, reserve_model(), &model, error);
  if (code != OP_OK)
    return code;
  const struct op_filter filters[] = {
      {"musical_id = ?1", musical},
      {"customer_id = ?2", customer},
      {"status IN ('Waiting', 'Offered')", op_option_given(app, "all") ? NULL : ""},
      {0},
  };
  sqlite3_stmt *sql = op_select(model,
                                "SELECT waiting_id, musical_id, customer_id, seats, grade, status, until,"
                                " reservation_id, reason, joined_at, updated_at FROM waiting",
                                filters, " ORDER BY joined_seq");
  code = op_list_sql(model, sql, columns, COLUMNS, error);
  op_model_close(model);
  return code;
}

/* The verb `wait show`. */
int verb_wait_show(struct op_app *app, struct op_error *error) {
  const char *id = app->operands[0];
  struct op_model *model = NULL;
  struct waiting waiting;
  int code = op_check_id("waiting id", id, error);
  if (code == OP_OK)
    code = op_model_open_there(app, reserve_model(), &model, error);
  if (code == OP_OK)
    code = waiting_load(model, id, &waiting, error);
  if (code == OP_OK && !waiting.id[0])
    code = no_such_waiting(id, error);
  if (code == OP_OK)
    print(app->output, &waiting);
  op_model_close(model);
  return code;
}

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

/* To join: the musical, and what is left of it after all who wait already. */
static int decide_to_join(struct asking *asking, struct op_model *model, struct op_drafts *drafts,
                          struct op_guard *guard, uint64_t *ret_position, struct op_error *error) {
  struct op_musical musical, left;
  struct queue queue = {0};
  struct interruption interruption;
  uint64_t later = 0; /* the entry is read behind *ret_position, and what happens to it there is in the guard */
  const char *musical_id = asking->join.place.musical_id;
  const struct op_config *config = &asking->app->config;
  int code = queue_load_written(model, musical_id, &musical, &queue, ret_position, error);
  if (code == OP_OK)
    code = interruption_load(model, config->payment_provider, &interruption, error);
  if (code == OP_OK)
    code = waiting_load_written(model, asking->join.waiting_id, &asking->waiting, &later, error);
  if (code == OP_OK) {
    struct join_facts facts = {&musical, &left, asking->waiting.id[0] != '\0', 0, op_now_us(asking->app)};
    left = musical;
    queue_serve_all(&queue, interruption_payable(&interruption, config), facts.now_us, &left);
    code = customer_held(model, asking->join.place.customer_id, musical_id, &facts.customer_held, error);
    if (code == OP_OK)
      code = decide_join(&asking->join, asking->request, &facts, drafts, guard, error);
  }
  queue_free(&queue);
  return code;
}

/* To leave. */
static int decide_to_leave(struct asking *asking, struct op_model *model, struct op_drafts *drafts,
                           struct op_guard *guard, uint64_t *ret_position, struct op_error *error) {
  const char *id = asking->join.waiting_id;
  int code = waiting_load_written(model, id, &asking->waiting, ret_position, error);
  return code == OP_OK ? decide_withdraw(&asking->waiting, id, asking->join.place.request_id, asking->request, drafts,
                                         guard, error)
                       : code;
}

/* Looks for the same request, loads, decides; see op_decide. */
static int load_and_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                           uint64_t *ret_position, struct op_error *error) {
  struct asking *asking = context;
  const char *key = asking->join.place.request_id;
  int code = key[0] ? op_request_find(model, key, asking->request, &asking->repeated, error) : OP_OK;
  if (code == OP_OK && asking->repeated) { /* nothing comes after a withdrawal, so it is as it was then */
    code = waiting_load_written(model, asking->join.waiting_id, &asking->waiting, ret_position, error);
    if (asking->repeated > *ret_position)
      *ret_position = asking->repeated;
    return code;
  }
  if (code != OP_OK)
    return code;
  return asking->withdraws ? decide_to_leave(asking, model, drafts, guard, ret_position, error)
                           : decide_to_join(asking, model, drafts, guard, ret_position, error);
}

/* Folds the event of the request. */
static int use_event(void *context, const evs_event *event, struct op_error *error) {
  (void)error;
  waiting_apply(context, event);
  return OP_OK;
}

/* Prints the entry right after the event. */
static int answer(struct asking *asking, struct op_drafts *drafts, const struct op_committed *committed,
                  struct op_error *error) {
  struct waiting *waiting = &asking->waiting;
  int code = OP_OK;
  if (asking->repeated && !asking->withdraws) { /* whatever id it got then */
    *waiting = (struct waiting){.status = WAITING};
    code = op_event_at(asking->app, asking->repeated, use_event, waiting, error);
  }
  for (size_t i = 0; i < drafts->count; i++) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    op_draft_event(&drafts->items[i], committed->first + i, time, &event);
    waiting_apply(waiting, &event);
  }
  if (code == OP_OK)
    print(asking->app->output, waiting);
  return code;
}

/* The way of both. */
static int ask(struct asking *asking, struct op_error *error) {
  struct op_app *app = asking->app;
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  asking->waiting.status = WAITING;
  if (app->request_id)
    snprintf(asking->join.place.request_id, sizeof asking->join.place.request_id, "%s", app->request_id);
  int code = op_store_write(app, error);
  if (code == OP_OK)
    code = op_model_open(app, reserve_model(), &model, error);
  if (code == OP_OK)
    code = op_commit(model, load_and_decide, asking, &drafts, &committed, error);
  if (code == OP_OK)
    code = answer(asking, &drafts, &committed, error);
  op_drafts_free(&drafts);
  op_model_close(model);
  return code;
}

/* An id that nobody guesses: whoever knows it can accept the offer. */
static int make_id(char id[OP_MAX_ID + 1], struct op_error *error) {
  static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
  unsigned char bytes[16];
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
    return op_fail(error, OP_TEMPORARY, "no_random", "no random numbers");
  id[0] = 'w';
  for (size_t i = 0; i < sizeof bytes; i++)
    id[i + 1] = letters[bytes[i] % 32];
  id[sizeof bytes + 1] = '\0';
  return OP_OK;
}

/* The verb `wait`. */
int verb_wait(struct op_app *app, struct op_error *error) {
  struct asking asking = {.app = app};
  const char *id = op_option(app, "id"), *seats = op_option(app, "seats"), *musical = op_option(app, "musical");
  if (!musical || !seats)
    return op_usage(app, error, "wait needs --%s", musical ? "seats N" : "musical ID");
  int code = place_read_options(app, &asking.join.place, error);
  if (code == OP_OK && id)
    code = op_check_id("waiting id", id, error);
  if (code == OP_OK && id)
    stpcpy(asking.join.waiting_id, id);
  else if (code == OP_OK)
    code = make_id(asking.join.waiting_id, error);
  join_request(&asking.join, id ? id : "", asking.request);
  return code == OP_OK ? ask(&asking, error) : code;
}

/* The verb `wait withdraw`. */
int verb_wait_withdraw(struct op_app *app, struct op_error *error) {
  struct asking asking = {.app = app, .withdraws = true};
  const char *id = app->operands[0];
  int code = op_check_id("waiting id", id, error);
  if (code != OP_OK)
    return code;
  stpcpy(asking.join.waiting_id, id);
  withdraw_request(id, asking.request);
  return ask(&asking, error);
}
