/* flow.h - gives reservations to branches at least total cost under the capacities: a minimum-cost flow. Pure.
 *
 * Reservations come one after the other. Each takes a shortest augmenting path: to a branch directly, or to one that
 * another reservation leaves for a third. This is the method of successive shortest paths with potentials
 * (R. G. Busacker and P. J. Gowen, 1961; J. Edmonds and R. M. Karp, "Theoretical Improvements in Algorithmic Efficiency
 * for Network Flow Problems", 1972; N. Tomizawa, 1971), on the graph of the branches alone: an edge from a to b stands
 * for the reservation of a that moves to b at the least cost.
 *
 * Every branch in reach is a candidate of a reservation, but hardly any matters: candidates are looked up a few at a
 * time, those of the least cost + price first, and more of them only when a search comes to where one of them could be
 * better than what it knows (columns are priced out lazily, as in column generation; prices never fall, so that what
 * was too dear stays so).
 *
 * What holds after each flow_add():
 *  - optimal: no other way to give the reservations that were added to any branches in their reach costs less in sum,
 *    loads included. Every edge that is left has a reduced cost of 0 or more under the prices, so there is no cycle of
 *    negative cost; the convex costs of load keep that so, because the next place of a branch never costs less.
 *  - as many as possible, who came first first: a reservation is refused only where no augmenting path is left, and
 *    then none ever comes up again, because every branch that it reaches is full and leads to full ones alone. Sets
 *    that can be served form a matroid, so this refuses as few as any order could, and never an earlier one for a later
 *    one. */
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
  uint32_t branch; /* index */
  int64_t cost;    /* of the way: from 0 to that of the radius */
};

/* What is asked for: candidates of the reservation that the caller knows as `who`. */
struct flow_question {
  size_t who;
  const int64_t *prices; /* of every branch; none was higher before */
  const bool *left_out;  /* branches that are not wanted */
  int64_t below;         /* only what costs less than this, price included */
  size_t limit;          /* how many, at most */
};

/* Answers it: those of the least cost + price, in that order, into `found`; returns how many. */
typedef size_t flow_finder(void *context, const struct flow_question *question, struct flow_candidate *found);

/* Borrows weights and context. `step`: how many candidates a new reservation looks up at a time, 1 or more; it changes
 * nothing but the time that is taken. `most`: how many candidates a reservation that has a branch goes on to look up
 * while there is another way; SIZE_MAX: all that matter. With fewer as many are served, and the sum may be a little
 * above the least. NULL where there is no memory. */
struct flow *flow_new(const struct weights *weights, const struct flow_branch *branches, size_t count,
                      flow_finder *find, void *context, size_t step, size_t most);
void flow_free(struct flow *flow); /* NULL is legal */

/* Adds a reservation, the next in number from 0; false where no branch can take it, however the others move: then it
 * has no number. */
bool flow_add(struct flow *flow, size_t who);
/* The branch that has reservation `number` now. */
uint32_t flow_branch_of(const struct flow *flow, size_t number);
/* The sum of all costs of the reservations that were added. */
int64_t flow_cost(const struct flow *flow);

#endif
