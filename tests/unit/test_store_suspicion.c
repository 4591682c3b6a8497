/* test_store_suspicion.c - what a sync said is believed only by who could have been told of a failure: a syncer that
 * was overtaken, one that nobody could take over from, a descriptor that was opened too late; and a page or a journal
 * that is not the one that the handle knew. */
#include "../crash/io_calls.h"

#include "file.h"
#include "journal_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

enum { TIMEOUT_MS = 4000 };

/* Shared by parent and children. */
struct shared {
  _Atomic int stage;
  _Atomic int shown, written_again;
};
static struct shared *shared;
static char role; /* of this process */

/* Waits until the others are so far. */
static void await(int stage) {
  for (int left = 10000; left > 0 && atomic_load(&shared->stage) < stage; left--)
    usleep(1000);
}

static void reach(int stage) { atomic_store(&shared->stage, stage); }

static ssize_t io_error(void) {
  errno = EIO;
  return -1;
}

static bool is_file(int fd) {
  struct stat st;
  return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static ssize_t handle(const struct io_call *call) {
  ssize_t rc;
  switch (role) {
  case 'A': /* stands still in its sync, which then fails; and in what it takes back */
    if (call->kind == IO_SYNC_DATA && atomic_load(&shared->stage) == 0) {
      reach(1);
      await(3);
      return io_error();
    }
    if (call->kind == IO_TRUNCATE && atomic_load(&shared->stage) == 3) {
      reach(4);
      await(5);
    }
    break;
  case 'B': /* took over; its sync succeeds */
    if (call->kind == IO_SYNC_DATA && atomic_load(&shared->stage) < 3) {
      rc = io_really(call);
      reach(3);
      await(4);
      return rc;
    }
    break;
  case 'S': /* dies with what the kernel told it */
    if (call->kind == IO_SYNC_DATA)
      _exit(0);
    break;
  case 'K': /* opens the segment late */
    if (call->kind == IO_OPEN && strstr(call->name, "0001.ndjson") && atomic_load(&shared->stage) == 0) {
      reach(1);
      await(2);
    }
    break;
  case 'W': /* recovers, in vain */
    if (call->kind == IO_SYNC_ALL && is_file(call->fd))
      return io_error();
    break;
  default:
    break;
  }
  if (call->kind == IO_WRITE && (role == 'P' || (role == 'K' && atomic_load(&shared->stage) >= 2)))
    atomic_fetch_add(&shared->written_again, 1);
  return io_really(call);
}

static int set_up(void **state) {
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  role = 0;
  io_handler = handle;
  return shared == MAP_FAILED || jf_setup(state);
}

static int tear_down(void **state) {
  munmap(shared, sizeof *shared);
  return jf_teardown(state);
}

/* A child that appends one event, or only writes it. */
static int append_as(void *url, char as, uint64_t number) {
  role = as;
  evs_store *store = jf_open_child(url, 0, TIMEOUT_MS);
  int rc = jf_append(store, number, 1, 0, NULL, NULL);
  evs_close(store);
  return rc != 0;
}

static int stuck_syncer(void *url) { return append_as(url, 'A', 100); }
static int next_syncer(void *url) {
  await(1);
  return append_as(url, 'B', 101);
}
static int dying_syncer(void *url) { return append_as(url, 'S', 4); }
static int failing_recoverer(void *url) {
  await(1);
  evs_store *store = jf_open_child(url, 0, TIMEOUT_MS);
  close(open(jf_path("%s/journal/note", (const char *)url), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  role = 'W';
  int rc = jf_append(store, 5, 1, 0, NULL, NULL);
  reach(2);
  evs_close(store);
  return rc == EIO ? 0 : 1;
}

/* Reads while the tail is being taken back. */
static int reader(void *url) {
  uint64_t head = 0;
  evs_store *store = jf_open_child(url, 0, TIMEOUT_MS);
  JF_MUST(evs_head(store, &head, NULL) == 0);
  await(4);
  for (int left = 300; left > 0 && head <= 3; left--) {
    JF_MUST(evs_head(store, &head, NULL) == 0);
    usleep(1000);
  }
  atomic_store(&shared->shown, (int)head);
  reach(5);
  evs_close(store);
  return 0;
}

/* Nothing is shown or acknowledged that a rebuild is about to take back. */
static void overtaken_syncer(void **state) {
  struct jf *jf = *state;
  uint64_t head = 0;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  pid_t stuck = jf_spawn(stuck_syncer, jf->store);
  pid_t next = jf_spawn(next_syncer, jf->store);
  pid_t reads = jf_spawn(reader, jf->store);
  assert_int_equal(jf_join(reads), 0);
  bool acknowledged = jf_join(next) == 0;
  jf_join(stuck);
  assert_int_equal(evs_settle(store, &head, NULL), 0);
  assert_true(head >= (uint64_t)atomic_load(&shared->shown));
  assert_true(head >= (acknowledged ? 5 : 3));
  jf_assert_sound(store, head);
  evs_close(store);
}

/* Who could not take over from a dead syncer leaves that to the next: it writes again before it syncs. */
static void failed_take_over(void **state) {
  struct jf *jf = *state;
  uint64_t head = 0;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  evs_close(store);
  jf_join(jf_spawn(dying_syncer, jf->store));
  role = 'P';
  store = jf_open(jf->store, 0, 50);
  int lock = open(jf_path("%s/journal", jf->store), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  assert_int_equal(flock(lock, LOCK_EX), 0);
  assert_int_equal(evs_settle(store, NULL, NULL), EVS_BUSY);
  close(lock);
  assert_int_equal(evs_settle(store, &head, NULL), 0);
  assert_int_equal(head, 4);
  assert_true(atomic_load(&shared->written_again) > 0);
  evs_close(store);
}

static int write_only(void *url) {
  evs_new_event event = jf_event(4, 0);
  evs_store *store = jf_open_child(url, 0, TIMEOUT_MS);
  return evs_write(store, &event, 1, NULL, NULL, NULL);
}

static int late_opener(void *url) {
  uint64_t head = 0;
  role = 'K';
  evs_store *store = jf_open_child(url, 0, TIMEOUT_MS);
  int rc = evs_settle(store, &head, NULL);
  atomic_store(&shared->shown, (int)head);
  evs_close(store);
  return rc != 0;
}

/* A recovery fails after the syncer attached and before it opens the segment, whose failure it is never told of. */
static void late_descriptor(void **state) {
  struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  evs_close(store);
  assert_int_equal(jf_join(jf_spawn(write_only, jf->store)), 0);
  pid_t late = jf_spawn(late_opener, jf->store);
  assert_int_equal(jf_join(jf_spawn(failing_recoverer, jf->store)), 0);
  assert_int_equal(jf_join(late), 0);
  assert_int_equal(atomic_load(&shared->shown), 4);
  assert_true(atomic_load(&shared->written_again) > 0);
}

/* Is the last change of a name in the store so long ago that a handle may remember what it saw? */
static bool names_settled(const struct jf *jf) {
  struct stat st;
  struct timespec now;
  assert_int_equal(stat(jf->store, &st), 0);
  assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
  return st.st_ctim.tv_sec + (st.st_ctim.tv_nsec ? 1 : 4) < now.tv_sec;
}

/* The journal is put aside and a copy of it in its place: what is appended stands where all others look. At once, and
 * when the handle has long known the names. */
static void journal_put_aside(void **state) {
  struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  for (uint64_t last = 3; last < 7; last += 2) {
    jf_copy_store(jf->store, jf_path("%s/copy-%d", jf->root, (int)last));
    if (last > 3)
      JF_UNTIL(names_settled(jf));
    jf_commit(store, last + 1, 1, 0);
    assert_int_equal(rename(jf_path("%s/journal", jf->store), jf_path("%s/aside-%d", jf->root, (int)last)), 0);
    assert_int_equal(rename(jf_path("%s/copy-%d/journal", jf->root, (int)last), jf_path("%s/journal", jf->store)), 0);
    jf_commit(store, last + 1, 2, 0); /* the copy has none of what came after it was made */
    evs_store *other = jf_open(jf->store, 0, 0);
    jf_assert_events(other, 0, last + 2, 0);
    evs_close(other);
  }
  evs_close(store);
}

/* Another version of the library made the page its own: nothing in it means what it meant. */
static void page_of_another_version(void **state) {
  struct jf *jf = *state;
  uint64_t head = 0;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 3, 0);
  int fd = open(jf_path("%s/control", jf->store), O_RDWR | O_CLOEXEC);
  struct evs__page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  assert_true(page != MAP_FAILED);
  close(fd);
  memcpy(page->magic, "evstore-page-99", 16);
  atomic_store(&page->durable, 77);
  assert_int_equal(evs_head(store, &head, NULL), 0);
  assert_int_equal(head, 3);
  munmap(page, sizeof *page);
  evs_close(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(overtaken_syncer),  TEST(failed_take_over),        TEST(late_descriptor),
      TEST(journal_put_aside), TEST(page_of_another_version),
  };
  return cmocka_run_group_tests_name("store_suspicion", tests, NULL, NULL);
}
