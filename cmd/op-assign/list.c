/* list.c - the verbs `branch list`, `branch show`, `list` and `show`: what the read model has, caught up to the durable
 * position.
 *
 * Branches in the order in which they were added, pick-ups in the order of placing. `show --explain` prints the
 * branches in reach with what each would cost now, the least first. Errors: 66 where there is no store, 64 for a status
 * that is none, 65 bad_id, 1 no_such_reservation, no_such_branch. */
#include "cost.h"
#include "decide.h"
#include "listing.h"
#include "plan.h"
#include "project.h"
#include "row.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

/* Branches with how full they are on a day; one alone, or a list. */
static void print_branches(struct op_output *output, const struct branch *branches, size_t count, const char *day,
                           bool single) {
  struct op_column columns[BRANCH_COLUMNS_COUNT + 3];
  memcpy(columns, branch_columns, sizeof branch_columns);
  columns[BRANCH_COLUMNS_COUNT] = (struct op_column){"day", "DAY", false};
  columns[BRANCH_COLUMNS_COUNT + 1] = (struct op_column){"assigned", "ASSIGNED", true};
  columns[BRANCH_COLUMNS_COUNT + 2] = (struct op_column){"remaining", "REMAINING", true};
  op_rows_begin(output, columns, BRANCH_COLUMNS_COUNT + 3, single);
  for (size_t i = 0; i < count && !op_output_closed(output); i++) {
    const struct branch *branch = &branches[i];
    branch_cells(output, branch);
    op_cell_text(output, day);
    op_cell_number(output, branch->used);
    op_cell_number(output, branch->capacity > branch->used ? branch->capacity - branch->used : 0);
    op_row_end(output);
  }
  op_rows_end(output);
}

/* The verb `branch list`. */
int verb_branch_list(struct op_app *app, struct op_error *error) {
  struct op_model *model = NULL;
  struct branch *branches = NULL;
  size_t count = 0;
  char day[DAY_SIZE];
  assign_today(app, day);
  int code = assign_open(app, false, &model, error);
  if (code == OP_OK)
    code = branches_load_all(model, day, &branches, &count, error);
  if (code == OP_OK)
    print_branches(app->output, branches, count, day, false);
  free(branches);
  op_model_close(model);
  return code;
}

/* The verb `branch show`. */
int verb_branch_show(struct op_app *app, struct op_error *error) {
  const char *id = app->operands[0];
  struct op_model *model = NULL;
  struct branch branch = {0};
  char day[DAY_SIZE];
  assign_today(app, day);
  int code = op_check_id("branch id", id, error);
  if (code == OP_OK)
    code = assign_open(app, false, &model, error);
  if (code == OP_OK)
    code = branch_load(model, id, day, &branch, error);
  if (code == OP_OK && !branch.id[0])
    code = no_such_branch(id, error);
  if (code == OP_OK)
    print_branches(app->output, &branch, 1, day, true);
  op_model_close(model);
  return code;
}

/* The pick-up with the name of its branch. */
static int load_named(struct op_model *model, uint64_t placed_seq, struct pickup *pickup, struct branch *branch,
                      struct op_error *error) {
  int code = pickup_load_placed(model, placed_seq, pickup, error);
  *branch = (struct branch){0};
  return code == OP_OK && pickup->branch_id[0] ? branch_load(model, pickup->branch_id, "", branch, error) : code;
}

/* The verb `list`. */
int verb_list(struct op_app *app, struct op_error *error) {
  const char *status = op_option(app, "status"), *branch_id = op_option(app, "branch");
  struct op_model *model = NULL;
  int code = op_check_word("--status", status, pickup_statuses, error);
  if (code == OP_OK && branch_id)
    code = op_check_id("branch id", branch_id, error);
  if (code == OP_OK)
    code = assign_open(app, false, &model, error);
  if (code != OP_OK)
    return code;
  const struct op_filter filters[] = {{"status = ?1", status}, {"branch_id = ?2", branch_id}, {0}};
  sqlite3_stmt *sql = op_select(model, "SELECT placed_seq FROM pickups", filters, " ORDER BY placed_seq");
  op_rows_begin(app->output, pickup_columns, PICKUP_COLUMNS_COUNT, false);
  bool found = false;
  while ((code = op_model_step(model, sql, &found, error)) == OP_OK && found && !op_output_closed(app->output)) {
    struct pickup pickup;
    struct branch branch;
    code = load_named(model, (uint64_t)sqlite3_column_int64(sql, 0), &pickup, &branch, error);
    if (code != OP_OK)
      break;
    pickup_cells(app->output, &pickup, branch.name);
    op_row_end(app->output);
  }
  sqlite3_reset(sql);
  op_rows_end(app->output);
  op_model_close(model);
  return code;
}

/* ---- --explain -------------------------------------------------------------------------------------------------- */

/* A branch that is shown, and what it would cost. */
struct candidate {
  const struct branch *branch;
  int64_t distance_m, taken; /* places that others have */
  int64_t cost;
  bool in_reach, chosen;
};

/* Can it not take the reservation? */
static bool is_helpless(const struct candidate *candidate) {
  return !candidate->in_reach || candidate->branch->closed || candidate->taken >= candidate->branch->capacity;
}

/* The order of the table: what can take it before what cannot, then by cost, then by distance. */
static int compare(const void *a, const void *b) {
  const struct candidate *left = a, *right = b;
  if (is_helpless(left) != is_helpless(right))
    return is_helpless(left) ? 1 : -1;
  if (left->cost != right->cost)
    return left->cost < right->cost ? -1 : 1;
  return left->distance_m < right->distance_m ? -1 : left->distance_m > right->distance_m;
}

/* Prints the candidates. */
static void print_candidates(struct op_output *output, const struct candidate *candidates, size_t count) {
  static const struct op_column columns[] = {
      {"branchId", "BRANCH", false},  {"name", "NAME", false},        {"distanceKm", "KM", true},
      {"capacity", "CAPACITY", true}, {"assigned", "ASSIGNED", true}, {"remaining", "REMAINING", true},
      {"cost", "COST", true},         {"chosen", "CHOSEN", false},    {"inReach", "IN REACH", false},
  };
  op_rows_begin(output, columns, sizeof columns / sizeof *columns, false);
  for (size_t i = 0; i < count; i++) {
    const struct candidate *candidate = &candidates[i];
    char cost[40];
    int64_t remaining = candidate->branch->capacity - candidate->taken;
    snprintf(cost, sizeof cost, "%.6f", (double)candidate->cost / COST_UNIT);
    op_cell_text(output, candidate->branch->id);
    op_cell_text(output, candidate->branch->name);
    cell_km(output, candidate->distance_m);
    op_cell_number(output, candidate->branch->capacity);
    op_cell_number(output, candidate->taken);
    op_cell_number(output, remaining > 0 ? remaining : 0);
    op_cell_json(output, cost);
    op_cell_json(output, candidate->chosen ? "true" : "false");
    op_cell_json(output, candidate->in_reach ? "true" : "false");
    op_row_end(output);
  }
  op_rows_end(output);
}

/* Picks what is shown of all branches, which are nearest first: those in reach, of which there are `in_reach`; the
 * nearest, wherever it is; and the one that has it. What is closed is left out, unless it has it. Returns how many. */
static size_t pick(const struct weights *weights, const struct branch *branches, const struct neighbour *found,
                   size_t count, size_t in_reach, const struct pickup *pickup, struct candidate *candidates) {
  size_t picked = 0;
  bool is_nearest = true;
  for (size_t i = 0; i < count; i++) {
    const struct branch *branch = &branches[found[i].index];
    bool chosen = pickup_holds(pickup) && strcmp(pickup->branch_id, branch->id) == 0;
    bool shown = chosen || (!branch->closed && (i < in_reach || is_nearest));
    is_nearest = is_nearest && branch->closed;
    if (!shown)
      continue;
    int64_t taken = branch->used - chosen;
    int64_t cost = cost_of_distance(weights, found[i].distance_m) + cost_of_load(weights, taken, branch->capacity);
    candidates[picked++] = (struct candidate){branch, found[i].distance_m, taken, cost, i < in_reach, chosen};
  }
  return picked;
}

/* `show --explain`: the branches that matter, with what each costs beside what all others have. */
static int explain(struct op_model *model, const struct pickup *pickup, struct op_error *error) {
  struct op_app *app = op_model_app(model);
  const struct weights weights = {app->config.assign_radius_km, app->config.assign_weight_distance,
                                  app->config.assign_weight_load};
  struct weights everywhere = weights;
  struct branch *branches = NULL;
  size_t branch_count = 0, count = 0, in_reach = 0;
  char day[DAY_SIZE];
  everywhere.radius_km = 40000; /* all around the earth */
  assign_today(app, day);
  if (pickup_holds(pickup))
    memcpy(day, pickup->day, sizeof day);
  int code = branches_load_all(model, day, &branches, &branch_count, error);
  if (code != OP_OK)
    return code;
  struct neighbour *near = plan_in_reach(&weights, branches, branch_count, pickup->at, &in_reach);
  struct neighbour *found = plan_in_reach(&everywhere, branches, branch_count, pickup->at, &count);
  struct candidate *candidates = calloc(count + 1, sizeof *candidates);
  if (near && found && candidates) {
    count = pick(&weights, branches, found, count, in_reach, pickup, candidates);
    qsort(candidates, count, sizeof *candidates, compare);
    print_candidates(app->output, candidates, count);
  } else {
    code = op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  }
  free(candidates);
  free(found);
  free(near);
  free(branches);
  return code;
}

/* The verb `show`. */
int verb_show(struct op_app *app, struct op_error *error) {
  const char *id = app->operands[0];
  struct op_model *model = NULL;
  struct pickup pickup;
  struct branch branch = {0};
  int code = op_check_id("reservation id", id, error);
  if (code == OP_OK)
    code = assign_open(app, false, &model, error);
  if (code == OP_OK)
    code = pickup_load(model, id, &pickup, error);
  if (code == OP_OK && !pickup.id[0])
    code = no_such_pickup(id, error);
  if (code == OP_OK && op_option_given(app, "explain"))
    code = explain(model, &pickup, error);
  else if (code == OP_OK && pickup.branch_id[0])
    code = branch_load(model, pickup.branch_id, "", &branch, error);
  if (code == OP_OK && !op_option_given(app, "explain"))
    pickup_print(app->output, &pickup, branch.name);
  op_model_close(model);
  return code;
}
