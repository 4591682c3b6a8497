/* diff.h - what differs between two states of a musical, field by field: `price: 50000 -> 60000`. */
#ifndef MUSICAL_DIFF_H
#define MUSICAL_DIFF_H

#include "musical.h"

/* Adds what is different in `after`, in the order of the fields; before->id "": there was none, so all that is there is
 * new. As a JSON array of {field, old, new}, or as one line for people. */
void diff_json(const struct op_musical *before, const struct op_musical *after, struct op_text *text);
void diff_line(const struct op_musical *before, const struct op_musical *after, struct op_text *text);

#endif
