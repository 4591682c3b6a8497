/* names.c - see names.h.
 *
 * The capacity is known beforehand, so values never move and the table is never full. Running out of memory ends the
 * process with one line and exit 75, as everywhere in the commands. */
#include "names.h"

#include "error.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* Says it and ends. */
static void out_of_memory(void) {
  fputs("op-reserve: out of memory\n", stderr);
  exit(OP_TEMPORARY);
}

/* Makes the table a third larger than it gets full, which keeps its chains short. */
void names_init(struct names *names, size_t capacity, size_t value_size) {
  *names = (struct names){.value_size = value_size, .capacity = capacity};
  names->values = calloc(capacity ? capacity : 1, value_size);
  if (!names->values || !hcreate_r(capacity + capacity / 3 + 1, &names->table))
    out_of_memory();
}

/* Gives everything back. */
void names_free(struct names *names) {
  if (names->values)
    hdestroy_r(&names->table);
  free(names->values);
  *names = (struct names){0};
}

/* Looks a name up. */
void *names_find(struct names *names, const char *name) {
  ENTRY entry = {.key = (char *)name}, *found = NULL;
  return hsearch_r(entry, FIND, &found, &names->table) ? found->data : NULL;
}

/* Looks a name up, or takes the next value for it. */
void *names_add(struct names *names, const char *name, bool *ret_new) {
  void *value = names_find(names, name);
  *ret_new = !value;
  if (value)
    return value;
  assert(names->count < names->capacity);
  value = names->values + names->count++ * names->value_size;
  ENTRY entry = {.key = (char *)name, .data = value}, *found = NULL;
  if (!hsearch_r(entry, ENTER, &found, &names->table))
    out_of_memory();
  return value;
}
