/* health.h - what the programs say about themselves, and the verdict. Pure.
 *
 * Live: the store can be opened and its last event read. Ready: live, no consumer and no processor is far behind or
 * beyond the head, and the circuit of payments is not open. Far behind is a consumer by the events that it has to go,
 * and a processor by its work: something could have been done for so long, and was not. (Its read model says nothing of
 * that: whoever asks for a figure catches it up.) What waits on purpose, for a later retry or behind an open circuit,
 * does not count, nor does what is parked, which waits for an operator while all else goes on: both are told. Neither
 * is what no program can tell (yet) a reason not to be ready. A program that should be able to tell, and fails, is one.
 */
#ifndef OUTERPARK_HEALTH_H
#define OUTERPARK_HEALTH_H

#include "error.h"

#include <jansson.h>

#define MAX_LAG 1000
#define MAX_AGE_MS (5 * 60 * 1000)
#define UNKNOWN (-1)

/* Who follows the journal: a consumer, or a processor by its read model. */
struct follower {
  char name[80];
  bool processor, known;
  int64_t offset, lag, parked; /* parked UNKNOWN: it parks nothing */
  int64_t pending, waiting;    /* of a processor; UNKNOWN: it cannot tell */
  int64_t oldest_us, due_us;   /* when the oldest came up; since when something could have been done; 0: none */
  bool behind;                 /* the verdict */
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

/* Adds a reason, unless it is there. */
void health_problem(struct health *health, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes in the answer of `op-journal consumers`; `processors` are the programs of which a read model is one. */
void health_followers(struct health *health, const json_t *rows, const char *const *processors);
/* Takes in the answer of `op-NAME run --pending`, after those. */
void health_pending(struct health *health, const char *processor, const json_t *owed);
/* Takes in the answer of `op-pay circuit`. */
void health_circuit(struct health *health, const json_t *circuit);

/* Decides `ready`: nobody has more than max_lag events to go, nothing could have been done for longer than max_age_ms.
 */
void health_judge(struct health *health, int64_t max_lag, int64_t max_age_ms, int64_t now_us);
void health_free(struct health *health);

#endif
