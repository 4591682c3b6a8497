/* changes.h - what differs between two states of a thing, field by field, as an import prints it: `price: 50000 ->
 * 60000`.
 *
 * Who knows the thing spreads both states into values; here they are compared and told. Pure but for the cell. */
#ifndef OP_CHANGES_H
#define OP_CHANGES_H

#include "output.h"

/* A field and its value. */
struct op_value {
  char name[64];
  bool is_text;     /* else a number */
  const char *text; /* of a text, borrowed, at most OP_MAX_NAME bytes; NULL or "": absent */
  char number[24];  /* of a number, as JSON has it; "": absent */
};

struct op_value op_value_text(const char *name, const char *text);
/* Below 0: absent. */
struct op_value op_value_number(const char *name, int64_t number);

bool op_values_differ(const struct op_value *olds, size_t old_count, const struct op_value *news, size_t new_count);

/* Prints what is different in the new values, in their order, then what only the old ones have: in a table as one line
 * for people, else as a JSON array of {field, old, new}. Names are unique in a list; a field is of one kind. */
void op_cell_changes(struct op_output *output, const struct op_value *olds, size_t old_count,
                     const struct op_value *news, size_t new_count);

#endif
