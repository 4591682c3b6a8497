/* consume.h - private to consume*.c: a run of `op-journal consume`, and its steps. */
#ifndef JOURNAL_CONSUME_H
#define JOURNAL_CONSUME_H

#include "commit.h"
#include "parking_model.h"

#define OUTAGE 2u /* so many events that fail at the same time are no accident: nothing new is given */

struct consuming {
  struct op_app *app;
  const char *name;
  struct part part;
  int64_t max_attempts; /* 0: nothing is parked */
  uint64_t batch;
  uint64_t left; /* events until --max */
  bool named;    /* --type was given: also book-keeping, where it is named */
  const evs_query *query;
  struct op_model *model;
  evs_consumer *consumer;
  evs_cursor *cursor;
  bool any;                  /* the model has items of this consumer that are not done */
  struct failing failing;    /* what failed and is given again by itself */
  uint64_t suspects;         /* so many events from the offset on hold one that fails; 0: none is known to */
  unsigned failures;         /* without --max-attempts: of the same batch, in a row */
  unsigned waiting_failures; /* without it: rounds in a row in which something that waits failed */
  int64_t waiting_from_ms;   /* --follow: when such things are given again then, by op_monotonic_ms() */
  bool failed;               /* CMD did, and nobody was told yet: */
  struct op_error failure;
  struct op_drafts drafts;

  struct op_text lines; /* the batch in hand */
  uint64_t count, first, last;
  uint64_t position; /* where the offset goes when it is done */
  struct item item;  /* its first event, where there is one alone: what is known of it */
};

/* consume_batch.c */

/* Collects the next batch from the cursor. *ret_end: that is at the end of the journal. */
int consume_collect(struct consuming *c, bool *ret_end, struct op_error *error);
/* Reads on behind `position`. */
int consume_rewind(struct consuming *c, uint64_t position, struct op_error *error);
/* The batch in hand becomes this event alone. */
int consume_take(struct consuming *c, const struct item *item, struct op_error *error);
/* Moves the offset to the position of the batch, if that is further. */
int consume_commit(struct consuming *c, struct op_error *error);

/* consume_outcome.c */

enum given { GIVEN, FAILED, PARKED };

/* Gives the batch in hand to CMD and appends what is to be remembered of that. FAILED: CMD failed, c->failure says how;
 * PARKED: it failed for the last time. Errors: what CMD cannot be blamed for. */
int consume_give(struct consuming *c, enum given *ret_given, struct op_error *error);
/* An event that comes behind another of its correlation that waits is held. */
int consume_hold(struct consuming *c, const struct item *item, uint64_t behind, struct op_error *error);
/* Catches up with what operators, other parts and this run did. */
int consume_look(struct consuming *c, struct op_error *error);
/* How long to wait after so many failures in a row: --follow without --max-attempts. */
int64_t consume_backoff_ms(unsigned failures);
/* Waits until then (by op_monotonic_ms()), or for events that nobody looked at yet; *ret_stop: a signal came. */
int consume_pause(struct consuming *c, int64_t until_ms, bool new_events, bool *ret_stop, struct op_error *error);

#endif
