/* pickup.h - a reservation with a location, on its way to a branch, as this context folds it from the journal. Pure.
 *
 *   Pending --PickupAssigned--> Assigned --PickupCollected--> Collected
 *      |  ^                        |
 *      |  '-- AssignmentFailed --> Failed (tried again)       a whole cancellation, then PickupReleased --> Released
 *      '-- a whole cancellation --> Cancelled
 *
 * A partial cancellation changes nothing here, nor does its payment, but for whether it may be collected. */
#ifndef ASSIGN_PICKUP_H
#define ASSIGN_PICKUP_H

#include "app.h"
#include "domain.h"
#include "location.h"

enum pickup_status {
  PICKUP_PENDING,
  PICKUP_ASSIGNED,
  PICKUP_FAILED,
  PICKUP_COLLECTED,
  PICKUP_RELEASED,
  PICKUP_CANCELLED
};
enum failure { FAILURE_NONE, FAILURE_NO_BRANCH, FAILURE_NO_CAPACITY };
enum pickup_payment { PICKUP_UNPAID, PICKUP_PAID, PICKUP_DECLINED, PICKUP_REFUNDED };
enum { DAY_SIZE = 11 };

struct pickup {
  char id[OP_MAX_ID + 1]; /* of the reservation; "": none with a location */
  char customer_id[OP_MAX_ID + 1];
  char musical_id[OP_MAX_ID + 1];
  struct op_location at;
  bool delivery;
  enum pickup_status status;
  enum failure failure;
  enum pickup_payment payment;
  char branch_id[OP_MAX_ID + 1]; /* the last one that had it; "": none */
  int64_t distance_m;
  char day[DAY_SIZE];             /* whose capacity it takes, 2026-11-20; "": none */
  uint64_t placed_seq;            /* of its ReservationPlaced */
  uint64_t changed_seq;           /* of the last event that changed its status */
  uint64_t cancelled_seq;         /* of the whole cancellation; 0: none */
  char updated_at[EVS_TIME_SIZE]; /* its time */
};

/* The words for the enums, NULL-terminated; failures[FAILURE_NONE] is "". */
extern const char *const pickup_statuses[];
extern const char *const pickup_failures[];
extern const char *const pickup_payments[];

/* The types that pickup_apply() folds, NULL-terminated. */
extern const char *const pickup_types[];

/* Folds an event of this reservation; false where nothing changed. The first ReservationPlaced with a location makes
 * it.
 */
bool pickup_apply(struct pickup *pickup, const evs_event *event);

/* Does it take a place of its branch and day? */
bool pickup_holds(const struct pickup *pickup);
/* Is its place to be given back? */
bool pickup_is_due_back(const struct pickup *pickup);
/* Does it wait for a branch? */
bool pickup_waits(const struct pickup *pickup);

/* The day of a time in a zone, which is its offset from UTC. */
void day_of(int64_t time_us, int64_t zone_us, char day[DAY_SIZE]);
/* When it begins there, as the journal writes times; "" for what is no day. */
void day_begin(const char *day, int64_t zone_us, char time[EVS_TIME_SIZE]);

#endif
