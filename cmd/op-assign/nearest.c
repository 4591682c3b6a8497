/* nearest.c - builds and searches the k-d tree, see nearest.h.
 *
 * The tree is an array: the middle of a range splits it along one of the three axes in turn, what is before it is on
 * its one side and what is behind on the other. A search keeps the best so far in a heap whose top is the worst of
 * them, and leaves out a side that is farther away than that. Distances in whole metres decide, chords only prune. */
#include "nearest.h"

#include <math.h>
#include <stdlib.h>

struct point {
  double axis[3];
  uint32_t index;
};

struct nearest {
  struct op_location *locations;
  struct point *points;
  size_t count;
};

/* A search. */
struct search {
  const struct nearest *nearest;
  struct op_location from;
  double axis[3];
  double chord2; /* the square of the longest chord that may still matter */
  int64_t reach_m;
  struct neighbour *heap;
  size_t count, limit;
};

#define EARTH_M 6371008.8

/* Where it is on the unit sphere. */
static void to_axes(struct op_location at, double axis[3]) {
  double lat = at.lat * (M_PI / 180e6), lon = at.lon * (M_PI / 180e6);
  axis[0] = cos(lat) * cos(lon);
  axis[1] = cos(lat) * sin(lon);
  axis[2] = sin(lat);
}

/* The square of the chord over a way, a metre and a little more, so that rounding leaves nothing out. */
static double chord2_of(int64_t distance_m) {
  double angle = ((double)distance_m + 1) / EARTH_M;
  if (angle >= M_PI)
    return 5; /* more than any */
  double half = sin(angle / 2);
  return 4 * half * half * (1 + 1e-9) + 1e-14;
}

/* Puts the element that belongs at `middle` there, smaller ones before it (C. A. R. Hoare, "Find", 1961). */
static void split(struct point *points, size_t count, size_t middle, int axis) {
  size_t low = 0, high = count - 1;
  while (low < high) {
    double pivot = points[low + (high - low) / 2].axis[axis];
    size_t i = low, j = high;
    for (;;) {
      while (points[i].axis[axis] < pivot)
        i++;
      while (points[j].axis[axis] > pivot)
        j--;
      if (i >= j)
        break;
      struct point swap = points[i];
      points[i++] = points[j];
      points[j--] = swap;
    }
    if (j < middle)
      low = j + 1;
    if (j >= middle)
      high = j;
  }
}

/* Orders a range; depth is the logarithm of its size. */
// NOLINTNEXTLINE(misc-no-recursion)
static void build(struct point *points, size_t count, int axis) {
  if (count < 2)
    return;
  size_t middle = count / 2;
  split(points, count, middle, axis);
  build(points, middle, (axis + 1) % 3);
  build(points + middle + 1, count - middle - 1, (axis + 1) % 3);
}

/* Makes the tree. */
struct nearest *nearest_new(const struct op_location *locations, size_t count) {
  struct nearest *nearest = calloc(1, sizeof *nearest);
  if (!nearest)
    return NULL;
  nearest->locations = calloc(count + 1, sizeof *nearest->locations);
  nearest->points = calloc(count + 1, sizeof *nearest->points);
  if (!nearest->locations || !nearest->points) {
    nearest_free(nearest);
    return NULL;
  }
  nearest->count = count;
  for (size_t i = 0; i < count; i++) {
    nearest->locations[i] = locations[i];
    nearest->points[i].index = (uint32_t)i;
    to_axes(locations[i], nearest->points[i].axis);
  }
  build(nearest->points, count, 0);
  return nearest;
}

/* Gives it back. */
void nearest_free(struct nearest *nearest) {
  if (!nearest)
    return;
  free(nearest->locations);
  free(nearest->points);
  free(nearest);
}

/* Is `a` the worse one? */
static bool is_worse(const struct neighbour *a, const struct neighbour *b) {
  return a->distance_m != b->distance_m ? a->distance_m > b->distance_m : a->index > b->index;
}

/* Moves the element at `at` down to where it belongs in a heap with the worst on top. */
static void sift_down(struct neighbour *heap, size_t count, size_t at) {
  for (;;) {
    size_t worst = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
      if (is_worse(&heap[child], &heap[worst]))
        worst = child;
    if (worst == at)
      return;
    struct neighbour swap = heap[at];
    heap[at] = heap[worst];
    heap[worst] = swap;
    at = worst;
  }
}

/* Looks at one location. */
static void look_at(struct search *search, uint32_t index) {
  struct neighbour here = {index, op_distance_m(search->from, search->nearest->locations[index])};
  if (here.distance_m > search->reach_m)
    return;
  if (search->count < search->limit) {
    size_t at = search->count++;
    search->heap[at] = here;
    while (at > 0 && is_worse(&search->heap[at], &search->heap[(at - 1) / 2])) {
      struct neighbour swap = search->heap[at];
      search->heap[at] = search->heap[(at - 1) / 2];
      search->heap[(at - 1) / 2] = swap;
      at = (at - 1) / 2;
    }
  } else if (is_worse(&search->heap[0], &here)) {
    search->heap[0] = here;
    sift_down(search->heap, search->count, 0);
  } else {
    return;
  }
  if (search->count == search->limit)
    search->chord2 = chord2_of(search->heap[0].distance_m);
}

/* Looks at a range: its nearer side first, its farther one only where that may hold something. */
// NOLINTNEXTLINE(misc-no-recursion)
static void descend(struct search *search, const struct point *points, size_t count, int axis) {
  if (count == 0)
    return;
  size_t middle = count / 2;
  const struct point *here = &points[middle];
  double chord2 = 0, side = search->axis[axis] - here->axis[axis];
  for (int i = 0; i < 3; i++)
    chord2 += (search->axis[i] - here->axis[i]) * (search->axis[i] - here->axis[i]);
  bool before = side < 0;
  descend(search, before ? points : here + 1, before ? middle : count - middle - 1, (axis + 1) % 3);
  if (chord2 <= search->chord2)
    look_at(search, here->index);
  if (side * side <= search->chord2)
    descend(search, before ? here + 1 : points, before ? count - middle - 1 : middle, (axis + 1) % 3);
}

/* The nearest ones. */
size_t nearest_find(const struct nearest *nearest, struct op_location from, int64_t reach_m, size_t limit,
                    struct neighbour *found) {
  struct search search = {.nearest = nearest,
                          .from = from,
                          .chord2 = chord2_of(reach_m),
                          .reach_m = reach_m,
                          .heap = found,
                          .limit = limit};
  if (limit == 0)
    return 0;
  to_axes(from, search.axis);
  descend(&search, nearest->points, nearest->count, 0);
  for (size_t left = search.count; left > 1; left--) { /* the worst goes behind all others, and so on */
    struct neighbour swap = found[0];
    found[0] = found[left - 1];
    found[left - 1] = swap;
    sift_down(found, left - 1, 0);
  }
  return search.count;
}
