/* test_store_wake.c - nobody misses a wake-up: who waits for the lock, for a sync or for events is woken by whoever can
 * end the waiting, whenever that happens.
 *
 * The library sleeps in slices of time, so that a lost wake-up costs some milliseconds and nothing else. Here the
 * slices never end: futex(2) waits without a time limit (the linker's --wrap), and who misses a wake-up sleeps for
 * good. It is found by looking: all processes that are left are asleep, and nobody is there to wake them. No clock
 * decides.
 *
 * Moments are the calls of flock(2), clock_gettime(2) and futex(2). What ends the waiting happens at each of them in
 * turn: before the sleeper looks, after it has looked and before it sleeps, and while it sleeps. */
#include "../crash/io_calls.h"

#include "file.h"
#include "journal_fixture.h"

#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define MOST 6
#define MANY 1000 /* moments that no call has */
#define PATIENT_MS 40000

/* What the processes of a scene share. */
struct shared {
  _Atomic bool asleep[MOST];
  _Atomic unsigned sleeps;  /* so many times somebody went to sleep */
  _Atomic unsigned stop_at; /* process 0 stops at this moment, 0: at none */
  _Atomic bool stopped, go_on;
  _Atomic bool syncing, sync_on; /* process 1 is in its fdatasync, and may come back from it */
  _Atomic unsigned written;      /* so many have written what the sync of process 1 is to cover */
  _Atomic bool mortal;           /* the first who is woken from now on dies */
};

static struct shared *shared;
static int self = -1; /* in a child: its number */
static unsigned moments;

long __real_syscall(long number, ...);
int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __real_flock(int fd, int how);
long __wrap_syscall(long number, ...);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_flock(int fd, int how);

/* Looks at a word of the others until it is set. */
static void await(const _Atomic bool *word) {
  while (!atomic_load(word))
    usleep(50);
}

/* One moment of process 0. */
static void moment(void) {
  if (self != 0 || ++moments != atomic_load(&shared->stop_at))
    return;
  atomic_store(&shared->stopped, true);
  await(&shared->go_on);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time) {
  moment();
  return __real_clock_gettime(clock, time);
}

int __wrap_flock(int fd, int how) {
  moment();
  int rc = __real_flock(fd, how);
  moment();
  return rc;
}

/* A wait without end. */
static long sleep_for_good(const long argument[6]) {
  atomic_fetch_add(&shared->sleeps, 1);
  atomic_store(&shared->asleep[self], true);
  long rc = __real_syscall(SYS_futex, argument[0], argument[1], argument[2], NULL, argument[4], argument[5]);
  atomic_store(&shared->asleep[self], false);
  if (rc == 0 && atomic_exchange(&shared->mortal, false))
    _exit(0);
  return rc;
}

long __wrap_syscall(long number, ...) {
  long argument[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; i++)
    argument[i] = va_arg(list, long);
  va_end(list);
  if (self >= 0 && number == SYS_futex && ((int)argument[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET) {
    moment();
    return sleep_for_good(argument);
  }
  return __real_syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

/* The first fdatasync of process 1 takes as long as the scene wants. */
static ssize_t slow_sync(const struct io_call *call) {
  if (call->kind == IO_SYNC_DATA && self == 1) {
    atomic_store(&shared->syncing, true);
    await(&shared->sync_on);
  }
  return io_really(call);
}

/* ---- the scene ---------------------------------------------------------------------------------------- */

struct scene {
  struct jf *jf;
  int (*parts[MOST])(struct jf *jf);
  pid_t pids[MOST];
  unsigned count;
};

/* What jf_spawn() runs. */
struct part {
  struct jf *jf;
  int (*play)(struct jf *jf);
  int number;
};

static int play(void *context) {
  const struct part *part = context;
  self = part->number;
  return part->play(part->jf);
}

static void begin(struct scene *scene, struct jf *jf) {
  memset(shared, 0, sizeof *shared);
  *scene = (struct scene){.jf = jf};
}

/* Starts the process of this number. */
static void start(struct scene *scene, unsigned number, int (*what)(struct jf *jf)) {
  struct part part = {.jf = scene->jf, .play = what, .number = (int)number};
  scene->pids[number] = jf_spawn(play, &part);
  scene->count = number >= scene->count ? number + 1 : scene->count;
}

/* The letter of /proc that tells what a process does: S, it sleeps; Z, it has ended. */
static char state_of(pid_t pid) {
  char line[512] = "";
  FILE *file = fopen(jf_path("/proc/%d/stat", (int)pid), "re");
  if (!file || !fgets(line, sizeof line, file))
    line[0] = '\0';
  if (file)
    fclose(file);
  const char *name_end = strrchr(line, ')');
  return name_end && name_end[1] ? name_end[2] : '?';
}

static bool is_asleep(const struct scene *scene, unsigned number) {
  return atomic_load(&shared->asleep[number]) && state_of(scene->pids[number]) == 'S';
}

/* Has everybody ended, or gone to sleep? *ret_sleepers: how many sleep. */
static bool nobody_moves(const struct scene *scene, unsigned *ret_sleepers) {
  *ret_sleepers = 0;
  for (unsigned i = 0; i < scene->count; i++) {
    if (scene->pids[i] == 0 || state_of(scene->pids[i]) == 'Z')
      continue;
    if (!is_asleep(scene, i))
      return false;
    ++*ret_sleepers;
  }
  return true;
}

/* Waits until all have ended well. Who was woken between two looks, and sleeps again, has gone to sleep once more; who
 * was woken and has not come to run is not asleep: so two looks with nothing between them prove that nobody moves. */
static void end(struct scene *scene) {
  unsigned sleepers = 0;
  for (;;) {
    unsigned sleeps = atomic_load(&shared->sleeps);
    bool still = nobody_moves(scene, &sleepers);
    still = nobody_moves(scene, &sleepers) && still;
    if (still && sleeps == atomic_load(&shared->sleeps))
      break;
    usleep(500);
  }
  for (unsigned i = 0; i < scene->count; i++) {
    if (scene->pids[i] == 0)
      continue;
    if (sleepers)
      jf_kill(scene->pids[i]);
    else
      assert_int_equal(jf_join(scene->pids[i]), 0);
  }
  if (sleepers)
    fail_msg("moment %u: %u wait, and nobody is left to wake them", atomic_load(&shared->stop_at), sleepers);
}

/* Until a process sleeps; a scene that never comes to that ends with its processes (50 s). */
static void await_sleeper(const struct scene *scene, unsigned number) {
  while (!is_asleep(scene, number)) {
    if (state_of(scene->pids[number]) == 'Z')
      fail_msg("process %u ended before it slept", number);
    usleep(50);
  }
}

/* Process 0 plays its part, and at each moment of it in turn, at last while it sleeps, `happens`. */
static void at_every_moment(struct jf *jf, int (*part)(struct jf *jf), void (*prepare)(struct scene *scene),
                            void (*happens)(struct scene *scene)) {
  bool slept = false;
  unsigned at = 1;
  for (; !slept && at < MANY; at++) {
    struct scene scene;
    begin(&scene, jf);
    atomic_store(&shared->stop_at, at);
    prepare(&scene);
    start(&scene, 0, part);
    while (!atomic_load(&shared->stopped) && !slept && state_of(scene.pids[0]) != 'Z') {
      slept = is_asleep(&scene, 0);
      usleep(50);
    }
    happens(&scene);
    atomic_store(&shared->go_on, true);
    end(&scene);
  }
  print_message("# %u moments\n", at - 1);
  assert_true(slept && at > 3);
}

/* ---- parts -------------------------------------------------------------------------------------------- */

/* Appends an event; ids do not matter here. */
static int append_one(struct jf *jf) {
  evs_store *store = jf_open_child(jf->store, 0, PATIENT_MS);
  evs_error error = {0};
  int rc = jf_append(store, 10 + (uint64_t)self, 1, 0, NULL, &error);
  if (rc)
    fprintf(stderr, "# process %d: %s\n", self, error.message);
  evs_close(store);
  return rc != 0;
}

/* The same, once process 1 is in its fdatasync. */
static int append_later(struct jf *jf) {
  await(&shared->syncing);
  return append_one(jf);
}

/* Writes before process 1 syncs, and waits for its sync. */
static int write_before(struct jf *jf) {
  evs_store *store = jf_open_child(jf->store, 0, PATIENT_MS);
  evs_new_event event = jf_event(10 + (uint64_t)self, 0);
  evs_appended appended;
  JF_MUST(evs_write(store, &event, 1, NULL, &appended, NULL) == 0);
  atomic_fetch_add(&shared->written, 1);
  await(&shared->syncing);
  JF_MUST(evs_sync(store, appended.last, NULL) == 0);
  evs_close(store);
  return 0;
}

/* Process 1, when two others have written. */
static int sync_for_two(struct jf *jf) {
  while (atomic_load(&shared->written) < 2)
    usleep(50);
  return append_one(jf);
}

static int append_many(struct jf *jf) {
  for (int i = 0; i < 25; i++)
    JF_MUST(append_one(jf) == 0);
  return 0;
}

/* Waits for an event behind all that is durable, once process 1 is in its fdatasync. */
static int wait_for_news(struct jf *jf) {
  await(&shared->syncing);
  evs_store *store = jf_open_child(jf->store, 0, PATIENT_MS);
  uint64_t head = 0;
  JF_MUST(evs_head(store, &head, NULL) == 0);
  JF_MUST(evs_wait(store, head, PATIENT_MS, NULL) == 0);
  evs_close(store);
  return 0;
}

/* ---- tests -------------------------------------------------------------------------------------------- */

static evs_store *parents; /* the parent's handle: it holds the lock, or appends */

static void lock(struct scene *scene) {
  (void)scene;
  assert_int_equal(evs__lock(evs__file(parents), EVS__LOCK_WRITE, NULL), 0);
}
static void unlock(struct scene *scene) {
  (void)scene;
  evs__unlock(evs__file(parents));
}

static void who_waits_for_the_lock(void **state) { at_every_moment(*state, append_one, lock, unlock); }

/* One after the other: each gets the lock from the one before. */
static void all_who_wait_for_the_lock(void **state) {
  struct scene scene;
  begin(&scene, *state);
  atomic_store(&shared->sync_on, true); /* nobody is slow */
  lock(&scene);
  for (unsigned i = 0; i < 4; i++)
    start(&scene, i, append_one);
  for (unsigned i = 0; i < 4; i++)
    await_sleeper(&scene, i);
  unlock(&scene);
  end(&scene);
}

/* The event comes after the reader has looked where the end is, and before it has begun to wait: at any moment of that
 * evs_wait() must see it. */
static int wait_for_the_second(struct jf *jf) {
  evs_store *store = jf_open_child(jf->store, 0, PATIENT_MS);
  int rc = evs_wait(store, (uint64_t)atomic_load(&shared->written), PATIENT_MS, NULL);
  evs_close(store);
  return rc != 0;
}
static void note_the_end(struct scene *scene) {
  uint64_t head = 0;
  (void)scene;
  assert_int_equal(evs_head(parents, &head, NULL), 0);
  atomic_store(&shared->written, (unsigned)head);
}
static void append_an_event(struct scene *scene) {
  (void)scene;
  assert_int_equal(jf_append(parents, 100, 1, 0, NULL, NULL), 0);
}

static void who_waits_for_events(void **state) {
  at_every_moment(*state, wait_for_the_second, note_the_end, append_an_event);
}

/* Process 1 is in its fdatasync, and comes back from it. */
static void start_a_sync(struct scene *scene) {
  start(scene, 1, append_one);
  await(&shared->syncing);
}
static void end_the_sync(struct scene *scene) {
  (void)scene;
  atomic_store(&shared->sync_on, true);
  while (state_of(scene->pids[1]) != 'Z')
    usleep(50);
}

static void who_waits_for_the_next_sync(void **state) {
  at_every_moment(*state, append_one, start_a_sync, end_the_sync);
}

/* Two `others` and a reader of events sleep; then the sync of process 1 ends. */
static void when_all_sleep(struct jf *jf, int (*syncs)(struct jf *jf), int (*others)(struct jf *jf)) {
  struct scene scene;
  begin(&scene, jf);
  start(&scene, 0, others);
  start(&scene, 1, syncs);
  start(&scene, 2, others);
  start(&scene, 3, wait_for_news);
  await_sleeper(&scene, 0);
  await_sleeper(&scene, 2);
  await_sleeper(&scene, 3);
  atomic_store(&shared->sync_on, true);
  end(&scene);
}

static void all_whom_a_sync_covers(void **state) { when_all_sleep(*state, sync_for_two, write_before); }
static void all_of_the_next_turn(void **state) { when_all_sleep(*state, append_one, append_later); }

/* Whoever is woken to be the next syncer may die of it. */
static void one_of_the_next_turn_dies(void **state) {
  struct scene scene;
  begin(&scene, *state);
  start(&scene, 0, append_later);
  start(&scene, 1, append_one);
  start(&scene, 2, append_later);
  await_sleeper(&scene, 0);
  await_sleeper(&scene, 2);
  atomic_store(&shared->mortal, true);
  atomic_store(&shared->sync_on, true);
  end(&scene);
}

/* As it comes. */
static void many_at_once(void **state) {
  struct scene scene;
  begin(&scene, *state);
  atomic_store(&shared->sync_on, true); /* nobody is slow */
  for (unsigned i = 0; i < MOST; i++)
    start(&scene, i, append_many);
  end(&scene);
}

static int set_up(void **state) {
  if (!shared)
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED || jf_setup(state))
    return -1;
  io_handler = slow_sync;
  parents = jf_open(((struct jf *)*state)->store, EVS_CREATE, PATIENT_MS);
  jf_commit(parents, 1, 1, 0);
  return 0;
}

static int tear_down(void **state) {
  evs_close(parents);
  return jf_teardown(state);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(who_waits_for_the_lock),    TEST(all_who_wait_for_the_lock),
      TEST(who_waits_for_events),      TEST(who_waits_for_the_next_sync),
      TEST(all_whom_a_sync_covers),    TEST(all_of_the_next_turn),
      TEST(one_of_the_next_turn_dies), TEST(many_at_once),
  };
  return cmocka_run_group_tests_name("store_wake", tests, NULL, NULL);
}
