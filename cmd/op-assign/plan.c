/* plan.c - plans with the nearest branches and the flow, see plan.h. Raises nothing. */
#include "plan.h"

#include "flow.h"

#include <stdlib.h>

/* Candidates that are looked up at a time; questions after which the tree looks at the prices again; candidates of a
 * reservation in a large plan. */
enum { STEP = 8, QUESTIONS = 64, MOST = 24 };

/* What a plan is made with. */
struct planner {
  const struct weights *weights;
  const struct branch *branches;
  size_t branch_count;
  const struct waiting *waiting;
  struct nearest *nearest;
  struct neighbour *found;
  unsigned questions; /* since the tree looked at the prices */
};

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

/* Answers the flow; see flow_finder. */
static size_t find(void *context, const struct flow_question *question, struct flow_candidate *found) {
  struct planner *planner = context;
  const struct nearest_query query = {planner->weights, planner->waiting[question->who].at, question->prices,
                                      question->left_out, question->below};
  if (planner->questions++ % QUESTIONS == 0)
    nearest_look(planner->nearest, question->prices);
  size_t count = nearest_find(planner->nearest, &query, question->limit, planner->found);
  for (size_t i = 0; i < count; i++)
    found[i] = (struct flow_candidate){planner->found[i].index, planner->found[i].cost};
  return count;
}

/* Makes the flow. */
static struct flow *flow_of(struct planner *planner, size_t count) {
  struct flow_branch *places = calloc(planner->branch_count + 1, sizeof *places);
  struct flow *flow = NULL;
  if (places) {
    for (size_t i = 0; i < planner->branch_count; i++)
      places[i] = (struct flow_branch){planner->branches[i].used, planner->branches[i].capacity};
    flow = flow_new(planner->weights, places, planner->branch_count, find, planner, STEP,
                    count > PLAN_EXACT ? MOST : SIZE_MAX);
  }
  free(places);
  return flow;
}

/* Why does no branch have it? */
static enum failure failure_of(const struct planner *planner, const struct waiting *waiting) {
  const struct nearest_query query = {planner->weights, waiting->at, NULL, NULL, INT64_MAX};
  return nearest_find(planner->nearest, &query, 1, planner->found) ? FAILURE_NO_CAPACITY : FAILURE_NO_BRANCH;
}

/* Plans. */
bool plan_make(const struct weights *weights, const struct branch *branches, size_t branch_count,
               struct waiting *waiting, size_t count, int64_t *ret_cost) {
  struct planner planner = {.weights = weights, .branches = branches, .branch_count = branch_count, .waiting = waiting};
  struct flow *flow = flow_of(&planner, count);
  planner.nearest = tree_of(branches, branch_count);
  planner.found = calloc((branch_count > STEP ? branch_count : STEP) + 1, sizeof *planner.found);
  bool made = planner.nearest && planner.found && flow;
  for (size_t i = 0; made && i < count; i++)
    waiting[i].failure = flow_add(flow, i) ? FAILURE_NONE : failure_of(&planner, &waiting[i]);
  for (size_t i = 0, number = 0; made && i < count; i++) {
    if (waiting[i].failure != FAILURE_NONE)
      continue;
    waiting[i].branch = flow_branch_of(flow, number++);
    waiting[i].distance_m = op_distance_m(waiting[i].at, branches[waiting[i].branch].at);
  }
  if (made && ret_cost)
    *ret_cost = flow_cost(flow);
  flow_free(flow);
  nearest_free(planner.nearest);
  free(planner.found);
  return made;
}

/* All in reach of one place. */
struct neighbour *plan_in_reach(const struct weights *weights, const struct branch *branches, size_t branch_count,
                                struct op_location at, size_t *ret_count) {
  struct neighbour *found = calloc(branch_count + 1, sizeof *found);
  struct nearest *nearest = tree_of(branches, branch_count);
  *ret_count = 0;
  if (found && nearest) {
    const struct nearest_query query = {weights, at, NULL, NULL, INT64_MAX};
    *ret_count = nearest_find(nearest, &query, branch_count, found);
  } else {
    free(found);
    found = NULL;
  }
  nearest_free(nearest);
  return found;
}
