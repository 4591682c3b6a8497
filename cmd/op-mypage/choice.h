/* choice.h - what a report is asked for: its options --by, --since, --until and --zone. */
#ifndef MYPAGE_CHOICE_H
#define MYPAGE_CHOICE_H

#include "app.h"

struct choice {
  bool by_day, by_musical;
  const char *zone;                                /* "+09:00"; NULL: UTC */
  char since[EVS_TIME_SIZE], until[EVS_TIME_SIZE]; /* as the journal writes times; "": no bound */
};

/* Reads the options. 64 usage for what is no time, day or zone, and for a --since that is after --until. */
int choice_read(const struct op_app *app, struct choice *ret_choice, struct op_error *error);

/* The day of --since in its zone, counted from 1970-01-01; 0 where it was not given. */
int64_t choice_first_day(const struct choice *choice);

#endif
