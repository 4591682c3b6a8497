/* test_notify_templates.c - the texts that customers read, and the messages around them. */
#include "cmd/op-notify/message.h"
#include "cmd/op-notify/template.h"
#include "money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct notice approved = {.cause = 12,
                                       .id = "12",
                                       .template = "PaymentApproved",
                                       .reservation_id = "1",
                                       .customer_id = "c",
                                       .musical = "겨울왕국 🎭",
                                       .currency = "KRW",
                                       .seats = 10,
                                       .amount = 500000,
                                       .caused_at = "2026-11-20T12:34:56.789012Z"};

/* The text of a notice; the caller frees it. */
static struct op_text text_of(const struct notice *notice, const char *lang) {
  struct op_text text = {0};
  template_text(notice, lang, &text);
  return text;
}

/* Compares one text. */
static void expect(const struct notice *notice, const char *lang, const char *expected) {
  struct op_text text = text_of(notice, lang);
  assert_string_equal(text.ptr, expected);
  op_text_free(&text);
}

/* All templates in both languages. */
static void test_texts(void **state) {
  (void)state;
  struct notice notice = approved;
  expect(&notice, "ko", "[OuterPark] 결제가 승인되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW.");
  expect(&notice, "en", "[OuterPark] Your payment is approved. Reservation 1, 겨울왕국 🎭, 10 seats, 500,000 KRW.");
  expect(&notice, "fr", "[OuterPark] 결제가 승인되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW.");
  snprintf(notice.template, sizeof notice.template, "PaymentDeclined");
  expect(&notice, "ko", "[OuterPark] 결제가 거절되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW.");
  expect(&notice, "en", "[OuterPark] Your payment was declined. Reservation 1, 겨울왕국 🎭, 10 seats, 500,000 KRW.");
  snprintf(notice.template, sizeof notice.template, "PaymentCancelled");
  expect(&notice, "ko", "[OuterPark] 예약과 결제가 취소되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW 환불.");
  notice.amount = 0;
  expect(&notice, "en",
         "[OuterPark] Your reservation and its payment were cancelled. Reservation 1, 겨울왕국 🎭, 10 seats, "
         "nothing to refund.");
  snprintf(notice.template, sizeof notice.template, "PaymentRefunded");
  notice.seats = 1;
  notice.amount = 50000;
  expect(&notice, "ko",
         "[OuterPark] 예약 일부가 취소되어 환불되었습니다. 예약 1, 겨울왕국 🎭, 1석 취소, 50,000 KRW 환불.");
  expect(
      &notice, "en",
      "[OuterPark] Part of your reservation was cancelled and refunded. Reservation 1, 겨울왕국 🎭, 1 seat cancelled, "
      "50,000 KRW refunded.");
}

/* What is not known is left out; what would break the line is made harmless. */
static void test_odd_texts(void **state) {
  (void)state;
  struct notice notice = approved;
  notice.musical[0] = '\0';
  notice.seats = 0;
  expect(&notice, "en", "[OuterPark] Your payment is approved. Reservation 1, 500,000 KRW.");
  snprintf(notice.musical, sizeof notice.musical, "%%s\n%%n");
  struct op_text text = text_of(&notice, "ko");
  assert_null(strchr(text.ptr, '\n'));
  assert_non_null(strstr(text.ptr, "%s"));
  op_text_free(&text);
  assert_true(template_exists("PaymentRefunded"));
  assert_false(template_exists("ReservationPlaced"));
}

/* Amounts in their currency. */
static void test_money(void **state) {
  (void)state;
  static const struct {
    int64_t amount;
    const char *currency, *expected;
  } rows[] = {
      {0, "KRW", "0 KRW"},
      {999, "KRW", "999 KRW"},
      {1000, "KRW", "1,000 KRW"},
      {1234567, "JPY", "1,234,567 JPY"},
      {123450, "USD", "1,234.50 USD"},
      {5, "USD", "0.05 USD"},
      {-1234, "EUR", "-12.34 EUR"},
      {1234567, "KWD", "1,234.567 KWD"},
      {9007199254740991, "KRW", "9,007,199,254,740,991 KRW"},
      {12, "", "12"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_text text = {0};
    op_text_money(&text, rows[i].amount, rows[i].currency);
    assert_string_equal(text.ptr, rows[i].expected);
    op_text_free(&text);
  }
}

/* The whole message, to the byte. */
static void test_message(void **state) {
  (void)state;
  struct contact contact = {.customer_id = "c", .email = "minsu@example.org", .name = "김민수", .lang = "en"};
  struct contact nobody = {.customer_id = ""};
  struct op_text message = {0}, anonymous = {0};
  message_add(&approved, &contact, "tickets@example.org", &message);
  assert_string_equal(message.ptr, "From: tickets@example.org\n"
                                   "To: 김민수 <minsu@example.org>\n"
                                   "Subject: [OuterPark] Payment approved: Reservation 1\n"
                                   "Date: Fri, 20 Nov 2026 12:34:56 +0000\n"
                                   "Message-ID: <12.1795178096789012@example.org>\n"
                                   "MIME-Version: 1.0\n"
                                   "Content-Type: text/plain; charset=utf-8\n"
                                   "Content-Transfer-Encoding: 8bit\n"
                                   "\n"
                                   "[OuterPark] Your payment is approved. Reservation 1, 겨울왕국 🎭, 10 seats, "
                                   "500,000 KRW.\n");
  message_add(&approved, &nobody, "tickets\n@example.org", &anonymous);
  assert_null(strstr(anonymous.ptr, "\nTo:"));
  assert_non_null(strstr(anonymous.ptr, "From: tickets@example.org\n"));
  assert_non_null(strstr(anonymous.ptr, "결제"));
  op_text_free(&message);
  op_text_free(&anonymous);
}

/* A name can bring no header of its own. */
static void test_header_injection(void **state) {
  (void)state;
  struct notice notice = approved;
  struct contact contact = {.customer_id = "c", .email = "a@b", .name = "x\r\nBcc: evil@c", .lang = "ko"};
  struct op_text message = {0};
  snprintf(notice.reservation_id, sizeof notice.reservation_id, "1\r\nBcc: evil@c");
  message_add(&notice, &contact, "from@b", &message);
  assert_null(strstr(message.ptr, "\nBcc:"));
  assert_null(strchr(message.ptr, '\r'));
  op_text_free(&message);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_texts),   cmocka_unit_test(test_odd_texts),        cmocka_unit_test(test_money),
      cmocka_unit_test(test_message), cmocka_unit_test(test_header_injection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
