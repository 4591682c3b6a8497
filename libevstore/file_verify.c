/* file_verify.c - evs_verify() reads every byte; evs_repair() cuts where an operator said so.
 *
 * Verifying changes nothing and trusts nothing but the files. Repairing gives up acknowledged events, so it keeps
 * what it cuts, in files beside the segments whose names no reader takes for segments. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPY_BYTES (256u << 10)

/* A walk over the journal. */
struct walk {
  struct evs__file *file;
  int (*visit)(void *context, const evs_finding *finding);
  void *context;
  uint64_t events;
  uint64_t good;         /* seq of the last commit that is whole and has nothing bad before it */
  uint64_t good_segment; /* the segment that it stands in */
  uint64_t next;         /* seq that the next line must have; 0: any */
  uint64_t durable;
  bool open; /* inside of a commit */
  int worst;
  bool locked; /* the caller holds the write lock */
};

/* Reports something wrong. */
static int report(struct walk *walk, int code, uint64_t segment, uint64_t line, uint64_t byte, uint64_t bytes,
                  const char *message) {
  char path[EVS__SEGMENT_PATH_SIZE];
  evs__segment_path(segment, path);
  if (code != EVS_END && walk->worst != EVS_FUTURE)
    walk->worst = code;
  evs_finding finding = {code, path, line, byte, bytes, message};
  return walk->visit ? walk->visit(walk->context, &finding) : 0;
}

/* What is wrong with a line, or NULL. */
static const char *judge_line(struct walk *walk, const char *text, size_t len, bool first, struct evs__line *line) {
  if (first && evs__line_format(text, len) > EVS_FORMAT)
    return "a format that this program does not know";
  if (!evs__line_parse(text, len, line))
    return "the line is not what was written (its form or its CRC is wrong)";
  if ((line->format != 0) != first)
    return "the format mark is missing or misplaced";
  if (walk->next && line->event.seq != walk->next)
    return "the sequence number is not the next one";
  if (line->commit_end && (line->durable >= line->event.seq || line->durable < walk->durable))
    return "the durable mark is impossible";
  return NULL;
}

/* Scans the last segment. The lock keeps writers out, so that an append in flight is not taken for a torn one; what
 * stands before the end that was found does not change any more. */
static int scan_last(struct walk *walk, int fd, uint64_t segment, struct evs__scan *scan, evs_error *error) {
  int rc = walk->locked ? 0 : evs__lock(walk->file, EVS__LOCK_SHARED, error);
  if (rc)
    return rc;
  rc = evs__scan_segment(fd, segment, scan, error);
  if (!walk->locked)
    evs__unlock(walk->file);
  return rc;
}

/* Reads one segment. `last`: a torn tail is legal here. */
static int walk_segment(struct walk *walk, uint64_t segment, bool last, evs_error *error) {
  struct evs__reader reader = {.segment = segment};
  struct evs__scan scan = {0};
  struct evs__line line = {0};
  char name[EVS__SEGMENT_NAME_SIZE];
  const char *text = NULL;
  size_t len = 0;
  uint64_t number = 0;
  evs__segment_name(segment, name);
  int rc = evs__io_open(walk->file->journal_fd, name, O_RDONLY, 0, &reader.fd);
  if (rc)
    return evs__segment_fail(error, rc, segment, "open");
  rc = last ? scan_last(walk, reader.fd, segment, &scan, error) : 0;
  bool bounded = last && !rc && !scan.damaged; /* what follows scan.end is torn, or is being written */
  bool torn = bounded && scan.end < scan.size;
  rc = rc == EVS_FUTURE ? 0 : rc; /* told below, with its line */
  if (!rc && walk->next && walk->next != segment)
    rc = report(walk, EVS_CORRUPT, segment, 1, 0, 0, "events are missing before this file");
  walk->next = segment;
  while (!rc && !(bounded && reader.offset >= scan.end) && !(rc = evs__reader_line(&reader, &text, &len, error))) {
    const char *wrong = judge_line(walk, text, len, number++ == 0, &line);
    if (wrong) {
      int code = strncmp(wrong, "a format", 8) == 0 ? EVS_FUTURE : EVS_CORRUPT;
      rc = report(walk, code, segment, number, reader.offset - len - 1, 0, wrong);
      walk->next += walk->next ? 1 : 0; /* one line, one event: go on behind it */
      continue;
    }
    walk->events++;
    walk->next = line.event.seq + 1;
    walk->open = !line.commit_end;
    if (line.commit_end) {
      walk->durable = line.durable;
      if (walk->worst == 0) {
        walk->good = line.event.seq;
        walk->good_segment = segment;
      }
    }
  }
  if (rc == EVS_END)
    rc = len ? report(walk, EVS_CORRUPT, segment, number + 1, reader.offset, 0, "the last line is not whole") : 0;
  if (!rc && torn)
    rc = report(walk, EVS_END, segment, number + 1, scan.end, scan.size - scan.end,
                "a torn tail: an append that was never acknowledged; the next append cuts it off");
  else if (!rc && walk->open)
    rc = report(walk, EVS_CORRUPT, segment, number, reader.offset, 0, "the last commit is not whole");
  walk->open = false;
  evs__reader_free(&reader);
  evs__io_close(reader.fd);
  return rc;
}

/* Walks over all segments, or up to what could not be read. */
static int walk_journal(struct walk *walk, evs_error *error) {
  uint64_t *firsts = NULL;
  size_t count = 0;
  int rc = evs__segments(walk->file, &firsts, &count, error);
  for (size_t i = 0; !rc && i < count; i++) {
    if (i == 0 && firsts[0] != 1)
      rc = report(walk, EVS_CORRUPT, firsts[0], 1, 0, 0, "events are missing before this file");
    rc = rc ? rc : walk_segment(walk, firsts[i], i + 1 == count, error);
  }
  free(firsts);
  return rc;
}

/* Opens the directories without recovering anything; a store that cannot be recovered can still be read. */
static int attach_raw(struct evs__file *file, evs_error *error) {
  int rc = evs__attach(file, false, error);
  return rc == EVS_NO_STORE || file->journal_fd < 0 ? rc : 0;
}

int evs__file_verify(evs_store *store, int (*visit)(void *context, const evs_finding *finding), void *context,
                     uint64_t *ret_events, evs_error *error) {
  struct walk walk = {.file = evs__file(store), .visit = visit, .context = context};
  *ret_events = 0;
  int rc = attach_raw(walk.file, error);
  if (rc)
    return rc;
  rc = walk_journal(&walk, error);
  *ret_events = walk.events;
  if (rc || !walk.worst)
    return rc;
  return evs__fail(error, walk.worst,
                   walk.worst == EVS_FUTURE ? "the journal has a format that this program does not know"
                                            : "the journal is damaged");
}

/* Copies the end of a segment, from `offset`, into NAME.cut-N. */
static int keep_rest(struct evs__file *file, int fd, const char *name, uint64_t offset, evs_error *error) {
  char aside[EVS__SEGMENT_NAME_SIZE + 16];
  char *buf = malloc(COPY_BYTES);
  int out = -1;
  int rc = buf ? EEXIST : ENOMEM;
  for (unsigned n = 1; rc == EEXIST; n++) {
    snprintf(aside, sizeof aside, "%s.cut-%u", name, n);
    rc = evs__io_open(file->journal_fd, aside, O_WRONLY | O_CREAT | O_EXCL, 0600, &out);
  }
  for (uint64_t at = offset; !rc;) {
    size_t got = 0;
    rc = evs__io_read(fd, buf, COPY_BYTES, at, &got);
    if (rc || got == 0)
      break;
    rc = evs__io_write(out, buf, got, at - offset);
    at += got;
  }
  rc = rc ? rc : evs__io_sync_all(out);
  evs__io_close(out);
  free(buf);
  return rc ? evs__fail_at(error, rc, aside, 0, 0, "cannot keep what is cut in journal/%s: %s", aside, strerror(rc))
            : 0;
}

/* Cuts one segment after the last commit at or before `last`; one that holds nothing of it is moved aside whole. */
static int cut_segment(struct evs__file *file, uint64_t segment, uint64_t last, evs_error *error) {
  struct evs__scan scan = {.stop = last};
  char name[EVS__SEGMENT_NAME_SIZE];
  int fd = -1;
  evs__segment_name(segment, name);
  int rc = evs__io_open(file->journal_fd, name, O_RDWR, 0, &fd);
  if (rc)
    return evs__segment_fail(error, rc, segment, "open");
  if (segment <= last)
    rc = evs__scan_segment(fd, segment, &scan, error);
  struct evs__io_info info = {0};
  rc = rc ? rc : evs__io_info(fd, &info);
  if (!rc && info.size > scan.end) {
    rc = keep_rest(file, fd, name, scan.end, error);
    rc = rc ? rc : evs__io_truncate(fd, scan.end);
    rc = rc ? rc : evs__io_sync_all(fd);
  }
  evs__io_close(fd);
  if (!rc && segment > last)
    rc = evs__io_unlink(file->journal_fd, name);
  return rc;
}

/* The page tells nothing of a journal that is being cut, whatever comes of it; and what a failed sync would take back
 * was judged by the operator. */
static void forget_page(struct evs__file *file) {
  if (file->page && file->page_writable) {
    atomic_store(&file->page->ready, 0);
    atomic_store(&file->page->failed, 0);
  }
}

/* Under the lock: finds the place, and cuts from the end, so that a crash leaves a journal that ends earlier or is
 * still damaged. */
static int repair_locked(struct evs__file *file, uint64_t last, evs_error *error) {
  struct walk walk = {.file = file, .locked = true};
  uint64_t *firsts = NULL;
  size_t count = 0;
  int rc = walk_journal(&walk, error);
  if (!rc && walk.worst == EVS_FUTURE)
    rc = evs__fail(error, EVS_FUTURE, "the journal has a format that this program does not know");
  uint64_t stop = last && last < walk.good ? last : walk.good;
  rc = rc ? rc : evs__segments(file, &firsts, &count, error);
  if (!rc)
    forget_page(file);
  while (!rc && count-- > 0) {
    /* A file behind the damage goes whole, even where its name tells an event that stands before. */
    bool ends_here = firsts[count] <= stop && firsts[count] <= walk.good_segment;
    rc = cut_segment(file, firsts[count], ends_here ? stop : 0, error);
    if (ends_here)
      break;
  }
  free(firsts);
  rc = rc ? rc : evs__sync_directories(file, error);
  rc = rc || file->page ? rc : evs__page_map(file, error);
  if (!rc && file->page && file->page_writable) {
    forget_page(file);
    rc = evs__recover(file, true, error);
  }
  return rc;
}

int evs__file_repair(evs_store *store, uint64_t last, uint64_t *ret_head, evs_error *error) {
  struct evs__file *file = evs__file(store);
  *ret_head = 0;
  if (store->flags & EVS_READONLY)
    return evs__fail(error, EROFS, "the store was opened for reading only");
  int rc = attach_raw(file, error);
  rc = rc ? rc : evs__lock(file, EVS__LOCK_WRITE, error);
  if (rc)
    return rc;
  rc = repair_locked(file, last, error);
  evs__unlock(file);
  rc = rc ? rc : evs__attach(file, false, error);
  return rc ? rc : evs__file_settle(file, ret_head, error);
}
