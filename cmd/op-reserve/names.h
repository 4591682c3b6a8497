/* names.h - a growing table from text to a value: what a batch knows about the ids that it names. */
#ifndef RESERVE_NAMES_H
#define RESERVE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct names {
  struct name **slots; /* room of them, a power of two; NULL: free */
  size_t room, count;
  size_t value_size;
  uint64_t seed;
  struct names_block *blocks; /* the memory of all names, last one first */
};

/* An empty table with values of `value_size` bytes each. */
void names_init(struct names *names, size_t value_size);
void names_free(struct names *names); /* zeros are legal */
/* The name will be asked for soon: what the table has of it is fetched from memory meanwhile. */
void names_expect(const struct names *names, const char *name);
/* The value of a name, or NULL. A value stays where it is until names_free(). */
void *names_find(const struct names *names, const char *name);
/* The value of a name, which is added (copied, its value zeroed) where it is new. */
void *names_add(struct names *names, const char *name, bool *ret_new);

#endif
