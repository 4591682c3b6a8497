/* test_ticket_decide.c - given the events of a reservation, when op-ticket decides, then these events, or this refusal.
 */
#include "cmd/op-ticket/decide.h"
#include "cmd/op-ticket/performance.h"
#include "given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OLD_CODE "0123-4567-89AB-CDEF"
#define NEW_CODE "7XKQ-2M9D-VH4T-0CPR"
#define OF_1 "\"ticketId\":\"1\",\"reservationId\":\"1\",\"musicalId\":\"m\",\"customerId\":\"kim\""

#define PLACED                                                                                                         \
  { "ReservationPlaced", "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"customerId\":\"kim\",\"seats\":10}" }
#define PAID                                                                                                           \
  { "PaymentApproved", "{\"reservationId\":\"1\"}" }
#define PARTLY                                                                                                         \
  { "ReservationCancelled", "{\"reservationId\":\"1\",\"seats\":3}" }
#define WHOLLY                                                                                                         \
  { "ReservationCancelled", "{\"reservationId\":\"1\",\"seats\":10}" }
#define REFUNDED                                                                                                       \
  { "PaymentCancelled", "{\"reservationId\":\"1\"}" }
#define READY                                                                                                          \
  { "TicketReady", "{\"reservationId\":\"1\"}" }
#define ISSUED                                                                                                         \
  { "TicketIssued", "{\"reservationId\":\"1\",\"code\":\"" OLD_CODE "\"}" }
#define ADMITTED                                                                                                       \
  { "TicketAdmitted", "{\"reservationId\":\"1\"}" }
#define VOIDED                                                                                                         \
  { "TicketVoided", "{\"reservationId\":\"1\",\"reason\":\"reservation_cancelled\"}" }

struct given {
  const char *type, *data;
};

enum command { RUN, ISSUE, ADMIT };

struct row {
  const char *name;
  struct given given[8];
  const char *status; /* the word, or NULL */
  enum command when;
  const char *then; /* types of the events, with spaces between them; or the code of the refusal */
  const char *data; /* of the last event */
  uint64_t causation;
};

static const struct row rows[] = {
    {"nothing is placed", {{0}}, NULL, ISSUE, "no_such_reservation", NULL, 0},
    {"not paid: nothing is owed", {PLACED}, NULL, RUN, "", NULL, 0},
    {"not paid", {PLACED}, NULL, ISSUE, "not_paid", NULL, 0},
    {"paid: ready", {PLACED, PAID}, "Ready", RUN, "TicketReady", "{" OF_1 ",\"seats\":10}", 2},
    {"ready once", {PLACED, PAID, READY}, "Ready", RUN, "", NULL, 0},
    {"issued",
     {PLACED, PAID, READY},
     "Ready",
     ISSUE,
     "TicketIssued",
     "{" OF_1 ",\"seats\":10,\"code\":\"" NEW_CODE "\"}",
     3},
    {"issued while nobody runs",
     {PLACED, PAID},
     "Ready",
     ISSUE,
     "TicketReady TicketIssued",
     "{" OF_1 ",\"seats\":10,\"code\":\"" NEW_CODE "\"}",
     2},
    {"issued for what is left",
     {PLACED, PAID, READY, PARTLY},
     "Ready",
     ISSUE,
     "TicketIssued",
     "{" OF_1 ",\"seats\":7,\"code\":\"" NEW_CODE "\"}",
     3},
    {"issued once", {PLACED, PAID, READY, ISSUED}, "Issued", ISSUE, "", NULL, 0},
    {"nothing is owed to an issued ticket", {PLACED, PAID, READY, ISSUED}, "Issued", RUN, "", NULL, 0},
    {"given again though it was used", {PLACED, PAID, READY, ISSUED, ADMITTED}, "Admitted", ISSUE, "", NULL, 0},
    {"cancelled before it was paid", {PLACED, WHOLLY}, NULL, ISSUE, "payment_cancelled", NULL, 0},
    {"and paid all the same", {PLACED, WHOLLY, PAID}, NULL, ISSUE, "payment_cancelled", NULL, 0},
    {"and never ready", {PLACED, WHOLLY, PAID}, NULL, RUN, "", NULL, 0},
    {"cancelled when nobody had said that it is ready",
     {PLACED, PAID, WHOLLY},
     "Voided",
     RUN,
     "TicketVoided",
     "{" OF_1 ",\"seats\":10,\"reason\":\"reservation_cancelled\"}",
     3},
    {"cancelled: refused at once", {PLACED, PAID, READY, WHOLLY}, "Voided", ISSUE, "payment_cancelled", NULL, 0},
    {"its payment was cancelled", {PLACED, PAID, READY, REFUNDED}, "Voided", ISSUE, "payment_cancelled", NULL, 0},
    {"a ready ticket is voided",
     {PLACED, PAID, READY, WHOLLY},
     "Voided",
     RUN,
     "TicketVoided",
     "{" OF_1 ",\"seats\":10,\"reason\":\"reservation_cancelled\"}",
     4},
    {"an issued one, too",
     {PLACED, PAID, READY, ISSUED, PARTLY, REFUNDED},
     "Voided",
     RUN,
     "TicketVoided",
     "{" OF_1 ",\"seats\":7,\"code\":\"" OLD_CODE "\",\"reason\":\"payment_cancelled\"}",
     6},
    {"voided once", {PLACED, PAID, READY, ISSUED, WHOLLY, VOIDED}, "Voided", RUN, "", NULL, 0},
    {"void is void", {PLACED, PAID, READY, ISSUED, VOIDED}, "Voided", ISSUE, "payment_cancelled", NULL, 0},
    {"admitted with the seats that are left",
     {PLACED, PAID, READY, ISSUED, PARTLY},
     "Issued",
     ADMIT,
     "TicketAdmitted",
     "{" OF_1 ",\"seats\":7,\"code\":\"" OLD_CODE "\"}",
     4},
    {"admitted once", {PLACED, PAID, READY, ISSUED, ADMITTED}, "Admitted", ADMIT, "already_admitted", NULL, 0},
    {"not admitted once it is cancelled",
     {PLACED, PAID, READY, ISSUED, WHOLLY},
     "Voided",
     ADMIT,
     "payment_cancelled",
     NULL,
     0},
    {"nor when that was said",
     {PLACED, PAID, READY, ISSUED, WHOLLY, VOIDED},
     "Voided",
     ADMIT,
     "payment_cancelled",
     NULL,
     0},
    {"a used ticket stays used", {PLACED, PAID, READY, ISSUED, ADMITTED, WHOLLY}, "Admitted", RUN, "", NULL, 0},
    /* Anyone may append events. */
    {"a second code is none",
     {PLACED, PAID, READY, ISSUED, {"TicketIssued", "{\"reservationId\":\"1\",\"code\":\"" NEW_CODE "\"}"}},
     "Issued",
     ADMIT,
     "TicketAdmitted",
     "{" OF_1 ",\"seats\":10,\"code\":\"" OLD_CODE "\"}",
     4},
    {"issued without a code is not issued",
     {PLACED, PAID, READY, {"TicketIssued", "{\"reservationId\":\"1\",\"code\":\"x\"}"}},
     "Ready",
     ISSUE,
     "TicketIssued",
     NULL,
     3},
    {"admitted before it was issued is not admitted",
     {PLACED, PAID, READY, ADMITTED},
     "Ready",
     ISSUE,
     "TicketIssued",
     NULL,
     3},
    {"issued behind its cancellation is not issued",
     {PLACED, PAID, READY, WHOLLY, ISSUED},
     "Voided",
     ISSUE,
     "payment_cancelled",
     NULL,
     0},
    {"the events of another reservation are not its own",
     {PLACED, {"PaymentApproved", "{\"reservationId\":\"2\"}"}, {"PaymentApproved", "{}"}},
     NULL,
     ISSUE,
     "not_paid",
     NULL,
     0},
    {"a reservation of no seats is none",
     {{"ReservationPlaced", "{\"reservationId\":\"1\",\"musicalId\":\"m\"}"}, PAID},
     NULL,
     ISSUE,
     "no_such_reservation",
     NULL,
     0},
};

/* Folds what is given. */
static void fold(const struct row *row, struct ticket *ticket) {
  for (uint64_t seq = 1; seq <= 8 && row->given[seq - 1].type; seq++) {
    evs_event event = given_event(seq, row->given[seq - 1].type, seq - 1, row->given[seq - 1].data);
    ticket_apply(ticket, &event);
  }
}

/* Every row. */
static void decisions(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *row = &rows[i];
    const struct op_request none = {NULL, NULL};
    struct ticket ticket = {0};
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    fold(row, &ticket);
    const char *status = ticket_status_word(ticket_status(&ticket));
    int code = OP_OK;
    if (row->when == RUN) {
      decide_ready(&ticket, &drafts, &guard);
      decide_void(&ticket, &drafts, &guard);
    } else if (row->when == ISSUE) {
      code = decide_issue(&ticket, "1", NEW_CODE, &none, &drafts, &guard, &error);
    } else {
      code = decide_admit(&ticket, &none, &drafts, &guard, &error);
    }
    char got[128] = "";
    for (size_t draft = 0; draft < drafts.count; draft++)
      snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", draft > 0 ? " " : "", drafts.items[draft].type);
    if (code != OP_OK)
      snprintf(got, sizeof got, "%s", error.code);
    const struct op_draft *last = drafts.count > 0 ? &drafts.items[drafts.count - 1] : NULL;
    if (strcmp(got, row->then) != 0 || strcmp(status ? status : "", row->status ? row->status : "") != 0 ||
        (row->data && strcmp(last ? last->data.ptr : "", row->data) != 0))
      fail_msg("%s: %s, %s, %s", row->name, got, status ? status : "no ticket", last ? last->data.ptr : error.message);
    if (last) {
      assert_int_equal(last->causation, row->causation);
      assert_string_equal(last->correlation, "1");
      assert_int_equal(guard.count, 1);
    }
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* Whatever happens to the ticket, its reservation or its payment is in the guard, and the request. */
static void guards(void **state) {
  (void)state;
  static const char *const in_the_way[] = {"ReservationCancelled", "PaymentCancelled", "TicketReady",
                                           "TicketIssued",         "TicketAdmitted",   "TicketVoided"};
  const struct row row = {.given = {PLACED, PAID, READY, ISSUED}};
  const struct op_request request = {"k", "admit code=" OLD_CODE};
  struct ticket ticket = {0};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct op_error error = {0};
  fold(&row, &ticket);
  assert_int_equal(decide_admit(&ticket, &request, &drafts, &guard, &error), OP_OK);
  const evs_query *query = op_guard_query(&guard);
  assert_int_equal(query->count, 2);
  assert_int_equal(query->items[0].type_count, 0);
  assert_string_equal(query->items[0].tags[0], "request:k");
  assert_int_equal(query->items[1].type_count, sizeof in_the_way / sizeof in_the_way[0]);
  for (size_t i = 0; i < query->items[1].type_count; i++)
    assert_string_equal(query->items[1].types[i], in_the_way[i]);
  assert_string_equal(query->items[1].tags[0], "reservation:1");
  const char *tags[] = {"musical:m", "reservation:1", "customer:kim", "ticket:0123-4567-89AB-CDEF", "request:k"};
  assert_int_equal(drafts.items[0].tag_count, 5);
  for (size_t i = 0; i < 5; i++)
    assert_string_equal(drafts.items[0].tags[i], tags[i]);
  assert_string_equal(drafts.items[0].id, "ticket-admitted:1");
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* A door lets in who has a ticket of its musical. */
static void only_of_the_musical(void **state) {
  const struct ticket ticket = {.reservation_id = "1", .musical_id = "m"};
  struct op_error error = {0};
  (void)state;
  assert_int_equal(decide_musical(&ticket, NULL, &error), OP_OK);
  assert_int_equal(decide_musical(&ticket, "m", &error), OP_OK);
  assert_int_equal(decide_musical(&ticket, "n", &error), OP_REFUSED);
  assert_string_equal(error.code, "wrong_musical");
  assert_string_equal(error.message, "ticket 1: it is for musical m, not for n");
}

/* The first registration counts, and every revision. */
static void performances(void **state) {
  struct performance performance = {0};
  (void)state;
  const struct given given[] = {
      {"MusicalRevised", "{\"musicalId\":\"m\",\"startsAt\":\"2026-01-01T00:00:00Z\"}"},
      {"MusicalRegistered", "{\"musicalId\":\"m\",\"name\":\"Cats\",\"startsAt\":\"2026-12-24T10:30:00Z\"}"},
      {"MusicalRegistered", "{\"musicalId\":\"m\",\"name\":\"Dogs\"}"},
  };
  for (uint64_t i = 0; i < 3; i++) {
    evs_event event = given_event(i + 1, given[i].type, 0, given[i].data);
    performance_apply(&performance, &event);
  }
  assert_string_equal(performance.musical_id, "m");
  assert_string_equal(performance.name, "Cats");
  assert_string_equal(performance.starts_at, "2026-12-24T10:30:00Z");
  assert_int_equal(performance.registered_seq, 2);
  evs_event event = given_event(4, "MusicalRevised", 0, "{\"musicalId\":\"m\",\"price\":1}");
  performance_apply(&performance, &event);
  assert_string_equal(performance.starts_at, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(decisions), cmocka_unit_test(guards),
                                     cmocka_unit_test(only_of_the_musical), cmocka_unit_test(performances)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
