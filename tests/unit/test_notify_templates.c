/* test_notify_templates.c - the texts that customers read: the built-in ones, and those of the configuration. */
#include "cmd/op-notify/template.h"
#include "given_notice.h"
#include "money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The text of a notice; the caller frees it. */
static struct op_text text_of(const struct notice *notice, const char *lang) {
  struct op_text text = {0};
  template_text(&given_built_in, notice, "", lang, &text);
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
  struct notice notice = given_approved;
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

/* What a branch does: how it hands over, its name and its distance, as far as they are known, and no money. */
static void test_branch_texts(void **state) {
  (void)state;
  static const struct {
    const char *type, *fulfil, *reason, *branch, *distance, *ko, *en;
  } rows[] = {
      {"PickupAssigned", "pickup", "", "강남점", "0.612",
       "[OuterPark] 수령하실 지점이 정해졌습니다. 예약 1, 겨울왕국 🎭, 10석, 강남점, 0.612 km.",
       "[OuterPark] Your reservation waits for you at a branch. Reservation 1, 겨울왕국 🎭, 10 seats, 강남점, 0.612 km "
       "away."},
      {"PickupAssigned", "delivery", "", "a\nb", "",
       "[OuterPark] 가까운 지점에서 배송해 드립니다. 예약 1, 겨울왕국 🎭, 10석, a\\nb.",
       "[OuterPark] A branch delivers your reservation. Reservation 1, 겨울왕국 🎭, 10 seats, a\\nb."},
      {"PickupCollected", "pickup", "", "강남점", "",
       "[OuterPark] 수령이 완료되었습니다. 예약 1, 겨울왕국 🎭, 10석, 강남점.",
       "[OuterPark] Your reservation was handed over. Reservation 1, 겨울왕국 🎭, 10 seats, 강남점."},
      {"PickupCollected", "delivery", "", "", "", "[OuterPark] 배송이 완료되었습니다. 예약 1, 겨울왕국 🎭, 10석.",
       "[OuterPark] Your reservation was delivered. Reservation 1, 겨울왕국 🎭, 10 seats."},
      {"AssignmentFailed", "delivery", "no_branch_in_reach", "", "",
       "[OuterPark] 가까운 지점이 없습니다. 생기는 대로 배정해 드립니다. 예약 1, 겨울왕국 🎭, 10석.",
       "[OuterPark] No branch is near you yet. You will be told when one has your reservation. Reservation 1, 겨울왕국 "
       "🎭, 10 seats."},
      {"AssignmentFailed", "pickup", "no_capacity", "", "",
       "[OuterPark] 가까운 지점이 모두 찼습니다. 자리가 나는 대로 배정해 드립니다. 예약 1, 겨울왕국 🎭, 10석.",
       "[OuterPark] Every branch near you is full. You will be told when one has your reservation. Reservation 1, "
       "겨울왕국 🎭, 10 seats."},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct notice notice = given_approved;
    notice.amount = 0;
    snprintf(notice.template, sizeof notice.template, "%s", rows[i].type);
    snprintf(notice.fulfil, sizeof notice.fulfil, "%s", rows[i].fulfil);
    snprintf(notice.reason, sizeof notice.reason, "%s", rows[i].reason);
    snprintf(notice.branch, sizeof notice.branch, "%s", rows[i].branch);
    snprintf(notice.distance_km, sizeof notice.distance_km, "%s", rows[i].distance);
    expect(&notice, "ko", rows[i].ko);
    expect(&notice, "en", rows[i].en);
  }
}

/* Why it was cancelled is told where a program knows it. */
static void test_expired(void **state) {
  (void)state;
  struct notice notice = given_approved;
  snprintf(notice.template, sizeof notice.template, "PaymentCancelled");
  snprintf(notice.reason, sizeof notice.reason, "expired");
  notice.amount = 0;
  expect(&notice, "ko",
         "[OuterPark] 결제 기한이 지나 예약이 취소되었습니다. 예약 1, 겨울왕국 🎭, 10석, 청구 금액 없음.");
  expect(&notice, "en",
         "[OuterPark] Your reservation was cancelled, because it was not paid in time. Reservation 1, 겨울왕국 🎭, 10 "
         "seats, nothing was charged.");
  expect(&notice, "fr",
         "[OuterPark] 결제 기한이 지나 예약이 취소되었습니다. 예약 1, 겨울왕국 🎭, 10석, 청구 금액 없음.");
  snprintf(notice.reason, sizeof notice.reason, "expired already");
  expect(&notice, "ko", "[OuterPark] 예약과 결제가 취소되었습니다. 예약 1, 겨울왕국 🎭, 10석, 환불 금액 없음.");
}

/* What was given up before its payment was known: whether it was charged is said as far as it is known. */
static void test_given_up(void **state) {
  (void)state;
  struct notice notice = given_approved;
  snprintf(notice.template, sizeof notice.template, "ReservationCancelled");
  expect(&notice, "ko", "[OuterPark] 예약이 취소되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW 청구된 경우 환불.");
  expect(&notice, "en",
         "[OuterPark] Your reservation was cancelled. Reservation 1, 겨울왕국 🎭, 10 seats, 500,000 KRW refunded if it "
         "was charged.");
  notice.amount = 0;
  expect(&notice, "ko", "[OuterPark] 예약이 취소되었습니다. 예약 1, 겨울왕국 🎭, 10석, 청구 금액 없음.");
  snprintf(notice.reason, sizeof notice.reason, "expired");
  expect(&notice, "en",
         "[OuterPark] Your reservation was cancelled, because it was not paid in time. Reservation 1, 겨울왕국 🎭, 10 "
         "seats, nothing was charged.");
}

/* Texts of the configuration, filled in. */
static void test_configured(void **state) {
  (void)state;
  static const struct {
    const char *template, *name, *lang, *expected;
  } rows[] = {
      {"plain", "", "ko", "plain"},
      {"{customerName}님, {musicalName} {seats}석", "김민수", "ko", "김민수님, 겨울왕국 🎭 10석"},
      {"{customerName}님", "", "ko", "고객님"},
      {"Dear {customerName}", "", "en", "Dear customer"},
      {"{amount} {currency}", "", "ko", "500,000 KRW"},
      {"{reservationId}/{customerId}/{reason}", "", "ko", "1/c/"},
      {"{{{seats}}} {{seats}}", "", "ko", "{10} {seats}"},
      {"one\ntwo {customerName}", "three\nfour", "ko", "one\ntwo three\\nfour"},
      {"{customerName}", "{seats}%s", "ko", "{seats}%s"},
      {"{branchName}|{fulfil}|{distanceKm}", "", "ko", "||"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_config config = {0};
    struct op_text text = {0}, subject = {0};
    char template[128];
    snprintf(template, sizeof template, "%s", rows[i].template);
    for (size_t l = 0; l < OP_TEMPLATE_LANGUAGES; l++)
      config.notify_templates[l][0] = (struct op_template){.subject = template, .text = template};
    template_text(&config, &given_approved, rows[i].name, rows[i].lang, &text);
    assert_string_equal(text.ptr, rows[i].expected);
    template_subject(&config, &given_approved, rows[i].name, rows[i].lang, &subject);
    assert_string_equal(subject.ptr, rows[i].expected);
    op_text_free(&text);
    op_text_free(&subject);
  }
}

/* What a branch does, in words of the configuration. */
static void test_configured_branch(void **state) {
  (void)state;
  static char template[] = "{branchName} {fulfil} {distanceKm} km {reason}";
  struct op_config config = {0};
  for (size_t l = 0; l < OP_TEMPLATE_LANGUAGES; l++)
    for (size_t e = 0; e < OP_TEMPLATE_EVENTS; e++)
      config.notify_templates[l][e].text = template;
  struct notice notice = given_approved;
  snprintf(notice.template, sizeof notice.template, "PickupAssigned");
  snprintf(notice.branch, sizeof notice.branch, "강남점");
  snprintf(notice.fulfil, sizeof notice.fulfil, "delivery");
  snprintf(notice.distance_km, sizeof notice.distance_km, "1.5");
  snprintf(notice.reason, sizeof notice.reason, "no_capacity");
  static const char *const rows[][2] = {{"ko", "강남점 배송 1.5 km 가까운 지점 만석"},
                                        {"en", "강남점 delivery 1.5 km every branch near you is full"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_text text = {0};
    template_text(&config, &notice, "", rows[i][0], &text);
    assert_string_equal(text.ptr, rows[i][1]);
    op_text_free(&text);
  }
}

/* Reasons as people say them. */
static void test_reasons(void **state) {
  (void)state;
  static const char *const rows[][3] = {
      {"expired", "ko", "결제 기한 경과"},     {"expired", "en", "not paid in time"},
      {"payment_declined", "ko", "결제 거절"}, {"no_branch_in_reach", "ko", "가까운 지점 없음"},
      {"I am ill", "ko", "I am ill"},          {"", "ko", ""},
  };
  static char template[] = "{reason}";
  struct op_config config = {0};
  config.notify_templates[0][0].text = config.notify_templates[1][0].text = template;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct notice notice = given_approved;
    struct op_text text = {0};
    snprintf(notice.reason, sizeof notice.reason, "%s", rows[i][0]);
    op_text_adds(&text, "");
    template_text(&config, &notice, "", rows[i][1], &text);
    assert_string_equal(text.ptr, rows[i][2]);
    op_text_free(&text);
  }
}

/* Half of a template is configured: the other half is the built-in one. Only a text that names the customer says so. */
static void test_half_configured(void **state) {
  (void)state;
  static char subject[] = "Hello {customerName}", text_with_name[] = "{customerName}";
  struct op_config config = {0};
  struct op_text text = {0};
  config.notify_templates[1][0].subject = subject;
  template_text(&config, &given_approved, "Ann", "en", &text);
  assert_string_equal(text.ptr,
                      "[OuterPark] Your payment is approved. Reservation 1, 겨울왕국 🎭, 10 seats, 500,000 KRW.");
  op_text_reset(&text);
  template_subject(&config, &given_approved, "Ann", "ko", &text);
  assert_string_equal(text.ptr, "[OuterPark] 결제 승인: 예약 1");
  assert_false(template_names_customer(&config, "PaymentApproved", "en"));
  config.notify_templates[1][0].text = text_with_name;
  assert_true(template_names_customer(&config, "PaymentApproved", "en"));
  assert_false(template_names_customer(&config, "PaymentApproved", "ko"));
  op_text_free(&text);
}

/* What is not known is left out; what would break the line is made harmless. */
static void test_odd_texts(void **state) {
  (void)state;
  struct notice notice = given_approved;
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_texts),           cmocka_unit_test(test_expired),
      cmocka_unit_test(test_given_up),        cmocka_unit_test(test_odd_texts),
      cmocka_unit_test(test_configured),      cmocka_unit_test(test_reasons),
      cmocka_unit_test(test_half_configured), cmocka_unit_test(test_money),
      cmocka_unit_test(test_branch_texts),    cmocka_unit_test(test_configured_branch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
