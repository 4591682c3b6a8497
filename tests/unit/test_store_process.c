/* test_store_process.c - many processes on one store: what is written and not durable, batches that are never seen
 * half, waiting, optimistic decisions, holders of the lock and of the sync that stop or die, and users who may only
 * read. The inside of the handle is used to hold the lock and to look at the page; the assertions are on evstore.h. */
#include "journal_fixture.h"

#include "file.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NOBODY 65534

/* ---- written and durable ------------------------------------------------------------------------------ */

/* Writes events 4 and 5 and ends without a sync. */
static int write_and_leave(void *context) {
  const struct jf *jf = context;
  evs_store *store = jf_open_child(jf->store, 0, 0);
  evs_new_event events[2] = {jf_event(4, 0), jf_event(5, 0)};
  evs_appended appended;
  JF_MUST(evs_write(store, events, 2, NULL, &appended, NULL) == 0);
  JF_MUST(appended.first == 4 && appended.last == 5);
  return 0;
}

static void assert_head(evs_store *store, uint64_t expected) {
  uint64_t head = UINT64_MAX;
  assert_int_equal(evs_head(store, &head, NULL), 0);
  assert_int_equal(head, expected);
}

static void written_is_not_shown_before_it_is_durable(void **state) {
  struct jf *jf = *state;
  for (unsigned flags = 0; flags <= EVS_READONLY; flags += EVS_READONLY) {
    evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
    jf_commit(store, 1, 3, 0);
    evs_close(store);
    assert_int_equal(jf_join(jf_spawn(write_and_leave, jf)), 0);
    store = jf_open(jf->store, flags, 0);
    assert_head(store, 3);
    jf_assert_events(store, 0, 5, EVS_READ_WRITTEN);
    assert_head(store, 3);
    if (flags) { /* who may not write it again in case its sync fails shows it only when a writer has synced it */
      jf_assert_events(store, 2, 3, 0);
      assert_head(store, 3);
      evs_store *writer = jf_open(jf->store, 0, 0);
      assert_int_equal(evs_settle(writer, NULL, NULL), 0);
      evs_close(writer);
    }
    jf_assert_events(store, 2, 5, 0); /* whoever reads to the end makes durable what was left behind */
    assert_head(store, 5);
    evs_stat stat;
    assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
    assert_int_equal(stat.head, 5);
    assert_int_equal(stat.written, 5);
    evs_close(store);
    jf_remove(jf->store);
  }
}

static void synced_by_another_process(void **state) {
  struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  assert_int_equal(jf_join(jf_spawn(write_and_leave, jf)), 0);
  assert_head(store, 3);
  assert_int_equal(evs_sync(store, 4, NULL), 0);
  assert_head(store, 5);
  assert_int_equal(evs_sync(store, 5, NULL), 0);
  assert_int_equal(evs_wait(store, 4, 0, NULL), 0);
  assert_int_equal(evs_wait(store, 5, 0, NULL), EVS_TIMEOUT);
  evs_close(store);
}

/* Settling makes durable what a dead writer left, and tells where that ends. */
static void settled_by_another_process(void **state) {
  struct jf *jf = *state;
  uint64_t head = 7;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  assert_int_equal(evs_settle(store, &head, NULL), 0);
  assert_int_equal(head, 0);
  assert_false(jf_exists(jf->store));
  jf_commit(store, 1, 3, 0);
  evs_store *reader = jf_open(jf->store, EVS_READONLY, 0);
  assert_int_equal(evs_settle(reader, &head, NULL), 0);
  assert_int_equal(head, 3);
  assert_int_equal(jf_join(jf_spawn(write_and_leave, jf)), 0);
  assert_head(store, 3);
  evs_error error = {0};
  assert_int_equal(evs_settle(reader, &head, NULL), 0);
  assert_int_equal(head, 3); /* a writer whose sync fails would take back what this one was shown */
  assert_int_equal(evs_sync(reader, 5, &error), EVS_BUSY);
  assert_int_equal(error.code, EVS_BUSY);
  assert_int_equal(evs_settle(store, NULL, NULL), 0);
  assert_head(store, 5);
  assert_int_equal(evs_settle(reader, &head, NULL), 0);
  assert_int_equal(head, 5);
  assert_int_equal(evs_sync(reader, 5, NULL), 0);
  evs_close(reader);
  evs_close(store);
}

/* ---- batches ------------------------------------------------------------------------------------------ */

/* Appends 150 commits of 5 events. */
static int append_batches(void *context) {
  const struct jf *jf = context;
  evs_store *store = jf_open_child(jf_path("file://%s?segment_bytes=6000", jf->store), EVS_CREATE, 0);
  for (uint64_t n = 1; n < 750; n += 5)
    JF_MUST(jf_append(store, n, 5, n % 40, NULL, NULL) == 0);
  return 0;
}

/* No reader ever stops inside of a commit. */
static void batches_are_never_seen_half(void **state) {
  struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  evs_cursor *cursors[2] = {NULL};
  uint64_t ends = 0;
  pid_t writer = jf_spawn(append_batches, jf);
  for (unsigned i = 0; i < 2; i++)
    assert_int_equal(evs_read(store, NULL, 0, i ? EVS_READ_WRITTEN : 0, &cursors[i], NULL), 0);
  int64_t deadline = jf_now_ms() + 30000;
  for (unsigned i = 0; evs_cursor_position(cursors[0]) < 750 || evs_cursor_position(cursors[1]) < 750; i = !i) {
    evs_event event;
    evs_error error = {0};
    int rc;
    while (!(rc = evs_next(cursors[i], &event, &error)))
      ;
    if (rc != EVS_END)
      fail_msg("%s", error.message);
    assert_int_equal(evs_cursor_position(cursors[i]) % 5, 0);
    ends++;
    assert_true(jf_now_ms() < deadline);
  }
  assert_true(ends > 2);
  assert_int_equal(jf_join(writer), 0);
  evs_cursor_close(cursors[0]);
  evs_cursor_close(cursors[1]);
  evs_close(store);
}

/* ---- waiting ------------------------------------------------------------------------------------------ */

struct waiting {
  struct jf *jf;
  struct jf_gate gate;
  unsigned flags;
  int expected;
};

static void ignore_signal(int number) { (void)number; }

/* Waits for an event after 0 and looks at it. */
static int wait_for_it(void *context) {
  struct waiting *waiting = context;
  const struct sigaction action = {.sa_handler = ignore_signal};
  sigaction(SIGUSR1, &action, NULL);
  evs_store *store = jf_open_child(waiting->jf->store, waiting->flags, 0);
  jf_gate_report(&waiting->gate);
  JF_MUST(evs_wait(store, 0, 20000, NULL) == waiting->expected);
  uint64_t head = 0;
  JF_MUST(evs_head(store, &head, NULL) == 0 && (waiting->expected != 0 || head == 1));
  return 0;
}

static void waiters_are_woken(void **state) {
  struct jf *jf = *state;
  for (int made = 0; made < 2; made++)
    for (unsigned readonly = 0; readonly <= EVS_READONLY; readonly += EVS_READONLY) {
      struct waiting waiting = {.jf = jf, .flags = EVS_CREATE | readonly};
      evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
      if (made)
        mkdir(jf->store, 0700);
      jf_gate_open(&waiting.gate);
      pid_t waiter = jf_spawn(wait_for_it, &waiting);
      jf_gate_expect(&waiting.gate);
      jf_commit(store, 1, 1, 0);
      int64_t start = jf_now_ms();
      assert_int_equal(jf_join(waiter), 0);
      assert_true(jf_now_ms() - start < 5000);
      jf_gate_close(&waiting.gate);
      evs_close(store);
      jf_remove(jf->store);
    }
}

static void waiting_ends_with_a_signal(void **state) {
  struct jf *jf = *state;
  struct waiting waiting = {.jf = jf, .flags = EVS_CREATE, .expected = EINTR};
  int status = 0;
  jf_gate_open(&waiting.gate);
  pid_t waiter = jf_spawn(wait_for_it, &waiting);
  jf_gate_expect(&waiting.gate);
  JF_UNTIL(kill(waiter, SIGUSR1) == 0 && waitpid(waiter, &status, WNOHANG) == waiter);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  jf_gate_close(&waiting.gate);
}

static void waiting_ends_in_time(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  for (int made = 0; made < 2; made++) {
    int64_t start = jf_now_ms();
    evs_error error = {0};
    assert_int_equal(evs_wait(store, 1, 60, &error), EVS_TIMEOUT);
    assert_int_equal(error.code, EVS_TIMEOUT);
    assert_true(jf_now_ms() - start >= 59 && jf_now_ms() - start < 5000);
    if (!made)
      jf_commit(store, 1, 1, 0);
  }
  evs_close(store);
}

/* ---- many writers ------------------------------------------------------------------------------------- */

#define WRITERS 5
#define EACH 50

struct counting {
  struct jf *jf;
  int number;
};

/* Reads all that is written and appends the next number, unless another did: again and again until EACH are ours. */
static int count_up(void *context) {
  const struct counting *counting = context;
  evs_store *store = jf_open_child(jf_path("file://%s?segment_bytes=9000", counting->jf->store), EVS_CREATE, 0);
  evs_cursor *cursor = NULL;
  uint64_t last = 0;
  int mine = 0;
  while (mine < EACH) {
    evs_event event;
    evs_error error = {0};
    int rc = cursor ? 0 : evs_read(store, NULL, last, EVS_READ_WRITTEN, &cursor, &error);
    while (!rc && !(rc = evs_next(cursor, &event, &error)))
      last = event.seq;
    JF_MUST(rc == EVS_END);
    const evs_query everything = {NULL, 0};
    const evs_condition condition = {&everything, last};
    evs_appended appended;
    evs_new_event next = jf_event(last + 1, 0);
    rc = evs_append(store, &next, 1, &condition, &appended, &error);
    if (rc == EVS_CONFLICT || rc == EVS_EXISTS) /* the same id by another: its number is taken all the same */
      continue;
    if (rc)
      fprintf(stderr, "# child: %s\n", error.message);
    JF_MUST(rc == 0 && appended.first == last + 1);
    mine++;
  }
  evs_cursor_close(cursor);
  evs_close(store);
  return 0;
}

static void optimistic_decisions_never_collide(void **state) {
  struct jf *jf = *state;
  struct counting counting[WRITERS];
  pid_t pids[WRITERS];
  for (int i = 0; i < WRITERS; i++) {
    counting[i] = (struct counting){jf, i};
    pids[i] = jf_spawn(count_up, &counting[i]);
  }
  for (int i = 0; i < WRITERS; i++)
    assert_int_equal(jf_join(pids[i]), 0);
  evs_store *store = jf_open(jf->store, 0, 0);
  jf_assert_events(store, 0, (uint64_t)WRITERS * EACH, 0);
  jf_assert_sound(store, (uint64_t)WRITERS * EACH);
  evs_close(store);
}

/* Appends event 3 unless there is one with the tag of event 2 after the first. */
static int append_unless_there_is_2(void *context) {
  const struct jf *jf = context;
  evs_store *store = jf_open_child(jf->store, 0, 20000);
  const char *tag = "n:2";
  const evs_query_item item = {.tags = &tag, .tag_count = 1};
  const evs_query query = {&item, 1};
  const evs_condition condition = {&query, 1};
  evs_new_event event = jf_event(3, 0);
  evs_error error = {0};
  JF_MUST(evs_append(store, &event, 1, &condition, NULL, &error) == EVS_CONFLICT);
  JF_MUST(error.position == 2);
  return 0;
}

/* Who waits for the lock has looked for conflicts already; what the holder writes until then counts all the same. */
static void a_condition_is_checked_under_the_lock(void **state) {
  struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  struct evs__file *file = evs__file(store);
  jf_commit(store, 1, 1, 0);
  assert_int_equal(evs__lock(file, EVS__LOCK_WRITE, NULL), 0);
  pid_t other = jf_spawn(append_unless_there_is_2, jf);
  JF_UNTIL(atomic_load(&file->page->lock_waiters) > 0);
  jf_commit(store, 2, 1, 0); /* locks again what is locked, and unlocks it */
  assert_int_equal(jf_join(other), 0);
  jf_assert_events(store, 0, 2, 0);
  evs_close(store);
}

/* ---- holders that stop or die ------------------------------------------------------------------------- */

struct holding {
  struct jf *jf;
  struct jf_gate gate;
  bool sync; /* holds the office of the syncer instead of the lock */
};

/* Takes the lock, or the office, and waits to be let on. */
static int hold(void *context) {
  struct holding *holding = context;
  evs_store *store = jf_open_child(holding->jf->store, 0, 0);
  struct evs__file *file = evs__file(store);
  JF_MUST(evs__attach(file, false, NULL) == 0);
  if (holding->sync)
    atomic_store(&file->page->syncer, (uint32_t)getpid());
  else
    JF_MUST(evs__lock(file, EVS__LOCK_WRITE, NULL) == 0);
  jf_gate_report(&holding->gate);
  jf_gate_wait(&holding->gate);
  if (!holding->sync)
    evs__unlock(file);
  return 0;
}

/* Starts a holder, and stops it where asked. */
static pid_t start_holder(struct holding *holding, struct jf *jf, bool sync) {
  *holding = (struct holding){.jf = jf, .sync = sync};
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 1, 0);
  evs_close(store);
  jf_gate_open(&holding->gate);
  pid_t pid = jf_spawn(hold, holding);
  jf_gate_expect(&holding->gate);
  return pid;
}

static void stopped_holder_of_the_lock(void **state) {
  struct jf *jf = *state;
  struct holding holding;
  pid_t holder = start_holder(&holding, jf, false);
  assert_int_equal(kill(holder, SIGSTOP), 0);
  evs_store *store = jf_open(jf->store, 0, 200);
  evs_error error = {0};
  char name[32];
  jf_assert_events(store, 0, 1, 0); /* reading needs no lock */
  int64_t start = jf_now_ms();
  assert_int_equal(jf_append(store, 2, 1, 0, NULL, &error), EVS_BUSY);
  assert_true(jf_now_ms() - start >= 199 && jf_now_ms() - start < 3000);
  assert_int_equal(error.code, EVS_BUSY);
  snprintf(name, sizeof name, "process %d", (int)holder);
  if (!strstr(error.message, name))
    fail_msg("no \"%s\" in \"%s\"", name, error.message);
  assert_int_equal(kill(holder, SIGCONT), 0);
  jf_gate_let_on(&holding.gate);
  assert_int_equal(jf_join(holder), 0);
  jf_commit(store, 2, 1, 0);
  jf_assert_events(store, 0, 2, 0);
  jf_gate_close(&holding.gate);
  evs_close(store);
}

static void killed_holder_of_the_lock(void **state) {
  struct jf *jf = *state;
  struct holding holding;
  pid_t holder = start_holder(&holding, jf, false);
  evs_store *store = jf_open(jf->store, 0, 5000);
  jf_kill(holder);
  int64_t start = jf_now_ms();
  jf_commit(store, 2, 1, 0);
  assert_true(jf_now_ms() - start < 1000);
  jf_gate_close(&holding.gate);
  evs_close(store);
}

static void syncer_that_died_or_stopped(void **state) {
  struct jf *jf = *state;
  for (int stopped = 0; stopped < 2; stopped++) {
    struct holding holding;
    pid_t holder = start_holder(&holding, jf, true);
    evs_store *store = jf_open(jf->store, 0, 8000);
    if (stopped)
      assert_int_equal(kill(holder, SIGSTOP), 0);
    else
      jf_kill(holder);
    int64_t start = jf_now_ms();
    jf_commit(store, 2, 2, 0);
    jf_commit(store, 4, 1, 0);
    assert_true(jf_now_ms() - start < (stopped ? 4000 : 900));
    if (stopped)
      jf_kill(holder);
    jf_assert_events(store, 0, 4, 0);
    jf_assert_sound(store, 4);
    evs_close(store);
    jf_gate_close(&holding.gate);
    jf_remove(jf->store);
  }
}

/* Plays the syncer, and deletes the control page as soon as somebody waits for it. */
static int delete_control(void *context) {
  struct holding *holding = context;
  evs_store *store = jf_open_child(holding->jf->store, 0, 0);
  struct evs__file *file = evs__file(store);
  JF_MUST(evs__attach(file, false, NULL) == 0);
  atomic_store(&file->page->syncer, (uint32_t)getpid());
  jf_gate_report(&holding->gate);
  while (atomic_load(&file->page->sync_waiters) == 0)
    sched_yield();
  JF_MUST(unlink(jf_path("%s/control", holding->jf->store)) == 0);
  jf_gate_wait(&holding->gate);
  return 0;
}

/* Who waits for a sync while the control page is deleted is not told that its event was lost. */
static void control_deleted_under_a_waiter(void **state) {
  struct jf *jf = *state;
  struct holding holding = {.jf = jf};
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  for (uint64_t n = 1; n <= 4; n++) { /* the tail is taken back a few times, so that the generation is not the first */
    size_t len;
    jf_commit(store, n, 1, 0);
    char *bytes = jf_load(jf_segment(jf->store, 1), &len);
    jf_commit(store, n + 1, 1, 0);
    jf_save(jf_segment(jf->store, 1), bytes, len);
    free(bytes);
  }
  jf_commit(store, 5, 1, 0);
  jf_gate_open(&holding.gate);
  pid_t child = jf_spawn(delete_control, &holding);
  jf_gate_expect(&holding.gate);
  evs_error error = {0};
  int rc = jf_append(store, 6, 1, 0, NULL, &error);
  jf_gate_let_on(&holding.gate);
  assert_int_equal(jf_join(child), 0);
  jf_assert_events(store, 0, 6, 0);
  if (rc)
    fail_msg("event 6 is there, and its append said: %s", error.message);
  jf_gate_close(&holding.gate);
  evs_close(store);
}

/* ---- users who may only read -------------------------------------------------------------------------- */

struct visiting {
  struct jf *jf;
  uint64_t last, written;
  bool torn;
};

/* As a user without any right but reading: reads all, and is refused whatever would write. */
static int visit(void *context) {
  const struct visiting *visiting = context;
  const char *url = visiting->jf->store;
  JF_MUST(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
  for (unsigned flags = 0; flags <= EVS_READONLY; flags += EVS_READONLY) {
    evs_store *store = jf_open_child(url, flags, 500);
    evs_error error = {0};
    evs_cursor *cursor = NULL;
    evs_event event;
    evs_stat stat;
    uint64_t events = 0;
    evs_consumer *consumer = NULL;
    for (unsigned read_flags = 0; read_flags <= EVS_READ_WRITTEN; read_flags++) {
      int rc = evs_read(store, NULL, 0, read_flags, &cursor, &error);
      for (events = 0; !rc && !(rc = evs_next(cursor, &event, &error)); events++)
        JF_MUST(event.seq == events + 1);
      if (rc != EVS_END)
        fprintf(stderr, "# child: %s\n", error.message);
      JF_MUST(rc == EVS_END && events == (read_flags ? visiting->written : visiting->last));
      evs_cursor_close(cursor);
    }
    JF_MUST(evs_stat_get(store, &stat, &error) == 0);
    JF_MUST(stat.head == visiting->last && stat.written == visiting->written);
    JF_MUST(visiting->torn == (stat.outcome == EVS_RECOVERED) && visiting->torn == (stat.torn_bytes > 0));
    JF_MUST(evs_verify(store, NULL, NULL, &events, &error) == 0 && events == visiting->written);
    JF_MUST(evs_wait(store, visiting->last, 1, NULL) == EVS_TIMEOUT);
    const int denied = flags ? EROFS : EACCES;
    JF_MUST(jf_append(store, 99, 1, 0, NULL, &error) == denied && error.code == denied);
    JF_MUST(evs_repair(store, 0, NULL, &error) == denied && error.code == denied);
    JF_MUST(evs_consumer_open(store, "c", &consumer, &error) == denied);
    JF_MUST(evs_consumer_seek(store, "c", 1, 0, &error) == denied);
    evs_close(store);
  }
  return 0;
}

/* Lets everybody read the store; `control`: the mode of its page, 0: it is deleted. */
static void open_to_all(const struct jf *jf, mode_t control) {
  chmod(jf->root, 0755);
  chmod(jf->store, 0755);
  chmod(jf_path("%s/journal", jf->store), 0755);
  chmod(jf_segment(jf->store, 1), 0644);
  if (control)
    chmod(jf_path("%s/control", jf->store), control);
  else
    jf_remove(jf_path("%s/control", jf->store));
}

static void users_who_may_only_read(void **state) {
  struct jf *jf = *state;
  static const mode_t controls[] = {0644, 0600, 0};
  if (getuid() != 0)
    skip();
  for (size_t i = 0; i < JF_COUNT(controls); i++) {
    struct visiting visiting = {.jf = jf, .last = 3, .written = 3};
    evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
    jf_commit(store, 1, 3, 0);
    open_to_all(jf, controls[i]);
    assert_int_equal(jf_join(jf_spawn(visit, &visiting)), 0);
    /* With events that nobody has synced, and then with a torn tail. */
    assert_int_equal(evs_head(store, &visiting.last, NULL), 0);
    evs_close(store);
    assert_int_equal(jf_join(jf_spawn(write_and_leave, jf)), 0);
    visiting.last = controls[i] == 0644 ? 3 : 5; /* with a page to be read, what it tells; else a sync of one's own */
    visiting.written = 5;
    open_to_all(jf, controls[i]);
    assert_int_equal(jf_join(jf_spawn(visit, &visiting)), 0);
    size_t len;
    char *bytes = jf_load(jf_segment(jf->store, 1), &len);
    jf_save(jf_segment(jf->store, 1), bytes, len - 1);
    free(bytes);
    visiting.last = visiting.written = 3;
    visiting.torn = true;
    assert_int_equal(jf_join(jf_spawn(visit, &visiting)), 0);
    struct stat st;
    assert_int_equal(stat(jf_segment(jf->store, 1), &st), 0);
    assert_int_equal(st.st_size, len - 1);
    assert_false(jf_exists(jf_path("%s/consumers", jf->store)));
    jf_remove(jf->store);
  }
}

/* Opening or reading a store that this user may not even look at. */
static int visit_closed(void *context) {
  const struct jf *jf = context;
  evs_store *store = NULL;
  evs_error error = {0};
  JF_MUST(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
  JF_MUST(evs_open(jf->store, NULL, &store, &error) == EACCES && error.code == EACCES);
  const evs_open_options options = {.flags = EVS_CREATE};
  JF_MUST(evs_open(jf->store, &options, &store, &error) == EACCES);
  return 0;
}

static void users_who_may_nothing(void **state) {
  struct jf *jf = *state;
  if (getuid() != 0)
    skip();
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 1, 0);
  evs_close(store);
  chmod(jf->root, 0755);
  assert_int_equal(jf_join(jf_spawn(visit_closed, jf)), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(written_is_not_shown_before_it_is_durable),
      TEST(synced_by_another_process),
      TEST(settled_by_another_process),
      TEST(batches_are_never_seen_half),
      TEST(waiters_are_woken),
      TEST(waiting_ends_with_a_signal),
      TEST(waiting_ends_in_time),
      TEST(optimistic_decisions_never_collide),
      TEST(a_condition_is_checked_under_the_lock),
      TEST(stopped_holder_of_the_lock),
      TEST(killed_holder_of_the_lock),
      TEST(syncer_that_died_or_stopped),
      TEST(control_deleted_under_a_waiter),
      TEST(users_who_may_only_read),
      TEST(users_who_may_nothing),
  };
  return cmocka_run_group_tests_name("store_process", tests, NULL, NULL);
}
