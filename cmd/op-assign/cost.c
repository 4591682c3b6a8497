/* cost.c - the two parts of a cost, see cost.h. A radius of 0 reaches only what is at the same place, at no distance.
 */
#include "cost.h"

#include <math.h>

/* The way. */
int64_t cost_of_distance(const struct weights *weights, int64_t distance_m) {
  if (weights->radius_km <= 0)
    return 0;
  return llround(COST_UNIT * weights->distance * ((double)distance_m / 1000 / weights->radius_km));
}

/* The load. */
int64_t cost_of_load(const struct weights *weights, int64_t taken, int64_t capacity) {
  if (capacity <= 0)
    return 0;
  return llround(COST_UNIT * weights->load * ((double)taken / (double)capacity));
}
