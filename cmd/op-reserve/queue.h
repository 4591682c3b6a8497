/* queue.h - who waits for seats of one musical and has no offer, in the order of joining. Pure, but for its loading. */
#ifndef RESERVE_QUEUE_H
#define RESERVE_QUEUE_H

#include "model.h"
#include "musical.h"

struct queued {
  char id[OP_MAX_ID + 1];
  char customer_id[OP_MAX_ID + 1]; /* "": none */
  char grade[OP_MAX_GRADE + 1];
  int64_t seats;
  bool offered; /* just now; in the queue of the read model there is none */
};

struct queue {
  struct queued *items;
  size_t count, size;
};

void queue_join(struct queue *queue, const struct queued *queued);
void queue_leave(struct queue *queue, const char *id); /* nobody of that id: nothing */
/* Folds an event of the waiting list of this musical. */
void queue_apply(struct queue *queue, const evs_event *event);
/* Loads the queue as the read model has it into an empty one. */
int queue_load(struct op_model *model, const char *musical_id, struct queue *queue, struct op_error *error);
/* The same with what was written since. */
int queue_load_written(struct op_model *model, const char *musical_id, struct queue *queue, struct op_error *error);
void queue_free(struct queue *queue); /* zeros are legal */

/* Do the seats that the musical has left suffice for this one? Whoever is asked about in the order of the queue, with
 * the seats of those before taken by op_musical_take(), gets what the first who fits gets. */
bool queue_fits(const struct queued *queued, const struct op_musical *musical);
/* What is left of the musical for who did not wait: *musical with the seats taken that belong to the queue. */
void queue_serve_all(const struct queue *queue, struct op_musical *musical);

#endif
