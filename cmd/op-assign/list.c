/* list.c - the verbs `branch list`, `list` and `show`: what the read model has, caught up to the durable position.
 *
 * Branches in the order in which they were added, pick-ups in the order of placing. `show --explain` prints the
 * branches in reach with what each would cost now, the least first. Errors: 66 where there is no store, 64 for a status
 * that is none, 65 bad_id, 1 no_such_reservation. */
#include "cost.h"
#include "decide.h"
#include "listing.h"
#include "plan.h"
#include "project.h"
#include "row.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

/* Today, of which the figures of a branch are. */
static void today(const struct op_app *app, char day[DAY_SIZE]) { day_of(op_now_us(app), day); }

/* The verb `branch list`. */
int verb_branch_list(struct op_app *app, struct op_error *error) {
  struct op_column columns[BRANCH_COLUMNS_COUNT + 3];
  struct op_model *model = NULL;
  struct branch *branches = NULL;
  size_t count = 0;
  char day[DAY_SIZE];
  today(app, day);
  int code = assign_open(app, false, &model, error);
  if (code == OP_OK)
    code = branches_load(model, day, &branches, &count, error);
  if (code == OP_OK) {
    memcpy(columns, branch_columns, sizeof branch_columns);
    columns[BRANCH_COLUMNS_COUNT] = (struct op_column){"day", "DAY", false};
    columns[BRANCH_COLUMNS_COUNT + 1] = (struct op_column){"assigned", "ASSIGNED", true};
    columns[BRANCH_COLUMNS_COUNT + 2] = (struct op_column){"remaining", "REMAINING", true};
    op_rows_begin(app->output, columns, BRANCH_COLUMNS_COUNT + 3, false);
    for (size_t i = 0; i < count && !op_output_closed(app->output); i++) {
      branch_cells(app->output, &branches[i]);
      op_cell_text(app->output, day);
      op_cell_number(app->output, branches[i].used);
      op_cell_number(app->output,
                     branches[i].capacity > branches[i].used ? branches[i].capacity - branches[i].used : 0);
      op_row_end(app->output);
    }
    op_rows_end(app->output);
  }
  free(branches);
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

/* A branch in reach, and what it would cost. */
struct candidate {
  const struct branch *branch;
  int64_t distance_m, taken; /* places that others have */
  int64_t cost;
};

/* The order of the table: what can take it before what is full, then by cost, then by distance. */
static int compare(const void *a, const void *b) {
  const struct candidate *left = a, *right = b;
  bool left_full = left->taken >= left->branch->capacity, right_full = right->taken >= right->branch->capacity;
  if (left_full != right_full)
    return left_full ? 1 : -1;
  if (left->cost != right->cost)
    return left->cost < right->cost ? -1 : 1;
  return left->distance_m < right->distance_m ? -1 : left->distance_m > right->distance_m;
}

/* Prints the candidates. */
static void print_candidates(struct op_output *output, const struct candidate *candidates, size_t count,
                             const struct pickup *pickup) {
  static const struct op_column columns[] = {
      {"branchId", "BRANCH", false},  {"name", "NAME", false},        {"distanceKm", "KM", true},
      {"capacity", "CAPACITY", true}, {"assigned", "ASSIGNED", true}, {"remaining", "REMAINING", true},
      {"cost", "COST", true},         {"chosen", "CHOSEN", false},
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
    op_cell_json(output,
                 pickup_holds(pickup) && strcmp(pickup->branch_id, candidate->branch->id) == 0 ? "true" : "false");
    op_row_end(output);
  }
  op_rows_end(output);
}

/* `show --explain`: the branches in reach, with what each costs beside what all others have. */
static int explain(struct op_model *model, const struct pickup *pickup, struct op_error *error) {
  struct op_app *app = op_model_app(model);
  const struct weights weights = {app->config.assign_radius_km, app->config.assign_weight_distance,
                                  app->config.assign_weight_load};
  struct branch *branches = NULL;
  size_t branch_count = 0, count = 0;
  char day[DAY_SIZE];
  today(app, day);
  if (pickup_holds(pickup))
    memcpy(day, pickup->day, sizeof day);
  int code = branches_load(model, day, &branches, &branch_count, error);
  if (code != OP_OK)
    return code;
  struct neighbour *found = plan_in_reach(&weights, branches, branch_count, pickup->at, &count);
  struct candidate *candidates = calloc(count + 1, sizeof *candidates);
  if (found && candidates) {
    for (size_t i = 0; i < count; i++) {
      const struct branch *branch = &branches[found[i].index];
      bool its_own = pickup_holds(pickup) && strcmp(pickup->branch_id, branch->id) == 0;
      int64_t taken = branch->used - its_own;
      candidates[i] = (struct candidate){branch, found[i].distance_m, taken,
                                         cost_of_distance(&weights, found[i].distance_m) +
                                             cost_of_load(&weights, taken, branch->capacity)};
    }
    qsort(candidates, count, sizeof *candidates, compare);
    print_candidates(app->output, candidates, count, pickup);
  } else {
    code = op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  }
  free(candidates);
  free(found);
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
