/* decide.h - the decisions about branches and pick-ups: (folded state, command) -> events and their condition, or a
 * refusal. Pure.
 *
 * A branch never takes more than its capacity because an assignment is guarded by all that was assigned there, and by
 * changes of the capacity, after what was read; a reservation has one branch, and none once it was cancelled, because
 * it is guarded by all that happens to it. */
#ifndef ASSIGN_DECIDE_H
#define ASSIGN_DECIDE_H

#include "branch.h"
#include "draft.h"
#include "pickup.h"

int no_such_branch(const char *id, struct op_error *error);
int no_such_pickup(const char *id, struct op_error *error);

/* BranchAdded, or nothing where it is there already, also with a capacity that was changed since. Refusals (1):
 * id_taken. */
int decide_branch_add(const struct branch *branch, const struct branch_wanted *wanted, const struct op_request *request,
                      struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);
/* BranchCapacityChanged, or nothing. Refusals (1): no_such_branch; capacity_used where more is assigned today. */
int decide_branch_adjust(const struct branch *branch, const char *id, int64_t capacity,
                         const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard,
                         struct op_error *error);
/* One branch of a file: added, or adjusted where nothing but its capacity differs. Refusals as above. */
int decide_branch_import(const struct branch *branch, const struct branch_wanted *wanted,
                         const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard,
                         struct op_error *error);

/* PickupAssigned for one that waits. `guarded`: this commit guards the branch already. */
void decide_assigned(const struct pickup *pickup, const struct branch *branch, int64_t distance_m, const char *day,
                     bool guarded, struct op_drafts *drafts, struct op_guard *guard);
/* AssignmentFailed, once for each reason: false, and nothing, where that is what it is already. Guarded against all
 * that might help it; `guarded`: this commit is so already. */
bool decide_failed(const struct pickup *pickup, enum failure failure, bool guarded, struct op_drafts *drafts,
                   struct op_guard *guard);
/* PickupReleased for one that is due back. */
void decide_released(const struct pickup *pickup, struct op_drafts *drafts, struct op_guard *guard);
/* PickupCollected. Refusals (1): no_such_reservation, already_collected, already_cancelled, not_assigned. */
int decide_collect(const struct pickup *pickup, const char *id, const struct op_request *request,
                   struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);

/* The types that may help what no branch could take. */
extern const char *const helping_types[];

#endif
