/* test_notify_decide.c - what op-notify records of attempts, retries and forgetting; which addresses it takes. */
#include "cmd/op-notify/address.h"
#include "cmd/op-notify/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct notice paid = {.cause = 12, .id = "12", .template = "PaymentApproved", .reservation_id = "1"};

#define ABOUT "{\"noticeId\":\"12\",\"reservationId\":\"1\",\"template\":\"PaymentApproved\""

/* given what was told of a reservation, when something happens, then the customer is told, or is not. */
static void test_notify_tells(void **state) {
  (void)state;
  static const struct {
    enum telling_stage before;
    const char *type;
    bool whole;
    int64_t amount;
    bool tells;
    enum telling_stage after;
  } rows[] = {
      {TELLING_NOTHING, "PaymentApproved", false, 5, true, TELLING_PAYMENT},
      {TELLING_NOTHING, "PaymentDeclined", false, 5, true, TELLING_PAYMENT},
      {TELLING_NOTHING, "ReservationCancelled", true, 5, true, TELLING_GIVEN_UP},
      {TELLING_NOTHING, "ReservationCancelled", false, 5, false, TELLING_NOTHING},
      {TELLING_PAYMENT, "ReservationCancelled", true, 5, false,
       TELLING_PAYMENT}, /* its refund, or the decline, is told */
      {TELLING_PAYMENT, "ReservationCancelled", false, 5, false, TELLING_PAYMENT},
      {TELLING_PAYMENT, "PaymentRefunded", false, 5, true, TELLING_PAYMENT},
      {TELLING_PAYMENT, "PaymentCancelled", false, 0, true, TELLING_PAYMENT},
      {TELLING_GIVEN_UP, "PaymentApproved", false, 5, false, TELLING_GIVEN_UP},
      {TELLING_GIVEN_UP, "PaymentDeclined", false, 5, false, TELLING_GIVEN_UP},
      {TELLING_GIVEN_UP, "PaymentCancelled", false, 0, false, TELLING_GIVEN_UP},
      {TELLING_GIVEN_UP, "PaymentCancelled", false, 5, true, TELLING_GIVEN_UP},
      {TELLING_GIVEN_UP, "PaymentRefunded", false, 5, true, TELLING_GIVEN_UP},
      {TELLING_GIVEN_UP, "ReservationCancelled", true, 5, false, TELLING_GIVEN_UP},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct telling telling = {.stage = rows[i].before};
    if (notify_tells(&telling, rows[i].type, rows[i].whole, rows[i].amount) != rows[i].tells ||
        telling.stage != rows[i].after)
      fail_msg("row %zu: %s after %d", i, rows[i].type, (int)rows[i].before);
  }
}

/* given what was told of a branch, when something happens there, then the customer is told, or is not; what was told of
 * the payment is another matter. */
static void test_notify_tells_branch(void **state) {
  (void)state;
  static const struct {
    enum telling_branch before;
    const char *type;
    bool whole, tells;
    enum telling_branch after;
  } rows[] = {
      {TELLING_NO_BRANCH, "AssignmentFailed", true, true, TELLING_BRANCH_FAILED},
      {TELLING_BRANCH_FAILED, "AssignmentFailed", true, false, TELLING_BRANCH_FAILED}, /* it was tried again */
      {TELLING_NO_BRANCH, "PickupAssigned", true, true, TELLING_BRANCH_ASSIGNED},
      {TELLING_BRANCH_FAILED, "PickupAssigned", true, true, TELLING_BRANCH_ASSIGNED},
      {TELLING_BRANCH_ASSIGNED, "PickupAssigned", true, false, TELLING_BRANCH_ASSIGNED},
      {TELLING_BRANCH_ASSIGNED, "AssignmentFailed", true, false, TELLING_BRANCH_ASSIGNED},
      {TELLING_BRANCH_ASSIGNED, "PickupCollected", true, true, TELLING_BRANCH_COLLECTED},
      {TELLING_BRANCH_COLLECTED, "PickupCollected", true, false, TELLING_BRANCH_COLLECTED},
      {TELLING_BRANCH_ASSIGNED, "ReservationCancelled", false, false, TELLING_BRANCH_ASSIGNED},
      {TELLING_BRANCH_ASSIGNED, "ReservationCancelled", true, true, TELLING_BRANCH_OVER},
      {TELLING_NO_BRANCH, "ReservationCancelled", true, true, TELLING_BRANCH_OVER},
      {TELLING_BRANCH_OVER, "PickupAssigned", true, false, TELLING_BRANCH_OVER},
      {TELLING_BRANCH_OVER, "PaymentApproved", true, true, TELLING_BRANCH_OVER},
      {TELLING_BRANCH_FAILED, "PaymentApproved", true, true, TELLING_BRANCH_FAILED},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct telling telling = {.branch = rows[i].before};
    if (notify_tells(&telling, rows[i].type, rows[i].whole, 5) != rows[i].tells || telling.branch != rows[i].after)
      fail_msg("row %zu: %s after %d", i, rows[i].type, (int)rows[i].before);
    assert_int_equal(telling.stage != TELLING_NOTHING,
                     notify_branch_of(rows[i].type) == TELLING_NO_BRANCH && rows[i].tells);
  }
}

/* An attempt and what it leaves: one event, known by its cause and number, guarded, without personal data. */
static void test_notice_record(void **state) {
  (void)state;
  static const struct {
    int64_t attempts, forgiven; /* failed before, of which not counted */
    enum delivery_end end;
    const char *reason;
    const char *type, *id, *data;
  } rows[] = {
      {0, 0, DELIVERY_DONE, "", "NotificationSent", "notification-sent:12",
       ABOUT ",\"channel\":\"exec\",\"lang\":\"ko\"}"},
      {5, 0, DELIVERY_DONE, "", "NotificationSent", "notification-sent:12",
       ABOUT ",\"channel\":\"exec\",\"lang\":\"ko\"}"},
      /* All bits set draw the longest delay: 5 s, doubled from the second failure on. */
      {0, 0, DELIVERY_FAILED, "exit_1", "NotificationFailed", "notification-failed:12:1",
       ABOUT ",\"channel\":\"exec\",\"attempt\":1,\"reason\":\"exit_1\",\"retryAt\":\"2026-11-20T12:00:05.000000Z\"}"},
      {1, 0, DELIVERY_FAILED, "timeout", "NotificationFailed", "notification-failed:12:2",
       ABOUT ",\"channel\":\"exec\",\"attempt\":2,\"reason\":\"timeout\",\"retryAt\":\"2026-11-20T12:00:10.000000Z\"}"},
      {2, 0, DELIVERY_FAILED, "exit_1", "NotificationParked", "notification-parked:12:3",
       ABOUT ",\"channel\":\"exec\",\"attempts\":3,\"reason\":\"exit_1\"}"},
      {9, 0, DELIVERY_FAILED, "exit_1", "NotificationParked", "notification-parked:12:10",
       ABOUT ",\"channel\":\"exec\",\"attempts\":10,\"reason\":\"exit_1\"}"},
      /* What an operator forgave no longer counts, but keeps its number. */
      {3, 3, DELIVERY_FAILED, "exit_1", "NotificationFailed", "notification-failed:12:4",
       ABOUT ",\"channel\":\"exec\",\"attempt\":4,\"reason\":\"exit_1\",\"retryAt\":\"2026-11-20T12:00:05.000000Z\"}"},
      {5, 3, DELIVERY_FAILED, "exit_1", "NotificationParked", "notification-parked:12:6",
       ABOUT ",\"channel\":\"exec\",\"attempts\":6,\"reason\":\"exit_1\"}"},
      {0, 0, DELIVERY_IMPOSSIBLE, "no_contact", "NotificationParked", "notification-parked:12:1",
       ABOUT ",\"channel\":\"exec\",\"attempts\":1,\"reason\":\"no_contact\"}"},
      {0, 0, DELIVERY_NOBODY, "customer_forgotten", "NotificationWithdrawn", "notification-withdrawn:12",
       ABOUT ",\"reason\":\"customer_forgotten\"}"},
  };
  struct attempt attempt = {.channel = "exec", .lang = "ko", .max_attempts = 3, .random = UINT64_MAX};
  assert_true(evs_time_parse("2026-11-20T12:00:00Z", 20, &attempt.now_us));
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct notice notice = paid;
    struct delivery delivery = {.end = rows[i].end};
    notice.attempts = rows[i].attempts;
    notice.forgiven = rows[i].forgiven;
    snprintf(delivery.reason, sizeof delivery.reason, "%s", rows[i].reason);
    notice_record(&notice, &delivery, &attempt, &drafts, &guard);
    assert_int_equal(drafts.count, 1);
    assert_string_equal(drafts.items[0].type, rows[i].type);
    assert_string_equal(drafts.items[0].id, rows[i].id);
    assert_string_equal(drafts.items[0].data.ptr, rows[i].data);
    assert_string_equal(drafts.items[0].correlation, "1");
    assert_int_equal(drafts.items[0].causation, 12);
    assert_int_equal(guard.count, 1);
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* Retrying, by what became of the notice. */
static void test_retry(void **state) {
  (void)state;
  static const struct {
    bool known;
    enum notice_status status;
    bool is_due;
    const char *key;
    int result;
    size_t events;
    const char *code;
  } rows[] = {
      {true, NOTICE_PARKED, false, "k", 0, 1, NULL},
      {true, NOTICE_PENDING, false, "k", 0, 1, NULL}, /* it waits for its time */
      {true, NOTICE_PENDING, true, NULL, 0, 0, NULL}, /* the next run takes it anyway */
      {true, NOTICE_PENDING, true, "k", 0, 1, NULL},  /* the same, and the request is remembered */
      {true, NOTICE_SENT, false, "k", OP_REFUSED, 0, "already_sent"},
      {true, NOTICE_WITHDRAWN, false, "k", OP_REFUSED, 0, "notice_withdrawn"},
      {false, NOTICE_PENDING, false, "k", OP_REFUSED, 0, "no_such_notice"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    struct notice notice = paid;
    notice.status = rows[i].status;
    notice.attempts = 8;
    if (!rows[i].known)
      notice = (struct notice){0};
    assert_int_equal(
        retry_decide(&notice, "12", rows[i].is_due, rows[i].key, "retry notice=12", &drafts, &guard, &error),
        rows[i].result);
    assert_int_equal(drafts.count, rows[i].events);
    if (rows[i].events > 0) {
      assert_string_equal(drafts.items[0].type, "NotificationRetryRequested");
      assert_string_equal(drafts.items[0].id, rows[i].is_due ? "" : "notification-retry-requested:12:8");
      assert_string_equal(drafts.items[0].data.ptr, ABOUT ",\"requestId\":\"k\",\"request\":\"retry notice=12\"}");
      assert_int_equal(guard.count, 2);
    }
    if (rows[i].code != NULL)
      assert_string_equal(error.code, rows[i].code);
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* Forgetting, by what is known. */
static void test_forget(void **state) {
  (void)state;
  static const struct {
    struct forget_state given;
    int result;
    size_t events;
  } rows[] = {
      {{.has_contact = true}, 0, 1},
      {{.seen = true}, 0, 1},
      {{.has_contact = true, .seen = true, .forgotten = true}, 0, 1}, /* a new contact since */
      {{.seen = true, .forgotten = true}, 0, 0},
      {{.forgotten = true}, 0, 0},
      {{0}, OP_REFUSED, 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    assert_int_equal(forget_decide(&rows[i].given, "c", NULL, NULL, &drafts, &guard, &error), rows[i].result);
    assert_int_equal(drafts.count, rows[i].events);
    if (rows[i].events > 0)
      assert_string_equal(drafts.items[0].data.ptr, "{\"customerId\":\"c\"}");
    if (rows[i].result != 0)
      assert_string_equal(error.code, "no_such_contact");
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* A request is remembered by the event and guarded. */
static void test_forget_request(void **state) {
  (void)state;
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct op_error error = {0};
  struct forget_state given = {.has_contact = true}, before = {.forgotten = true};
  assert_int_equal(forget_decide(&before, "c", "k", "contact forget customer=c", &drafts, &guard, &error), 0);
  assert_int_equal(drafts.count, 1); /* there is nothing to do but this */
  op_drafts_reset(&drafts);
  op_guard_reset(&guard);
  assert_int_equal(forget_decide(&given, "c", "k", "contact forget customer=c", &drafts, &guard, &error), 0);
  assert_string_equal(drafts.items[0].data.ptr,
                      "{\"customerId\":\"c\",\"requestId\":\"k\",\"request\":\"contact forget customer=c\"}");
  assert_int_equal(guard.count, 2);
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* Addresses. */
static void test_addresses(void **state) {
  (void)state;
  static const char *const good[] = {"a@b", "minsu.kim+tag@example.org", "김민수@예시.한국"};
  static const char *const bad[] = {"",           "a",          "@b",    "a@",     "a@b@c",     "a b@c",
                                    "a@b\nBcc:x", "a@b\r",      "<a@b>", "a,b@c",  "a@b;",      "\"a\"@b",
                                    "a@b\x7f",    "a@\xff\xfe", "a@b c", "a(b)@c", "\xc2\x85@b"};
  struct op_error error = {0};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    assert_int_equal(address_check(good[i], &error), 0);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(address_check(bad[i], &error), OP_DATA);
    assert_string_equal(error.code, "bad_email");
  }
  char longest[OP_MAX_EMAIL + 2];
  memset(longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  longest[3] = '@';
  assert_int_equal(address_check(longest, &error), OP_DATA);
  longest[sizeof longest - 2] = '\0';
  assert_int_equal(address_check(longest, &error), 0);
}

/* Mailboxes taken apart. */
static void test_mailboxes(void **state) {
  (void)state;
  static const struct {
    const char *text, *name, *email; /* email NULL: refused */
  } rows[] = {
      {"tickets@example.org", "", "tickets@example.org"},
      {"OuterPark <tickets@example.org>", "OuterPark", "tickets@example.org"},
      {"아우터파크, 예매 <a@b>", "아우터파크, 예매", "a@b"},
      {"<a@b>", "", "a@b"},
      {"x <y> <a@b>", "x <y>", "a@b"},
      {"a@b>", NULL, NULL},
      {"name <a@b", NULL, NULL},
      {"a@b\nBcc: x@y", NULL, NULL},
      {"x\n <a@b>", NULL, NULL},
      {"", NULL, NULL},
      {"name", NULL, NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct mailbox mailbox;
    struct op_error error = {0};
    assert_int_equal(address_parse(rows[i].text, &mailbox, &error), rows[i].email != NULL ? 0 : OP_DATA);
    if (rows[i].email == NULL)
      continue;
    assert_string_equal(mailbox.name, rows[i].name);
    assert_string_equal(mailbox.email, rows[i].email);
  }
}

/* What tells of an offer is told while that is open. */
static void test_too_late(void **unused) {
  (void)unused;
  struct notice offer = {.offer_id = "w", .until = "2026-11-20T12:00:00Z"};
  int64_t noon_us = 0;
  assert_true(evs_time_parse("2026-11-20T12:00:00Z", 20, &noon_us));
  assert_false(notice_is_too_late(&offer, noon_us - 1));
  assert_true(notice_is_too_late(&offer, noon_us));
  assert_false(notice_is_too_late(&paid, INT64_MAX));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_notify_tells),  cmocka_unit_test(test_notify_tells_branch),
      cmocka_unit_test(test_notice_record), cmocka_unit_test(test_retry),
      cmocka_unit_test(test_forget),        cmocka_unit_test(test_forget_request),
      cmocka_unit_test(test_addresses),     cmocka_unit_test(test_mailboxes),
      cmocka_unit_test(test_too_late),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
