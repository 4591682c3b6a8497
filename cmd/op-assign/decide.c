/* decide.c - the decisions about branches and pick-ups, see decide.h.
 *
 * Invariants: an id names one branch for ever; on no day more is assigned to a branch than its capacity; a reservation
 * is assigned once, released once, collected once, and never collected once it was cancelled (op-reserve cancel is
 * guarded the other way round); a branch that is closed gets nothing. Each rests on the guard that is drafted beside
 * the event. */
#include "decide.h"

#include <inttypes.h>
#include <string.h>

/* What takes places of a branch, or changes what it is and how many it has. */
static const char *const branch_changes[] = {OP_BRANCH_ADDED,
                                             OP_BRANCH_CAPACITY_CHANGED,
                                             OP_BRANCH_REVISED,
                                             OP_BRANCH_CLOSED,
                                             OP_BRANCH_OPENED,
                                             OP_PICKUP_ASSIGNED,
                                             NULL};

/* What changes a pick-up. */
static const char *const pickup_changes[] = {OP_RESERVATION_CANCELLED, OP_PICKUP_ASSIGNED,   OP_PICKUP_RELEASED,
                                             OP_PICKUP_COLLECTED,      OP_ASSIGNMENT_FAILED, NULL};

/* What changes a payment, where it decides whether something is handed over. */
static const char *const payment_changes[] = {OP_PAYMENT_APPROVED, OP_PAYMENT_DECLINED, OP_PAYMENT_CANCELLED, NULL};

const char *const helping_types[] = {OP_BRANCH_ADDED,  OP_BRANCH_CAPACITY_CHANGED, OP_BRANCH_REVISED,
                                     OP_BRANCH_OPENED, OP_PICKUP_RELEASED,         NULL};

/* ---- branches --------------------------------------------------------------------------------------------------- */

/* Refuses a command about a branch that is not there. */
int no_such_branch(const char *id, struct op_error *error) {
  op_fail(error, OP_REFUSED, "no_such_branch", "branch %s: there is no such branch", id);
  op_error_text(error, "branchId", id);
  return error->exit_code;
}

/* Begins an event about a branch, and its guard. */
static struct op_draft *branch_event(const char *type, const char *id, uint64_t causation, struct op_drafts *drafts,
                                     struct op_guard *guard) {
  char correlation[OP_MAX_ID + sizeof OP_TAG_BRANCH + 1];
  snprintf(correlation, sizeof correlation, OP_TAG_BRANCH ":%s", id);
  struct op_draft *draft = op_draft_add(drafts, type, correlation, causation);
  op_draft_tag(draft, OP_TAG_BRANCH, id);
  op_guard_add(guard, branch_changes, OP_TAG_BRANCH, id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "branchId", id);
  return draft;
}

/* Ends it: it remembers its request. */
static void end_event(struct op_draft *draft, const struct op_request *request, struct op_guard *guard) {
  op_draft_request(draft, request->key, request->text, guard);
  op_json_end(&draft->data);
}

/* Refuses a branch because another one has its id. */
static int id_taken(const struct branch *branch, struct op_error *error) {
  op_fail(error, OP_REFUSED, "id_taken", "branch %s: the id is taken by another branch, %s", branch->id, branch->name);
  op_error_text(error, "branchId", branch->id);
  return error->exit_code;
}

/* BranchCapacityChanged, also where it is the same. */
static void draft_capacity(const struct branch *branch, int64_t capacity, const struct op_request *request,
                           struct op_drafts *drafts, struct op_guard *guard) {
  struct op_draft *draft = branch_event(OP_BRANCH_CAPACITY_CHANGED, branch->id, branch->defined_by, drafts, guard);
  op_json_number(&draft->data, "capacity", capacity);
  op_json_number(&draft->data, "previousCapacity", branch->capacity);
  end_event(draft, request, guard);
}

/* Nothing changes. A request is remembered all the same, by an event that says again what is so: the same request would
 * else do later what it found done. */
int decide_branch_unchanged(const struct branch *branch, const struct op_request *request, struct op_drafts *drafts,
                            struct op_guard *guard) {
  if (request->key)
    draft_capacity(branch, branch->capacity, request, drafts, guard);
  return OP_OK;
}

/* A new branch. */
static int draft_added(const struct branch_wanted *wanted, const struct op_request *request, struct op_drafts *drafts,
                       struct op_guard *guard) {
  struct op_draft *draft = branch_event(OP_BRANCH_ADDED, wanted->id, 0, drafts, guard);
  op_draft_id(draft, "branch-added:%s", wanted->id);
  op_json_string(&draft->data, "name", wanted->name);
  op_json_location(&draft->data, wanted->at);
  op_json_number(&draft->data, "capacity", wanted->capacity);
  end_event(draft, request, guard);
  return OP_OK;
}

/* A new branch, or the same again. */
int decide_branch_add(const struct branch *branch, const struct branch_wanted *wanted, const struct op_request *request,
                      struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  if (!branch->id[0])
    return draft_added(wanted, request, drafts, guard);
  bool same = wanted->capacity == branch->capacity || wanted->capacity == branch->first_capacity;
  return same && branch_same_place(branch, wanted->name, wanted->at)
             ? decide_branch_unchanged(branch, request, drafts, guard)
             : id_taken(branch, error);
}

/* Another capacity, unless more is assigned. */
static int change_capacity(const struct branch *branch, int64_t capacity, const struct op_request *request,
                           struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  if (capacity < branch->used) {
    op_fail(error, OP_REFUSED, "capacity_used",
            "branch %s: a capacity of %" PRId64 " asked, %" PRId64 " are assigned today; 'branch close' stops it",
            branch->id, capacity, branch->used);
    op_error_text(error, "branchId", branch->id);
    op_error_number(error, "requested", capacity);
    op_error_number(error, "assigned", branch->used);
    return error->exit_code;
  }
  draft_capacity(branch, capacity, request, drafts, guard);
  return OP_OK;
}

/* Another capacity. */
int decide_branch_adjust(const struct branch *branch, const char *id, int64_t capacity,
                         const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard,
                         struct op_error *error) {
  if (!branch->id[0])
    return no_such_branch(id, error);
  return capacity == branch->capacity ? decide_branch_unchanged(branch, request, drafts, guard)
                                      : change_capacity(branch, capacity, request, drafts, guard, error);
}

/* Closed or open. */
int decide_branch_status(const struct branch *branch, const char *id, bool closed, const struct op_request *request,
                         struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  if (!branch->id[0])
    return no_such_branch(id, error);
  if (branch->closed == closed && !request->key)
    return OP_OK;
  const char *type = closed ? OP_BRANCH_CLOSED : OP_BRANCH_OPENED;
  end_event(branch_event(type, branch->id, branch->defined_by, drafts, guard), request, guard);
  return OP_OK;
}

/* BranchRevised to the name and the place that are wanted. */
static void draft_revised(const struct branch *branch, const struct branch_wanted *wanted,
                          const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard) {
  struct op_draft *draft = branch_event(OP_BRANCH_REVISED, branch->id, branch->defined_by, drafts, guard);
  if (strcmp(branch->name, wanted->name) != 0)
    op_json_string(&draft->data, "name", wanted->name);
  if (!branch_same_place(branch, branch->name, wanted->at))
    op_json_location(&draft->data, wanted->at);
  end_event(draft, request, guard);
}

/* One branch of a file. */
int decide_branch_import(const struct branch *branch, const struct branch_wanted *wanted,
                         const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard,
                         struct op_error *error) {
  if (!branch->id[0])
    return draft_added(wanted, request, drafts, guard);
  int code = OP_OK;
  if (branch->capacity != wanted->capacity)
    code = change_capacity(branch, wanted->capacity, request, drafts, guard, error);
  if (code == OP_OK && !branch_same_place(branch, wanted->name, wanted->at))
    draft_revised(branch, wanted, request, drafts, guard);
  return code;
}

/* ---- pick-ups --------------------------------------------------------------------------------------------------- */

/* Refuses a command about a reservation that is not there, or has no location. */
int no_such_pickup(const char *id, struct op_error *error) {
  op_fail(error, OP_REFUSED, "no_such_reservation", "reservation %s: there is none with a location", id);
  op_error_text(error, "reservationId", id);
  return error->exit_code;
}

/* Begins an event about a pick-up, and its guard. */
static struct op_draft *pickup_event(const char *type, const struct pickup *pickup, uint64_t causation,
                                     struct op_drafts *drafts, struct op_guard *guard) {
  struct op_draft *draft = op_draft_add(drafts, type, pickup->id, causation);
  op_draft_tag(draft, OP_TAG_RESERVATION, pickup->id);
  op_draft_tag(draft, OP_TAG_CUSTOMER, pickup->customer_id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "reservationId", pickup->id);
  if (pickup->customer_id[0])
    op_json_string(&draft->data, "customerId", pickup->customer_id);
  if (pickup->musical_id[0])
    op_json_string(&draft->data, "musicalId", pickup->musical_id);
  op_guard_add(guard, pickup_changes, OP_TAG_RESERVATION, pickup->id);
  return draft;
}

/* It goes to a branch. */
void decide_assigned(const struct pickup *pickup, const struct branch *branch, int64_t distance_m, const char *day,
                     bool guarded, struct op_drafts *drafts, struct op_guard *guard) {
  char km[OP_DIGITS + 4];
  snprintf(km, sizeof km, "%" PRId64 ".%03d", distance_m / 1000, (int)(distance_m % 1000));
  struct op_draft *draft = pickup_event(OP_PICKUP_ASSIGNED, pickup, pickup->placed_seq, drafts, guard);
  op_draft_id(draft, "pickup-assigned:%s", pickup->id);
  op_draft_tag(draft, OP_TAG_BRANCH, branch->id);
  op_json_string(&draft->data, "branchId", branch->id);
  op_json_raw(&draft->data, "distanceKm", km);
  op_json_string(&draft->data, "day", day);
  op_json_string(&draft->data, "fulfil", pickup->delivery ? OP_FULFIL_DELIVERY : OP_FULFIL_PICKUP);
  op_json_end(&draft->data);
  if (!guarded)
    op_guard_add(guard, branch_changes, OP_TAG_BRANCH, branch->id);
}

/* No branch can take it. */
bool decide_failed(const struct pickup *pickup, enum failure failure, bool guarded, struct op_drafts *drafts,
                   struct op_guard *guard) {
  if (pickup->status == PICKUP_FAILED && pickup->failure == failure)
    return false;
  struct op_draft *draft = pickup_event(OP_ASSIGNMENT_FAILED, pickup, pickup->placed_seq, drafts, guard);
  op_draft_id(draft, "assignment-failed:%" PRIu64, pickup->changed_seq);
  op_json_string(&draft->data, "reason", pickup_failures[failure]);
  op_json_end(&draft->data);
  if (!guarded)
    op_guard_add(guard, helping_types, NULL, NULL);
  return true;
}

/* Its place is free again. */
void decide_released(const struct pickup *pickup, struct op_drafts *drafts, struct op_guard *guard) {
  struct op_draft *draft = pickup_event(OP_PICKUP_RELEASED, pickup, pickup->cancelled_seq, drafts, guard);
  op_draft_id(draft, "pickup-released:%" PRIu64, pickup->cancelled_seq);
  op_draft_tag(draft, OP_TAG_BRANCH, pickup->branch_id);
  op_json_string(&draft->data, "branchId", pickup->branch_id);
  op_json_string(&draft->data, "day", pickup->day);
  op_json_end(&draft->data);
}

/* Why it cannot be collected. */
static int refuse_collect(const struct pickup *pickup, const char *code, const char *what, struct op_error *error) {
  op_fail(error, OP_REFUSED, code, "reservation %s: %s", pickup->id, what);
  op_error_text(error, "reservationId", pickup->id);
  return error->exit_code;
}

/* It is handed over. */
int decide_collect(const struct pickup *pickup, const char *id, bool must_be_paid, const struct op_request *request,
                   struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  static const char *const not_paid[] = {[PICKUP_UNPAID] = "it is not paid yet",
                                         [PICKUP_DECLINED] = "its payment was declined",
                                         [PICKUP_REFUNDED] = "its payment was cancelled"};
  if (!pickup->id[0])
    return no_such_pickup(id, error);
  if (pickup->status == PICKUP_COLLECTED)
    return refuse_collect(pickup, "already_collected", "it is collected already", error);
  if (pickup->cancelled_seq)
    return refuse_collect(pickup, "already_cancelled", "it is cancelled", error);
  if (pickup->status != PICKUP_ASSIGNED)
    return refuse_collect(pickup, "not_assigned", "no branch has it yet", error);
  if (must_be_paid && pickup->payment != PICKUP_PAID)
    return refuse_collect(pickup, "not_paid", not_paid[pickup->payment], error);
  if (must_be_paid)
    op_guard_add(guard, payment_changes, OP_TAG_RESERVATION, pickup->id);
  struct op_draft *draft = pickup_event(OP_PICKUP_COLLECTED, pickup, pickup->changed_seq, drafts, guard);
  op_draft_id(draft, "pickup-collected:%s", pickup->id);
  op_draft_tag(draft, OP_TAG_BRANCH, pickup->branch_id);
  op_json_string(&draft->data, "branchId", pickup->branch_id);
  end_event(draft, request, guard);
  return OP_OK;
}
