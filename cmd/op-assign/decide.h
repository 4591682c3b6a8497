/* decide.h - the decisions about branches and pick-ups: (folded state, command) -> events and their condition, or a
 * refusal. Pure.
 *
 * A branch never takes more than its capacity, and nothing while it is closed, because an assignment is guarded by all
 * that was assigned there, and by all changes of the branch, after what was read; a reservation has one branch, and
 * none once it was cancelled, because it is guarded by all that happens to it. */
#ifndef ASSIGN_DECIDE_H
#define ASSIGN_DECIDE_H

#include "branch.h"
#include "draft.h"
#include "pickup.h"

int no_such_branch(const char *id, struct op_error *error);
int no_such_pickup(const char *id, struct op_error *error);

/* Where everything is as it is asked for, the following draft nothing, or for a request with a key an event that says
 * so again, by which the request is remembered.
 *
 * BranchAdded, also nothing where its capacity was changed since. Refusals (1): id_taken. */
int decide_branch_add(const struct branch *branch, const struct branch_wanted *wanted, const struct op_request *request,
                      struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);
/* BranchCapacityChanged. Refusals (1): no_such_branch; capacity_used where more is assigned today. */
int decide_branch_adjust(const struct branch *branch, const char *id, int64_t capacity,
                         const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard,
                         struct op_error *error);
/* BranchClosed or BranchOpened. Refusals (1): no_such_branch. */
int decide_branch_status(const struct branch *branch, const char *id, bool closed, const struct op_request *request,
                         struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);
/* One branch of a file: BranchAdded; or BranchCapacityChanged for its capacity and BranchRevised for its name and
 * place, both where both differ; or nothing. Refusals (1): capacity_used. */
int decide_branch_import(const struct branch *branch, const struct branch_wanted *wanted,
                         const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard,
                         struct op_error *error);
/* Of a branch where nothing is to be changed: what the first lines say. */
int decide_branch_unchanged(const struct branch *branch, const struct op_request *request, struct op_drafts *drafts,
                            struct op_guard *guard);

/* PickupAssigned for one that waits. `guarded`: this commit guards the branch already. */
void decide_assigned(const struct pickup *pickup, const struct branch *branch, int64_t distance_m, const char *day,
                     bool guarded, struct op_drafts *drafts, struct op_guard *guard);
/* AssignmentFailed, once for each reason: false, and nothing, where that is what it is already. Guarded against all
 * that might help it; `guarded`: this commit is so already. */
bool decide_failed(const struct pickup *pickup, enum failure failure, bool guarded, struct op_drafts *drafts,
                   struct op_guard *guard);
/* PickupReleased for one that is due back. */
void decide_released(const struct pickup *pickup, struct op_drafts *drafts, struct op_guard *guard);
/* PickupCollected. `must_be_paid`: only while its payment is approved. Refusals (1): no_such_reservation,
 * already_collected, already_cancelled, not_assigned, not_paid. */
int decide_collect(const struct pickup *pickup, const char *id, bool must_be_paid, const struct op_request *request,
                   struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);

/* The types that may help what no branch could take. */
extern const char *const helping_types[];

#endif
