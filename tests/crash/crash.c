/* crash.c - see crash.h. Jobs share nothing but the tally: job j makes the runs whose number is j modulo their count.
 */
#include "crash.h"
#include "promise.h"
#include "work.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 3

/* One job. */
struct job {
  const struct crash_options *options;
  struct crash_tally *tally;
  char scratch[300];
  uint64_t run, round, segment_bytes;
  uint32_t next_writer, deaths;
  struct promise promise;
  struct work work;
};

static uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t z = a * UINT64_C(0x9E3779B97F4A7C15) + b + 1;
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
  (void)info, (void)kind, (void)place;
  return remove(path);
}

static void remove_all(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

/* SCRATCH/name, into buf. */
static const char *below(const struct job *job, const char *name, char buf[512]) {
  snprintf(buf, 512, "%s/%s", job->scratch, name);
  return buf;
}

/* What a state is drawn from. */
static uint64_t state_random(const struct job *job, uint32_t point, uint64_t number) {
  return mix(mix(mix(mix(job->options->seed, job->run), job->round), point), number);
}

/* Something is wrong: keeps the log and, where `disk` is there, the state, and says how to see it again. */
static void fail(struct job *job, uint32_t point, uint64_t state, const struct disk *disk, const char *why) {
  char kept[600];
  char path[612];
  struct disk_damage damage;
  if (job->tally->failures++)
    return;
  mkdir(job->options->keep, 0700);
  snprintf(kept, sizeof kept, "%s/seed-%" PRIu64 "-run-%" PRIu64 "-round-%" PRIu64 "-point-%u-state-%" PRIu64,
           job->options->keep, job->options->seed, job->run, job->round, point, state);
  remove_all(kept);
  if (disk) /* as it was before it was looked at */
    disk_make(disk, state_random(job, point, state), kept, &damage);
  else
    mkdir(kept, 0700);
  snprintf(path, sizeof path, "%s/log", kept);
  FILE *out = fopen(path, "w");
  if (out)
    record_print(out, point);
  if (out)
    fclose(out);
  snprintf(job->tally->first_failure, sizeof job->tally->first_failure,
           "%s\n  seed %" PRIu64 ", run %" PRIu64 ", round %" PRIu64 ", point %u, state %" PRIu64
           "; again: make crash SEED=%" PRIu64 " RUN=%" PRIu64 "\n  kept in %s",
           why, job->options->seed, job->run, job->round, point, state, job->options->seed, job->run, kept);
}

/* ---- a round ------------------------------------------------------------------------------------------ */

/* What goes wrong in a round: a third of them nothing, a third deaths, a third faults, and both. */
static struct record_plan plan_of(uint64_t random) {
  struct record_plan plan = {.pauses = random % 2 ? 150 : 0};
  unsigned kind = random / 2 % 6;
  if (kind >= 2 && kind != 4)
    plan.dies = 40 + random / 16 % 200;
  if (kind >= 4) {
    plan.sync_fails = 4 + random / 4096 % 16;
    plan.write_fails = random / 65536 % 2 ? 20 : 0;
    plan.name_fails = random / 131072 % 4 ? 0 : 30;
    plan.write_back_fails = random / 524288 % 4 ? 0 : 30;
  }
  return plan;
}

/* One that was killed is replaced, for a while. */
static bool replace(void *context, unsigned index) {
  struct job *job = (struct job *)((char *)context - offsetof(struct job, work));
  job->deaths++;
  if (job->deaths > 6 || job->next_writer >= PROMISE_WRITERS - 1)
    return false;
  job->work.writers[index] = job->next_writer++;
  return true;
}

/* Makes the log of a round, on SCRATCH/now. */
static bool play(struct job *job, const char *store) {
  uint64_t seed = mix(mix(mix(job->options->seed, job->run), job->round), 77);
  struct record_plan plan = plan_of(seed >> 8);
  unsigned count = 2 + (unsigned)(seed % 3);
  turns_reset(seed, 1 + seed / 4 % 4);
  record_reset(&plan);
  job->work = (struct work){
      .store = store,
      .segment_bytes = job->segment_bytes,
      .actions = 6 + (unsigned)(seed / 32 % 10),
      .faults = plan.sync_fails || plan.write_fails || plan.name_fails || plan.write_back_fails,
      .operated = seed / 1024 % 2,
  };
  job->deaths = 0;
  for (unsigned i = 0; i < count; i++)
    job->work.writers[i] = job->next_writer++;
  int status = turns_run(count, work, replace, &job->work);
  job->tally->deaths += job->deaths;
  for (size_t i = 0; i < record_count(); i++)
    if (record_at(i)->kind == RECORD_BROKEN) {
      fail(job, (uint32_t)i, 0, NULL, record_bytes(record_at(i)));
      return false;
    }
  if (status) {
    char why[100];
    snprintf(why, sizeof why, "a process ended with status 0x%x", (unsigned)status);
    fail(job, (uint32_t)record_count(), 0, NULL, why);
  }
  return !status;
}

/* Does a failure right before this record leave another state, or meet other promises, than one before it? */
static bool is_point(uint32_t index) {
  enum record_kind kind = record_at(index)->kind;
  return index == record_count() - 1 || record_at(index + 1)->kind <= RECORD_DROPPED ? kind != RECORD_SYNC_BEGIN
                                                                                     : false;
}

static void count_record(struct crash_tally *tally, const struct record *record) {
  tally->commits += record->kind == RECORD_ACKNOWLEDGED;
  tally->refused += record->kind == RECORD_REFUSED;
  tally->shown += record->kind == RECORD_SHOWN;
  tally->failed_syncs += record->kind == RECORD_SYNC_END && record->failed;
}

static void count_state(struct crash_tally *tally, const struct disk_damage *damage, const struct promise_found *found,
                        bool stale_page) {
  tally->states++;
  tally->lost_bytes += damage->lost_bytes;
  tally->lost_names += damage->lost_names;
  tally->shorter += damage->shorter;
  tally->uncut += damage->uncut;
  tally->zeros += damage->zeros;
  tally->garbage += damage->garbage;
  tally->torn += found->torn;
  tally->no_store += found->no_store;
  tally->kept_commits += found->kept > 0;
  tally->stale_pages += stale_page;
}

/* Makes one state and looks at it. */
static bool try_state(struct job *job, const struct disk *disk, uint32_t point, uint64_t number) {
  char root[512];
  char store[512 + 8];
  char why[512];
  struct disk_damage damage;
  struct promise_found found;
  uint64_t random = state_random(job, point, number);
  below(job, "state", root);
  disk_make(disk, random, root, &damage);
  snprintf(store, sizeof store, "%s/store", root);
  const struct promise_look look = {store, job->segment_bytes, mix(random, 1), mix(random, 2) % 4 == 0};
  bool holds = promise_holds(&job->promise, &look, &found, why);
  count_state(job->tally, &damage, &found, look.stale_page);
  remove_all(root);
  if (!holds)
    fail(job, point, number, disk, why);
  return holds;
}

/* Follows the log of a round, and makes states at its points. The last thing is the beginning of the next round. */
static bool follow(struct job *job, struct disk *disk) {
  char next[512];
  uint64_t points = 0;
  uint64_t done = 0;
  bool good = true;
  for (uint32_t i = 0; i < record_count(); i++)
    points += is_point(i);
  uint64_t end =
      points ? points * 2 / 5 + mix(mix(job->options->seed, job->run), job->round) % (points - points * 2 / 5) : 0;
  struct promise *then = malloc(sizeof *then);
  if (!then)
    abort();
  *then = job->promise;
  for (uint32_t i = 0; good && i < record_count(); i++) {
    const struct record *record = record_at(i);
    disk_follow(disk, i, record);
    promise_follow(&job->promise, record);
    count_record(job->tally, record);
    if (!is_point(i))
      continue;
    for (uint64_t k = 0; good && k < job->options->per_point; k++)
      good = try_state(job, disk, i, k);
    if (done++ == end) {
      struct disk_damage damage;
      disk_make(disk, mix(mix(job->options->seed, job->run), 1000 + job->round), below(job, "next", next), &damage);
      *then = job->promise;
    }
  }
  job->tally->points += points;
  job->promise = *then;
  free(then);
  return good;
}

/* One round, of which SCRATCH/next is the beginning. */
static bool make_round(struct job *job) {
  char next[512];
  char now[512];
  char store[512 + 8];
  below(job, "next", next);
  below(job, "now", now);
  remove_all(now);
  if (rename(next, now))
    abort();
  snprintf(store, sizeof store, "%s/store", now);
  struct disk *disk = disk_new(now, job->options->lie);
  bool good = play(job, store) && follow(job, disk);
  disk_free(disk);
  job->tally->rounds++;
  return good;
}

static bool make_run(struct job *job) {
  char next[512];
  job->promise = (struct promise){0};
  job->next_writer = 0;
  job->segment_bytes = 500 + mix(job->options->seed, job->run) % 4000;
  remove_all(below(job, "next", next));
  if (mkdir(next, 0700))
    abort();
  bool good = true;
  for (job->round = 0; good && job->round < ROUNDS; job->round++)
    good = make_round(job);
  job->tally->runs++;
  return good;
}

/* ---- all of them -------------------------------------------------------------------------------------- */

/* A process that makes every so manieth run. */
static void make_runs(struct job *job, unsigned which) {
  const struct crash_options *options = job->options;
  uint64_t share = (options->states + options->jobs - 1) / options->jobs;
  snprintf(job->scratch, sizeof job->scratch, "%.250s/crash-%ld", options->where, (long)getpid());
  remove_all(job->scratch);
  if (mkdir(job->scratch, 0700)) {
    snprintf(job->tally->first_failure, sizeof job->tally->first_failure, "cannot make %s: %s", job->scratch,
             strerror(errno));
    job->tally->failures++;
    return;
  }
  bool good = true;
  for (job->run = which; good && options->run < 0 && job->tally->states < share; job->run += options->jobs)
    good = make_run(job);
  if (options->run >= 0 && which == 0) {
    job->run = (uint64_t)options->run;
    make_run(job);
  }
  remove_all(job->scratch);
}

/* Adds what a job has seen. */
static void add(struct crash_tally *sum, const struct crash_tally *more) {
  const uint64_t *from = (const uint64_t *)more;
  uint64_t *to = (uint64_t *)sum;
  if (more->failures && !sum->failures)
    memcpy(sum->first_failure, more->first_failure, sizeof sum->first_failure);
  for (size_t i = 0; i < offsetof(struct crash_tally, first_failure) / sizeof *to; i++)
    to[i] += from[i];
}

void crash_run(const struct crash_options *options, struct crash_tally *ret_tally) {
  pid_t pids[64] = {0};
  unsigned jobs = options->jobs < 64 ? options->jobs : 64;
  struct crash_tally *tallies =
      mmap(NULL, jobs * sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (tallies == MAP_FAILED)
    abort();
  fflush(NULL);
  for (unsigned j = 0; j < jobs; j++) {
    pids[j] = fork();
    if (pids[j] == 0) {
      struct job *job = calloc(1, sizeof *job);
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (!job)
        abort();
      job->options = options;
      job->tally = &tallies[j];
      make_runs(job, j);
      free(job);
      _exit(0);
    }
  }
  *ret_tally = (struct crash_tally){0};
  for (unsigned j = 0; j < jobs; j++) {
    int status = 0;
    waitpid(pids[j], &status, 0);
    if (status && !tallies[j].failures++)
      snprintf(tallies[j].first_failure, sizeof tallies[j].first_failure, "a job ended with status 0x%x",
               (unsigned)status);
    add(ret_tally, &tallies[j]);
  }
  munmap(tallies, jobs * sizeof *tallies);
}
