/* progress.h - how far a reservation is as a whole: one word over the statuses of its steps. Pure.
 *
 *   Placed      some step of saga.steps is still to be done
 *   Completed   every one of them is done: paid; its ticket issued; a pick-up branch assigned
 *   Cancelled   given up, and something of it is not undone yet
 *   CancellationCompleted  its seats are back, and every step that was done is undone
 *
 * labels: of the configuration names them in the user's language. */
#ifndef MYPAGE_PROGRESS_H
#define MYPAGE_PROGRESS_H

#include <stdint.h>

#define PROGRESS_PLACED "Placed"
#define PROGRESS_COMPLETED "Completed"
#define PROGRESS_CANCELLED "Cancelled"
#define PROGRESS_CANCELLATION_COMPLETED "CancellationCompleted"

/* All of them, NULL-terminated. */
extern const char *const progress_words[];

/* What the page shows of a reservation; NULL or "": nothing has happened there. */
struct progress {
  const char *status, *payment, *ticket, *pickup;
  int64_t held; /* seats that are not back */
};

/* The word. `steps`: payment, ticket, assignment; ends with NULL. */
const char *progress_word(const char *const *steps, const struct progress *progress);

#endif
