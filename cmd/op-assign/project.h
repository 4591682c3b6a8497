/* project.h - the read model of op-assign, state/assign.db: the branches, the pick-ups, and how full each day is. */
#ifndef ASSIGN_PROJECT_H
#define ASSIGN_PROJECT_H

#include "branch.h"
#include "model.h"
#include "pickup.h"

const struct op_model_definition *assign_model(void);

/* Opens the caught-up model: of a store that must be there, or `makes` one on the first append. */
int assign_open(struct op_app *app, bool makes, struct op_model **ret_model, struct op_error *error);

/* Today, in the zone of the configuration: the day whose capacity an assignment takes. */
void assign_today(const struct op_app *app, char day[DAY_SIZE]);

/* The branch as the tables have it, with what is used on `day`; id "" where there is none. */
int branch_load(struct op_model *model, const char *id, const char *day, struct branch *ret_branch,
                struct op_error *error);
/* All branches that are open, in the order in which they were added; the caller frees them. */
int branches_load(struct op_model *model, const char *day, struct branch **ret_branches, size_t *ret_count,
                  struct op_error *error);
/* The same, and those that are closed. */
int branches_load_all(struct op_model *model, const char *day, struct branch **ret_branches, size_t *ret_count,
                      struct op_error *error);

/* The pick-up as the tables have it; id "" where there is none. */
int pickup_load(struct op_model *model, const char *id, struct pickup *ret_pickup, struct op_error *error);
/* The same by the seq of its ReservationPlaced. */
int pickup_load_placed(struct op_model *model, uint64_t placed_seq, struct pickup *ret_pickup, struct op_error *error);

/* Seq of the last event of helping_types (decide.h); 0: none. */
int helped_seq(struct op_model *model, uint64_t *ret_seq, struct op_error *error);

#endif
