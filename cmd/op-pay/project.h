/* project.h - the read model of op-pay, state/pay.db: one row per reservation, and what waits for an answer. */
#ifndef PAY_PROJECT_H
#define PAY_PROJECT_H

#include "decide.h"
#include "model.h"

extern const struct op_model_definition pay_model;

/* The payments for which something is due, oldest first, at most `limit` of them, into `payments`. */
int pay_pending(struct op_model *model, struct payment *payments, size_t limit, size_t *ret_count,
                struct op_error *error);

#endif
