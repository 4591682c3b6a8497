/* musical.h - a musical and its seats as every context that must know them folds them from the journal.
 *
 * The fold is pure. musical_table.c keeps it in a read model. Seats are held from ReservationPlaced until
 * SeatsReleased, and those on offer to who waited for them from WaitingOffered until the offer ends, so reservable =
 * seats - held - offered at every prefix of the journal, and never below zero. A musical with seat
 * grades keeps that account for each grade, too, and has as many seats as they have together. */
#ifndef OP_MUSICAL_H
#define OP_MUSICAL_H

#include "app.h"
#include "domain.h"
#include "grades.h"
#include "model.h"

struct op_musical {
  char id[OP_MAX_ID + 1]; /* "": no such musical */
  char name[OP_MAX_NAME + 1];
  int64_t seats; /* capacity; of a musical with grades their sum */
  int64_t held;
  int64_t offered; /* to who waited */
  int64_t waiting; /* how many wait and have no offer */
  int64_t price;   /* minor units a seat; -1: no list price (or grades, which have their own) */
  char currency[4];
  char venue[OP_MAX_NAME + 1];                         /* "": none */
  char starts_at[40], sales_open[40], sales_close[40]; /* RFC 3339 as given; "": none */
  int64_t sales_open_us, sales_close_us;               /* 0: none */
  int64_t max_per_customer;                            /* 0: no limit */
  bool closed;
  int64_t opened_us;       /* when its sales were last opened after they had been closed; 0: never */
  uint64_t defined_by;     /* seq of the last event that registered, adjusted, revised, closed or opened it */
  uint64_t freed_by;       /* of the last one that may have brought the turn of who waits: seats are back, an offer is
                              over, or who was before them gave up; 0: none */
  struct op_grades grades; /* none: all seats are alike */
};

/* The types that op_musical_apply() folds, NULL-terminated. */
extern const char *const op_musical_types[];

/* Seats that can be reserved: of this grade, or (NULL) of all. */
int64_t op_musical_available(const struct op_musical *musical, const struct op_grade *grade);
/* Folds the event that the caller has just drafted: seats of this grade ("": none) are taken. */
void op_musical_take(struct op_musical *musical, const char *grade, int64_t seats);
/* The same of the end of an offer: its seats are free. */
void op_musical_end_offer(struct op_musical *musical, const char *grade, int64_t seats);

/* Folds one event of this musical into it. Events of another musical are ignored, other types too. */
void op_musical_apply(struct op_musical *musical, const evs_event *event);

/* ---- musical_table.c: the table `musicals` of a read model ------------------------------------------------------ */

/* A macro, too, so that a definition can join it with its own tables: OP_MUSICAL_SCHEMA "CREATE TABLE ...". */
#define OP_MUSICAL_SCHEMA                                                                                              \
  "CREATE TABLE musicals (musical_id TEXT PRIMARY KEY, name TEXT NOT NULL,"                                            \
  " seats INTEGER NOT NULL, held INTEGER NOT NULL, price INTEGER, currency TEXT NOT NULL, venue TEXT,"                 \
  " starts_at TEXT, sales_open TEXT, sales_close TEXT, max_per_customer INTEGER NOT NULL, closed INTEGER NOT NULL,"    \
  " defined_by INTEGER NOT NULL, grades TEXT, offered INTEGER NOT NULL, waiting INTEGER NOT NULL,"                     \
  " opened_us INTEGER NOT NULL, freed_by INTEGER NOT NULL) WITHOUT ROWID;"
extern const char op_musical_schema[]; /* the same */
/* *ret_musical with id "" where there is none. */
int op_musical_load(struct op_model *model, const char *id, struct op_musical *ret_musical, struct op_error *error);
/* Folds an event into the row of its musical, for the apply() of a model. Ignores types that are not its own. */
int op_musical_project(struct op_model *model, const evs_event *event, struct op_error *error);
/* Loads the musical and folds what is pending after the model's offset: the state for a decision; *ret_position as in
 * op_decide. */
int op_musical_load_written(struct op_model *model, const char *id, struct op_musical *ret_musical,
                            uint64_t *ret_position, struct op_error *error);

#endif
