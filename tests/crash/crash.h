/* crash.h - runs of several processes on one store, and the states that a power failure at any point of them leaves.
 *
 * A run has rounds: each begins with a state that a failure in the one before left. A state is named by seed, run,
 * round, point (place in the log) and number, and can be made again from these. */
#ifndef CRASH_H
#define CRASH_H

#include "disk.h"

struct crash_options {
  uint64_t states, seed; /* at least so many states */
  unsigned per_point;    /* so many of them at every point */
  unsigned jobs;         /* processes that make runs at the same time */
  int64_t run;           /* only this run; -1: all */
  const char *keep;      /* where the state of a failure is kept */
  const char *where;     /* directory for scratch files */
  enum disk_lie lie;
};

/* What was seen. */
struct crash_tally {
  uint64_t states, points, runs, rounds, commits, deaths, failed_syncs, failed_calls, refused, shown;
  uint64_t lost_bytes, lost_names, shorter, uncut, zeros, garbage, torn, no_store, stale_pages, kept_commits;
  uint64_t failures;
  char first_failure[1400];
};

/* Goes through so many states. Stops at the first failure of a job. */
void crash_run(const struct crash_options *options, struct crash_tally *ret_tally);

#endif
