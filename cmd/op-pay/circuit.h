/* circuit.h - the circuit breaker of a payment provider: folded from the journal, and what it decides. Pure.
 *
 * The pattern is Michael Nygard's ("Release It!"), with the sliding window, slow calls and bounded probes of
 * resilience4j. Its state is shared by every op-pay on every machine, because it is nothing but events:
 *
 *   closed ── too many of the last calls failed, or were slow: PaymentCircuitOpened ──► open
 *   open ── retryAt has come, and there is something to try it with: PaymentCircuitHalfOpened ──► half_open
 *   half_open ── a probe failed, or was slow: PaymentCircuitOpened ──► open
 *   half_open ── as many probes as are wanted worked: PaymentCircuitClosed ──► closed, with an empty window
 *
 * The window is the outcomes and failed attempts themselves, with their durationMs; that a card was declined is a
 * success of its provider. A probe is a PaymentAttemptStarted that says so. It is the permit, too, and a lease: where
 * it is over and nothing came of it, its place is free. An operator opens and closes by the same events, reason
 * operator.
 */
#ifndef PAY_CIRCUIT_H
#define PAY_CIRCUIT_H

#include "app.h"
#include "domain.h"
#include "draft.h"

enum circuit_state { CIRCUIT_CLOSED, CIRCUIT_OPEN, CIRCUIT_HALF_OPEN };

/* closed, open, half_open; NULL-terminated. */
extern const char *const circuit_states[];

struct circuit_probe {
  uint64_t seq; /* of its PaymentAttemptStarted */
  int64_t until_us;
};

struct circuit {
  char provider[OP_MAX_ID + 1];
  enum circuit_state state;
  int64_t retry_us; /* open until then; 0 in the other states */
  char reason[64];  /* of the last change; "": it never changed */
  char changed_at[EVS_TIME_SIZE];
  /* Since it is half open: */
  struct circuit_probe probes[OP_MAX_BREAKER_PROBES]; /* begun and not answered */
  uint32_t probe_count, probes_worked;
  bool probe_failed;
  uint32_t slowest_probe_ms;
  /* The last calls, a ring: their duration in ms, with CIRCUIT_FAILED where they failed. */
  uint32_t call_count, next_call;
  uint32_t calls[OP_MAX_BREAKER_WINDOW];
};

#define CIRCUIT_FAILED 0x80000000u

/* The types that circuit_apply() folds besides those of payments, NULL-terminated: what a change is guarded by. */
extern const char *const circuit_types[];

/* Folds one event that names this circuit's provider. `attempt` is the seq of the PaymentAttemptStarted that an outcome
 * or a failed attempt ends, 0 where it ends none. */
void circuit_apply(struct circuit *circuit, const evs_event *event, uint64_t attempt);

/* The figures of the window. */
struct circuit_counts {
  int64_t calls, failed, slow;
};
struct circuit_counts circuit_count(const struct circuit *circuit, const struct op_breaker *rules);

/* Is a change due, by what was called? Then its state and its reason (static storage). */
bool circuit_decide(const struct circuit *circuit, const struct op_breaker *rules, enum circuit_state *ret_state,
                    const char **ret_reason);

/* How many calls may be begun now, of `wanted`. *ret_opens: PaymentCircuitHalfOpened goes with them. */
size_t circuit_permits(const struct circuit *circuit, const struct op_breaker *rules, int64_t now_us, size_t wanted,
                       bool *ret_opens);

/* When a circuit that opens now is tried again: after breaker.open, and up to a tenth of it more. */
int64_t circuit_retry_us(const struct op_breaker *rules, int64_t now_us, uint64_t random);

/* Drafts the change to `state`, guarded by every other change; retry_us only for CIRCUIT_OPEN. The key and the text of
 * the request as op_draft_request() wants them, or NULL. */
void circuit_draft(const struct circuit *circuit, const struct op_breaker *rules, enum circuit_state state,
                   const char *reason, int64_t retry_us, const char *key, const char *request, struct op_drafts *drafts,
                   struct op_guard *guard);

/* What a call that is begun now must be guarded by: that the circuit did not change; a probe also by other probes. */
void circuit_guard(const struct circuit *circuit, bool probe, struct op_guard *guard);

#endif
