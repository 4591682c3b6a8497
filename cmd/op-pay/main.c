/* main.c - op-pay: takes the money for reservations and gives it back; the tables of its command line.
 *
 * Reads ReservationPlaced and ReservationCancelled; appends PaymentApproved, PaymentDeclined, PaymentRefunded and
 * PaymentCancelled, and on the way to them PaymentAttemptStarted, PaymentAttemptFailed, PaymentParked and the changes
 * of the circuit. What is due is decided in decide.c, when calls stop in circuit.c, who moves the money stands behind
 * provider.h. */
#include "verbs.h"

static const struct op_option list_options[] = {
    {"status", 0, "STATUS", "only Pending, PaymentApproved, PaymentDeclined, PaymentCancelled, Parked or RefundParked",
     false},
    {0},
};

static const struct op_option run_options[] = {
    {"jobs", 0, "N", "make so many calls of the provider at once (default: 1)", false},
    {0},
};

static const struct op_option circuit_options[] = {
    {"for", 0, "TIME", "open: stay open so long (default: payment.breaker.open)", false},
    {0},
};

static const struct op_verb verbs[] = {
    {"run", "", "charge what was reserved, refund what was cancelled", 0, 0, OP_FOLLOWS | OP_MAX | OP_PENDING,
     run_options, pay_run,
     "op-pay run\n"
     "op-pay run --follow --jobs 8"},
    {"list", "", "the payments, one row per reservation", 0, 0, 0, list_options, pay_list,
     "op-pay list --status PaymentApproved"},
    {"show", "ID", "one payment (its id is the reservation's)", 1, 1, 0, NULL, pay_show, "op-pay show 1 -o json"},
    {"retry", "ID", "have a parked or waiting payment tried again by the next run", 1, 1, OP_CHANGES, NULL, pay_retry,
     "op-pay retry 1"},
    {"circuit", "[ACTION]", "the circuit breaker of the provider: show it, open (stop all calls) or close it", 0, 1,
     OP_CHANGES, circuit_options, pay_circuit,
     "op-pay circuit\n"
     "op-pay circuit open --for 2h"},
    {"reconcile", "", "compare the provider's ledger with the journal; exit 1 where they differ", 0, 0, 0, NULL,
     pay_reconcile, "op-pay reconcile -o json"},
    {0},
};

static const char *const examples[] = {
    "op-pay run", "op-pay run --follow", "op-pay list --status Parked", "op-pay retry 1", "op-pay circuit", NULL,
};

static const struct op_program program = {"op-pay", "take and refund payments for reservations", verbs, examples};

int main(int argc, char **argv) { return op_main(&program, argc, argv); }
