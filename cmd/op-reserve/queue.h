/* queue.h - who waits for seats of one musical, and who has an offer of some, in the order of joining. Pure, but for
 * its loading. */
#ifndef RESERVE_QUEUE_H
#define RESERVE_QUEUE_H

#include "model.h"
#include "musical.h"

struct queued {
  char id[OP_MAX_ID + 1];
  char customer_id[OP_MAX_ID + 1]; /* "": none */
  char grade[OP_MAX_GRADE + 1];
  int64_t seats;
  bool offered;                 /* they are on offer: */
  int64_t offered_us, until_us; /* since and until when, see offer_end() */
};

struct queue {
  struct queued *items;
  size_t count, size;
};

void queue_join(struct queue *queue, const struct queued *queued);
/* Folds an event of the waiting list of this musical. */
void queue_apply(struct queue *queue, const evs_event *event);
/* Loads the queue as the read model has it into an empty one. */
int queue_load(struct op_model *model, const char *musical_id, struct queue *queue, struct op_error *error);
/* The musical and its queue with what was written since; *ret_position as in op_decide. */
int queue_load_written(struct op_model *model, const char *musical_id, struct op_musical *ret_musical,
                       struct queue *queue, uint64_t *ret_position, struct op_error *error);
void queue_free(struct queue *queue); /* zeros are legal */

/* Has the musical seats of the kind that this one wants, free or not? */
bool queue_wants_what_is(const struct queued *queued, const struct op_musical *musical);
/* Do the seats that the musical has left suffice for this one? Whoever is asked about in the order of the queue, with
 * the seats of those before taken by op_musical_take(), gets what the first who fits gets. */
bool queue_fits(const struct queued *queued, const struct op_musical *musical);
/* What is left of the musical for who did not wait: *musical with the seats taken that belong to the queue. Those of an
 * offer that is over by the clock belong to it, too, although they are held until op-reserve run ends the offer. */
void queue_serve_all(const struct queue *queue, int64_t payable_us, int64_t now_us, struct op_musical *musical);

#endif
