/* bench_read.c - a replay of a store that bench_append --mixed filled: all events of one type, in order.
 *
 *   bench_read --backend evstore|sqlite|redis --path PATH --events N
 *
 * N is how many the store holds. What is found must be every fourth of them, in order and with their numbers.
 * Prints {"found":N,"bytes":N,"seconds":S}. */
#include "backend.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every fourth number from 0 on. */
static void count(void *context, const char *id, size_t len) {
  uint64_t *found = context;
  char number[BENCH_DIGITS];
  bench_digits(number, *found * BENCH_TYPES);
  if (len < BENCH_DIGITS || memcmp(id + len - BENCH_DIGITS, number, BENCH_DIGITS) != 0)
    bench_die("event %.*s stands where that with the number %.*s should", (int)len, id, BENCH_DIGITS, number);
  ++*found;
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"backend", required_argument, NULL, 'b'},
                                          {"path", required_argument, NULL, 'p'},
                                          {"events", required_argument, NULL, 'e'},
                                          {0}};
  const struct bench_backend *backend = NULL;
  struct bench_run run = {0};
  uint64_t events = 0, found = 0;
  for (int option = 0; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (option) {
    case 'b':
      backend = bench_backend_find(optarg);
      break;
    case 'p':
      run.path = optarg;
      break;
    case 'e':
      events = strtoull(optarg, NULL, 10);
      break;
    default:
      return 64;
    }
  }
  if (!backend || !run.path)
    bench_die("which --backend, --path and --events?");
  double began = bench_seconds();
  uint64_t bytes = backend->read(&run, bench_types[0], count, &found);
  double seconds = bench_seconds() - began;
  if (found != (events + BENCH_TYPES - 1) / BENCH_TYPES)
    bench_die("%" PRIu64 " events were found of %" PRIu64, found, (events + BENCH_TYPES - 1) / BENCH_TYPES);
  printf("{\"found\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"seconds\":%.6f}\n", found, bytes, seconds);
  return 0;
}
