/* main.c - op-reserve: reservations. The tables of its verbs and options; nothing else.
 *
 * The verbs stand in place.c (with batch.c), cancel.c, list.c (list, show) and unpaid.c (run); the rules in
 * decide.c. */
#include "verbs.h"

static const struct op_option place_options[] = {
    {"musical", 0, "ID", "the musical", false},
    {"seats", 0, "N", "how many seats", false},
    {"price", 0, "P", "the price of a seat that the customer agreed to (default: the list price)", false},
    {"customer", 0, "C", "the customer's id", false},
    {"id", 0, "RID", "the reservation's id (default: the next whole number)", false},
    {"batch", 0, NULL, "one request a line on stdin as NDJSON, one answer a line on stdout", false},
    {0},
};

static const struct op_option cancel_options[] = {
    {"seats", 0, "N", "only so many of its seats (default: all)", false},
    {"reason", 0, "TEXT", "why; kept for ever: no personal data, which the journal cannot forget", false},
    {0},
};

static const struct op_option list_options[] = {
    {"musical", 0, "ID", "only reservations of this musical", false},
    {"customer", 0, "C", "only reservations of this customer", false},
    {"status", 0, "S", "only this status: Reserved, PaymentApproved, Cancelled or PaymentCancelled", false},
    {"all", 0, NULL, "cancelled ones, too", false},
    {0},
};

static const struct op_verb verbs[] = {
    {"place", NULL, "take seats of a musical", 0, 0, OP_CHANGES, place_options, verb_place,
     "op-reserve place --musical 1 --seats 2 --customer kim\n"
     "op-reserve place --batch < requests.ndjson"},
    {"cancel", "RID", "cancel a reservation, or some of its seats", 1, 1, OP_CHANGES, cancel_options, verb_cancel,
     "op-reserve cancel 1\n"
     "op-reserve cancel 1 --seats 1 --reason 'fewer of us come'"},
    {"list", NULL, "list the reservations", 0, 0, 0, list_options, verb_list,
     "op-reserve list --musical 1 -o table\n"
     "op-reserve list --customer kim --all"},
    {"show", "RID", "show one reservation", 1, 1, 0, NULL, verb_show, "op-reserve show 1"},
    {"run", NULL, "cancel the reservations whose payment was declined, or that nobody paid in time", 0, 0,
     OP_FOLLOWS | OP_MAX | OP_PENDING, NULL, verb_run,
     "op-reserve run\n"
     "op-reserve run --follow"},
    {0},
};

static const char *const examples[] = {
    "op-reserve place --musical 1 --seats 2 --customer kim",
    "op-reserve place --batch < requests.ndjson",
    "op-reserve cancel 1 --seats 1 --reason 'fewer of us come'",
    "op-reserve list --musical 1 -o table",
    NULL,
};

/* Hands the tables over. */
int main(int argc, char **argv) {
  static const struct op_program program = {"op-reserve", "reservations", verbs, examples};
  return op_main(&program, argc, argv);
}
