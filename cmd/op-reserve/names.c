/* names.c - see names.h.
 *
 * Open addressing with linear probing, at most half full; names and values lie in large blocks, so that a name costs
 * one copy and no malloc(3). hsearch_r(3) can neither grow nor keep its chains short, and a batch may name a million
 * ids. The hash is seeded, since ids come from outside. Running out of memory ends the process with one line and exit
 * 75, as everywhere in the commands. */
#include "names.h"

#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_ROOM = 64, BLOCK_BYTES = 64 << 10 };

/* A name; its value follows, then its text. */
struct name {
  uint32_t hash, len;
  char value[];
};

struct names_block {
  struct names_block *next;
  size_t used, size;
  char bytes[];
};

/* Says it and ends. */
static void out_of_memory(void) {
  fputs("op-reserve: out of memory\n", stderr);
  exit(OP_TEMPORARY);
}

/* A multiple of eight, at or above. */
static size_t round_up(size_t size) { return (size + 7) & ~(size_t)7; }

/* Makes an empty table. */
void names_init(struct names *names, size_t value_size) {
  *names = (struct names){.value_size = round_up(value_size), .room = FIRST_ROOM};
  names->slots = calloc(names->room, sizeof(void *));
  if (!names->slots)
    out_of_memory();
  if (getrandom(&names->seed, sizeof names->seed, GRND_NONBLOCK) < 0)
    names->seed = 0; /* so early after a boot: then without */
}

/* Gives everything back. */
void names_free(struct names *names) {
  while (names->blocks) {
    struct names_block *block = names->blocks;
    names->blocks = block->next;
    free(block);
  }
  free(names->slots);
  *names = (struct names){0};
}

/* FNV-1a, its two halves folded into one another. */
static uint32_t hash_of(const struct names *names, const char *text, size_t len) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ names->seed;
  for (size_t i = 0; i < len; i++)
    hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
  return (uint32_t)(hash ^ hash >> 32);
}

/* The slot of a name, or the free one where it belongs. */
static struct name **slot_of(const struct names *names, uint32_t hash, const char *text, size_t len) {
  for (size_t at = hash;; at++) {
    struct name **slot = &names->slots[at & (names->room - 1)];
    const struct name *name = *slot;
    if (!name || (name->hash == hash && name->len == len && memcmp(name->value + names->value_size, text, len) == 0))
      return slot;
  }
}

/* Doubles the table. */
static void grow(struct names *names) {
  struct names larger = *names;
  larger.room *= 2;
  larger.slots = calloc(larger.room, sizeof(void *));
  if (!larger.slots)
    out_of_memory();
  for (size_t i = 0; i < names->room; i++) {
    struct name *name = names->slots[i];
    if (name)
      *slot_of(&larger, name->hash, name->value + names->value_size, name->len) = name;
  }
  free(names->slots);
  *names = larger;
}

/* Memory for a name, zeroed. */
static struct name *allocate(struct names *names, size_t len) {
  size_t size = round_up(sizeof(struct name) + names->value_size + len);
  struct names_block *block = names->blocks;
  if (!block || block->size - block->used < size) {
    size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    block = malloc(sizeof *block + room);
    if (!block)
      out_of_memory();
    *block = (struct names_block){.next = names->blocks, .size = room};
    names->blocks = block;
  }
  struct name *name = (struct name *)(void *)(block->bytes + block->used);
  block->used += size;
  memset(name, 0, sizeof *name + names->value_size);
  return name;
}

/* Fetches the slot where the search for a name begins. */
void names_expect(const struct names *names, const char *name) {
  __builtin_prefetch(&names->slots[hash_of(names, name, strlen(name)) & (names->room - 1)]);
}

/* Looks a name up. */
void *names_find(const struct names *names, const char *name) {
  size_t len = strlen(name);
  struct name *found = names->slots ? *slot_of(names, hash_of(names, name, len), name, len) : NULL;
  return found ? found->value : NULL;
}

/* Looks a name up, or adds it. */
void *names_add(struct names *names, const char *name, bool *ret_new) {
  size_t len = strlen(name);
  uint32_t hash = hash_of(names, name, len);
  struct name **slot = slot_of(names, hash, name, len);
  *ret_new = !*slot;
  if (*slot)
    return (*slot)->value;
  if (2 * (names->count + 1) > names->room) {
    grow(names);
    slot = slot_of(names, hash, name, len);
  }
  *slot = allocate(names, len);
  (*slot)->hash = hash;
  (*slot)->len = (uint32_t)len;
  memcpy((*slot)->value + names->value_size, name, len);
  names->count++;
  return (*slot)->value;
}
