/* main.c - op-journal: the journal itself, for people, shells and programs in any language. Verbs and their options
 * only. */
#include "verbs.h"

#define SELECTING                                                                                                      \
  {"type", 't', "TYPE,...", "only events of any of these types (repeatable)", false},                                  \
      {"tag", 0, "NAME:VALUE", "only events that carry this tag (repeatable: all of them)", false}, {                  \
    "correlation", 'c', "ID", "only events of this saga, a reservation's id", false                                    \
  }

static const struct op_option read_options[] = {
    {"after", 'a', "SEQ", "only events after this position", false},
    SELECTING,
    {"limit", 'n', "N", "at most so many events", false},
    {"format", 'f', "FORMAT", "native (the line as it stands), cloudevents or data", false},
    {0},
};

static const struct op_option append_options[] = {
    {"unless-type", 0, "TYPE,...", "not if an event of any of these types stands after SEQ", false},
    {"unless-tag", 0, "NAME:VALUE", "not if an event with this tag does (repeatable: all of them, one event)", false},
    {"after", 'a', "SEQ", "the position of the condition; alone: not if any event stands after it", false},
    {"correlation", 'c', "ID", "for events that name none", false},
    {0},
};

static const struct op_option consume_options[] = {
    {"consumer", 0, "NAME", "whose offset", true},
    SELECTING,
    {"batch", 'b', "N", "at most so many events for one run of CMD (100)", false},
    {"max-attempts", 0, "N", "park what CMD failed on N times, ever longer apart", false},
    {"part", 0, "K/N", "only the events of part K of N, by their correlation", false},
    {0},
};

static const struct op_option repair_options[] = {
    {"cut", 0, NULL, "cut the journal before the damage; what is cut is kept beside it", false},
    {"last", 0, "SEQ", "with --cut: keep nothing after the last commit that ends at or before SEQ", false},
    {0},
};

static const struct op_verb verbs[] = {
    {"read", "", "print events as NDJSON", 0, 0, OP_FOLLOWS, read_options, verb_read,
     "op-journal read --correlation 1 | jq -c '[.seq, .type]'\n"
     "op-journal read --follow --type PaymentApproved --format data"},
    {"append", "", "append events from NDJSON on stdin, all or none", 0, 0, OP_CHANGES, append_options, verb_append,
     "op-journal append < events.ndjson\n"
     "op-journal append --unless-tag seat:A1 < events.ndjson"},
    {"consume", "-- CMD [ARG...]", "give new events to CMD; the offset moves when it exits 0", 1, -1,
     OP_FOLLOWS | OP_MAX, consume_options, verb_consume,
     "op-journal consume --consumer kakao --type PaymentApproved -- python3 consumer.py\n"
     "op-journal consume --consumer kakao --max-attempts 8 --follow --part 1/4 -- python3 consumer.py"},
    {"consumers", "", "list who has read how far", 0, 0, 0, NULL, verb_consumers,
     "op-journal consumers -o table\n"
     "op-journal consumers -o ndjson | jq -r 'select(.lag > 100) | .consumer'"},
    {"seek", "NAME SEQ", "set the offset of a consumer", 2, 2, OP_DRY_RUN, NULL, verb_seek, "op-journal seek kakao 0"},
    {"forget", "NAME", "remove a consumer: its offset, its parts, and what is parked for it", 1, 1, OP_DRY_RUN, NULL,
     verb_forget, "op-journal forget kakao"},
    {"parts", "NAME N", "divide a consumer among N processes; 0: none", 2, 2, OP_CHANGES, NULL, verb_parts,
     "op-journal parts kakao 4"},
    {"parked", "[NAME]", "list what consumers could not do: failing, parked, held", 0, 1, 0, NULL, verb_parked,
     "op-journal parked kakao"},
    {"retry", "NAME [SEQ]", "bring back what is parked, one event or all", 1, 2, OP_CHANGES, NULL, verb_retry,
     "op-journal retry kakao 37"},
    {"drop", "NAME SEQ", "give up an event that is parked", 2, 2, OP_CHANGES, NULL, verb_drop,
     "op-journal drop kakao 37"},
    {"verify", "", "check every byte; exit 74 where something is damaged", 0, 0, 0, NULL, verb_verify,
     "op-journal verify -q"},
    {"repair", "", "say what is damaged, and with --cut give up what stands behind it", 0, 0, 0, repair_options,
     verb_repair,
     "op-journal repair\n"
     "op-journal repair --cut"},
    {"stat", "", "head, size and condition of the journal", 0, 0, 0, NULL, verb_stat, "op-journal stat -o json"},
    {"rebuild", "[NAME]", "drop a read model, or all; its command builds it again", 0, 1, OP_DRY_RUN, NULL,
     verb_rebuild,
     "op-journal rebuild\n"
     "op-journal rebuild mypage"},
    {0},
};

static const char *const examples[] = {
    "op-journal read --correlation 1 | jq -c '[.seq, .type]'",
    "op-journal read --follow --type PaymentApproved --format data",
    "op-journal append --unless-tag seat:A1 < events.ndjson",
    "op-journal consume --consumer kakao -- python3 consumer.py",
    NULL,
};

static const struct op_program program = {"op-journal", "reads, appends to, consumes and checks the event journal",
                                          verbs, examples};

int main(int argc, char **argv) { return op_main(&program, argc, argv); }
