/* nearest.h - the branches that are best for a location, by distance and by price: a k-d tree over points of the unit
 * sphere.
 *
 * The chord between two points of a sphere grows with the way along its surface, so the nearest by chord are the
 * nearest on the ground, at the date line and at the poles like anywhere else (J. L. Bentley, "Multidimensional Binary
 * Search Trees Used for Associative Searching", 1975). Every part of the tree knows the lowest price in it, so that a
 * search leaves out what is too far for its price (branch and bound). Pure. */
#ifndef ASSIGN_NEAREST_H
#define ASSIGN_NEAREST_H

#include "cost.h"
#include "location.h"

#include <stdbool.h>
#include <stddef.h>

struct nearest;

/* A branch, how far it is, and what the way there costs. */
struct neighbour {
  uint32_t index;
  int64_t distance_m;
  int64_t cost;
};

/* What is looked for. */
struct nearest_query {
  const struct weights *weights; /* the radius is the reach */
  struct op_location from;
  const int64_t *prices; /* of each branch, 0 or more; NULL: 0 */
  const bool *left_out;  /* branches that are not wanted; NULL: all are */
  int64_t below;         /* only what costs less than this, price included; INT64_MAX: anything */
};

/* A tree over `count` locations, all of whose prices are 0; NULL where there is no memory. */
struct nearest *nearest_new(const struct op_location *locations, size_t count);
void nearest_free(struct nearest *nearest); /* NULL is legal */

/* Looks at the prices again. A tree that has not looked for a while, and whose prices rose since, finds the same and
 * takes longer; none may have fallen. */
void nearest_look(struct nearest *nearest, const int64_t *prices);

/* Up to `limit` branches in reach: those of the least cost + price, in that order, and where two are equal the nearer
 * one first, then by index; `found` has room for `limit`. Returns how many. */
size_t nearest_find(const struct nearest *nearest, const struct nearest_query *query, size_t limit,
                    struct neighbour *found);

#endif
