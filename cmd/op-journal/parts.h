/* parts.h - in how many parts a consumer is run, as the journal says, and changing that.
 *
 * The offsets of one division say nothing about those of another, so who starts with another number is refused; `parts`
 * changes it while nobody runs the consumer. */
#ifndef JOURNAL_PARTS_H
#define JOURNAL_PARTS_H

#include "commit.h"

/* Makes sure that the consumer is run in `parts` (0: as a whole); the first who says so decides. Its lease must be
 * held. Exit 1 parts_differ. */
int parts_use(struct op_model *model, const char *consumer, unsigned parts, struct op_drafts *drafts,
              struct op_error *error);

/* The decision: `recorded` is what the journal says (-1: nothing), `known` whether the consumer has an offset as a
 * whole. Pure. */
int decide_parts_use(const char *consumer, int recorded, bool known, unsigned parts, struct op_drafts *drafts,
                     struct op_guard *guard, struct op_error *error);

/* Drafts ConsumerPartitioned, under the guard against any other. `division` is what the verb `parts` adds, else NULL.
 */
struct division;
void draft_parts(const char *consumer, unsigned parts, const struct division *division, struct op_drafts *drafts,
                 struct op_guard *guard);

#endif
