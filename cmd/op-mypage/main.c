/* main.c - op-mypage: what the customer sees; the tables of its command line.
 *
 * Reads every event of every context and appends nothing. What an event means for a page is decided in page.c. */
#include "verbs.h"

static const struct op_option list_options[] = {
    {"customer", 0, "C", "only the reservations of this customer", false},
    {"status", 0, "STATUS", "only Reserved, PaymentApproved, Cancelled or PaymentCancelled", false},
    {"progress", 0, "WORD", "only Placed, Completed, Cancelled or CancellationCompleted", false},
    {"since", 0, "TIME", "only what was updated at or after this time (RFC 3339)", false},
    {0},
};

#define ZONE_OPTION                                                                                                    \
  { "zone", 0, "OFFSET", "whose days, such as +09:00 (default: UTC)", false }
#define REPORT_OPTIONS                                                                                                 \
  {"by", 0, "WHAT", "a row for each: musical, day or day,musical (default: all in one)", false},                       \
      {"since", 0, "TIME", "only what happened at or after this day or time (RFC 3339)", false},                       \
      {"until", 0, "TIME", "only what happened before this day or time", false}, ZONE_OPTION
static const struct op_option sales_options[] = {
    REPORT_OPTIONS,
    {"svg", 0, "FILE", "draw the seats sold over the days, a line for each musical; - is stdout", false},
    {0},
};
static const struct op_option payments_options[] = {REPORT_OPTIONS, {0}};
static const struct op_option occupancy_options[] = {
    {"by", 0, "WHAT", "musical (as it is now), or day: at the end of each day", false},
    {"since", 0, "TIME", "with --by day: only from this day or time on (RFC 3339)", false},
    {"until", 0, "TIME", "with --by day: only what happened before this day or time", false},
    ZONE_OPTION,
    {0},
};

static const struct op_verb verbs[] = {
    {NULL, "", "the reservations and how far they are, one row each", 0, 0, OP_FOLLOWS, list_options, mypage_list,
     NULL},
    {"show", "RID", "one reservation", 1, 1, 0, NULL, mypage_show, "op-mypage show 1"},
    {"history", "RID", "every step of a reservation, in order", 1, 1, 0, NULL, mypage_history,
     "op-mypage history 1 -o table"},
    {"report sales", "", "seats and amounts sold and cancelled", 0, 0, 0, sales_options, mypage_report_sales,
     "op-mypage report sales --by day --since 2026-11-01 -o csv\nop-mypage report sales --by day --svg sales.svg"},
    {"report occupancy", "", "how full each musical is", 0, 0, 0, occupancy_options, mypage_report_occupancy,
     "op-mypage report occupancy\nop-mypage report occupancy --by day --since 2026-11-01"},
    {"report payments", "", "what was charged, declined, refunded and parked", 0, 0, 0, payments_options,
     mypage_report_payments, "op-mypage report payments --by musical"},
    {0},
};

static const char *const examples[] = {
    "op-mypage",
    "op-mypage --customer c1 --follow",
    "op-mypage history 1",
    "op-mypage -o csv --status PaymentApproved",
    "op-mypage report sales --by day",
    NULL,
};

static const struct op_program program = {"op-mypage", "see how far reservations are", verbs, examples};

int main(int argc, char **argv) { return op_main(&program, argc, argv); }
