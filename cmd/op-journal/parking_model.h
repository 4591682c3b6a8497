/* parking_model.h - the read model of op-journal, state/journal.db: what every consumer could not do, and its parts. */
#ifndef JOURNAL_PARKING_MODEL_H
#define JOURNAL_PARKING_MODEL_H

#include "model.h"
#include "parking.h"
#include "part.h"

const struct op_model_definition *parking_model(void);

/* The item of this event; ITEM_NEW where there is none, of which only consumer and seq are set. */
int parking_load(struct op_model *model, const char *consumer, uint64_t seq, struct item *ret_item,
                 struct op_error *error);
/* Is there anything that is not done: failing, or waiting? */
int parking_any(struct op_model *model, const char *consumer, bool *ret_any, struct op_error *error);
/* What the part failed on and will be given again by itself: how many events, and when the first of them. */
struct failing {
  uint64_t count;
  int64_t retry_us;
};
int parking_failing(struct op_model *model, const char *consumer, struct part part, struct failing *ret_failing,
                    struct op_error *error);
/* The first item after `seq` of the part that can be given now: failed, and its time has come; brought back; or held
 * and first of its correlation. ITEM_NEW where there is none. */
int parking_due(struct op_model *model, const char *consumer, struct part part, uint64_t seq, int64_t now_us,
                struct item *ret_item, struct op_error *error);
/* The first event of the correlation before `seq` that one with this seq is held behind; 0: none. */
int parking_ahead(struct op_model *model, const char *consumer, struct part part, const char *correlation, uint64_t seq,
                  uint64_t *ret_ahead, struct op_error *error);
/* How many are parked, or held behind such a one, in this part. */
int parking_count(struct op_model *model, const char *consumer, struct part part, int64_t *ret_count,
                  struct op_error *error);
/* Calls visit(context, item) for each that waits, in order, of all consumers where `consumer` is NULL. What it returns
 * other than 0 ends it and is returned. */
int parking_waiting(struct op_model *model, const char *consumer,
                    int (*visit)(void *context, const struct item *item, struct op_error *error), void *context,
                    struct op_error *error);

/* In how many parts the consumer is run: 0 as a whole; -1 nobody has said so yet. */
int parts_load(struct op_model *model, const char *consumer, int *ret_parts, struct op_error *error);
/* Calls visit(context, consumer, parts) for every consumer that has parts. */
int parts_all(struct op_model *model, void (*visit)(void *context, const char *consumer, unsigned parts), void *context,
              struct op_error *error);

#endif
