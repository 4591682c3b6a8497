/* nearest.h - the branches near to a location: a k-d tree over points of the unit sphere.
 *
 * The chord between two points of a sphere grows with the way along its surface, so the nearest by chord are the
 * nearest on the ground, at the date line and at the poles like anywhere else (J. L. Bentley, "Multidimensional Binary
 * Search Trees Used for Associative Searching", 1975). Pure. */
#ifndef ASSIGN_NEAREST_H
#define ASSIGN_NEAREST_H

#include "location.h"

#include <stddef.h>

struct nearest;

/* A branch and how far it is. */
struct neighbour {
  uint32_t index;
  int64_t distance_m;
};

/* A tree over `count` locations; NULL where there is no memory. */
struct nearest *nearest_new(const struct op_location *locations, size_t count);
void nearest_free(struct nearest *nearest); /* NULL is legal */

/* Up to `limit` locations within `reach_m` of `from`, nearest first, and in the order of their index where two are
 * equally far; `found` has room for `limit`. Returns how many. */
size_t nearest_find(const struct nearest *nearest, struct op_location from, int64_t reach_m, size_t limit,
                    struct neighbour *found);

#endif
