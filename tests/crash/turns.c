/* turns.c - see turns.h. Who has the turn hands it on itself: it draws the next, sets that one's word and sleeps on its
 * own. The parent has a word, too, and gets the turn when a process ends, so that it is reaped (and its locks are given
 * back) before anything else happens. */
#include "turns.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PARENT TURNS_MOST
#define STUCK_SECONDS 60
#define OVERSLEEP 8 /* one sleep of so many */
#define OVERSLEEP_NS 2000000000

struct turns {
  _Atomic uint32_t go[TURNS_MOST + 1]; /* 1: it is this one's turn */
  _Atomic uint32_t ended;              /* the process that gave the turn to the parent, and ends */
  bool alive[TURNS_MOST];
  uint64_t paused_until[TURNS_MOST];
  uint64_t count; /* of turns */
  uint64_t stay, random;
  int64_t clock_ns;
};

static struct turns *turns; /* shared memory */
static int self = -1;       /* in a process: its index */

long __real_syscall(long number, ...);
int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __real_flock(int fd, int how);
int __real_nanosleep(const struct timespec *time, struct timespec *rest);
int __real_sched_yield(void);
long __wrap_syscall(long number, ...);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_flock(int fd, int how);
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);
int __wrap_sched_yield(void);

/* splitmix64 */
uint64_t turns_random(void) {
  uint64_t z = turns->random += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

uint64_t turns_below(uint64_t bound) { return turns_random() % bound; }

bool turns_chance(uint64_t chance) { return chance && turns_below(chance) == 0; }

unsigned turns_self(void) { return (unsigned)self; }

void turns_reset(uint64_t seed, uint64_t stay) {
  if (!turns) {
    void *map = mmap(NULL, sizeof *turns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
      abort();
    turns = map;
  }
  memset(turns, 0, sizeof *turns);
  turns->random = seed;
  turns->stay = stay;
  turns->clock_ns = 1000000000;
}

/* Gives the turn to a process, or the parent. */
static void hand_to(unsigned who) {
  atomic_store(&turns->go[who], 1);
  __real_syscall(SYS_futex, &turns->go[who], FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Sleeps until it is this one's turn. False after a second without it. */
static bool await(unsigned who) {
  const struct timespec second = {.tv_sec = 1};
  while (atomic_exchange(&turns->go[who], 0) == 0)
    if (__real_syscall(SYS_futex, &turns->go[who], FUTEX_WAIT, 0, &second, NULL, 0) && errno == ETIMEDOUT)
      return false;
  return true;
}

/* Draws who runs next; PARENT where nobody is left. */
static unsigned draw(void) {
  unsigned ready[TURNS_MOST];
  unsigned count = 0;
  unsigned paused = 0;
  turns->count++;
  for (unsigned i = 0; i < TURNS_MOST; i++)
    if (turns->alive[i] && turns->paused_until[i] <= turns->count)
      ready[count++] = i;
    else
      paused += turns->alive[i];
  if (count == 0 && paused) { /* nobody but those: they may as well go on */
    memset(turns->paused_until, 0, sizeof turns->paused_until);
    turns->count--;
    return draw();
  }
  return count ? ready[turns_below(count)] : PARENT;
}

void turns_yield(void) {
  bool paused = turns->paused_until[self] > turns->count;
  if (!paused && !turns_chance(turns->stay))
    return;
  unsigned next = draw();
  if (next == (unsigned)self)
    return;
  hand_to(next);
  while (!await((unsigned)self))
    ;
}

void turns_pause(uint64_t count) {
  turns->paused_until[self] = turns->count + count;
  turns_yield();
}

void turns_die(void) {
  atomic_store(&turns->ended, (uint32_t)self);
  hand_to(PARENT);
  kill(getpid(), SIGKILL);
  for (;;)
    pause();
}

/* ---- the parent --------------------------------------------------------------------------------------- */

/* Starts process number `index`, which waits for its turn. */
static pid_t spawn(unsigned index, int (*work)(void *context, unsigned index), void *context) {
  pid_t parent = getpid();
  fflush(NULL);
  turns->alive[index] = true;
  turns->paused_until[index] = 0;
  atomic_store(&turns->go[index], 0);
  pid_t pid = fork();
  if (pid < 0)
    abort();
  if (pid > 0)
    return pid;
  static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}; /* a test framework may catch them */
  for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
    signal(caught[i], SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent)
    _exit(92);
  self = (int)index;
  while (!await(index))
    ;
  int code = work(context, index);
  fflush(NULL);
  atomic_store(&turns->ended, index);
  hand_to(PARENT);
  _exit(code);
}

/* Waits until a process ends; *ret_index and its status. False where one ended without saying so, or nobody moves. */
static bool next_end(const pid_t pids[TURNS_MOST], unsigned *ret_index, int *ret_status) {
  for (int seconds = 0; !await(PARENT); seconds++) {
    for (unsigned i = 0; i < TURNS_MOST; i++)
      if (turns->alive[i] && waitpid(pids[i], ret_status, WNOHANG) == pids[i]) {
        turns->alive[i] = false;
        return false;
      }
    if (seconds > STUCK_SECONDS) {
      fprintf(stderr, "crash: nobody moves: does the library wait by a call that tests/crash/turns.c does not know?\n");
      *ret_status = SIGALRM;
      return false;
    }
  }
  *ret_index = atomic_load(&turns->ended);
  while (waitpid(pids[*ret_index], ret_status, 0) < 0 && errno == EINTR)
    ;
  turns->alive[*ret_index] = false;
  return true;
}

int turns_run(unsigned count, int (*work)(void *context, unsigned index),
              bool (*respawn)(void *context, unsigned index), void *context) {
  pid_t pids[TURNS_MOST] = {0};
  int bad = 0;
  for (unsigned i = 0; i < count; i++)
    pids[i] = spawn(i, work, context);
  for (unsigned next; (next = draw()) != PARENT;) {
    unsigned index = 0;
    int status = 0;
    hand_to(next);
    bool said = next_end(pids, &index, &status);
    if (!said || (status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))) {
      bad = status ? status : SIGALRM;
      break;
    }
    if (status && respawn(context, index))
      pids[index] = spawn(index, work, context);
  }
  for (unsigned i = 0; i < TURNS_MOST; i++) /* only after a failure is anybody left */
    if (turns->alive[i]) {
      kill(pids[i], SIGKILL);
      waitpid(pids[i], NULL, 0);
      turns->alive[i] = false;
    }
  return bad;
}

/* ---- calls of the library that wait ------------------------------------------------------------------- */

/* Lets time pass, and the others run. Now and then it oversleeps so much that who has the turn after it takes a process
 * that is only slow for one that was stopped. */
static void sleep_for(int64_t ns) {
  turns->clock_ns += turns_chance(OVERSLEEP) ? OVERSLEEP_NS : ns;
  if (turns->paused_until[self] <= turns->count) /* whoever sleeps gives its turn away for sure */
    turns->paused_until[self] = turns->count + 2;
  turns_yield();
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time) {
  if (self < 0 || clock != CLOCK_MONOTONIC)
    return __real_clock_gettime(clock, time);
  *time = (struct timespec){.tv_sec = turns->clock_ns / 1000000000, .tv_nsec = turns->clock_ns % 1000000000};
  return 0;
}

int __wrap_flock(int fd, int how) {
  if (self >= 0)
    turns_yield();
  return __real_flock(fd, how);
}

int __wrap_sched_yield(void) {
  if (self < 0)
    return __real_sched_yield();
  sleep_for(1000);
  return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest) {
  if (self < 0)
    return __real_nanosleep(time, rest);
  sleep_for((int64_t)time->tv_sec * 1000000000 + time->tv_nsec);
  return 0;
}

/* futex(2): nobody sleeps in it here, so a wake-up is nothing, and a wait is a look, a sleep and a timeout. The time of
 * FUTEX_WAIT_BITSET is not how long, as that of FUTEX_WAIT, but until when by the clock above. */
long __wrap_syscall(long number, ...) {
  long argument[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; i++)
    argument[i] = va_arg(list, long);
  va_end(list);
  if (self < 0 || number != SYS_futex)
    return __real_syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
  int command = (int)argument[1] & FUTEX_CMD_MASK;
  if (command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET)
    return 0;
  const struct timespec *time = (const struct timespec *)argument[3];
  if (atomic_load((_Atomic uint32_t *)argument[0]) != (uint32_t)argument[2]) {
    errno = EAGAIN;
    return -1;
  }
  int64_t ns = time ? (int64_t)time->tv_sec * 1000000000 + time->tv_nsec : 1000000;
  if (time && command == FUTEX_WAIT_BITSET)
    ns = ns > turns->clock_ns ? ns - turns->clock_ns : 0;
  sleep_for(ns);
  errno = ETIMEDOUT;
  return -1;
}
