/* test_recover_power.c - the power fails before any change to the disk, after syncs that worked and syncs that did not:
 * whatever of the unsynced bytes and names is there afterwards, every acknowledged commit is, each commit is whole, no
 * offset lies beyond the head, and the work goes on. faulty_io.h tells what a disk may do. */
#include "faulty_io.h"

#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>

#define COMMITS 11
#define SEGMENT "900"
#define CONSUMER "pay"

static size_t size_of(uint64_t commit) { return 1 + (size_t)(commit * 7 % 4); }
static uint64_t before(uint64_t commit) {
  uint64_t events = 0;
  for (uint64_t c = 1; c < commit; c++)
    events += size_of(c);
  return events;
}

/* Appends commits from `first` on and moves a consumer behind them; tells in shared memory what was acknowledged.
 * Faults make it try again. Works in children and in the parent. */
static int work(const char *path, uint64_t first) {
  const evs_open_options options = {.flags = EVS_CREATE, .timeout_ms = 2000};
  evs_store *store = NULL;
  if (evs_open(jf_path("file://%s?segment_bytes=" SEGMENT, path), &options, &store, NULL))
    return 91;
  evs_stat stat = {0};
  for (int tries = 0; tries < 8 && evs_stat_get(store, &stat, NULL); tries++)
    ;
  while (before(faulty->acknowledged + 2) <= stat.head && faulty->acknowledged < COMMITS)
    faulty->acknowledged++; /* what is shown may not go, either */
  for (uint64_t commit = first; commit <= COMMITS; commit++) {
    evs_new_event events[4];
    const evs_condition condition = {NULL, before(commit)};
    int rc = -100;
    for (size_t i = 0; i < size_of(commit); i++)
      events[i] = jf_event(before(commit) + 1 + i, 0);
    for (int tries = 0; tries < 8 && rc != 0 && rc != EVS_EXISTS; tries++)
      rc = evs_append(store, events, size_of(commit), &condition, NULL, NULL);
    if (rc && rc != EVS_EXISTS)
      return 92;
    faulty->acknowledged = commit > faulty->acknowledged ? commit : faulty->acknowledged;
    evs_consumer *consumer = NULL;
    if (commit % 3 == 0 && evs_consumer_open(store, CONSUMER, &consumer, NULL) == 0 &&
        evs_consumer_commit(consumer, before(commit + 1), 0, NULL) == 0)
      faulty->offset = before(commit + 1);
    evs_consumer_close(consumer);
  }
  evs_close(store);
  return 0;
}

static bool in_memory;

struct run {
  const char *path;
};

static int work_until_the_power_fails(void *context) {
  const struct run *run = context;
  return work(run->path, 1);
}

/* ---- what the disk gives back ------------------------------------------------------------------------- */

static struct disk_file *durable_file(uint64_t inode) {
  for (size_t i = 0; i < faulty->file_count; i++)
    if (faulty->files[i].inode == inode)
      return &faulty->files[i];
  return NULL;
}

static struct disk_dir *durable_dir(uint64_t inode) {
  for (size_t i = 0; i < faulty->dir_count; i++)
    if (faulty->dirs[i].inode == inode)
      return &faulty->dirs[i];
  return NULL;
}

/* Writes a file as it may look: block by block what was durable or what was written last. */
static void restore_file(const char *to, uint64_t inode, const char *current, size_t current_len, uint64_t *random) {
  static char bytes[DISK_BYTES];
  const struct disk_file *durable = durable_file(inode);
  size_t durable_len = durable ? durable->len : 0;
  size_t len = durable_len;
  unsigned mode = (unsigned)jf_below(random, 4);
  if (current && mode > 0) {
    len = jf_below(random, 2) ? current_len : durable_len;
    if (current_len > durable_len && jf_below(random, 2))
      len = durable_len + jf_below(random, current_len - durable_len + 1);
  }
  memset(bytes, 0, sizeof bytes);
  memcpy(bytes, durable ? durable->bytes : "", durable_len);
  for (size_t at = 0; current && at < len; at += 512) {
    size_t to_copy = len - at < 512 ? len - at : 512;
    if (at + to_copy > current_len)
      to_copy = at < current_len ? current_len - at : 0;
    if (mode == 1 || (mode > 1 && jf_below(random, 2)))
      memcpy(bytes + at, current + at, to_copy);
  }
  jf_save(to, bytes, len);
}

static void restore_dir(const char *from, const char *to, uint64_t *random);

/* One name: a directory is gone through, a file restored. */
static void restore_name(const char *from, const char *to, const char *name, uint64_t inode, uint64_t *random) {
  char source[JF_PATH * 2];
  char target[JF_PATH * 2];
  struct stat st;
  size_t len = 0;
  snprintf(source, sizeof source, "%.250s/%.64s", from, name);
  snprintf(target, sizeof target, "%.250s/%.64s", to, name);
  bool same = lstat(source, &st) == 0 && st.st_ino == inode;
  if (strcmp(name, "control") == 0)
    return;
  if (same && S_ISDIR(st.st_mode)) {
    restore_dir(source, target, random);
    return;
  }
  char *current = same ? jf_load(source, &len) : NULL;
  restore_file(target, inode, current, len, random);
  free(current);
}

/* Makes directory `to` as `from` may look after the failure: synced names are there, others perhaps. */
static void restore_dir(const char *from, const char *to, uint64_t *random) { // NOLINT(misc-no-recursion): three levels
  struct stat st;
  assert_int_equal(lstat(from, &st), 0);
  const struct disk_dir *durable = durable_dir(st.st_ino);
  assert_int_equal(mkdir(to, 0700), 0);
  for (size_t i = 0; durable && i < durable->count; i++) {
    struct stat now;
    const char *name = durable->names[i].name;
    bool there = lstat(jf_path("%s/%s", from, name), &now) == 0;
    bool same = there && now.st_ino == durable->names[i].inode;
    if (same || jf_below(random, 2)) /* else it was replaced or removed, and that may be there */
      restore_name(from, to, name, durable->names[i].inode, random);
    else if (there)
      restore_name(from, to, name, now.st_ino, random);
  }
  DIR *dir = opendir(from);
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir));) {
    bool known = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    for (size_t i = 0; durable && i < durable->count; i++)
      known = known || strcmp(durable->names[i].name, entry->d_name) == 0;
    if (!known && jf_below(random, 2))
      restore_name(from, to, entry->d_name, entry->d_ino, random);
  }
  closedir(dir);
}

/* The control page of before the failure, as another boot finds it. */
static void restore_control(const char *from, const char *to) {
  size_t len;
  const char *path = jf_path("%s/store/control", from);
  if (!jf_exists(path) || !jf_exists(jf_path("%s/store", to)))
    return;
  char *bytes = jf_load(path, &len);
  if (len > 20)
    bytes[16] = bytes[16] == '0' ? '1' : '0'; /* the first of the boot's id */
  jf_save(jf_path("%s/store/control", to), bytes, len);
  free(bytes);
}

/* ---- the test ----------------------------------------------------------------------------------------- */

/* What must hold of a store after the failure; then all that was left to do is done. */
static void check(const char *root, uint64_t acknowledged, uint64_t offset) {
  char path[JF_PATH * 2];
  uint64_t events = 0;
  snprintf(path, sizeof path, "%.400s/store", root);
  if (acknowledged > 0 || jf_exists(jf_path("%s/journal", path))) {
    evs_store *store = jf_open(path, EVS_CREATE, 0);
    evs_stat stat;
    evs_error error = {0};
    uint64_t commits = acknowledged;
    if (evs_stat_get(store, &stat, &error))
      fail_msg("%s", error.message);
    while (before(commits + 1) < stat.head)
      commits++;
    assert_int_equal(stat.head, before(commits + 1)); /* at least what was acknowledged, and whole */
    assert_true(commits <= acknowledged + 1);
    jf_assert_events(store, 0, stat.head, EVS_READ_WRITTEN);
    events = stat.head;
    if (jf_exists(path) && jf_exists(jf_path("%s/journal", path))) {
      evs_consumer *consumer = NULL;
      if (evs_consumer_open(store, CONSUMER, &consumer, &error))
        fail_msg("%s", error.message);
      assert_true(evs_consumer_offset(consumer) >= offset && evs_consumer_offset(consumer) <= stat.head);
      evs_consumer_close(consumer);
    }
    evs_close(store);
  }
  assert_int_equal(work(path, 1), 0);
  evs_store *store = jf_open(path, 0, 0);
  jf_assert_events(store, 0, before(COMMITS + 1), 0);
  jf_assert_sound(store, before(COMMITS + 1));
  assert_true(events <= before(COMMITS + 1));
  evs_close(store);
}

/* When what goes wrong, in changes to the disk. */
struct plan {
  unsigned killed_at; /* the process dies, and another goes on; 0: never */
  bool delete_control;
  unsigned power_at; /* the power fails */
  unsigned fault_at, fault_for;
};

/* Runs one process until it is done or its change number `die_at` comes. True where it did not end by itself. */
static bool run_until(const char *store, unsigned die_at) {
  struct run run = {store};
  faulty->die_at = die_at;
  int code = jf_join(jf_spawn(work_until_the_power_fails, &run));
  if (code != 77 && code != 0)
    fail_msg("the work ended with %d", code);
  return code == 77;
}

/* Goes through a plan and looks at some of what the disk may give back. False where the work ended before. */
static bool fail_power(const struct jf *jf, const struct plan *plan, uint64_t *random) {
  char from[JF_PATH];
  char to[JF_PATH];
  char store[JF_PATH * 2];
  snprintf(from, sizeof from, "%.240s/disk", jf->root);
  snprintf(to, sizeof to, "%.240s/after", jf->root);
  snprintf(store, sizeof store, "%s/store", from);
  assert_int_equal(mkdir(from, 0700), 0);
  faulty_reset();
  faulty->tracks = true;
  snprintf(faulty->below, sizeof faulty->below, "%s", from);
  faulty->fail_at = plan->fault_at;
  faulty->fail_for = plan->fault_for;
  faulty->fail_code = EIO;
  if (plan->killed_at && run_until(store, plan->killed_at) && plan->delete_control)
    unlink(jf_path("%s/control", store));
  bool failed = run_until(store, plan->power_at);
  faulty->tracks = false;
  faulty->die_at = faulty->fail_at = 0;
  uint64_t acknowledged = faulty->acknowledged;
  uint64_t offset = faulty->offset;
  for (int i = 0; i < 3; i++) {
    uint64_t this_one = *random;
    restore_dir(from, to, random);
    if (i % 2)
      restore_control(from, to);
    if (acknowledged > 0 && !jf_exists(jf_path("%s/store/journal", to)))
      fail_msg("power %u, fault %u, random %" PRIu64 ": the store is gone", plan->power_at, plan->fault_at, this_one);
    check(to, acknowledged, offset);
    jf_remove(to);
  }
  jf_remove(from);
  return failed;
}

static void after_each_change(void **state) {
  uint64_t random = jf_seed();
  struct plan plan = {.power_at = 1};
  if (!in_memory)
    skip();
  while (fail_power(*state, &plan, &random))
    plan.power_at++;
  assert_true(plan.power_at > 3 * COMMITS);
}

static void after_each_change_with_faults_before(void **state) {
  uint64_t random = jf_seed() + 1;
  if (!in_memory)
    skip();
  for (unsigned power_at = 2; power_at < 90; power_at++)
    for (int i = 0; i < 2; i++) {
      const struct plan plan = {.power_at = power_at,
                                .fault_at = 1 + (unsigned)jf_below(&random, power_at),
                                .fault_for = (unsigned)jf_below(&random, 3)};
      fail_power(*state, &plan, &random);
    }
}

/* The sync that failed, the one that then succeeds, and the end. */
static void shortly_after_a_fault(void **state) {
  uint64_t random = jf_seed() + 2;
  if (!in_memory)
    skip();
  for (unsigned fault_at = 6; fault_at < 60; fault_at++)
    for (unsigned more = 1; more < 7; more++) {
      const struct plan plan = {
          .power_at = fault_at + more, .fault_at = fault_at, .fault_for = (unsigned)jf_below(&random, 2)};
      fail_power(*state, &plan, &random);
    }
}

/* A writer dies with its commit written and not synced; who comes next builds on it. */
static void shortly_after_a_writer_died(void **state) {
  uint64_t random = jf_seed() + 3;
  if (!in_memory)
    skip();
  for (unsigned killed_at = 2; killed_at < 60; killed_at++)
    for (unsigned more = 1; more < 10; more++) {
      const struct plan plan = {
          .killed_at = killed_at, .delete_control = (killed_at + more) % 2, .power_at = killed_at + more};
      fail_power(*state, &plan, &random);
    }
}

/* Inodes must not be used again, or what is durable of one file would be taken for another's. */
static int setup(void **state) {
  struct statfs info;
  if (jf_setup_in_memory(state))
    return -1;
  in_memory = statfs(((struct jf *)*state)->root, &info) == 0 && info.f_type == TMPFS_MAGIC;
  return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(after_each_change),
      TEST(after_each_change_with_faults_before),
      TEST(shortly_after_a_fault),
      TEST(shortly_after_a_writer_died),
  };
  return cmocka_run_group_tests_name("recover_power", tests, NULL, NULL);
}
