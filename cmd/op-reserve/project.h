/* project.h - the read model of op-reserve: STORE/state/reserve.db. */
#ifndef RESERVE_PROJECT_H
#define RESERVE_PROJECT_H

#include "model.h"
#include "reservation.h"

/* Its definition; static storage. */
const struct op_model_definition *reserve_model(void);

/* The reservation as the model has it (folded up to its offset); id "" where there is none. */
int reservation_load(struct op_model *model, const char *id, struct reservation *ret_reservation,
                     struct op_error *error);

/* The seats of a musical that a customer has and has not cancelled, by the same tables. */
int customer_held(struct op_model *model, const char *customer_id, const char *musical_id, int64_t *ret_seats,
                  struct op_error *error);

#endif
