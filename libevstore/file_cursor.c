/* file_cursor.c - reading: lines in order, from a position, no further than what may be shown.
 *
 * The cursor opens the segment that holds its next event, bisects to it, and reads forward through one buffer.
 * Every line that it passes is checked: form, CRC, and that its seq is the next one. What is missing or bad below
 * the limit is an error, never the end.
 *
 * Bytes beyond the limit may be an append in flight, or be taken back and written anew. So when the limit moves,
 * what is buffered beyond the current line is read again. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct file_cursor {
  evs_cursor base;
  struct evs__reader reader; /* .fd -1: no segment is open */
  uint64_t limit;            /* the last event that may be read now */
  uint64_t basis;            /* the durable word when this cursor last asked how far it may read */
  unsigned basis_page;       /* and of which page, counted by `attached`: generations of another tell nothing */
  uint64_t after;            /* what is at or before this was not asked for */
  bool fresh;                /* nothing was read yet, and the handle is attached as of now */
};

int evs__file_read(evs_store *store, struct evs__query *query, uint64_t after, unsigned flags, evs_cursor **ret_cursor,
                   evs_error *error) {
  struct evs__file *file = evs__file(store);
  bool exists;
  int rc = evs__attach_reader(file, &exists, error);
  struct file_cursor *cursor = rc ? NULL : calloc(1, sizeof *cursor);
  if (!cursor) {
    evs__query_free(query);
    return rc ? rc : evs__fail(error, ENOMEM, "out of memory");
  }
  cursor->base = (evs_cursor){store, query, after, flags};
  cursor->after = after;
  cursor->reader.fd = -1;
  cursor->fresh = exists;
  if (file->page) {
    cursor->basis = atomic_load(&file->page->durable);
    cursor->basis_page = file->attached;
    if (flags & EVS_READ_WRITTEN)
      evs__set_basis(file, cursor->basis);
  }
  *ret_cursor = &cursor->base;
  return 0;
}

/* An error at the line after the cursor's position. */
static int fail_here(const struct file_cursor *cursor, int code, const char *what, evs_error *error) {
  char path[EVS__SEGMENT_PATH_SIZE];
  uint64_t line = cursor->base.position + 2 - cursor->reader.segment;
  evs__segment_path(cursor->reader.segment, path);
  return evs__fail_at(error, code, path, line, cursor->reader.offset,
                      "the journal is damaged: %s, line %" PRIu64 ", byte %" PRIu64 ": %s", path, line,
                      cursor->reader.offset, what);
}

/* Was an event up to `seq`, which this cursor has read or may read, taken back? */
static bool taken_back(const struct file_cursor *cursor, uint64_t seq) {
  struct evs__file *file = evs__file(cursor->base.store);
  return cursor->basis_page == file->attached ? evs__taken_back(file, cursor->basis, seq)
                                              : seq > evs__durable_seq(cursor->basis);
}

/* Finds out how far may be read now. At the end of the durable part this makes durable what a writer left behind. */
static int move_limit(struct file_cursor *cursor, evs_error *error) {
  struct evs__file *file = evs__file(cursor->base.store);
  bool exists = true;
  uint64_t limit = 0;
  int rc = cursor->fresh ? 0 : evs__attach_reader(file, &exists, error);
  cursor->fresh = false;
  if (rc || !exists)
    return rc;
  if ((cursor->base.flags & EVS_READ_WRITTEN) && file->page) {
    uint64_t now = atomic_load(&file->page->durable);
    if (cursor->limit > 0 && taken_back(cursor, cursor->base.position)) /* 0: nothing was read yet */
      return evs__fail(error, EVS_LOST,
                       "events that were read to decide were taken back after a failed sync: read again");
    cursor->basis_page = file->attached;
    cursor->basis = now; /* what was read stands; what is read next was written after any rebuild up to now */
    limit = atomic_load(&file->page->tail_seq);
  } else {
    limit = evs__file_durable(file);
    if (limit <= cursor->base.position)
      rc = evs__file_settle(file, &limit, error);
  }
  if (!rc && limit > cursor->limit) {
    cursor->limit = limit;
    evs__reader_rewind(&cursor->reader);
  }
  return rc;
}

/* Closes the segment; the next read opens the one that follows. */
static void close_segment(struct file_cursor *cursor) {
  evs__io_close(cursor->reader.fd);
  cursor->reader.fd = -1;
}

/* Begins where the handle last stopped: one that decides, appends and decides again need not look for its place. */
static bool at_spot(struct file_cursor *cursor) {
  struct evs__file *file = evs__file(cursor->base.store);
  const struct evs__spot *spot = &file->spot;
  char name[EVS__SEGMENT_NAME_SIZE];
  char start[32];
  uint64_t seq;
  size_t got = 0;
  evs__segment_name(spot->segment, name);
  if (evs__io_open(file->journal_fd, name, O_RDONLY, 0, &cursor->reader.fd))
    return false;
  if (evs__io_read(cursor->reader.fd, start, sizeof start, spot->offset, &got) || !evs__line_seq(start, got, &seq) ||
      seq != spot->next) {
    close_segment(cursor);
    return false;
  }
  cursor->reader.segment = spot->segment;
  cursor->reader.offset = spot->offset;
  evs__reader_rewind(&cursor->reader);
  return true;
}

/* Opens the segment that holds the event after the position, at or shortly before it. */
static int open_segment(struct file_cursor *cursor, evs_error *error) {
  struct evs__file *file = evs__file(cursor->base.store);
  char name[EVS__SEGMENT_NAME_SIZE];
  uint64_t next = cursor->base.position + 1;
  uint64_t segment = next;
  uint64_t offset = 0;
  if (file->spot.next == next && at_spot(cursor))
    return 0;
  evs__segment_name(next, name);
  int rc = evs__io_open(file->journal_fd, name, O_RDONLY, 0, &cursor->reader.fd);
  if (rc == ENOENT) {
    uint64_t *firsts = NULL;
    size_t count = 0;
    rc = evs__segments(file, &firsts, &count, error);
    if (rc)
      return rc;
    for (segment = 0; count > 0 && segment == 0; count--)
      segment = firsts[count - 1] <= next ? firsts[count - 1] : 0;
    free(firsts);
    if (segment == 0)
      return evs__fail_at(error, EVS_CORRUPT, "journal", 0, 0,
                          "the journal is damaged: no segment holds event %" PRIu64, next);
    evs__segment_name(segment, name);
    rc = evs__io_open(file->journal_fd, name, O_RDONLY, 0, &cursor->reader.fd);
  }
  if (rc)
    return evs__segment_fail(error, rc, segment, "open");
  cursor->reader.segment = segment;
  if (segment < next)
    rc = evs__segment_find(cursor->reader.fd, segment, next, &offset, error);
  cursor->reader.offset = offset;
  evs__reader_rewind(&cursor->reader);
  return rc;
}

/* At the end of a segment's file: goes on in the next, which must begin with the next event. */
static int next_segment(struct file_cursor *cursor, size_t rest, evs_error *error) {
  struct evs__file *file = evs__file(cursor->base.store);
  char name[EVS__SEGMENT_NAME_SIZE];
  struct evs__io_info info;
  if (rest > 0)
    return fail_here(cursor, EVS_CORRUPT, "the line is not whole", error);
  evs__segment_name(cursor->base.position + 1, name);
  if (cursor->base.position + 1 == cursor->reader.segment || evs__io_info_at(file->journal_fd, name, &info))
    return fail_here(cursor, EVS_CORRUPT, "the file ends before the event", error);
  close_segment(cursor);
  return 0;
}

/* Checks one line. Of one whose type nobody wants only the envelope up to the type is parsed. */
static int take_line(struct file_cursor *cursor, const char *text, size_t len, struct evs__line *line, bool *ret_wanted,
                     evs_error *error) {
  uint64_t before = cursor->reader.offset - len - 1;
  bool first = before == 0;
  uint64_t format = first ? evs__line_format(text, len) : EVS_FORMAT;
  if (format > EVS_FORMAT)
    return evs__fail_future(error, cursor->reader.segment, format);
  const char *what = NULL;
  uint64_t expected = cursor->base.position + 1;
  bool whole = evs__line_begin(text, len, line);
  *ret_wanted = whole && evs__query_wants(cursor->base.query, line->event.type);
  if (!whole || (*ret_wanted && !evs__line_end(line)))
    what = "the line is not what was written (its form or its CRC is wrong)";
  else if ((line->format != 0) != first)
    what = "the format mark is missing or misplaced";
  else if (line->event.seq != expected && !(line->event.seq < expected && expected == cursor->after + 1))
    what = "the sequence number is not the next one";
  if (what) {
    cursor->reader.offset = before;
    evs__reader_rewind(&cursor->reader);
    return fail_here(cursor, EVS_CORRUPT, what, error);
  }
  return 0;
}

/* Was what this cursor may read taken back under it, or is it being? Then what looks like damage is none. */
static bool withdrawn(const struct file_cursor *cursor) {
  struct evs__file *file = evs__file(cursor->base.store);
  return (cursor->base.flags & EVS_READ_WRITTEN) && file->page &&
         (atomic_load(&file->page->failed) || !atomic_load(&file->page->ready) || taken_back(cursor, cursor->limit));
}

int evs__file_step(evs_cursor *base, evs_event *ret_event, bool *ret_matches, evs_error *error) {
  struct file_cursor *cursor = (struct file_cursor *)base;
  struct evs__line line; /* take_line() sets what is looked at; zeroing all of it would cost as much as that */
  line.event.seq = 0;
  for (;;) {
    if (base->position >= cursor->limit) {
      int rc = move_limit(cursor, error);
      if (rc)
        return rc;
      if (base->position >= cursor->limit)
        return EVS_END;
    }
    const char *text = NULL;
    size_t len = 0;
    int rc = cursor->reader.fd < 0 ? open_segment(cursor, error) : 0;
    rc = rc ? rc : evs__reader_line(&cursor->reader, &text, &len, error);
    if (rc == EVS_END) {
      rc = next_segment(cursor, len, error);
      if (!rc)
        continue;
    }
    bool wanted = false;
    rc = rc ? rc : take_line(cursor, text, len, &line, &wanted, error);
    if ((rc == EVS_CORRUPT || rc == ENOENT) && withdrawn(cursor))
      return evs__fail(error, EVS_LOST,
                       "events that were read to decide were taken back after a failed sync: read again");
    if (rc)
      return rc;
    if (line.event.seq <= base->position) /* bisection comes out a little early */
      continue;
    base->position = line.event.seq;
    *ret_event = line.event; /* all of it where it is wanted, else what stands before its tags */
    *ret_matches = wanted && evs__query_matches(base->query, ret_event);
    return 0;
  }
}

int evs__file_next(evs_cursor *cursor, evs_event *ret_event, evs_error *error) {
  bool matches = false;
  int rc = 0;
  while (!rc && !matches)
    rc = evs__file_step(cursor, ret_event, &matches, error);
  return rc;
}

void evs__file_cursor_close(evs_cursor *base) {
  struct file_cursor *cursor = (struct file_cursor *)base;
  if (!cursor)
    return;
  if (cursor->reader.fd >= 0)
    evs__file(base->store)->spot =
        (struct evs__spot){base->position + 1, cursor->reader.segment, cursor->reader.offset};
  close_segment(cursor);
  evs__reader_free(&cursor->reader);
  evs__query_free(base->query);
  free(cursor);
}
