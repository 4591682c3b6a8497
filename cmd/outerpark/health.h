/* health.h - what the programs say about themselves, and the verdict. Pure.
 *
 * Live: the store can be opened and its last event read. Ready: live, no consumer and no processor is far behind or
 * beyond the head, and the circuit of payments is not open. What is parked waits for an operator while all else goes
 * on, so it is told and is no reason not to be ready; neither is what no program can tell (yet). A program that should
 * be able to tell, and fails, is one. */
#ifndef OUTERPARK_HEALTH_H
#define OUTERPARK_HEALTH_H

#include "error.h"

#include <jansson.h>

#define MAX_LAG 1000
#define UNKNOWN (-1)

/* Who follows the journal: a consumer, or a processor by its read model. */
struct follower {
  char name[80];
  bool processor, known;
  int64_t offset, lag, parked; /* parked UNKNOWN: it parks nothing */
  char updated_at[EVS_TIME_SIZE];
};

struct health {
  bool live, ready;
  int64_t head, lag; /* the greatest of the followers */
  struct follower *followers;
  size_t follower_count;
  char circuit[16], retry_at[EVS_TIME_SIZE]; /* "": unknown */
  int64_t parked_payments, parked_notices, parked_consumers;
  char (*problems)[256]; /* why it is not ready */
  size_t problem_count;
};

/* Adds a reason. */
void health_problem(struct health *health, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes in the answer of `op-journal consumers`; `processors` are the programs of which a read model is one. */
void health_followers(struct health *health, const json_t *rows, const char *const *processors);
/* Takes in the answer of `op-pay circuit`. */
void health_circuit(struct health *health, const json_t *circuit);

/* Decides `ready`. */
void health_judge(struct health *health, int64_t max_lag);
void health_free(struct health *health);

#endif
