/* main.c - op-musical: the musicals and their seats. The tables of its verbs and options; nothing else.
 *
 * The verbs stand in change.c (register, adjust, close, open), import.c, list.c (list, show) and release.c (run); the
 * rules in decide.c. */
#include "verbs.h"

static const struct op_option register_options[] = {
    {"id", 0, "ID", "the musical's id", true},
    {"name", 0, "NAME", "its name", true},
    {"seats", 0, "N", "how many seats it has", true},
    {"price", 0, "P", "the list price of a seat, in minor units", false},
    {"currency", 0, "CODE", "the currency of its prices (default KRW)", false},
    {"venue", 0, "V", "where it is played", false},
    {"starts-at", 0, "TIME", "when it starts (RFC 3339)", false},
    {"sales-open", 0, "TIME", "no reservation before this time", false},
    {"sales-close", 0, "TIME", "no reservation from this time on", false},
    {"max-per-customer", 0, "N", "at most so many seats for one customer", false},
    {0},
};

static const struct op_option adjust_options[] = {
    {"seats", 0, "N", "how many seats it has from now on", true},
    {"grade", 0, "G", "of this grade, where its seats have grades", false},
    {0},
};

static const struct op_verb verbs[] = {
    {"register", NULL, "register a musical", 0, 0, OP_CHANGES, register_options, verb_register,
     "op-musical register --id 1 --name Frozen --seats 100 --price 50000"},
    {"adjust", "ID", "change how many seats a musical has", 1, 1, OP_CHANGES, adjust_options, verb_adjust,
     "op-musical adjust 1 --seats 120\n"
     "op-musical adjust cats --grade VIP --seats 24"},
    {"close", "ID", "stop its sales", 1, 1, OP_CHANGES, NULL, verb_close, "op-musical close 1"},
    {"open", "ID", "resume its sales", 1, 1, OP_CHANGES, NULL, verb_open, "op-musical open 1"},
    {"import", "FILE", "make the musicals as a YAML catalogue says, all or none; - is stdin", 1, 1, OP_CHANGES, NULL,
     verb_import,
     "op-musical import catalogue.yaml --dry-run\n"
     "op-musical import - <catalogue.yaml\n"
     "op-musical import catalogue.yaml"},
    {"list", NULL, "list the musicals and their seats", 0, 0, 0, NULL, verb_list,
     "op-musical list -o table\n"
     "op-musical list -o ndjson | jq -r 'select(.reservableSeats > 0) | .name'"},
    {"show", "ID", "show one musical", 1, 1, 0, NULL, verb_show, "op-musical show 1 -o json"},
    {"run", NULL, "give the seats of cancelled reservations back", 0, 0, OP_FOLLOWS | OP_MAX | OP_PENDING, NULL,
     verb_run,
     "op-musical run\n"
     "op-musical run --follow"},
    {0},
};

static const char *const examples[] = {
    "op-musical register --id 1 --name Frozen --seats 100 --price 50000",
    "op-musical import catalogue.yaml --dry-run",
    "op-musical list -o table",
    "op-musical run --follow",
    NULL,
};

/* Hands the tables over. */
int main(int argc, char **argv) {
  static const struct op_program program = {"op-musical", "musicals and their seats", verbs, examples};
  return op_main(&program, argc, argv);
}
