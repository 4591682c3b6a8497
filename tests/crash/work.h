/* work.h - what the processes of a run do with the store: commits with and without conditions, decisions, reading,
 * consumers, and now and then what an operator does. What they are told goes into the log as marks. */
#ifndef WORK_H
#define WORK_H

#include "record.h"
#include "turns.h"

struct work {
  const char *store;
  uint64_t segment_bytes;
  unsigned actions; /* of each process */
  bool faults;      /* the plan has faults: then errors are no surprise */
  bool operated;    /* now and then the control page is deleted, or the journal repaired: decisions may be lost */
  uint32_t writers[TURNS_MOST];
};

/* Runs in a process: 0, or 1 where something was wrong, which is in the log. */
int work(void *context, unsigned index);

#endif
