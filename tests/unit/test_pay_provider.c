/* test_pay_provider.c - the providers as the saga sees them: found by name, called, closed. */
#include "cmd/op-pay/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* The built-in one: the same answer for ever, and nothing to be found. */
static void the_built_in_provider_approves(void **state) {
  struct op_app app = {.config = {.payment_provider = (char[]){"approve"}}};
  struct provider *provider = NULL;
  struct op_error error = {0};
  const struct provider_request request = {.idempotency_key = "authorize:1", .reservation_id = "1", .amount = 1};
  static const struct {
    enum provider_operation operation;
    enum provider_status status;
    const char *ref;
  } cases[] = {
      {PROVIDER_AUTHORIZE, PROVIDER_APPROVED, "approve:1"},
      {PROVIDER_AUTHORIZE, PROVIDER_APPROVED, "approve:1"},
      {PROVIDER_QUERY, PROVIDER_NOT_FOUND, ""},
      {PROVIDER_REFUND, PROVIDER_REFUNDED, "approve:1"},
  };
  (void)state;
  assert_int_equal(provider_open(&app, &provider, &error), 0);
  assert_string_equal(provider_name(provider), "approve");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct provider_answer answer;
    assert_int_equal(provider_call(provider, cases[i].operation, &request, &answer, &error), 0);
    assert_int_equal(answer.status, cases[i].status);
    assert_string_equal(answer.provider_ref, cases[i].ref);
  }
  provider_close(provider);
  provider_close(NULL);
}

/* Who asked for a provider that is not there gets none. */
static void an_unknown_provider_is_an_error(void **state) {
  struct op_app app = {.config = {.payment_provider = (char[]){"decline"}}};
  struct provider *provider = NULL;
  struct op_error error = {0};
  (void)state;
  assert_int_equal(provider_open(&app, &provider, &error), OP_CONFIG);
  assert_string_equal(error.code, "unknown_provider");
  assert_null(provider);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_built_in_provider_approves),
      cmocka_unit_test(an_unknown_provider_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
