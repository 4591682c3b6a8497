/* diff.h - what differs between two states of a musical, field by field: `price: 50000 -> 60000`. */
#ifndef MUSICAL_DIFF_H
#define MUSICAL_DIFF_H

#include "musical.h"
#include "output.h"

/* Does anything differ? */
bool diff_any(const struct op_musical *before, const struct op_musical *after);
/* Prints what is different in `after`, in the order of the fields, as op_cell_changes() does; before->id "": there was
 * none, so all that is there is new. */
void diff_cell(struct op_output *output, const struct op_musical *before, const struct op_musical *after);

#endif
