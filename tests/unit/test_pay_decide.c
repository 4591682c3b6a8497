/* test_pay_decide.c - given events, when op-pay decides, then this and nothing else is due. */
#include "cmd/op-pay/decide.h"
#include "given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PLACED "ReservationPlaced"
#define CANCELLED "ReservationCancelled"
#define PLACE                                                                                                          \
  "{\"reservationId\":\"1\",\"musicalId\":\"m\",\"customerId\":\"c\",\"seats\":10,\"price\":50000,"                    \
  "\"amount\":500000,\"currency\":\"KRW\"}"
#define PARTLY "{\"reservationId\":\"1\",\"seats\":3,\"remainingSeats\":7,\"amount\":150000,\"currency\":\"KRW\"}"
#define WHOLLY "{\"reservationId\":\"1\",\"seats\":10,\"remainingSeats\":0,\"amount\":500000,\"currency\":\"KRW\"}"
#define PAID "{\"paymentId\":\"1\",\"reservationId\":\"1\",\"amount\":500000,\"provider\":\"approve\"}"
#define REFUND "{\"paymentId\":\"1\",\"reservationId\":\"1\",\"amount\":150000}"

struct given {
  const char *type;
  uint64_t causation;
  const char *data;
};

/* Folds events with the seqs 1, 2, 3 ...; the queue of cancellations is kept here as the read model keeps it. */
static struct payment fold(const struct given *given, size_t count) {
  struct payment payment = {0};
  struct cancellation queue[8] = {{0}}, opened;
  size_t queued = 0;
  for (size_t i = 0; i < count && given[i].type != NULL; i++) {
    evs_event event = given_event(i + 1, given[i].type, given[i].causation, given[i].data);
    payment_apply(&payment, &event, &opened);
    if (opened.seq != 0)
      queue[queued++] = opened;
    size_t kept = 0;
    for (size_t j = 0; j < queued; j++) {
      bool ended = payment.status == PAYMENT_DECLINED || payment.status == PAYMENT_CANCELLED;
      bool answered = strcmp(given[i].type, "PaymentRefunded") == 0 && given[i].causation == queue[j].seq;
      if (!ended && !answered)
        queue[kept++] = queue[j];
    }
    queued = kept;
  }
  payment.open = queued > 0 ? queue[0] : (struct cancellation){0};
  return payment;
}

struct row {
  const char *name;
  struct given given[6];
  enum pay_action action;
  int64_t amount;
  uint64_t cause;
};

static const struct row rows[] = {
    {"placed: charge all of it", {{PLACED, 0, PLACE}}, PAY_AUTHORIZE, 500000, 1},
    {"partly cancelled before the charge: charge the rest",
     {{PLACED, 0, PLACE}, {CANCELLED, 1, PARTLY}},
     PAY_AUTHORIZE,
     350000,
     1},
    {"wholly cancelled before the charge: nothing is charged, the payment ends",
     {{PLACED, 0, PLACE}, {CANCELLED, 1, WHOLLY}},
     PAY_CANCEL,
     0,
     2},
    {"partly, then wholly cancelled before the charge: the whole one is answered",
     {{PLACED, 0, PLACE}, {CANCELLED, 1, PARTLY}, {CANCELLED, 1, WHOLLY}},
     PAY_CANCEL,
     0,
     3},
    {"paid: nothing is due", {{PLACED, 0, PLACE}, {"PaymentApproved", 1, PAID}}, PAY_NOTHING, 0, 0},
    {"paid, partly cancelled: give back a part",
     {{PLACED, 0, PLACE}, {"PaymentApproved", 1, PAID}, {CANCELLED, 1, PARTLY}},
     PAY_REFUND,
     150000,
     3},
    {"paid, cancelled twice: the older cancellation first",
     {{PLACED, 0, PLACE}, {"PaymentApproved", 1, PAID}, {CANCELLED, 1, PARTLY}, {CANCELLED, 1, WHOLLY}},
     PAY_REFUND,
     150000,
     3},
    {"the older one answered: the rest is given back",
     {{PLACED, 0, PLACE},
      {"PaymentApproved", 1, PAID},
      {CANCELLED, 1, PARTLY},
      {CANCELLED, 1, WHOLLY},
      {"PaymentRefunded", 3, REFUND}},
     PAY_CANCEL,
     350000,
     4},
    {"paid, wholly cancelled: give all back",
     {{PLACED, 0, PLACE}, {"PaymentApproved", 1, PAID}, {CANCELLED, 1, WHOLLY}},
     PAY_CANCEL,
     500000,
     3},
    {"the payment has ended: nothing is due",
     {{PLACED, 0, PLACE}, {"PaymentApproved", 1, PAID}, {CANCELLED, 1, WHOLLY}, {"PaymentCancelled", 3, PAID}},
     PAY_NOTHING,
     0,
     0},
    {"declined, then cancelled: nothing is due",
     {{PLACED, 0, PLACE}, {"PaymentDeclined", 1, PAID}, {CANCELLED, 2, WHOLLY}},
     PAY_NOTHING,
     0,
     0},
    {"charged behind a whole cancellation: given back",
     {{PLACED, 0, PLACE}, {CANCELLED, 1, WHOLLY}, {"PaymentApproved", 1, PAID}},
     PAY_CANCEL,
     500000,
     2},
    {"more refunded than charged is never due",
     {{PLACED, 0, PLACE},
      {"PaymentApproved", 1, "{\"reservationId\":\"1\",\"amount\":100000}"},
      {CANCELLED, 1, PARTLY}},
     PAY_REFUND,
     100000,
     3},
    {"an odd cancellation counts as a whole one",
     {{PLACED, 0, PLACE}, {CANCELLED, 1, "{\"reservationId\":\"1\",\"amount\":-7}"}},
     PAY_CANCEL,
     0,
     2},
};

/* Every row of the table. */
static void test_decisions(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct payment payment = fold(rows[i].given, sizeof rows[i].given / sizeof rows[i].given[0]);
    struct pay_step step = pay_decide(&payment);
    if (step.action != rows[i].action || step.amount != rows[i].amount || step.cause != rows[i].cause)
      fail_msg("%s: action %d amount %lld cause %llu", rows[i].name, (int)step.action, (long long)step.amount,
               (unsigned long long)step.cause);
  }
}

/* Events of anyone: huge, negative, missing, without an id, about nothing known. */
static void test_odd_events(void **state) {
  (void)state;
  struct cancellation opened;
  struct payment payment = {0};
  evs_event event = given_event(1, PLACED, 0, "{\"reservationId\":\"a b\",\"amount\":5}");
  payment_apply(&payment, &event, &opened);
  assert_string_equal(payment.reservation_id, "");
  event = given_event(2, CANCELLED, 0, WHOLLY);
  payment_apply(&payment, &event, &opened);
  assert_int_equal(opened.seq, 0);
  event = given_event(3, PLACED, 0, "{\"reservationId\":\"1\",\"amount\":9007199254740991}");
  payment_apply(&payment, &event, &opened);
  assert_int_equal(payment.amount, OP_MAX_MONEY);
  assert_string_equal(payment.currency, "KRW");
  event = given_event(4, "PaymentRefunded", 0, REFUND);
  payment_apply(&payment, &event, &opened);
  assert_int_equal(payment.refunded, 0);
}

/* What is recorded of a step: type, id and amounts, and a guard. */
static void test_record(void **state) {
  (void)state;
  const struct given given[] = {{PLACED, 0, PLACE}, {"PaymentApproved", 1, PAID}, {CANCELLED, 1, PARTLY}};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct provider_answer approved = {.status = PROVIDER_APPROVED, .provider_ref = "approve:1"};
  struct provider_answer refunded = {.status = PROVIDER_REFUNDED, .provider_ref = "approve:1"};
  struct provider_answer unknown = {.status = PROVIDER_UNKNOWN};
  struct payment payment = fold(given, 1);
  struct pay_step step = pay_decide(&payment);
  assert_false(pay_record(&payment, &step, "approve", &unknown, &drafts, &guard));
  assert_false(pay_record(&payment, &step, NULL, NULL, &drafts, &guard));
  assert_int_equal(drafts.count, 0);
  assert_true(pay_record(&payment, &step, "approve", &approved, &drafts, &guard));
  assert_string_equal(drafts.items[0].type, "PaymentApproved");
  assert_string_equal(drafts.items[0].id, "payment:1:approved");
  assert_int_equal(drafts.items[0].causation, 1);
  assert_string_equal(drafts.items[0].data.ptr,
                      "{\"paymentId\":\"1\",\"reservationId\":\"1\",\"customerId\":\"c\",\"amount\":500000,"
                      "\"currency\":\"KRW\",\"provider\":\"approve\",\"providerRef\":\"approve:1\"}");
  assert_int_equal(guard.count, 1);
  payment = fold(given, 3);
  step = pay_decide(&payment);
  assert_true(pay_record(&payment, &step, "approve", &refunded, &drafts, &guard));
  assert_string_equal(drafts.items[1].id, "payment-refunded:3");
  assert_non_null(strstr(drafts.items[1].data.ptr, "\"amount\":150000,\"remainingAmount\":350000"));
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* A declined authorization, and a cancellation that needs no provider. */
static void test_record_without_money(void **state) {
  (void)state;
  const struct given given[] = {{PLACED, 0, PLACE}, {CANCELLED, 1, WHOLLY}};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct provider_answer declined = {.status = PROVIDER_DECLINED, .reason = "no funds"};
  struct payment payment = fold(given, 1);
  struct pay_step step = pay_decide(&payment);
  assert_true(pay_record(&payment, &step, "exec", &declined, &drafts, &guard));
  assert_string_equal(drafts.items[0].type, "PaymentDeclined");
  assert_non_null(strstr(drafts.items[0].data.ptr, "\"reason\":\"no funds\""));
  payment = fold(given, 2);
  step = pay_decide(&payment);
  assert_false(pay_needs_provider(&step));
  assert_true(pay_record(&payment, &step, NULL, NULL, &drafts, &guard));
  assert_string_equal(drafts.items[1].id, "payment-cancelled:2");
  assert_null(strstr(drafts.items[1].data.ptr, "provider"));
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* The keys: the same at every attempt, another for every refund. */
static void test_idempotency_keys(void **state) {
  (void)state;
  const struct given given[] = {{PLACED, 0, PLACE}, {"PaymentApproved", 1, PAID}, {CANCELLED, 1, PARTLY}};
  struct provider_request first, second, refund;
  struct payment payment = fold(given, 1);
  struct pay_step step = pay_decide(&payment);
  pay_request(&payment, &step, &first);
  pay_request(&payment, &step, &second);
  assert_string_equal(first.idempotency_key, second.idempotency_key);
  assert_int_equal(first.amount, 500000);
  payment = fold(given, 3);
  step = pay_decide(&payment);
  pay_request(&payment, &step, &refund);
  assert_string_not_equal(first.idempotency_key, refund.idempotency_key);
  assert_int_equal(refund.amount, 150000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_decisions),        cmocka_unit_test(test_odd_events),
      cmocka_unit_test(test_record),           cmocka_unit_test(test_record_without_money),
      cmocka_unit_test(test_idempotency_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
