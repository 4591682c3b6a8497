/* flow.c - successive shortest paths over the branches, see flow.h.
 *
 * For every pair of branches (a, b) that some reservation of a could move along there is an edge with a heap of those
 * reservations by what the move costs; each branch lists its edges by that and the price of b, and its reservations by
 * what they could move to at best beyond what they are offered. What is dropped, has left, or costs more by now is seen
 * when it comes to the top of its heap. The search is Dijkstra's with reduced costs; what leads on from a branch, along
 * the best edge or by the best that is not offered, waits in the queue like a branch does, so that only what matters is
 * looked at. It ends as soon as nothing nearer than the best free place is left.
 * Invariants: for each reservation, its branch has the least cost + price of all in its reach: of what it is offered as
 * that is, of all else by its `reserve`. The price of a branch is at least the cost of its last place and, unless it is
 * full, at most that of its next one. Out of memory ends the process, as in every list of a command. */
#include "flow.h"

#include "heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define FAR INT64_MAX
#define LAST_RESORT (INT64_C(1) << 61) /* dearer than anything: only where there is no other way */

enum { TIMES = 3 }; /* a reservation that is offered more in one search is offered all at once */

/* A reservation. Of the branches in its reach it knows some, its candidates, and is offered moves to some of those. */
struct item {
  size_t who;
  struct flow_candidate *candidates; /* those that are offered come first */
  uint32_t offered, count, size;
  uint32_t branch;  /* where it is */
  int64_t cost;     /* of the way there */
  int64_t floor;    /* what any branch that is no candidate costs at least, price included; FAR: there is none */
  int64_t reserve;  /* what any branch that is not offered costs at least */
  int64_t scale;    /* by how much its first candidates differ */
  int64_t margin;   /* what is dearer by more than this than where it is was not offered */
  uint64_t widened; /* the last search in which it was offered more, and how often */
  uint32_t times;
};

/* The moves from a branch to another. */
struct edge {
  uint32_t to;
  struct heap heap;
  int64_t listed; /* the cost + price of `to` by which it stands among the edges of its branch; FAR: it does not */
};

/* Where the edge between two branches is among those of the first. */
struct slot {
  uint32_t from, to, index; /* from NONE: free */
};

struct node {
  int64_t used, capacity;
  struct edge *edges;
  uint32_t edge_count, edge_size;
  struct heap ways;   /* the edges by what they cost at least, price included */
  struct heap unseen; /* what its reservations could move to at best, of what is not offered: reserve - cost */
  /* of the search: */
  uint64_t search; /* the number of the last one that reached it */
  bool done;
  int64_t distance;
  uint32_t before, mover; /* the branch that it was reached from, NONE: directly; and the reservation that moves */
};

/* An entry of the queue: a branch that was reached; or what can be reached from it at best, along an edge or by what is
 * not offered. */
struct reached {
  int64_t distance;
  uint32_t branch; /* NONE: the new reservation, of which all is unseen at first */
  enum { BRANCH, WAY, UNSEEN } kind;
};

/* An edge that was followed in this search. */
struct followed {
  uint32_t from, index;
};

struct flow {
  const struct weights *weights;
  flow_finder *find;
  void *context;
  size_t step, most;
  struct node *nodes;
  size_t node_count;
  int64_t *prices;
  int64_t highest, farthest; /* price; cost of a way */
  bool *dead;                /* full for good: no free place can be reached from here */
  bool *left_out;            /* the same, but while something is looked up */
  struct flow_candidate *found;
  struct item *items;
  size_t item_count, item_size;
  struct slot *table; /* open addressing; a power of two */
  size_t table_size, edge_count;
  struct reached *queue;
  size_t queue_count, queue_size;
  uint32_t *visited; /* branches that the search is done with */
  size_t visited_count;
  uint32_t *aside; /* reservations that have all their ways in this search */
  size_t aside_count, aside_size;
  struct followed *followed;
  size_t followed_count, followed_size;
  uint64_t search;
  int64_t cost;
};

/* An empty table. */
static struct slot *new_table(size_t size) {
  struct slot *table = malloc(size * sizeof *table);
  if (table)
    memset(table, 0xff, size * sizeof *table);
  return table;
}

/* Makes an empty flow. */
struct flow *flow_new(const struct weights *weights, const struct flow_branch *branches, size_t count,
                      flow_finder *find, void *context, size_t step, size_t most) {
  struct flow *flow = calloc(1, sizeof *flow);
  if (!flow)
    return NULL;
  *flow = (struct flow){
      .weights = weights, .find = find, .context = context, .step = step, .most = most, .node_count = count};
  flow->nodes = calloc(count + 1, sizeof *flow->nodes);
  flow->prices = calloc(count + 1, sizeof *flow->prices);
  flow->dead = calloc(count + 1, sizeof *flow->dead);
  flow->left_out = calloc(count + 1, sizeof *flow->left_out);
  flow->found = calloc((count > step ? count : step) + 1, sizeof *flow->found);
  flow->visited = calloc(count + 1, sizeof *flow->visited);
  flow->farthest = cost_of_distance(weights, (int64_t)(weights->radius_km * 1000 + 1));
  flow->table_size = 1024;
  flow->table = new_table(flow->table_size);
  if (!flow->nodes || !flow->prices || !flow->dead || !flow->left_out || !flow->found || !flow->visited ||
      !flow->table) {
    flow_free(flow);
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    flow->nodes[i] = (struct node){.used = branches[i].used, .capacity = branches[i].capacity};
    flow->prices[i] = cost_of_load(weights, branches[i].used, branches[i].capacity);
    if (flow->prices[i] > flow->highest)
      flow->highest = flow->prices[i];
    flow->dead[i] = flow->left_out[i] = branches[i].used >= branches[i].capacity; /* nobody there can move */
  }
  return flow;
}

/* Gives it back. */
void flow_free(struct flow *flow) {
  if (!flow)
    return;
  for (size_t i = 0; flow->nodes && i < flow->node_count; i++) {
    for (uint32_t j = 0; j < flow->nodes[i].edge_count; j++)
      free(flow->nodes[i].edges[j].heap.moves);
    free(flow->nodes[i].edges);
    free(flow->nodes[i].ways.moves);
    free(flow->nodes[i].unseen.moves);
  }
  for (size_t i = 0; i < flow->item_count; i++)
    free(flow->items[i].candidates);
  free(flow->nodes);
  free(flow->prices);
  free(flow->dead);
  free(flow->left_out);
  free(flow->found);
  free(flow->items);
  free(flow->table);
  free(flow->queue);
  free(flow->visited);
  free(flow->aside);
  free(flow->followed);
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
  node->edges = heap_grow_small(node->edges, node->edge_count, &node->edge_size, sizeof *node->edges);
  uint32_t index = node->edge_count++;
  node->edges[index] = (struct edge){.to = to, .listed = FAR};
  *slot = (struct slot){from, to, index};
  if (++flow->edge_count * 2 > flow->table_size)
    grow_table(flow);
  return &node->edges[index];
}

/* Drops the moves of those that have left the branch, where they would make the heap grow. */
static void clean(const struct flow *flow, uint32_t from, struct heap *heap) {
  if (heap->count < heap->size)
    return;
  uint32_t count = 0;
  for (uint32_t i = 0; i < heap->count; i++)
    if (flow->items[heap->moves[i].item].branch == from)
      heap->moves[count++] = heap->moves[i];
  heap->count = count;
  heap_order(heap);
}

/* The cheapest move along an edge that can still be made; NULL: none. */
static const struct move *cheapest(const struct flow *flow, uint32_t from, struct edge *edge) {
  struct heap *heap = &edge->heap;
  while (heap->count > 0 && flow->items[heap->moves[0].item].branch != from)
    heap_pop(heap);
  return heap->count > 0 ? &heap->moves[0] : NULL;
}

/* Lists an edge by what it costs now, where it is not listed by less: prices rise, so that it costs no less later. */
static void list_edge(struct flow *flow, uint32_t from, struct edge *edge) {
  struct node *node = &flow->nodes[from];
  if (edge->heap.count == 0 || flow->dead[edge->to])
    return;
  int64_t value = edge->heap.moves[0].cost + flow->prices[edge->to];
  if (value >= edge->listed)
    return;
  edge->listed = value;
  heap_push(&node->ways, (struct move){value, (uint32_t)(edge - node->edges)});
}

/* The edge of a branch that may cost the least, price included; NULL: none. */
static const struct move *best_way(const struct flow *flow, uint32_t from) {
  struct node *node = &flow->nodes[from];
  while (node->ways.count > 0 && node->ways.moves[0].cost != node->edges[node->ways.moves[0].item].listed)
    heap_pop(&node->ways);
  return node->ways.count > 0 ? &node->ways.moves[0] : NULL;
}

/* The reservation of a branch that could move best to what is not offered; NULL: none. */
static const struct move *best_unseen(const struct flow *flow, uint32_t from) {
  struct heap *heap = &flow->nodes[from].unseen;
  for (; heap->count > 0; heap_pop(heap)) {
    const struct item *item = &flow->items[heap->moves[0].item];
    if (item->branch == from && item->reserve != FAR && item->reserve - item->cost == heap->moves[0].cost)
      return &heap->moves[0];
  }
  return NULL;
}

/* Offers the move of a reservation to one of its candidates. */
static void offer(struct flow *flow, uint32_t number, const struct flow_candidate *to) {
  const struct item *item = &flow->items[number];
  struct edge *edge = edge_of(flow, item->branch, to->branch);
  clean(flow, item->branch, &edge->heap);
  heap_push(&edge->heap, (struct move){to->cost - item->cost, number});
  list_edge(flow, item->branch, edge);
}

/* Offers what a reservation is not offered yet, by its reserve. */
static void offer_unseen(struct flow *flow, uint32_t number) {
  const struct item *item = &flow->items[number];
  struct heap *unseen = &flow->nodes[item->branch].unseen;
  if (item->reserve == FAR)
    return;
  clean(flow, item->branch, unseen);
  heap_push(unseen, (struct move){item->reserve - item->cost, number});
}

/* What a candidate costs, price included. */
static int64_t value_of(const struct flow *flow, const struct flow_candidate *candidate) {
  return candidate->cost + flow->prices[candidate->branch];
}

/* Asks for candidates, which are added to those that it has; returns how many. With `everywhere` the search has no use
 * for those that it is done with. */
static size_t look_up(struct flow *flow, struct item *item, size_t limit, int64_t below, bool everywhere) {
  const struct flow_question question = {item->who, flow->prices, flow->left_out, below, limit};
  for (uint32_t i = 0; i < item->count; i++)
    flow->left_out[item->candidates[i].branch] = true;
  for (size_t i = 0; everywhere && i < flow->visited_count; i++)
    flow->left_out[flow->visited[i]] = true;
  size_t count = flow->find(flow->context, &question, flow->found);
  for (uint32_t i = 0; i < item->count; i++)
    flow->left_out[item->candidates[i].branch] = flow->dead[item->candidates[i].branch];
  for (size_t i = 0; everywhere && i < flow->visited_count; i++)
    flow->left_out[flow->visited[i]] = flow->dead[flow->visited[i]];
  for (size_t i = 0; i < count; i++) {
    item->candidates = heap_grow_small(item->candidates, item->count, &item->size, sizeof *item->candidates);
    item->candidates[item->count++] = flow->found[i];
  }
  return count;
}

/* Offers all moves to what costs less than `below`, price included. */
static void offer_below(struct flow *flow, uint32_t number, int64_t below) {
  struct item *item = &flow->items[number];
  if (below > item->floor && item->count >= flow->most) {
    item->floor = LAST_RESORT;
  } else if (below > item->floor) {
    item->floor = below + item->scale; /* and what will be asked for next */
    look_up(flow, item, flow->node_count, item->floor, false);
    if (item->floor > flow->farthest + flow->highest)
      item->floor = FAR;
  }
  item->reserve = item->floor;
  for (uint32_t i = item->offered; i < item->count; i++) {
    const struct flow_candidate here = item->candidates[i];
    if (flow->dead[here.branch] || here.branch == item->branch)
      continue;
    int64_t value = value_of(flow, &here);
    if (value >= below) {
      item->reserve = value < item->reserve ? value : item->reserve;
      continue;
    }
    item->candidates[i] = item->candidates[item->offered];
    item->candidates[item->offered++] = here;
    offer(flow, number, &here);
  }
  offer_unseen(flow, number);
}

/* Puts a reservation at one of its candidates, and offers its moves from there. */
static void settle(struct flow *flow, uint32_t number, uint32_t branch) {
  struct item *item = &flow->items[number];
  for (uint32_t i = 0; i < item->count; i++)
    if (item->candidates[i].branch == branch)
      item->cost = item->candidates[i].cost;
  item->branch = branch;
  item->offered = 0;
  item->margin = item->scale / 16 + 1;
  flow->cost += item->cost;
  offer_below(flow, number, item->cost + flow->prices[branch] + item->margin);
}

/* ---- the search ------------------------------------------------------------------------------------------------- */

/* Adds to the queue. */
static void enqueue(struct flow *flow, struct reached reached) {
  flow->queue = heap_grow(flow->queue, flow->queue_count, &flow->queue_size, sizeof *flow->queue);
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
  if (flow->dead[branch] || (node->search == flow->search && (node->done || node->distance <= distance)))
    return;
  node->search = flow->search;
  node->done = false;
  node->distance = distance;
  node->before = before;
  node->mover = mover;
  enqueue(flow, (struct reached){distance, branch, BRANCH});
}

/* What is reached by way of a branch is reached at its distance, less its price, and what the move costs, price
 * included. */
static int64_t base_of(const struct flow *flow, uint32_t branch) {
  return flow->nodes[branch].distance - flow->prices[branch];
}

/* Puts the best way from a branch into the queue. */
static void expect_way(struct flow *flow, uint32_t branch) {
  const struct move *way = best_way(flow, branch);
  if (way)
    enqueue(flow, (struct reached){base_of(flow, branch) + way->cost, branch, WAY});
}

/* Puts the best of what is not offered to the reservations of a branch into the queue. */
static void expect_unseen(struct flow *flow, uint32_t branch) {
  const struct move *move = best_unseen(flow, branch);
  if (move)
    enqueue(flow, (struct reached){base_of(flow, branch) + move->cost, branch, UNSEEN});
}

/* Goes along the best way from a branch, if it costs what it was listed by; else it is listed anew. */
static void follow(struct flow *flow, uint32_t from) {
  struct node *node = &flow->nodes[from];
  const struct move *way = best_way(flow, from);
  if (!way)
    return;
  uint32_t index = way->item;
  int64_t listed = way->cost;
  struct edge *edge = &node->edges[index];
  heap_pop(&node->ways);
  edge->listed = FAR;
  const struct move *move = cheapest(flow, from, edge);
  if (move && !flow->dead[edge->to] && move->cost + flow->prices[edge->to] > listed) {
    list_edge(flow, from, edge);
  } else if (move && !flow->dead[edge->to]) {
    flow->followed = heap_grow(flow->followed, flow->followed_count, &flow->followed_size, sizeof *flow->followed);
    flow->followed[flow->followed_count++] = (struct followed){from, index};
    reach(flow, edge->to, base_of(flow, from) + flow->prices[edge->to] + move->cost, from, move->item);
  }
  expect_way(flow, from);
}

/* More ways for the new reservation. */
static void widen_new(struct flow *flow, struct item *item) {
  size_t count = look_up(flow, item, flow->step, FAR, false);
  int64_t first = 0, last = 0;
  for (size_t i = item->count - count; item->candidates && i < item->count; i++) {
    last = value_of(flow, &item->candidates[i]);
    first = i == 0 ? last : first;
    reach(flow, item->candidates[i].branch, last, NONE, NONE);
  }
  if (item->count == count)
    item->scale = 1 + last - first;
  item->floor = count == flow->step ? last : FAR;
  if (item->floor != FAR)
    enqueue(flow, (struct reached){item->floor, NONE, UNSEEN});
}

/* All ways of a reservation that may matter to this search, which puts it aside. */
static void widen_all(struct flow *flow, uint32_t branch, uint32_t number, int64_t best) {
  struct item *item = &flow->items[number];
  flow->aside = heap_grow(flow->aside, flow->aside_count, &flow->aside_size, sizeof *flow->aside);
  flow->aside[flow->aside_count++] = number;
  heap_pop(&flow->nodes[branch].unseen);
  look_up(flow, item, flow->node_count, best == FAR ? FAR : best - base_of(flow, branch) + item->cost, true);
  for (; item->offered < item->count; item->offered++)
    if (item->candidates[item->offered].branch != branch)
      offer(flow, number, &item->candidates[item->offered]);
}

/* More ways from a branch that the search is done with, for the reservation that could move best: what is a little
 * dearer than what it was offered, and more each time, so that it is seldom asked. */
static void widen(struct flow *flow, uint32_t branch, int64_t best) {
  const struct move *move = best_unseen(flow, branch);
  if (!move)
    return;
  uint32_t number = move->item;
  struct item *item = &flow->items[number];
  if (item->widened != flow->search)
    item->times = 0;
  item->widened = flow->search;
  if (item->times++ == TIMES || item->reserve == LAST_RESORT) {
    widen_all(flow, branch, number, best);
  } else {
    int64_t here = item->cost + flow->prices[branch];
    item->margin *= 2;
    offer_below(flow, number, (here > item->reserve ? here : item->reserve) + item->margin);
  }
  expect_way(flow, branch);
  expect_unseen(flow, branch);
}

/* ---- adding ----------------------------------------------------------------------------------------------------- */

/* Is done with a branch that was reached: has it a free place, and is that the best? */
static void visit(struct flow *flow, uint32_t branch, uint32_t *target, int64_t *best) {
  struct node *node = &flow->nodes[branch];
  node->done = true;
  flow->visited[flow->visited_count++] = branch;
  if (node->used < node->capacity) {
    int64_t total = base_of(flow, branch) + cost_of_load(flow->weights, node->used, node->capacity);
    if (total < *best) {
      *best = total;
      *target = branch;
    }
  }
  expect_way(flow, branch);
  expect_unseen(flow, branch);
}

/* Puts back what a search has taken out. */
static void tidy_up(struct flow *flow) {
  for (size_t i = 0; i < flow->aside_count; i++)
    offer_unseen(flow, flow->aside[i]);
  for (size_t i = 0; i < flow->followed_count; i++) {
    const struct followed *followed = &flow->followed[i];
    list_edge(flow, followed->from, &flow->nodes[followed->from].edges[followed->index]);
  }
  flow->queue_count = flow->aside_count = flow->followed_count = 0;
}

/* Finds the free place that costs the least; NONE where there is none. *ret_best is its reduced distance. */
static uint32_t search(struct flow *flow, uint32_t number, int64_t *ret_best) {
  uint32_t target = NONE;
  *ret_best = FAR;
  flow->visited_count = 0;
  flow->search++;
  widen_new(flow, &flow->items[number]);
  while (flow->queue_count > 0) {
    struct reached here = dequeue(flow);
    if (here.distance >= *ret_best)
      break;
    if (here.kind == UNSEEN && here.branch == NONE)
      widen_new(flow, &flow->items[number]);
    else if (here.kind == UNSEEN)
      widen(flow, here.branch, *ret_best);
    else if (here.kind == WAY)
      follow(flow, here.branch);
    else if (!flow->nodes[here.branch].done && here.distance == flow->nodes[here.branch].distance)
      visit(flow, here.branch, &target, ret_best);
  }
  tidy_up(flow);
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

/* A branch costs more. */
static void raise_price(struct flow *flow, uint32_t branch, int64_t by) {
  flow->prices[branch] += by > 0 ? by : 0;
  if (flow->prices[branch] > flow->highest)
    flow->highest = flow->prices[branch];
}

/* Adds a reservation. */
bool flow_add(struct flow *flow, size_t who) {
  int64_t best = FAR;
  flow->items = heap_grow(flow->items, flow->item_count, &flow->item_size, sizeof *flow->items);
  uint32_t number = (uint32_t)flow->item_count++;
  flow->items[number] = (struct item){.who = who, .branch = NONE};
  uint32_t target = search(flow, number, &best);
  for (size_t i = 0; i < flow->visited_count; i++) {
    uint32_t branch = flow->visited[i];
    if (target == NONE)
      flow->dead[branch] = flow->left_out[branch] = true;
    else
      raise_price(flow, branch, best - flow->nodes[branch].distance);
  }
  if (target != NONE) {
    augment(flow, target, number);
    return true;
  }
  free(flow->items[number].candidates);
  flow->item_count--;
  return false;
}

/* Where is it? */
uint32_t flow_branch_of(const struct flow *flow, size_t number) { return flow->items[number].branch; }

/* The sum. */
int64_t flow_cost(const struct flow *flow) { return flow->cost; }
