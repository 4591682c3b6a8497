/* main.c - op-pay: takes the money for reservations and gives it back; the tables of its command line.
 *
 * Reads ReservationPlaced and ReservationCancelled; appends PaymentApproved, PaymentDeclined, PaymentRefunded and
 * PaymentCancelled. What is due is decided in decide.c, who moves the money stands behind provider.h. */
#include "verbs.h"

static const struct op_option list_options[] = {
    {"status", 0, "STATUS", "only Pending, PaymentApproved, PaymentDeclined or PaymentCancelled", false},
    {0},
};

static const struct op_verb verbs[] = {
    {"run", "", "charge what was reserved, refund what was cancelled", 0, 0, OP_FOLLOWS | OP_MAX, NULL, pay_run,
     "op-pay run\n"
     "op-pay run --follow"},
    {"list", "", "the payments, one row per reservation", 0, 0, 0, list_options, pay_list,
     "op-pay list --status PaymentApproved"},
    {"show", "ID", "one payment (its id is the reservation's)", 1, 1, 0, NULL, pay_show, "op-pay show 1 -o json"},
    {"reconcile", "", "compare the provider's ledger with the journal; exit 1 where they differ", 0, 0, 0, NULL,
     pay_reconcile, "op-pay reconcile -o json"},
    {0},
};

static const char *const examples[] = {
    "op-pay run", "op-pay run --follow", "op-pay list --status PaymentApproved", "op-pay show 1 -o json", NULL,
};

static const struct op_program program = {"op-pay", "take and refund payments for reservations", verbs, examples};

int main(int argc, char **argv) { return op_main(&program, argc, argv); }
