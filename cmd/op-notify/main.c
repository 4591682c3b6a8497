/* main.c - op-notify: tells customers what became of their reservations; the tables of its command line.
 *
 * Reads the events that customers are told about; appends NotificationSent, NotificationFailed and their like, and
 * CustomerForgotten. Texts stand in template.c, channels behind channel.h, personal data in contacts.c and nowhere
 * else. */
#include "verbs.h"

static const struct op_option set_options[] = {
    {"email", 0, "EMAIL", "where the notices go", true},
    {"name", 0, "NAME", "the customer's name", false},
    {"lang", 0, "ko|en", "the language of the notices (default ko)", false},
    {0},
};

static const struct op_option list_options[] = {
    {"reservation", 0, "RID", "only the notices about this reservation", false},
    {"status", 0, "STATUS", "Pending, Sent (default), Parked or Withdrawn", false},
    {"all", 0, NULL, "whatever became of them", false},
    {0},
};

static const struct op_verb verbs[] = {
    {"run", "", "send one notice per payment, refund, cancellation or hand-over", 0, 0,
     OP_FOLLOWS | OP_MAX | OP_PENDING, NULL, notify_run,
     "op-notify run\n"
     "op-notify run --follow"},
    {"list", "", "the notices that were sent, or all", 0, 0, 0, list_options, notify_list,
     "op-notify list --reservation 1\n"
     "op-notify list --status Parked"},
    {"retry", "ID", "try a parked or waiting notice again, at once", 1, 1, OP_CHANGES, NULL, notify_retry,
     "op-notify retry 4"},
    {"contact set", "C", "keep the contact of customer C, outside of the journal", 1, 1, OP_CHANGES, set_options,
     notify_contact_set,
     "op-notify contact set c1 --email minsu@example.org --name 김민수\n"
     "op-notify contact set c2 --email ann@example.org --lang en"},
    {"contact show", "C", "the contact of customer C", 1, 1, 0, NULL, notify_contact_show, "op-notify contact show c1"},
    {"contact forget", "C", "remove all that is personal of customer C", 1, 1, OP_CHANGES, NULL, notify_contact_forget,
     "op-notify contact forget c1"},
    {0},
};

static const char *const examples[] = {
    "op-notify contact set c1 --email minsu@example.org --name 김민수",
    "op-notify run",
    "op-notify list --reservation 1",
    "op-notify contact forget c1",
    NULL,
};

static const struct op_program program = {"op-notify", "send customers notices about their reservations", verbs,
                                          examples};

int main(int argc, char **argv) { return op_main(&program, argc, argv); }
