/* heap.c - a binary heap, see heap.h. */
#include "heap.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Makes room for one more, by doubling. */
void *heap_grow(void *memory, size_t count, size_t *size, size_t element) {
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

/* The same where the size is kept small. */
void *heap_grow_small(void *memory, uint32_t count, uint32_t *size, size_t element) {
  if (count < *size)
    return memory;
  size_t wide = *size ? *size : 2;
  void *grown = heap_grow(memory, wide, &wide, element);
  *size = (uint32_t)wide;
  return grown;
}

/* Does a move come before another? */
static bool is_cheaper(const struct move *a, const struct move *b) {
  return a->cost != b->cost ? a->cost < b->cost : a->item < b->item;
}

/* Puts a move where it belongs in the heap, whose place `at` is free and no farther down. */
static void sift_down(struct heap *heap, uint32_t at, struct move move) {
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child + 1 < heap->count && is_cheaper(&heap->moves[child + 1], &heap->moves[child]))
      child++;
    if (child >= heap->count || !is_cheaper(&heap->moves[child], &move))
      break;
    heap->moves[at] = heap->moves[child];
    at = child;
  }
  heap->moves[at] = move;
}

/* Adds a move. */
void heap_push(struct heap *heap, struct move move) {
  heap->moves = heap_grow_small(heap->moves, heap->count, &heap->size, sizeof *heap->moves);
  uint32_t at = heap->count++;
  for (; at > 0 && is_cheaper(&move, &heap->moves[(at - 1) / 2]); at = (at - 1) / 2)
    heap->moves[at] = heap->moves[(at - 1) / 2];
  heap->moves[at] = move;
}

/* Drops the cheapest move. */
void heap_pop(struct heap *heap) {
  struct move last = heap->moves[--heap->count];
  if (heap->count > 0)
    sift_down(heap, 0, last);
}

/* From the last that has children to the first. */
void heap_order(struct heap *heap) {
  for (uint32_t i = heap->count / 2; i-- > 0;)
    sift_down(heap, i, heap->moves[i]);
}
