/* test_notify_decide.c - what op-notify records, and which addresses it takes. */
#include "cmd/op-notify/address.h"
#include "cmd/op-notify/decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* One record per notice, known by its cause, without personal data. */
static void test_notice_record(void **state) {
  (void)state;
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct notice notice = {.cause = 12, .id = "12", .template = "PaymentApproved", .reservation_id = "1"};
  notice_record(&notice, "file", "ko", &drafts, &guard);
  assert_int_equal(drafts.count, 1);
  assert_string_equal(drafts.items[0].id, "notification-sent:12");
  assert_string_equal(drafts.items[0].correlation, "1");
  assert_int_equal(drafts.items[0].causation, 12);
  assert_string_equal(drafts.items[0].data.ptr, "{\"noticeId\":\"12\",\"reservationId\":\"1\",\"template\":"
                                                "\"PaymentApproved\",\"channel\":\"file\",\"lang\":\"ko\"}");
  assert_int_equal(guard.count, 1);
  op_drafts_free(&drafts);
  op_guard_free(&guard);
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
  struct forget_state given = {.has_contact = true};
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

/* A mailbox in a header: one line, one address, whatever the name is. */
static void test_mailboxes(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"", "a@b"},
      {"김민수", "김민수 <a@b>"},
      {"Kim, Minsu", "\"Kim, Minsu\" <a@b>"},
      {"x\" <evil@c>, \"", "\"x\\\" <evil@c>, \\\"\" <a@b>"},
      {"two\r\nBcc: x@y", "\"twoBcc: x@y\" <a@b>"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_text text = {0};
    address_add(&text, rows[i][0], "a@b");
    assert_string_equal(text.ptr, rows[i][1]);
    op_text_free(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_notice_record), cmocka_unit_test(test_forget),    cmocka_unit_test(test_forget_request),
      cmocka_unit_test(test_addresses),     cmocka_unit_test(test_mailboxes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
