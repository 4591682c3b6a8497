/* test_recover_damage.c - damage that no crash can leave: it is told with file, line and byte, nothing is appended
 * behind it, and evs_repair() cuts it off and keeps what it cut. Likewise files that are missing, and formats of the
 * future. */
#include "journal_fixture.h"

#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define COMMITS 6

static const size_t sizes[COMMITS] = {1, 3, 1, 2, 4, 1};

struct journal {
  char *bytes;
  size_t len;
  size_t end[COMMITS + 1]; /* in bytes, of the first i commits */
  uint64_t last[COMMITS + 1];
  char path[JF_PATH * 2];
};

/* Makes six commits in one segment. */
static void make(const struct jf *jf, struct journal *journal) {
  evs_store *store = jf_open(jf->store, EVS_CREATE, 0);
  *journal = (struct journal){0};
  snprintf(journal->path, sizeof journal->path, "%s", jf_segment(jf->store, 1));
  for (size_t i = 0; i < COMMITS; i++) {
    jf_commit(store, journal->last[i] + 1, sizes[i], 0);
    free(journal->bytes);
    journal->bytes = jf_load(journal->path, &journal->len);
    journal->end[i + 1] = journal->len;
    journal->last[i + 1] = journal->last[i] + sizes[i];
  }
  evs_close(store);
}

/* Where the line that holds this byte starts, and its number. */
static size_t line_of(const struct journal *journal, size_t at, uint64_t *ret_line) {
  size_t start = 0;
  *ret_line = 1;
  for (size_t i = 0; i < at; i++)
    if (journal->bytes[i] == '\n') {
      start = i + 1;
      ++*ret_line;
    }
  return start;
}

static void assert_place(const evs_error *error, uint64_t line, size_t byte) {
  char text[64];
  assert_int_equal(error->code, EVS_CORRUPT);
  assert_string_equal(error->file, "journal/00000000000000000001.ndjson");
  if (error->line != line || error->byte != byte)
    fail_msg("line %" PRIu64 ", byte %" PRIu64 " instead of line %" PRIu64 ", byte %zu", error->line, error->byte, line,
             byte);
  snprintf(text, sizeof text, "line %" PRIu64 ", byte %zu", line, byte);
  assert_non_null(strstr(error->message, text));
  assert_non_null(strstr(error->message, error->file));
}

/* Reads what can be read; the events before the damage may be shown. */
static int read_all(evs_store *store, unsigned flags, uint64_t *ret_last, evs_error *error) {
  evs_cursor *cursor = NULL;
  evs_event event;
  *ret_last = 0;
  int rc = evs_read(store, NULL, 0, flags, &cursor, error);
  while (!rc && !(rc = evs_next(cursor, &event, error)))
    *ret_last = event.seq;
  evs_cursor_close(cursor);
  return rc;
}

/* Everything refuses a damaged journal and says where it is; nothing changes it. */
static void assert_refused(const char *url, const struct journal *journal, size_t at) {
  uint64_t line;
  size_t start = line_of(journal, at, &line);
  for (unsigned flags = 0; flags <= EVS_READONLY; flags += EVS_READONLY) {
    evs_store *store = jf_open(url, flags, 0);
    evs_error error;
    evs_stat stat;
    uint64_t head;
    uint64_t last;
    memset(&error, 0x5a, sizeof error);
    assert_int_equal(read_all(store, 0, &last, &error), EVS_CORRUPT);
    assert_true(last < line);
    assert_place(&error, line, start);
    assert_int_equal(read_all(store, EVS_READ_WRITTEN, &last, &error), EVS_CORRUPT);
    assert_place(&error, line, start);
    assert_int_equal(evs_head(store, &head, &error), EVS_CORRUPT);
    assert_place(&error, line, start);
    assert_int_equal(evs_stat_get(store, &stat, &error), EVS_CORRUPT);
    assert_int_equal(evs_wait(store, 0, 0, &error), EVS_CORRUPT);
    if (!flags) {
      assert_int_equal(jf_append(store, 99, 2, 0, NULL, &error), EVS_CORRUPT);
      assert_place(&error, line, start);
    }
    struct jf_findings findings = {0};
    uint64_t events;
    assert_int_equal(evs_verify(store, jf_visit_finding, &findings, &events, &error), EVS_CORRUPT);
    assert_int_equal(error.code, EVS_CORRUPT);
    assert_true(findings.count >= 1);
    assert_int_equal(findings.first[0].code, EVS_CORRUPT);
    assert_string_equal(findings.first[0].file, "journal/00000000000000000001.ndjson");
    assert_int_equal(findings.first[0].line, line);
    assert_int_equal(findings.first[0].byte, start);
    assert_true(events < journal->last[COMMITS]);
    evs_close(store);
  }
}

/* Repairs, and asserts that nothing before the damage and no byte behind it is gone. */
static void repair(const char *url, const struct journal *journal, const char *damaged, size_t at) {
  size_t commits = COMMITS;
  size_t len;
  uint64_t head = 0;
  evs_error error = {0};
  while (journal->end[commits] > at)
    commits--;
  evs_store *store = jf_open(url, 0, 0);
  if (evs_repair(store, 0, &head, &error))
    fail_msg("%s", error.message);
  assert_int_equal(head, journal->last[commits]);
  size_t cut = journal->end[commits];
  if (head > 0) {
    char *kept = jf_load(journal->path, &len);
    assert_int_equal(len, cut);
    assert_memory_equal(kept, journal->bytes, len);
    free(kept);
  }
  char *rest = jf_load(jf_path("%s.cut-1", journal->path), &len);
  assert_int_equal(len, journal->len - cut);
  assert_memory_equal(rest, damaged + cut, len);
  free(rest);
  jf_assert_events(store, 0, head, 0);
  jf_assert_sound(store, head);
  assert_int_equal(evs_repair(store, 0, &head, NULL), 0); /* there is nothing more to cut */
  assert_int_equal(head, journal->last[commits]);
  assert_int_equal(jf_names(jf_path("%s/journal", url), ".cut-"), 1);
  jf_commit(store, head + 1, 3, 0);
  jf_assert_events(store, 0, head + 3, EVS_READ_WRITTEN);
  jf_assert_sound(store, head + 3);
  evs_close(store);
  jf_remove(jf_path("%s.cut-1", journal->path));
}

/* One byte changed anywhere before the last commit. */
static void damage_in_the_middle(void **state) {
  const struct jf *jf = *state;
  struct journal journal;
  uint64_t random = jf_seed();
  make(jf, &journal);
  char *damaged = malloc(journal.len);
  assert_non_null(damaged);
  size_t step = 0;
  for (size_t at = 0; at < journal.end[COMMITS - 1]; at += memchr(journal.bytes + at + 1, '\n', 3) ? 1 : 3, step++) {
    if (at == strlen("{\"seq\":1,\"format\":")) /* another format is another test */
      continue;
    memcpy(damaged, journal.bytes, journal.len);
    if (step % 3 == 0)
      damaged[at] ^= (char)(1u << jf_below(&random, 8));
    else
      damaged[at] = step % 3 == 1 && damaged[at] != '\n' ? '\n' : '\0';
    /* A newline in the middle makes one line two; the first is where it goes wrong. */
    jf_save(journal.path, damaged, journal.len);
    if (step % 2)
      jf_remove(jf_path("%s/control", jf->store));
    assert_refused(jf->store, &journal, at);
    repair(jf->store, &journal, damaged, at);
  }
  free(damaged);
  free(journal.bytes);
}

/* A line that is gone, doubled, or stands where another should. */
static void lines_out_of_place(void **state) {
  const struct jf *jf = *state;
  struct journal journal;
  make(jf, &journal);
  char *damaged = malloc(2 * journal.len);
  assert_non_null(damaged);
  for (size_t commit = 1; commit < COMMITS - 1; commit++) {
    size_t from = journal.end[commit];
    size_t to = journal.end[commit + 1];
    uint64_t line;
    /* That the last event was durable shows nowhere: behind a doubled commit it looks like a torn one. */
    for (int kind = 0; kind < 1 + (commit < COMMITS - 2); kind++) {
      memcpy(damaged, journal.bytes, kind ? to : from);
      memcpy(damaged + (kind ? to : from), journal.bytes + (kind ? from : to), journal.len - (kind ? from : to));
      jf_save(journal.path, damaged, kind ? journal.len + to - from : journal.len + from - to);
      evs_store *store = jf_open(jf->store, 0, 0);
      evs_error error = {0};
      assert_int_equal(jf_append(store, 99, 1, 0, NULL, &error), EVS_CORRUPT);
      size_t start = line_of(&journal, kind ? to : from, &line);
      assert_place(&error, line, start);
      uint64_t head;
      assert_int_equal(evs_repair(store, 0, &head, NULL), 0);
      assert_int_equal(head, journal.last[commit + (size_t)kind]);
      jf_assert_sound(store, head);
      evs_close(store);
      jf_remove(jf_path("%s.cut-1", journal.path));
    }
  }
  free(damaged);
  free(journal.bytes);
}

/* An operator may give up more than is damaged, to the end of a commit. */
static void repair_to_a_position(void **state) {
  const struct jf *jf = *state;
  struct journal journal;
  make(jf, &journal);
  static const struct {
    uint64_t last, head;
  } cases[] = {{100, 12}, {12, 12}, {11, 11}, {10, 7}, {7, 7}, {6, 5}, {3, 1}, {1, 1}};
  for (size_t i = 0; i < JF_COUNT(cases); i++) {
    jf_save(journal.path, journal.bytes, journal.len);
    evs_store *store = jf_open(jf->store, 0, 0);
    uint64_t head = 0;
    assert_int_equal(evs_repair(store, cases[i].last, &head, NULL), 0);
    assert_int_equal(head, cases[i].head);
    assert_int_equal(jf_exists(jf_path("%s.cut-%zu", journal.path, i)), i > 1);
    jf_assert_events(store, 0, head, 0);
    jf_assert_sound(store, head);
    evs_close(store);
    if (i == 1) /* so that the numbers of the cuts are those of the cases */
      jf_save(jf_path("%s.cut-1", journal.path), "", 0);
  }
  free(journal.bytes);
}

/* ---- more than one segment ---------------------------------------------------------------------------- */

/* Events 1 to 30 in segments of a few; *ret_firsts the first of each. */
static size_t make_many(const struct jf *jf, uint64_t *firsts) {
  evs_store *store = jf_open(jf_path("file://%s?segment_bytes=1500", jf->store), EVS_CREATE, 0);
  size_t count = 0;
  for (uint64_t n = 1; n <= 30; n++)
    jf_commit(store, n, 1, 50);
  evs_close(store);
  for (uint64_t n = 1; n <= 30; n++)
    if (jf_exists(jf_segment(jf->store, n)))
      firsts[count++] = n;
  return count;
}

static void damage_in_a_closed_segment(void **state) {
  const struct jf *jf = *state;
  uint64_t firsts[30];
  for (int kind = 0; kind < 4; kind++) {
    size_t count = make_many(jf, firsts);
    assert_true(count >= 4);
    const char *path = jf_segment(jf->store, firsts[1]);
    char copy[JF_PATH * 2];
    size_t len;
    snprintf(copy, sizeof copy, "%s", path);
    char *bytes = jf_load(copy, &len);
    uint64_t good = firsts[1]; /* the last good event: the first of the second segment, or its last but one */
    char *line = strchr(bytes, '\n') + 1;
    if (kind == 0)
      line[20] ^= 1;
    else if (kind > 1)
      good = firsts[2] - 2;
    jf_save(copy, bytes, kind == 1 ? (size_t)(line - bytes) : kind == 2 ? len - 1 : kind == 3 ? len - 20 : len);
    evs_store *store = jf_open(jf->store, 0, 0);
    evs_error error = {0};
    uint64_t last;
    assert_int_equal(read_all(store, 0, &last, &error), EVS_CORRUPT);
    assert_int_equal(last, good);
    assert_string_equal(error.file, copy + strlen(jf->store) + 1);
    assert_int_equal(error.line, good - firsts[1] + 2);
    struct jf_findings findings = {0};
    assert_int_equal(evs_verify(store, jf_visit_finding, &findings, NULL, NULL), EVS_CORRUPT);
    assert_true(findings.count >= 1);
    uint64_t head;
    assert_int_equal(evs_repair(store, 0, &head, &error), 0);
    assert_int_equal(head, good);
    assert_true(jf_names(jf_path("%s/journal", jf->store), ".cut-") >= count - 2);
    jf_assert_events(store, 0, good, 0);
    jf_commit(store, good + 1, 2, 0);
    jf_assert_events(store, 0, good + 2, EVS_READ_WRITTEN);
    jf_assert_sound(store, good + 2);
    evs_close(store);
    free(bytes);
    jf_remove(jf->store);
  }
}

static void missing_segments(void **state) {
  const struct jf *jf = *state;
  uint64_t firsts[30];
  for (size_t missing = 0; missing < 3; missing++) {
    size_t count = make_many(jf, firsts);
    assert_true(count >= 4);
    jf_remove(jf_segment(jf->store, firsts[missing]));
    evs_store *store = jf_open(jf->store, 0, 0);
    evs_error error = {0};
    uint64_t last;
    assert_int_equal(read_all(store, 0, &last, &error), EVS_CORRUPT);
    assert_int_equal(last, firsts[missing] - 1);
    assert_int_equal(error.code, EVS_CORRUPT);
    struct jf_findings findings = {0};
    assert_int_equal(evs_verify(store, jf_visit_finding, &findings, NULL, NULL), EVS_CORRUPT);
    assert_string_equal(findings.first[0].file, jf_segment(jf->store, firsts[missing + 1]) + strlen(jf->store) + 1);
    /* What stands behind the gap can still be read by who asks for it. */
    jf_assert_events(store, firsts[missing + 1] - 1, 30, 0);
    uint64_t head = 7;
    assert_int_equal(evs_repair(store, 0, &head, &error), 0);
    assert_int_equal(head, firsts[missing] - 1);
    jf_assert_sound(store, head);
    jf_commit(store, head + 1, 1, 0);
    jf_assert_events(store, 0, head + 1, 0);
    evs_close(store);
    jf_remove(jf->store);
  }
}

/* ---- formats of the future ---------------------------------------------------------------------------- */

/* Gives the first line of a segment format 2, with a right CRC where asked. */
static void to_format_2(const char *path, bool sealed) {
  size_t len;
  char *bytes = jf_load(path, &len);
  char *format = strstr(bytes, "\"format\":1");
  assert_non_null(format);
  format[strlen("\"format\":")] = '2';
  char *crc = strstr(bytes, ",\"crc\":\"");
  char digits[16];
  snprintf(digits, sizeof digits, "%08x", (unsigned)evs__crc32c(0, bytes, (size_t)(crc - bytes)));
  if (sealed)
    memcpy(crc + 8, digits, 8);
  jf_save(path, bytes, len);
  free(bytes);
}

/* Everything says EVS_FUTURE, and the journal stays as it is. */
static void assert_future(const struct jf *jf, uint64_t first) {
  size_t before;
  char path[JF_PATH * 2];
  evs_error error;
  uint64_t last;
  struct jf_findings findings = {0};
  snprintf(path, sizeof path, "%s", jf_segment(jf->store, first));
  char *bytes = jf_load(path, &before);
  evs_store *store = jf_open(jf->store, 0, 0);
  memset(&error, 0x5a, sizeof error);
  assert_int_equal(read_all(store, 0, &last, &error), EVS_FUTURE);
  assert_int_equal(error.code, EVS_FUTURE);
  assert_non_null(strstr(error.message, "format 2"));
  assert_string_equal(error.file, path + strlen(jf->store) + 1);
  assert_int_equal(evs_verify(store, jf_visit_finding, &findings, NULL, &error), EVS_FUTURE);
  assert_int_equal(findings.first[0].code, EVS_FUTURE);
  assert_int_equal(findings.first[0].line, 1);
  assert_string_equal(findings.first[0].file, path + strlen(jf->store) + 1);
  assert_int_equal(evs_repair(store, 0, NULL, &error), EVS_FUTURE);
  size_t after;
  char *again = jf_load(path, &after);
  assert_int_equal(after, before);
  assert_memory_equal(again, bytes, before);
  assert_int_equal(jf_names(jf_path("%s/journal", jf->store), ".cut-"), 0);
  free(again);
  free(bytes);
  evs_close(store);
}

static void a_later_format(void **state) {
  const struct jf *jf = *state;
  for (int sealed = 0; sealed < 2; sealed++) {
    uint64_t firsts[30];
    evs_error error = {0};
    size_t count = make_many(jf, firsts);
    to_format_2(jf_segment(jf->store, firsts[count - 1]), sealed);
    assert_future(jf, firsts[count - 1]);
    evs_store *store = jf_open(jf->store, 0, 0);
    assert_int_equal(jf_append(store, 31, 1, 0, NULL, &error), EVS_FUTURE);
    assert_string_equal(error.file, jf_segment(jf->store, firsts[count - 1]) + strlen(jf->store) + 1);
    assert_int_equal(error.line, 1);
    evs_close(store);
    jf_remove(jf->store);
    make_many(jf, firsts); /* and in one that is closed */
    to_format_2(jf_segment(jf->store, firsts[1]), sealed);
    assert_future(jf, firsts[1]);
    jf_remove(jf->store);
  }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup_in_memory, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(damage_in_the_middle),       TEST(lines_out_of_place), TEST(repair_to_a_position),
      TEST(damage_in_a_closed_segment), TEST(missing_segments),   TEST(a_later_format),
  };
  return cmocka_run_group_tests_name("recover_damage", tests, NULL, NULL);
}
