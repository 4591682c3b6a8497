/* nearest.c - builds and searches the k-d tree, see nearest.h.
 *
 * The tree is an array: the middle of a range splits it along one of the three axes in turn, what is before it is on
 * its one side and what is behind on the other. A search keeps the best so far in a heap whose top is the worst of
 * them, and leaves out a side that cannot hold anything better. Distances in whole metres decide, chords only prune. */
#include "nearest.h"

#include <math.h>
#include <stdlib.h>

struct point {
  double axis[3];
  uint32_t index;
  int64_t least; /* no price in the range of which this is the middle is lower */
};

struct nearest {
  struct op_location *locations;
  struct point *points;
  size_t count;
};

/* A search. */
struct search {
  const struct nearest *nearest;
  const struct nearest_query *query;
  double axis[3];
  double chord2;     /* the square of the longest chord in reach */
  double chord_cost; /* what a chord of 1 costs at least: the way along the surface is longer */
  int64_t reach_m;
  int64_t most; /* what costs more, price included, is not wanted */
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

/* Looks at the prices of a range. */
// NOLINTNEXTLINE(misc-no-recursion)
static int64_t look(struct point *points, size_t count, const int64_t *prices) {
  if (count == 0)
    return INT64_MAX;
  size_t middle = count / 2;
  int64_t before = look(points, middle, prices), behind = look(points + middle + 1, count - middle - 1, prices);
  int64_t least = prices[points[middle].index];
  least = before < least ? before : least;
  points[middle].least = behind < least ? behind : least;
  return points[middle].least;
}

/* Looks at all of them. */
void nearest_look(struct nearest *nearest, const int64_t *prices) { look(nearest->points, nearest->count, prices); }

/* What it costs, price included. */
static int64_t value_of(const struct search *search, const struct neighbour *neighbour) {
  return neighbour->cost + (search->query->prices ? search->query->prices[neighbour->index] : 0);
}

/* Is `a` the worse one? */
static bool is_worse(const struct search *search, const struct neighbour *a, const struct neighbour *b) {
  int64_t value_a = value_of(search, a), value_b = value_of(search, b);
  if (value_a != value_b)
    return value_a > value_b;
  return a->distance_m != b->distance_m ? a->distance_m > b->distance_m : a->index > b->index;
}

/* Changes two places. */
static void swap(struct neighbour *a, struct neighbour *b) {
  struct neighbour was = *a;
  *a = *b;
  *b = was;
}

/* Moves the element at `at` down to where it belongs in a heap with the worst on top. */
static void sift_down(const struct search *search, size_t count, size_t at) {
  for (;;) {
    size_t worst = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
      if (is_worse(search, &search->heap[child], &search->heap[worst]))
        worst = child;
    if (worst == at)
      return;
    swap(&search->heap[at], &search->heap[worst]);
    at = worst;
  }
}

/* What a way costs at least whose chord is no shorter than this; a metre less, so that rounding leaves nothing out. */
static int64_t cost_of_chord(const struct search *search, double chord) {
  return chord > 1 / EARTH_M ? (int64_t)((chord - 1 / EARTH_M) * search->chord_cost) : 0;
}

/* Looks at one location, at the end of a chord with this square. */
static void look_at(struct search *search, uint32_t index, double chord2) {
  struct neighbour here = {.index = index};
  if (search->query->left_out && search->query->left_out[index])
    return;
  here.cost = cost_of_chord(search, sqrt(chord2));
  if (value_of(search, &here) > search->most)
    return;
  here.distance_m = op_distance_m(search->query->from, search->nearest->locations[index]);
  if (here.distance_m > search->reach_m)
    return;
  here.cost = cost_of_distance(search->query->weights, here.distance_m);
  if (value_of(search, &here) > search->most)
    return;
  if (search->count < search->limit) {
    size_t at = search->count++;
    search->heap[at] = here;
    for (; at > 0 && is_worse(search, &search->heap[at], &search->heap[(at - 1) / 2]); at = (at - 1) / 2)
      swap(&search->heap[at], &search->heap[(at - 1) / 2]);
  } else if (is_worse(search, &search->heap[0], &here)) {
    search->heap[0] = here;
    sift_down(search, search->count, 0);
  }
  if (search->count == search->limit)
    search->most = value_of(search, &search->heap[0]);
}

/* Looks at a range that is no nearer than `way` costs: its nearer side first. */
// NOLINTNEXTLINE(misc-no-recursion)
static void descend(struct search *search, const struct point *points, size_t count, int axis, int64_t way) {
  size_t middle = count / 2;
  const struct point *here = &points[middle];
  if (count == 0 || (search->query->prices ? here->least : 0) > search->most - way)
    return;
  double chord2 = 0, side = search->axis[axis] - here->axis[axis];
  for (int i = 0; i < 3; i++)
    chord2 += (search->axis[i] - here->axis[i]) * (search->axis[i] - here->axis[i]);
  bool before = side < 0;
  descend(search, before ? points : here + 1, before ? middle : count - middle - 1, (axis + 1) % 3, way);
  if (chord2 <= search->chord2)
    look_at(search, here->index, chord2);
  if (side * side > search->chord2)
    return;
  int64_t beyond = cost_of_chord(search, fabs(side));
  descend(search, before ? here + 1 : points, before ? count - middle - 1 : middle, (axis + 1) % 3,
          beyond > way ? beyond : way);
}

/* The best ones. */
size_t nearest_find(const struct nearest *nearest, const struct nearest_query *query, size_t limit,
                    struct neighbour *found) {
  struct search search = {.nearest = nearest,
                          .query = query,
                          .reach_m = llround(query->weights->radius_km * 1000),
                          .most = query->below == INT64_MAX ? INT64_MAX : query->below - 1,
                          .heap = found,
                          .limit = limit};
  if (limit == 0)
    return 0;
  search.chord2 = chord2_of(search.reach_m);
  if (query->weights->radius_km > 0)
    search.chord_cost =
        COST_UNIT * query->weights->distance * (EARTH_M / 1000 / query->weights->radius_km) * (1 - 1e-9);
  to_axes(query->from, search.axis);
  descend(&search, nearest->points, nearest->count, 0, 0);
  for (size_t left = search.count; left > 1; left--) { /* the worst goes behind all others, and so on */
    swap(&found[0], &found[left - 1]);
    sift_down(&search, left - 1, 0);
  }
  return search.count;
}
