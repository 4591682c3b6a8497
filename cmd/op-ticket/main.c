/* main.c - op-ticket: tickets. The tables of its verbs and options; nothing else.
 *
 * The verbs stand in issue.c, admit.c (admit, verify), list.c (list, show) and run.c; the rules in decide.c. */
#include "verbs.h"

static const struct op_option issue_options[] = {
    {"qr", 0, "FILE", "draw its code as a QR code: a PNG, or with - blocks of text beneath the table", false},
    {0},
};

static const struct op_option door_options[] = {
    {"musical", 0, "ID", "refuse tickets of another musical", false},
    {0},
};

static const struct op_option list_options[] = {
    {"musical", 0, "ID", "only tickets of this musical", false},
    {"customer", 0, "C", "only tickets of this customer", false},
    {"status", 0, "S", "only this status: Ready, Issued, Admitted or Voided", false},
    {"all", 0, NULL, "void ones, too", false},
    {0},
};

static const struct op_verb verbs[] = {
    {"issue", "RID", "issue the ticket of a reservation that is paid", 1, 1, OP_CHANGES, issue_options, verb_issue,
     "op-ticket issue 1\n"
     "op-ticket issue 1 --qr ticket.png\n"
     "op-ticket issue 1 -o table --qr -"},
    {"admit", "CODE", "admit the holder of a ticket, once", 1, 1, OP_CHANGES, door_options, verb_admit,
     "op-ticket admit 7XKQ-2M9D-VH4T-0CPR\n"
     "op-ticket admit 7XKQ-2M9D-VH4T-0CPR --musical cats-2026-12-24"},
    {"verify", "CODE", "tell whether a ticket would be admitted", 1, 1, 0, door_options, verb_verify,
     "op-ticket verify 7xkq2m9dvh4t0cpr"},
    {"list", NULL, "list the tickets", 0, 0, 0, list_options, verb_list,
     "op-ticket list --musical 1 -o table\n"
     "op-ticket list --status Admitted"},
    {"show", "RID", "show the ticket of a reservation", 1, 1, 0, NULL, verb_show, "op-ticket show 1"},
    {"run", NULL, "make tickets ready once they are paid, and void once they are cancelled", 0, 0,
     OP_FOLLOWS | OP_MAX | OP_PENDING, NULL, verb_run,
     "op-ticket run\n"
     "op-ticket run --follow"},
    {0},
};

static const char *const examples[] = {
    "op-ticket issue 1 --qr ticket.png",
    "op-ticket admit 7XKQ-2M9D-VH4T-0CPR",
    "op-ticket list --musical 1 -o table",
    "op-ticket run --follow",
    NULL,
};

/* Hands the tables over. */
int main(int argc, char **argv) {
  static const struct op_program program = {"op-ticket", "tickets", verbs, examples};
  return op_main(&program, argc, argv);
}
