/* main.c - outerpark, the front door: `outerpark reserve place ...` is `op-reserve place ...`, and tick runs them all.
 *
 * It knows no context: it hands arguments over untouched, the common options that stood before the verb among them, and
 * the program that takes them over answers for everything, --help included. */
#include "sibling.h"
#include "status.h"
#include "tick.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Becomes op-VERB. Returns only where that fails. */
static int become(struct op_app *app, struct op_error *error) {
  char program[64];
  char path[PATH_MAX];
  snprintf(program, sizeof program, "op-%s", app->verb->name);
  sibling_path(program, path, sizeof path);
  size_t count = 1 + (size_t)app->leading_count + (size_t)app->operand_count;
  char **arguments = calloc(count + 1, sizeof *arguments);
  if (!arguments)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  arguments[0] = program;
  for (int i = 0; i < app->leading_count; i++)
    arguments[1 + i] = app->leading[i];
  for (int i = 0; i < app->operand_count; i++)
    arguments[1 + app->leading_count + i] = app->operands[i];
  execvp(path, arguments);
  int rc = errno;
  free(arguments);
  return op_fail(error, rc == EACCES ? OP_NOPERM : OP_NOINPUT, rc == EACCES ? "not_executable" : "no_command",
                 "%s: cannot be executed: %s", path, strerror(rc));
}

#define CONTEXT(name, summary)                                                                                         \
  { name, "[ARG...]", summary, 0, -1, OP_PASSES_ARGS, NULL, become, NULL }

static const struct op_option status_options[] = {
    {"ready", 0, NULL, "only whether what is sold is worked on: nobody far behind, payments not suspended", false},
    {"live", 0, NULL, "only whether the store can be opened and read", false},
    {"max-lag", 0, "N", "far behind is a consumer with more than N events to go (1000)", false},
    {"max-age", 0, "TIME", "far behind is a processor that let work lie for longer (5m)", false},
    {0},
};

static const struct op_verb verbs[] = {
    CONTEXT("musical", "musicals and their seats: op-musical"),
    CONTEXT("reserve", "place, cancel and list reservations: op-reserve"),
    CONTEXT("pay", "payments and refunds: op-pay"),
    CONTEXT("ticket", "tickets, and who was admitted: op-ticket"),
    CONTEXT("assign", "pick-up branches: op-assign"),
    CONTEXT("notify", "tell the customers: op-notify"),
    CONTEXT("mypage", "a customer's reservations and their history: op-mypage"),
    CONTEXT("journal", "read, append, consume and check events: op-journal"),
    {"tick", "", "run every processor of the saga until nobody has anything to do now; for cron", 0, 0, 0, NULL,
     verb_tick,
     "outerpark tick\n"
     "outerpark -q tick"},
    {"status", "", "lag, circuit, processors and what is parked; exit 0, or 75 where it is not well", 0, 0, 0,
     status_options, verb_status,
     "outerpark status\n"
     "outerpark status --ready -q || echo not ready"},
    {0},
};

static const char *const examples[] = {
    "outerpark musical register --id 1 --name Frozen --seats 100",
    "outerpark reserve place --musical 1 --seats 2 --price 50000",
    "outerpark tick",
    "outerpark mypage",
    NULL,
};

static const struct op_program program = {"outerpark", "the front door of OuterPark", verbs, examples};

int main(int argc, char **argv) { return op_main(&program, argc, argv); }
