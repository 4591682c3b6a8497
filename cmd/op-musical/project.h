/* project.h - the read model of op-musical: STORE/state/musical.db. */
#ifndef MUSICAL_PROJECT_H
#define MUSICAL_PROJECT_H

#include "state.h"

/* Its definition; static storage. */
const struct op_model_definition *musical_model(void);

/* The musical as the model has it (folded up to its offset). state->id is set already. */
int state_load(struct op_model *model, struct state *state, struct op_error *error);

#endif
