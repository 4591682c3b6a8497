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
#define ASKED(op, amount)                                                                                              \
  "{\"reservationId\":\"1\",\"operation\":\"" op "\",\"amount\":" amount                                               \
  ",\"holder\":\"h\",\"until\":\"2026-11-20T12:00:30Z\"}"
#define STARTED "PaymentAttemptStarted"
#define FAILED "PaymentAttemptFailed"
#define FAILURE                                                                                                        \
  "{\"reservationId\":\"1\",\"outcome\":\"unknown\",\"reason\":\"timeout\",\"retryAt\":\"2026-11-20T12:01:00Z\"}"
#define REFUSAL                                                                                                        \
  "{\"reservationId\":\"1\",\"outcome\":\"declined\",\"reason\":\"no_funds\",\"retryAt\":\"2026-11-20T12:01:00Z\"}"
#define ID "{\"reservationId\":\"1\"}"
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
    bool ended = payment_has_ended(&payment), taken_over = payment_takes_over(&payment);
    for (size_t j = 0; j < queued; j++) {
      bool answered = strcmp(given[i].type, "PaymentRefunded") == 0 && given[i].causation == queue[j].seq;
      if (!ended && !answered && !(taken_over && !queue[j].whole))
        queue[kept++] = queue[j];
    }
    queued = kept;
    if (taken_over)
      payment_taken_over(&payment);
    payment.open = queued > 0 ? queue[0] : (struct cancellation){0};
  }
  return payment;
}

static const struct pay_rules rules = {.max_attempts = 3, .timeout_ms = 2000};

/* Records an answer to what is due; at SECONDS after 2026-11-20T12:00:00Z. */
static bool record_at(const struct payment *payment, struct provider_answer answer, int64_t seconds,
                      struct op_drafts *drafts, struct op_guard *guard) {
  int64_t noon_us = 0;
  evs_time_parse("2026-11-20T12:00:00Z", 20, &noon_us);
  struct pay_step step = pay_decide(payment);
  struct pay_reply reply = {.provider = "exec", .answer = answer, .now_us = noon_us + seconds * 1000000};
  if (pay_record(payment, &step, &reply, &rules, drafts, guard))
    return true;
  pay_record_failure(payment, &step, &reply, &rules, drafts, guard);
  return false;
}

/* The same, soon. */
static bool record(const struct payment *payment, struct provider_answer answer, struct op_drafts *drafts,
                   struct op_guard *guard) {
  return record_at(payment, answer, 10, drafts, guard);
}

struct row {
  const char *name;
  struct given given[10];
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
    {"asked, then partly cancelled: the same amount under the same key",
     {{PLACED, 0, PLACE}, {STARTED, 1, ASKED("authorize", "500000")}, {CANCELLED, 1, PARTLY}},
     PAY_AUTHORIZE,
     500000,
     1},
    {"asked, partly cancelled, charged: the part is given back",
     {{PLACED, 0, PLACE},
      {STARTED, 1, ASKED("authorize", "500000")},
      {CANCELLED, 1, PARTLY},
      {"PaymentApproved", 1, PAID}},
     PAY_REFUND,
     150000,
     3},
    {"asked, then wholly cancelled: what came of it?",
     {{PLACED, 0, PLACE}, {STARTED, 1, ASKED("authorize", "500000")}, {CANCELLED, 1, WHOLLY}},
     PAY_ASK,
     500000,
     1},
    {"failed, then wholly cancelled: what came of it?",
     {{PLACED, 0, PLACE}, {STARTED, 1, ASKED("authorize", "500000")}, {FAILED, 2, FAILURE}, {CANCELLED, 1, WHOLLY}},
     PAY_ASK,
     500000,
     1},
    {"asked, partly and wholly cancelled, charged: the older cancellation first",
     {{PLACED, 0, PLACE},
      {STARTED, 1, ASKED("authorize", "500000")},
      {CANCELLED, 1, PARTLY},
      {CANCELLED, 1, WHOLLY},
      {"PaymentApproved", 1, PAID}},
     PAY_REFUND,
     150000,
     3},
    {"ended without a charge, then a charge is recorded: all of it is owed",
     {{PLACED, 0, PLACE},
      {STARTED, 1, ASKED("authorize", "500000")},
      {CANCELLED, 1, WHOLLY},
      {"PaymentCancelled", 3, "{\"reservationId\":\"1\",\"amount\":0}"},
      {"PaymentApproved", 1, PAID}},
     PAY_CANCEL,
     500000,
     5},
    {"that was given back: nothing is due",
     {{PLACED, 0, PLACE},
      {CANCELLED, 1, WHOLLY},
      {"PaymentCancelled", 2, "{\"reservationId\":\"1\",\"amount\":0}"},
      {"PaymentApproved", 1, PAID},
      {"PaymentCancelled", 4, PAID}},
     PAY_NOTHING,
     0,
     0},
    {"parked: nothing is due",
     {{PLACED, 0, PLACE}, {STARTED, 1, ASKED("authorize", "500000")}, {FAILED, 2, FAILURE}, {"PaymentParked", 2, ID}},
     PAY_NOTHING,
     0,
     0},
    {"parked, and an operator asks for it: due",
     {{PLACED, 0, PLACE},
      {STARTED, 1, ASKED("authorize", "500000")},
      {FAILED, 2, FAILURE},
      {"PaymentParked", 2, ID},
      {"PaymentRetryRequested", 2, ID}},
     PAY_AUTHORIZE,
     500000,
     1},
    {"parked, and wholly cancelled: asked for, not forgotten",
     {{PLACED, 0, PLACE},
      {STARTED, 1, ASKED("authorize", "500000")},
      {FAILED, 2, FAILURE},
      {"PaymentParked", 2, ID},
      {CANCELLED, 1, WHOLLY}},
     PAY_ASK,
     500000,
     1},
    {"a refund that failed is due still",
     {{PLACED, 0, PLACE},
      {"PaymentApproved", 1, PAID},
      {CANCELLED, 1, WHOLLY},
      {STARTED, 3, ASKED("refund", "500000")},
      {FAILED, 4, FAILURE}},
     PAY_CANCEL,
     500000,
     3},
    {"a refund that was declined is owed still",
     {{PLACED, 0, PLACE},
      {"PaymentApproved", 1, PAID},
      {CANCELLED, 1, PARTLY},
      {STARTED, 3, ASKED("refund", "150000")},
      {FAILED, 4, REFUSAL}},
     PAY_REFUND,
     150000,
     3},
    {"declined and parked, then wholly cancelled: that takes all of it over",
     {{PLACED, 0, PLACE},
      {"PaymentApproved", 1, PAID},
      {CANCELLED, 1, PARTLY},
      {STARTED, 3, ASKED("refund", "150000")},
      {FAILED, 4, REFUSAL},
      {"PaymentParked", 4, ID},
      {CANCELLED, 1, WHOLLY}},
     PAY_CANCEL,
     500000,
     7},
    {"wholly cancelled, and only then declined: the same, and what was parked is not what is due now",
     {{PLACED, 0, PLACE},
      {"PaymentApproved", 1, PAID},
      {CANCELLED, 1, PARTLY},
      {STARTED, 3, ASKED("refund", "150000")},
      {CANCELLED, 1, WHOLLY},
      {FAILED, 4, REFUSAL},
      {"PaymentParked", 4, ID}},
     PAY_CANCEL,
     500000,
     5},
    {"one part given back, another declined, wholly cancelled: what is left",
     {{PLACED, 0, PLACE},
      {"PaymentApproved", 1, PAID},
      {CANCELLED, 1, PARTLY},
      {"PaymentRefunded", 3, REFUND},
      {CANCELLED, 1, PARTLY},
      {STARTED, 5, ASKED("refund", "150000")},
      {FAILED, 6, REFUSAL},
      {CANCELLED, 1, WHOLLY}},
     PAY_CANCEL,
     350000,
     8},
    {"declined, asked again under a new key, and nobody knows: a whole cancellation waits for the answer",
     {{PLACED, 0, PLACE},
      {"PaymentApproved", 1, PAID},
      {CANCELLED, 1, PARTLY},
      {STARTED, 3, ASKED("refund", "150000")},
      {FAILED, 4, REFUSAL},
      {STARTED, 3, ASKED("refund", "150000")},
      {FAILED, 6, FAILURE},
      {CANCELLED, 1, WHOLLY}},
     PAY_REFUND,
     150000,
     3},
    {"parked with nobody knowing, then wholly cancelled: the part is settled first",
     {{PLACED, 0, PLACE},
      {"PaymentApproved", 1, PAID},
      {CANCELLED, 1, PARTLY},
      {STARTED, 3, ASKED("refund", "150000")},
      {FAILED, 4, FAILURE},
      {"PaymentParked", 4, ID},
      {CANCELLED, 1, WHOLLY}},
     PAY_REFUND,
     150000,
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
  struct payment payment = fold(given, 1);
  struct pay_step step = pay_decide(&payment);
  assert_false(pay_record(&payment, &step, NULL, &rules, &drafts, &guard));
  assert_int_equal(drafts.count, 0);
  assert_true(record(&payment, (struct provider_answer){.status = PROVIDER_APPROVED, .provider_ref = "ref:1"}, &drafts,
                     &guard));
  assert_string_equal(drafts.items[0].type, "PaymentApproved");
  assert_string_equal(drafts.items[0].id, "payment:1:approved");
  assert_int_equal(drafts.items[0].causation, 1);
  assert_string_equal(drafts.items[0].data.ptr,
                      "{\"paymentId\":\"1\",\"reservationId\":\"1\",\"customerId\":\"c\",\"amount\":500000,"
                      "\"currency\":\"KRW\",\"provider\":\"exec\",\"providerRef\":\"ref:1\"}");
  assert_int_equal(guard.count, 1);
  payment = fold(given, 3);
  assert_true(record(&payment, (struct provider_answer){.status = PROVIDER_REFUNDED}, &drafts, &guard));
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
  struct payment payment = fold(given, 1);
  assert_true(
      record(&payment, (struct provider_answer){.status = PROVIDER_DECLINED, .reason = "no funds"}, &drafts, &guard));
  assert_string_equal(drafts.items[0].type, "PaymentDeclined");
  assert_non_null(strstr(drafts.items[0].data.ptr, "\"reason\":\"no funds\""));
  payment = fold(given, 2);
  struct pay_step step = pay_decide(&payment);
  assert_false(pay_needs_provider(&step));
  assert_true(pay_record(&payment, &step, NULL, &rules, &drafts, &guard));
  assert_string_equal(drafts.items[1].id, "payment-cancelled:2");
  assert_null(strstr(drafts.items[1].data.ptr, "provider"));
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* Every answer that settles nothing is a failed attempt with a time, and the last one parks. */
static void test_failures(void **state) {
  (void)state;
  static const struct {
    enum provider_status status;
    const char *how;
  } cases[] = {{PROVIDER_UNKNOWN, "unknown"}, {PROVIDER_PENDING, "pending"}, {PROVIDER_REFUNDED, "unknown"}};
  const struct given given[] = {{PLACED, 0, PLACE},   {STARTED, 1, ASKED("authorize", "500000")},
                                {FAILED, 2, FAILURE}, {STARTED, 1, ASKED("authorize", "500000")},
                                {FAILED, 4, FAILURE}, {STARTED, 1, ASKED("authorize", "500000")}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct payment payment = fold(given, 2);
    assert_false(record(&payment, (struct provider_answer){.status = cases[i].status}, &drafts, &guard));
    assert_int_equal(drafts.count, 1);
    assert_string_equal(drafts.items[0].type, "PaymentAttemptFailed");
    assert_string_equal(drafts.items[0].id, "payment-attempt-failed:2");
    assert_non_null(strstr(drafts.items[0].data.ptr, "\"attempt\":1,"));
    assert_non_null(strstr(drafts.items[0].data.ptr, cases[i].how));
    assert_non_null(strstr(drafts.items[0].data.ptr, "\"retryAt\":\"2026-11-20T12:00:1"));
    payment = fold(given, 6);
    assert_int_equal(payment.failed, 2);
    op_drafts_reset(&drafts);
    assert_false(record(&payment, (struct provider_answer){.status = cases[i].status}, &drafts, &guard));
    assert_int_equal(drafts.count, 2);
    assert_null(strstr(drafts.items[0].data.ptr, "retryAt"));
    assert_string_equal(drafts.items[1].type, "PaymentParked");
    assert_non_null(strstr(drafts.items[1].data.ptr, "\"attempt\":3,"));
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* The reservation was given up while the charge was on its way: each answer of the query. */
static void test_asking(void **state) {
  (void)state;
  static const struct {
    enum provider_status status;
    int64_t seconds; /* the attempt was begun at 2 */
    const char *type, *says;
  } rows_of_answers[] = {
      {PROVIDER_APPROVED, 3, "PaymentApproved", "\"amount\":500000,"},
      {PROVIDER_DECLINED, 3, "PaymentCancelled", "\"amount\":0,"},
      {PROVIDER_NOT_FOUND, 13, "PaymentCancelled", "\"amount\":0,"},
      {PROVIDER_NOT_FOUND, 3, "PaymentAttemptFailed", "\"retryAt\":\"2026-11-20T12:00:12.000000Z\""},
      {PROVIDER_PENDING, 13, "PaymentAttemptFailed", "\"operation\":\"query\""},
      {PROVIDER_UNKNOWN, 13, "PaymentAttemptFailed", "\"outcome\":\"unknown\""},
      {PROVIDER_REFUNDED, 13, "PaymentAttemptFailed", "\"outcome\":\"unknown\""},
  };
  const struct given given[] = {
      {PLACED, 0, PLACE}, {STARTED, 1, ASKED("authorize", "500000")}, {FAILED, 2, FAILURE}, {CANCELLED, 1, WHOLLY}};
  for (size_t i = 0; i < sizeof rows_of_answers / sizeof rows_of_answers[0]; i++) {
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct payment payment = fold(given, 4);
    record_at(&payment, (struct provider_answer){.status = rows_of_answers[i].status}, rows_of_answers[i].seconds,
              &drafts, &guard);
    assert_int_equal(drafts.count, 1);
    assert_string_equal(drafts.items[0].type, rows_of_answers[i].type);
    if (strstr(drafts.items[0].data.ptr, rows_of_answers[i].says) == NULL)
      fail_msg("row %zu: %s", i, drafts.items[0].data.ptr);
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* Which calls a step takes: a query before anything that may have been called. */
static void test_calls(void **state) {
  (void)state;
  const struct given given[] = {{PLACED, 0, PLACE},
                                {STARTED, 1, ASKED("authorize", "500000")},
                                {STARTED, 1, ASKED("authorize", "500000")},
                                {CANCELLED, 1, WHOLLY}};
  enum provider_operation operation;
  struct payment payment = fold(given, 2);
  struct pay_step step = pay_decide(&payment);
  assert_int_equal(pay_first_call(&payment, &step), PROVIDER_AUTHORIZE);
  payment = fold(given, 3);
  assert_int_equal(pay_first_call(&payment, &step), PROVIDER_QUERY);
  assert_true(pay_next_call(&step, &(struct provider_answer){.status = PROVIDER_NOT_FOUND}, &operation));
  assert_int_equal(operation, PROVIDER_AUTHORIZE);
  for (enum provider_status status = PROVIDER_UNKNOWN; status <= PROVIDER_PENDING; status++)
    if (status != PROVIDER_NOT_FOUND)
      assert_false(pay_next_call(&step, &(struct provider_answer){.status = status}, &operation));
  payment = fold(given, 4);
  step = pay_decide(&payment);
  assert_int_equal(pay_first_call(&payment, &step), PROVIDER_QUERY);
  assert_false(pay_next_call(&step, &(struct provider_answer){.status = PROVIDER_NOT_FOUND}, &operation));
  step = (struct pay_step){PAY_CANCEL, 1, 1};
  assert_false(pay_next_call(&step, &(struct provider_answer){.status = PROVIDER_DECLINED}, &operation));
  assert_true(pay_next_call(&step, &(struct provider_answer){.status = PROVIDER_NOT_FOUND}, &operation));
  assert_int_equal(operation, PROVIDER_REFUND);
}

/* When it is due: not while somebody has it in hand, not before the next attempt, at once after a cancellation. */
static void test_due(void **state) {
  (void)state;
  int64_t until_us = 0, retry_us = 0;
  const struct given given[] = {
      {PLACED, 0, PLACE}, {STARTED, 1, ASKED("authorize", "500000")}, {FAILED, 2, FAILURE}, {CANCELLED, 1, WHOLLY}};
  evs_time_parse("2026-11-20T12:00:30Z", 20, &until_us);
  evs_time_parse("2026-11-20T12:01:00Z", 20, &retry_us);
  struct payment payment = fold(given, 1);
  assert_int_equal(pay_due_us(&payment), 0);
  payment = fold(given, 2);
  assert_true(pay_due_us(&payment) == until_us);
  payment = fold(given, 3);
  assert_true(pay_due_us(&payment) == retry_us);
  assert_string_equal(payment.last_error, "timeout");
  payment = fold(given, 4);
  assert_int_equal(pay_due_us(&payment), 0);
}

/* An operator asks for it again: only where something failed. */
static void test_retry(void **state) {
  (void)state;
  const struct given given[] = {{PLACED, 0, PLACE},
                                {STARTED, 1, ASKED("authorize", "500000")},
                                {FAILED, 2, FAILURE},
                                {"PaymentParked", 2, ID},
                                {"PaymentRetryRequested", 2, ID}};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct op_error error;
  struct payment payment = {0};
  assert_int_equal(pay_retry_decide(&payment, "1", NULL, "retry", &drafts, &guard, &error), OP_REFUSED);
  assert_string_equal(error.code, "no_such_payment");
  payment = fold(given, 2);
  assert_int_equal(pay_retry_decide(&payment, "1", NULL, "retry", &drafts, &guard, &error), OP_REFUSED);
  assert_string_equal(error.code, "nothing_to_retry");
  payment = fold(given, 4);
  assert_string_equal(payment_status_word(&payment), "Parked");
  assert_int_equal(pay_retry_decide(&payment, "1", "k", "retry", &drafts, &guard, &error), OP_OK);
  assert_string_equal(drafts.items[0].type, "PaymentRetryRequested");
  assert_non_null(strstr(drafts.items[0].data.ptr, "\"status\":\"Pending\",\"requestId\":\"k\""));
  payment = fold(given, 5);
  assert_int_equal(payment.failed, 0);
  assert_int_equal(pay_retry_decide(&payment, "1", NULL, "retry", &drafts, &guard, &error), OP_REFUSED);
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

/* Every decline of a refund uses its key up; nothing else does, and nothing that may have been called goes unasked. */
static void test_keys_of_declined_refunds(void **state) {
  (void)state;
  static const struct {
    size_t events;
    const char *key;
    enum provider_operation first;
  } cases[] = {
      {3, "refund:1:3", PROVIDER_REFUND},   {5, "refund:1:3:1", PROVIDER_REFUND},  {7, "refund:1:3:1", PROVIDER_QUERY},
      {9, "refund:1:3:2", PROVIDER_REFUND}, {11, "refund:1:3:2", PROVIDER_REFUND}, {12, "refund:1:12", PROVIDER_REFUND},
  };
  const struct given given[] = {
      {PLACED, 0, PLACE},
      {"PaymentApproved", 1, PAID},
      {CANCELLED, 1, PARTLY},
      {STARTED, 3, ASKED("refund", "150000")},
      {FAILED, 4, REFUSAL},
      {STARTED, 3, ASKED("refund", "150000")},
      {FAILED, 6, FAILURE},
      {STARTED, 3, ASKED("refund", "150000")},
      {FAILED, 8, REFUSAL},
      {"PaymentParked", 8, ID},
      {"PaymentRetryRequested", 8, ID},
      {CANCELLED, 1, WHOLLY},
      {STARTED, 12, ASKED("refund", "500000")},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct payment payment = fold(given, cases[i].events);
    struct provider_request request;
    struct pay_step step = pay_decide(&payment);
    pay_request(&payment, &step, &request);
    assert_string_equal(request.idempotency_key, cases[i].key);
    /* The attempt is begun, and then the call is made. */
    evs_event begun = given_event(20, STARTED, step.cause, ASKED("refund", "1"));
    struct cancellation opened;
    payment_apply(&payment, &begun, &opened);
    assert_int_equal(pay_first_call(&payment, &step), cases[i].first);
  }
}

/* What is recorded of a decline: the last attempt is parked, unless the cancellation of the whole goes on with it. */
static void test_declined_refund(void **state) {
  (void)state;
  const struct given given[] = {{PLACED, 0, PLACE},
                                {"PaymentApproved", 1, PAID},
                                {CANCELLED, 1, PARTLY},
                                {STARTED, 3, ASKED("refund", "150000")},
                                {CANCELLED, 1, WHOLLY}};
  for (size_t events = 4; events <= 5; events++) {
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct payment payment = fold(given, events);
    payment.failed = 2;
    assert_false(record(&payment, (struct provider_answer){.status = PROVIDER_DECLINED}, &drafts, &guard));
    assert_non_null(strstr(drafts.items[0].data.ptr, "\"outcome\":\"declined\""));
    assert_int_equal(drafts.count, events == 4 ? 2 : 1);
    assert_true((strstr(drafts.items[0].data.ptr, "\"retryAt\":\"2026-11-20T12:00:10.000000Z\"") != NULL) ==
                (events == 5));
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_decisions),
      cmocka_unit_test(test_odd_events),
      cmocka_unit_test(test_record),
      cmocka_unit_test(test_record_without_money),
      cmocka_unit_test(test_idempotency_keys),
      cmocka_unit_test(test_failures),
      cmocka_unit_test(test_asking),
      cmocka_unit_test(test_calls),
      cmocka_unit_test(test_due),
      cmocka_unit_test(test_retry),
      cmocka_unit_test(test_keys_of_declined_refunds),
      cmocka_unit_test(test_declined_refund),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
