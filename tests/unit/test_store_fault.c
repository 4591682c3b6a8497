/* test_store_fault.c - a disk that fails: every system call of a scripted run in turn fails, is cut short, or is
 * interrupted, beneath the loops of io.c. What was acknowledged stays, what failed is reported with its code and is
 * never there later, reading never mistakes a failure for the end, and the store is usable as soon as the disk is. */
#include "../crash/io_calls.h"

#include "journal_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define COMMITS 12
#define SEGMENT "900"
#define SHORT (-1)   /* instead of an errno: a part is transferred */
#define DROPPED (-2) /* a data sync fails with EIO, and what it should have written reads as zeros */
#define FILES 128

/* Which calls fail how. */
static struct {
  int code;
  unsigned at, times; /* from the call of this number on, so many; 0: none */
  unsigned calls;     /* so far, of those that may fail with this code */
  bool fired;
  struct {
    uint64_t inode, size;
  } synced[FILES];
} fault;

/* A new disk: inodes may be used again. */
static void reset_disk(void) { memset(fault.synced, 0, sizeof fault.synced); }

/* Begins to count anew. */
static void set_fault(int code, unsigned at, unsigned times) {
  fault.code = code;
  fault.at = at;
  fault.times = times;
  fault.calls = 0;
  fault.fired = false;
}

/* The error that the code stands for. */
static int code_of(void) { return fault.code == DROPPED ? EIO : fault.code; }

/* Can a call end in this way? */
static bool applies(const struct io_call *call) {
  bool syncs = call->kind == IO_SYNC_DATA || call->kind == IO_SYNC_ALL;
  bool opens = call->kind == IO_OPEN;
  switch (fault.code) {
  case SHORT:
    return (call->kind == IO_READ || call->kind == IO_WRITE) && call->len > 1;
  case DROPPED:
    return call->kind == IO_SYNC_DATA;
  case EINTR:
    return syncs || opens || call->kind == IO_READ || call->kind == IO_WRITE || call->kind == IO_TRUNCATE;
  case ENOSPC:
  case EDQUOT:
    return syncs || call->kind == IO_WRITE || call->kind == IO_MKDIR || call->kind == IO_RENAME ||
           call->kind == IO_ALLOCATE || (opens && call->flags & O_CREAT);
  default:
    return call->kind != IO_CLOSE && call->kind != IO_STAT;
  }
}

/* How much of the file is on the disk. */
static uint64_t *synced_of(uint64_t inode) {
  size_t i = 0;
  while (i < FILES && fault.synced[i].inode && fault.synced[i].inode != inode)
    i++;
  assert_true(i < FILES);
  fault.synced[i].inode = inode;
  return &fault.synced[i].size;
}

/* The pages that could not be written are gone: their bytes are those of the disk, which has none. */
static void drop_pages(int fd) {
  static const char zeros[8192];
  struct stat st;
  assert_int_equal(fstat(fd, &st), 0);
  uint64_t from = *synced_of((uint64_t)st.st_ino);
  int out = open(jf_path("/proc/self/fd/%d", fd), O_WRONLY | O_CLOEXEC);
  assert_true(out >= 0);
  if ((uint64_t)st.st_size > from)
    assert_true(pwrite(out, zeros, (size_t)st.st_size - from, (off_t)from) > 0);
  close(out);
}

/* A call that does not do what it was asked. */
static ssize_t misbehave(const struct io_call *call) {
  struct io_call part = *call;
  if (fault.code == DROPPED)
    drop_pages(call->fd);
  if (fault.code == SHORT) {
    part.len = 1 + fault.calls % (call->len - 1);
    return io_really(&part);
  }
  part.len = call->len / 2;
  if (call->kind == IO_WRITE && fault.code != EINTR && part.len) /* a part may stand there all the same */
    io_really(&part);
  errno = code_of();
  return -1;
}

static ssize_t handle(const struct io_call *call) {
  struct stat st;
  if (applies(call)) {
    fault.calls++;
    if (fault.at && fault.calls >= fault.at && fault.calls - fault.at < fault.times) {
      fault.fired = true;
      return misbehave(call);
    }
  }
  if (call->kind != IO_SYNC_DATA && call->kind != IO_SYNC_ALL)
    return io_really(call);
  if (fstat(call->fd, &st) == 0 && S_ISREG(st.st_mode))
    *synced_of((uint64_t)st.st_ino) = (uint64_t)st.st_size;
  return 0; /* the disk adds nothing here */
}

static int set_up(void **state) {
  memset(&fault, 0, sizeof fault);
  io_handler = handle;
  return jf_setup_in_memory(state);
}

/* ---- the script --------------------------------------------------------------------------------------- */

/* Two handles on one store that take turns, and what they were told. */
struct script {
  const struct jf *jf;
  evs_store *stores[2];
  uint64_t kept[COMMITS + 8]; /* the first event's number of every acknowledged commit, in order */
  size_t kept_count;
  uint64_t head, offset;
  unsigned failures;
};

static size_t size_of(uint64_t commit) { return 1 + (size_t)(commit * 7 % 4); }

static void begin(struct script *script, const struct jf *jf) {
  *script = (struct script){.jf = jf};
  reset_disk();
  for (int i = 0; i < 2; i++)
    script->stores[i] = jf_open(jf_path("file://%s?segment_bytes=" SEGMENT, jf->store), EVS_CREATE, 2000);
}

/* The answer of a call must be 0, or tell of the fault. */
static void check_answer(struct script *script, int rc, const evs_error *error) {
  if (rc == 0)
    return;
  script->failures++;
  assert_int_equal(error->code, rc);
  assert_true(strlen(error->message) > 10 && !strchr(error->message, '\n'));
  if (!fault.fired || (rc != code_of() && rc != EVS_LOST))
    fail_msg("call %u, %s: %s: %s", fault.at, evs_code_name(code_of()), evs_code_name(rc), error->message);
}

/* Appends commit number `commit`, once. */
static int append(struct script *script, uint64_t commit) {
  evs_error error = {0};
  evs_appended appended = {0};
  int rc = jf_append(script->stores[commit % 2], commit * 10, size_of(commit), 0, &appended, &error);
  check_answer(script, rc, &error);
  if (rc)
    return rc;
  assert_int_equal(appended.first, script->head + 1);
  assert_int_equal(appended.last, script->head + size_of(commit));
  script->head = appended.last;
  script->kept[script->kept_count++] = commit;
  return 0;
}

/* Moves a consumer to the head. */
static int consume(struct script *script, unsigned which) {
  evs_consumer *consumer = NULL;
  evs_error error = {0};
  int rc = evs_consumer_open(script->stores[which], "pay", &consumer, &error);
  if (!rc) {
    assert_true(evs_consumer_offset(consumer) >= script->offset);
    rc = evs_consumer_commit(consumer, script->head, 0, &error);
  }
  evs_consumer_close(consumer);
  check_answer(script, rc, &error);
  script->offset = rc ? script->offset : script->head;
  return rc;
}

/* Reads all: exactly what was acknowledged, in order. A failure is no end; the same cursor goes on after it. */
static void read_all(struct script *script, evs_store *store) {
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error error = {0};
  uint64_t seen = 0;
  int rc = -100;
  for (int tries = 0; tries < 10 && (rc = evs_read(store, NULL, 0, 0, &cursor, &error)); tries++)
    check_answer(script, rc, &error);
  assert_int_equal(rc, 0);
  for (size_t i = 0; i < script->kept_count; i++)
    for (size_t k = 0; k < size_of(script->kept[i]); k++) {
      for (int tries = 0; tries < 10 && (rc = evs_next(cursor, &event, &error)); tries++)
        check_answer(script, rc == EVS_END ? 0 : rc, &error);
      if (rc)
        fail_msg("call %u: event %" PRIu64 " was acknowledged: %s", fault.at, seen + 1, evs_code_name(rc));
      assert_int_equal(event.seq, ++seen);
      jf_assert_text(event.id, jf_event(script->kept[i] * 10 + k, 0).id);
    }
  for (int tries = 0; tries < 10 && (rc = evs_next(cursor, &event, &error)) > 0; tries++)
    check_answer(script, rc, &error);
  if (rc != EVS_END)
    fail_msg("call %u: after %" PRIu64 " acknowledged events: %s", fault.at, seen, rc ? error.message : "another one");
  evs_cursor_close(cursor);
}

/* The disk is well again: work goes on, and everything is there. */
static void end(struct script *script, bool all) {
  set_fault(0, 0, 0);
  script->failures = 0;
  for (uint64_t commit = COMMITS + 1; commit <= COMMITS + 2; commit++) {
    int rc = append(script, commit);
    assert_int_equal(rc, 0);
  }
  assert_int_equal(consume(script, 0), 0);
  assert_true(!all || script->kept_count == COMMITS + 2);
  read_all(script, script->stores[0]);
  read_all(script, script->stores[1]);
  evs_close(script->stores[0]);
  evs_close(script->stores[1]);
  jf_remove(jf_path("%s/control", script->jf->store)); /* as after a reboot */
  evs_store *store = jf_open(script->jf->store, 0, 0);
  read_all(script, store);
  jf_assert_sound(store, script->head);
  evs_close(store);
  jf_remove(script->jf->store);
}

/* ---- every call fails --------------------------------------------------------------------------------- */

/* From call `at` on `times` calls fail; each commit is tried `tries` times. True where the fault came. */
static bool run_with(const struct jf *jf, int code, unsigned at, unsigned times, unsigned tries) {
  struct script script;
  begin(&script, jf);
  set_fault(code, at, times);
  for (uint64_t commit = 1; commit <= COMMITS; commit++) {
    int rc = -100;
    for (unsigned i = 0; i < tries && rc; i++)
      rc = append(&script, commit);
    if (rc && tries > 1)
      fail_msg("call %u, %s: commit %" PRIu64 " cannot be appended any more", at, evs_code_name(code_of()), commit);
    if (commit % 3 == 0 && script.head > 0)
      consume(&script, commit % 2);
    if (commit % 5 == 0)
      read_all(&script, script.stores[commit % 2]);
  }
  bool fired = fault.fired;
  if (code == SHORT || code == EINTR)
    assert_int_equal(script.failures, 0); /* nobody notices */
  else if (fired && times > 1 && code != EIO)
    assert_true(script.failures > 0);
  end(&script, tries > 1);
  return fired;
}

/* Every n, until a run passes in which nothing failed. */
static void each_call(const struct jf *jf, int code, unsigned times, unsigned tries) {
  unsigned n = 1;
  while (run_with(jf, code, n, times, tries))
    n++;
  print_message("# %u calls\n", n - 1);
  assert_true(n > COMMITS);
}

static void each_call_fails_once(void **state) {
  each_call(*state, EIO, 1, 1);
  each_call(*state, EIO, 1, 6);
}
static void each_call_and_some_more_fail(void **state) {
  each_call(*state, EIO, 2, 1);
  each_call(*state, EIO, 3, 8);
  each_call(*state, EIO, 5, 1);
}
static void each_sync_fails_once_and_drops_its_pages(void **state) {
  each_call(*state, DROPPED, 1, 1);
  each_call(*state, DROPPED, 1, 6);
  each_call(*state, DROPPED, 2, 8);
}
static void the_disk_is_full(void **state) {
  each_call(*state, ENOSPC, 1, 1);
  each_call(*state, ENOSPC, 3, 8);
}
static void the_quota_is_used_up(void **state) {
  each_call(*state, EDQUOT, 1, 6);
  each_call(*state, EDQUOT, 4, 1);
}
static void signals_are_not_noticed(void **state) {
  each_call(*state, EINTR, 1, 1);
  each_call(*state, EINTR, 3, 1);
}
static void short_transfers_are_not_noticed(void **state) {
  each_call(*state, SHORT, 1, 1);
  each_call(*state, SHORT, UINT32_MAX, 1);
}

/* Full for good: nothing is appended, all is still there to be read; then there is space again. */
static void full_until_there_is_space(void **state) {
  bool fired = true;
  for (unsigned n = 1; fired; n++) {
    struct script script;
    begin(&script, *state);
    set_fault(n % 2 ? ENOSPC : EDQUOT, n, UINT32_MAX);
    for (uint64_t commit = 1; commit <= COMMITS; commit++)
      if (append(&script, commit) == 0)
        read_all(&script, script.stores[commit % 2]);
    fired = fault.fired;
    assert_int_equal(script.failures > 0, fired);
    end(&script, false);
  }
}

/* ---- more than one at once ---------------------------------------------------------------------------- */

static void a_failed_sync_takes_back_what_is_not_durable(void **state) {
  const struct jf *jf = *state;
  evs_error error = {0};
  uint64_t head;
  evs_event event;
  evs_cursor *cursor = NULL;
  evs_store *first = jf_open(jf->store, EVS_CREATE, 2000);
  evs_store *second = jf_open(jf->store, EVS_CREATE, 2000);
  jf_commit(first, 1, 2, 0);
  evs_new_event three = jf_event(3, 0);
  evs_appended appended = {0};
  assert_int_equal(evs_write(first, &three, 1, NULL, &appended, NULL), 0);
  assert_int_equal(evs_read(second, NULL, 0, EVS_READ_WRITTEN, &cursor, NULL), 0);
  for (int i = 0; i < 3; i++)
    assert_int_equal(evs_next(cursor, &event, NULL), 0);
  set_fault(DROPPED, 1, 1);
  assert_int_equal(jf_append(second, 4, 1, 0, NULL, &error), EIO);
  assert_int_equal(error.code, EIO);
  assert_int_equal(evs_head(second, &head, NULL), 0);
  assert_int_equal(head, 2);
  assert_int_equal(evs_sync(first, appended.last, &error), EVS_LOST); /* who waited for it is told */
  assert_int_equal(error.code, EVS_LOST);
  assert_int_equal(evs_next(cursor, &event, &error), EVS_LOST); /* and who read it to decide */
  evs_cursor_close(cursor);
  const evs_condition condition = {NULL, 3};
  assert_int_equal(evs_append(second, &three, 1, &condition, NULL, &error), EVS_CONFLICT);
  jf_assert_events(first, 0, 2, EVS_READ_WRITTEN);
  jf_commit(first, 3, 2, 0);
  jf_assert_events(second, 0, 4, 0);
  jf_assert_sound(second, 4);
  assert_int_equal(evs_sync(first, 4, NULL), 0);
  evs_close(second);
  evs_close(first);
}

/* What was written and not synced by whoever wrote it is on the disk before a recovery shows it. */
static void what_a_recovery_shows_is_on_the_disk(void **state) {
  const struct jf *jf = *state;
  evs_appended appended;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 2000);
  reset_disk();
  jf_commit(store, 1, 2, 0);
  evs_new_event three = jf_event(3, 0);
  assert_int_equal(evs_write(store, &three, 1, NULL, &appended, NULL), 0);
  evs_close(store);
  jf_remove(jf_path("%s/control", jf->store));
  store = jf_open(jf->store, 0, 2000);
  jf_assert_events(store, 0, 3, 0);
  evs_close(store);
  int fd = open(jf_segment(jf->store, 1), O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  drop_pages(fd); /* a power failure */
  close(fd);
  jf_remove(jf_path("%s/control", jf->store));
  store = jf_open(jf->store, 0, 2000);
  jf_assert_events(store, 0, 3, 0);
  evs_close(store);
}

static bool uncut; /* a file was cut, and a power failure would bring back what stood there */

static ssize_t handle_cuts(const struct io_call *call) {
  if (call->kind == IO_SYNC_ALL || call->kind == IO_SYNC_DATA)
    uncut = false;
  if (call->kind == IO_TRUNCATE && call->offset > 0)
    uncut = true;
  return handle(call);
}

/* Who is told that a commit failed may rely on it: neither the next one nor a power failure makes it stand there. */
static void what_was_taken_back_stays_away(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 2000);
  jf_commit(store, 1, 1, 0);
  io_handler = handle_cuts;
  uncut = false;
  set_fault(DROPPED, 1, 1);
  assert_int_equal(jf_append(store, 2, 1, 0, NULL, NULL), EIO);
  assert_true(fault.fired);
  assert_false(uncut);
  jf_assert_events(store, 0, 1, 0);
  evs_close(store);
}

/* What of the segment is dirty, and what has reached the disk; shared with a child. */
struct bytes {
  bool dirty[4096], safe[4096];
  bool dies; /* the next data sync fails, and whoever asked for it dies as it hears that */
};
static struct bytes *bytes;

/* As Linux does: what could not be written back is clean from then on, and only the first to ask is told. */
static ssize_t handle_bytes(const struct io_call *call) {
  struct stat st;
  bool syncs = call->kind == IO_SYNC_DATA || call->kind == IO_SYNC_ALL;
  ssize_t done = io_really(call);
  if (done < 0 || (!syncs && call->kind != IO_WRITE) || fstat(call->fd, &st) || !S_ISREG(st.st_mode))
    return done;
  if (!syncs) {
    memset(bytes->dirty + call->offset, true, (size_t)done);
    return done;
  }
  if (bytes->dies)
    memset(bytes->dirty, false, sizeof bytes->dirty);
  for (size_t i = 0; i < sizeof bytes->safe; i++)
    bytes->safe[i] |= bytes->dirty[i];
  if (bytes->dies)
    _exit(60);
  return done;
}

static int append_and_die(void *context) {
  const struct jf *jf = context;
  evs_store *store = jf_open_child(jf->store, 0, 20000);
  bytes->dies = true;
  jf_append(store, 2, 1, 0, NULL, NULL);
  return 61;
}

/* Nobody knows what a dead syncer was told: its successor's sync alone would prove nothing. */
static void what_a_dead_syncer_was_told(void **state) {
  struct jf *jf = *state;
  size_t len;
  uint64_t head = 0;
  bytes = mmap(NULL, sizeof *bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(bytes != MAP_FAILED);
  io_handler = handle_bytes;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 20000);
  jf_commit(store, 1, 1, 0);
  assert_int_equal(jf_join(jf_spawn(append_and_die, jf)), 60);
  bytes->dies = false;
  assert_int_equal(evs_settle(store, &head, NULL), 0);
  assert_int_equal(head, 2);
  free(jf_load(jf_segment(jf->store, 1), &len));
  for (size_t i = 0; i < len; i++)
    if (!bytes->safe[i])
      fail_msg("byte %zu of %zu was called durable, and is not on the disk", i, len);
  evs_close(store);
  munmap(bytes, sizeof *bytes);
}

/* The same ids with the same condition settle what became of a commit, whatever failed. */
static void the_same_ids_settle_it(void **state) {
  const struct jf *jf = *state;
  bool fired = true;
  for (unsigned n = 1; fired; n++) {
    evs_store *store = jf_open(jf->store, EVS_CREATE, 2000);
    evs_error error = {0};
    evs_appended appended = {0};
    evs_new_event events[3] = {jf_event(1, 0), jf_event(2, 0), jf_event(3, 0)};
    reset_disk();
    const evs_condition condition = {NULL, 0};
    int rc = -100;
    set_fault(EIO, n, 1 + n % 3);
    for (int tries = 0; tries < 8 && rc && rc != EVS_EXISTS; tries++)
      rc = evs_append(store, events, 3, &condition, &appended, &error);
    assert_true(rc == 0 || rc == EVS_EXISTS);
    assert_true(appended.first == 1 && appended.last == 3);
    fired = fault.fired;
    set_fault(0, 0, 0);
    jf_assert_events(store, 0, 3, 0);
    jf_assert_sound(store, 3);
    evs_close(store);
    jf_remove(jf->store);
  }
}

/* A repair that fails at any call leaves a store that is usable. */
static void a_repair_fails(void **state) {
  const struct jf *jf = *state;
  bool fired = true;
  for (unsigned n = 1; fired; n++) {
    evs_store *store = jf_open(jf_path("file://%s?segment_bytes=" SEGMENT, jf->store), EVS_CREATE, 2000);
    evs_error error = {0};
    uint64_t head = 0;
    reset_disk();
    for (uint64_t i = 1; i <= 7; i++)
      jf_commit(store, i, 1, 0);
    set_fault(EIO, n, 1);
    int rc = evs_repair(store, 2, &head, &error);
    assert_true(rc == 0 || rc == EIO);
    fired = fault.fired;
    set_fault(0, 0, 0);
    if (rc)
      assert_int_equal(evs_repair(store, 2, &head, &error), 0);
    assert_int_equal(head, 2);
    jf_commit(store, 3, 2, 0);
    jf_assert_events(store, 0, 4, 0);
    jf_assert_sound(store, 4);
    evs_close(store);
    jf_remove(jf->store);
  }
}

/* The system calls of io.c are those that this test replaces; one that came later would go past it. */
static void io_makes_no_other_calls(void **state) {
  (void)state;
  char *name = NULL;
  size_t size = 0;
  static const char list[] = "nm -u \"$(dirname \"$(readlink /proc/$PPID/exe)\")\"/../obj/libevstore/io.o";
  FILE *symbols = popen(list, "r"); // NOLINT(cert-env33-c): a fixed text
  size_t count = 0;
  static const char known[] = " openat close fstat fstatat fstatfs pread pwrite ftruncate fallocate sync_file_range "
                              "fdatasync fsync renameat unlinkat mkdirat "
                              "__errno_location ";
  assert_non_null(symbols);
  while (getline(&name, &size, symbols) > 0) {
    char symbol[80] = "";
    char padded[84];
    if (sscanf(name, " U %79s", symbol) != 1 || symbol[0] == '_') /* those of the compiler, errno, sanitizers */
      continue;
    symbol[strcspn(symbol, "@")] = '\0';
    snprintf(padded, sizeof padded, " %s ", symbol);
    if (!strstr(known, padded))
      fail_msg("io.c calls %s, which tests/crash/io_calls.c does not replace", symbol);
    count++;
  }
  free(name);
  pclose(symbols);
  assert_true(count >= 10);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(each_call_fails_once),
      TEST(each_call_and_some_more_fail),
      TEST(each_sync_fails_once_and_drops_its_pages),
      TEST(the_disk_is_full),
      TEST(the_quota_is_used_up),
      TEST(signals_are_not_noticed),
      TEST(short_transfers_are_not_noticed),
      TEST(full_until_there_is_space),
      TEST(a_failed_sync_takes_back_what_is_not_durable),
      TEST(what_a_recovery_shows_is_on_the_disk),
      TEST(what_was_taken_back_stays_away),
      TEST(what_a_dead_syncer_was_told),
      TEST(the_same_ids_settle_it),
      TEST(a_repair_fails),
      TEST(io_makes_no_other_calls),
  };
  return cmocka_run_group_tests_name("store_fault", tests, NULL, NULL);
}
