/* progress.c - which steps make a reservation complete (saga.steps), and when a cancellation has undone them.
 *
 * A step is done, undone, or open: begun by nobody, or by somebody who has not told the end of it. Completed wants
 * every configured step done. CancellationCompleted wants the seats back and no step done, configured or not, and of a
 * configured payment that it is settled: while one is Pending its charge may still be on the way. Raises nothing. */
#include "progress.h"

#include "domain.h"
#include "listing.h"

#include <stdbool.h>
#include <string.h>

const char *const progress_words[] = {PROGRESS_PLACED, PROGRESS_COMPLETED, PROGRESS_CANCELLED,
                                      PROGRESS_CANCELLATION_COMPLETED, NULL};

/* The statuses in which a step stands done, for good or until it is undone. */
static const char *const paid[] = {OP_PAYMENT_APPROVED, OP_PAYMENT_REFUND_PARKED, NULL};
static const char *const issued[] = {"Issued", "Admitted", NULL};
static const char *const assigned[] = {"Assigned", "Collected", NULL};
/* A payment that may or may not be charged. */
static const char *const unsettled[] = {"", OP_PAYMENT_PENDING, NULL};

/* Is the status one of these? */
static bool is(const char *status, const char *const *words) {
  return op_word_index(status != NULL ? status : "", words) >= 0;
}

/* Is the step done? */
static bool done(const char *step, const struct progress *progress) {
  if (strcmp(step, "ticket") == 0)
    return is(progress->ticket, issued);
  if (strcmp(step, "assignment") == 0)
    return is(progress->pickup, assigned);
  return is(progress->payment, paid);
}

/* Is nothing left of a reservation that was given up? */
static bool undone(const char *const *steps, const struct progress *progress) {
  static const char *const parked[] = {OP_PAYMENT_IS_PARKED, NULL};
  if (progress->held > 0 || is(progress->payment, paid) || is(progress->payment, parked) ||
      is(progress->ticket, issued) || is(progress->pickup, assigned))
    return false;
  return op_word_index("payment", steps) < 0 || !is(progress->payment, unsettled);
}

/* The word for all of it. */
const char *progress_word(const char *const *steps, const struct progress *progress) {
  static const char *const cancelled[] = {OP_STATUS_CANCELLED, OP_STATUS_PAYMENT_CANCELLED, NULL};
  if (is(progress->status, cancelled))
    return undone(steps, progress) ? PROGRESS_CANCELLATION_COMPLETED : PROGRESS_CANCELLED;
  for (; *steps != NULL; steps++)
    if (!done(*steps, progress))
      return PROGRESS_PLACED;
  return PROGRESS_COMPLETED;
}
