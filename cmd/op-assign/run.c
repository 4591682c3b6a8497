/* run.c - `op-assign run`: gives every reservation with a location to a branch, and takes back what was cancelled.
 *
 * ReservationCancelled of an assigned one -> PickupReleased; then ReservationPlaced -> PickupAssigned, or
 * AssignmentFailed. All that waits is planned at once (plan.h) and appended in several commits. The plan is a cache:
 * what it says of a reservation is looked at again before it is drafted, so that a plan that others have overtaken
 * costs time and nothing else. After a conflict op_process() asks for one thing, and that one is planned alone. Killed
 * anywhere, the next run finds the same waiting; the guards of the decisions do the rest. */
#include "commit.h"
#include "decide.h"
#include "plan.h"
#include "project.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 1024, MAX_PLAN = 100000 }; /* things a commit; reservations of either kind that are planned together */

/* What is planned, and how far it is drafted. */
struct plan {
  struct waiting *waiting;
  size_t count, next;
  uint64_t helped;         /* helped_seq() when it was made: later, what has failed may not fail */
  char day[DAY_SIZE];      /* for which it was made */
  bool fruitless;          /* a plan said nothing new; nothing will help since but a new reservation */
  struct branch *branches; /* as they are in this round */
  size_t branch_count;
  bool *guarded; /* branches that the commit in hand guards */
};

/* The weights of the configuration. */
static struct weights weights_of(const struct op_app *app) {
  return (struct weights){app->config.assign_radius_km, app->config.assign_weight_distance,
                          app->config.assign_weight_load};
}

/* Drafts up to `limit` releases, oldest cancellation first. */
static int release(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                   struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "SELECT placed_seq FROM pickups"
                                          " WHERE status = 'Assigned' AND cancelled_seq > 0"
                                          " ORDER BY cancelled_seq LIMIT ?1");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)limit);
  struct pickup pickup;
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  while (code == OP_OK && found) {
    code = pickup_load_placed(model, (uint64_t)sqlite3_column_int64(sql, 0), &pickup, error);
    if (code == OP_OK && pickup_is_due_back(&pickup))
      decide_released(&pickup, drafts, guard);
    if (code == OP_OK)
      code = op_model_step(model, sql, &found, error);
  }
  sqlite3_reset(sql);
  return code;
}

/* Loads what waits, oldest first: what nobody has looked at (not where `failed` is wanted alone), and what no branch
 * could take, which is cheap to look at again: a branch may have a place by now, or the radius be another one. */
static int load_waiting(struct op_model *model, struct plan *plan, bool failed, size_t limit, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(
      model, "SELECT placed_seq, lat, lon FROM (SELECT placed_seq, lat, lon FROM pickups WHERE status = 'Pending'"
             " AND NOT ?2 ORDER BY placed_seq LIMIT ?1) UNION ALL SELECT placed_seq, lat, lon FROM (SELECT placed_seq,"
             " lat, lon FROM pickups WHERE status = 'Failed' ORDER BY placed_seq LIMIT ?1) ORDER BY placed_seq"
             " LIMIT ?3");
  sqlite3_bind_int64(sql, 1, MAX_PLAN);
  sqlite3_bind_int(sql, 2, failed);
  sqlite3_bind_int64(sql, 3, (sqlite3_int64)limit);
  bool found = false;
  size_t size = 0;
  int code = OP_OK;
  plan->count = plan->next = 0;
  free(plan->waiting);
  plan->waiting = NULL;
  while ((code = op_model_step(model, sql, &found, error)) == OP_OK && found) {
    if (plan->count == size) {
      size = size ? 2 * size : 64;
      struct waiting *grown = reallocarray(plan->waiting, size, sizeof *grown);
      if (!grown) {
        code = op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
        break;
      }
      plan->waiting = grown;
    }
    plan->waiting[plan->count++] = (struct waiting){.placed_seq = (uint64_t)sqlite3_column_int64(sql, 0),
                                                    .at = {sqlite3_column_int(sql, 1), sqlite3_column_int(sql, 2)}};
  }
  sqlite3_reset(sql);
  return code;
}

/* Loads what waits, and plans for it; see load_waiting(). */
static int plan_waiting(struct op_model *model, struct plan *plan, bool failed, size_t limit, int64_t *ret_cost,
                        struct op_error *error) {
  const struct weights weights = weights_of(op_model_app(model));
  int code = load_waiting(model, plan, failed, limit, error);
  if (code == OP_OK && plan->count > 0 &&
      !plan_make(&weights, plan->branches, plan->branch_count, plan->waiting, plan->count, ret_cost))
    code = op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  return code;
}

/* Makes a plan for what waits: for all of it, or for the oldest alone. */
static int make_plan(struct op_model *model, struct plan *plan, bool alone, struct op_error *error) {
  const struct op_app *app = op_model_app(model);
  int64_t cost = 0;
  int code = plan_waiting(model, plan, false, alone ? 1 : 2 * (size_t)MAX_PLAN, &cost, error);
  if (code != OP_OK || plan->count == 0)
    return code;
  op_explain(app, "planned %zu reservations over %zu branches at a total cost of %.6f", plan->count, plan->branch_count,
             (double)cost / COST_UNIT);
  return OP_OK;
}

/* Drafts what is planned for one reservation, if it can still be done. */
static int draft_one(struct op_model *model, struct plan *plan, const struct waiting *waiting, bool *failure_guarded,
                     struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  struct pickup pickup;
  int code = pickup_load_placed(model, waiting->placed_seq, &pickup, error);
  if (code != OP_OK || !pickup_waits(&pickup))
    return code;
  if (waiting->failure != FAILURE_NONE) {
    *failure_guarded |= decide_failed(&pickup, waiting->failure, *failure_guarded, drafts, guard);
    return OP_OK;
  }
  struct branch *branch = &plan->branches[waiting->branch];
  if (branch->used >= branch->capacity) /* others were there first */
    return OP_OK;
  decide_assigned(&pickup, branch, waiting->distance_m, plan->day, plan->guarded[waiting->branch], drafts, guard);
  plan->guarded[waiting->branch] = true;
  branch->used++;
  return OP_OK;
}

/* Loads the branches as they are now. True where the plan still stands: the same branches, the same day, and nothing
 * that may help what it says is failing. */
static int look_around(struct op_model *model, struct plan *plan, bool *ret_stands, struct op_error *error) {
  char day[DAY_SIZE];
  uint64_t helped = 0;
  size_t before = plan->branch_count;
  assign_today(op_model_app(model), day);
  free(plan->branches);
  free(plan->guarded);
  plan->branches = NULL;
  plan->guarded = NULL;
  int code = branches_load(model, day, &plan->branches, &plan->branch_count, error);
  if (code == OP_OK)
    code = helped_seq(model, &helped, error);
  if (code != OP_OK)
    return code;
  plan->guarded = calloc(plan->branch_count + 1, sizeof *plan->guarded);
  if (!plan->guarded)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  *ret_stands = plan->branch_count == before && plan->helped == helped && strcmp(plan->day, day) == 0;
  if (strcmp(plan->day, day) != 0 || plan->helped != helped)
    plan->fruitless = false;
  plan->helped = helped;
  memcpy(plan->day, day, sizeof day);
  return OP_OK;
}

/* Drafts up to `limit` of what is planned. */
static int draft_planned(struct op_model *model, struct plan *plan, size_t limit, struct op_drafts *drafts,
                         struct op_guard *guard, struct op_error *error) {
  bool failure_guarded = false;
  int code = OP_OK;
  while (code == OP_OK && plan->next < plan->count && drafts->count < limit)
    code = draft_one(model, plan, &plan->waiting[plan->next++], &failure_guarded, drafts, guard, error);
  return code;
}

/* Is there a reservation that nobody has looked at? */
static int is_any_new(struct op_model *model, bool *ret_some, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "SELECT 1 FROM pickups WHERE status = 'Pending' LIMIT 1");
  int code = op_model_step(model, sql, ret_some, error);
  sqlite3_reset(sql);
  return code;
}

/* Drafts up to `limit` outcomes: places that come back first, since others may wait for them. */
static int work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error) {
  struct plan *plan = op_model_app(model)->context;
  bool stands = false, some = true, alone = limit == 1;
  int code = release(model, limit, drafts, guard, error);
  if (code != OP_OK || drafts->count > 0)
    return code;
  code = look_around(model, plan, &stands, error);
  if (code == OP_OK && stands && !alone)
    code = draft_planned(model, plan, limit, drafts, guard, error);
  if (code == OP_OK && plan->fruitless)
    code = is_any_new(model, &some, error);
  if (code != OP_OK || drafts->count > 0 || !some)
    return code;
  code = make_plan(model, plan, alone, error);
  if (code == OP_OK)
    code = draft_planned(model, plan, limit, drafts, guard, error);
  if (code == OP_OK && drafts->count == 0 && alone) { /* the oldest is helpless, another may not be */
    code = make_plan(model, plan, false, error);
    if (code == OP_OK)
      code = draft_planned(model, plan, limit, drafts, guard, error);
  }
  if (code == OP_OK && drafts->count == 0)
    plan->fruitless = true;
  return code;
}

/* Of what no branch could take: how many could one take now? */
static int count_helped(struct op_model *model, struct plan *plan, int64_t *ret_helped, struct op_error *error) {
  bool stands = false;
  *ret_helped = 0;
  int code = look_around(model, plan, &stands, error);
  if (code == OP_OK)
    code = plan_waiting(model, plan, true, MAX_PLAN, NULL, error);
  for (size_t i = 0; code == OP_OK && i < plan->count; i++)
    *ret_helped += plan->waiting[i].failure == FAILURE_NONE;
  return code;
}

/* Counts what is to be released or assigned. What no branch could take waits for one, or could be assigned since a
 * branch changed, or since the day began. */
static int pending(struct op_model *model, struct op_pending *owed, struct op_error *error) {
  struct plan *plan = op_model_app(model)->context;
  int64_t failed = 0, helped = 0, since_us = 0, helped_us = 0, day_us = 0;
  uint64_t oldest = 0;
  bool found = false;
  int code = op_pending_select(
      model, op_model_sql(model, "SELECT count(*), min(placed_seq) FROM pickups WHERE status = 'Pending'"), owed,
      error);
  if (code == OP_OK)
    code = op_pending_select(model,
                             op_model_sql(model, "SELECT count(*), min(cancelled_seq) FROM pickups"
                                                 " WHERE status = 'Assigned' AND cancelled_seq > 0"),
                             owed, error);
  if (code != OP_OK)
    return code;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT count(*), min(placed_seq) FROM pickups WHERE status = 'Failed'");
  code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found) {
    failed = sqlite3_column_int64(sql, 0);
    oldest = (uint64_t)sqlite3_column_int64(sql, 1);
  }
  sqlite3_reset(sql);
  if (code == OP_OK)
    code = op_pending_time(model, oldest, &since_us, error);
  if (code == OP_OK)
    code = count_helped(model, plan, &helped, error);
  if (code == OP_OK && helped > 0)
    code = op_pending_time(model, plan->helped, &helped_us, error);
  if (code != OP_OK)
    return code;
  char begin[EVS_TIME_SIZE];
  day_begin(plan->day, op_model_app(model)->config.assign_zone_us, begin);
  if (evs_time_parse(begin, strlen(begin), &day_us) && helped_us < day_us)
    helped_us = day_us;
  if (helped_us < since_us)
    helped_us = since_us;
  op_pending_add(owed, helped, 0, since_us, helped_us);
  op_pending_add(owed, failed - helped, failed - helped, since_us, 0);
  return OP_OK;
}

/* The verb `run`. */
int verb_run(struct op_app *app, struct op_error *error) {
  struct plan plan = {0};
  const struct op_processor processor = {
      .model = assign_model(), .batch = BATCH, .work = work, .pending = pending, .timed = true};
  app->context = &plan;
  int code = op_process(app, &processor, error);
  app->context = NULL;
  free(plan.waiting);
  free(plan.branches);
  free(plan.guarded);
  return code;
}
