/* test_pay_compare.c - reconciliation by tables: what an event claims, and where two claims about a key differ. */
#include "cmd/op-pay/compare.h"
#include "given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* given what the journal and the ledger claim, then they differ so. */
static void differences(void **state) {
  static const struct claim none = {PROVIDER_NOT_FOUND, -1, ""}, declined = {PROVIDER_DECLINED, 5, "KRW"},
                            pending = {PROVIDER_PENDING, 5, "KRW"}, approved = {PROVIDER_APPROVED, 5, "KRW"},
                            less = {PROVIDER_APPROVED, 4, "KRW"}, other = {PROVIDER_APPROVED, 5, "USD"},
                            refunded = {PROVIDER_REFUNDED, 5, "KRW"}, by_query = {PROVIDER_APPROVED, -1, ""};
  static const struct {
    const struct claim *journal, *ledger;
    const char *kind;
  } cases[] = {
      {&none, &none, NULL},
      {&none, &declined, NULL},
      {&none, &pending, NULL}, /* under way */
      {&declined, &none, NULL},
      {&declined, &declined, NULL},
      {&approved, &approved, NULL},
      {&refunded, &refunded, NULL},
      {&approved, &by_query, NULL},
      {&none, &approved, "missing_in_journal"},
      {&none, &refunded, "missing_in_journal"},
      {&declined, &approved, "missing_in_journal"},
      {&approved, &none, "missing_in_ledger"},
      {&approved, &declined, "missing_in_ledger"},
      {&refunded, &none, "missing_in_ledger"},
      {&approved, &pending, "pending_in_ledger"},
      {&approved, &refunded, "status"},
      {&refunded, &approved, "status"},
      {&approved, &less, "amount"},
      {&less, &approved, "amount"},
      {&approved, &other, "currency"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const char *kind = claims_differ(cases[i].journal, cases[i].ledger);
    if (cases[i].kind == NULL ? kind != NULL : kind == NULL || strcmp(kind, cases[i].kind) != 0)
      fail_msg("case %zu: %s", i, kind != NULL ? kind : "no difference");
  }
}

/* given an event with seq 9 and cause 5, then it claims this. */
static void claims(void **state) {
  static const struct {
    const char *type, *data, *key;
    struct claim claim;
    const char *provider;
  } cases[] = {
      {"ReservationPlaced",
       "{\"reservationId\":\"1\",\"amount\":7,\"currency\":\"KRW\"}",
       "authorize:1",
       {PROVIDER_NOT_FOUND, 7, "KRW"},
       ""},
      {"ReservationCancelled", "{\"reservationId\":\"1\",\"amount\":7}", "refund:1:9", {PROVIDER_NOT_FOUND, 7, ""}, ""},
      {"PaymentApproved",
       "{\"reservationId\":\"1\",\"amount\":7,\"currency\":\"KRW\",\"provider\":\"http\"}",
       "authorize:1",
       {PROVIDER_APPROVED, 7, "KRW"},
       "http"},
      {"PaymentDeclined",
       "{\"reservationId\":\"1\",\"amount\":7,\"provider\":\"http\"}",
       "authorize:1",
       {PROVIDER_DECLINED, 7, ""},
       "http"},
      {"PaymentRefunded",
       "{\"reservationId\":\"1\",\"amount\":7,\"provider\":\"http\"}",
       "refund:1:5",
       {PROVIDER_REFUNDED, 7, ""},
       "http"},
      {"PaymentCancelled",
       "{\"reservationId\":\"1\",\"amount\":7,\"provider\":\"http\"}",
       "refund:1:5",
       {PROVIDER_REFUNDED, 7, ""},
       "http"},
      {"PaymentRefunded",
       "{\"reservationId\":\"1\",\"amount\":7,\"provider\":\"http\",\"idempotencyKey\":\"refund:1:5:2\"}",
       "refund:1:5:2",
       {PROVIDER_REFUNDED, 7, ""},
       "http"},
      {"PaymentAttemptStarted",
       "{\"reservationId\":\"1\",\"amount\":7,\"provider\":\"http\",\"idempotencyKey\":\"refund:1:3:1\"}",
       "refund:1:3:1",
       {PROVIDER_NOT_FOUND, 7, ""},
       "http"},
      {"PaymentCancelled", "{\"reservationId\":\"1\",\"amount\":0}", "refund:1:5", {PROVIDER_NOT_FOUND, 0, ""}, ""},
      {"PaymentCancelled",
       "{\"reservationId\":\"1\",\"amount\":0,\"provider\":\"http\"}",
       "refund:1:5",
       {PROVIDER_NOT_FOUND, 0, ""},
       "http"},
      {"PaymentApproved", "{\"reservationId\":7,\"provider\":9}", "authorize:7", {PROVIDER_APPROVED, -1, ""}, "9"},
      {"PaymentApproved", "{\"reservationId\":\"a b\",\"amount\":7}", NULL, {PROVIDER_UNKNOWN, 0, ""}, ""},
      {"PaymentApproved", "{}", NULL, {PROVIDER_UNKNOWN, 0, ""}, ""},
      {"SeatsReleased", "{\"reservationId\":\"1\"}", NULL, {PROVIDER_UNKNOWN, 0, ""}, ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct journal_claim claim;
    const evs_event event = given_event(9, cases[i].type, 5, cases[i].data);
    assert_int_equal(claim_of_event(&event, &claim), cases[i].key != NULL);
    if (cases[i].key == NULL)
      continue;
    assert_string_equal(claim.key, cases[i].key);
    assert_string_equal(claim.provider, cases[i].provider);
    assert_int_equal(claim.claim.status, cases[i].claim.status);
    assert_int_equal(claim.claim.amount, cases[i].claim.amount);
    assert_string_equal(claim.claim.currency, cases[i].claim.currency);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(differences), cmocka_unit_test(claims)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
