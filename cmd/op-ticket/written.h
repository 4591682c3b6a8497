/* written.h - a ticket up to the written tail, for a decision, and right after its event, for the answer. */
#ifndef TICKET_WRITTEN_H
#define TICKET_WRITTEN_H

#include "commit.h"
#include "performance.h"
#include "ticket.h"

/* The ticket of a reservation, from the read model and from what was written since; *ret_position as in op_decide. */
int written_load(struct op_model *model, const char *reservation_id, struct ticket *ret_ticket, uint64_t *ret_position,
                 struct op_error *error);
/* The reservation of a code, likewise; "" where there is none. */
int written_find(struct op_model *model, const char *code, char ret_reservation_id[OP_MAX_ID + 1],
                 uint64_t *ret_position, struct op_error *error);

/* The ticket and its musical right after its event: the one that this very request appended before (its seq, 0: none),
 * or the last of `drafts`, which are folded into it. */
int written_answer(struct op_model *model, struct ticket *ticket, struct performance *ret_performance,
                   uint64_t repeated, struct op_drafts *drafts, const struct op_committed *committed,
                   struct op_error *error);

#endif
