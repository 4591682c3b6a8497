/* change.c - the verbs that change one musical: register, adjust, close, open.
 *
 * Each loads the musical up to the written tail, decides, appends under the guard, and prints the musical as it stands
 * right after its event. A request that was done before prints the musical as it stood then.
 * Errors: those of the decisions (decide.h), of the options, of op_commit(). */
#include "project.h"
#include "registration.h"
#include "row.h"
#include "verbs.h"

#include "commit.h"
#include "request.h"

#include <inttypes.h>
#include <string.h>

/* A command about one musical, and what became of it. */
struct change {
  int (*decide)(const struct change *change, struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);
  struct states states; /* the one musical */
  struct registration wanted;
  int64_t seats;
  const char *grade; /* of adjust; "": none */
  bool closed;
  struct op_request request;
  uint64_t repeated; /* seq of the event that this very request appended before; 0: none */
};

/* The decisions in one shape: register, */
static int decide_as_register(const struct change *change, struct op_drafts *drafts, struct op_guard *guard,
                              struct op_error *error) {
  return decide_register(change->states.items, &change->wanted, &change->request, drafts, guard, error);
}

/* adjust, */
static int decide_as_adjust(const struct change *change, struct op_drafts *drafts, struct op_guard *guard,
                            struct op_error *error) {
  return decide_adjust(change->states.items, change->grade, change->seats, &change->request, drafts, guard, error);
}

/* close and open. */
static int decide_as_sales(const struct change *change, struct op_drafts *drafts, struct op_guard *guard,
                           struct op_error *error) {
  return decide_sales(change->states.items, change->closed, &change->request, drafts, guard, error);
}

/* Loads, looks for the same request, decides; see op_decide. */
static int load_and_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                           uint64_t *ret_position, struct op_error *error) {
  struct change *change = context;
  int code = states_load(model, &change->states, ret_position, error);
  if (code == OP_OK)
    code = op_request_repeated(model, &change->request, &change->repeated, ret_position, error);
  if (code != OP_OK)
    return code;
  return change->repeated ? OP_OK : change->decide(change, drafts, guard, error);
}

/* Keeps the musical as it was after the event of the request. */
static void keep(void *context, const struct state *before, const struct state *after, const evs_event *event) {
  (void)before;
  (void)event;
  *(struct state *)context = *after;
}

/* Prints the musical right after the event. */
static int answer(struct op_app *app, struct op_model *model, struct change *change, struct op_drafts *drafts,
                  const struct op_committed *committed, struct op_error *error) {
  struct state *state = change->states.items;
  if (change->repeated) {
    struct state then = {0};
    int code = states_replay(model, &change->states, change->repeated, change->request.key, keep, &then, error);
    if (code != OP_OK)
      return code;
    *state = then;
  }
  for (size_t i = 0; i < drafts->count; i++) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    if (!drafts->items[i].time_us)
      drafts->items[i].time_us = op_now_us(app);
    op_draft_event(&drafts->items[i], committed->first + i, time, &event);
    state_apply(state, &event);
  }
  musical_print(app->output, state);
  return OP_OK;
}

/* The way of all four verbs; `text` is the canonical text of the request. */
static int run(struct op_app *app, struct change *change, const char *id, const char *text, struct op_error *error) {
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  change->request = (struct op_request){app->request_id, text};
  states_init(&change->states, 1);
  snprintf(change->states.items->id, sizeof change->states.items->id, "%s", id);
  int code = op_store_write(app, error);
  if (code == OP_OK)
    code = op_model_open_lazy(app, musical_model(), &model, error);
  if (code == OP_OK)
    code = op_commit(model, load_and_decide, change, &drafts, &committed, error);
  if (code == OP_OK)
    code = answer(app, model, change, &drafts, &committed, error);
  op_drafts_free(&drafts);
  op_model_close(model);
  states_free(&change->states);
  return code;
}

/* The operand of adjust, close and open. */
static int musical_operand(const struct op_app *app, const char **ret_id, struct op_error *error) {
  *ret_id = app->operands[0];
  return op_check_id("musical id", *ret_id, error);
}

/* The verb `register`. */
int verb_register(struct op_app *app, struct op_error *error) {
  static const char *const options[] = {"id",    "name",      "seats",      "price",       "currency",
                                        "venue", "starts-at", "sales-open", "sales-close", "max-per-customer",
                                        NULL};
  struct change change = {.decide = decide_as_register};
  registration_init(&change.wanted);
  int code = OP_OK;
  for (size_t i = 0; options[i] && code == OP_OK; i++) {
    const char *value = op_option(app, options[i]);
    if (value)
      code = registration_set(&change.wanted, registration_fields[i], value, error);
  }
  const char *field = NULL;
  if (code == OP_OK)
    code = registration_check(&change.wanted, &field, error);
  if (code != OP_OK)
    return code;
  struct op_text text = {0};
  op_text_adds(&text, "register ");
  registration_text(&change.wanted, &text);
  code = run(app, &change, change.wanted.id, text.ptr, error);
  op_text_free(&text);
  return code;
}

/* The verb `adjust`. */
int verb_adjust(struct op_app *app, struct op_error *error) {
  struct change change = {.decide = decide_as_adjust, .grade = op_option(app, "grade")};
  const char *id = NULL;
  int code = musical_operand(app, &id, error);
  if (code == OP_OK && change.grade)
    code = op_check_grade(change.grade, error);
  if (code == OP_OK)
    code = op_check_number("seats", "bad_seats", op_option(app, "seats"), 1, OP_MAX_SEATS, &change.seats, error);
  if (code != OP_OK)
    return code;
  char text[OP_MAX_ID + OP_MAX_GRADE + 64];
  int len = snprintf(text, sizeof text, "adjust musical=%s seats=%" PRId64, id, change.seats);
  if (change.grade)
    snprintf(text + len, sizeof text - (size_t)len, " grade=%s", change.grade);
  else
    change.grade = "";
  return run(app, &change, id, text, error);
}

/* Stops or resumes the sales. */
static int sales(struct op_app *app, bool closed, struct op_error *error) {
  struct change change = {.decide = decide_as_sales, .closed = closed};
  const char *id = NULL;
  int code = musical_operand(app, &id, error);
  if (code != OP_OK)
    return code;
  char text[OP_MAX_ID + 64];
  snprintf(text, sizeof text, "%s musical=%s", closed ? "close" : "open", id);
  return run(app, &change, id, text, error);
}

/* The verb `close`. */
int verb_close(struct op_app *app, struct op_error *error) { return sales(app, true, error); }

/* The verb `open`. */
int verb_open(struct op_app *app, struct op_error *error) { return sales(app, false, error); }
