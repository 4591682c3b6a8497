/* heap.h - moves of reservations by their cost, in a binary heap; for flow.c.
 *
 * Zeros are an empty heap; its moves are freed by whoever has it. Out of memory ends the process with one line and exit
 * 75, as in every list of a command. */
#ifndef ASSIGN_HEAP_H
#define ASSIGN_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* A move that may be made, or may have been. Of two that cost the same the lower item comes first. */
struct move {
  int64_t cost;
  uint32_t item;
};

/* The cheapest one is at the top. */
struct heap {
  struct move *moves;
  uint32_t count, size;
};

void heap_push(struct heap *heap, struct move move);
void heap_pop(struct heap *heap); /* the cheapest; the heap is not empty */
/* Makes a heap of `moves`, whatever their order, once some were taken out. */
void heap_order(struct heap *heap);

/* Makes room in an array for one more than `count`, by doubling *size; the same where the size is kept small. */
void *heap_grow(void *memory, size_t count, size_t *size, size_t element);
void *heap_grow_small(void *memory, uint32_t count, uint32_t *size, size_t element);

#endif
