/* waiting.h - an entry of the waiting list as this context folds it from the journal, and its table. Pure but for that.
 *
 * Waiting -> Offered -> Accepted, Expired or Withdrawn; Waiting -> Withdrawn. An entry is offered its seats once.
 *
 * The clock of an offer runs while it can be accepted: it starts when the offer was made, or when the sales were opened
 * again, or when the circuit of payments closed (where an open one suspends placements), whatever was last. So an offer
 * that nobody could accept for a while has its whole time again. */
#ifndef RESERVE_WAITING_H
#define RESERVE_WAITING_H

#include "app.h"
#include "domain.h"
#include "grades.h"
#include "model.h"
#include "musical.h"

#define WAITING OP_WAITING_IS_WAITING
#define WAITING_OFFERED OP_WAITING_IS_OFFERED
#define WAITING_ACCEPTED OP_WAITING_IS_ACCEPTED
#define WAITING_EXPIRED OP_WAITING_IS_EXPIRED
#define WAITING_WITHDRAWN OP_WAITING_IS_WITHDRAWN

struct waiting {
  char id[OP_MAX_ID + 1]; /* "": no such entry; the offer has the same id */
  char musical_id[OP_MAX_ID + 1];
  char customer_id[OP_MAX_ID + 1]; /* "": none */
  char grade[OP_MAX_GRADE + 1];    /* "": none */
  int64_t seats;
  const char *status;        /* static storage, one of the words above */
  char until[EVS_TIME_SIZE]; /* of the offer; "": there was none */
  int64_t until_us;          /* the same as a number */
  int64_t offered_us;        /* of an open offer: when it was made */
  uint64_t joined_seq, seq;  /* of its WaitingJoined, and of the last event that changed it */
  char joined_at[EVS_TIME_SIZE], updated_at[EVS_TIME_SIZE];
  char reservation_id[OP_MAX_ID + 1]; /* that accepted the offer; "": none */
  char reason[OP_MAX_NAME + 1];       /* why it was withdrawn; "": the customer wished so */
};

/* The words, NULL-terminated. */
extern const char *const waiting_statuses[];
/* The types that waiting_apply() folds, NULL-terminated. */
extern const char *const waiting_types[];

/* When an offer of seats of this musical is over, INT64_MAX: not yet known. payable_us: see interruption_payable().
 * Never before `until_us`, as which it was told; behind that not after the end of the sales. */
int64_t offer_end(const struct op_musical *musical, int64_t payable_us, int64_t offered_us, int64_t until_us);

/* The entry that an event is about; false where it is about none. */
bool waiting_of(const evs_event *event, char id[OP_MAX_ID + 1]);
/* When an event was appended; 0 where it says no time. */
int64_t waiting_time(const evs_event *event);
/* Folds an event of this entry. */
void waiting_apply(struct waiting *waiting, const evs_event *event);

/* ---- its table --------------------------------------------------------------------------------------------------- */

#define WAITING_SCHEMA                                                                                                 \
  "CREATE TABLE waiting(joined_seq INTEGER PRIMARY KEY, waiting_id TEXT NOT NULL UNIQUE, musical_id TEXT NOT NULL,"    \
  " customer_id TEXT, grade TEXT, seats INTEGER NOT NULL, status TEXT NOT NULL, until TEXT, until_us INTEGER,"         \
  " seq INTEGER NOT NULL, joined_at TEXT NOT NULL, updated_at TEXT NOT NULL, reservation_id TEXT, reason TEXT);"
#define WAITING_INDEXES                                                                                                \
  "CREATE INDEX waiting_in_line ON waiting(musical_id, joined_seq, status) WHERE status IN ('Waiting', 'Offered');"    \
  "CREATE INDEX waiting_offered ON waiting(until_us) WHERE status = 'Offered';"

/* Folds an event into the table. */
int waiting_project(struct op_model *model, const evs_event *event, struct op_error *error);
/* The entry as the table has it; id "" where there is none. */
int waiting_load(struct op_model *model, const char *id, struct waiting *ret_waiting, struct op_error *error);
/* The same with what was written since; *ret_position as in op_decide. */
int waiting_load_written(struct op_model *model, const char *id, struct waiting *ret_waiting, uint64_t *ret_position,
                         struct op_error *error);

#endif
