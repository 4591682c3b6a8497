/* lock.c - see lock.h.
 *
 * It looks at short intervals: those who hold such a lock hold it for as long as a few files are written. A signal ends
 * no waiting, as the time limit is near. No errors of its own. */
#include "lock.h"

#include "progress.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>

#define PAUSE_NS 1000000

/* Looks until it has the lock, or the time is up. */
int op_lock(int fd, int operation, unsigned timeout_ms) {
  const struct timespec pause = {.tv_nsec = PAUSE_NS};
  int64_t deadline_ms = op_monotonic_ms() + timeout_ms;
  while (flock(fd, operation | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return errno;
    if (op_monotonic_ms() >= deadline_ms)
      return ETIMEDOUT;
    nanosleep(&pause, NULL);
  }
  return 0;
}
