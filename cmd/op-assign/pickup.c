/* pickup.c - the fold of one pick-up, see pickup.h.
 *
 * Anyone may append events, so each counts only where it fits the status: what was collected stays so, and a place is
 * given back once. */
#include "pickup.h"

#include "model.h"

#include <stdlib.h>
#include <string.h>

const char *const pickup_statuses[] = {OP_PICKUP_IS_PENDING,
                                       OP_PICKUP_IS_ASSIGNED,
                                       OP_PICKUP_IS_FAILED,
                                       OP_PICKUP_IS_COLLECTED,
                                       OP_PICKUP_IS_RELEASED,
                                       OP_PICKUP_IS_CANCELLED,
                                       NULL};
const char *const pickup_failures[] = {"", "no_branch_in_reach", "no_capacity", NULL};
const char *const pickup_payments[] = {"Unpaid", "Paid", "Declined", "Refunded", NULL};

const char *const pickup_types[] = {
    OP_RESERVATION_PLACED, OP_RESERVATION_CANCELLED, OP_PICKUP_ASSIGNED,  OP_PICKUP_RELEASED,   OP_PICKUP_COLLECTED,
    OP_ASSIGNMENT_FAILED,  OP_PAYMENT_APPROVED,      OP_PAYMENT_DECLINED, OP_PAYMENT_CANCELLED, NULL};

/* Is there something to assign? */
static bool placed(struct pickup *pickup, const evs_event *event) {
  char fulfil[sizeof OP_FULFIL_DELIVERY];
  struct op_location at;
  if (pickup->id[0] || !op_field_location(event, &at) || !op_field_id(event, "reservationId", pickup->id))
    return false;
  op_field_id(event, "customerId", pickup->customer_id);
  op_field_id(event, "musicalId", pickup->musical_id);
  op_field_text(event, "fulfil", fulfil, sizeof fulfil);
  pickup->at = at;
  pickup->delivery = strcmp(fulfil, OP_FULFIL_DELIVERY) == 0;
  pickup->status = PICKUP_PENDING;
  pickup->placed_seq = event->seq;
  return true;
}

/* A branch has it. */
static bool assigned(struct pickup *pickup, const evs_event *event) {
  char day[DAY_SIZE], branch_id[OP_MAX_ID + 1];
  evs_slice distance;
  char text[24] = "";
  if (!pickup_waits(pickup) || !op_field_id(event, "branchId", branch_id))
    return false;
  if (!op_field_text(event, "day", day, sizeof day)) /* nobody could tell whose capacity it takes */
    snprintf(day, sizeof day, "%.10s", event->time.ptr);
  if (evs_json_find(event->data, "distanceKm", &distance) && distance.len < sizeof text)
    memcpy(text, distance.ptr, distance.len);
  double metres = strtod(text, NULL) * 1000;
  memcpy(pickup->branch_id, branch_id, sizeof branch_id);
  memcpy(pickup->day, day, sizeof day);
  pickup->distance_m = metres >= 0 && metres < 1e8 ? (int64_t)(metres + 0.5) : 0;
  pickup->status = PICKUP_ASSIGNED;
  pickup->failure = FAILURE_NONE;
  return true;
}

/* Nobody can take it now. */
static bool failed(struct pickup *pickup, const evs_event *event) {
  char reason[32];
  if (!pickup_waits(pickup))
    return false;
  op_field_text(event, "reason", reason, sizeof reason);
  pickup->failure = strcmp(reason, pickup_failures[FAILURE_NO_CAPACITY]) == 0 ? FAILURE_NO_CAPACITY : FAILURE_NO_BRANCH;
  pickup->status = PICKUP_FAILED;
  return true;
}

/* Its reservation was given up, as a whole or in part. */
static bool cancelled(struct pickup *pickup, const evs_event *event) {
  if (op_field_number(event, "remainingSeats", 0) > 0 || pickup->cancelled_seq)
    return false;
  pickup->cancelled_seq = event->seq;
  if (pickup->status == PICKUP_PENDING || pickup->status == PICKUP_FAILED)
    pickup->status = PICKUP_CANCELLED;
  return true;
}

/* Goes from one status to the next, where it has the first. */
static bool move(struct pickup *pickup, enum pickup_status from, enum pickup_status to) {
  bool moves = pickup->status == from;
  if (moves)
    pickup->status = to;
  return moves;
}

/* Its payment, which is no status of the pick-up. False where the event is another one. */
static bool paid(struct pickup *pickup, const evs_event *event, bool *ret_changed) {
  enum pickup_payment before = pickup->payment;
  if (op_type_is(event, OP_PAYMENT_APPROVED))
    pickup->payment = PICKUP_PAID;
  else if (op_type_is(event, OP_PAYMENT_DECLINED))
    pickup->payment = PICKUP_DECLINED;
  else if (op_type_is(event, OP_PAYMENT_CANCELLED))
    pickup->payment = PICKUP_REFUNDED;
  else
    return false;
  *ret_changed = pickup->payment != before;
  return true;
}

/* Folds one event. */
bool pickup_apply(struct pickup *pickup, const evs_event *event) {
  bool changed = false;
  if (op_type_is(event, OP_RESERVATION_PLACED))
    changed = placed(pickup, event);
  else if (!pickup->id[0] || paid(pickup, event, &changed))
    return changed;
  else if (op_type_is(event, OP_RESERVATION_CANCELLED))
    changed = cancelled(pickup, event);
  else if (op_type_is(event, OP_PICKUP_ASSIGNED))
    changed = assigned(pickup, event);
  else if (op_type_is(event, OP_ASSIGNMENT_FAILED))
    changed = failed(pickup, event);
  else if (op_type_is(event, OP_PICKUP_RELEASED))
    changed = move(pickup, PICKUP_ASSIGNED, PICKUP_RELEASED);
  else if (op_type_is(event, OP_PICKUP_COLLECTED))
    changed = move(pickup, PICKUP_ASSIGNED, PICKUP_COLLECTED);
  if (!changed)
    return false;
  pickup->changed_seq = event->seq;
  snprintf(pickup->updated_at, sizeof pickup->updated_at, "%.*s", (int)event->time.len, event->time.ptr);
  return true;
}

/* Does it take a place? */
bool pickup_holds(const struct pickup *pickup) {
  return pickup->status == PICKUP_ASSIGNED || pickup->status == PICKUP_COLLECTED;
}

/* Is its place to be given back? */
bool pickup_is_due_back(const struct pickup *pickup) {
  return pickup->status == PICKUP_ASSIGNED && pickup->cancelled_seq;
}

/* Does it wait? */
bool pickup_waits(const struct pickup *pickup) {
  return pickup->status == PICKUP_PENDING || pickup->status == PICKUP_FAILED;
}

/* The day. */
void day_of(int64_t time_us, int64_t zone_us, char day[DAY_SIZE]) {
  char time[EVS_TIME_SIZE];
  evs_time_format(time_us + zone_us, time);
  snprintf(day, DAY_SIZE, "%.10s", time);
}

/* Its midnight. */
void day_begin(const char *day, int64_t zone_us, char time[EVS_TIME_SIZE]) {
  int64_t midnight_us = 0;
  snprintf(time, EVS_TIME_SIZE, "%.10sT00:00:00Z", day);
  if (evs_time_parse(time, strlen(time), &midnight_us))
    evs_time_format(midnight_us - zone_us, time);
  else
    time[0] = '\0';
}
