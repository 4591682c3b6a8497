/* test_reserve_decide.c - given a musical or a reservation, when op-reserve decides, then this event, or this refusal.
 */
#include "cmd/op-reserve/decide.h"
#include "cmd/op-reserve/interruption.h"
#include "cmd/op-reserve/order_json.h"
#include "given.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOON INT64_C(1795176000000000) /* 2026-11-20T12:00:00Z */
#define HOUR INT64_C(3600000000)

/* ---- place ------------------------------------------------------------------------------------------------------ */

struct place_row {
  const char *name;
  struct op_musical given;
  struct place_facts facts;
  struct place when;
  const char *then; /* "" : placed; else the code of the refusal */
  const char *data; /* the event's data, or the refusal's message */
};

#define MUSICAL .id = "1", .seats = 100, .currency = "KRW"
/* Two of 20 seats VIP are left, and all 60 of R. */
#define GRADED                                                                                                         \
  .id = "1", .seats = 80, .price = -1, .currency = "KRW", .grades = {{{"VIP", 20, 150, 18, 0}, {"R", 60, 90, 0, 0}}, 2}

/* A placement by its first members; the rest of it is nothing. */
#define WHEN(...)                                                                                                      \
  { __VA_ARGS__, 0, {0, 0}, false }

static const struct place_row place_rows[] = {
    {"seats are there",
     {MUSICAL, .held = 25, .price = 50000},
     {.next_number = 3},
     WHEN("1", "", "", "", 75, 50000, ""),
     "",
     "{\"reservationId\":\"3\",\"musicalId\":\"1\",\"seats\":75,\"price\":50000,\"amount\":3750000,\"currency\":"
     "\"KRW\"}"},
    {"payments are interrupted: placed, and charged later",
     {MUSICAL, .price = 5},
     {.interrupted_until_us = NOON + 1, .provider = "exec"},
     WHEN("1", "", "", "", 1, -1, ""),
     "",
     "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"seats\":1,\"price\":5,\"amount\":5,\"currency\":\"KRW\","
     "\"payment\":\"deferred\"}"},
    {"the interruption is over",
     {MUSICAL, .price = 5},
     {.interrupted_until_us = NOON, .provider = "exec", .suspends = true},
     WHEN("1", "", "", "", 1, -1, ""),
     "",
     "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"seats\":1,\"price\":5,\"amount\":5,\"currency\":\"KRW\"}"},
    {"payments are suspended",
     {MUSICAL, .price = 5},
     {.interrupted_until_us = NOON + 1, .provider = "exec", .suspends = true},
     WHEN("1", "", "", "", 1, -1, ""),
     "payments_suspended",
     "payments are suspended, try again at 2026-11-20T12:00:00.000001Z"},
    {"a refusal for good comes before a suspension",
     {MUSICAL, .price = 5},
     {.interrupted_until_us = NOON + 1, .provider = "exec", .suspends = true},
     WHEN("1", "", "", "", 101, -1, ""),
     "insufficient_seats",
     "musical 1: 101 seats asked, 100 left"},
    {"one too many",
     {MUSICAL, .held = 25, .price = 50000},
     {0},
     WHEN("1", "", "", "", 76, -1, ""),
     "insufficient_seats",
     "musical 1: 76 seats asked, 75 left"},
    {"the seed's numbers",
     {MUSICAL, .held = 25, .price = 50000},
     {0},
     WHEN("1", "", "", "", 200, 50000, ""),
     "insufficient_seats",
     "musical 1: 200 seats asked, 75 left"},
    {"more held than there are",
     {MUSICAL, .held = 125, .price = -1},
     {0},
     WHEN("1", "", "", "", 1, -1, ""),
     "insufficient_seats",
     "musical 1: 1 seat asked, 0 left"},
    {"no such musical",
     {.id = ""},
     {0},
     WHEN("7", "", "", "", 1, -1, ""),
     "no_such_musical",
     "musical 7: there is no such musical"},
    {"the list price by default",
     {MUSICAL, .price = 50000},
     {0},
     WHEN("1", "kim", "r1", "", 2, -1, ""),
     "",
     "{\"reservationId\":\"r1\",\"musicalId\":\"1\",\"customerId\":\"kim\",\"seats\":2,\"price\":50000,"
     "\"amount\":100000,\"currency\":\"KRW\"}"},
    {"the customer's price where there is no list price",
     {MUSICAL, .price = -1},
     {0},
     WHEN("1", "", "", "", 2, 7, ""),
     "",
     "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"seats\":2,\"price\":7,\"amount\":14,\"currency\":\"KRW\"}"},
    {"free of charge where there is neither",
     {MUSICAL, .price = -1},
     {0},
     WHEN("1", "", "", "", 2, -1, ""),
     "",
     "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"seats\":2,\"price\":0,\"amount\":0,\"currency\":\"KRW\"}"},
    {"a list price of nothing is a price",
     {MUSICAL, .price = 0},
     {0},
     WHEN("1", "", "", "", 2, 5, ""),
     "price_changed",
     "musical 1: a seat costs 0 KRW, not 5"},
    {"another price",
     {MUSICAL, .price = 50000},
     {0},
     WHEN("1", "", "", "", 2, 40000, ""),
     "price_changed",
     "musical 1: a seat costs 50000 KRW, not 40000"},
    {"an amount that no number holds",
     {MUSICAL, .price = -1},
     {0},
     WHEN("1", "", "", "", 2, OP_MAX_MONEY, ""),
     "bad_price",
     "2 seats at 9007199254740991 cost more than 9007199254740991"},
    {"the id is taken",
     {MUSICAL, .price = -1},
     {.id_taken = true},
     WHEN("1", "", "r1", "", 2, -1, ""),
     "id_taken",
     "reservation r1: the id is taken"},
    {"the highest number",
     {MUSICAL, .price = -1},
     {.next_number = MAX_RESERVATION_NUMBER},
     WHEN("1", "", "", "", 2, -1, ""),
     "",
     "{\"reservationId\":\"999999999999999999\",\"musicalId\":\"1\",\"seats\":2,\"price\":0,\"amount\":0,"
     "\"currency\":\"KRW\"}"},
    {"behind the highest number",
     {MUSICAL, .price = -1},
     {.next_number = MAX_RESERVATION_NUMBER + 1},
     WHEN("1", "", "", "", 2, -1, ""),
     "no_more_numbers",
     "musical 1: the highest reservation number is taken, give an id"},
    {"behind the highest number, with an id",
     {MUSICAL, .price = -1},
     {.next_number = MAX_RESERVATION_NUMBER + 1},
     WHEN("1", "", "a", "", 2, 1, ""),
     "",
     "{\"reservationId\":\"a\",\"musicalId\":\"1\",\"seats\":2,\"price\":1,\"amount\":2,\"currency\":\"KRW\"}"},
    {"sales are closed",
     {MUSICAL, .price = -1, .closed = true},
     {0},
     WHEN("1", "", "", "", 2, -1, ""),
     "sales_closed",
     "musical 1: its sales are closed"},
    {"sales are not open",
     {MUSICAL, .price = -1, .sales_open = "2026-11-20T13:00:00Z", .sales_open_us = NOON + HOUR},
     {.now_us = NOON + HOUR - 1},
     WHEN("1", "", "", "", 2, -1, ""),
     "sales_not_open",
     "musical 1: its sales open at 2026-11-20T13:00:00Z"},
    {"sales open on the instant",
     {MUSICAL, .price = -1, .sales_open = "x", .sales_open_us = NOON + HOUR},
     {.now_us = NOON + HOUR},
     WHEN("1", "", "", "", 2, -1, ""),
     "",
     NULL},
    {"sales close on the instant",
     {MUSICAL, .price = -1, .sales_close = "2026-11-20T13:00:00Z", .sales_close_us = NOON + HOUR},
     {.now_us = NOON + HOUR},
     WHEN("1", "", "", "", 2, -1, ""),
     "sales_closed",
     "musical 1: its sales closed at 2026-11-20T13:00:00Z"},
    {"and not before",
     {MUSICAL, .price = -1, .sales_close = "x", .sales_close_us = NOON + HOUR},
     {.now_us = NOON + HOUR - 1},
     WHEN("1", "", "", "", 2, -1, ""),
     "",
     NULL},
    {"up to the customer's limit",
     {MUSICAL, .price = -1, .max_per_customer = 4},
     {.customer_held = 2},
     WHEN("1", "kim", "", "", 2, -1, ""),
     "",
     NULL},
    {"beyond it",
     {MUSICAL, .price = -1, .max_per_customer = 4},
     {.customer_held = 3},
     WHEN("1", "kim", "", "", 2, -1, ""),
     "customer_limit",
     "musical 1: 2 seats asked, the customer has 3 of at most 4"},
    {"nobody is limited",
     {MUSICAL, .price = -1, .max_per_customer = 4},
     {0},
     WHEN("1", "", "", "", 2, -1, ""),
     "customer_required",
     "musical 1: its seats are limited by customer, say which customer"},
    {"a seat of a grade at its price",
     {GRADED},
     {0},
     WHEN("1", "", "", "", 2, -1, "VIP"),
     "",
     "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"seats\":2,\"grade\":\"VIP\",\"price\":150,\"amount\":300,"
     "\"currency\":"
     "\"KRW\"}"},
    {"the last ones of a grade",
     {GRADED},
     {0},
     WHEN("1", "", "", "", 60, 90, "R"),
     "",
     "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"seats\":60,\"grade\":\"R\",\"price\":90,\"amount\":5400,"
     "\"currency\":"
     "\"KRW\"}"},
    {"one too many of a grade, though others are left",
     {GRADED},
     {0},
     WHEN("1", "", "", "", 3, -1, "VIP"),
     "insufficient_seats",
     "musical 1: 3 seats of grade VIP asked, 2 left"},
    {"of a grade at most what all have left",
     {GRADED, .held = 78},
     {0},
     WHEN("1", "", "", "", 3, -1, "R"),
     "insufficient_seats",
     "musical 1: 3 seats of grade R asked, 2 left"},
    {"the price of another grade",
     {GRADED},
     {0},
     WHEN("1", "", "", "", 1, 90, "VIP"),
     "price_changed",
     "musical 1: a seat costs 150 KRW, not 90"},
    {"no grade where there are some",
     {GRADED},
     {0},
     WHEN("1", "", "", "", 1, -1, ""),
     "grade_required",
     "musical 1: its seats have grades, say which grade"},
    {"a grade that there is not",
     {GRADED},
     {0},
     WHEN("1", "", "", "", 1, -1, "S"),
     "no_such_grade",
     "musical 1: there is no grade S"},
    {"a grade where there are none",
     {MUSICAL, .price = 5},
     {0},
     WHEN("1", "", "", "", 1, -1, "VIP"),
     "no_such_grade",
     "musical 1: there is no grade VIP"},
};

/* Every row of the table. */
static void placing(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof place_rows / sizeof place_rows[0]; i++) {
    const struct place_row *row = &place_rows[i];
    struct place_facts facts = row->facts;
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    facts.musical = &row->given;
    facts.now_us = facts.now_us ? facts.now_us : NOON;
    facts.next_number = facts.next_number ? facts.next_number : 1;
    print_message("%s\n", row->name);
    char request[REQUEST_TEXT];
    struct place_cost cost;
    place_request(&row->when, request);
    int code = decide_place(&row->when, request, &facts, &drafts, &guard, &cost, &error);
    assert_int_equal(code == 0, row->then[0] == '\0');
    assert_int_equal(drafts.count, code == 0 ? 1 : 0);
    assert_int_equal(guard.count, code == 0 ? 2 + facts.suspends : 0);
    if (code == 0 && row->data)
      assert_string_equal(drafts.items[0].data.ptr, row->data);
    if (code != 0) {
      assert_int_equal(code, strcmp(row->then, "bad_price") == 0            ? OP_DATA
                             : strcmp(row->then, "payments_suspended") == 0 ? OP_TEMPORARY
                                                                            : OP_REFUSED);
      assert_string_equal(error.code, row->then);
      assert_string_equal(error.message, row->data);
    }
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* A placement is guarded by its musical, its id and its request; the musical once in a commit. */
static void guards(void **unused) {
  (void)unused;
  const struct op_musical musical = {MUSICAL, .price = -1, .defined_by = 5};
  const struct place place = WHEN("1", "kim", "r1", "k1", 2, -1, "");
  struct place_facts facts = {.musical = &musical, .now_us = NOON};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct op_error error = {0};
  char request[REQUEST_TEXT];
  struct place_cost cost;
  place_request(&place, request);
  assert_int_equal(decide_place(&place, request, &facts, &drafts, &guard, &cost, &error), 0);
  const evs_query *query = op_guard_query(&guard);
  assert_int_equal(query->count, 3);
  assert_string_equal(query->items[0].tags[0], "request:k1");
  assert_string_equal(query->items[1].tags[0], "reservation:r1");
  assert_string_equal(query->items[2].tags[0], "musical:1");
  assert_int_equal(drafts.items[0].causation, 5);
  assert_string_equal(drafts.items[0].correlation, "r1");
  assert_int_equal(drafts.items[0].tag_count, 4);
  assert_non_null(strstr(drafts.items[0].data.ptr,
                         "\"requestId\":\"k1\",\"request\":\"place musical=1 seats=2 price= customer=kim id=r1\""));
  facts.guarded = true;
  op_guard_reset(&guard);
  assert_int_equal(decide_place(&place, request, &facts, &drafts, &guard, &cost, &error), 0);
  assert_int_equal(guard.count, 2);
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* A location is kept to a thousandth of a degree, in the event and in the request. */
static void located(void **unused) {
  (void)unused;
  const struct op_musical musical = {MUSICAL};
  const struct place_facts facts = {.musical = &musical, .next_number = 1, .now_us = NOON};
  struct place place = {.musical_id = "1", .seats = 1, .price = -1, .request_id = "k"};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct op_error error = {0};
  struct place_cost cost;
  char request[REQUEST_TEXT];
  assert_int_equal(place_where(&place, PLACE_LAT, "37.56651234", &error), 0);
  assert_int_equal(place_where_check(&place, OP_USAGE, "usage", &error), OP_USAGE);
  assert_int_equal(place_where(&place, PLACE_LON, "-126.9784", &error), 0);
  assert_int_equal(place_where_check(&place, OP_USAGE, "usage", &error), 0);
  place_request(&place, request);
  assert_int_equal(decide_place(&place, request, &facts, &drafts, &guard, &cost, &error), 0);
  assert_non_null(
      strstr(drafts.items[0].data.ptr,
             "\"KRW\",\"lat\":37.567,\"lon\":-126.978,\"fulfil\":\"pickup\",\"requestId\":\"k\",\"request\":"
             "\"place musical=1 seats=1 price= customer= id= lat=37.567 lon=-126.978 fulfil=pickup\"}"));
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* ---- the fold, and cancel --------------------------------------------------------------------------------------- */

#define DEFERRED                                                                                                       \
  {                                                                                                                    \
    "ReservationPlaced", "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"seats\":10,\"amount\":50,"                    \
                         "\"payment\":\"deferred\"}"                                                                   \
  }
#define PLACED                                                                                                         \
  {                                                                                                                    \
    "ReservationPlaced", "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"customerId\":\"c\",\"seats\":10,\"price\":5," \
                         "\"amount\":50,\"currency\":\"KRW\"}"                                                         \
  }
#define PARTLY                                                                                                         \
  { "ReservationCancelled", "{\"reservationId\":\"1\",\"seats\":3,\"amount\":15,\"reason\":\"ill\"}" }
#define WHOLLY                                                                                                         \
  { "ReservationCancelled", "{\"reservationId\":\"1\",\"seats\":10,\"amount\":50}" }
#define PAID                                                                                                           \
  { "PaymentApproved", "{\"reservationId\":\"1\",\"amount\":50}" }
#define DECLINED                                                                                                       \
  { "PaymentDeclined", "{\"reservationId\":\"1\",\"amount\":50,\"reason\":\"card\"}" }
#define COLLECTED                                                                                                      \
  { "PickupCollected", "{\"reservationId\":\"1\",\"branchId\":\"b\"}" }
#define REFUNDED                                                                                                       \
  { "PaymentCancelled", "{\"reservationId\":\"1\",\"amount\":50}" }

struct given {
  const char *type, *data;
};

struct cancel_row {
  const char *name;
  struct given given[5];
  const char *status; /* of the fold; NULL: there is no reservation */
  int64_t have, amount;
  int64_t seats;    /* to cancel; 0: all */
  const char *then; /* "" : cancelled; else the code of the refusal */
  const char *data; /* a part of the event's data */
};

static const struct cancel_row cancel_rows[] = {
    {"all of it", {PLACED}, "Reserved", 10, 50, 0, "", "\"seats\":10,\"remainingSeats\":0,\"amount\":50,"},
    {"all of it, counted", {PLACED}, "Reserved", 10, 50, 10, "", "\"seats\":10,\"remainingSeats\":0,\"amount\":50,"},
    {"some of it", {PLACED}, "Reserved", 10, 50, 3, "", "\"seats\":3,\"remainingSeats\":7,\"amount\":15,"},
    {"more than it has", {PLACED}, "Reserved", 10, 50, 11, "seats_exceed_reservation", NULL},
    {"the rest", {PLACED, PARTLY}, "Reserved", 7, 35, 0, "", "\"seats\":7,\"remainingSeats\":0,\"amount\":35,"},
    {"more than the rest", {PLACED, PARTLY}, "Reserved", 7, 35, 8, "seats_exceed_reservation", NULL},
    {"what is paid", {PLACED, PAID}, "PaymentApproved", 10, 50, 0, "", "\"seats\":10,\"remainingSeats\":0"},
    {"partly, what is paid", {PLACED, PAID, PARTLY}, "PaymentApproved", 7, 35, 0, "", "\"seats\":7"},
    {"what is declined", {PLACED, DECLINED}, "Reserved", 10, 50, 0, "", "\"seats\":10"},
    {"twice", {PLACED, WHOLLY}, "Cancelled", 10, 50, 0, "already_cancelled", NULL},
    {"after the refund", {PLACED, PAID, WHOLLY, REFUNDED}, "PaymentCancelled", 10, 50, 0, "already_cancelled", NULL},
    {"paid after it was cancelled", {PLACED, WHOLLY, PAID}, "Cancelled", 10, 50, 0, "already_cancelled", NULL},
    {"what was handed over", {PLACED, PAID, COLLECTED}, "PaymentApproved", 10, 50, 0, "already_collected", NULL},
    {"some of what was handed over", {PLACED, COLLECTED}, "Reserved", 10, 50, 1, "already_collected", NULL},
    {"nothing", {{0}}, NULL, 0, 0, 0, "no_such_reservation", NULL},
    {"what was never placed", {PAID, WHOLLY}, NULL, 0, 0, 0, "no_such_reservation", NULL},
    {"a second placement changes nothing", {PLACED, PARTLY, PLACED}, "Reserved", 7, 35, 7, "", "\"seats\":7"},
    {"an odd cancellation changes nothing",
     {PLACED, {"ReservationCancelled", "{\"reservationId\":\"1\"}"}},
     "Reserved",
     10,
     50,
     0,
     "",
     "\"seats\":10"},
    {"an odd placement is none",
     {{"ReservationPlaced", "{\"reservationId\":\"1\",\"seats\":-4}"}},
     NULL,
     0,
     0,
     0,
     "no_such_reservation",
     NULL},
};

/* Folds the events with the seqs 1, 2, 3 ... */
static struct reservation fold(const struct given *given, size_t count) {
  struct reservation reservation = {.status = OP_STATUS_RESERVED};
  for (size_t i = 0; i < count && given[i].type; i++) {
    evs_event event = given_event(i + 1, given[i].type, 0, given[i].data);
    reservation_apply(&reservation, &event);
  }
  return reservation;
}

/* Every row of the table. */
static void cancelling(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof cancel_rows / sizeof cancel_rows[0]; i++) {
    const struct cancel_row *row = &cancel_rows[i];
    struct reservation reservation = fold(row->given, sizeof row->given / sizeof row->given[0]);
    const struct cancel cancel = {.reservation_id = "1", .seats = row->seats};
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    print_message("%s\n", row->name);
    assert_int_equal(reservation.id[0] != '\0', row->status != NULL);
    if (row->status) {
      assert_string_equal(reservation.status, row->status);
      assert_int_equal(reservation.seats, row->have);
      assert_int_equal(reservation.amount, row->amount);
    }
    int code = decide_cancel(&cancel, &reservation, &drafts, &guard, &error);
    assert_int_equal(code, row->then[0] ? OP_REFUSED : 0);
    assert_int_equal(drafts.count, code == 0 ? 1 : 0);
    if (code != 0) {
      assert_string_equal(error.code, row->then);
    } else {
      assert_int_equal(drafts.items[0].causation, 1);
      assert_non_null(strstr(drafts.items[0].data.ptr, row->data));
      const evs_query_item *item = &op_guard_query(&guard)->items[0];
      bool collected = false;
      for (size_t j = 0; j < item->type_count; j++)
        collected |= strcmp(item->types[j], "PickupCollected") == 0;
      assert_true(collected); /* a hand-over meanwhile is a conflict */
      assert_string_equal(item->tags[0], "reservation:1");
    }
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* A ticket that is used keeps its reservation, one that is issued where the configuration says so. */
static void cancelling_with_a_ticket(void **unused) {
  (void)unused;
  static const struct given issued = {"TicketIssued", "{\"reservationId\":\"1\"}"},
                            admitted = {"TicketAdmitted", "{\"reservationId\":\"1\"}"},
                            other = {"TicketIssued", "{\"reservationId\":\"2\"}"};
  const struct {
    struct given given[4];
    bool keeps_issued;
    const char *then; /* "": cancelled */
  } rows[] = {
      {{PLACED, PAID, issued}, false, ""},
      {{PLACED, PAID, issued}, true, "ticket_issued"},
      {{PLACED, PAID, issued, admitted}, false, "ticket_admitted"},
      {{PLACED, PAID, issued, admitted}, true, "ticket_admitted"},
      {{PLACED, PAID, other}, true, ""},
      {{PLACED, PAID}, true, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    for (int64_t seats = 0; seats <= 1; seats++) { /* the whole, or a part */
      struct reservation reservation = fold(rows[i].given, 4);
      const struct cancel cancel = {.reservation_id = "1", .seats = seats, .keeps_issued = rows[i].keeps_issued};
      struct op_drafts drafts = {0};
      struct op_guard guard = {0};
      struct op_error error = {0};
      int code = decide_cancel(&cancel, &reservation, &drafts, &guard, &error);
      assert_string_equal(code == OP_OK ? "" : error.code, rows[i].then);
      assert_int_equal(drafts.count, code == OP_OK);
      if (code == OP_OK) { /* one that is issued or used meanwhile is in the way */
        const evs_query_item *item = &op_guard_query(&guard)->items[0];
        size_t found = 0;
        for (size_t type = 0; type < item->type_count; type++)
          found += strcmp(item->types[type], "TicketIssued") == 0 || strcmp(item->types[type], "TicketAdmitted") == 0;
        assert_int_equal(found, 2);
      }
      op_drafts_free(&drafts);
      op_guard_free(&guard);
    }
}

/* A declined payment cancels what is left, under an id that is derived from it. */
static void declined(void **unused) {
  (void)unused;
  const struct given given[] = {PLACED, PARTLY, DECLINED};
  struct reservation reservation = fold(given, 3);
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  decide_declined(&reservation, &drafts, &guard);
  assert_int_equal(drafts.count, 1);
  assert_string_equal(drafts.items[0].id, "reservation-cancelled:3");
  assert_int_equal(drafts.items[0].causation, 3);
  assert_string_equal(
      drafts.items[0].data.ptr,
      "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"customerId\":\"c\",\"seats\":7,\"remainingSeats\":0,"
      "\"amount\":35,\"currency\":\"KRW\",\"reason\":\"payment_declined\"}");
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* Placed at 12:00:01 (given_event), with a hold of an hour. */
struct expiry_row {
  const char *name;
  struct given given[4];
  int64_t hold_ms, now_us;
  const char *then;  /* a part of the event's data; NULL: nothing */
  int64_t closed_us; /* the circuit, since when; 0: ever */
};

#define DUE (NOON + 1000000 + HOUR)

static const struct expiry_row expiry_rows[] = {
    {"a microsecond early", {PLACED}, 3600000, DUE - 1, NULL, 0},
    {"on the instant", {PLACED}, 3600000, DUE, "\"seats\":10,\"remainingSeats\":0,\"amount\":50,", 0},
    {"long after", {PLACED}, 3600000, DUE + 1000 * HOUR, "\"seats\":10,", 0},
    {"what is left after a partial cancellation",
     {PLACED, PARTLY},
     3600000,
     DUE,
     "\"seats\":7,\"remainingSeats\":0,",
     0},
    {"paid", {PLACED, PAID}, 3600000, DUE, NULL, 0},
    {"declined: that is another cause", {PLACED, DECLINED}, 3600000, DUE, NULL, 0},
    {"handed over", {PLACED, COLLECTED}, 3600000, DUE, NULL, 0},
    {"cancelled", {PLACED, WHOLLY}, 3600000, DUE, NULL, 0},
    {"refunded", {PLACED, PAID, WHOLLY, REFUNDED}, 3600000, DUE, NULL, 0},
    {"nothing", {{0}}, 3600000, DUE, NULL, 0},
    {"off", {PLACED}, 0, DUE + 1000 * HOUR, NULL, 0},
    {"deferred, and the circuit is not closed", {DEFERRED}, 3600000, DUE + 1000 * HOUR, NULL, NOT_CLOSED},
    {"placed before the circuit opened, and it is not closed", {PLACED}, 3600000, DUE, NULL, NOT_CLOSED},
    {"deferred: a microsecond before the hold since it closed",
     {DEFERRED},
     3600000,
     NOON + 3 * HOUR - 1,
     NULL,
     NOON + 2 * HOUR},
    {"deferred: on its instant", {DEFERRED}, 3600000, NOON + 3 * HOUR, "\"seats\":10,", NOON + 2 * HOUR},
    {"closed before it was placed: the hold is its own", {PLACED}, 3600000, DUE, "\"seats\":10,", NOON - HOUR},
    {"closed before it was placed: not earlier", {PLACED}, 3600000, DUE - 1, NULL, NOON - HOUR},
    {"a hold that no number holds", {PLACED}, INT64_MAX, DUE, NULL, 0},
    {"a clock before all time", {PLACED}, INT64_MAX / 1000, INT64_MIN + 1, NULL, 0},
};

/* Every row of the table; the guard holds all that ends the wait for a payment. */
static void expiring(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof expiry_rows / sizeof expiry_rows[0]; i++) {
    const struct expiry_row *row = &expiry_rows[i];
    struct reservation reservation = fold(row->given, sizeof row->given / sizeof row->given[0]);
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    print_message("%s\n", row->name);
    struct hold hold = {row->hold_ms, row->closed_us != 0 ? row->closed_us : CLOSED_EVER, "exec"};
    bool due = decide_expired(&reservation, &hold, row->now_us, &drafts, &guard);
    assert_int_equal(due, row->then != NULL);
    assert_int_equal(drafts.count, due);
    assert_int_equal(guard.count, due ? 2 : 0);
    if (due) {
      const evs_query_item *item = &op_guard_query(&guard)->items[0];
      bool guarded[4] = {false};
      for (size_t j = 0; j < item->type_count; j++) {
        guarded[0] |= strcmp(item->types[j], "PaymentApproved") == 0;
        guarded[1] |= strcmp(item->types[j], "PaymentDeclined") == 0;
        guarded[2] |= strcmp(item->types[j], "ReservationCancelled") == 0;
        guarded[3] |= strcmp(item->types[j], "PickupCollected") == 0;
      }
      assert_true(guarded[0] && guarded[1] && guarded[2] && guarded[3]);
      assert_string_equal(item->tags[0], "reservation:1");
      item = &op_guard_query(&guard)->items[1];
      assert_string_equal(item->types[0], "PaymentCircuitOpened");
      assert_string_equal(item->tags[0], "provider:exec");
      assert_string_equal(drafts.items[0].id, "reservation-cancelled:1:expired");
      assert_int_equal(drafts.items[0].causation, 1);
      assert_non_null(strstr(drafts.items[0].data.ptr, row->then));
      assert_non_null(strstr(drafts.items[0].data.ptr, "\"reason\":\"expired\"}"));
    }
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* An event whose time is none never makes a reservation due. */
static void no_time(void **unused) {
  (void)unused;
  evs_event event = given_event(1, "ReservationPlaced", 0, "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"seats\":1}");
  struct reservation reservation = {.status = OP_STATUS_RESERVED};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  event.time = (evs_slice){"soon", 4};
  reservation_apply(&reservation, &event);
  assert_string_equal(reservation.id, "1");
  assert_false(decide_expired(&reservation, &(struct hold){1, CLOSED_EVER, "exec"}, DUE, &drafts, &guard));
}

/* From where default ids go on. */
static void last_numbers(void **unused) {
  (void)unused;
  static const struct {
    int64_t last;
    const char *id;
    int64_t then;
  } rows[] = {
      {0, "1", 1},
      {0, "7", 7},
      {7, "3", 7},
      {7, "r8", 7},
      {7, "08", 7},
      {0, "1000000", 1000000},
      {0, "1000001", 0},
      {1, "1000001", 1000001},
      {41, "20261126000017", 41},
      {0, "999999999999999999", 0},
      {MAX_RESERVATION_NUMBER - 1, "999999999999999999", MAX_RESERVATION_NUMBER},
      {MAX_RESERVATION_NUMBER, "1000000000000000000", MAX_RESERVATION_NUMBER},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    print_message("%s after %" PRId64 "\n", rows[i].id, rows[i].last);
    assert_int_equal(reservation_last_number(rows[i].last, rows[i].id), rows[i].then);
  }
}

/* Which ids count as numbers. */
static void numbers(void **unused) {
  (void)unused;
  static const struct {
    const char *id;
    int64_t number;
  } ids[] = {{"1", 1},
             {"42", 42},
             {"0", 0},
             {"07", 0},
             {"4a", 0},
             {"-1", 0},
             {"", 0},
             {"999999999999999999", 999999999999999999},
             {"1000000000000000000", 0}};
  for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
    assert_int_equal(reservation_number(ids[i].id), ids[i].number);
}

/* ---- lines of a batch ------------------------------------------------------------------------------------------- */

static const struct {
  const char *line, *then; /* "" : good; else the code */
} lines[] = {
    {"{\"musicalId\":\"1\",\"seats\":2}", ""},
    {"{\"musicalId\":1,\"seats\":2,\"customerId\":7,\"id\":8,\"requestId\":9}", ""},
    {"{\"musicalId\":\"1\",\"seats\":2,\"price\":null,\"customerId\":null,\"id\":null,\"requestId\":null}", ""},
    {" {\"seats\":2,\"reservationId\":\"r\",\"musicalId\":\"1\"} ", ""},
    {"{\"musicalId\":\"1\",\"seats\":0}", "bad_seats"},
    {"{\"musicalId\":\"1\",\"seats\":-1}", "bad_seats"},
    {"{\"musicalId\":\"1\",\"seats\":1.5}", "bad_seats"},
    {"{\"musicalId\":\"1\",\"seats\":2.0}", "bad_seats"},
    {"{\"musicalId\":\"1\",\"seats\":1e3}", "bad_seats"},
    {"{\"musicalId\":\"1\",\"seats\":\"2\"}", "bad_seats"},
    {"{\"musicalId\":\"1\",\"seats\":null}", "bad_seats"},
    {"{\"musicalId\":\"1\",\"seats\":99999999999999999999}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"price\":-1}", "bad_price"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"price\":1.5}", "bad_price"},
    {"{\"musicalId\":\"\",\"seats\":2}", "bad_id"},
    {"{\"musicalId\":\"a b\",\"seats\":2}", "bad_id"},
    {"{\"musicalId\":\"a\\n\",\"seats\":2}", "bad_id"},
    {"{\"musicalId\":\"a\\u0000b\",\"seats\":2}", "malformed"},
    {"{\"musicalId\":-1,\"seats\":2}", "bad_id"},
    {"{\"musicalId\":1.5,\"seats\":2}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"id\":\"a\",\"reservationId\":\"a\"}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"seats\":2}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"sets\":2}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2} x", "malformed"},
    {"{\"musicalId\":\"1\"}", "malformed"},
    {"{\"seats\":2}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":37.5665,\"lon\":-127}", ""},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":-3.75665e1,\"lon\":0.00001,\"fulfil\":\"delivery\"}", ""},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":null,\"lon\":null,\"fulfil\":null}", ""},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":37.5665}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":37.5665,\"lon\":null}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":\"37.5665\",\"lon\":1}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"fulfil\":\"pickup\"}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":1,\"lon\":1,\"fulfil\":1}", "malformed"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":1,\"lon\":1,\"fulfil\":\"post\"}", "bad_fulfil"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":90.001,\"lon\":1}", "bad_location"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":1,\"lon\":-1e300}", "bad_location"},
    {"{\"musicalId\":\"1\",\"seats\":2,\"lat\":true,\"lon\":1}", "bad_location"},
    {"[]", "malformed"},
    {"7", "malformed"},
    {"{\"musicalId\":", "malformed"},
    {"{\"musicalId\":\"\xff\",\"seats\":2}", "malformed"},
};

/* Every row of the table. */
static void reading(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    struct place place;
    struct op_error error = {0};
    print_message("%s\n", lines[i].line);
    int code = place_from_json(lines[i].line, strlen(lines[i].line), &place, &error);
    assert_int_equal(code, lines[i].then[0] ? OP_DATA : 0);
    if (code != 0)
      assert_string_equal(error.code, lines[i].then);
    else
      assert_true(strcmp(place.musical_id, "1") == 0 && place.seats == 2 && place.price == -1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(placing),      cmocka_unit_test(guards),
      cmocka_unit_test(cancelling),   cmocka_unit_test(cancelling_with_a_ticket),
      cmocka_unit_test(declined),     cmocka_unit_test(expiring),
      cmocka_unit_test(no_time),      cmocka_unit_test(numbers),
      cmocka_unit_test(last_numbers), cmocka_unit_test(reading),
      cmocka_unit_test(located),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
