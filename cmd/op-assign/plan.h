/* plan.h - which branch is to have which of the reservations that wait, all of them at once. Pure.
 *
 * They are given out together by flow.h: as many as possible, at the least sum of costs over all branches in reach of
 * each. One alone thus gets the branch of the least cost. Beyond PLAN_EXACT reservations each keeps to the two dozen
 * branches that were best for it when it looked, by cost and price, as long as there is another way: that is quicker,
 * and costs about a hundredth of a percent (bench: assign-cost). */
#ifndef ASSIGN_PLAN_H
#define ASSIGN_PLAN_H

#include "branch.h"
#include "cost.h"
#include "nearest.h"
#include "pickup.h"

enum { PLAN_EXACT = 20000 };

/* A reservation that waits, and what is planned for it. */
struct waiting {
  uint64_t placed_seq;
  struct op_location at;
  enum failure failure; /* FAILURE_NONE: `branch` is to have it */
  uint32_t branch;      /* index */
  int64_t distance_m;
};

/* Plans for `count` reservations in the order of placing, over `branches` with what is used of them. False where there
 * is no memory. *ret_cost (may be NULL) is the sum of the costs. */
bool plan_make(const struct weights *weights, const struct branch *branches, size_t branch_count,
               struct waiting *waiting, size_t count, int64_t *ret_cost);

/* The branches in reach of a location, nearest first, each with its distance; freed by the caller, NULL where there is
 * no memory. *ret_count: how many. */
struct neighbour *plan_in_reach(const struct weights *weights, const struct branch *branches, size_t branch_count,
                                struct op_location at, size_t *ret_count);

#endif
