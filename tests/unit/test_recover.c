/* test_recover.c - what an interrupted append leaves behind: the last segment cut at every byte of its last three
 * commits, zeros and garbage in place of what is missing, empty segments, and control pages that tell of another time.
 * Whatever was whole is there, nothing else is, and the next append works. */
#include "journal_fixture.h"

#include "file.h"

#include <stdlib.h>
#include <sys/stat.h>

#define COMMITS 8

/* A journal of eight commits, the last three of several events: where each ends. */
struct journal {
  char *bytes;
  size_t len;
  size_t end[COMMITS + 1];    /* in bytes, of the first i commits */
  uint64_t last[COMMITS + 1]; /* seq, of the first i commits */
  const char *path;
};

static const size_t sizes[COMMITS] = {1, 1, 2, 1, 1, 3, 2, 4};

/* Makes the journal, in one segment. */
static void make(const struct jf *jf, struct journal *journal) {
  static char path[JF_PATH * 2];
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  struct stat st;
  *journal = (struct journal){.path = path};
  snprintf(path, sizeof path, "%s", jf_segment(jf->store, 1));
  for (size_t i = 0; i < COMMITS; i++) {
    jf_commit(store, journal->last[i] + 1, sizes[i], 0);
    assert_int_equal(stat(path, &st), 0);
    journal->end[i + 1] = (size_t)st.st_size;
    journal->last[i + 1] = journal->last[i] + sizes[i];
  }
  evs_close(store);
  journal->bytes = jf_load(path, &journal->len);
  assert_int_equal(journal->len, journal->end[COMMITS]);
}

/* How many commits end at or before this byte. */
static size_t whole(const struct journal *journal, size_t bytes) {
  size_t commits = COMMITS;
  while (journal->end[commits] > bytes)
    commits--;
  return commits;
}

/* What evs_verify() says of a journal that ends with torn bytes. */
static void assert_torn(evs_store *store, uint64_t events, size_t end, size_t torn) {
  struct jf_findings findings = {0};
  uint64_t found;
  assert_int_equal(evs_verify(store, jf_visit_finding, &findings, &found, NULL), 0);
  assert_int_equal(found, events);
  assert_int_equal(findings.count, torn > 0);
  if (torn > 0) {
    assert_int_equal(findings.first[0].code, EVS_END);
    assert_string_equal(findings.first[0].file, "journal/00000000000000000001.ndjson");
    assert_int_equal(findings.first[0].line, events + 1);
    assert_int_equal(findings.first[0].byte, end);
    assert_int_equal(findings.first[0].bytes, torn);
  }
}

/* The store holds what is whole; then an append cuts the rest off. `torn`: bytes behind the last whole commit. */
static void assert_recovered(const char *url, uint64_t last, size_t end, size_t torn) {
  evs_stat stat = {0};
  evs_store *store = jf_open(url, 0, 0);
  assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
  assert_int_equal(stat.head, last);
  assert_int_equal(stat.written, last);
  assert_int_equal(stat.outcome, torn ? EVS_RECOVERED : EVS_CLEAN);
  assert_int_equal(stat.torn_bytes, torn);
  assert_int_equal(stat.bytes, end + torn); /* whoever only looks cuts nothing */
  jf_assert_events(store, 0, last, EVS_READ_WRITTEN);
  if (last > 0) /* a store without events is made of the first line again */
    assert_torn(store, last, end, torn);
  jf_commit(store, last + 1, 2, 0);
  jf_commit(store, last + 3, 1, 0);
  evs_close(store);
  store = jf_open(url, 0, 0);
  jf_assert_events(store, 0, last + 3, 0);
  jf_assert_sound(store, last + 3);
  assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
  assert_int_equal(stat.outcome, EVS_CLEAN);
  evs_close(store);
}

/* The three ways to come upon a damaged journal. */
enum how { CONTROL_KEPT, CONTROL_DELETED, COPIED };

/* Puts the journal there whole, with a page that tells of it; then damages it; then looks. */
static void check(const struct jf *jf, const struct journal *journal, enum how how, const char *bytes, size_t len,
                  size_t kept) {
  const char *url = jf->store;
  char copy[JF_PATH * 2];
  size_t commits = whole(journal, kept);
  if (how == CONTROL_KEPT) {
    jf_save(journal->path, journal->bytes, journal->len);
    evs_store *store = jf_open(url, 0, 0);
    uint64_t head;
    assert_int_equal(evs_head(store, &head, NULL), 0);
    assert_int_equal(head, journal->last[COMMITS]);
    evs_close(store);
  } else if (how == CONTROL_DELETED) {
    unlink(jf_path("%s/control", url));
  }
  jf_save(journal->path, bytes, len);
  if (how == COPIED) {
    snprintf(copy, sizeof copy, "%s/copy", jf->root);
    jf_remove(copy);
    jf_copy_store(url, copy);
    url = copy;
  }
  assert_recovered(url, journal->last[commits], journal->end[commits], len - journal->end[commits]);
}

static void cut_at_every_byte(const struct jf *jf, enum how how) {
  struct journal journal;
  make(jf, &journal);
  for (size_t cut = journal.end[COMMITS - 3]; cut <= journal.len; cut++)
    check(jf, &journal, how, journal.bytes, cut, cut);
  for (size_t cut = 0; cut < journal.end[2]; cut += 13) /* and in what is the start of the journal */
    check(jf, &journal, how, journal.bytes, cut, cut);
  free(journal.bytes);
}

static void cut_with_the_control_page_kept(void **state) { cut_at_every_byte(*state, CONTROL_KEPT); }
static void cut_with_the_control_page_deleted(void **state) { cut_at_every_byte(*state, CONTROL_DELETED); }
static void cut_and_copied(void **state) { cut_at_every_byte(*state, COPIED); }

/* Fills `bytes` from `from` on with one kind of what a disk may give back. */
static void spoil(char *bytes, size_t from, size_t len, int kind, uint64_t *random) {
  for (size_t i = from; i < len; i++) {
    if (kind == 0)
      bytes[i] = 0;
    else if (kind == 1)
      bytes[i] = (char)jf_random(random);
    else if (kind == 2)
      bytes[i] = jf_below(random, 20) ? (char)0xff : '\n';
    else if (kind == 3 && jf_below(random, 3) == 0) /* holes */
      bytes[i] = 0;
  }
  if (kind == 3 && from < len)
    bytes[from] ^= 1;
}

/* Instead of the part that is missing there are zeros, garbage, or the true bytes with holes. */
static void zeros_and_garbage_at_the_end(void **state) {
  const struct jf *jf = *state;
  struct journal journal;
  uint64_t random = jf_seed();
  make(jf, &journal);
  char *bytes = malloc(journal.len + 5000);
  assert_non_null(bytes);
  size_t step = 0;
  for (size_t cut = journal.end[COMMITS - 3]; cut < journal.len; cut += 11, step++) {
    int kind = (int)(step % 4);
    size_t len = journal.len + (kind == 1 ? jf_below(&random, 5000) : 0);
    memcpy(bytes, journal.bytes, journal.len);
    if (kind == 3) { /* holes in the last commit only: an earlier one would be damage */
      cut = cut < journal.end[COMMITS - 1] ? journal.end[COMMITS - 1] + jf_below(&random, 300) : cut;
      len = journal.len;
    }
    spoil(bytes, cut, len, kind, &random);
    check(jf, &journal, (enum how)(step % 3), bytes, len, cut);
  }
  free(bytes);
  free(journal.bytes);
}

/* A long tail without any newline, and one of many newlines. */
static void torn_tails_longer_than_any_line(void **state) {
  const struct jf *jf = *state;
  struct journal journal;
  make(jf, &journal);
  size_t len = journal.len + 3 * EVS_MAX_LINE;
  char *bytes = malloc(len);
  assert_non_null(bytes);
  memcpy(bytes, journal.bytes, journal.len);
  for (int kind = 0; kind < 3; kind++) {
    memset(bytes + journal.len, kind == 0 ? 0 : kind == 1 ? '\n' : 'x', len - journal.len);
    check(jf, &journal, CONTROL_KEPT, bytes, len, journal.len);
    check(jf, &journal, COPIED, bytes, len, journal.len);
  }
  free(bytes);
  free(journal.bytes);
}

/* A handle that is open while the tail is torn and cut goes on as if it had come later. */
static void open_handles_see_the_recovery(void **state) {
  const struct jf *jf = *state;
  struct journal journal;
  make(jf, &journal);
  evs_store *reader = jf_open(jf->store, EVS_READONLY, 0);
  evs_store *writer = jf_open(jf->store, 0, 0);
  jf_assert_events(reader, 0, journal.last[COMMITS], 0);
  jf_assert_events(writer, 0, journal.last[COMMITS], EVS_READ_WRITTEN);
  jf_save(journal.path, journal.bytes, journal.len - 1);
  uint64_t last = journal.last[COMMITS - 1];
  jf_commit(writer, last + 1, 1, 0);
  jf_assert_events(writer, 0, last + 1, 0);
  jf_assert_events(reader, 0, last + 1, 0);
  jf_assert_sound(reader, last + 1);
  evs_close(writer);
  evs_close(reader);
  free(journal.bytes);
}

/* ---- empty and unfinished segments -------------------------------------------------------------------- */

/* A store of small segments with events 1 to 12, and the first seq of what would be the next segment. */
static void make_full(const struct jf *jf, char *url, size_t size) {
  snprintf(url, size, "file://%s?segment_bytes=256", jf->store);
  evs_store *store = jf_open(url, EVS_CREATE, 0);
  for (uint64_t n = 1; n <= 12; n++)
    jf_commit(store, n, 1, 200);
  evs_close(store);
}

static void empty_last_segment(void **state) {
  const struct jf *jf = *state;
  static const char *const contents[] = {"", "{", "{\"seq\":13,\"format\":1,\"id\":", "\n", "\0\0\0"};
  char url[JF_PATH * 2];
  for (size_t i = 0; i < JF_COUNT(contents); i++)
    for (int control = 0; control < 2; control++) {
      size_t len = i == 4 ? 3 : strlen(contents[i]);
      make_full(jf, url, sizeof url);
      jf_save(jf_segment(jf->store, 13), contents[i], len);
      if (!control)
        jf_remove(jf_path("%s/control", jf->store));
      evs_store *reader = jf_open(url, EVS_READONLY, 0);
      jf_assert_events(reader, 0, 12, 0);
      evs_store *store = jf_open(url, 0, 0);
      evs_stat stat;
      assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
      assert_int_equal(stat.head, 12);
      assert_int_equal(stat.written, 12);
      assert_int_equal(stat.torn_bytes, len);
      for (uint64_t n = 13; n <= 16; n++)
        jf_commit(store, n, 1, 200);
      jf_assert_events(store, 0, 16, 0);
      jf_assert_events(reader, 11, 16, 0);
      jf_assert_sound(store, 16);
      evs_close(store);
      evs_close(reader);
      jf_remove(jf->store);
    }
}

static void empty_first_segment(void **state) {
  const struct jf *jf = *state;
  mkdir(jf->store, 0700);
  mkdir(jf_path("%s/journal", jf->store), 0700);
  jf_save(jf_segment(jf->store, 1), "", 0);
  evs_store *store = jf_open(jf->store, 0, 0);
  uint64_t head = 7;
  assert_int_equal(evs_head(store, &head, NULL), 0);
  assert_int_equal(head, 0);
  jf_assert_sound(store, 0);
  jf_commit(store, 1, 3, 0);
  jf_assert_events(store, 0, 3, 0);
  jf_assert_sound(store, 3);
  evs_close(store);
}

static void journal_without_segments(void **state) {
  const struct jf *jf = *state;
  mkdir(jf->store, 0700);
  mkdir(jf_path("%s/journal", jf->store), 0700);
  evs_store *store = jf_open(jf->store, 0, 0);
  evs_stat stat;
  jf_assert_events(store, 0, 0, 0);
  jf_assert_sound(store, 0);
  assert_int_equal(evs_stat_get(store, &stat, NULL), 0);
  assert_int_equal(stat.segments | stat.bytes | stat.head, 0);
  jf_commit(store, 1, 2, 0);
  jf_assert_events(store, 0, 2, 0);
  evs_close(store);
}

/* ---- pages of another time ---------------------------------------------------------------------------- */

/* A page from before a power failure tells nothing, least of all what may be taken back. */
static void page_of_another_boot(void **state) {
  const struct jf *jf = *state;
  const char *control = jf_path("%s/control", jf->store);
  size_t len;
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  jf_commit(store, 1, 2, 0);
  evs_close(store);
  char *bytes = jf_load(control, &len);
  for (int kind = 0; kind < 4; kind++) {
    struct evs__page *page = (struct evs__page *)bytes;
    page->boot_id[0] = page->boot_id[0] == '0' ? '1' : '0';
    atomic_store(&page->failed, kind & 1);
    atomic_store(&page->changing, kind >> 1);
    uint64_t n = 3 + (uint64_t)kind * 2;
    store = jf_open(jf->store, 0, 0);
    jf_commit(store, n, 2, 0);
    evs_close(store);
    jf_save(control, bytes, len);
    store = jf_open(jf->store, 0, 0);
    jf_assert_events(store, 0, n + 1, kind & 2 ? EVS_READ_WRITTEN : 0);
    evs_close(store);
  }
  free(bytes);
}

/* A writer that died between its write and the move of the tail. */
static void page_of_a_dead_writer(void **state) {
  const struct jf *jf = *state;
  for (int torn = 0; torn < 3; torn++) {
    struct journal journal;
    make(jf, &journal);
    size_t control_len;
    /* The page as it was before the last commit, with the mark of a change. */
    jf_save(journal.path, journal.bytes, journal.end[COMMITS - 1]);
    evs_store *store = jf_open(jf->store, 0, 0);
    jf_assert_events(store, 0, journal.last[COMMITS - 1], 0);
    evs_close(store);
    char *control = jf_load(jf_path("%s/control", jf->store), &control_len);
    atomic_store(&((struct evs__page *)control)->changing, 1);
    size_t len = torn == 0 ? journal.len : torn == 1 ? journal.len - 1 : journal.end[COMMITS - 1];
    jf_save(journal.path, journal.bytes, len);
    jf_save(jf_path("%s/control", jf->store), control, control_len);
    size_t commits = whole(&journal, len);
    assert_recovered(jf->store, journal.last[commits], journal.end[commits], len - journal.end[commits]);
    free(control);
    free(journal.bytes);
    jf_remove(jf->store);
  }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup_in_memory, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(cut_with_the_control_page_kept),
      TEST(cut_with_the_control_page_deleted),
      TEST(cut_and_copied),
      TEST(zeros_and_garbage_at_the_end),
      TEST(torn_tails_longer_than_any_line),
      TEST(open_handles_see_the_recovery),
      TEST(empty_last_segment),
      TEST(empty_first_segment),
      TEST(journal_without_segments),
      TEST(page_of_another_boot),
      TEST(page_of_a_dead_writer),
  };
  return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}
