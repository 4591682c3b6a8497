/* flow.c - successive shortest paths over the branches, see flow.h.
 *
 * For every pair of branches (a, b) that some reservation of a could move along there is an edge with a heap of those
 * reservations by what the move costs. Entries of reservations that have left a are dropped when they come to the top.
 * The search is Dijkstra's with reduced costs, and ends as soon as nothing nearer than the best free place is left.
 * Invariants: for each reservation, its branch has the least cost + price of all its candidates; the price of a branch
 * is at least the cost of its last place and, unless it is full, at most that of its next one.
 * Out of memory ends the process, as in every list of a command. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define FAR INT64_MAX

/* A reservation. */
struct item {
  size_t first; /* its candidates in the pool */
  uint32_t count;
  uint32_t branch; /* where it is */
  int64_t cost;    /* of the way there */
};

/* A move that may be made, or may have been. */
struct move {
  int64_t cost;
  uint32_t item;
};

/* The moves from a branch to another. */
struct edge {
  uint32_t to;
  uint32_t count, size;
  int64_t least; /* the cost at the top of the heap */
  struct move *heap;
};

/* Where the edge between two branches is among those of the first. */
struct slot {
  uint32_t from, to, index; /* from NONE: free */
};

struct node {
  int64_t used, capacity, price;
  struct edge *edges; /* side by side, since a search looks at all of them */
  uint32_t edge_count, edge_size;
  bool dead; /* full for good: no free place can be reached from here */
  /* of the search: */
  uint64_t search; /* the number of the last one that reached it */
  bool done;
  int64_t distance;
  uint32_t before, mover; /* the branch that it was reached from, NONE: directly; and the reservation that moves */
};

/* An entry of the queue. */
struct reached {
  int64_t distance;
  uint32_t branch;
};

struct flow {
  const struct weights *weights;
  struct node *nodes;
  size_t node_count;
  struct item *items;
  size_t item_count, item_size;
  struct flow_candidate *pool;
  size_t pool_count, pool_size;
  struct slot *table; /* open addressing; a power of two */
  size_t table_size, edge_count;
  struct reached *queue;
  size_t queue_count, queue_size;
  uint32_t *visited; /* branches that the search is done with */
  size_t visited_count;
  uint64_t search;
  int64_t cost;
};

/* Makes room for one more, by doubling. */
static void *grow(void *memory, size_t count, size_t *size, size_t element) {
  if (count < *size)
    return memory;
  *size = *size ? 2 * *size : 16;
  void *grown = reallocarray(memory, *size, element);
  if (!grown) {
    fputs("op-assign: out of memory\n", stderr);
    exit(75);
  }
  return grown;
}

/* An empty table. */
static struct slot *new_table(size_t size) {
  struct slot *table = malloc(size * sizeof *table);
  if (table)
    memset(table, 0xff, size * sizeof *table);
  return table;
}

/* Makes an empty flow. */
struct flow *flow_new(const struct weights *weights, const struct flow_branch *branches, size_t count) {
  struct flow *flow = calloc(1, sizeof *flow);
  if (!flow)
    return NULL;
  flow->weights = weights;
  flow->node_count = count;
  flow->nodes = calloc(count + 1, sizeof *flow->nodes);
  flow->visited = calloc(count + 1, sizeof *flow->visited);
  flow->table_size = 1024;
  flow->table = new_table(flow->table_size);
  if (!flow->nodes || !flow->visited || !flow->table) {
    flow_free(flow);
    return NULL;
  }
  for (size_t i = 0; i < count; i++)
    flow->nodes[i] = (struct node){.used = branches[i].used,
                                   .capacity = branches[i].capacity,
                                   .price = cost_of_load(weights, branches[i].used, branches[i].capacity)};
  return flow;
}

/* Gives it back. */
void flow_free(struct flow *flow) {
  if (!flow)
    return;
  for (size_t i = 0; flow->nodes && i < flow->node_count; i++) {
    for (uint32_t j = 0; j < flow->nodes[i].edge_count; j++)
      free(flow->nodes[i].edges[j].heap);
    free(flow->nodes[i].edges);
  }
  free(flow->nodes);
  free(flow->items);
  free(flow->pool);
  free(flow->table);
  free(flow->queue);
  free(flow->visited);
  free(flow);
}

/* ---- moves ------------------------------------------------------------------------------------------------------ */

/* Where the edge stands, or would stand, in the table. */
static struct slot *slot_of(const struct flow *flow, uint32_t from, uint32_t to) {
  uint64_t hash = ((uint64_t)from << 32 | to) * UINT64_C(0x9e3779b97f4a7c15);
  size_t mask = flow->table_size - 1, at = (size_t)(hash >> 32) & mask;
  while (flow->table[at].from != NONE && (flow->table[at].from != from || flow->table[at].to != to))
    at = (at + 1) & mask;
  return &flow->table[at];
}

/* Makes the table twice as large. */
static void grow_table(struct flow *flow) {
  struct slot *old = flow->table;
  size_t size = flow->table_size;
  flow->table_size *= 2;
  flow->table = new_table(flow->table_size);
  if (!flow->table) {
    fputs("op-assign: out of memory\n", stderr);
    exit(75);
  }
  for (size_t i = 0; i < size; i++)
    if (old[i].from != NONE)
      *slot_of(flow, old[i].from, old[i].to) = old[i];
  free(old);
}

/* The edge between two branches, made where there is none. */
static struct edge *edge_of(struct flow *flow, uint32_t from, uint32_t to) {
  struct node *node = &flow->nodes[from];
  struct slot *slot = slot_of(flow, from, to);
  if (slot->from != NONE)
    return &node->edges[slot->index];
  size_t size = node->edge_size;
  node->edges = grow(node->edges, node->edge_count, &size, sizeof *node->edges);
  node->edge_size = (uint32_t)size;
  uint32_t index = node->edge_count++;
  node->edges[index] = (struct edge){.to = to};
  *slot = (struct slot){from, to, index};
  if (++flow->edge_count * 2 > flow->table_size)
    grow_table(flow);
  return &node->edges[index];
}

/* Does a move come before another? */
static bool is_cheaper(const struct move *a, const struct move *b) {
  return a->cost != b->cost ? a->cost < b->cost : a->item < b->item;
}

/* Adds a move. */
static void push_move(struct edge *edge, struct move move) {
  size_t size = edge->size;
  edge->heap = grow(edge->heap, edge->count, &size, sizeof *edge->heap);
  edge->size = (uint32_t)size;
  uint32_t at = edge->count++;
  for (; at > 0 && is_cheaper(&move, &edge->heap[(at - 1) / 2]); at = (at - 1) / 2)
    edge->heap[at] = edge->heap[(at - 1) / 2];
  edge->heap[at] = move;
  edge->least = edge->heap[0].cost;
}

/* Drops the cheapest move. */
static void pop_move(struct edge *edge) {
  struct move last = edge->heap[--edge->count];
  uint32_t at = 0;
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child + 1 < edge->count && is_cheaper(&edge->heap[child + 1], &edge->heap[child]))
      child++;
    if (child >= edge->count || !is_cheaper(&edge->heap[child], &last))
      break;
    edge->heap[at] = edge->heap[child];
    at = child;
  }
  edge->heap[at] = last;
}

/* The cheapest move that can still be made; NULL: none. */
static const struct move *cheapest(const struct flow *flow, uint32_t from, struct edge *edge) {
  while (edge->count > 0 && flow->items[edge->heap[0].item].branch != from)
    pop_move(edge);
  edge->least = edge->count > 0 ? edge->heap[0].cost : 0;
  return edge->count > 0 ? &edge->heap[0] : NULL;
}

/* Puts a reservation at one of its candidates, and offers its moves from there. */
static void settle(struct flow *flow, uint32_t number, uint32_t branch) {
  struct item *item = &flow->items[number];
  for (uint32_t i = 0; i < item->count; i++)
    if (flow->pool[item->first + i].branch == branch)
      item->cost = flow->pool[item->first + i].cost;
  item->branch = branch;
  flow->cost += item->cost;
  for (uint32_t i = 0; i < item->count; i++) {
    const struct flow_candidate *other = &flow->pool[item->first + i];
    if (other->branch != branch && !flow->nodes[other->branch].dead)
      push_move(edge_of(flow, branch, other->branch), (struct move){other->cost - item->cost, number});
  }
}

/* ---- the search ------------------------------------------------------------------------------------------------- */

/* Adds to the queue. */
static void enqueue(struct flow *flow, struct reached reached) {
  flow->queue = grow(flow->queue, flow->queue_count, &flow->queue_size, sizeof *flow->queue);
  size_t at = flow->queue_count++;
  for (; at > 0 && reached.distance < flow->queue[(at - 1) / 2].distance; at = (at - 1) / 2)
    flow->queue[at] = flow->queue[(at - 1) / 2];
  flow->queue[at] = reached;
}

/* Takes the nearest from the queue. */
static struct reached dequeue(struct flow *flow) {
  struct reached top = flow->queue[0], last = flow->queue[--flow->queue_count];
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child + 1 < flow->queue_count && flow->queue[child + 1].distance < flow->queue[child].distance)
      child++;
    if (child >= flow->queue_count || flow->queue[child].distance >= last.distance)
      break;
    flow->queue[at] = flow->queue[child];
    at = child;
  }
  flow->queue[at] = last;
  return top;
}

/* A way to a branch was found. */
static void reach(struct flow *flow, uint32_t branch, int64_t distance, uint32_t before, uint32_t mover) {
  struct node *node = &flow->nodes[branch];
  if (node->dead || (node->search == flow->search && (node->done || node->distance <= distance)))
    return;
  node->search = flow->search;
  node->done = false;
  node->distance = distance;
  node->before = before;
  node->mover = mover;
  enqueue(flow, (struct reached){distance, branch});
}

/* Goes along an edge, where it may lead to something better than `best`. The cost at its top, of a reservation that may
 * have left, is the least that it can be: most edges need no second look. */
static void follow(struct flow *flow, uint32_t from, struct edge *edge, int64_t distance, int64_t best) {
  const struct node *to = &flow->nodes[edge->to];
  distance += to->price;
  int64_t limit = to->search == flow->search && to->distance < best ? to->distance : best;
  if (edge->count == 0 || to->dead || distance + edge->least >= limit)
    return;
  const struct move *move = cheapest(flow, from, edge);
  if (move)
    reach(flow, edge->to, distance + move->cost, from, move->item);
}

/* Finds the free place that costs the least; NONE where there is none. *ret_best is its reduced distance. */
static uint32_t search(struct flow *flow, int64_t *ret_best) {
  uint32_t target = NONE;
  *ret_best = FAR;
  flow->visited_count = 0;
  while (flow->queue_count > 0) {
    struct reached here = dequeue(flow);
    struct node *node = &flow->nodes[here.branch];
    if (here.distance >= *ret_best)
      break;
    if (node->done || here.distance != node->distance)
      continue;
    node->done = true;
    flow->visited[flow->visited_count++] = here.branch;
    if (node->used < node->capacity) {
      int64_t total = here.distance + cost_of_load(flow->weights, node->used, node->capacity) - node->price;
      if (total < *ret_best) {
        *ret_best = total;
        target = here.branch;
      }
    }
    for (uint32_t i = 0; i < node->edge_count; i++)
      follow(flow, here.branch, &node->edges[i], here.distance - node->price, *ret_best);
  }
  flow->queue_count = 0;
  return target;
}

/* Moves everybody along the path that ends at `target`; the new reservation goes where it begins. */
static void augment(struct flow *flow, uint32_t target, uint32_t number) {
  struct node *end = &flow->nodes[target];
  flow->cost += cost_of_load(flow->weights, end->used, end->capacity);
  end->used++;
  uint32_t at = target;
  while (flow->nodes[at].before != NONE) {
    flow->cost -= flow->items[flow->nodes[at].mover].cost;
    settle(flow, flow->nodes[at].mover, at);
    at = flow->nodes[at].before;
  }
  settle(flow, number, at);
}

/* Adds a reservation. */
bool flow_add(struct flow *flow, const struct flow_candidate *candidates, size_t count) {
  int64_t best = FAR;
  flow->search++;
  for (size_t i = 0; i < count; i++)
    reach(flow, candidates[i].branch, candidates[i].cost + flow->nodes[candidates[i].branch].price, NONE, NONE);
  uint32_t target = search(flow, &best);
  for (size_t i = 0; i < flow->visited_count; i++) {
    struct node *node = &flow->nodes[flow->visited[i]];
    if (target == NONE)
      node->dead = true;
    else
      node->price += best - node->distance;
  }
  if (target == NONE)
    return false;
  uint32_t number = (uint32_t)flow->item_count;
  struct item item = {.first = flow->pool_count, .branch = NONE};
  for (size_t i = 0; i < count; i++) {
    if (flow->nodes[candidates[i].branch].dead) /* it never goes there */
      continue;
    flow->pool = grow(flow->pool, flow->pool_count, &flow->pool_size, sizeof *flow->pool);
    flow->pool[flow->pool_count++] = candidates[i];
    item.count++;
  }
  flow->items = grow(flow->items, flow->item_count, &flow->item_size, sizeof *flow->items);
  flow->items[flow->item_count++] = item;
  augment(flow, target, number);
  return true;
}

/* Where is it? */
uint32_t flow_branch_of(const struct flow *flow, size_t number) { return flow->items[number].branch; }

/* The sum. */
int64_t flow_cost(const struct flow *flow) { return flow->cost; }
