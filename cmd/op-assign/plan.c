/* plan.c - plans with the nearest branches and the flow, see plan.h. Raises nothing. */
#include "plan.h"

#include "flow.h"

#include <math.h>
#include <stdlib.h>

/* What a plan is made with. */
struct planner {
  const struct weights *weights;
  const struct branch *branches;
  size_t branch_count;
  int64_t reach_m;
  struct nearest *nearest;
  struct flow *flow;
  struct neighbour *found;
  struct flow_candidate *candidates;
};

/* The reach in metres. */
static int64_t reach_of(const struct weights *weights) { return llround(weights->radius_km * 1000); }

/* The tree over the branches. */
static struct nearest *tree_of(const struct branch *branches, size_t count) {
  struct op_location *locations = calloc(count + 1, sizeof *locations);
  struct nearest *nearest = NULL;
  if (locations) {
    for (size_t i = 0; i < count; i++)
      locations[i] = branches[i].at;
    nearest = nearest_new(locations, count);
  }
  free(locations);
  return nearest;
}

/* Makes the flow. */
static struct flow *flow_of(const struct planner *planner) {
  struct flow_branch *places = calloc(planner->branch_count + 1, sizeof *places);
  struct flow *flow = NULL;
  if (places) {
    for (size_t i = 0; i < planner->branch_count; i++)
      places[i] = (struct flow_branch){planner->branches[i].used, planner->branches[i].capacity};
    flow = flow_new(planner->weights, places, planner->branch_count);
  }
  free(places);
  return flow;
}

/* Adds one reservation, with more and more candidates. */
static void add(struct planner *planner, struct waiting *waiting, size_t limit) {
  size_t count = 0;
  for (bool all = false; !all; limit *= 2) {
    size_t wanted = limit < planner->branch_count ? limit : planner->branch_count;
    count = nearest_find(planner->nearest, waiting->at, planner->reach_m, wanted, planner->found);
    all = count < wanted || wanted == planner->branch_count;
    for (size_t i = 0; i < count; i++)
      planner->candidates[i] = (struct flow_candidate){
          planner->found[i].index, cost_of_distance(planner->weights, planner->found[i].distance_m)};
    if (count > 0 && flow_add(planner->flow, planner->candidates, count)) {
      waiting->failure = FAILURE_NONE;
      return;
    }
  }
  waiting->failure = count > 0 ? FAILURE_NO_CAPACITY : FAILURE_NO_BRANCH;
}

/* Plans. */
bool plan_make(const struct weights *weights, const struct branch *branches, size_t branch_count,
               struct waiting *waiting, size_t count, int64_t *ret_cost) {
  struct planner planner = {
      .weights = weights, .branches = branches, .branch_count = branch_count, .reach_m = reach_of(weights)};
  planner.nearest = tree_of(branches, branch_count);
  planner.flow = flow_of(&planner);
  planner.found = calloc(branch_count + 1, sizeof *planner.found);
  planner.candidates = calloc(branch_count + 1, sizeof *planner.candidates);
  bool made = planner.nearest && planner.flow && planner.found && planner.candidates;
  for (size_t i = 0; made && i < count; i++)
    add(&planner, &waiting[i], count == 1 && branch_count > 0 ? branch_count : PLAN_CANDIDATES);
  for (size_t i = 0, number = 0; made && i < count; i++) {
    if (waiting[i].failure != FAILURE_NONE)
      continue;
    waiting[i].branch = flow_branch_of(planner.flow, number++);
    waiting[i].distance_m = op_distance_m(waiting[i].at, branches[waiting[i].branch].at);
  }
  if (made && ret_cost)
    *ret_cost = flow_cost(planner.flow);
  nearest_free(planner.nearest);
  flow_free(planner.flow);
  free(planner.found);
  free(planner.candidates);
  return made;
}

/* All in reach of one place. */
struct neighbour *plan_in_reach(const struct weights *weights, const struct branch *branches, size_t branch_count,
                                struct op_location at, size_t *ret_count) {
  struct neighbour *found = calloc(branch_count + 1, sizeof *found);
  struct nearest *nearest = tree_of(branches, branch_count);
  *ret_count = 0;
  if (found && nearest) {
    *ret_count = nearest_find(nearest, at, reach_of(weights), branch_count, found);
  } else {
    free(found);
    found = NULL;
  }
  nearest_free(nearest);
  return found;
}
