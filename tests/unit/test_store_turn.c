/* test_store_turn.c - evs_turn(): who decides on the same topic waits, and nobody waits for ever.
 *
 * A turn is a hint, so what it does is looked at from inside: file->turn tells whether a handle has it. That others
 * give way to it is counted: processes which all decide on one tag, each in its turn, meet hardly any conflict. */
#include "file.h"
#include "journal_fixture.h"

#include <stdlib.h>
#include <sys/mman.h>

#define PROCESSES 6
#define EACH 200

static const char topic[] = "musical:1";

/* Has the handle a turn? */
static bool has_turn(evs_store *store) { return evs__file(store)->turn != NULL; }

/* Appends one event that excludes any other of its tag after `after`. */
static int decide(evs_store *store, uint64_t after, evs_appended *ret) {
  const char *tag = topic;
  const evs_query_item item = {.tags = &tag, .tag_count = 1};
  const evs_query query = {&item, 1};
  const evs_condition condition = {&query, after};
  const evs_new_event event = {.type = "SeatTaken", .tags = &tag, .tag_count = 1, .data = "{}", .data_len = 2};
  return evs_write(store, &event, 1, &condition, ret, NULL);
}

/* A handle of a store that has an event already. */
static evs_store *open_made(const struct jf *jf) {
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 1, 0);
  return store;
}

/* What two processes share. */
struct scene {
  struct jf *jf;
  struct jf_gate gate;
};

/* A child that takes the turn, tells, and ends without giving it back when it may go on. */
static int take_and_die(void *context) {
  struct scene *scene = context;
  evs_store *store = jf_open_child(scene->jf->store, EVS_CREATE, 0);
  evs_turn(store, topic);
  JF_MUST(has_turn(store));
  jf_gate_report(&scene->gate);
  jf_gate_wait(&scene->gate);
  _exit(0);
}

/* A turn ends with the write, be it refused, with evs_turn_end(), and with the handle. */
static void test_end(void **state) {
  struct jf *jf = *state;
  evs_appended appended;
  evs_store *store = open_made(jf);
  evs_store *other = jf_open(jf->store, EVS_CREATE, 0);
  evs_turn(store, topic);
  assert_true(has_turn(store));
  assert_int_equal(decide(store, 0, &appended), 0);
  assert_false(has_turn(store));
  evs_turn(other, topic);
  assert_true(has_turn(other));
  assert_int_equal(decide(other, 0, &appended), EVS_CONFLICT);
  assert_false(has_turn(other));
  evs_turn(store, topic);
  evs_turn_end(store);
  evs_turn_end(store);
  assert_false(has_turn(store));
  evs_turn(store, topic);
  evs_turn(store, "musical:2"); /* one at a time */
  evs_turn(other, topic);
  assert_true(has_turn(other) && has_turn(store));
  evs_close(other);
  evs_close(store);
  store = jf_open(jf->store, 0, 0);
  evs_turn(store, topic);
  assert_true(has_turn(store));
  evs_close(store);
}

/* Who holds its turn for long is passed over, who died with it is followed. */
static void test_holder(void **state) {
  struct scene scene = {.jf = *state};
  evs_appended appended;
  evs_store *store = jf_open(scene.jf->store, EVS_CREATE, 0);
  evs_turn(store, topic);
  assert_int_equal(decide(store, 0, &appended), 0);
  jf_gate_open(&scene.gate);
  pid_t child = jf_spawn(take_and_die, &scene);
  jf_gate_expect(&scene.gate);
  evs_turn(store, topic);
  assert_false(has_turn(store));
  assert_int_equal(decide(store, appended.last, &appended), 0);
  evs_turn(store, "musical:2");
  assert_true(has_turn(store));
  jf_gate_let_on(&scene.gate);
  assert_int_equal(jf_join(child), 0);
  evs_turn(store, topic);
  assert_true(has_turn(store));
  jf_gate_close(&scene.gate);
  evs_close(store);
}

/* The page may be deleted while somebody has its turn. */
static void test_page_deleted(void **state) {
  struct jf *jf = *state;
  evs_store *store = open_made(jf);
  evs_turn(store, topic);
  assert_true(has_turn(store));
  jf_remove(jf_path("%s/control", jf->store));
  jf_commit(store, 2, 1, 0);
  assert_false(has_turn(store));
  evs_turn(store, topic);
  assert_true(has_turn(store));
  evs_close(store);
}

/* Who only reads has no turn, and there need not be a store. */
static void test_reader(void **state) {
  struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  evs_turn(store, topic);
  assert_false(has_turn(store));
  evs_close(store);
  evs_close(open_made(jf));
  store = jf_open(jf->store, EVS_READONLY, 0);
  evs_turn(store, topic);
  assert_false(has_turn(store));
  evs_turn_end(store);
  evs_close(store);
}

/* What the deciding processes share. */
struct tally {
  struct jf *jf;
  _Atomic unsigned conflicts;
};

/* Reads on, decides and writes, so many times. */
static int decide_in_turn(void *context) {
  struct tally *tally = context;
  evs_store *store = jf_open_child(tally->jf->store, EVS_CREATE, 0);
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_appended appended;
  JF_MUST(evs_read(store, NULL, 0, EVS_READ_WRITTEN, &cursor, NULL) == 0);
  for (int done = 0; done < EACH;) {
    int rc = 0;
    evs_turn(store, topic);
    while ((rc = evs_next(cursor, &event, NULL)) == 0)
      ;
    JF_MUST(rc == EVS_END);
    rc = decide(store, evs_cursor_position(cursor), &appended);
    JF_MUST(rc == 0 || rc == EVS_CONFLICT);
    if (rc == 0)
      done++;
    else
      atomic_fetch_add(&tally->conflicts, 1);
  }
  evs_cursor_close(cursor);
  evs_close(store);
  return 0;
}

/* In turns there are few conflicts: as good as none, unless the machine leaves a process alone for long. */
static void test_few_conflicts(void **state) {
  struct tally *tally = mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t child[PROCESSES];
  assert_true(tally != MAP_FAILED);
  tally->jf = *state;
  evs_store *store = open_made(tally->jf);
  for (int i = 0; i < PROCESSES; i++)
    child[i] = jf_spawn(decide_in_turn, tally);
  for (int i = 0; i < PROCESSES; i++)
    assert_int_equal(jf_join(child[i]), 0);
  uint64_t head = 0;
  assert_int_equal(evs_settle(store, &head, NULL), 0);
  assert_int_equal(head, 1 + PROCESSES * EACH);
  assert_true(atomic_load(&tally->conflicts) < PROCESSES * EACH / 4);
  evs_close(store);
  munmap(tally, sizeof *tally);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_end, jf_setup, jf_teardown),
      cmocka_unit_test_setup_teardown(test_holder, jf_setup, jf_teardown),
      cmocka_unit_test_setup_teardown(test_page_deleted, jf_setup, jf_teardown),
      cmocka_unit_test_setup_teardown(test_reader, jf_setup, jf_teardown),
      cmocka_unit_test_setup_teardown(test_few_conflicts, jf_setup_in_memory, jf_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
