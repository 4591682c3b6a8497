/* main.c - op-mypage: what the customer sees; the tables of its command line.
 *
 * Reads every event of every context and appends nothing. What an event means for a page is decided in page.c. */
#include "verbs.h"

static const struct op_option list_options[] = {
    {"customer", 0, "C", "only the reservations of this customer", false},
    {"status", 0, "STATUS", "only Reserved, PaymentApproved, Cancelled or PaymentCancelled", false},
    {"since", 0, "TIME", "only what was updated at or after this time (RFC 3339)", false},
    {0},
};

static const struct op_verb verbs[] = {
    {NULL, "", "the reservations and how far they are, one row each", 0, 0, OP_FOLLOWS, list_options, mypage_list,
     NULL},
    {"show", "RID", "one reservation", 1, 1, 0, NULL, mypage_show, "op-mypage show 1"},
    {"history", "RID", "every step of a reservation, in order", 1, 1, 0, NULL, mypage_history,
     "op-mypage history 1 -o table"},
    {0},
};

static const char *const examples[] = {
    "op-mypage", "op-mypage --customer c1 --follow", "op-mypage history 1", "op-mypage -o csv --status PaymentApproved",
    NULL,
};

static const struct op_program program = {"op-mypage", "see how far reservations are", verbs, examples};

int main(int argc, char **argv) { return op_main(&program, argc, argv); }
