/* test_recover_kill.c - writers that are killed at any instant, and control pages that are deleted under them. What a
 * writer was told is there, in order, each commit whole; and a commit of which nobody was told is there whole or not at
 * all. */
#include "journal_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define WRITERS 4
#define MOST 4096 /* commits */

/* What a writer tells through the pipe, after evs_append() returned 0. */
struct told {
  uint32_t writer, commit;
  uint64_t count, first; /* no hole between them: all of it goes through the pipe */
};

struct writing {
  const struct jf *jf;
  uint32_t writer, first_commit, commits; /* 0 commits: for ever */
  int fd;
};

/* Commit number `commit` of a writer has this many events. */
static uint32_t size_of(uint32_t writer, uint32_t commit) { return 1 + (commit * 7 + writer) % 4; }

/* Appends commit after commit: event i of them is `w-W-C-I`, its data tells how many there are. */
static int append_and_tell(void *context) {
  const struct writing *writing = context;
  evs_store *store = jf_open_child(jf_path("file://%s?segment_bytes=8000", writing->jf->store), EVS_CREATE, 30000);
  for (uint32_t commit = writing->first_commit; !writing->commits || commit < writing->commits; commit++) {
    char ids[4][48];
    char data[4][64];
    evs_new_event events[4];
    evs_appended appended = {0};
    evs_error error = {0};
    struct told told = {writing->writer, commit, size_of(writing->writer, commit), 0};
    for (uint32_t i = 0; i < told.count; i++) {
      snprintf(ids[i], sizeof ids[i], "w-%u-%u-%u", told.writer, commit, i);
      int len = snprintf(data[i], sizeof data[i], "{\"w\":%u,\"c\":%u,\"i\":%u,\"of\":%u}", told.writer, commit, i,
                         size_of(told.writer, commit));
      events[i] = (evs_new_event){.type = "Noted", .id = ids[i], .data = data[i], .data_len = (size_t)len};
    }
    int rc = evs_append(store, events, told.count, NULL, &appended, &error);
    if (rc)
      fprintf(stderr, "# child: %s: %s\n", evs_code_name(rc), error.message);
    JF_MUST(rc == 0 && appended.last == appended.first + told.count - 1);
    told.first = appended.first;
    JF_MUST(write(writing->fd, &told, sizeof told) == sizeof told);
  }
  evs_close(store);
  return 0;
}

/* A number of the data of an event. */
static uint32_t member(const evs_event *event, const char *key) {
  evs_slice value = {0};
  int64_t number = -1;
  assert_true(evs_json_find(event->data, key, &value) && evs_json_int(value, &number));
  return (uint32_t)number;
}

/* The journal as a list of whole commits; *ret_count of them. */
static struct told *read_commits(evs_store *store, size_t *ret_count) {
  struct told *all = calloc(MOST, sizeof *all);
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error error = {0};
  uint32_t next = 0; /* the event of a commit that must follow */
  int rc = evs_read(store, NULL, 0, 0, &cursor, &error);
  assert_non_null(all);
  *ret_count = 0;
  while (!rc && !(rc = evs_next(cursor, &event, &error))) {
    struct told here = {member(&event, "w"), member(&event, "c"), member(&event, "of"), event.seq};
    assert_int_equal(member(&event, "i"), next);
    if (next == 0) {
      assert_true(*ret_count < MOST);
      all[(*ret_count)++] = here;
    }
    const struct told *commit = &all[*ret_count - 1];
    assert_true(here.writer == commit->writer && here.commit == commit->commit && here.count == commit->count);
    next = next + 1 == here.count ? 0 : next + 1;
  }
  if (rc != EVS_END)
    fail_msg("%s", error.message);
  assert_int_equal(next, 0);
  evs_cursor_close(cursor);
  return all;
}

/* Everything that was told is in the journal where it was told, once; commits of a writer are in order. Returns how
 * many commits were told of. */
static size_t assert_kept(const struct jf *jf, int fd) {
  size_t count;
  size_t told_count = 0;
  struct told told;
  uint32_t last[WRITERS] = {0};
  evs_store *store = jf_open(jf->store, 0, 0);
  struct told *all = read_commits(store, &count);
  for (size_t i = 0; i < count; i++) {
    assert_true(all[i].writer < WRITERS && all[i].count == size_of(all[i].writer, all[i].commit));
    assert_true(all[i].commit > last[all[i].writer]);
    last[all[i].writer] = all[i].commit;
  }
  while (read(fd, &told, sizeof told) == sizeof told) {
    size_t low = 0;
    size_t high = count;
    while (high - low > 1) {
      size_t middle = low + (high - low) / 2;
      if (all[middle].first <= told.first)
        low = middle;
      else
        high = middle;
    }
    if (count == 0 || all[low].first != told.first || all[low].writer != told.writer || all[low].commit != told.commit)
      fail_msg("commit %u of writer %u was told to stand at %" PRIu64 " and does not", told.commit, told.writer,
               told.first);
    told_count++;
  }
  uint64_t events = count ? all[count - 1].first + all[count - 1].count - 1 : 0;
  jf_assert_sound(store, events);
  jf_commit(store, events + 1, 1, 0);
  evs_close(store);
  free(all);
  print_message("# %zu commits in the journal, %zu of them acknowledged\n", count, told_count);
  return told_count;
}

/* A pipe that holds all that will be told, and whose reading never waits. */
static void open_pipe(int fds[2]) {
  assert_int_equal(pipe(fds), 0);
  assert_true(fcntl(fds[0], F_SETPIPE_SZ, 1 << 20) >= (int)(MOST * sizeof(struct told)));
  assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
}

/* How many bytes wait in the pipe, in commits. */
static size_t waiting_in(int fd) {
  int bytes = 0;
  assert_int_equal(ioctl(fd, FIONREAD, &bytes), 0);
  return (size_t)bytes / sizeof(struct told);
}

static void deleting_the_control_page_loses_nothing(void **state) {
  const struct jf *jf = *state;
  struct writing writing[WRITERS];
  pid_t pids[WRITERS];
  int fds[2];
  char control[JF_PATH * 2];
  size_t deleted = 0;
  snprintf(control, sizeof control, "%s/control", jf->store);
  open_pipe(fds);
  for (uint32_t i = 0; i < WRITERS; i++) {
    writing[i] = (struct writing){jf, i, 1, 101, fds[1]};
    pids[i] = jf_spawn(append_and_tell, &writing[i]);
  }
  int64_t deadline = jf_now_ms() + 40000;
  for (size_t before = 0; waiting_in(fds[0]) < WRITERS * 100 - 20;) {
    size_t now = waiting_in(fds[0]);
    assert_true(jf_now_ms() < deadline);
    if (now > before + 2) { /* they had time to share a page */
      deleted += unlink(control) == 0;
      before = now;
    }
    sched_yield();
  }
  for (uint32_t i = 0; i < WRITERS; i++)
    assert_int_equal(jf_join(pids[i]), 0);
  print_message("# deleted %zu times\n", deleted);
  assert_true(deleted > 20);
  assert_int_equal(assert_kept(jf, fds[0]), WRITERS * 100);
  close(fds[0]);
  close(fds[1]);
}

/* Kills writers after a random number of what all of them have told, and starts them again. */
static void kill_at_random(const struct jf *jf, int kills, bool delete_control) {
  uint64_t random = jf_seed() + (uint64_t)delete_control;
  struct writing writing[WRITERS];
  pid_t pids[WRITERS];
  int fds[2];
  open_pipe(fds);
  for (uint32_t i = 0; i < WRITERS; i++) {
    writing[i] = (struct writing){jf, i, 1, 0, fds[1]};
    pids[i] = jf_spawn(append_and_tell, &writing[i]);
  }
  for (int k = 0; k < kills; k++) {
    size_t until = waiting_in(fds[0]) + jf_below(&random, 12);
    JF_UNTIL(waiting_in(fds[0]) >= until);
    for (uint64_t spins = jf_below(&random, 60000); spins > 0; spins--)
      __asm__ volatile("");
    uint32_t victim = (uint32_t)jf_below(&random, WRITERS);
    jf_kill(pids[victim]);
    if (delete_control && k % 3 == 0)
      unlink(jf_path("%s/control", jf->store));
    writing[victim].first_commit += 100000; /* its numbers go on rising */
    pids[victim] = jf_spawn(append_and_tell, &writing[victim]);
  }
  for (uint32_t i = 0; i < WRITERS; i++)
    jf_kill(pids[i]);
  assert_true(assert_kept(jf, fds[0]) > (size_t)kills);
  close(fds[0]);
  close(fds[1]);
}

static void writers_killed_at_random(void **state) { kill_at_random(*state, 100, false); }
static void writers_killed_and_pages_deleted(void **state) { kill_at_random(*state, 60, true); }

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(deleting_the_control_page_loses_nothing),
      TEST(writers_killed_at_random),
      TEST(writers_killed_and_pages_deleted),
  };
  return cmocka_run_group_tests_name("recover_kill", tests, NULL, NULL);
}
