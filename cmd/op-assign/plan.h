/* plan.h - which branch is to have which of the reservations that wait, all of them at once. Pure.
 *
 * One alone gets the branch of the least cost among all in reach. Many are given out together by flow.h: each brings
 * its PLAN_CANDIDATES nearest branches, and twice as many again and again while it finds no place among them, up to all
 * in reach. So what is planned is the least sum of costs over these candidates; a branch that is no candidate of a
 * reservation is farther from it than PLAN_CANDIDATES others. */
#ifndef ASSIGN_PLAN_H
#define ASSIGN_PLAN_H

#include "branch.h"
#include "cost.h"
#include "nearest.h"
#include "pickup.h"

enum { PLAN_CANDIDATES = 12 };

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
