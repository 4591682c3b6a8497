/* test_musical.c - the fold of a musical: given these events, the musical is this. No store is needed. */
#include "given.h"
#include "musical.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MAX_EVENTS 6

struct given {
  const char *type, *data;
};

/* One row of the table: the events, and what comes of them. */
struct row {
  const char *name;
  struct given given[MAX_EVENTS];
  const char *id, *currency;
  int64_t seats, held, price;
  bool closed;
  uint64_t defined_by;
};

#define REGISTER OP_MUSICAL_REGISTERED, "{\"musicalId\":\"m\",\"name\":\"Cats\",\"seats\":100,\"price\":500}"
#define PLACE(seats) OP_RESERVATION_PLACED, "{\"musicalId\":\"m\",\"reservationId\":\"r\",\"seats\":" seats "}"
#define RELEASE(seats) OP_SEATS_RELEASED, "{\"musicalId\":\"m\",\"reservationId\":\"r\",\"seats\":" seats "}"
#define ADJUST(seats) OP_MUSICAL_SEATS_ADJUSTED, "{\"musicalId\":\"m\",\"seats\":" seats "}"
#define CLOSE OP_MUSICAL_SALES_CLOSED, "{\"musicalId\":\"m\"}"
#define OPEN OP_MUSICAL_SALES_OPENED, "{\"musicalId\":\"m\"}"

static const struct row rows[] = {
    {"nothing", {{0}}, "", "", 0, 0, 0, false, 0},
    {"registered", {{REGISTER}}, "m", "KRW", 100, 0, 500, false, 1},
    {"a price is optional",
     {{OP_MUSICAL_REGISTERED, "{\"musicalId\":\"m\",\"seats\":1}"}},
     "m",
     "KRW",
     1,
     0,
     -1,
     false,
     1},
    {"a free seat has a price",
     {{OP_MUSICAL_REGISTERED, "{\"musicalId\":\"m\",\"seats\":1,\"price\":0,\"currency\":\"USD\"}"}},
     "m",
     "USD",
     1,
     0,
     0,
     false,
     1},
    {"seats are held from the reservation on",
     {{REGISTER}, {PLACE("10")}, {PLACE("15")}},
     "m",
     "KRW",
     100,
     25,
     500,
     false,
     1},
    {"until they are released",
     {{REGISTER}, {PLACE("10")}, {PLACE("15")}, {RELEASE("10")}},
     "m",
     "KRW",
     100,
     15,
     500,
     false,
     1},
    {"a cancellation alone frees nothing",
     {{REGISTER}, {PLACE("10")}, {OP_RESERVATION_CANCELLED, "{\"musicalId\":\"m\",\"seats\":10}"}},
     "m",
     "KRW",
     100,
     10,
     500,
     false,
     1},
    {"adjusted", {{REGISTER}, {ADJUST("120")}}, "m", "KRW", 120, 0, 500, false, 2},
    {"closed", {{REGISTER}, {CLOSE}}, "m", "KRW", 100, 0, 500, true, 2},
    {"opened again", {{REGISTER}, {CLOSE}, {PLACE("1")}, {OPEN}}, "m", "KRW", 100, 1, 500, false, 4},
    {"the first registration stands",
     {{REGISTER}, {OP_MUSICAL_REGISTERED, "{\"musicalId\":\"m\",\"name\":\"Dogs\",\"seats\":7}"}},
     "m",
     "KRW",
     100,
     0,
     500,
     false,
     1},
    {"another musical is none of ours",
     {{REGISTER}, {OP_RESERVATION_PLACED, "{\"musicalId\":\"n\",\"seats\":10}"}},
     "m",
     "KRW",
     100,
     0,
     500,
     false,
     1},
    {"what comes before the registration",
     {{PLACE("10")}, {ADJUST("5")}, {REGISTER}},
     "m",
     "KRW",
     100,
     0,
     500,
     false,
     3},
    {"never below zero", {{REGISTER}, {PLACE("2")}, {RELEASE("5")}}, "m", "KRW", 100, 0, 500, false, 1},
    {"missing members",
     {{REGISTER},
      {OP_RESERVATION_PLACED, "{\"musicalId\":\"m\"}"},
      {OP_MUSICAL_SEATS_ADJUSTED, "{\"musicalId\":\"m\"}"}},
     "m",
     "KRW",
     100,
     0,
     500,
     false,
     3},
    {"no musical id",
     {{REGISTER}, {OP_RESERVATION_PLACED, "{\"seats\":4}"}, {OP_RESERVATION_PLACED, "{}"}},
     "m",
     "KRW",
     100,
     0,
     500,
     false,
     1},
    {"seats of the wrong kind",
     {{REGISTER}, {PLACE("\"9\"")}, {PLACE("1.5")}, {PLACE("null")}, {PLACE("[1]")}, {PLACE("-3")}},
     "m",
     "KRW",
     100,
     0,
     500,
     false,
     1},
    {"seats out of all bounds",
     {{REGISTER}, {PLACE("9007199254740991")}, {ADJUST("9007199254740991")}, {PLACE("99999999999999999999")}},
     "m",
     "KRW",
     OP_MAX_SEATS,
     OP_MAX_SEATS,
     500,
     false,
     3},
    {"an odd price and currency",
     {{OP_MUSICAL_REGISTERED, "{\"musicalId\":\"m\",\"seats\":-1,\"price\":\"5\",\"currency\":\"WONWON\"}"}},
     "m",
     "KRW",
     0,
     0,
     -1,
     false,
     1},
    {"a number as an id",
     {{OP_MUSICAL_REGISTERED, "{\"musicalId\":7,\"seats\":1}"},
      {OP_RESERVATION_PLACED, "{\"musicalId\":\"7\",\"seats\":1}"}},
     "7",
     "KRW",
     1,
     1,
     -1,
     false,
     1},
    {"an id that is none",
     {{OP_MUSICAL_REGISTERED, "{\"musicalId\":\"a\\nb\",\"seats\":1}"}},
     "",
     "",
     0,
     0,
     0,
     false,
     0},
};

/* Every row. */
static void test_table(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *row = &rows[i];
    struct op_musical musical = {0};
    for (size_t j = 0; j < MAX_EVENTS && row->given[j].type != NULL; j++) {
      const evs_event event = given_event(j + 1, row->given[j].type, 0, row->given[j].data);
      op_musical_apply(&musical, &event);
    }
    bool same = strcmp(musical.id, row->id) == 0 && strcmp(musical.currency, row->currency) == 0 &&
                musical.seats == row->seats && musical.held == row->held && musical.price == row->price &&
                musical.closed == row->closed && musical.defined_by == row->defined_by;
    if (!same)
      fail_msg("%s: id %s, seats %lld, held %lld, price %lld, closed %d, defined by %llu", row->name, musical.id,
               (long long)musical.seats, (long long)musical.held, (long long)musical.price, musical.closed,
               (unsigned long long)musical.defined_by);
  }
}

/* Texts and times of a registration. */
static void test_texts(void **state) {
  (void)state;
  struct op_musical musical = {0};
  const evs_event event = given_event(
      1, OP_MUSICAL_REGISTERED, 0,
      "{\"musicalId\":\"m\",\"name\":\"오페라의 \\\"유령\\\" 🎭\",\"seats\":1,\"venue\":\"서울\","
      "\"startsAt\":\"2026-12-24T19:00:00Z\",\"salesOpen\":\"2026-11-20T00:00:00Z\",\"salesClose\":\"soon\","
      "\"maxPerCustomer\":4}");
  op_musical_apply(&musical, &event);
  assert_string_equal(musical.name, "오페라의 \"유령\" 🎭");
  assert_string_equal(musical.venue, "서울");
  assert_string_equal(musical.starts_at, "2026-12-24T19:00:00Z");
  assert_string_equal(musical.sales_close, "soon");
  assert_int_equal(musical.sales_close_us, 0);
  assert_true(musical.sales_open_us > 0);
  assert_int_equal(musical.max_per_customer, 4);
}

/* However much is placed, the number of held seats does not overflow. */
static void test_no_overflow(void **state) {
  (void)state;
  struct op_musical musical = {.id = "m", .held = INT64_MAX - OP_MAX_SEATS - 1};
  const evs_event event = given_event(2, OP_RESERVATION_PLACED, 0, "{\"musicalId\":\"m\",\"seats\":1000000000}");
  for (int i = 0; i < 5; i++)
    op_musical_apply(&musical, &event);
  assert_true(musical.held > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_table),
      cmocka_unit_test(test_texts),
      cmocka_unit_test(test_no_overflow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
