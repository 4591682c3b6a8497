/* test_outerpark_health.c - given what the programs say of themselves, when it is judged, then ready, or why not. */
#include "cmd/outerpark/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CONSUMER(lag) "{\"consumer\":\"kakao\",\"kind\":\"consumer\",\"offset\":5,\"lag\":" #lag ",\"parked\":2}"
#define MODEL(name, lag) "{\"consumer\":\"" name "\",\"kind\":\"model\",\"offset\":5,\"lag\":" #lag ",\"parked\":null}"

/* op-pay owes three things, one of them waiting; `due` is null or a time. Now is ten o'clock. */
#define OWED(due) "{\"pending\":3,\"waiting\":1,\"oldestAt\":\"2027-01-01T08:00:00Z\",\"dueAt\":" due "}"
#define AT(time) "\"2027-01-01T" time "Z\""

static const struct row {
  const char *name, *consumers, *circuit, *owed; /* owed: what op-pay says; NULL: it cannot tell */
  bool live;
  const char *then; /* the only problem; NULL: ready */
  size_t followers;
} rows[] = {
    {"nobody there", "[]", "{}", NULL, true, NULL, 0},
    {"all well", "[" CONSUMER(10) "," MODEL("pay", 0) "]", "{\"state\":\"closed\"}", OWED(AT("09:55:00")), true, NULL,
     2},
    {"a consumer behind", "[" CONSUMER(11) "]", "{}", NULL, true, "consumer kakao is 11 events behind", 1},
    {"a read model behind says nothing of work", "[" MODEL("pay", 99) "]", "{}", OWED("null"), true, NULL, 1},
    {"work that waits is not late", "[" MODEL("pay", 0) "]", "{}", OWED("null"), true, NULL, 1},
    {"work that lies is", "[" MODEL("pay", 0) "]", "{}", OWED(AT("09:54:59.998")), true,
     "processor op-pay is far behind: 2 to do, the first for 5 min", 1},
    {"for minutes", "[" MODEL("pay", 0) "]", "{}", OWED(AT("09:50:00")), true,
     "processor op-pay is far behind: 2 to do, the first for 10 min", 1},
    {"for hours, nobody told of its read model", "null", "{}", OWED(AT("06:30:00")), true,
     "processor op-pay is far behind: 2 to do, the first for 3 h", 1},
    {"for days", "[]", "{}", OWED("\"2026-12-24T10:00:00Z\""), true,
     "processor op-pay is far behind: 2 to do, the first for 8 d", 1},
    {"due from tomorrow on", "[]", "{}", OWED("\"2027-01-02T10:00:00Z\""), true, NULL, 1},
    {"an odd answer about work", "[]", "{}", "{\"pending\":\"x\",\"dueAt\":7}", true,
     "processor op-pay: its offset cannot be read", 1},
    {"a view is no processor", "[" MODEL("mypage", 99) "]", "{}", NULL, true, NULL, 0},
    {"beyond the head", "[" CONSUMER(-1) "]", "{}", NULL, true, "consumer kakao is beyond the head of the journal", 1},
    {"an offset that nobody knows", "[{\"consumer\":\"pay\",\"kind\":\"model\",\"offset\":null,\"lag\":null}]", "{}",
     NULL, true, "processor op-pay: its offset cannot be read", 1},
    {"open", "[]", "{\"state\":\"open\"}", NULL, true, "payments wait, the circuit is open", 0},
    {"half open", "[]", "{\"state\":\"half_open\"}", NULL, true, NULL, 0},
    {"no answers at all", "null", "null", "null", true, NULL, 0},
    {"odd answers", "[1,\"a\",{},{\"consumer\":7,\"kind\":\"consumer\"}]", "[]", "[]", true,
     "consumer : its offset cannot be read", 1},
    {"not live", "[]", "{}", NULL, false, "", 0},
};

/* Every row of the table. */
static void judging(void **unused) {
  (void)unused;
  static const char *const processors[] = {"op-pay", "op-reserve", NULL};
  int64_t now_us = 0;
  assert_true(evs_time_parse("2027-01-01T10:00:00Z", 20, &now_us));
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *row = &rows[i];
    struct health health = {.live = row->live};
    json_t *consumers = json_loads(row->consumers, JSON_DECODE_ANY, NULL);
    json_t *circuit = json_loads(row->circuit, JSON_DECODE_ANY, NULL);
    json_t *owed = row->owed ? json_loads(row->owed, JSON_DECODE_ANY, NULL) : NULL;
    print_message("%s\n", row->name);
    health_followers(&health, consumers, processors);
    health_circuit(&health, circuit);
    health_pending(&health, "op-pay", owed);
    health_judge(&health, 10, 300001, now_us);
    assert_int_equal(health.ready, row->then == NULL);
    assert_int_equal(health.problem_count, row->then != NULL && row->then[0] != '\0');
    if (health.problem_count)
      assert_string_equal(health.problems[0], row->then);
    assert_int_equal(health.follower_count, row->followers);
    json_decref(consumers);
    json_decref(circuit);
    json_decref(owed);
    health_free(&health);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(judging)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
