/* test_pay_circuit.c - given calls and changes, the circuit breaker opens, probes and closes at the right moment. */
#include "cmd/op-pay/circuit.h"
#include "given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OK "PaymentApproved", "{\"provider\":\"exec\"}"
#define SLOW "PaymentApproved", "{\"provider\":\"exec\",\"durationMs\":2001}"
#define AT_LIMIT "PaymentApproved", "{\"provider\":\"exec\",\"durationMs\":2000}"
#define NO "PaymentDeclined", "{\"provider\":\"exec\",\"reason\":\"no_funds\"}"
#define FAILED "PaymentAttemptFailed", "{\"provider\":\"exec\",\"outcome\":\"unknown\"}"
#define PENDING "PaymentAttemptFailed", "{\"provider\":\"exec\",\"outcome\":\"pending\"}"
#define OPENED                                                                                                         \
  "PaymentCircuitOpened", "{\"provider\":\"exec\",\"reason\":\"failures\",\"retryAt\":\"2026-11-20T12:01:00Z\"}"
#define HALF "PaymentCircuitHalfOpened", "{\"provider\":\"exec\",\"reason\":\"retry\"}"
#define CLOSED "PaymentCircuitClosed", "{\"provider\":\"exec\",\"reason\":\"recovered\"}"
#define PROBE "PaymentAttemptStarted", "{\"provider\":\"exec\",\"probe\":true,\"until\":\"2026-11-20T12:02:00Z\"}"
#define CALL "PaymentAttemptStarted", "{\"provider\":\"exec\",\"until\":\"2026-11-20T12:02:00Z\"}"

static const struct op_breaker rules = {.window = 6,
                                        .minimum_calls = 4,
                                        .failure_rate = 50,
                                        .slow_call_ms = 2000,
                                        .slow_rate = 75,
                                        .open_ms = 30000,
                                        .probes = 2};

struct given {
  const char *type, *data;
};

/* Folds events with the seqs 1, 2, 3 ...; outcomes end the attempts in the order in which they were begun. */
static struct circuit fold(const struct given *given, size_t count) {
  struct circuit circuit = {.provider = "exec"};
  uint64_t begun[16] = {0};
  size_t first = 0, last = 0;
  for (size_t i = 0; i < count && given[i].type != NULL; i++) {
    evs_event event = given_event(i + 1, given[i].type, 0, given[i].data);
    bool starts = strcmp(given[i].type, "PaymentAttemptStarted") == 0;
    bool changes = strncmp(given[i].type, "PaymentCircuit", strlen("PaymentCircuit")) == 0;
    if (starts)
      begun[last++] = i + 1;
    circuit_apply(&circuit, &event, starts || changes || first == last ? 0 : begun[first++]);
  }
  return circuit;
}

/* SECONDS after 2026-11-20T12:00:00Z. */
static int64_t at(int64_t seconds) {
  int64_t noon_us = 0;
  evs_time_parse("2026-11-20T12:00:00Z", 20, &noon_us);
  return noon_us + seconds * 1000000;
}

struct row {
  const char *name;
  struct given given[10];
  const char *becomes; /* NULL: stays as it is */
  const char *reason;
};

static const struct row rows[] = {
    {"too few calls say nothing", {{FAILED}, {FAILED}, {FAILED}}, NULL, NULL},
    {"half of them failed", {{FAILED}, {OK}, {FAILED}, {OK}}, "open", "failures"},
    {"less than half failed", {{FAILED}, {OK}, {FAILED}, {OK}, {OK}}, NULL, NULL},
    {"a decline is a success", {{NO}, {NO}, {NO}, {NO}, {NO}}, NULL, NULL},
    {"to be told to wait is a success", {{PENDING}, {PENDING}, {PENDING}, {PENDING}}, NULL, NULL},
    {"three of four were slow", {{SLOW}, {SLOW}, {OK}, {SLOW}}, "open", "slow_calls"},
    {"at the limit is not slow", {{AT_LIMIT}, {AT_LIMIT}, {AT_LIMIT}, {AT_LIMIT}}, NULL, NULL},
    {"only the window counts", {{FAILED}, {FAILED}, {FAILED}, {OK}, {OK}, {OK}, {OK}, {OK}, {OK}}, NULL, NULL},
    {"the window slides", {{OK}, {OK}, {OK}, {OK}, {OK}, {OK}, {FAILED}, {FAILED}, {FAILED}}, "open", "failures"},
    {"open stays open, whatever comes in", {{FAILED}, {OPENED}, {OK}, {OK}, {OK}, {OK}}, NULL, NULL},
    {"half open waits for its probes", {{OPENED}, {HALF}, {PROBE}, {OK}}, NULL, NULL},
    {"as many worked as are wanted", {{OPENED}, {HALF}, {PROBE}, {OK}, {PROBE}, {NO}}, "closed", "recovered"},
    {"one failed", {{OPENED}, {HALF}, {PROBE}, {PROBE}, {OK}, {FAILED}}, "open", "probe_failed"},
    {"one was slow", {{OPENED}, {HALF}, {PROBE}, {PROBE}, {SLOW}}, "open", "probe_failed"},
    {"what is no probe does not count", {{CALL}, {CALL}, {OPENED}, {HALF}, {FAILED}, {OK}}, NULL, NULL},
    {"a probe of the time before does not count", {{OPENED}, {HALF}, {PROBE}, {OPENED}, {HALF}, {FAILED}}, NULL, NULL},
    {"closed, and closed again, its calls go on counting",
     {{FAILED}, {FAILED}, {CLOSED}, {FAILED}, {FAILED}},
     "open",
     "failures"},
    {"closed begins with an empty window", {{FAILED}, {FAILED}, {FAILED}, {FAILED}, {OPENED}, {CLOSED}}, NULL, NULL},
};

/* Every row. */
static void changes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct circuit circuit = fold(rows[i].given, sizeof rows[i].given / sizeof rows[i].given[0]);
    enum circuit_state becomes = CIRCUIT_CLOSED;
    const char *reason = "";
    bool due = circuit_decide(&circuit, &rules, &becomes, &reason);
    if (due != (rows[i].becomes != NULL))
      fail_msg("%s: %s", rows[i].name, due ? reason : "nothing is due");
    if (due) {
      assert_string_equal(circuit_states[becomes], rows[i].becomes);
      assert_string_equal(reason, rows[i].reason);
    }
  }
}

struct permit_row {
  const char *name;
  struct given given[8];
  int64_t seconds;
  size_t permits; /* of 5 */
  bool opens;
};

static const struct permit_row permit_rows[] = {
    {"closed: all", {{OK}}, 0, 5, false},
    {"open: none", {{OPENED}}, 59, 0, false},
    {"its time is over: the probes, and it is half open with them", {{OPENED}}, 60, 2, true},
    {"half open: the probes", {{OPENED}, {HALF}}, 61, 2, false},
    {"one is under way", {{OPENED}, {HALF}, {PROBE}}, 61, 1, false},
    {"all are", {{OPENED}, {HALF}, {PROBE}, {PROBE}}, 61, 0, false},
    {"one worked, one is under way", {{OPENED}, {HALF}, {PROBE}, {OK}, {PROBE}}, 61, 0, false},
    {"whoever probed died: its lease is over", {{OPENED}, {HALF}, {PROBE}, {PROBE}}, 120, 2, false},
};

/* How many calls may be begun. */
static void permits(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof permit_rows / sizeof permit_rows[0]; i++) {
    const struct permit_row *row = &permit_rows[i];
    struct circuit circuit = fold(row->given, sizeof row->given / sizeof row->given[0]);
    bool opens = false;
    size_t count = circuit_permits(&circuit, &rules, at(row->seconds), 5, &opens);
    if (count != row->permits || opens != row->opens)
      fail_msg("%s: %zu", row->name, count);
  }
}

/* The time of the next try: never too early, never much too late. */
static void retry_times(void **state) {
  (void)state;
  assert_true(circuit_retry_us(&rules, at(0), 0) == at(30));
  for (uint64_t i = 0; i < 100; i++) {
    int64_t time_us = circuit_retry_us(&rules, at(0), i * 0x123456789abcdefu);
    assert_true(time_us >= at(30) && time_us < at(33));
  }
}

/* The event, and what it is guarded by. */
static void drafts_of_changes(void **state) {
  const struct given given[] = {{FAILED}, {SLOW}};
  struct circuit circuit = fold(given, 2);
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  (void)state;
  circuit_draft(&circuit, &rules, CIRCUIT_OPEN, "failures", at(30), NULL, NULL, &drafts, &guard);
  assert_string_equal(drafts.items[0].type, "PaymentCircuitOpened");
  assert_string_equal(drafts.items[0].tags[0], "provider:exec");
  assert_string_equal(drafts.items[0].data.ptr,
                      "{\"provider\":\"exec\",\"state\":\"open\",\"reason\":\"failures\",\"calls\":2,"
                      "\"failedCalls\":1,\"slowCalls\":1,\"retryAt\":\"2026-11-20T12:00:30.000000Z\"}");
  const evs_query *query = op_guard_query(&guard);
  assert_int_equal(query->count, 1);
  assert_int_equal(query->items[0].type_count, 3);
  op_guard_reset(&guard);
  circuit_guard(&circuit, true, &guard);
  assert_int_equal(op_guard_query(&guard)->items[0].type_count, 4);
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* Events of anyone: odd durations, a thousand calls and more, probes without end. */
static void odd_events(void **state) {
  static const char *const odd[] = {"{\"durationMs\":-5}", "{\"durationMs\":9007199254740991}", "{}",
                                    "{\"outcome\":7,\"durationMs\":\"x\"}"};
  struct circuit circuit = {.provider = "exec"};
  struct op_breaker wide = rules;
  (void)state;
  wide.window = OP_MAX_BREAKER_WINDOW;
  for (uint64_t i = 0; i < 3 * OP_MAX_BREAKER_WINDOW; i++) {
    evs_event event = given_event(i + 1, "PaymentAttemptFailed", 0, odd[i % 4]);
    circuit_apply(&circuit, &event, 0);
  }
  assert_int_equal(circuit_count(&circuit, &wide).calls, OP_MAX_BREAKER_WINDOW);
  assert_int_equal(circuit_count(&circuit, &wide).failed, 0);
  assert_int_equal(circuit_count(&circuit, &wide).slow, OP_MAX_BREAKER_WINDOW / 4);
  evs_event event = given_event(1, "PaymentCircuitHalfOpened", 0, "{}");
  circuit_apply(&circuit, &event, 0);
  for (uint64_t i = 0; i < 100; i++) {
    event = given_event(i + 2, "PaymentAttemptStarted", 0, "{\"probe\":true,\"until\":\"2036-11-20T12:02:00Z\"}");
    circuit_apply(&circuit, &event, 0);
  }
  assert_int_equal(circuit.probe_count, OP_MAX_BREAKER_PROBES);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(changes),           cmocka_unit_test(permits),    cmocka_unit_test(retry_times),
      cmocka_unit_test(drafts_of_changes), cmocka_unit_test(odd_events),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
