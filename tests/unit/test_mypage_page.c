/* test_mypage_page.c - given the events of a saga, what the customer sees. */
#include "cmd/op-mypage/page.h"
#include "given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PLACE "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"seats\":10,\"amount\":500000,\"currency\":\"KRW\"}"
#define PARTLY "{\"reservationId\":\"1\",\"seats\":3,\"remainingSeats\":7,\"amount\":150000}"
#define WHOLLY "{\"reservationId\":\"1\",\"seats\":10,\"remainingSeats\":0,\"amount\":500000,\"reason\":\"ill\"}"
#define PAID "{\"reservationId\":\"1\",\"amount\":500000,\"currency\":\"KRW\"}"

struct step {
  const char *type, *data;
  enum page_status status;
  enum page_payment payment;
  int64_t seats, amount;
  bool changed;
  const char *detail;
};

/* Folds the steps and compares after each. */
static void play(const struct step *steps, size_t count) {
  struct page page = {0};
  for (size_t i = 0; i < count; i++) {
    struct op_text detail = {0};
    evs_event event = given_event(i + 1, steps[i].type, i, steps[i].data);
    assert_int_equal(page_apply(&page, &event), steps[i].changed);
    assert_int_equal(page.status, steps[i].status);
    assert_int_equal(page.payment, steps[i].payment);
    assert_int_equal(page.seats, steps[i].seats);
    assert_int_equal(page.amount, steps[i].amount);
    page_detail(&event, &page, "Frozen", &detail);
    assert_string_equal(detail.ptr, steps[i].detail);
    op_text_free(&detail);
  }
}

#define PLAY(steps) play(steps, sizeof(steps) / sizeof((steps)[0]))

/* A payment that was deferred says so until something came of it. */
static void test_deferred(void **state) {
  (void)state;
  static const char placed[] = "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"seats\":10,\"amount\":500000,"
                               "\"currency\":\"KRW\",\"payment\":\"deferred\"}";
  static const struct step steps[] = {
      {"ReservationPlaced", placed, PAGE_RESERVED, PAGE_DEFERRED, 10, 500000, true,
       "10 seats of Frozen reserved for 500,000 KRW, payment follows later."},
      {"ReservationCancelled", PARTLY, PAGE_RESERVED, PAGE_DEFERRED, 7, 350000, true, "3 seats cancelled, 7 left."},
      {"PaymentRetryRequested", "{\"operation\":\"authorize\"}", PAGE_RESERVED, PAGE_DEFERRED, 7, 350000, false,
       "Payment is tried again."},
      {"PaymentParked", "{\"operation\":\"authorize\"}", PAGE_RESERVED, PAGE_PARKED, 7, 350000, true,
       "Payment failed too often, somebody looks into it."},
      {"PaymentApproved", PAID, PAGE_PAID, PAGE_APPROVED, 7, 350000, true, "500,000 KRW charged."},
  };
  static const struct step given_up[] = {
      {"ReservationPlaced", placed, PAGE_RESERVED, PAGE_DEFERRED, 10, 500000, true,
       "10 seats of Frozen reserved for 500,000 KRW, payment follows later."},
      {"ReservationCancelled", WHOLLY, PAGE_CANCELLED, PAGE_PENDING, 10, 500000, true,
       "10 seats cancelled, the whole reservation (ill)."},
  };
  PLAY(steps);
  PLAY(given_up);
}

/* What fails is told, what is parked stands in the status until somebody has it tried again. */
static void test_parked(void **state) {
  (void)state;
  static const struct step steps[] = {
      {"ReservationPlaced", PLACE, PAGE_RESERVED, PAGE_PENDING, 10, 500000, true,
       "10 seats of Frozen reserved for 500,000 KRW."},
      {"PaymentAttemptFailed",
       "{\"operation\":\"authorize\",\"reason\":\"timeout\",\"retryAt\":\"2026-11-20T12:00:05Z\"}", PAGE_RESERVED,
       PAGE_PENDING, 10, 500000, false, "Payment without an answer (timeout), tried again at 2026-11-20T12:00:05Z."},
      {"PaymentParked", "{\"operation\":\"authorize\"}", PAGE_RESERVED, PAGE_PARKED, 10, 500000, true,
       "Payment failed too often, somebody looks into it."},
      {"PaymentRetryRequested", "{\"operation\":\"authorize\"}", PAGE_RESERVED, PAGE_PENDING, 10, 500000, true,
       "Payment is tried again."},
      {"PaymentApproved", PAID, PAGE_PAID, PAGE_APPROVED, 10, 500000, true, "500,000 KRW charged."},
      {"ReservationCancelled", WHOLLY, PAGE_CANCELLED, PAGE_APPROVED, 10, 500000, true,
       "10 seats cancelled, the whole reservation (ill)."},
      {"PaymentAttemptFailed", "{\"operation\":\"refund\",\"outcome\":\"declined\",\"reason\":\"no_funds\"}",
       PAGE_CANCELLED, PAGE_APPROVED, 10, 500000, false, "Refund refused (no_funds)."},
      {"PaymentParked", "{\"operation\":\"refund\"}", PAGE_CANCELLED, PAGE_REFUND_PARKED, 10, 500000, true,
       "Refund failed too often, somebody looks into it."},
      {"PaymentRetryRequested", "{\"operation\":\"refund\"}", PAGE_CANCELLED, PAGE_APPROVED, 10, 500000, true,
       "Refund is tried again."},
      {"PaymentCancelled", PAID, PAGE_PAYMENT_CANCELLED, PAGE_REFUNDED, 10, 500000, true,
       "500,000 KRW refunded, payment cancelled."},
      {"PaymentApproved", PAID, PAGE_PAYMENT_CANCELLED, PAGE_APPROVED, 10, 500000, true, "500,000 KRW charged."},
      {"PaymentParked", "{\"operation\":\"refund\"}", PAGE_PAYMENT_CANCELLED, PAGE_REFUND_PARKED, 10, 500000, true,
       "Refund failed too often, somebody looks into it."},
  };
  PLAY(steps);
}

/* The scenario: paid, cancelled, refunded. */
static void test_cancelled_saga(void **state) {
  (void)state;
  static const struct step steps[] = {
      {"ReservationPlaced", PLACE, PAGE_RESERVED, PAGE_PENDING, 10, 500000, true,
       "10 seats of Frozen reserved for 500,000 KRW."},
      {"PaymentApproved", PAID, PAGE_PAID, PAGE_APPROVED, 10, 500000, true, "500,000 KRW charged."},
      {"NotificationSent", "{\"template\":\"PaymentApproved\"}", PAGE_PAID, PAGE_APPROVED, 10, 500000, false,
       "Customer told about PaymentApproved."},
      {"ReservationCancelled", WHOLLY, PAGE_CANCELLED, PAGE_APPROVED, 10, 500000, true,
       "10 seats cancelled, the whole reservation (ill)."},
      {"SeatsReleased", "{\"seats\":10}", PAGE_CANCELLED, PAGE_APPROVED, 10, 500000, true, "10 seats free again."},
      {"SeatsReleased", "{\"seats\":10}", PAGE_CANCELLED, PAGE_APPROVED, 10, 500000, false, "10 seats free again."},
      {"PaymentCancelled", PAID, PAGE_PAYMENT_CANCELLED, PAGE_REFUNDED, 10, 500000, true,
       "500,000 KRW refunded, payment cancelled."},
  };
  PLAY(steps);
}

/* Some seats given up: the statuses stay. */
static void test_partial_cancellation(void **state) {
  (void)state;
  static const struct step steps[] = {
      {"ReservationPlaced", PLACE, PAGE_RESERVED, PAGE_PENDING, 10, 500000, true,
       "10 seats of Frozen reserved for 500,000 KRW."},
      {"PaymentApproved", PAID, PAGE_PAID, PAGE_APPROVED, 10, 500000, true, "500,000 KRW charged."},
      {"ReservationCancelled", PARTLY, PAGE_PAID, PAGE_APPROVED, 7, 350000, true, "3 seats cancelled, 7 left."},
      {"PaymentRefunded", "{\"amount\":150000}", PAGE_PAID, PAGE_APPROVED, 7, 350000, true, "150,000 KRW refunded."},
  };
  PLAY(steps);
}

/* A declined payment, and a cancellation before any payment. */
static void test_unpaid_sagas(void **state) {
  (void)state;
  static const struct step declined[] = {
      {"ReservationPlaced", PLACE, PAGE_RESERVED, PAGE_PENDING, 10, 500000, true,
       "10 seats of Frozen reserved for 500,000 KRW."},
      {"PaymentDeclined", "{\"amount\":500000,\"reason\":\"no funds\"}", PAGE_RESERVED, PAGE_DECLINED, 10, 500000, true,
       "500,000 KRW declined (no funds)."},
      {"ReservationCancelled", WHOLLY, PAGE_CANCELLED, PAGE_DECLINED, 10, 500000, true,
       "10 seats cancelled, the whole reservation (ill)."},
  };
  static const struct step unpaid[] = {
      {"ReservationPlaced", PLACE, PAGE_RESERVED, PAGE_PENDING, 10, 500000, true,
       "10 seats of Frozen reserved for 500,000 KRW."},
      {"ReservationCancelled", WHOLLY, PAGE_CANCELLED, PAGE_PENDING, 10, 500000, true,
       "10 seats cancelled, the whole reservation (ill)."},
      {"PaymentCancelled", "{\"amount\":0}", PAGE_PAYMENT_CANCELLED, PAGE_REFUNDED, 10, 500000, true,
       "Payment cancelled, nothing to refund."},
  };
  PLAY(declined);
  PLAY(unpaid);
}

#define LOCATED                                                                                                        \
  "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"seats\":1,\"amount\":5,\"currency\":\"KRW\",\"lat\":37.5,\"lon\":"   \
  "127,"                                                                                                               \
  "\"fulfil\":\"pickup\"}"
#define AT_B(more) "{\"reservationId\":\"1\",\"branchId\":\"b\"" more "}"

/* A reservation with a location, step by step: what the branch does, beside everything else. */
static void test_pickup(void **state) {
  (void)state;
  static const struct {
    const char *type, *data;
    enum page_pickup pickup;
    bool changed;
    const char *branch, *detail;
  } steps[] = {
      {"ReservationPlaced", LOCATED, PAGE_PICKUP_PENDING, true, "", "1 seat of Frozen reserved for 5 KRW."},
      {"AssignmentFailed", "{\"reason\":\"no_branch_in_reach\"}", PAGE_PICKUP_FAILED, true, "",
       "There is no branch in reach."},
      {"AssignmentFailed", "{\"reason\":\"no_capacity\"}", PAGE_PICKUP_FAILED, false, "",
       "Every branch in reach is full today."},
      {"PickupReleased", AT_B(""), PAGE_PICKUP_FAILED, false, "", "Branch b has it no more."},
      {"PickupAssigned", AT_B(",\"distanceKm\":1.5,\"fulfil\":\"pickup\""), PAGE_PICKUP_ASSIGNED, true, "b",
       "To be picked up at branch b, 1.5 km away."},
      {"PickupAssigned", "{\"branchId\":\"c\",\"fulfil\":\"delivery\",\"distanceKm\":\"x\"}", PAGE_PICKUP_ASSIGNED,
       false, "b", "Branch c delivers it."},
      {"PaymentApproved", PAID, PAGE_PICKUP_ASSIGNED, true, "b", "500,000 KRW charged."},
      {"PickupCollected", AT_B(""), PAGE_PICKUP_COLLECTED, true, "b", "Handed over by branch b."},
      {"PickupReleased", AT_B(""), PAGE_PICKUP_COLLECTED, false, "b", "Branch b has it no more."},
  };
  struct page page = {0};
  struct op_text text = {0};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    evs_event event = given_event(i + 1, steps[i].type, 0, steps[i].data);
    print_message("# %s\n", steps[i].type);
    assert_int_equal(page_apply(&page, &event), steps[i].changed);
    assert_int_equal(page.pickup, steps[i].pickup);
    assert_string_equal(page.branch_id, steps[i].branch);
    assert_string_equal(page.fulfil, "pickup");
    op_text_reset(&text);
    page_detail(&event, &page, "Frozen", &text);
    assert_string_equal(text.ptr, steps[i].detail);
  }
  op_text_free(&text);
}

/* What is given up before a branch has it was never at one; after that the branch gives it back. */
static void test_given_up(void **state) {
  (void)state;
  struct page page = {0};
  evs_event placed = given_event(1, "ReservationPlaced", 0, LOCATED),
            cancelled = given_event(3, "ReservationCancelled", 0, WHOLLY);
  evs_event assigned = given_event(2, "PickupAssigned", 0, AT_B("")),
            released = given_event(4, "PickupReleased", 0, AT_B(""));
  page_apply(&page, &placed);
  assert_true(page_apply(&page, &cancelled));
  assert_int_equal(page.pickup, PAGE_PICKUP_CANCELLED);
  page = (struct page){0};
  page_apply(&page, &placed);
  page_apply(&page, &assigned);
  page_apply(&page, &cancelled);
  assert_int_equal(page.pickup, PAGE_PICKUP_ASSIGNED);
  assert_true(page_apply(&page, &released));
  assert_int_equal(page.pickup, PAGE_PICKUP_RELEASED);
}

/* The ticket goes on, and is void as soon as its reservation is cancelled, said or not. */
static void test_ticket(void **state) {
  (void)state;
  static const struct {
    const char *type, *data;
    enum page_ticket ticket;
    bool changed;
    const char *detail; /* NULL: another test's */
  } steps[] = {
      {"ReservationPlaced", PLACE, PAGE_NO_TICKET, true, NULL},
      {"PaymentApproved", PAID, PAGE_TICKET_READY, true, NULL},
      {"TicketReady", "{\"seats\":10}", PAGE_TICKET_READY, true, "Ticket can be issued."},
      {"TicketReady", "{\"seats\":10}", PAGE_TICKET_READY, false, "Ticket can be issued."},
      {"TicketIssued", "{\"seats\":1,\"code\":\"X\"}", PAGE_TICKET_ISSUED, true, "Ticket issued for 1 seat."},
      {"ReservationCancelled", PARTLY, PAGE_TICKET_ISSUED, true, NULL},
      {"ReservationCancelled", WHOLLY, PAGE_TICKET_VOIDED, true, NULL},
      {"TicketVoided", "{}", PAGE_TICKET_VOIDED, false, "Ticket is void."},
      {"TicketAdmitted", "{\"seats\":7}", PAGE_TICKET_VOIDED, false, "Admitted with 7 seats."},
  };
  struct page page = {0};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    struct op_text detail = {0};
    evs_event event = given_event(i + 1, steps[i].type, i, steps[i].data);
    assert_int_equal(page_apply(&page, &event), steps[i].changed);
    assert_int_equal(page.ticket, steps[i].ticket);
    page_detail(&event, &page, "Frozen", &detail);
    if (steps[i].detail)
      assert_string_equal(detail.ptr, steps[i].detail);
    op_text_free(&detail);
  }
  page.ticket = PAGE_TICKET_ISSUED;
  evs_event event = given_event(20, "TicketAdmitted", 0, "{}");
  assert_true(page_apply(&page, &event));
  event = given_event(21, "TicketVoided", 0, "{}");
  assert_false(page_apply(&page, &event));
  assert_string_equal(page_tickets[page.ticket], "Admitted");
}

#define ABOUT "\"template\":\"PaymentApproved\",\"reason\":\"exit_1\",\"retryAt\":\"2026-11-20T12:00:00Z\""
#define ITEM "\"consumer\":\"kakao\",\"seq\":2,\"eventType\":\"PaymentApproved\",\"reason\":\"false exited 1\""

/* Steps that change nothing of the reservation, each in its words. */
static void test_backstage(void **state) {
  (void)state;
#define BACKSTAGE(type, data, sentence)                                                                                \
  { type, data, PAGE_RESERVED, PAGE_PENDING, 10, 500000, false, sentence }
  static const struct step steps[] = {
      {"ReservationPlaced", PLACE, PAGE_RESERVED, PAGE_PENDING, 10, 500000, true,
       "10 seats of Frozen reserved for 500,000 KRW."},
      BACKSTAGE("NotificationFailed", "{" ABOUT "}",
                "Customer could not be told about PaymentApproved (exit_1), tried again at 2026-11-20T12:00:00Z."),
      BACKSTAGE("NotificationParked", "{" ABOUT "}",
                "Customer could not be told about PaymentApproved (exit_1), somebody looks into it."),
      BACKSTAGE("NotificationRetryRequested", "{" ABOUT "}", "Notice about PaymentApproved is tried again."),
      BACKSTAGE("NotificationWithdrawn", "{\"template\":\"PaymentApproved\",\"reason\":\"customer_forgotten\"}",
                "Customer is not told about PaymentApproved (customer_forgotten)."),
      BACKSTAGE("ConsumerAttemptFailed", "{" ITEM "}", "Consumer kakao failed on PaymentApproved (false exited 1)."),
      BACKSTAGE("ConsumerEventParked", "{" ITEM "}",
                "Consumer kakao failed on PaymentApproved too often (false exited 1), somebody looks into it."),
      BACKSTAGE("ConsumerEventParked", "{\"behind\":1," ITEM "}",
                "Consumer kakao gets PaymentApproved later, in its turn."),
      BACKSTAGE("ConsumerEventRetried", "{" ITEM "}", "Consumer kakao gets PaymentApproved again."),
      BACKSTAGE("ConsumerEventDropped", "{" ITEM "}", "Consumer kakao never gets PaymentApproved, it was given up."),
      BACKSTAGE("ConsumerEventDelivered", "{" ITEM "}", "Consumer kakao took PaymentApproved after all."),
      BACKSTAGE("NotificationFailed", "{}", "Customer could not be told about the reservation."),
      BACKSTAGE("ConsumerEventParked", "{}", "Consumer unknown failed on an event too often, somebody looks into it."),
  };
#undef BACKSTAGE
  PLAY(steps);
}

/* What is sold, charged and held after each event. */
static void test_sums(void **state) {
  static const struct {
    const char *type, *data;
    int64_t seats, amount, charged, held;
  } steps[] = {
      {"PaymentApproved", PAID, 0, 0, 0, 0}, /* of nobody yet */
      {"ReservationPlaced", PLACE, 10, 500000, 0, 10},
      {"ReservationPlaced", PLACE, 10, 500000, 0, 10}, /* a second one of the id */
      {"PaymentApproved", PAID, 10, 500000, 500000, 10},
      {"PaymentApproved", PAID, 10, 500000, 500000, 10}, /* one outcome */
      {"ReservationCancelled", PARTLY, 7, 350000, 500000, 10},
      {"SeatsReleased", "{\"seats\":3}", 7, 350000, 500000, 7},
      {"PaymentRefunded", "{\"amount\":150000,\"currency\":\"KRW\"}", 7, 350000, 350000, 7},
      {"PaymentRefunded", "{\"amount\":1,\"currency\":\"USD\"}", 7, 350000, 350000, 7}, /* never added up */
      {"ReservationCancelled", "{\"seats\":7,\"remainingSeats\":0,\"amount\":350000}", 0, 0, 350000, 7},
      {"ReservationCancelled", WHOLLY, 0, 0, 350000, 7},
      {"PaymentCancelled", "{\"amount\":999999999}", 0, 0, 0, 7}, /* more than there is */
      {"SeatsReleased", "{\"seats\":99}", 0, 0, 0, 0},
      {"PaymentApproved", PAID, 0, 0, 500000, 0}, /* late */
      {"PaymentCancelled", PAID, 0, 0, 0, 0},
  };
  (void)state;
  struct page page = {0};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    evs_event event = given_event(i + 1, steps[i].type, i, steps[i].data);
    page_apply(&page, &event);
    const struct page_sums sums = page_sums(&page);
    assert_int_equal(sums.seats, steps[i].seats);
    assert_int_equal(sums.amount, steps[i].amount);
    assert_int_equal(sums.charged, steps[i].charged);
    assert_int_equal(page.held, steps[i].held);
  }
}

/* Odd events change nothing and get a sentence. */
static void test_odd_events(void **state) {
  (void)state;
  static const struct step steps[] = {
      {"PaymentApproved", PAID, PAGE_RESERVED, PAGE_PENDING, 0, 0, false, "500,000 KRW charged."},
      {"ReservationPlaced", "{\"reservationId\":\"1\",\"seats\":-5,\"amount\":\"much\"}", PAGE_RESERVED, PAGE_PENDING,
       0, 0, true, "0 seats of Frozen reserved for 0 KRW."},
      {"Applauded", "{}", PAGE_RESERVED, PAGE_PENDING, 0, 0, false, "Applauded recorded."},
      {"ReservationCancelled", "{}", PAGE_CANCELLED, PAGE_PENDING, 0, 0, true,
       "0 seats cancelled, the whole reservation."},
      {"ReservationCancelled", "{}", PAGE_CANCELLED, PAGE_PENDING, 0, 0, false,
       "0 seats cancelled, the whole reservation."},
  };
  PLAY(steps);
  char id[OP_MAX_ID + 1];
  evs_event event = given_event(1, "Applauded", 0, "{\"reservationId\":\"9\"}");
  assert_true(page_of(&event, id));
  assert_string_equal(id, "9");
  event = given_event(1, "Applauded", 0, "{}");
  assert_true(page_of(&event, id));
  assert_string_equal(id, "1");
  event.correlation = (evs_slice){NULL, 0};
  assert_false(page_of(&event, id));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cancelled_saga), cmocka_unit_test(test_parked),
      cmocka_unit_test(test_deferred),       cmocka_unit_test(test_partial_cancellation),
      cmocka_unit_test(test_unpaid_sagas),   cmocka_unit_test(test_sums),
      cmocka_unit_test(test_odd_events),     cmocka_unit_test(test_backstage),
      cmocka_unit_test(test_ticket),         cmocka_unit_test(test_pickup),
      cmocka_unit_test(test_given_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
