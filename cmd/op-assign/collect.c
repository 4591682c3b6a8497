/* collect.c - the verb `collect`: a reservation was handed over, and can be cancelled no more.
 *
 * It and `op-reserve cancel` exclude one another by the conditions of their events, whoever is first. Where saga.steps
 * has both the payment and the assignment, nothing is handed over that is not paid.
 * Errors: those of decide_collect() and op_commit(). */
#include "commit.h"
#include "decide.h"
#include "listing.h"
#include "project.h"
#include "request.h"
#include "row.h"
#include "verbs.h"

#include <string.h>

/* The command, and what became of it. */
struct collecting {
  const char *id;
  bool must_be_paid;
  struct op_request request;
  struct pickup pickup;
  uint64_t repeated; /* seq of the event that this very request appended before; 0: none */
};

/* Loads, looks for the same request, decides; see op_decide. */
static int load_and_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                           uint64_t *ret_position, struct op_error *error) {
  struct collecting *collecting = context;
  int code = pickup_load(model, collecting->id, &collecting->pickup, error);
  *ret_position = op_model_offset(model);
  if (code == OP_OK)
    code = op_request_repeated(model, &collecting->request, &collecting->repeated, ret_position, error);
  if (code != OP_OK || collecting->repeated)
    return code;
  return decide_collect(&collecting->pickup, collecting->id, collecting->must_be_paid, &collecting->request, drafts,
                        guard, error);
}

/* Prints it as it is right after the event, which is the last that happens to it. */
static int answer(struct op_app *app, struct op_model *model, struct collecting *collecting, struct op_drafts *drafts,
                  const struct op_committed *committed, struct op_error *error) {
  struct branch branch = {0};
  for (size_t i = 0; i < drafts->count; i++) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    op_draft_event(&drafts->items[i], committed->first + i, time, &event);
    pickup_apply(&collecting->pickup, &event);
  }
  int code = OP_OK;
  if (collecting->repeated) { /* it may have been found behind what the tables had */
    code = op_model_catch_up(model, error);
    if (code == OP_OK)
      code = pickup_load(model, collecting->id, &collecting->pickup, error);
  }
  if (code == OP_OK)
    code = branch_load(model, collecting->pickup.branch_id, "", &branch, error);
  if (code == OP_OK)
    pickup_print(app->output, &collecting->pickup, branch.name);
  return code;
}

/* Is a reservation of this shop complete only with both, its payment and its branch? Then it is paid in advance. */
static bool is_prepaid(const struct op_app *app) {
  const char *const *steps = op_config_steps(&app->config);
  return op_word_index("payment", steps) >= 0 && op_word_index("assignment", steps) >= 0;
}

/* The verb `collect`. */
int verb_collect(struct op_app *app, struct op_error *error) {
  char text[OP_MAX_ID + 32];
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  struct collecting collecting = {.id = app->operands[0], .must_be_paid = is_prepaid(app)};
  int code = op_check_id("reservation id", collecting.id, error);
  if (code != OP_OK)
    return code;
  snprintf(text, sizeof text, "collect reservation=%s", collecting.id);
  collecting.request = (struct op_request){app->request_id, text};
  code = assign_open(app, true, &model, error);
  if (code == OP_OK)
    code = op_commit(model, load_and_decide, &collecting, &drafts, &committed, error);
  if (code == OP_OK)
    code = answer(app, model, &collecting, &drafts, &committed, error);
  op_drafts_free(&drafts);
  op_model_close(model);
  return code;
}
