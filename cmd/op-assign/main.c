/* main.c - op-assign: which branch hands a reservation over. The tables of its verbs and options; nothing else.
 *
 * The verbs stand in change.c (branch add, adjust, close, open, import), list.c (branch list and show, list, show),
 * collect.c and run.c; the rules in decide.c, what is best in plan.c. */
#include "verbs.h"

static const struct op_option add_options[] = {
    {"id", 0, "B", "the branch's id", true},
    {"name", 0, "N", "its name", true},
    {"lat", 0, "X", "its latitude in degrees, -90 to 90", true},
    {"lon", 0, "Y", "its longitude in degrees, -180 to 180", true},
    {"capacity", 0, "C", "how many reservations a day it can take", true},
    {0},
};

static const struct op_option adjust_options[] = {
    {"capacity", 0, "C", "how many reservations a day it can take from now on", true},
    {0},
};

static const struct op_option list_options[] = {
    {"status", 0, "S", "only this status: Pending, Assigned, Failed, Collected, Released or Cancelled", false},
    {"branch", 0, "B", "only what this branch has or had", false},
    {0},
};

static const struct op_option show_options[] = {
    {"explain", 0, NULL, "the branches in reach instead (or else the nearest), with what each would cost now", false},
    {0},
};

static const struct op_verb verbs[] = {
    {"branch add", NULL, "add a branch", 0, 0, OP_CHANGES, add_options, verb_branch_add,
     "op-assign branch add --id gangnam --name Gangnam --lat 37.4979 --lon 127.0276 --capacity 40"},
    {"branch adjust", "B", "change how many reservations a day a branch can take", 1, 1, OP_CHANGES, adjust_options,
     verb_branch_adjust, "op-assign branch adjust gangnam --capacity 60"},
    {"branch close", "B", "assign nothing more to a branch; it keeps what it has", 1, 1, OP_CHANGES, NULL,
     verb_branch_close, "op-assign branch close gangnam"},
    {"branch open", "B", "assign to it again", 1, 1, OP_CHANGES, NULL, verb_branch_open,
     "op-assign branch open gangnam"},
    {"branch import", "FILE", "make the branches as a YAML file says, all or none; - is stdin", 1, 1, OP_CHANGES, NULL,
     verb_branch_import,
     "op-assign branch import branches.yaml --dry-run\n"
     "op-assign branch import branches.yaml"},
    {"branch list", NULL, "list the branches, and how full they are today", 0, 0, 0, NULL, verb_branch_list,
     "op-assign branch list -o table"},
    {"branch show", "B", "show one branch, and how full it is today", 1, 1, 0, NULL, verb_branch_show,
     "op-assign branch show gangnam"},
    {"run", NULL, "assign what waits, and take back what was cancelled", 0, 0, OP_FOLLOWS | OP_MAX | OP_PENDING, NULL,
     verb_run,
     "op-assign run\n"
     "op-assign run --follow"},
    {"list", NULL, "list the reservations with a location, and their branches", 0, 0, 0, list_options, verb_list,
     "op-assign list -o table\n"
     "op-assign list --status Failed"},
    {"show", "RID", "show one of them, or why it went where it did", 1, 1, 0, show_options, verb_show,
     "op-assign show 1\n"
     "op-assign show 1 --explain -o table"},
    {"collect", "RID", "record that a reservation was handed over", 1, 1, OP_CHANGES, NULL, verb_collect,
     "op-assign collect 1"},
    {0},
};

static const char *const examples[] = {
    "op-assign branch add --id gangnam --name Gangnam --lat 37.4979 --lon 127.0276 --capacity 40",
    "op-reserve place --musical phone --seats 1 --lat 37.502 --lon 127.025",
    "op-assign run",
    "op-assign show 1 --explain -o table",
    NULL,
};

/* Hands the tables over. */
int main(int argc, char **argv) {
  static const struct op_program program = {"op-assign", "pick-up branches", verbs, examples};
  return op_main(&program, argc, argv);
}
