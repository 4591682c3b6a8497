/* file_append.c - evs_write(): the condition is checked and the commit written under one short lock; evs_check().
 *
 *   encode the events                    no lock
 *   look for conflicts up to the tail    no lock: the long part of a condition that reaches far back
 *   lock
 *     make the tail whole, if somebody died or failed
 *     look for conflicts in what came since, if the table of recent tags tells of any (file_recent.c)
 *     give out sequence numbers, write the lines with one pwrite, move the tail
 *   unlock                               evs_sync() follows, without a lock
 *
 * A full segment takes no more commits: who finds it full syncs it, without the lock, and comes back; when all of it
 * is durable the next one is made. So every segment but the last is whole and durable. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WRITE_BACK_BYTES (64u << 10) /* of a commit that is worth being sent to the disk before the sync */
#define LOOKS 8                      /* at a journal that is taken back under us each time */

/* A commit on its way, and what the condition has seen so far. */
struct commit {
  const evs_condition *condition;
  const evs_new_event *given;
  struct evs__prepared *events;
  size_t count;
  const char **ids; /* those that the caller chose, sorted, to find one among many */
  size_t id_count;
  evs_cursor *cursor; /* walks from condition->after to the tail */
  size_t matched;     /* how many of these events stood in a row, from the first */
  uint64_t matched_first;
  uint64_t matched_last;
  uint64_t conflict; /* seq of the first event that matches the condition or has one of the ids */
};

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Makes room for so many events in the handle's scratch. */
static int make_room(struct evs__file *file, size_t count, evs_error *error) {
  if (count <= file->event_room)
    return 0;
  struct evs__prepared *events = reallocarray(file->events, count, sizeof *events);
  if (events)
    file->events = events;
  const char **ids = reallocarray(file->ids, count, sizeof *ids);
  if (ids)
    file->ids = ids;
  if (!events || !ids)
    return evs__fail(error, ENOMEM, "out of memory");
  file->event_room = count;
  return 0;
}

/* Encodes all events; collects the ids that the caller chose. */
static int prepare(struct evs__file *file, struct commit *commit, evs_error *error) {
  file->preparing.now_us = evs__now_us();
  file->parts.len = 0;
  int rc = make_room(file, commit->count, error);
  commit->events = file->events;
  commit->ids = file->ids;
  for (size_t i = 0; !rc && i < commit->count; i++) {
    rc = evs__line_prepare(&commit->given[i], i + 1, &file->preparing, &file->parts, &commit->events[i], error);
    if (commit->given[i].id)
      commit->ids[commit->id_count++] = commit->given[i].id;
  }
  if (rc)
    return rc;
  if (commit->id_count > 1)
    qsort(commit->ids, commit->id_count, sizeof *commit->ids, by_text);
  for (size_t i = 1; i < commit->id_count; i++)
    if (strcmp(commit->ids[i - 1], commit->ids[i]) == 0)
      return evs__fail(error, EVS_INVALID, "two events of one commit have the id \"%s\"", commit->ids[i]);
  return 0;
}

/* Takes one event after the condition's position into account. */
static void look_at(struct commit *commit, const evs_event *event, bool matches) {
  char id[EVS_MAX_ID + 1];
  const char *key = id;
  bool same = false;
  if (commit->id_count && evs_json_unescape(event->id, id, sizeof id) < sizeof id) {
    same = bsearch(&key, commit->ids, commit->id_count, sizeof *commit->ids, by_text) != NULL;
    if (same && commit->matched < commit->count && strcmp(commit->events[commit->matched].id, id) == 0) {
      if (commit->matched == 0)
        commit->matched_first = event->seq;
      commit->matched_last = event->seq;
      commit->matched++;
    }
  }
  if ((matches || same) && commit->conflict == 0)
    commit->conflict = event->seq;
}

/* Opens the cursor of the condition, at its position. */
static int open_condition(struct evs__file *file, struct commit *commit, evs_error *error) {
  struct evs__query *query = NULL;
  unsigned page = file->basis_page;
  uint64_t basis = file->basis; /* of what the caller decided on, not of this look */
  int rc = evs__query_compile(commit->condition->unless, &query, error);
  rc = rc ? rc : evs__file_read(&file->base, query, commit->condition->after, EVS_READ_WRITTEN, &commit->cursor, error);
  file->basis = basis;
  file->basis_page = page;
  return rc;
}

/* Looks at everything written after what was looked at before. */
static int look(struct evs__file *file, struct commit *commit, evs_error *error) {
  evs_event event;
  bool matches;
  int rc = commit->cursor ? 0 : open_condition(file, commit, error);
  while (!rc && !(rc = evs__file_step(commit->cursor, &event, &matches, error)))
    look_at(commit, &event, matches && commit->condition->unless);
  return rc == EVS_END ? 0 : rc;
}

/* The same, from the beginning where what was looked at was taken back meanwhile, or the page is another one. Where the
 * table of recent tags says that there is nothing to be found, nothing is read; that is final under the lock, and a
 * good guess before. */
static int look_for_conflicts(struct evs__file *file, struct commit *commit, evs_error *error) {
  int rc = 0;
  if (!commit->condition)
    return 0;
  if (!commit->cursor && evs__recent_excludes(file->page, commit->condition, commit->ids, commit->id_count))
    return 0;
  for (int tries = 0; tries < LOOKS && (rc = look(file, commit, error)) == EVS_LOST; tries++) {
    evs__file_cursor_close(commit->cursor);
    commit->cursor = NULL;
    commit->matched = 0;
    commit->conflict = 0;
  }
  return rc;
}

/* What the condition says: 0, EVS_EXISTS or EVS_CONFLICT. */
static int judge(struct evs__file *file, struct commit *commit, evs_appended *ret_appended, evs_error *error) {
  struct evs__page *page = file->page;
  uint64_t word = atomic_load(&page->durable);
  if (!commit->condition)
    return 0;
  if (commit->matched == commit->count) {
    *ret_appended = (evs_appended){commit->matched_first, commit->matched_last};
    file->wrote.last = 0;
    evs__set_basis(file, word); /* they stand there now: only what happens from here on can take them back */
    return EVS_EXISTS;
  }
  /* A decision that rests on events that were taken back must be made again. */
  uint64_t after = commit->condition->after;
  bool gone = after > atomic_load(&page->tail_seq) ||
              (file->basis_page == file->attached ? evs__cut_since(file, file->basis, after)
                                                  : after > evs__durable_seq(file->basis));
  if (commit->conflict == 0 && !gone)
    return 0;
  evs__set_basis(file, word);
  if (commit->conflict)
    evs__fail(error, EVS_CONFLICT, "an event that the condition excludes stands at position %" PRIu64,
              commit->conflict);
  else
    evs__fail(error, EVS_CONFLICT, "events that were read to decide were taken back after a failed sync: read again");
  if (error)
    error->position = commit->conflict;
  return EVS_CONFLICT;
}

/* The lines of the commit, as they will stand from this position on. */
static int encode(struct evs__file *file, const struct commit *commit, uint64_t first, uint64_t durable,
                  bool new_segment, evs_error *error) {
  file->lines.len = 0;
  if (commit->count > EVS_MAX_SEQ - (first - 1))
    return evs__fail(error, EVS_INVALID, "the journal is full: positions end at %" PRIu64, EVS_MAX_SEQ);
  for (size_t i = 0; i < commit->count; i++) {
    struct evs__stamp stamp = {
        .seq = first + i,
        .first_of_segment = new_segment && i == 0,
        .commit_end = i + 1 == commit->count,
        .durable = durable,
    };
    int rc = evs__line_finish(&file->parts, &commit->events[i], &stamp, &file->lines, error);
    if (rc)
      return rc;
  }
  if (file->lines.len > EVS_MAX_COMMIT)
    return evs__fail(error, EVS_INVALID, "the commit has %zu bytes, at most %u are allowed", file->lines.len,
                     EVS_MAX_COMMIT);
  return 0;
}

/* Makes the next segment and opens it as the tail. An empty file of that name is one whose maker died. */
static int make_segment(struct evs__file *file, evs_error *error) {
  char name[EVS__SEGMENT_NAME_SIZE];
  uint64_t first = atomic_load(&file->page->tail_seq) + 1;
  evs__segment_name(first, name);
  evs__io_close(file->tail_fd);
  int rc = evs__io_open(file->journal_fd, name, O_RDWR | O_CREAT, 0600, &file->tail_fd);
  file->tail_fd_segment = first;
  file->tail_fd_writable = rc == 0;
  struct evs__io_info info;
  struct evs__io_info journal;
  rc = rc ? rc : evs__io_info(file->tail_fd, &info);
  rc = rc ? rc : evs__io_info(file->journal_fd, &journal);
  if (rc)
    return evs__segment_fail(error, rc, first, "make");
  file->tail_fd_inode = info.inode;
  atomic_store(&file->page->journal_mtime_ns, journal.mtime_ns);
  atomic_store(&file->page->tail_segment, first);
  atomic_store(&file->page->tail_bytes, 0);
  return 0;
}

/* The commit stands in the file: moves the tail of the page behind it. */
static void move_tail(struct evs__file *file, const struct commit *commit, const struct evs__io_info *info) {
  struct evs__page *page = file->page;
  uint64_t first = atomic_load(&page->tail_seq) + 1;
  for (size_t i = 0; i < commit->count; i++)
    evs__recent_add(page, &commit->given[i], commit->events[i].id, first + i);
  uint64_t end = atomic_load(&page->tail_bytes) + file->lines.len;
  atomic_store(&page->file_size, info->size);
  atomic_store(&page->file_mtime_ns, info->mtime_ns);
  atomic_store(&page->file_inode, info->inode);
  atomic_store(&page->tail_bytes, end);
  atomic_store(&page->tail_seq, first + commit->count - 1);
  file->spot = (struct evs__spot){first + commit->count, file->tail_fd_segment, end};
}

/* Writes file->lines at the tail. `changing` stands while the page and the file may differ. */
static int put(struct evs__file *file, const struct commit *commit, bool new_segment, evs_error *error) {
  struct evs__page *page = file->page;
  struct evs__io_info info;
  uint64_t tail_segment = atomic_load(&page->tail_segment);
  int rc = new_segment ? 0 : evs__tail_current(file, tail_segment, error);
  if (!rc && !new_segment && !file->tail_fd_writable)
    rc = evs__segment_fail(error, EACCES, tail_segment, "write");
  if (rc)
    return rc;
  atomic_store(&page->changing, 1);
  rc = new_segment ? make_segment(file, error) : 0;
  if (rc)
    return rc;
  uint64_t segment = file->tail_fd_segment;
  uint64_t offset = atomic_load(&page->tail_bytes);
  rc = evs__io_write(file->tail_fd, file->lines.ptr, file->lines.len, offset);
  rc = rc ? rc : evs__io_info(file->tail_fd, &info);
  if (rc) {
    /* Part of it may stand there. Cut it off now, or `changing` makes the next writer do so; part of a commit
     * is never taken for one. */
    evs__segment_fail(error, rc, segment, "write");
    if (evs__io_truncate(file->tail_fd, offset) == 0)
      evs__recover(file, true, NULL);
    return rc;
  }
  move_tail(file, commit, &info);
  atomic_store(&page->changing, 0);
  return 0;
}

/* Under the lock: everything from the tail being whole to the commit being written. *ret_full: the segment must be
 * synced first. */
static int write_locked(struct evs__file *file, struct commit *commit, bool *ret_full, evs_appended *ret_appended,
                        evs_error *error) {
  struct evs__page *page = file->page;
  int rc = evs__recover(file, true, error);
  rc = rc ? rc : look_for_conflicts(file, commit, error);
  rc = rc ? rc : judge(file, commit, ret_appended, error);
  if (rc)
    return rc;
  if (file->wrote.last && !evs__wrote_stands(file)) {
    file->wrote.last = 0;
    return evs__fail(error, EVS_LOST, "an earlier commit of this handle was taken back before it was synced");
  }
  uint64_t tail = atomic_load(&page->tail_seq);
  bool empty = atomic_load(&page->tail_bytes) == 0;
  bool full = atomic_load(&page->tail_bytes) >= file->segment_bytes;
  *ret_full = full && evs__durable_seq(atomic_load(&page->durable)) < tail;
  if (*ret_full)
    return 0;
  bool new_segment = full || atomic_load(&page->tail_segment) == 0;
  uint64_t durable = evs__durable_seq(atomic_load(&page->durable));
  rc = encode(file, commit, tail + 1, durable, new_segment || empty, error);
  rc = rc ? rc : put(file, commit, new_segment, error);
  if (rc)
    return rc;
  evs__set_basis(file, atomic_load(&page->durable));
  file->wrote.last = tail + commit->count;
  file->wrote.word = file->basis;
  file->wrote.page = file->attached;
  memcpy(file->wrote.crc, file->lines.ptr + file->lines.len - 11, 8);
  *ret_appended = (evs_appended){tail + 1, tail + commit->count};
  return 0;
}

/* Attaches as a writer, who cannot do without the page. */
static int attach_writer(struct evs__file *file, bool again, evs_error *error) {
  if (!again && file->page && file->page_writable) /* whether it is the current one shows under the lock */
    return 0;
  int rc = evs__attach(file, true, error);
  if (rc || (file->page && file->page_writable))
    return rc;
  rc = file->page_denied ? file->page_denied : EACCES;
  return evs__fail_at(error, rc, "control", 0, 0, "cannot write to the store %s: %s", file->path, strerror(rc));
}

int evs__file_write(evs_store *store, const evs_new_event *events, size_t count, const evs_condition *condition,
                    evs_appended *ret_appended, evs_error *error) {
  struct evs__file *file = evs__file(store);
  struct commit commit = {.condition = condition, .given = events, .count = count};
  int rc = prepare(file, &commit, error);
  rc = rc ? rc : attach_writer(file, false, error);
  rc = rc ? rc : look_for_conflicts(file, &commit, error);
  for (bool full = true; !rc && full;) {
    rc = evs__lock(file, EVS__LOCK_WRITE, error);
    if (rc)
      break;
    if (!evs__page_current(file)) { /* somebody deleted the control page while we waited */
      evs__unlock(file);
      rc = attach_writer(file, true, error);
      continue;
    }
    rc = write_locked(file, &commit, &full, ret_appended, error);
    evs__unlock(file);
    uint64_t durable;
    if (!rc && full)
      rc = evs__file_settle(file, &durable, error);
  }
  evs__file_cursor_close(commit.cursor);
  evs__file_turn_end(store);
  if (!rc && file->lines.len >= WRITE_BACK_BYTES) /* it may wait for the disk, so when nobody waits for us */
    evs__io_begin_write_back(file->tail_fd, file->spot.offset - file->lines.len, file->lines.len);
  return rc;
}

int evs__file_check(evs_store *store, const evs_new_event *events, size_t count, evs_error *error) {
  struct evs__file *file = evs__file(store);
  struct commit commit = {.given = events, .count = count};
  evs_stat stat;
  int rc = evs_stat_get(store, &stat, error);
  rc = rc ? rc : prepare(file, &commit, error);
  return rc ? rc : encode(file, &commit, stat.written + 1, stat.head, stat.written == 0, error);
}
