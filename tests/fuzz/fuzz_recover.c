/* fuzz_recover.c - a journal of hostile files: read, verified, appended to, repaired, and again.
 *
 * Looking changes nothing. What a reader gets, what evs_verify() says, and what a naive judge of FORMAT.md says
 * (journal.h) agree; a second handle and one that may not write see the same. Nobody reads half a commit to the end,
 * unless evs_verify() says that two files tell of the same events. Where an append is answered with success, it stands
 * behind all that was there, and where the journal must not be touched, it is not. After a repair what is left is what
 * was there from the start, whole, and the store works. */
#include "fuzz.h"

#include "journal.h"
#include "libevstore/line.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_EVENTS 4096

static char store_path[256];

/* ---- files ------------------------------------------------------------------------------------------------------ */

static const char *segment_path(uint64_t first) { return fuzz_path("store/journal/%020" PRIu64 ".ndjson", first); }

/* Makes an empty store; of the one of the input before nothing is left. */
static void clear_store(void) {
  static const char *const inside[] = {"store/journal", "store"};
  for (int i = 0; i < 2; i++) {
    const char *path = fuzz_path("%s", inside[i]);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
      if (entry->d_name[0] != '.' && strcmp(entry->d_name, "journal") != 0)
        FUZZ_CHECK(unlinkat(dirfd(dir), entry->d_name, 0) == 0);
    if (dir)
      closedir(dir);
  }
  snprintf(store_path, sizeof store_path, "%s/store", fuzz_directory());
  mkdir(store_path, 0700);
  mkdir(fuzz_path("store/journal"), 0700);
}

/* Are the files as they were made? */
static void check_untouched(const struct journal *journal) {
  char bytes[32u << 10];
  for (size_t i = 0; i < journal->count; i++) {
    const struct journal_file *file = &journal->files[i];
    int fd = open(segment_path(file->first), O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, bytes, sizeof bytes);
    close(fd);
    FUZZ_CHECK(len == (ssize_t)file->len && (len == 0 || memcmp(bytes, file->bytes, file->len) == 0));
  }
}

/* ---- looking ---------------------------------------------------------------------------------------------------- */

/* What a reader saw. */
struct view {
  int rc;     /* EVS_END, or why it could not go on */
  bool whole; /* the last event ends its commit */
  uint64_t count;
  uint32_t crcs[MAX_EVENTS]; /* of the lines */
};

static evs_store *open_store(unsigned flags, unsigned segment_bytes) {
  const evs_open_options options = {.flags = flags, .timeout_ms = 2000, .segment_bytes = segment_bytes};
  evs_store *store = NULL;
  FUZZ_CHECK(evs_open(store_path, &options, &store, NULL) == 0);
  return store;
}

/* Reads everything. The events are numbered without holes. */
static void look(evs_store *store, unsigned flags, struct view *view) {
  evs_cursor *cursor = NULL;
  evs_error error = {0};
  evs_event event;
  struct evs__line line = {.commit_end = true};
  view->count = 0;
  view->rc = evs_read(store, NULL, 0, flags, &cursor, &error);
  while (view->rc == 0 && (view->rc = evs_next(cursor, &event, &error)) == 0) {
    FUZZ_CHECK(view->count < MAX_EVENTS && event.seq == view->count + 1);
    FUZZ_CHECK(evs__line_parse(event.line.ptr, event.line.len, &line) && line.event.seq == event.seq);
    view->crcs[view->count++] = evs__crc32c(0, event.line.ptr, event.line.len);
  }
  view->whole = line.commit_end;
  if (view->rc == EVS_END)
    FUZZ_CHECK(evs_cursor_position(cursor) == view->count);
  else
    FUZZ_CHECK((view->rc == EVS_CORRUPT || view->rc == EVS_FUTURE) && error.code == view->rc &&
               fuzz_is_clean_line(error.message));
  evs_cursor_close(cursor);
}

/* Is the one what the other begins with? */
static bool begins_with(const struct view *view, const struct view *start, uint64_t count) {
  return view->count >= count && start->count >= count &&
         memcmp(view->crcs, start->crcs, count * sizeof view->crcs[0]) == 0;
}

/* Looks with a handle of its own. */
static void look_again(unsigned open_flags, unsigned read_flags, const struct view *first) {
  static struct view view;
  evs_store *store = open_store(open_flags, 0);
  look(store, read_flags, &view);
  FUZZ_CHECK(view.rc == first->rc && view.count == first->count && begins_with(&view, first, view.count));
  evs_close(store);
}

/* How many findings of which kind. */
struct findings {
  unsigned torn, others;
  uint64_t torn_bytes;
};

static int count_finding(void *context, const evs_finding *finding) {
  struct findings *findings = context;
  FUZZ_CHECK(finding->message[0] && finding->file[0] && finding->line > 0);
  FUZZ_CHECK(finding->code == EVS_END || finding->code == EVS_CORRUPT || finding->code == EVS_FUTURE);
  findings->torn += finding->code == EVS_END;
  findings->others += finding->code != EVS_END;
  findings->torn_bytes += finding->code == EVS_END ? finding->bytes : 0;
  return 0;
}

/* evs_verify() and its visitor say the same. */
static int verify(evs_store *store, uint64_t *ret_events, uint64_t *ret_torn_bytes) {
  struct findings findings = {0};
  int rc = evs_verify(store, count_finding, &findings, ret_events, NULL);
  FUZZ_CHECK(rc == 0 || rc == EVS_CORRUPT || rc == EVS_FUTURE);
  FUZZ_CHECK((rc == 0) == (findings.others == 0) && findings.torn <= 1);
  *ret_torn_bytes = findings.torn_bytes;
  return rc;
}

/* Verifies and reads; everybody agrees, and nothing changes. */
static void check_looking(const struct journal *journal, const struct verdict *verdict, unsigned flags,
                          struct view *view) {
  uint64_t events = 0, torn_bytes = 0;
  evs_stat stat;
  evs_store *store = open_store(flags, 0);
  int rc = verify(store, &events, &torn_bytes);
  look(store, 0, view);
  FUZZ_CHECK(view->rc == verdict->reader);
  FUZZ_CHECK(view->rc != EVS_END || view->count == verdict->head);
  FUZZ_CHECK((rc == 0) == (verdict->reader == EVS_END && verdict->strict));
  FUZZ_CHECK(rc != 0 || view->whole);
  FUZZ_CHECK(rc != 0 || (events == verdict->head && torn_bytes == verdict->torn_bytes));
  if (view->rc == EVS_END) {
    FUZZ_CHECK(evs_stat_get(store, &stat, NULL) == 0 && stat.head == view->count && stat.written == view->count);
    FUZZ_CHECK(stat.segments == journal->count && stat.torn_bytes == verdict->torn_bytes);
  }
  evs_close(store);
  look_again(0, 0, view);
  look_again(EVS_READONLY, 0, view);
  look_again(0, EVS_READ_WRITTEN, view);
  unlink(fuzz_path("store/control"));
  look_again(EVS_READONLY, 0, view);
  check_untouched(journal);
}

/* ---- changing --------------------------------------------------------------------------------------------------- */

/* Appends a commit of two events; where that is a success it stands behind all that was there. Not `sane`: appends do
 * not look into closed files, so what is wrong there may keep a reader from what was appended. */
static int append(struct view *view, bool sane, unsigned segment_bytes) {
  static const char *const tags[] = {"n:1"};
  static struct view after;
  const evs_query any = {NULL, 0};
  const evs_new_event events[] = {{.type = "Added", .tags = tags, .tag_count = 1, .time_us = 1},
                                  {.type = "Added", .time_us = 1}};
  evs_store *store = open_store(EVS_CREATE, segment_bytes);
  evs_appended appended;
  evs_error error = {0};
  evs_condition condition = {&any, view->count};
  int rc = evs_append(store, events, 2, view->rc == EVS_END ? &condition : NULL, &appended, &error);
  bool full = rc == EVS_INVALID && strstr(error.message, "the journal is full"); /* behind a hole near the last seq */
  FUZZ_CHECK(rc == 0 || rc == EVS_CORRUPT || rc == EVS_FUTURE || full);
  FUZZ_CHECK(rc == 0 || (error.code == rc && fuzz_is_clean_line(error.message)));
  FUZZ_CHECK(view->rc != EVS_END || (rc == 0 && appended.first == view->count + 1));
  if (rc == 0)
    FUZZ_CHECK(appended.last == appended.first + 1);
  look(store, 0, &after);
  FUZZ_CHECK(!sane || (after.rc == EVS_END && after.whole && after.count == view->count + 2));
  FUZZ_CHECK(begins_with(&after, view, view->count));
  if (sane) { /* what came since stands in the way of who decided before */
    FUZZ_CHECK(evs_append(store, events, 2, &condition, NULL, &error) == EVS_CONFLICT);
    FUZZ_CHECK(error.position == view->count + 1);
  }
  evs_close(store);
  *view = after;
  return rc;
}

/* Repairs. What is left is whole, and was there before. */
static int repair(struct view *view, uint64_t last) {
  static struct view after;
  uint64_t head = 0, events = 0, torn_bytes = 0;
  evs_error error = {0};
  evs_store *store = open_store(0, 0);
  int before = verify(store, &events, &torn_bytes);
  int rc = evs_repair(store, last, &head, &error);
  FUZZ_CHECK(before == EVS_FUTURE ? rc == EVS_FUTURE : rc == 0);
  if (rc == 0) {
    look(store, 0, &after);
    FUZZ_CHECK(verify(store, &events, &torn_bytes) == 0 && torn_bytes == 0);
    FUZZ_CHECK(after.rc == EVS_END && after.whole && after.count == head && events == head &&
               (last == 0 || head <= last));
    /* Where nothing was wrong nothing is given up. Where only evs_verify() saw that something was, two files tell of
     * the same events, and the reader may have read the other one. */
    if (before == 0 || view->rc != EVS_END)
      FUZZ_CHECK(begins_with(view, &after, head < view->count ? head : view->count));
    FUZZ_CHECK(before != 0 || last != 0 || head == view->count);
    *view = after;
  }
  evs_close(store);
  return rc;
}

/* A file `control` of another time, or of nobody. */
static void leave_control(struct fuzz_bytes *bytes, uint8_t how) {
  uint8_t garbage[4096];
  size_t len = (how & 4) ? sizeof garbage : fuzz_byte(bytes);
  memset(garbage, how & 8 ? 0 : 0xA5, sizeof garbage);
  fuzz_save(fuzz_path("store/control"), garbage, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct view view;
  struct fuzz_bytes bytes = {data, size};
  struct journal journal;
  struct verdict verdict;
  uint8_t how = fuzz_byte(&bytes), last = fuzz_byte(&bytes);
  clear_store();
  if (how & 2)
    leave_control(&bytes, how);
  journal_make(&journal, &bytes);
  journal_judge(&journal, &verdict);
  for (size_t i = 0; i < journal.count; i++)
    fuzz_save(segment_path(journal.files[i].first), journal.files[i].bytes, journal.files[i].len);

  check_looking(&journal, &verdict, how & 1 ? EVS_READONLY : 0, &view);
  unsigned segment_bytes = how & 16 ? 512 : 0;
  if (!(how & 32)) { /* else it is repaired before anything is appended */
    int rc = append(&view, verdict.reader == EVS_END && verdict.strict, segment_bytes);
    FUZZ_CHECK(!verdict.refuses || rc == verdict.reader);
    if (verdict.refuses)
      check_untouched(&journal);
  }
  if (repair(&view, how & 64 ? last : 0) == 0) {
    FUZZ_CHECK(append(&view, true, segment_bytes) == 0);
    FUZZ_CHECK(repair(&view, 0) == 0);
    look_again(0, 0, &view);
  } else if (verdict.refuses) {
    check_untouched(&journal);
  }
  journal_free(&journal);
  return 0;
}
