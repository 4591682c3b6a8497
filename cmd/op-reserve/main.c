/* main.c - op-reserve: reservations. The tables of its verbs and options; nothing else.
 *
 * The verbs stand in place.c (with batch.c), cancel.c, wait.c, list.c (list, show) and unpaid.c (run, with offers.c);
 * the rules in decide.c and decide_waiting.c. */
#include "verbs.h"

static const struct op_option place_options[] = {
    {"musical", 0, "ID", "the musical", false},
    {"seats", 0, "N", "how many seats", false},
    {"grade", 0, "G", "of this grade, where the seats of the musical have grades", false},
    {"price", 0, "P", "the price of a seat that the customer agreed to (default: the list price)", false},
    {"customer", 0, "C", "the customer's id", false},
    {"id", 0, "RID", "the reservation's id (default: the next whole number)", false},
    {"lat", 0, "X", "where the customer is, to the nearest 0.001 degree: a branch near to there gets it", false},
    {"lon", 0, "Y", "the longitude that goes with --lat", false},
    {"fulfil", 0, "HOW", "pickup at the branch (the default), or delivery from there", false},
    {"offer", 0, "OID", "accept this offer: its seats, for its customer", false},
    {"batch", 0, NULL, "one request a line on stdin as NDJSON, one answer a line on stdout", false},
    {0},
};

static const struct op_option cancel_options[] = {
    {"seats", 0, "N", "only so many of its seats (default: all)", false},
    {"reason", 0, "TEXT", "why; kept for ever: no personal data, which the journal cannot forget", false},
    {0},
};

static const struct op_option wait_options[] = {
    {"musical", 0, "ID", "the musical", false},
    {"seats", 0, "N", "how many seats, all at once", false},
    {"grade", 0, "G", "of this grade, where the seats of the musical have grades", false},
    {"customer", 0, "C", "the customer's id", false},
    {"id", 0, "WID", "the id of the entry and of its offer (default: one that nobody guesses)", false},
    {0},
};

static const struct op_option wait_list_options[] = {
    {"musical", 0, "ID", "only who waits for this musical", false},
    {"customer", 0, "C", "only this customer", false},
    {"all", 0, NULL, "those who wait no longer, too", false},
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
     "op-reserve place --musical cats-2026-12-24 --grade VIP --seats 2 --customer kim\n"
     "op-reserve place --offer w1\n"
     "op-reserve place --batch < requests.ndjson"},
    {"cancel", "RID", "cancel a reservation, or some of its seats", 1, 1, OP_CHANGES, cancel_options, verb_cancel,
     "op-reserve cancel 1\n"
     "op-reserve cancel 1 --seats 1 --reason 'fewer of us come'"},
    {"wait", NULL, "wait for seats that come back", 0, 0, OP_CHANGES, wait_options, verb_wait,
     "op-reserve wait --musical 1 --seats 2 --customer kim\n"
     "op-reserve wait --musical 1 --grade VIP --seats 2 --id w1"},
    {"wait list", NULL, "list who waits, in order", 0, 0, 0, wait_list_options, verb_wait_list,
     "op-reserve wait list --musical 1"},
    {"wait show", "WID", "show one entry of the waiting list", 1, 1, 0, NULL, verb_wait_show,
     "op-reserve wait show w1"},
    {"wait withdraw", "WID", "wait no longer, or decline the offer", 1, 1, OP_CHANGES, NULL, verb_wait_withdraw,
     "op-reserve wait withdraw w1"},
    {"list", NULL, "list the reservations", 0, 0, 0, list_options, verb_list,
     "op-reserve list --musical 1 -o table\n"
     "op-reserve list --customer kim --all"},
    {"show", "RID", "show one reservation", 1, 1, 0, NULL, verb_show, "op-reserve show 1"},
    {"run", NULL, "cancel what was declined or not paid in time, and offer seats to those who wait", 0, 0,
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
