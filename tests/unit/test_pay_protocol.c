/* test_pay_protocol.c - the provider protocol: requests to the letter, answers by a table of what is taken and what is
 * garbage. */
#include "cmd/op-pay/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY "authorize:1"

static void requests_are_one_line_of_json(void **state) {
  struct provider_request request = {.idempotency_key = "refund:1:7",
                                     .reservation_id = "1\"\n",
                                     .customer_id = "고객",
                                     .amount = 9007199254740991,
                                     .currency = "KRW"};
  struct op_text json = {0};
  (void)state;
  protocol_request(PROVIDER_REFUND, &request, &json);
  assert_string_equal(json.ptr,
                      "{\"operation\":\"refund\",\"idempotencyKey\":\"refund:1:7\",\"reservationId\":"
                      "\"1\\\"\\n\",\"customerId\":\"고객\",\"amount\":9007199254740991,\"currency\":\"KRW\"}\n");
  request.customer_id = NULL;
  request.reservation_id = "1";
  protocol_request(PROVIDER_QUERY, &request, &json);
  assert_string_equal(json.ptr, "{\"operation\":\"query\",\"idempotencyKey\":\"refund:1:7\",\"reservationId\":\"1\","
                                "\"customerId\":\"\",\"amount\":9007199254740991,\"currency\":\"KRW\"}\n");
  protocol_ledger_request("500", 100, &json);
  assert_string_equal(json.ptr, "{\"operation\":\"ledger\",\"after\":\"500\",\"limit\":100}\n");
  op_text_free(&json);
}

#define REF255                                                                                                         \
  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"               \
  "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"               \
  "0123456789012345678901234567890123456789012345678901234"

/* given an operation, when this comes back, then it means that. */
static const struct {
  enum provider_operation operation;
  const char *text;
  enum provider_status status;
  const char *ref, *reason; /* the reason begins so */
} given_answers[] = {
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"providerRef\":\"r1\"}", PROVIDER_APPROVED, "r1", ""},
    {PROVIDER_AUTHORIZE, " \n{ \"providerRef\" : \"r1\" , \"status\":\"approved\" }\r\n", PROVIDER_APPROVED, "r1", ""},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\"}", PROVIDER_APPROVED, KEY, ""},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"providerRef\":\"\"}", PROVIDER_APPROVED, KEY, ""},
    {PROVIDER_AUTHORIZE, "{\"status\":\"declined\",\"reason\":\"no funds\"}", PROVIDER_DECLINED, "", "no funds"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"declined\",\"reason\":\"a\\nb\\u0007\"}", PROVIDER_DECLINED, "", "a\\nb\\x07"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"pending\"}", PROVIDER_PENDING, "", ""},
    {PROVIDER_REFUND, "{\"status\":\"refunded\"}", PROVIDER_REFUNDED, KEY, ""},
    {PROVIDER_REFUND, "{\"status\":\"declined\",\"providerRef\":\"x\"}", PROVIDER_DECLINED, "x", ""},
    {PROVIDER_REFUND, "{\"status\":\"pending\"}", PROVIDER_PENDING, "", ""},
    {PROVIDER_QUERY, "{\"status\":\"approved\"}", PROVIDER_APPROVED, KEY, ""},
    {PROVIDER_QUERY, "{\"status\":\"refunded\"}", PROVIDER_REFUNDED, KEY, ""},
    {PROVIDER_QUERY, "{\"status\":\"declined\"}", PROVIDER_DECLINED, "", ""},
    {PROVIDER_QUERY, "{\"status\":\"not_found\"}", PROVIDER_NOT_FOUND, "", ""},
    {PROVIDER_QUERY, "{\"status\":\"pending\"}", PROVIDER_PENDING, "", ""},
    /* what we do not know is passed over */
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"x\":{\"y\":[1,null,1e400,99999999999999999999,\"\\u0000\"]}}",
     PROVIDER_UNKNOWN, "", "garbage: no JSON"}, /* 1e400 is no number that anybody can hold */
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"x\":{\"y\":[1,null,99999999999999999999,\"\\u0000\"]}}",
     PROVIDER_APPROVED, KEY, ""},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"providerRef\":\"" REF255 "\"}", PROVIDER_APPROVED, REF255, ""},
    /* answers to another question */
    {PROVIDER_AUTHORIZE, "{\"status\":\"refunded\"}", PROVIDER_UNKNOWN, "", "garbage: no status that answers this"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"not_found\"}", PROVIDER_UNKNOWN, "", "garbage: no status"},
    {PROVIDER_REFUND, "{\"status\":\"approved\"}", PROVIDER_UNKNOWN, "", "garbage: no status"},
    {PROVIDER_REFUND, "{\"status\":\"not_found\"}", PROVIDER_UNKNOWN, "", "garbage: no status"},
    {PROVIDER_QUERY, "{\"status\":\"unknown\"}", PROVIDER_UNKNOWN, "", "garbage: no status"},
    /* wrong types and words */
    {PROVIDER_AUTHORIZE, "{}", PROVIDER_UNKNOWN, "", "garbage: no status"},
    {PROVIDER_AUTHORIZE, "{\"status\":true}", PROVIDER_UNKNOWN, "", "garbage: no status"},
    {PROVIDER_AUTHORIZE, "{\"status\":[\"approved\"]}", PROVIDER_UNKNOWN, "", "garbage: no status"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"Approved\"}", PROVIDER_UNKNOWN, "", "garbage: no status"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved \"}", PROVIDER_UNKNOWN, "", "garbage: no status"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\\u0000\"}", PROVIDER_UNKNOWN, "", "garbage: no status"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"providerRef\":7}", PROVIDER_UNKNOWN, "", "garbage: a providerRef"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"providerRef\":null}", PROVIDER_UNKNOWN, "", "garbage: a prov"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"providerRef\":\"a\\nb\"}", PROVIDER_UNKNOWN, "",
     "garbage: a prov"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"providerRef\":\"a\\u0000\"}", PROVIDER_UNKNOWN, "", "garbage: a "},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"providerRef\":\"" REF255 "6\"}", PROVIDER_UNKNOWN, "",
     "garbage: a"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"declined\",\"reason\":{}}", PROVIDER_UNKNOWN, "", "garbage: a reason"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"declined\",\"status\":\"approved\"}", PROVIDER_UNKNOWN, "", "garbage: no JSON"},
    /* no object, or more than one */
    {PROVIDER_AUTHORIZE, "", PROVIDER_UNKNOWN, "", "empty answer"},
    {PROVIDER_AUTHORIZE, "\n", PROVIDER_UNKNOWN, "", "garbage: no JSON"},
    {PROVIDER_AUTHORIZE, "approved", PROVIDER_UNKNOWN, "", "garbage: no JSON"},
    {PROVIDER_AUTHORIZE, "\"approved\"", PROVIDER_UNKNOWN, "", "garbage: no JSON"},
    {PROVIDER_AUTHORIZE, "[{\"status\":\"approved\"}]", PROVIDER_UNKNOWN, "", "garbage: no JSON object"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\"}{}", PROVIDER_UNKNOWN, "", "garbage: no JSON"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\"", PROVIDER_UNKNOWN, "", "garbage: no JSON"},
    {PROVIDER_AUTHORIZE, "{\"status\":\"approved\",\"reason\":\"\xFF\"}", PROVIDER_UNKNOWN, "", "garbage: no JSON"},
    {PROVIDER_AUTHORIZE, "\xEF\xBB\xBF{\"status\":\"approved\"}", PROVIDER_UNKNOWN, "", "garbage: no JSON"},
};

static void answers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof given_answers / sizeof given_answers[0]; i++) {
    struct provider_answer answer;
    memset(&answer, 0x55, sizeof answer);
    protocol_answer(given_answers[i].operation, KEY, given_answers[i].text, strlen(given_answers[i].text), &answer);
    bool reason = strncmp(answer.reason, given_answers[i].reason, strlen(given_answers[i].reason)) == 0;
    if (answer.status != given_answers[i].status || !reason || strcmp(answer.provider_ref, given_answers[i].ref) != 0)
      fail_msg("%s: %s, \"%s\", \"%s\"", given_answers[i].text, provider_statuses[answer.status], answer.provider_ref,
               answer.reason);
  }
}

/* A long reason is cut at a whole character. */
static void a_reason_is_cut(void **state) {
  struct provider_answer answer;
  struct op_text text = {0};
  (void)state;
  op_text_adds(&text, "{\"status\":\"declined\",\"reason\":\"");
  for (int i = 0; i < 100; i++)
    op_text_adds(&text, "예약");
  op_text_adds(&text, "\"}");
  protocol_answer(PROVIDER_AUTHORIZE, KEY, text.ptr, text.len, &answer);
  assert_int_equal(answer.status, PROVIDER_DECLINED);
  assert_int_equal(strlen(answer.reason), 255);
  assert_true(evs_utf8_valid(answer.reason, 255));
  op_text_free(&text);
}

#define ENTRY                                                                                                          \
  "{\"idempotencyKey\":\"k\",\"reservationId\":\"1\",\"status\":\"approved\",\"amount\":5,\"currency\":\"KRW\"}"

static void pages_of_the_ledger(void **state) {
  static const struct {
    const char *text;
    size_t count;
    const char *next, *wrong;
  } cases[] = {
      {"{\"entries\":[]}", 0, "", NULL},
      {"{\"entries\":[" ENTRY "]}", 1, "", NULL},
      {"{\"entries\":[" ENTRY "," ENTRY "],\"next\":\"17\",\"more\":1}", 2, "17", NULL},
      {"{\"entries\":[{\"idempotencyKey\":\"k\",\"status\":\"declined\",\"amount\":0}]}", 1, "", NULL},
      {"{\"entries\":[],\"next\":\"17\"}", 0, "", "an empty page"},
      {"{\"status\":\"approved\"}", 0, "", "no list"},
      {"[]", 0, "", "no list"},
      {"{\"entries\":{}}", 0, "", "no list"},
      {"{\"entries\":[" ENTRY "],\"next\":17}", 0, "", "a next"},
      {"{\"entries\":[" ENTRY ",7]}", 0, "", "an entry without"},
      {"{\"entries\":[{\"idempotencyKey\":\"\",\"status\":\"approved\",\"amount\":5}]}", 0, "", "an entry without"},
      {"{\"entries\":[{\"idempotencyKey\":\"k\",\"status\":\"not_found\",\"amount\":5}]}", 0, "", "an entry with a st"},
      {"{\"entries\":[{\"idempotencyKey\":\"k\",\"status\":\"approved\"}]}", 0, "", "an entry with an amount"},
      {"{\"entries\":[{\"idempotencyKey\":\"k\",\"status\":\"approved\",\"amount\":-1}]}", 0, "",
       "an entry with an am"},
      {"{\"entries\":[{\"idempotencyKey\":\"k\",\"status\":\"approved\",\"amount\":5.0}]}", 0, "",
       "an entry with an am"},
      {"{\"entries\":[{\"idempotencyKey\":\"k\",\"status\":\"approved\",\"amount\":9007199254740992}]}", 0, "",
       "an entry"},
      {"{\"entries\":[{\"idempotencyKey\":\"k\",\"status\":\"approved\",\"amount\":5,\"currency\":\"WON-OF-KOREA\"}]}",
       0, "", "an entry with a currency"},
      {"{\"entries\":[", 0, "", "no JSON"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct ledger_page page;
    const char *wrong = NULL;
    bool good = protocol_ledger_page(cases[i].text, strlen(cases[i].text), &page, &wrong);
    bool told = cases[i].wrong == NULL ? wrong == NULL : wrong != NULL && strstr(wrong, cases[i].wrong) == wrong;
    if (good != (cases[i].wrong == NULL) || !told || page.count != cases[i].count ||
        strcmp(page.next, cases[i].next) != 0)
      fail_msg("%s: %d %s", cases[i].text, good, wrong != NULL ? wrong : "is taken");
    ledger_page_free(&page);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_are_one_line_of_json),
      cmocka_unit_test(answers),
      cmocka_unit_test(a_reason_is_cut),
      cmocka_unit_test(pages_of_the_ledger),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
