/* offers.h - what `op-reserve run` does for the waiting list. */
#ifndef RESERVE_OFFERS_H
#define RESERVE_OFFERS_H

#include "draft.h"
#include "model.h"
#include "pending.h"

/* Drafts up to `limit` things more: ends offers whose time is over, then offers what is left to the first who fits. */
int offers_work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error);
/* Counts what offers_work() would do now. */
int offers_pending(struct op_model *model, struct op_pending *owed, struct op_error *error);

#endif
