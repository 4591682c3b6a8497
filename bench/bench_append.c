/* bench_append.c - durable commits by many processes at once, and the proof that they are all there.
 *
 *   bench_append --backend evstore|sqlite|redis|raw --path PATH [--procs N] [--batch B] [--mixed]
 *                [--condition none|different|hot] --seconds S | --events N | --seats N
 *
 * N processes start together and append commits of B events each, for S seconds, until each has appended its share of
 * N events, or until all seats of one musical are taken. --mixed: events of several types, for bench_read. Afterwards
 * the store is read: what every process was told of must be there, once and in its order, and nothing else.
 * Prints {"commits":N,"conflicts":N,"seconds":S,"rate":EVENTS-PER-SECOND}. */
#include "backend.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PROCS 99u

struct workload {
  const struct bench_backend *backend;
  struct bench_run run;
  unsigned procs;
  size_t batch;
  bool mixed;
  double seconds;
  uint64_t events; /* of each worker; 0: no such limit */
};

/* What a worker leaves in shared memory. */
struct result {
  struct bench_tally tally;
  double ended;
};

/* ---- a worker ------------------------------------------------------------------------------------------------ */

/* Appends until the time, the number or the seats are used up. */
static void work(const struct workload *load, void *handle, struct bench_event *events, struct bench_tally *tally) {
  double end = bench_seconds() + load->seconds;
  bool timed = load->seconds > 0;
  for (bool more = true; more;) {
    for (size_t i = 0; i < load->batch; i++) {
      bench_event_number(&events[i], tally->events + i);
      if (load->mixed)
        events[i].type = bench_types[(tally->events + i) % BENCH_TYPES];
    }
    if (!load->backend->append(handle, events, load->batch, tally))
      return;
    tally->events += load->batch;
    more = (!timed || bench_seconds() < end) && (load->events == 0 || tally->events < load->events);
  }
}

/* The life of a worker: opens, says that it is ready, waits for the start, works. */
static _Noreturn void worker_main(const struct workload *load, unsigned worker, const int ready[2], const int start[2],
                                  struct result *result) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  close(ready[0]);
  close(start[1]);
  struct bench_event *events = calloc(load->batch, sizeof *events);
  if (!events)
    bench_die("out of memory");
  for (size_t i = 0; i < load->batch; i++)
    bench_event_init(&events[i], worker, load->run.condition == BENCH_HOT ? 0 : worker);
  void *handle = load->backend->open(&load->run);
  char byte = 'r';
  if (write(ready[1], &byte, 1) != 1)
    bench_die("worker %u cannot say that it is ready: %s", worker, strerror(errno));
  close(ready[1]);
  if (read(start[0], &byte, 1) != 0)
    bench_die("worker %u was not started as it should be", worker);
  work(load, handle, events, &result->tally);
  result->ended = bench_seconds();
  load->backend->close(handle);
  free(events);
  exit(0);
}

/* Starts all workers at once when all are ready, waits for their end, returns how long they worked. */
static double run_workers(const struct workload *load, struct result *results) {
  int ready[2], start[2], status = 0;
  unsigned failed = 0;
  char byte;
  if (pipe(ready) || pipe(start))
    bench_die("no pipe: %s", strerror(errno));
  for (unsigned i = 0; i < load->procs; i++) {
    pid_t pid = fork();
    if (pid < 0)
      bench_die("cannot fork: %s", strerror(errno));
    if (pid == 0)
      worker_main(load, i, ready, start, &results[i]);
  }
  close(ready[1]);
  close(start[0]);
  unsigned waiting = 0;
  while (read(ready[0], &byte, 1) == 1)
    waiting++;
  double began = bench_seconds();
  close(start[1]); /* all of them see the end of the pipe */
  close(ready[0]);
  while (wait(&status) > 0)
    failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  if (failed || waiting != load->procs)
    bench_die("%u of %u processes failed", failed, load->procs);
  double ended = began;
  for (unsigned i = 0; i < load->procs; i++)
    ended = results[i].ended > ended ? results[i].ended : ended;
  return ended - began;
}

/* ---- the proof ----------------------------------------------------------------------------------------------- */

/* What was found so far: the next number of every worker. */
struct found {
  uint64_t next[MAX_PROCS];
  uint64_t events;
};

/* Every event is the next one of its worker. */
static void find(void *context, const char *id, size_t len) {
  static const char prefix[] = "placed:";
  struct found *found = context;
  char text[32];
  snprintf(text, sizeof text, "%.*s", (int)len, id);
  if (strncmp(text, prefix, strlen(prefix)) != 0)
    bench_die("an event that nobody appended: %s", text);
  char *end = NULL;
  unsigned long worker = strtoul(text + strlen(prefix), &end, 10);
  uint64_t number = *end == '-' ? strtoull(end + 1, &end, 10) : UINT64_MAX;
  if (worker >= MAX_PROCS || *end != '\0' || number != found->next[worker])
    bench_die("event %s stands where another one should", text);
  found->next[worker]++;
  found->events++;
}

/* Reads the store: what was acknowledged is there, and nothing else. */
static void prove(const struct workload *load, const struct result *results, uint64_t events) {
  struct found found = {0};
  load->backend->read(&load->run, NULL, find, &found);
  for (unsigned i = 0; i < load->procs; i++)
    if (found.next[i] != results[i].tally.events)
      bench_die("process %u was told of %" PRIu64 " events, and %" PRIu64 " are there", i, results[i].tally.events,
                found.next[i]);
  if (found.events != events)
    bench_die("%" PRIu64 " events were acknowledged, and %" PRIu64 " are there", events, found.events);
  if (load->run.condition == BENCH_HOT && events != load->run.seats)
    bench_die("%" PRIu64 " seats were sold of %" PRIu64, events, load->run.seats);
}

/* ---- the command line ---------------------------------------------------------------------------------------- */

static enum bench_condition parse_condition(const char *name) {
  static const char *const names[] = {"none", "different", "hot"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0)
      return (enum bench_condition)i;
  bench_die("there is no condition %s", name);
}

static void parse(int argc, char **argv, struct workload *load) {
  static const struct option options[] = {
      {"backend", required_argument, NULL, 'b'}, {"path", required_argument, NULL, 'p'},
      {"procs", required_argument, NULL, 'n'},   {"batch", required_argument, NULL, 'c'},
      {"mixed", no_argument, NULL, 'm'},         {"condition", required_argument, NULL, 'w'},
      {"seconds", required_argument, NULL, 's'}, {"events", required_argument, NULL, 'e'},
      {"seats", required_argument, NULL, 'a'},   {0}};
  *load = (struct workload){.procs = 1, .batch = 1};
  for (int option = 0; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    switch (option) {
    case 'b':
      load->backend = bench_backend_find(optarg);
      break;
    case 'p':
      load->run.path = optarg;
      break;
    case 'n':
      load->procs = (unsigned)strtoul(optarg, NULL, 10);
      break;
    case 'c':
      load->batch = strtoul(optarg, NULL, 10);
      break;
    case 'm':
      load->mixed = true;
      break;
    case 'w':
      load->run.condition = parse_condition(optarg);
      break;
    case 's':
      load->seconds = strtod(optarg, NULL);
      break;
    case 'e':
      load->events = strtoull(optarg, NULL, 10);
      break;
    case 'a':
      load->run.seats = strtoull(optarg, NULL, 10);
      break;
    default:
      exit(64);
    }
  }
  bool bounded = load->seconds > 0 || load->events > 0 || load->run.condition == BENCH_HOT;
  if (!load->backend || !load->run.path || !bounded || load->procs < 1 || load->procs > MAX_PROCS || load->batch < 1)
    bench_die("which --backend, --path, and --seconds, --events or --seats? At most %u --procs", MAX_PROCS);
}

int main(int argc, char **argv) {
  struct workload load;
  uint64_t events = 0, conflicts = 0;
  parse(argc, argv, &load);
  struct result *results =
      mmap(NULL, MAX_PROCS * sizeof *results, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (results == MAP_FAILED)
    bench_die("no shared memory: %s", strerror(errno));
  load.backend->create(&load.run);
  double seconds = run_workers(&load, results);
  for (unsigned i = 0; i < load.procs; i++) {
    events += results[i].tally.events;
    conflicts += results[i].tally.conflicts;
  }
  prove(&load, results, events);
  printf("{\"commits\":%" PRIu64 ",\"conflicts\":%" PRIu64 ",\"seconds\":%.6f,\"rate\":%.1f}\n", events / load.batch,
         conflicts, seconds, (double)events / seconds);
  return 0;
}
