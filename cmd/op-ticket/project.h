/* project.h - the read model of op-ticket, STORE/state/ticket.db, and how a ticket is found in it. */
#ifndef TICKET_PROJECT_H
#define TICKET_PROJECT_H

#include "model.h"
#include "performance.h"
#include "ticket.h"

/* Its definition; static storage. */
const struct op_model_definition *ticket_model(void);

/* The ticket of a reservation as the model has it; reservation_id "" where there is none. */
int ticket_load(struct op_model *model, const char *reservation_id, struct ticket *ret_ticket, struct op_error *error);
/* The musical of this id, as far as tickets tell of it; musical_id "" where there is none. */
int performance_load(struct op_model *model, const char *musical_id, struct performance *ret_performance,
                     struct op_error *error);
/* The reservation of a code as the model has it; "" where there is none. */
int ticket_find(struct op_model *model, const char *code, char ret_reservation_id[OP_MAX_ID + 1],
                struct op_error *error);

#endif
