/* retry.c - see retry.h.
 *
 * Invariants: a delay is at least 1 ms and never above the cap, whatever the number of the attempt; the doubling stops
 * before it could overflow. What the bound leaves of 32 bits of the random number is drawn by multiplication, whose
 * bias is below one in 2^32 for each value and needs no second draw. */
#include "retry.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define MAX_CAP_MS INT64_C(0x7fffffff)

/* min(cap, base * 2^(attempt - 1)). */
static int64_t bound(int64_t attempt, int64_t base_ms, int64_t cap_ms) {
  int64_t bound_ms = base_ms;
  for (int64_t i = 1; i < attempt && bound_ms < cap_ms; i++)
    bound_ms *= 2;
  return bound_ms < cap_ms ? bound_ms : cap_ms;
}

/* Full jitter. */
int64_t op_retry_delay_ms(int64_t attempt, int64_t base_ms, int64_t cap_ms, uint64_t random) {
  assert(base_ms >= 1 && base_ms <= cap_ms && cap_ms <= MAX_CAP_MS);
  uint64_t values = (uint64_t)bound(attempt, base_ms, cap_ms);
  int64_t delay_ms = 1 + (int64_t)(((random >> 32) * values) >> 32);
  assert(delay_ms >= 1 && delay_ms <= cap_ms);
  return delay_ms;
}

/* The kernel gives 8 bytes whole, and waits only before it was ever seeded. */
uint64_t op_random(void) {
  uint64_t random = 0;
  while (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
    if (errno != EINTR)
      abort(); /* no such system call: no kernel that this was built for */
  return random;
}
