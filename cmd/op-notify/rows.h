/* rows.h - the rows that the fold of project.c changes, as op_model_row() keeps them. */
#ifndef NOTIFY_ROWS_H
#define NOTIFY_ROWS_H

#include "project.h"

/* What a notice says of its reservation. */
struct booking {
  char id[OP_MAX_ID + 1]; /* "": no such reservation */
  char musical_id[OP_MAX_ID + 1], customer_id[OP_MAX_ID + 1];
  char fulfil[16]; /* pickup or delivery; "": it has no location */
  int64_t seats;
  struct telling telling;
  uint64_t branch_notice; /* the last one about its branch; 0: none */
};

/* A musical or a branch. */
struct named {
  char id[OP_MAX_ID + 1]; /* "": there is none */
  char name[OP_MAX_NAME + 1];
};

/* A notice with what became of it. */
struct told {
  struct notice notice; /* cause 0: no such notice */
  int64_t due;          /* of a pending one: 0 at once, else from when on */
  char failure[OP_MAX_ID + 1], channel[OP_MAX_ID + 1], lang[OP_MAX_ID + 1];
  char sent_at[EVS_TIME_SIZE];  /* "": not sent yet */
  char asked_at[EVS_TIME_SIZE]; /* since when it is wanted: its cause, or an operator who wants it tried again */
};

/* Known by their ids; a notice by its cause, in digits. */
extern const struct op_row_kind booking_rows, musical_rows, branch_rows, notice_rows;

#endif
