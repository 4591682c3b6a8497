/* decide.h - the decisions about musicals: (folded state, command) -> events and their condition, or a refusal.
 *
 * Pure: no disk, no clock, no printing. A decision that finds everything as it was asked for drafts nothing, or for a
 * request with a key an event that says so again, by which the request is remembered. Every draft comes with a guard
 * over all that happens to this musical and its seats, so that the state that was decided upon is exactly the state
 * before the event. */
#ifndef MUSICAL_DECIDE_H
#define MUSICAL_DECIDE_H

#include "draft.h"
#include "musical.h"

/* A musical as a registration or a catalogue describes it; every member is checked already. */
struct registration {
  char id[OP_MAX_ID + 1];
  char name[OP_MAX_NAME + 1];
  int64_t seats;
  int64_t price; /* -1: no list price */
  char currency[4];
  char venue[OP_MAX_NAME + 1];                         /* "": none */
  char starts_at[40], sales_open[40], sales_close[40]; /* RFC 3339 in UTC; "": none */
  int64_t max_per_customer;                            /* 0: no limit */
  struct op_grades grades;                             /* none, or seats is their sum and price -1 */
};

/* What a decision looks at: one musical as the journal has it. */
struct state {
  char id[OP_MAX_ID + 1];         /* the musical that was asked about, there or not */
  struct op_musical musical;      /* musical.id "": there is none */
  uint64_t registered_seq;        /* 0: not registered */
  int64_t registered_seats;       /* its seats at first, before any adjustment */
  char updated_at[EVS_TIME_SIZE]; /* time of the last event about it or its seats */
};

/* A cancellation that has not given its seats back. */
struct cancellation {
  uint64_t seq;
  char musical_id[OP_MAX_ID + 1];
  char reservation_id[EVS_MAX_ID + 1];
  int64_t seats;
  char grade[OP_MAX_GRADE + 1]; /* "": none */
};

/* 1 no_such_musical, for every command that names one. */
int no_such_musical(const char *id, struct op_error *error);

/* MusicalRegistered; nothing where it stands registered just so; 1 id_taken where another one has the id. */
int decide_register(const struct state *state, const struct registration *wanted, const struct op_request *request,
                    struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);

/* MusicalSeatsAdjusted, of one grade or (grade "") of a musical without grades. Refusals (1): seats_held where fewer
 * seats are asked for than are held; grade_required, no_such_grade. */
int decide_adjust(const struct state *state, const char *grade, int64_t seats, const struct op_request *request,
                  struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);

/* MusicalSalesClosed or MusicalSalesOpened. */
int decide_sales(const struct state *state, bool closed, const struct op_request *request, struct op_drafts *drafts,
                 struct op_guard *guard, struct op_error *error);

/* What a catalogue asks of one musical: registers it; or MusicalSeatsAdjusted for its seats and MusicalRevised for all
 * else, both where both differ. Refusals (1): id_taken where the name or the currency differs; seats_held. */
int decide_import(const struct state *state, const struct registration *wanted, const struct op_request *request,
                  struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);

/* Of a musical where nothing is to be changed: what the first lines say. For a whole catalogue, which decide_import()
 * does not do. */
int decide_unchanged(const struct state *state, const struct op_request *request, struct op_drafts *drafts,
                     struct op_guard *guard);

/* SeatsReleased for a cancellation, with a guard that makes a second one impossible. */
void decide_release(const struct cancellation *cancellation, struct op_drafts *drafts, struct op_guard *guard);

#endif
