/* flow.h - gives reservations to branches at least total cost under the capacities: a minimum-cost flow. Pure.
 *
 * Reservations come one after the other, each with its candidates (branches in reach and what the way there costs).
 * Each takes a shortest augmenting path: to a branch directly, or to one that another reservation leaves for a third.
 * This is the method of successive shortest paths with potentials (R. G. Busacker and P. J. Gowen, 1961; J. Edmonds and
 * R. M. Karp, "Theoretical Improvements in Algorithmic Efficiency for Network Flow Problems", 1972; N. Tomizawa, 1971),
 * on the graph of the branches alone: an edge from a to b stands for the reservation of a that moves to b at the least
 * cost.
 *
 * What holds after each flow_add():
 *  - optimal: no other way to give the reservations that were added to their candidates costs less in sum, loads
 *    included. Every edge that is left has a reduced cost of 0 or more under the prices, so there is no cycle of
 *    negative cost; the convex costs of load keep that so, because the next place of a branch never costs less.
 *  - as many as possible, who came first first: a reservation is refused only where no augmenting path is left, and
 * then none ever comes up again, because every branch that it reaches is full and leads to full ones alone. Sets that
 * can be served form a matroid, so this refuses as few as any order could, and never an earlier one for a later one. */
#ifndef ASSIGN_FLOW_H
#define ASSIGN_FLOW_H

#include "cost.h"

#include <stdbool.h>
#include <stddef.h>

struct flow;

struct flow_branch {
  int64_t used, capacity; /* places that are taken before, and how many there are */
};

struct flow_candidate {
  uint32_t branch; /* index; each at most once */
  int64_t cost;    /* of the way, 0 or more */
};

/* Borrows weights. NULL where there is no memory. */
struct flow *flow_new(const struct weights *weights, const struct flow_branch *branches, size_t count);
void flow_free(struct flow *flow); /* NULL is legal */

/* Adds a reservation, the next in number from 0, copying its candidates; false where none of them can take it, however
 * the others move: then it has no number. */
bool flow_add(struct flow *flow, const struct flow_candidate *candidates, size_t count);
/* The branch that has reservation `number` now. */
uint32_t flow_branch_of(const struct flow *flow, size_t number);
/* The sum of all costs of the reservations that were added. */
int64_t flow_cost(const struct flow *flow);

#endif
