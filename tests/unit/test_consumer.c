/* test_consumer.c - named consumers: the offset moves forward and stays, one holder at a time, seeking, offsets beyond
 * the head, the list, and files that are damaged or left half written. */
#include "journal_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* A store with events 1 to `last`. */
static evs_store *make(const struct jf *jf, uint64_t last) {
  evs_store *store = jf_open(jf->store, EVS_CREATE, 150);
  jf_commit(store, 1, last, 0);
  return store;
}

/* Opens a consumer that must be free, and asserts its offset. */
static evs_consumer *take(evs_store *store, const char *name, uint64_t offset) {
  evs_consumer *consumer = NULL;
  evs_error error = {0};
  if (evs_consumer_open(store, name, &consumer, &error))
    fail_msg("%s: %s", name, error.message);
  assert_int_equal(evs_consumer_offset(consumer), offset);
  return consumer;
}

/* Asserts that a consumer cannot be opened, and how this is said. */
static void assert_not_taken(evs_store *store, const char *name, int expected) {
  evs_consumer *consumer = (evs_consumer *)store;
  evs_error error;
  memset(&error, 0x5a, sizeof error);
  assert_int_equal(evs_consumer_open(store, name, &consumer, &error), expected);
  assert_null(consumer);
  assert_int_equal(error.code, expected);
  assert_true(strlen(error.message) > 10);
  assert_int_equal(evs_consumer_open(store, name, &consumer, NULL), expected);
}

static void offsets_move_forward_and_stay(void **state) {
  const struct jf *jf = *state;
  evs_store *store = make(jf, 9);
  evs_error error = {0};
  evs_consumer *consumer = take(store, "pay", 0);
  assert_int_equal(evs_consumer_commit(consumer, 3, 0, &error), 0);
  assert_int_equal(evs_consumer_offset(consumer), 3);
  assert_int_equal(evs_consumer_commit(consumer, 3, 0, &error), 0);
  assert_int_equal(evs_consumer_commit(consumer, 2, 0, &error), EVS_INVALID);
  assert_int_equal(error.code, EVS_INVALID);
  assert_int_equal(evs_consumer_offset(consumer), 3);
  evs_consumer_close(consumer);
  consumer = take(store, "pay", 3);
  assert_int_equal(evs_consumer_commit(consumer, 9, 0, &error), 0);
  evs_consumer_close(consumer);
  evs_close(store);
  jf_remove(jf_path("%s/control", jf->store));
  store = jf_open(jf->store, 0, 0);
  evs_consumer_close(take(store, "pay", 9));
  evs_consumer_close(take(store, "other", 0));
  evs_close(store);
}

static void names(void **state) {
  const struct jf *jf = *state;
  static const char *const bad[] = {"",    ".",   "..",   ".hidden", "a/b",  "../x", "a b",
                                    "a\n", "a:b", "이름", "a\"",     "a\\b", "a*",   "a\x7f"};
  static const char *const good[] = {"a", "A", "0", "-", "_", "a.b", "a..b", "op-pay_2.new", "x.lock"};
  char longest[EVS_MAX_CONSUMER + 2];
  evs_store *store = make(jf, 3);
  for (size_t i = 0; i < JF_COUNT(bad); i++) {
    assert_not_taken(store, bad[i], EVS_INVALID);
    assert_int_equal(evs_consumer_seek(store, bad[i], 1, 0, NULL), EVS_INVALID);
  }
  assert_not_taken(store, NULL, EVS_INVALID);
  memset(longest, 'x', sizeof longest);
  longest[EVS_MAX_CONSUMER + 1] = '\0';
  assert_not_taken(store, longest, EVS_INVALID);
  longest[EVS_MAX_CONSUMER] = '\0';
  for (size_t i = 0; i <= JF_COUNT(good); i++) {
    evs_consumer *consumer = take(store, i < JF_COUNT(good) ? good[i] : longest, 0);
    assert_int_equal(evs_consumer_commit(consumer, 2, 0, NULL), 0);
    evs_consumer_close(consumer);
  }
  for (size_t i = 0; i <= JF_COUNT(good); i++)
    evs_consumer_close(take(store, i < JF_COUNT(good) ? good[i] : longest, 2));
  assert_int_equal(jf_names(jf_path("%s/consumers", jf->store), ""), JF_COUNT(good) + 1);
  evs_close(store);
}

/* ---- leases ------------------------------------------------------------------------------------------- */

struct holding {
  struct jf *jf;
  struct jf_gate gate;
};

/* Holds the consumer "pay", moves it to 2, and waits to be let on. */
static int hold(void *context) {
  struct holding *holding = context;
  evs_store *store = jf_open_child(holding->jf->store, 0, 0);
  evs_consumer *consumer = NULL;
  JF_MUST(evs_consumer_open(store, "pay", &consumer, NULL) == 0);
  JF_MUST(evs_consumer_commit(consumer, 2, 0, NULL) == 0);
  jf_gate_report(&holding->gate);
  jf_gate_wait(&holding->gate);
  evs_consumer_close(consumer);
  return 0;
}

static void one_holder_at_a_time(void **state) {
  struct jf *jf = *state;
  struct holding holding = {.jf = jf};
  evs_store *store = make(jf, 5);
  jf_gate_open(&holding.gate);
  pid_t holder = jf_spawn(hold, &holding);
  jf_gate_expect(&holding.gate);
  int64_t start = jf_now_ms();
  assert_not_taken(store, "pay", EVS_BUSY);
  assert_true(jf_now_ms() - start >= 299 && jf_now_ms() - start < 5000); /* two calls of 150 ms */
  assert_int_equal(evs_consumer_seek(store, "pay", 1, 0, NULL), EVS_BUSY);
  evs_consumer_close(take(store, "notify", 0)); /* another name is free */
  jf_gate_let_on(&holding.gate);
  assert_int_equal(jf_join(holder), 0);
  evs_consumer *mine = take(store, "pay", 2);
  evs_store *other = jf_open(jf->store, 0, 20);
  assert_not_taken(other, "pay", EVS_BUSY); /* within one process, too */
  assert_not_taken(store, "pay", EVS_BUSY);
  evs_consumer_close(mine);
  evs_consumer_close(take(other, "pay", 2));
  evs_close(other);
  evs_close(store);
  jf_gate_close(&holding.gate);
}

static void a_killed_holder_gives_it_back(void **state) {
  struct jf *jf = *state;
  struct holding holding = {.jf = jf};
  evs_store *store = make(jf, 5);
  for (int i = 0; i < 5; i++) {
    jf_gate_open(&holding.gate);
    pid_t holder = jf_spawn(hold, &holding);
    jf_gate_expect(&holding.gate);
    jf_kill(holder);
    int64_t start = jf_now_ms();
    evs_consumer_close(take(store, "pay", 2));
    assert_true(jf_now_ms() - start < 140);
    jf_gate_close(&holding.gate);
  }
  evs_close(store);
}

static void a_refused_open_leaves_no_descriptor_behind(void **state) {
  const struct jf *jf = *state;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 1);
  jf_commit(store, 1, 1, 0);
  evs_consumer *mine = take(store, "pay", 0);
  int before = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(before);
  for (int i = 0; i < 20; i++)
    assert_not_taken(store, "pay", EVS_BUSY);
  int after = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(after);
  assert_int_equal(after, before);
  evs_consumer_close(mine);
  evs_close(store);
}

/* ---- seeking ------------------------------------------------------------------------------------------ */

static void seeking(void **state) {
  const struct jf *jf = *state;
  static const uint64_t offsets[] = {4, 0, 7, 7, 1};
  evs_store *store = make(jf, 7);
  evs_error error = {0};
  for (size_t i = 0; i < JF_COUNT(offsets); i++) {
    assert_int_equal(evs_consumer_seek(store, "pay", offsets[i], 0, &error), 0);
    evs_consumer_close(take(store, "pay", offsets[i]));
  }
  assert_int_equal(evs_consumer_seek(store, "pay", 8, 0, &error), EVS_INVALID);
  assert_int_equal(error.code, EVS_INVALID);
  assert_int_equal(evs_consumer_seek(store, "pay", UINT64_MAX, 0, &error), EVS_INVALID);
  evs_consumer_close(take(store, "pay", 1));
  evs_close(store);
  evs_store *missing = jf_open(jf_path("%s/missing", jf->root), EVS_CREATE, 0);
  assert_int_equal(evs_consumer_seek(missing, "pay", 0, 0, &error), EVS_NO_STORE);
  assert_not_taken(missing, "pay", EVS_NO_STORE);
  evs_close(missing);
  assert_false(jf_exists(jf_path("%s/missing", jf->root)));
}

static void beyond_the_head(void **state) {
  const struct jf *jf = *state;
  size_t len;
  evs_store *store = make(jf, 3);
  char *bytes = jf_load(jf_segment(jf->store, 1), &len);
  jf_commit(store, 4, 1, 0);
  evs_consumer *consumer = take(store, "pay", 0);
  assert_int_equal(evs_consumer_commit(consumer, 4, 0, NULL), 0);
  evs_consumer_close(consumer);
  evs_close(store);
  jf_save(jf_segment(jf->store, 1), bytes, len); /* a restored backup */
  free(bytes);
  jf_remove(jf_path("%s/control", jf->store));
  store = jf_open(jf->store, 0, 0);
  assert_not_taken(store, "pay", EVS_BEYOND);
  evs_error error = {0};
  assert_int_equal(evs_consumer_open(store, "pay", &consumer, &error), EVS_BEYOND);
  assert_non_null(strstr(error.message, "pay"));
  assert_non_null(strstr(error.message, "4"));
  assert_non_null(strstr(error.message, "3"));
  assert_int_equal(evs_consumer_seek(store, "pay", 4, 0, NULL), EVS_INVALID);
  assert_not_taken(store, "pay", EVS_BEYOND);
  assert_int_equal(evs_consumer_seek(store, "pay", 3, 0, NULL), 0);
  evs_consumer_close(take(store, "pay", 3));
  evs_close(store);
}

/* ---- the list ----------------------------------------------------------------------------------------- */

struct list {
  size_t count;
  char text[512];
};

static int visit(void *context, const evs_consumer_info *info) {
  struct list *list = context;
  char time[EVS_TIME_SIZE];
  size_t len = strlen(list->text);
  evs_time_format(info->updated_us, time);
  snprintf(list->text + len, sizeof list->text - len, "%s %" PRIu64 " %s\n", info->name, info->offset, time);
  list->count++;
  return strcmp(info->name, "stop") == 0 ? 42 : 0;
}

static void listing(void **state) {
  const struct jf *jf = *state;
  evs_store *store = make(jf, 5);
  struct list list = {0};
  const int64_t time_us = INT64_C(1795178096789012);
  assert_int_equal(evs_consumers(store, visit, &list, NULL), 0);
  assert_int_equal(list.count, 0);
  evs_consumer *consumer = take(store, "pay", 0);
  assert_int_equal(evs_consumer_commit(consumer, 4, time_us, NULL), 0);
  assert_int_equal(evs_consumer_seek(store, "a.first", 0, time_us + 1, NULL), 0);
  assert_int_equal(evs_consumer_seek(store, "notify", 5, time_us + 2, NULL), 0);
  evs_consumer_close(take(store, "new", 0));                     /* opened, and never committed: nothing to tell */
  assert_int_equal(evs_consumers(store, visit, &list, NULL), 0); /* while "pay" is held */
  assert_string_equal(list.text, "a.first 0 2026-11-20T12:34:56.789013Z\n"
                                 "notify 5 2026-11-20T12:34:56.789014Z\n"
                                 "pay 4 2026-11-20T12:34:56.789012Z\n");
  evs_consumer_close(consumer);
  assert_int_equal(evs_consumer_seek(store, "stop", 1, 0, NULL), 0);
  assert_int_equal(evs_consumer_seek(store, "zz", 1, 0, NULL), 0);
  list = (struct list){0};
  evs_store *reader = jf_open(jf->store, EVS_READONLY, 0);
  assert_int_equal(evs_consumers(reader, visit, &list, NULL), 42);
  assert_int_equal(list.count, 4);
  evs_close(reader);
  evs_close(store);
}

static void the_time_of_an_offset(void **state) {
  const struct jf *jf = *state;
  evs_store *store = make(jf, 1);
  struct list list = {0};
  struct timespec now;
  char before[64];
  char after[64];
  char time[EVS_TIME_SIZE];
  clock_gettime(CLOCK_REALTIME, &now);
  evs_time_format((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, time);
  snprintf(before, sizeof before, "pay 1 %s\n", time);
  assert_int_equal(evs_consumer_seek(store, "pay", 1, 0, NULL), 0);
  clock_gettime(CLOCK_REALTIME, &now);
  evs_time_format((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, time);
  snprintf(after, sizeof after, "pay 1 %s\n", time);
  assert_int_equal(evs_consumers(store, visit, &list, NULL), 0);
  assert_true(strcmp(before, list.text) <= 0 && strcmp(list.text, after) <= 0);
  evs_close(store);
}

/* ---- files -------------------------------------------------------------------------------------------- */

static void damaged_offset_files(void **state) {
  const struct jf *jf = *state;
  static const char *const bad[] = {"",
                                    "\n",
                                    "garbage",
                                    "{}",
                                    "[]",
                                    "{\"offset\":}",
                                    "{\"offset\":null}",
                                    "{\"offset\":-1}",
                                    "{\"offset\":1.5}",
                                    "{\"offset\":\"1\"}",
                                    "{\"offsets\":1}",
                                    "{\"offset\":9007199254740992}",
                                    "{\"consumer\":\"pay\"}",
                                    "12"};
  const char *path = jf_path("%s/consumers/pay", jf->store);
  char copy[JF_PATH * 2];
  size_t len;
  snprintf(copy, sizeof copy, "%s", path);
  evs_store *store = jf_open(jf->store, EVS_CREATE, 50);
  jf_commit(store, 1, 30, 0);
  assert_int_equal(evs_consumer_seek(store, "pay", 27, 0, NULL), 0);
  char *bytes = jf_load(copy, &len);
  for (size_t cut = 0; cut < len - 1; cut++) { /* no other number is ever read out of a part */
    jf_save(copy, bytes, cut);
    evs_error error = {0};
    evs_consumer *consumer = NULL;
    int rc = evs_consumer_open(store, "pay", &consumer, &error);
    if (rc != EVS_CORRUPT)
      fail_msg("cut at %zu: %s, offset %" PRIu64, cut, evs_code_name(rc), consumer ? evs_consumer_offset(consumer) : 0);
    assert_string_equal(error.file, "consumers/pay");
  }
  for (size_t i = 0; i < JF_COUNT(bad); i++) {
    jf_save(copy, bad[i], strlen(bad[i]));
    assert_not_taken(store, "pay", EVS_CORRUPT);
  }
  char big[4096];
  memset(big, ' ', sizeof big);
  jf_save(copy, big, sizeof big);
  assert_not_taken(store, "pay", EVS_CORRUPT);
  struct list list = {0};
  evs_error error = {0};
  assert_int_equal(evs_consumers(store, visit, &list, &error), EVS_CORRUPT);
  assert_int_equal(evs_consumer_seek(store, "pay", 5, 0, NULL), 0); /* the way out */
  evs_consumer_close(take(store, "pay", 5));
  free(bytes);
  evs_close(store);
}

static void what_a_dead_writer_left(void **state) {
  const struct jf *jf = *state;
  evs_store *store = make(jf, 9);
  struct list list = {0};
  assert_int_equal(evs_consumer_seek(store, "pay", 3, 0, NULL), 0);
  jf_save(jf_path("%s/consumers/.pay.new", jf->store), "{\"consumer\":\"pay\",\"offs", 23);
  evs_consumer *consumer = take(store, "pay", 3);
  assert_int_equal(evs_consumer_commit(consumer, 6, 0, NULL), 0);
  evs_consumer_close(consumer);
  evs_consumer_close(take(store, "pay", 6));
  assert_int_equal(evs_consumers(store, visit, &list, NULL), 0);
  assert_int_equal(list.count, 1);
  evs_close(store);
}

/* Locks may be deleted at any time: the next holder makes them anew. */
static void deleted_locks(void **state) {
  const struct jf *jf = *state;
  evs_store *store = make(jf, 9);
  assert_int_equal(evs_consumer_seek(store, "pay", 3, 0, NULL), 0);
  jf_remove(jf_path("%s/consumers/.pay.lock", jf->store));
  evs_consumer *consumer = take(store, "pay", 3);
  assert_not_taken(store, "pay", EVS_BUSY);
  assert_int_equal(evs_consumer_commit(consumer, 4, 0, NULL), 0);
  evs_consumer_close(consumer);
  jf_remove(jf_path("%s/consumers", jf->store));
  evs_consumer_close(take(store, "pay", 0));
  evs_close(store);
}

/* ---- killed at random --------------------------------------------------------------------------------- */

/* Moves the consumer one further, again and again, and tells each offset after it was committed. */
static int move_on(void *context) {
  struct holding *holding = context;
  evs_store *store = jf_open_child(holding->jf->store, 0, 20000);
  evs_consumer *consumer = NULL;
  JF_MUST(evs_consumer_open(store, "pay", &consumer, NULL) == 0);
  for (uint64_t offset = evs_consumer_offset(consumer) + 1; offset <= 4000; offset++) {
    JF_MUST(evs_consumer_commit(consumer, offset, 0, NULL) == 0);
    JF_MUST(write(holding->gate.here[1], &offset, sizeof offset) == sizeof offset);
  }
  return 0;
}

static void killed_while_moving(void **state) {
  struct jf *jf = *state;
  struct holding holding = {.jf = jf};
  uint64_t random = jf_seed();
  evs_new_event events[400] = {{0}};
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  for (size_t i = 0; i < 400; i++)
    events[i].type = "Noted";
  for (int i = 0; i < 10; i++)
    assert_int_equal(evs_append(store, events, 400, NULL, NULL, NULL), 0);
  jf_gate_open(&holding.gate);
  assert_int_equal(fcntl(holding.gate.here[0], F_SETFL, O_NONBLOCK), 0);
  uint64_t told = 0;
  for (int round = 0; round < 40; round++) {
    uint64_t until = told + 1 + jf_below(&random, 10);
    pid_t pid = jf_spawn(move_on, &holding);
    JF_UNTIL((read(holding.gate.here[0], &told, sizeof told), told >= until));
    for (uint64_t spins = jf_below(&random, 60000); spins > 0; spins--)
      __asm__ volatile("");
    jf_kill(pid);
    while (read(holding.gate.here[0], &told, sizeof told) > 0)
      ;
    evs_consumer *consumer = NULL;
    assert_int_equal(evs_consumer_open(store, "pay", &consumer, NULL), 0);
    uint64_t offset = evs_consumer_offset(consumer);
    assert_true(offset == told || offset == told + 1); /* committed, and killed before it could tell */
    evs_consumer_close(consumer);
  }
  jf_gate_close(&holding.gate);
  evs_close(store);
}

/* ---- removing ----------------------------------------------------------------------------------------- */

#define NAMES_SIZE 64

/* Keeps the names. */
static int append_name(void *context, const evs_consumer_info *info) {
  char *names = context;
  size_t len = strlen(names);
  snprintf(names + len, NAMES_SIZE - len, "%s ", info->name);
  return 0;
}

static void a_removed_one_was_never_there(void **state) {
  const struct jf *jf = *state;
  char names[NAMES_SIZE] = "";
  evs_store *store = make(jf, 5);
  assert_int_equal(evs_consumer_seek(store, "pay", 4, 0, NULL), 0);
  assert_int_equal(evs_consumer_seek(store, "other", 3, 0, NULL), 0);
  evs_consumer *consumer = take(store, "pay", 4);
  assert_int_equal(evs_consumer_remove(consumer, NULL), 0);
  assert_int_equal(evs_consumer_remove(consumer, NULL), 0); /* again */
  assert_not_taken(store, "pay", EVS_BUSY);                 /* the lease is held still */
  evs_consumer_close(consumer);
  assert_int_equal(evs_consumers(store, append_name, names, NULL), 0);
  assert_string_equal(names, "other ");
  consumer = take(store, "pay", 0);
  jf_remove(jf_path("%s/consumers/.pay.lock", jf->store)); /* somebody else may run it now */
  assert_int_equal(evs_consumer_remove(consumer, NULL), EVS_BUSY);
  evs_consumer_close(consumer);
  evs_close(store);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(offsets_move_forward_and_stay),
      TEST(names),
      TEST(one_holder_at_a_time),
      TEST(a_killed_holder_gives_it_back),
      TEST(a_refused_open_leaves_no_descriptor_behind),
      TEST(seeking),
      TEST(beyond_the_head),
      TEST(a_removed_one_was_never_there),
      TEST(listing),
      TEST(the_time_of_an_offset),
      TEST(damaged_offset_files),
      TEST(what_a_dead_writer_left),
      TEST(deleted_locks),
      TEST(killed_while_moving),
  };
  return cmocka_run_group_tests_name("consumer", tests, NULL, NULL);
}
