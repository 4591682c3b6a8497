/* retry.h - when something that failed is tried again: exponential back-off with full jitter, decided once.
 *
 * The formula is that of "Exponential Backoff And Jitter" (Marc Brooker, AWS Architecture Blog, 2015), the variant Full
 * Jitter: a delay drawn evenly from 0 to min(cap, base * 2^attempt). It spreads the callers that failed together better
 * than any other variant, at the least work.
 *
 * Nobody sleeps here. A failed attempt is an event of the journal that carries its number and `retryAt`, drawn when it
 * is recorded, so that a read model that was deleted forgets neither; what is not due yet is left for a later run. What
 * failed `max_attempts` times (of the configuration) is parked, and is due again when an operator asks for it. */
#ifndef OP_RETRY_H
#define OP_RETRY_H

#include <stdint.h>

/* What op-pay and op-notify wait: at most 5 s after the first failure, doubling up to 10 min. */
#define OP_RETRY_BASE_MS INT64_C(5000)
#define OP_RETRY_CAP_MS INT64_C(600000)

/* How long to wait after `attempt` attempts (1: the first one failed). Pure: `random` is any 64 evenly drawn bits, of
 * op_random(). base_ms 1 or more, cap_ms from base_ms to 24 days. 1 to cap_ms: never at once, so that a run ends. */
int64_t op_retry_delay_ms(int64_t attempt, int64_t base_ms, int64_t cap_ms, uint64_t random);

/* 64 random bits of the kernel. */
uint64_t op_random(void);

#endif
