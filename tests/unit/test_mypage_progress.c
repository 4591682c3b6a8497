/* test_mypage_progress.c - given the steps of the saga and how far each is, the one word for all of it. */
#include "cmd/op-mypage/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* The steps that make a reservation complete. */
static const char *const payment[] = {"payment", NULL};
static const char *const ticket[] = {"payment", "ticket", NULL};
static const char *const pickup[] = {"assignment", NULL};
static const char *const all[] = {"assignment", "payment", "ticket", NULL};

static const struct {
  const char *const *steps;
  struct progress given; /* status, payment, ticket, pick-up, seats held */
  const char *then;
} cases[] = {
    /* what is to be done */
    {payment, {"Reserved", "Pending", NULL, NULL, 2}, "Placed"},
    {payment, {"Reserved", NULL, NULL, NULL, 2}, "Placed"},
    {payment, {"Reserved", "Parked", NULL, NULL, 2}, "Placed"},
    {payment, {"Reserved", "PaymentDeclined", NULL, NULL, 2}, "Placed"},
    {payment, {"PaymentApproved", "PaymentApproved", NULL, NULL, 2}, "Completed"},
    {payment, {"PaymentApproved", "RefundParked", NULL, NULL, 2}, "Completed"}, /* of some seats; the rest is paid */
    {ticket, {"PaymentApproved", "PaymentApproved", NULL, NULL, 2}, "Placed"},
    {ticket, {"PaymentApproved", "PaymentApproved", "Ready", NULL, 2}, "Placed"},
    {ticket, {"PaymentApproved", "PaymentApproved", "Issued", NULL, 2}, "Completed"},
    {ticket, {"PaymentApproved", "PaymentApproved", "Admitted", NULL, 2}, "Completed"},
    {pickup, {"Reserved", "Pending", NULL, "", 1}, "Placed"},
    {pickup, {"Reserved", "Pending", NULL, "Pending", 1}, "Placed"},
    {pickup, {"Reserved", "Pending", NULL, "Failed", 1}, "Placed"},
    {pickup, {"Reserved", "Pending", NULL, "Assigned", 1}, "Completed"},
    {pickup, {"PaymentApproved", "PaymentApproved", NULL, "Collected", 1}, "Completed"},
    {all, {"PaymentApproved", "PaymentApproved", "Issued", "Pending", 1}, "Placed"},
    {all, {"PaymentApproved", "PaymentApproved", "Ready", "Assigned", 1}, "Placed"},
    {all, {"Reserved", "Pending", "Issued", "Assigned", 1}, "Placed"},
    {all, {"PaymentApproved", "PaymentApproved", "Issued", "Assigned", 1}, "Completed"},
    /* what is to be undone: the seats */
    {payment, {"PaymentCancelled", "PaymentCancelled", NULL, NULL, 2}, "Cancelled"},
    {payment, {"PaymentCancelled", "PaymentCancelled", NULL, NULL, 0}, "CancellationCompleted"},
    /* the payment, which has to be settled where it is a step at all */
    {payment, {"Cancelled", "PaymentApproved", NULL, NULL, 0}, "Cancelled"},
    {payment, {"PaymentCancelled", "RefundParked", NULL, NULL, 0}, "Cancelled"},
    {payment, {"Cancelled", "Pending", NULL, NULL, 0}, "Cancelled"},
    {payment, {"Cancelled", NULL, NULL, NULL, 0}, "Cancelled"},
    {payment, {"Cancelled", "Parked", NULL, NULL, 0}, "Cancelled"},
    {payment, {"Cancelled", "PaymentDeclined", NULL, NULL, 0}, "CancellationCompleted"},
    {pickup, {"Cancelled", "Pending", NULL, NULL, 0}, "CancellationCompleted"},
    {pickup, {"Cancelled", "Parked", NULL, NULL, 0}, "Cancelled"},
    {pickup, {"Cancelled", "PaymentApproved", NULL, "Released", 0}, "Cancelled"}, /* no step, and done all the same */
    /* the ticket and the branch */
    {ticket, {"PaymentCancelled", "PaymentCancelled", "Issued", NULL, 0}, "Cancelled"},
    {ticket, {"PaymentCancelled", "PaymentCancelled", "Admitted", NULL, 0}, "Cancelled"},
    {ticket, {"PaymentCancelled", "PaymentCancelled", "Voided", NULL, 0}, "CancellationCompleted"},
    {ticket, {"PaymentCancelled", "PaymentCancelled", "Ready", NULL, 0}, "CancellationCompleted"},
    {ticket, {"PaymentCancelled", "PaymentCancelled", NULL, NULL, 0}, "CancellationCompleted"},
    {pickup, {"PaymentCancelled", "PaymentCancelled", NULL, "Assigned", 0}, "Cancelled"},
    {pickup, {"PaymentCancelled", "PaymentCancelled", NULL, "Released", 1}, "Cancelled"},
    {pickup, {"PaymentCancelled", "PaymentCancelled", NULL, "Released", 0}, "CancellationCompleted"},
    {pickup, {"PaymentCancelled", "PaymentCancelled", NULL, "Failed", 0}, "CancellationCompleted"},
};

static void one_word_for_all_steps(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    print_message("case %zu\n", i);
    assert_string_equal(progress_word(cases[i].steps, &cases[i].given), cases[i].then);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(one_word_for_all_steps)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
