/* label.h - the configuration's own words for people (labels: {ko: {Reserved: ...}}): of statuses and of refusals. */
#ifndef OP_LABEL_H
#define OP_LABEL_H

#include "config.h"

/* The label of a word of the contract (a status, or the stable code of an error) in the reader's language; NULL where
 * there is none. Borrowed from the list. */
const char *op_label(const struct op_label *labels, const char *word);

#endif
