/* cost.h - what it costs to give a reservation to a branch, in whole units, so that sums are exact. Pure.
 *
 *   cost = weights.distance * distance / radius  +  weights.load * taken / capacity
 *
 * where `taken` are the places of the day that are taken already: the first costs nothing, the last nearly
 * weights.load. With the defaults (1 and 0.2, 100 km) a branch that is full counts as 20 km farther than an empty one.
 * The load's part grows with every place, so the sum over all places of a branch is convex, which flow.h rests on. */
#ifndef ASSIGN_COST_H
#define ASSIGN_COST_H

#include <stdint.h>

#define COST_UNIT 1e8 /* of 1: a millimetre in 100 km. Weights go to a million: sums along a path stay below 2^63 */

struct weights {
  double radius_km; /* reach of a branch */
  double distance, load;
};

int64_t cost_of_distance(const struct weights *weights, int64_t distance_m);
/* Of the next place, where `taken` of `capacity` are. Never falls as `taken` grows. */
int64_t cost_of_load(const struct weights *weights, int64_t taken, int64_t capacity);

#endif
