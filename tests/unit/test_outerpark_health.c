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

static const struct row {
  const char *name, *consumers, *circuit;
  bool live;
  const char *then; /* the only problem; NULL: ready */
  size_t followers;
} rows[] = {
    {"nobody there", "[]", "{}", true, NULL, 0},
    {"all well", "[" CONSUMER(10) "," MODEL("pay", 0) "]", "{\"state\":\"closed\"}", true, NULL, 2},
    {"a consumer behind", "[" CONSUMER(11) "]", "{}", true, "consumer kakao is 11 events behind", 1},
    {"a processor behind", "[" MODEL("pay", 99) "]", "{}", true, "processor op-pay is 99 events behind", 1},
    {"a view is no processor", "[" MODEL("mypage", 99) "]", "{}", true, NULL, 0},
    {"beyond the head", "[" CONSUMER(-1) "]", "{}", true, "consumer kakao is beyond the head of the journal", 1},
    {"an offset that nobody knows", "[{\"consumer\":\"pay\",\"kind\":\"model\",\"offset\":null,\"lag\":null}]", "{}",
     true, "processor op-pay: its offset cannot be read", 1},
    {"open", "[]", "{\"state\":\"open\"}", true, "payments wait, the circuit is open", 0},
    {"half open", "[]", "{\"state\":\"half_open\"}", true, NULL, 0},
    {"no answers at all", "null", "null", true, NULL, 0},
    {"odd answers", "[1,\"a\",{},{\"consumer\":7,\"kind\":\"consumer\"}]", "[]", true,
     "consumer : its offset cannot be read", 1},
    {"not live", "[]", "{}", false, "", 0},
};

/* Every row of the table. */
static void judging(void **unused) {
  (void)unused;
  static const char *const processors[] = {"op-pay", "op-reserve", NULL};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *row = &rows[i];
    struct health health = {.live = row->live};
    json_t *consumers = json_loads(row->consumers, JSON_DECODE_ANY, NULL);
    json_t *circuit = json_loads(row->circuit, JSON_DECODE_ANY, NULL);
    print_message("%s\n", row->name);
    health_followers(&health, consumers, processors);
    health_circuit(&health, circuit);
    health_judge(&health, 10);
    assert_int_equal(health.ready, row->then == NULL);
    assert_int_equal(health.problem_count, row->then != NULL && row->then[0] != '\0');
    if (health.problem_count)
      assert_string_equal(health.problems[0], row->then);
    assert_int_equal(health.follower_count, row->followers);
    json_decref(consumers);
    json_decref(circuit);
    health_free(&health);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(judging)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
