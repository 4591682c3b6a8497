/* names.h - a table from text to a value, over hsearch_r(3): what a batch knows about the ids that it names. */
#ifndef RESERVE_NAMES_H
#define RESERVE_NAMES_H

#include <search.h>
#include <stdbool.h>
#include <stddef.h>

struct names {
  struct hsearch_data table;
  char *values; /* zeroed, one after the other */
  size_t value_size, count, capacity;
};

/* Room for at most `capacity` names with values of `value_size` bytes each. */
void names_init(struct names *names, size_t capacity, size_t value_size);
void names_free(struct names *names); /* zeros are legal */
/* The value of a name, or NULL. */
void *names_find(struct names *names, const char *name);
/* The value of a name, which is added (zeroed) where it is new; the name is borrowed. */
void *names_add(struct names *names, const char *name, bool *ret_new);

#endif
