/* test_store_stop.c - an appending process is stopped (SIGSTOP), or killed, at every instant of its commit, and the
 * others go on.
 *
 * For each instant: who had the store open before reads on; another writer succeeds, or is told within its time limit
 * who is in its way, and never waits for a dead one; after SIGCONT the stopped commit stands whole or was told as
 * failed, and the journal is sound. The situations: a plain commit, one that begins a new segment, one that recovers a
 * torn tail, and the first of a store. The page is looked at to know whether the stopped process is in the way at all.
 */
#include "stopping_io.h"

#include "file.h"
#include "journal_fixture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>

#define SHORT_MS 60     /* less than the patience with a stopped syncer */
#define PATIENT_MS 8000 /* more than that */
#define MANY 4000       /* instants that no commit has */

enum situation { PLAIN, NEW_SEGMENT, TORN_TAIL, FIRST_COMMIT };

struct stopping {
  struct jf *jf;
  enum situation situation;
  unsigned at;
  uint64_t before; /* events that stand in the journal already */
};

/* The URL of the store in this situation. */
static const char *url_of(const struct stopping *stopping) {
  return stopping->situation == NEW_SEGMENT ? jf_path("file://%s?segment_bytes=600", stopping->jf->store)
                                            : stopping->jf->store;
}

/* Prepares the journal: three events and what the situation wants. */
static void prepare(struct stopping *stopping) {
  jf_remove(stopping->jf->store);
  stopping->before = stopping->situation == FIRST_COMMIT ? 0 : 3;
  if (stopping->before == 0)
    return;
  evs_store *store = jf_open(stopping->jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  evs_close(store);
  if (stopping->situation != TORN_TAIL)
    return;
  size_t len;
  char *bytes = jf_load(jf_segment(stopping->jf->store, 1), &len);
  char *torn = malloc(len + 20);
  assert_non_null(torn);
  memcpy(torn, bytes, len);
  memcpy(torn + len, bytes + 40, 20);
  jf_save(jf_segment(stopping->jf->store, 1), torn, len + 20);
  free(torn);
  free(bytes);
}

/* The child: appends events number 100 and 101, and stops where it is told. 0: acknowledged; 1: told as lost; 60: there
 * is no such instant. */
static int append_and_stop(void *context) {
  const struct stopping *stopping = context;
  evs_error error = {0};
  evs_store *store = jf_open_child(url_of(stopping), EVS_CREATE, PATIENT_MS);
  instants = 0;
  stop_at = stopping->at;
  int rc = jf_append(store, 100, 2, 0, NULL, &error);
  bool reached = instants >= stop_at;
  stop_at = 0;
  evs_close(store);
  if (rc && rc != EVS_LOST)
    fprintf(stderr, "# child: %s\n", error.message);
  return !reached ? 60 : rc == 0 ? 0 : rc == EVS_LOST ? 1 : 61;
}

/* Starts the child. True where it stands still at its instant; false where it came to its end before. */
static bool start(struct stopping *stopping, pid_t *ret_pid) {
  int status;
  *ret_pid = jf_spawn(append_and_stop, stopping);
  assert_int_equal(waitpid(*ret_pid, &status, WUNTRACED), *ret_pid);
  if (WIFSTOPPED(status))
    return true;
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 60);
  return false;
}

/* Does the process hold the write lock? The kernel says. */
static bool holds_the_lock(const char *store) {
  const char *path = jf_path("%s/journal", store);
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return false;
  bool held = flock(fd, LOCK_EX | LOCK_NB) != 0;
  close(fd);
  return held;
}

/* Where event number `number` stands, 0: nowhere. */
static uint64_t position_of(evs_store *store, uint64_t number) {
  char wanted[32];
  char id[EVS_MAX_ID + 1];
  uint64_t found = 0;
  evs_cursor *cursor = NULL;
  evs_event event;
  int rc;
  snprintf(wanted, sizeof wanted, "e-%" PRIu64, number);
  assert_int_equal(evs_read(store, NULL, 0, 0, &cursor, NULL), 0);
  while (!(rc = evs_next(cursor, &event, NULL))) {
    evs_json_unescape(event.id, id, sizeof id);
    if (strcmp(id, wanted) == 0) {
      assert_int_equal(found, 0); /* once */
      found = event.seq;
    }
  }
  assert_int_equal(rc, EVS_END);
  evs_cursor_close(cursor);
  return found;
}

/* Reads what was durable before, through a handle that was open, and through a new one. Only where the stopped process
 * is recovering does nobody know yet what is durable, and they are told who that is. */
static void others_read(const struct stopping *stopping, evs_store *open_before) {
  evs_event event;
  evs_cursor *cursor = NULL;
  uint64_t head = 0;
  bool exists = jf_exists(jf_path("%s/journal", stopping->jf->store));
  for (int fresh = 0; fresh < 2; fresh++) {
    evs_error error = {0};
    evs_store *store = fresh ? jf_open(stopping->jf->store, EVS_CREATE, SHORT_MS) : open_before;
    int rc = evs_head(store, &head, &error);
    if (rc == EVS_BUSY && (stopping->before == 0 || stopping->situation == TORN_TAIL)) {
      assert_non_null(strstr(error.message, "by process"));
      assert_true(holds_the_lock(stopping->jf->store));
    } else {
      if (rc)
        fail_msg("instant %u: %s", stopping->at, error.message);
      assert_true(head >= (exists ? stopping->before : 0));
      assert_int_equal(evs_read(store, NULL, 0, 0, &cursor, NULL), 0);
      for (uint64_t seq = 1; seq <= stopping->before; seq++) {
        assert_int_equal(evs_next(cursor, &event, NULL), 0);
        assert_int_equal(event.seq, seq);
      }
      evs_cursor_close(cursor);
    }
    if (fresh)
      evs_close(store);
  }
}

/* Another writer with little time: success, or one sentence that names the stopped process. True where it succeeded. */
static bool other_writes(const struct stopping *stopping, pid_t stopped) {
  evs_error error = {0};
  char name[32];
  evs_store *store = jf_open(stopping->jf->store, EVS_CREATE, SHORT_MS);
  int64_t started = jf_now_ms();
  int rc = jf_append(store, 7, 1, 0, NULL, &error);
  assert_true(jf_now_ms() - started < SHORT_MS + 2000);
  evs_close(store);
  if (rc == 0)
    return true;
  snprintf(name, sizeof name, "by process %d", (int)stopped);
  if (rc != EVS_BUSY || !strstr(error.message, name))
    fail_msg("instant %u: wanted \"%s\", got: %s", stopping->at, name, error.message);
  return false;
}

/* A patient writer: nothing but the lock may be in its way. */
static void patient_one_writes(const struct stopping *stopping, uint64_t number) {
  evs_error error = {0};
  evs_store *store = jf_open(stopping->jf->store, EVS_CREATE, PATIENT_MS);
  if (jf_append(store, number, 1, 0, NULL, &error))
    fail_msg("instant %u: %s", stopping->at, error.message);
  evs_close(store);
}

/* At the end all is whole: what was acknowledged stands there, the stopped commit entirely or not at all. */
static void assert_whole(const struct stopping *stopping, int told, bool other) {
  evs_stat stat;
  evs_store *store = jf_open(stopping->jf->store, 0, 0);
  uint64_t first = position_of(store, 100);
  uint64_t second = position_of(store, 101);
  assert_true(first ? second == first + 1 : second == 0);
  if (told == 0)
    assert_true(first > 0);
  else if (told == 1)
    assert_int_equal(first, 0);
  if (other)
    assert_true(position_of(store, 7) > 0);
  assert_true(position_of(store, 9) > 0);
  assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
  assert_int_equal(stat.outcome, EVS_CLEAN);
  jf_assert_sound(store, stat.head);
  evs_close(store);
}

/* Stops at each instant and lets the process go on. */
static void stopped_everywhere(struct jf *jf, enum situation situation) {
  struct stopping stopping = {.jf = jf, .situation = situation};
  unsigned in_the_way = 0;
  for (stopping.at = 1; stopping.at < MANY; stopping.at++) {
    pid_t pid;
    prepare(&stopping);
    evs_store *open_before = jf_open(jf->store, EVS_CREATE, SHORT_MS);
    uint64_t head;
    if (stopping.before)
      assert_int_equal(evs_head(open_before, &head, NULL), 0);
    if (!start(&stopping, &pid)) {
      evs_close(open_before);
      break;
    }
    others_read(&stopping, open_before);
    bool lock = holds_the_lock(jf->store);
    bool other = other_writes(&stopping, pid);
    if (lock)
      assert_false(other);
    else if (!other)
      patient_one_writes(&stopping, 8);
    in_the_way += !other;
    assert_int_equal(kill(pid, SIGCONT), 0);
    int told = jf_join(pid);
    assert_true(told == 0 || told == 1);
    patient_one_writes(&stopping, 9);
    assert_whole(&stopping, told, other);
    evs_close(open_before);
  }
  print_message("# %u instants, at %u of them the stopped process was in the way\n", stopping.at - 1, in_the_way);
  assert_true(stopping.at > 6 && stopping.at < MANY);
  assert_true(in_the_way > 2);
}

/* Kills at each instant: nobody waits for a dead process, not even a millisecond. `reaped` false: its parent has not
 * asked for it yet, which is found out after one slice of time. */
static void killed_everywhere(struct jf *jf, enum situation situation, bool reaped) {
  struct stopping stopping = {.jf = jf, .situation = situation};
  for (stopping.at = 1; stopping.at < MANY; stopping.at++) {
    pid_t pid;
    evs_error error = {0};
    siginfo_t died;
    prepare(&stopping);
    if (!start(&stopping, &pid))
      break;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &died, WEXITED | WNOWAIT), 0);
    if (reaped)
      jf_join(pid);
    evs_store *store = jf_open(jf->store, EVS_CREATE, reaped ? 1 : SHORT_MS);
    if (jf_append(store, 9, 1, 0, NULL, &error))
      fail_msg("instant %u: %s", stopping.at, error.message);
    evs_close(store);
    if (!reaped)
      jf_join(pid);
    assert_whole(&stopping, -1, false);
  }
  print_message("# %u instants\n", stopping.at - 1);
  assert_true(stopping.at > 6 && stopping.at < MANY);
}

#define IN_EACH_SITUATION(name, ...)                                                                                   \
  static void name##_plain(void **state) { __VA_ARGS__(*state, PLAIN); }                                               \
  static void name##_new_segment(void **state) { __VA_ARGS__(*state, NEW_SEGMENT); }                                   \
  static void name##_torn_tail(void **state) { __VA_ARGS__(*state, TORN_TAIL); }                                       \
  static void name##_first_commit(void **state) { __VA_ARGS__(*state, FIRST_COMMIT); }

static void killed_and_reaped(struct jf *jf, enum situation situation) { killed_everywhere(jf, situation, true); }
static void killed_and_zombie(struct jf *jf, enum situation situation) { killed_everywhere(jf, situation, false); }

IN_EACH_SITUATION(stopped, stopped_everywhere)
IN_EACH_SITUATION(killed, killed_and_reaped)
IN_EACH_SITUATION(zombie, killed_and_zombie)

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(killed_plain),  TEST(killed_new_segment),  TEST(killed_torn_tail),  TEST(killed_first_commit),
      TEST(zombie_plain),  TEST(zombie_new_segment),  TEST(zombie_torn_tail),  TEST(zombie_first_commit),
      TEST(stopped_plain), TEST(stopped_new_segment), TEST(stopped_torn_tail), TEST(stopped_first_commit),
  };
  return cmocka_run_group_tests_name("store_stop", tests, NULL, NULL);
}
