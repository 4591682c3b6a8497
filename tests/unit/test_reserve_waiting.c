/* test_reserve_waiting.c - the waiting list: given these events, an entry is this; given an entry or a queue, when
 * op-reserve decides, then this event, or this refusal. */
#include "cmd/op-reserve/decide_waiting.h"
#include "cmd/op-reserve/interruption.h"
#include "cmd/op-reserve/queue.h"
#include "given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOON INT64_C(1795176000000000) /* 2026-11-20T12:00:00Z */
#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define JOINED                                                                                                         \
  { OP_WAITING_JOINED, ENTRY "}" }
#define ENTRY "{\"waitingId\":\"w\",\"musicalId\":\"1\",\"customerId\":\"kim\",\"seats\":2"
#define OFFERED                                                                                                        \
  { OP_WAITING_OFFERED, ENTRY ",\"offerId\":\"w\",\"until\":\"2026-11-20T12:10:00.000000Z\"}" }
#define EXPIRED                                                                                                        \
  { OP_WAITING_OFFER_EXPIRED, ENTRY "}" }
#define DECLINED                                                                                                       \
  { OP_WAITING_OFFER_DECLINED, ENTRY "}" }
#define WITHDRAWN                                                                                                      \
  { OP_WAITING_WITHDRAWN, ENTRY "}" }
#define ACCEPTED                                                                                                       \
  { OP_RESERVATION_PLACED, "{\"reservationId\":\"7\",\"musicalId\":\"1\",\"seats\":2,\"offerId\":\"w\"}" }

struct given {
  const char *type, *data;
};

/* ---- the fold, and what can be done with what comes of it ------------------------------------------------------- */

static const struct entry_row {
  const char *name;
  struct given given[4];
  const char *status;   /* "": no such entry */
  const char *withdraw; /* the type of the event, or the code of the refusal */
  const char *accept;   /* at noon: "" or the code of the refusal */
} entry_rows[] = {
    {"nothing", {{0}}, "", "no_such_waiting", "no_such_offer"},
    {"joined", {JOINED}, WAITING, OP_WAITING_WITHDRAWN, "no_such_offer"},
    {"joined again is once", {JOINED, JOINED}, WAITING, OP_WAITING_WITHDRAWN, "no_such_offer"},
    {"an offer to nobody", {OFFERED}, "", "no_such_waiting", "no_such_offer"},
    {"offered", {JOINED, OFFERED}, WAITING_OFFERED, OP_WAITING_OFFER_DECLINED, ""},
    {"accepted", {JOINED, OFFERED, ACCEPTED}, WAITING_ACCEPTED, "waiting_over", "offer_over"},
    {"accepted and then too late",
     {JOINED, OFFERED, ACCEPTED, EXPIRED},
     WAITING_ACCEPTED,
     "waiting_over",
     "offer_over"},
    {"expired", {JOINED, OFFERED, EXPIRED}, WAITING_EXPIRED, "waiting_over", "offer_over"},
    {"expired and then accepted", {JOINED, OFFERED, EXPIRED, ACCEPTED}, WAITING_EXPIRED, "waiting_over", "offer_over"},
    {"declined", {JOINED, OFFERED, DECLINED}, WAITING_WITHDRAWN, "waiting_over", "offer_over"},
    {"withdrawn", {JOINED, WITHDRAWN, OFFERED}, WAITING_WITHDRAWN, "waiting_over", "offer_over"},
    {"accepted without an offer", {JOINED, ACCEPTED}, WAITING, OP_WAITING_WITHDRAWN, "no_such_offer"},
    {"without seats",
     {{OP_WAITING_JOINED, "{\"waitingId\":\"w\",\"musicalId\":\"1\"}"}},
     "",
     "no_such_waiting",
     "no_such_offer"},
};

/* Every row. */
static void entries(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof entry_rows / sizeof entry_rows[0]; i++) {
    const struct entry_row *row = &entry_rows[i];
    struct waiting waiting = {.status = WAITING};
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    print_message("%s\n", row->name);
    for (size_t j = 0; j < 4 && row->given[j].type; j++) {
      const evs_event event = given_event(j + 1, row->given[j].type, 0, row->given[j].data);
      waiting_apply(&waiting, &event);
    }
    assert_string_equal(waiting.id[0] ? waiting.status : "", row->status);
    if (decide_withdraw(&waiting, "w", NULL, NULL, &drafts, &guard, &error) != 0) {
      assert_string_equal(error.code, row->withdraw);
      assert_int_equal(drafts.count, 0);
    } else {
      assert_string_equal(drafts.items[0].type, row->withdraw);
      assert_string_equal(drafts.items[0].data.ptr, ENTRY "}");
      assert_string_equal(op_guard_query(&guard)->items[0].tags[0], "waiting:w");
      assert_int_equal(op_guard_query(&guard)->items[0].type_count, 0);
    }
    error = (struct op_error){0};
    int64_t end_us = waiting.until_us;
    assert_string_equal(check_offer(&waiting, "w", end_us, NOON, &error) ? error.code : "", row->accept);
    if (!row->accept[0]) {
      assert_int_equal(end_us, NOON + 10 * MINUTE);
      assert_int_equal(waiting.offered_us, NOON + 2 * SECOND);
      assert_int_equal(check_offer(&waiting, "w", end_us, end_us - 1, &error), 0);
      assert_int_equal(check_offer(&waiting, "w", end_us, end_us, &error), OP_REFUSED);
      assert_string_equal(error.code, "offer_expired");
    }
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* ---- joining ----------------------------------------------------------------------------------------------------- */

#define MUSICAL .id = "1", .seats = 10, .price = -1, .currency = "KRW"
#define GRADED                                                                                                         \
  .id = "1", .seats = 7, .price = -1, .currency = "KRW", .grades = {{{"VIP", 2, 150, 2, 0}, {"R", 5, 90, 0, 1}}, 2}

static const struct join_row {
  const char *name;
  struct op_musical given;
  const char *customer, *grade;
  int64_t seats;
  const char *then; /* "": joined; else the code of the refusal */
} join_rows[] = {
    {"sold out", {MUSICAL, .held = 10}, "", "", 2, ""},
    {"too few left", {MUSICAL, .held = 7, .offered = 2}, "", "", 2, ""},
    {"there is nothing to wait for", {MUSICAL, .held = 8}, "", "", 2, "seats_available"},
    {"more than there are", {MUSICAL, .held = 10}, "", "", 11, "exceeds_capacity"},
    {"no musical", {.id = ""}, "", "", 1, "no_such_musical"},
    {"closed", {MUSICAL, .held = 10, .closed = true}, "", "", 1, "sales_closed"},
    {"over", {MUSICAL, .held = 10, .sales_close_us = NOON}, "", "", 1, "sales_closed"},
    {"not open", {MUSICAL, .held = 10, .sales_open_us = NOON + 1}, "", "", 1, "sales_not_open"},
    {"no customer", {MUSICAL, .held = 10, .max_per_customer = 2}, "", "", 1, "customer_required"},
    {"within the limit", {MUSICAL, .held = 10, .max_per_customer = 2}, "kim", "", 2, ""},
    {"beyond the limit", {MUSICAL, .held = 10, .max_per_customer = 2}, "kim", "", 3, "customer_limit"},
    {"of a grade", {GRADED, .held = 2, .offered = 1}, "", "VIP", 1, ""},
    {"more than the grade has", {GRADED, .held = 2, .offered = 1}, "", "VIP", 3, "exceeds_capacity"},
    {"of another grade there are some", {GRADED, .held = 2, .offered = 1}, "", "R", 4, "seats_available"},
    {"but not so many", {GRADED, .held = 2, .offered = 1}, "", "R", 5, ""},
    {"no grade", {GRADED}, "", "", 1, "grade_required"},
    {"none of them", {GRADED}, "", "S", 1, "no_such_grade"},
};

/* Every row. */
static void joining(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof join_rows / sizeof join_rows[0]; i++) {
    const struct join_row *row = &join_rows[i];
    struct join join = {.waiting_id = "w", .place = {.musical_id = "1", .seats = row->seats, .price = -1}};
    const struct join_facts facts = {&row->given, &row->given, false, 0, NOON};
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    print_message("%s\n", row->name);
    snprintf(join.place.customer_id, sizeof join.place.customer_id, "%s", row->customer);
    snprintf(join.place.grade, sizeof join.place.grade, "%s", row->grade);
    int code = decide_join(&join, "", &facts, &drafts, &guard, &error);
    assert_string_equal(code ? error.code : "", row->then);
    assert_int_equal(drafts.count, code ? 0 : 1);
    assert_int_equal(guard.count, code ? 0 : 2);
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* ---- the queue --------------------------------------------------------------------------------------------------- */

/* Who is served of these, in this order, by so many free seats? */
static void first_who_fits(void **unused) {
  (void)unused;
  const struct {
    int64_t free;
    const char *served;
    int64_t left;
  } rows[] = {{0, "", 0},  {1, "c", 0},  {2, "b", 0},   {3, "bc", 0},
              {4, "a", 0}, {5, "ac", 0}, {7, "abc", 0}, {9, "abc", 2}};
  struct queue queue = {0};
  queue_join(&queue, &(struct queued){.id = "a", .seats = 4});
  queue_join(&queue, &(struct queued){.id = "gone", .seats = 1});
  queue_join(&queue, &(struct queued){.id = "b", .seats = 2});
  queue_join(&queue, &(struct queued){.id = "graded", .grade = "VIP", .seats = 1});
  queue_join(&queue, &(struct queued){.id = "c", .seats = 1});
  const evs_event event = given_event(1, OP_WAITING_WITHDRAWN, 0, "{\"waitingId\":\"gone\",\"musicalId\":\"1\"}");
  queue_apply(&queue, &event);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_musical musical = {MUSICAL, .held = 10 - rows[i].free}, all = musical;
    char served[8] = "";
    size_t count = 0;
    for (size_t j = 0; j < queue.count; j++)
      if (queue_fits(&queue.items[j], &musical)) {
        op_musical_take(&musical, queue.items[j].grade, queue.items[j].seats);
        served[count++] = queue.items[j].id[0];
      }
    assert_string_equal(served, rows[i].served);
    queue_serve_all(&queue, CLOSED_EVER, NOON, &all);
    assert_int_equal(op_musical_available(&all, NULL), rows[i].left);
  }
  queue_free(&queue);
}

/* The seats of an offer that is over by the clock belong to who waits for them, and to nobody else. */
static void seats_of_who_let_the_time_pass(void **unused) {
  (void)unused;
  const struct {
    int64_t free, over, open; /* seats that are free, of the offer until noon, of the one until a minute after that */
    int64_t wanted[3];        /* by who waits */
    int64_t now_us, payable_us;
    int64_t left;
  } rows[] = {
      {2, 4, 0, {6}, NOON - 1, CLOSED_EVER, 2}, /* nobody could have these two */
      {2, 4, 0, {6}, NOON, CLOSED_EVER, 0},     /* six are there for the first */
      {2, 4, 0, {7}, NOON, CLOSED_EVER, 2},     /* too few, and four of them are not free yet */
      {2, 4, 0, {4}, NOON, CLOSED_EVER, 2},     /* the four are the queue's, */
      {2, 4, 0, {5}, NOON, CLOSED_EVER, 1},     /* and one more, */
      {2, 2, 0, {3, 2}, NOON, CLOSED_EVER, 1},  /* though the second would fit into what is free */
      {2, 4, 0, {0}, NOON, CLOSED_EVER, 2},     /* nobody waits: they are held until the offer is ended */
      {2, 2, 2, {6}, NOON, CLOSED_EVER, 2},     /* the other offer is open */
      {2, 2, 2, {6}, NOON + MINUTE, CLOSED_EVER, 0},
      {2, 4, 0, {6}, NOON, NOT_CLOSED, 2}, /* nobody could have accepted it */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_musical musical = {MUSICAL, .offered = rows[i].over + rows[i].open};
    struct queue queue = {0};
    musical.held = musical.seats - musical.offered - rows[i].free;
    queue_join(&queue, &(struct queued){.id = "over", .seats = rows[i].over, .offered = true, .until_us = NOON});
    for (size_t j = 0; j < 3 && rows[i].wanted[j]; j++)
      queue_join(&queue, &(struct queued){.id = "waits", .seats = rows[i].wanted[j]});
    if (rows[i].open)
      queue_join(&queue,
                 &(struct queued){.id = "open", .seats = rows[i].open, .offered = true, .until_us = NOON + MINUTE});
    print_message("row %zu\n", i);
    queue_serve_all(&queue, rows[i].payable_us, rows[i].now_us, &musical);
    assert_int_equal(op_musical_available(&musical, NULL), rows[i].left);
    queue_free(&queue);
  }
}

/* The queue has who waits and who has an offer, until that is over. */
static void who_stands_in_the_queue(void **unused) {
  (void)unused;
  const struct {
    struct given given;
    size_t count;
    bool offered;
  } rows[] = {{OFFERED, 0, false},  {JOINED, 1, false},    {ACCEPTED, 1, false}, {EXPIRED, 1, false},
              {OFFERED, 1, true},   {OFFERED, 1, true},    {WITHDRAWN, 1, true}, {EXPIRED, 0, false},
              {JOINED, 1, false},   {WITHDRAWN, 0, false}, {JOINED, 1, false},   {OFFERED, 1, true},
              {ACCEPTED, 0, false}, {JOINED, 1, false},    {OFFERED, 1, true},   {DECLINED, 0, false}};
  struct queue queue = {0};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const evs_event event = given_event(i + 1, rows[i].given.type, 0, rows[i].given.data);
    queue_apply(&queue, &event);
    print_message("row %zu\n", i);
    assert_int_equal(queue.count, rows[i].count);
    if (queue.count) {
      assert_int_equal(queue.items[0].offered, rows[i].offered);
      assert_int_equal(queue.items[0].until_us, rows[i].offered ? NOON + 10 * MINUTE : 0);
    }
  }
  queue_free(&queue);
}

/* An offer that was made at noon until ten past is over when? */
static void ends(void **unused) {
  (void)unused;
  static const struct {
    struct op_musical musical;
    int64_t payable_us, end_us;
  } rows[] = {
      {{MUSICAL}, CLOSED_EVER, NOON + 10 * MINUTE},
      {{MUSICAL}, NOT_CLOSED, INT64_MAX},
      {{MUSICAL}, NOON - 1, NOON + 10 * MINUTE},
      {{MUSICAL}, NOON + 30 * MINUTE, NOON + 40 * MINUTE},
      {{MUSICAL, .closed = true}, CLOSED_EVER, INT64_MAX},
      {{MUSICAL, .opened_us = NOON - 1}, CLOSED_EVER, NOON + 10 * MINUTE},
      {{MUSICAL, .opened_us = NOON + 5 * MINUTE}, CLOSED_EVER, NOON + 15 * MINUTE},
      {{MUSICAL, .opened_us = NOON + 5 * MINUTE}, NOON + 3 * MINUTE, NOON + 15 * MINUTE},
      {{MUSICAL, .closed = true, .opened_us = NOON + 5 * MINUTE}, NOON + 3 * MINUTE, INT64_MAX},
      {{MUSICAL, .opened_us = NOON + 5 * MINUTE}, NOT_CLOSED, INT64_MAX},
      /* The sales are put off, */
      {{MUSICAL, .sales_open_us = NOON + 20 * MINUTE}, CLOSED_EVER, NOON + 30 * MINUTE},
      /* or end: an offer does not outlast them, but is never shorter than it was said to be. */
      {{MUSICAL, .sales_close_us = NOON + 12 * MINUTE}, CLOSED_EVER, NOON + 10 * MINUTE},
      {{MUSICAL, .sales_close_us = NOON + 12 * MINUTE, .opened_us = NOON + 5 * MINUTE},
       CLOSED_EVER,
       NOON + 12 * MINUTE},
      {{MUSICAL, .sales_close_us = NOON + 12 * MINUTE, .closed = true}, CLOSED_EVER, NOON + 12 * MINUTE},
      {{MUSICAL, .sales_close_us = NOON + 8 * MINUTE, .closed = true}, CLOSED_EVER, NOON + 10 * MINUTE},
      {{MUSICAL, .opened_us = INT64_MAX}, CLOSED_EVER, INT64_MAX},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    print_message("row %zu\n", i);
    assert_int_equal(offer_end(&rows[i].musical, rows[i].payable_us, NOON, NOON + 10 * MINUTE), rows[i].end_us);
  }
}

/* What comes of an entry for 2 seats whose turn has come. */
static void turns(void **unused) {
  (void)unused;
  static const struct {
    const char *customer;
    struct turn_facts facts;
    const char *type, *reason; /* "": nothing yet */
  } rows[] = {
      {"kim", {0}, OP_WAITING_OFFERED, NULL},
      {"", {0}, OP_WAITING_OFFERED, NULL},
      {"kim", {.max_per_customer = 4, .held = 2}, OP_WAITING_OFFERED, NULL},
      {"kim", {.max_per_customer = 4, .held = 2, .guarded = true}, OP_WAITING_OFFERED, NULL},
      {"kim", {.max_per_customer = 4, .held = 3}, OP_WAITING_WITHDRAWN, "customer_limit"},
      {"kim", {.max_per_customer = 1}, OP_WAITING_WITHDRAWN, "customer_limit"},
      {"kim", {.max_per_customer = 4, .held = 1, .offered = 1}, OP_WAITING_OFFERED, NULL},
      {"kim", {.max_per_customer = 4, .held = 1, .offered = 2}, "", NULL},
      {"", {.max_per_customer = 4}, OP_WAITING_WITHDRAWN, "customer_required"},
      {"kim", {.no_kind = true}, OP_WAITING_WITHDRAWN, "grade_required"},
      {"kim", {.no_kind = true, .max_per_customer = 1}, OP_WAITING_WITHDRAWN, "grade_required"},
      {"graded", {.no_kind = true}, OP_WAITING_WITHDRAWN, "no_such_grade"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct waiting waiting = {.id = "w", .musical_id = "1", .seats = 2, .status = WAITING};
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    char reason[32];
    snprintf(waiting.customer_id, sizeof waiting.customer_id, "%s", rows[i].customer);
    if (strcmp(rows[i].customer, "graded") == 0)
      stpcpy(waiting.grade, "VIP");
    assert_int_equal(decide_turn(&waiting, &rows[i].facts, &drafts, &guard),
                     strcmp(rows[i].type, OP_WAITING_OFFERED) == 0);
    assert_int_equal(drafts.count, rows[i].type[0] != '\0');
    if (drafts.count) {
      assert_string_equal(drafts.items[0].type, rows[i].type);
      snprintf(reason, sizeof reason, "\"reason\":\"%s\"}", rows[i].reason ? rows[i].reason : "");
      assert_int_equal(strstr(drafts.items[0].data.ptr, reason) != NULL, rows[i].reason != NULL);
      assert_int_equal(guard.count, 1 + !rows[i].facts.guarded + (rows[i].reason && rows[i].customer[0]));
    }
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* The end of an offer does not outlive what becomes of the offer, nor what would put the end off. */
static void expiring(void **unused) {
  (void)unused;
  const struct waiting waiting = {.id = "w", .musical_id = "1", .customer_id = "kim", .seats = 2, .seq = 7};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  decide_offer_expired(&waiting, &drafts, &guard);
  assert_int_equal(drafts.count, 1);
  assert_string_equal(drafts.items[0].type, OP_WAITING_OFFER_EXPIRED);
  assert_string_equal(drafts.items[0].data.ptr, ENTRY "}");
  assert_int_equal(drafts.items[0].causation, 7);
  const evs_query *query = op_guard_query(&guard);
  assert_int_equal(query->count, 2);
  assert_string_equal(query->items[0].tags[0], "waiting:w");
  assert_int_equal(query->items[0].type_count, 0);
  assert_string_equal(query->items[1].tags[0], "musical:1");
  assert_string_equal(query->items[1].types[0], OP_MUSICAL_SALES_CLOSED);
  assert_int_equal(query->items[1].type_count, 3);
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* An offer holds seats from its event to its end, of its grade, too. */
static void seats_on_offer(void **unused) {
  (void)unused;
  const struct given given[] = {
      {OP_MUSICAL_REGISTERED,
       "{\"musicalId\":\"1\",\"seats\":7,\"grades\":[{\"grade\":\"R\",\"seats\":7,\"price\":1}]}"},
      {OP_WAITING_JOINED, "{\"waitingId\":\"w\",\"musicalId\":\"1\",\"seats\":2,\"grade\":\"R\"}"},
      {OP_WAITING_OFFERED, "{\"waitingId\":\"w\",\"musicalId\":\"1\",\"seats\":2,\"grade\":\"R\"}"},
      {OP_RESERVATION_PLACED, "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"seats\":1,\"grade\":\"R\"}"},
      {OP_RESERVATION_PLACED,
       "{\"reservationId\":\"2\",\"musicalId\":\"1\",\"seats\":2,\"grade\":\"R\",\"offerId\":\"w\"}"},
      {OP_WAITING_OFFERED, "{\"waitingId\":\"x\",\"musicalId\":\"1\",\"seats\":3,\"grade\":\"R\"}"},
      {OP_WAITING_OFFER_EXPIRED, "{\"waitingId\":\"x\",\"musicalId\":\"1\",\"seats\":3,\"grade\":\"R\"}"},
      {OP_WAITING_JOINED, "{\"waitingId\":\"y\",\"musicalId\":\"1\",\"seats\":2,\"grade\":\"R\"}"},
      {OP_WAITING_WITHDRAWN, "{\"waitingId\":\"y\",\"musicalId\":\"1\",\"seats\":2,\"grade\":\"R\"}"},
      {OP_RESERVATION_CANCELLED, "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"seats\":1,\"grade\":\"R\"}"},
      {OP_SEATS_RELEASED, "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"seats\":1,\"grade\":\"R\"}"},
  };
  const int64_t held[] = {0, 0, 0, 1, 3, 3, 3, 3, 3, 3, 2}, offered[] = {0, 0, 2, 2, 0, 3, 0, 0, 0, 0, 0},
                waiting[] = {0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0};
  const uint64_t freed_by[] = {0, 0, 0, 0, 5, 5, 7, 7, 9, 9, 11}; /* whose turn may have come */
  struct op_musical musical = {0};
  for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
    const evs_event event = given_event(i + 1, given[i].type, 0, given[i].data);
    op_musical_apply(&musical, &event);
    const struct op_grade *grade = op_grades_find(&musical.grades, "R");
    assert_int_equal(musical.held, held[i]);
    assert_int_equal(musical.offered, offered[i]);
    assert_int_equal(grade->held, held[i]);
    assert_int_equal(grade->offered, offered[i]);
    assert_int_equal(musical.waiting, waiting[i]);
    assert_int_equal(op_musical_available(&musical, grade), 7 - held[i] - offered[i]);
    assert_int_equal(musical.defined_by, 1);
    assert_int_equal(musical.freed_by, freed_by[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(entries),
                                     cmocka_unit_test(joining),
                                     cmocka_unit_test(first_who_fits),
                                     cmocka_unit_test(turns),
                                     cmocka_unit_test(seats_on_offer),
                                     cmocka_unit_test(seats_of_who_let_the_time_pass),
                                     cmocka_unit_test(who_stands_in_the_queue),
                                     cmocka_unit_test(ends),
                                     cmocka_unit_test(expiring)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
