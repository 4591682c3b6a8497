/* main.c - `make crash`: goes through states that a power failure could leave and says what it saw.
 *
 *   crash [--states N] [--seed N] [--run N] [--jobs N] [--keep DIR] [--lie data|names|cuts]
 *
 * Exit 0: every state kept what was promised. 1: one did not; it is kept, and the seed repeats it. 64: bad usage. */
#include "crash.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum disk_lie lie_of(const char *word) {
  static const char *const words[] = {"none", "data", "names", "cuts"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (strcmp(word, words[i]) == 0)
      return (enum disk_lie)i;
  fprintf(stderr, "crash: --lie is data, names or cuts\n");
  exit(64);
}

static void print(const struct crash_tally *t, double seconds) {
  printf("%" PRIu64 " states at %" PRIu64 " points of %" PRIu64 " runs (%" PRIu64 " rounds) in %.1f s, %" PRIu64
         " failures\n",
         t->states, t->points, t->runs, t->rounds, seconds, t->failures);
  printf("the runs: %" PRIu64 " commits acknowledged, %" PRIu64 " refused, %" PRIu64 " events shown, %" PRIu64
         " processes killed, %" PRIu64 " syncs failed\n",
         t->commits, t->refused, t->shown, t->deaths, t->failed_syncs);
  printf("the states: bytes lost in %" PRIu64 ", names in %" PRIu64 ", a file too short in %" PRIu64
         ", a cut undone in %" PRIu64 ", zeros in %" PRIu64 ", garbage in %" PRIu64 "\n",
         t->lost_bytes, t->lost_names, t->shorter, t->uncut, t->zeros, t->garbage);
  printf("found: a torn tail in %" PRIu64 ", no journal in %" PRIu64 ", commits that nobody was told of in %" PRIu64
         ", a control page of another boot in %" PRIu64 "\n",
         t->torn, t->no_store, t->kept_commits, t->stale_pages);
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"states", required_argument, NULL, 's'},
      {"seed", required_argument, NULL, 'd'},
      {"run", required_argument, NULL, 'r'},
      {"jobs", required_argument, NULL, 'j'},
      {"keep", required_argument, NULL, 'k'},
      {"lie", required_argument, NULL, 'l'},
      {NULL, 0, NULL, 0},
  };
  const char *temporary = getenv("TMPDIR");
  struct crash_options crash = {
      .states = 50000, .seed = (uint64_t)time(NULL), .per_point = 2, .jobs = 1, .run = -1, .keep = "crash"};
  crash.where = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : temporary ? temporary : "/tmp";
  for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
    switch (c) {
    case 's':
      crash.states = strtoull(optarg, NULL, 10);
      break;
    case 'd':
      crash.seed = strtoull(optarg, NULL, 10);
      break;
    case 'r':
      crash.run = strtoll(optarg, NULL, 10);
      break;
    case 'j':
      crash.jobs = (unsigned)strtoul(optarg, NULL, 10);
      break;
    case 'k':
      crash.keep = optarg;
      break;
    case 'l':
      crash.lie = lie_of(optarg);
      break;
    default:
      return 64;
    }
  struct crash_tally tally;
  struct timespec begin;
  struct timespec end;
  printf("seed %" PRIu64 "\n", crash.seed);
  fflush(stdout);
  clock_gettime(CLOCK_MONOTONIC, &begin);
  crash_run(&crash, &tally);
  clock_gettime(CLOCK_MONOTONIC, &end);
  print(&tally, (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
  if (tally.failures)
    fprintf(stderr, "crash: %s\n", tally.first_failure);
  return tally.failures ? 1 : 0;
}
