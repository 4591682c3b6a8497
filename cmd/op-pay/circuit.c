/* circuit.c - the circuit breaker, see circuit.h.
 *
 * Invariants: while it is open nobody begins a call, and while it is half open at most as many as there are probes
 * wanted, on all machines together: who begins one does so under circuit_guard(). The window holds at most
 * OP_MAX_BREAKER_WINDOW calls, of which the configuration says how many count. Events of others may be odd: a duration
 * is bounded, a probe too many is not counted. */
#include "circuit.h"

#include "model.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const char *const circuit_states[] = {"closed", "open", "half_open", NULL};

const char *const circuit_types[] = {OP_PAYMENT_CIRCUIT_OPENED, OP_PAYMENT_CIRCUIT_HALF_OPENED,
                                     OP_PAYMENT_CIRCUIT_CLOSED, NULL};

/* ---- fold -------------------------------------------------------------------------------------- */

/* The state changed; no probe has been begun in it. */
static void changed(struct circuit *circuit, const evs_event *event, enum circuit_state state) {
  if (state == CIRCUIT_CLOSED && circuit->state != CIRCUIT_CLOSED) /* else its calls go on counting */
    circuit->call_count = circuit->next_call = 0;
  circuit->state = state;
  circuit->retry_us = state == CIRCUIT_OPEN ? op_field_time(event, "retryAt", 0) : 0;
  op_field_text(event, "reason", circuit->reason, sizeof circuit->reason);
  snprintf(circuit->changed_at, sizeof circuit->changed_at, "%.*s", (int)event->time.len, event->time.ptr);
  circuit->probe_count = circuit->probes_worked = circuit->slowest_probe_ms = 0;
  circuit->probe_failed = false;
}

/* A probe is begun; one that is over and told nothing gives its place away. */
static void probe_started(struct circuit *circuit, const evs_event *event) {
  int64_t now_us = 0;
  uint32_t kept = 0;
  evs_time_parse(event->time.ptr, event->time.len, &now_us);
  for (uint32_t i = 0; i < circuit->probe_count; i++)
    if (circuit->probes[i].until_us > now_us)
      circuit->probes[kept++] = circuit->probes[i];
  circuit->probe_count = kept;
  if (kept < OP_MAX_BREAKER_PROBES)
    circuit->probes[circuit->probe_count++] = (struct circuit_probe){event->seq, op_field_time(event, "until", now_us)};
}

/* A probe was answered. */
static void probe_ended(struct circuit *circuit, uint64_t attempt, bool failed, uint32_t duration_ms) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < circuit->probe_count; i++)
    if (circuit->probes[i].seq != attempt)
      circuit->probes[kept++] = circuit->probes[i];
  if (kept == circuit->probe_count)
    return;
  circuit->probe_count = kept;
  circuit->probe_failed = circuit->probe_failed || failed;
  circuit->probes_worked += !failed;
  if (duration_ms > circuit->slowest_probe_ms)
    circuit->slowest_probe_ms = duration_ms;
}

/* The provider was called. */
static void called(struct circuit *circuit, const evs_event *event, uint64_t attempt) {
  char outcome[16];
  bool failed = op_type_is(event, OP_PAYMENT_ATTEMPT_FAILED) &&
                op_field_text(event, "outcome", outcome, sizeof outcome) && strcmp(outcome, "unknown") == 0;
  int64_t duration = op_field_number(event, "durationMs", 0);
  uint32_t duration_ms = duration < 0 ? 0 : duration >= CIRCUIT_FAILED ? CIRCUIT_FAILED - 1 : (uint32_t)duration;
  circuit->calls[circuit->next_call] = duration_ms | (failed ? CIRCUIT_FAILED : 0);
  circuit->next_call = (circuit->next_call + 1) % OP_MAX_BREAKER_WINDOW;
  if (circuit->call_count < OP_MAX_BREAKER_WINDOW)
    circuit->call_count++;
  if (circuit->state == CIRCUIT_HALF_OPEN && attempt != 0)
    probe_ended(circuit, attempt, failed, duration_ms);
}

/* Folds one event. */
void circuit_apply(struct circuit *circuit, const evs_event *event, uint64_t attempt) {
  if (op_type_is(event, OP_PAYMENT_CIRCUIT_OPENED)) {
    changed(circuit, event, CIRCUIT_OPEN);
  } else if (op_type_is(event, OP_PAYMENT_CIRCUIT_HALF_OPENED)) {
    changed(circuit, event, CIRCUIT_HALF_OPEN);
  } else if (op_type_is(event, OP_PAYMENT_CIRCUIT_CLOSED)) {
    changed(circuit, event, CIRCUIT_CLOSED);
  } else if (op_type_is(event, OP_PAYMENT_ATTEMPT_STARTED)) {
    evs_slice probe;
    if (circuit->state == CIRCUIT_HALF_OPEN && evs_json_find(event->data, "probe", &probe) && probe.len == 4)
      probe_started(circuit, event);
  } else {
    called(circuit, event, attempt);
  }
}

/* ---- decisions --------------------------------------------------------------------------------- */

/* The last calls that count. */
struct circuit_counts circuit_count(const struct circuit *circuit, const struct op_breaker *rules) {
  struct circuit_counts counts = {0};
  int64_t last = circuit->call_count < rules->window ? circuit->call_count : rules->window;
  assert(circuit->call_count <= OP_MAX_BREAKER_WINDOW && circuit->next_call < OP_MAX_BREAKER_WINDOW);
  for (counts.calls = 0; counts.calls < last; counts.calls++) {
    size_t at = (size_t)(circuit->next_call + OP_MAX_BREAKER_WINDOW - 1 - counts.calls) % OP_MAX_BREAKER_WINDOW;
    uint32_t call = circuit->calls[at];
    counts.failed += (call & CIRCUIT_FAILED) != 0;
    counts.slow += (call & ~CIRCUIT_FAILED) > rules->slow_call_ms;
  }
  return counts;
}

/* Does the window say that it is enough? */
static bool trips(const struct circuit *circuit, const struct op_breaker *rules, const char **ret_reason) {
  struct circuit_counts counts = circuit_count(circuit, rules);
  int64_t minimum = rules->minimum_calls < rules->window ? rules->minimum_calls : rules->window;
  if (counts.calls < minimum)
    return false;
  bool failures = (double)counts.failed * 100 >= rules->failure_rate * (double)counts.calls;
  bool slow = (double)counts.slow * 100 >= rules->slow_rate * (double)counts.calls;
  *ret_reason = failures ? "failures" : "slow_calls";
  return failures || slow;
}

/* Is a change due? */
bool circuit_decide(const struct circuit *circuit, const struct op_breaker *rules, enum circuit_state *ret_state,
                    const char **ret_reason) {
  switch (circuit->state) {
  case CIRCUIT_CLOSED:
    *ret_state = CIRCUIT_OPEN;
    return trips(circuit, rules, ret_reason);
  case CIRCUIT_HALF_OPEN:
    *ret_state = CIRCUIT_OPEN;
    *ret_reason = "probe_failed";
    if (circuit->probe_failed || circuit->slowest_probe_ms > rules->slow_call_ms)
      return true;
    *ret_state = CIRCUIT_CLOSED;
    *ret_reason = "recovered";
    return circuit->probes_worked >= rules->probes;
  case CIRCUIT_OPEN:
    break;
  }
  return false;
}

/* How many calls may be begun? */
size_t circuit_permits(const struct circuit *circuit, const struct op_breaker *rules, int64_t now_us, size_t wanted,
                       bool *ret_opens) {
  *ret_opens = false;
  if (circuit->state == CIRCUIT_CLOSED)
    return wanted;
  if (circuit->state == CIRCUIT_OPEN && now_us < circuit->retry_us)
    return 0;
  *ret_opens = circuit->state == CIRCUIT_OPEN;
  int64_t left = rules->probes;
  for (uint32_t i = 0; !*ret_opens && i < circuit->probe_count; i++)
    left -= circuit->probes[i].until_us > now_us;
  if (!*ret_opens)
    left -= circuit->probes_worked;
  return left <= 0 ? 0 : (size_t)left < wanted ? (size_t)left : wanted;
}

/* With jitter, so that many providers' circuits, or many shops, do not come back at one instant. */
int64_t circuit_retry_us(const struct op_breaker *rules, int64_t now_us, uint64_t random) {
  uint64_t most_us = (uint64_t)rules->open_ms * 100; /* a tenth */
  uint64_t jitter_us = most_us > 0 ? random % most_us : 0;
  return now_us + rules->open_ms * 1000 + (int64_t)jitter_us;
}

/* ---- events ------------------------------------------------------------------------------------ */

/* The change and its guard. */
void circuit_draft(const struct circuit *circuit, const struct op_breaker *rules, enum circuit_state state,
                   const char *reason, int64_t retry_us, const char *key, const char *request, struct op_drafts *drafts,
                   struct op_guard *guard) {
  const char *const type = state == CIRCUIT_OPEN     ? OP_PAYMENT_CIRCUIT_OPENED
                           : state == CIRCUIT_CLOSED ? OP_PAYMENT_CIRCUIT_CLOSED
                                                     : OP_PAYMENT_CIRCUIT_HALF_OPENED;
  struct circuit_counts counts = circuit_count(circuit, rules);
  struct op_draft *draft = op_draft_add(drafts, type, "", 0);
  op_draft_tag(draft, OP_TAG_PROVIDER, circuit->provider);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "provider", circuit->provider);
  op_json_string(&draft->data, "state", circuit_states[state]);
  op_json_string(&draft->data, "reason", reason);
  op_json_number(&draft->data, "calls", counts.calls);
  op_json_number(&draft->data, "failedCalls", counts.failed);
  op_json_number(&draft->data, "slowCalls", counts.slow);
  if (state == CIRCUIT_OPEN)
    op_json_time(&draft->data, "retryAt", retry_us);
  if (state == CIRCUIT_HALF_OPEN)
    op_json_number(&draft->data, "probes", rules->probes);
  op_draft_request(draft, key, request, guard);
  op_json_end(&draft->data);
  circuit_guard(circuit, false, guard);
}

/* No other change; and no other probe. */
void circuit_guard(const struct circuit *circuit, bool probe, struct op_guard *guard) {
  static const char *const with_probes[] = {OP_PAYMENT_CIRCUIT_OPENED, OP_PAYMENT_CIRCUIT_HALF_OPENED,
                                            OP_PAYMENT_CIRCUIT_CLOSED, OP_PAYMENT_ATTEMPT_STARTED, NULL};
  op_guard_add(guard, probe ? with_probes : circuit_types, OP_TAG_PROVIDER, circuit->provider);
}
