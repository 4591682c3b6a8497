/* progress.h - a progress bar on stderr for work that lasts, only where somebody watches.
 *
 *   struct op_progress progress;
 *   op_progress_begin(&progress, app, "rebuilding state/reserve.db", events);
 *   while (...) op_progress_to(&progress, done);
 *   op_progress_end(&progress);
 *
 * Nothing is drawn unless stderr is a terminal, the work has lasted more than a second, and -q was not given. */
#ifndef OP_PROGRESS_H
#define OP_PROGRESS_H

#include "app.h"

struct op_progress {
  const char *what; /* borrowed until the end */
  uint64_t total;
  int64_t began_ms, drawn_ms;
  bool watched, drawn;
};

void op_progress_begin(struct op_progress *progress, const struct op_app *app, const char *what, uint64_t total);
/* `done` of the total; cheap enough to be called for every item. */
void op_progress_to(struct op_progress *progress, uint64_t done);
/* Wipes the bar. */
void op_progress_end(struct op_progress *progress);

/* Milliseconds of a clock that never jumps, for time limits. */
int64_t op_monotonic_ms(void);

#endif
