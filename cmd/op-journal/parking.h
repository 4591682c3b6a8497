/* parking.h - what a consumer could not do: attempts, parking, and what an operator makes of it. Pure.
 *
 * An event that CMD fails on, given alone, steps aside: each attempt is an event of the journal with the time of the
 * next one (retry.h), the last one parks it. The consumer goes on behind it, but what comes for its correlation is held
 * until it was taken or parked; in a group (--part) also while it is parked. Every step of an item has an id made of
 * the step before it, so that no step is taken twice.
 *
 *   (new) -> Failing -> Parked -> Retried -> Delivered        Held: behind another of its correlation; given when
 *              |          ^ \________|  \--> (fails again)    that one is done
 *              v          |       \-> Dropped
 *          Delivered   Held -> Delivered */
#ifndef JOURNAL_PARKING_H
#define JOURNAL_PARKING_H

#include "draft.h"
#include "error.h"

#define MAX_REASON 256

enum item_state { ITEM_NEW, ITEM_FAILING, ITEM_PARKED, ITEM_HELD, ITEM_RETRIED, ITEM_DELIVERED, ITEM_DROPPED };

/* The words of the states, NULL-terminated. */
extern const char *const item_states[];

/* One event that a consumer could not do. */
struct item {
  char consumer[EVS_MAX_CONSUMER + 1];
  uint64_t seq; /* of the event */
  enum item_state state;
  int64_t attempts;
  int64_t retry_us;  /* when it is given again, where an attempt failed; 0: at once */
  uint64_t behind;   /* ITEM_HELD: the seq that it waits for */
  uint64_t last_seq; /* the journal's event that brought it into this state; 0: none */
  char type[EVS_MAX_TYPE + 1];
  char correlation[EVS_MAX_ID + 1]; /* "": none */
  char reason[MAX_REASON + 1];
  char updated_at[EVS_TIME_SIZE];
};

/* The types that item_apply() folds, NULL-terminated. */
extern const char *const item_types[];

/* Is the event one of the book-keeping of consumers, which is given only to who names its type? */
bool is_bookkeeping(const evs_event *event);

/* Reads which item an event is about; false where it is none. */
bool item_of(const evs_event *event, char consumer[EVS_MAX_CONSUMER + 1], uint64_t *ret_seq);
/* Folds an event about this item. */
void item_apply(struct item *item, const evs_event *event);
/* Does it wait: the offset is behind it, and it is not done? */
bool item_waits(const struct item *item);

/* Begins an item for an event that was given. */
void item_begin(struct item *item, const char *consumer, const evs_event *event);

/* An attempt that failed. */
struct attempt {
  const char *reason;
  int64_t max_attempts;
  int64_t now_us;
  uint64_t random; /* for the back-off, see retry.h */
};

/* CMD failed on it, given alone: ConsumerAttemptFailed, or ConsumerEventParked after `max_attempts`. */
void decide_failed(const struct item *item, const struct attempt *attempt, struct op_drafts *drafts,
                   struct op_guard *guard);
/* It comes behind one of its correlation that waits: ConsumerEventParked, held. */
void decide_held(const struct item *item, uint64_t behind, struct op_drafts *drafts, struct op_guard *guard);
/* CMD took it after all: ConsumerEventDelivered. Nothing for one that never failed. */
void decide_delivered(const struct item *item, struct op_drafts *drafts, struct op_guard *guard);
/* An operator brings it back (ConsumerEventRetried) or gives it up (ConsumerEventDropped), parked or waiting for its
 * next attempt. Where that is so already nothing, or the same event again for a request to be
 * remembered. Refusals (1): not_parked; parked_behind for bringing back what is
 * held. */
int decide_retry(const struct item *item, bool drop, const struct op_request *request, struct op_drafts *drafts,
                 struct op_guard *guard, struct op_error *error);

#endif
