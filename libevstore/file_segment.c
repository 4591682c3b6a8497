/* file_segment.c - the segments of the journal: journal/FIRSTSEQ.ndjson, twenty digits.
 *
 * Names say where a position is; inside of a segment lines are bisected, since every line starts with its seq.
 * The scan tells a torn tail (what a crash leaves) from damage (what no crash can leave) by the durable mark: a
 * line that was written when the bytes before it were durable proves that they once were whole. */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGITS 20
#define SUFFIX ".ndjson"
#define DIRECTORY "journal/"
#define FIRST_BUFFER (size_t)(64u << 10)
#define BISECT_BYTES (32u << 10)
#define MAX_STARTS 1024

void evs__segment_name(uint64_t first, char name[EVS__SEGMENT_NAME_SIZE]) {
  snprintf(name, EVS__SEGMENT_NAME_SIZE, "%020" PRIu64 SUFFIX, first);
}

void evs__segment_path(uint64_t first, char path[EVS__SEGMENT_PATH_SIZE]) {
  memcpy(path, DIRECTORY, sizeof DIRECTORY - 1);
  evs__segment_name(first, path + sizeof DIRECTORY - 1);
}

int evs__segment_fail(evs_error *error, int code, uint64_t segment, const char *doing) {
  char path[EVS__SEGMENT_PATH_SIZE];
  evs__segment_path(segment, path);
  return evs__fail_at(error, code, path, 0, 0, "cannot %s %s: %s", doing, path, strerror(code));
}

int evs__fail_future(evs_error *error, uint64_t segment, uint64_t format) {
  char path[EVS__SEGMENT_PATH_SIZE];
  evs__segment_path(segment, path);
  return evs__fail_at(error, EVS_FUTURE, path, 1, 0,
                      "%s: the journal has format %" PRIu64 ", this program knows up to %d: use a newer one", path,
                      format, EVS_FORMAT);
}

/* The first seq that a file's name tells; 0 where it is no segment. */
static uint64_t parse_name(const char *name) {
  uint64_t first = 0;
  if (strlen(name) != DIGITS + sizeof SUFFIX - 1 || strcmp(name + DIGITS, SUFFIX) != 0)
    return 0;
  for (int i = 0; i < DIGITS; i++) {
    if (name[i] < '0' || name[i] > '9')
      return 0;
    first = first * 10 + (uint64_t)(name[i] - '0');
  }
  return first <= EVS_MAX_SEQ ? first : 0;
}

static int by_number(const void *a, const void *b) {
  const uint64_t *x = a;
  const uint64_t *y = b;
  return (*x > *y) - (*x < *y);
}

int evs__segments(struct evs__file *file, uint64_t **ret_firsts, size_t *ret_count, evs_error *error) {
  uint64_t *firsts = NULL;
  size_t count = 0;
  size_t size = 0;
  int fd = -1;
  int rc = evs__io_open(file->journal_fd, ".", O_RDONLY | O_DIRECTORY, 0, &fd);
  DIR *dir = rc ? NULL : fdopendir(fd);
  if (!rc && !dir)
    rc = errno;
  errno = 0;
  for (struct dirent *entry; dir && !rc && (entry = readdir(dir)); errno = 0) {
    uint64_t first = parse_name(entry->d_name);
    if (!first)
      continue;
    if (count == size) {
      size = size ? 2 * size : 16;
      uint64_t *more = realloc(firsts, size * sizeof *firsts);
      if (!more) {
        rc = ENOMEM;
        break;
      }
      firsts = more;
    }
    firsts[count++] = first;
  }
  if (!rc)
    rc = errno;
  if (dir)
    closedir(dir);
  else
    evs__io_close(fd);
  if (rc) {
    free(firsts);
    return evs__fail_at(error, rc, "journal", 0, 0, "cannot list the journal: %s", strerror(rc));
  }
  if (count)
    qsort(firsts, count, sizeof *firsts, by_number);
  *ret_firsts = firsts;
  *ret_count = count;
  return 0;
}

int evs__tail_open(struct evs__file *file, uint64_t segment, evs_error *error) {
  char name[EVS__SEGMENT_NAME_SIZE];
  if (file->tail_fd >= 0 && file->tail_fd_segment == segment)
    return 0;
  evs__io_close(file->tail_fd);
  file->tail_fd = -1;
  evs__segment_name(segment, name);
  int rc = file->base.flags & EVS_READONLY ? EROFS : evs__io_open(file->journal_fd, name, O_RDWR, 0, &file->tail_fd);
  file->tail_fd_writable = rc == 0;
  if (rc == EACCES || rc == EPERM || rc == EROFS)
    rc = evs__io_open(file->journal_fd, name, O_RDONLY, 0, &file->tail_fd);
  file->tail_fd_segment = segment;
  struct evs__io_info info;
  file->tail_fd_inode = !rc && evs__io_info(file->tail_fd, &info) == 0 ? info.inode : 0;
  return rc ? evs__segment_fail(error, rc, segment, "open") : 0;
}

bool evs__tail_is_current(const struct evs__file *file, uint64_t segment) {
  return file->tail_fd >= 0 && file->tail_fd_segment == segment &&
         file->tail_fd_inode == atomic_load(&file->page->file_inode);
}

int evs__tail_current(struct evs__file *file, uint64_t segment, evs_error *error) {
  if (file->tail_fd >= 0 && file->tail_fd_inode != atomic_load(&file->page->file_inode)) {
    evs__io_close(file->tail_fd);
    file->tail_fd = -1;
  }
  return evs__tail_open(file, segment, error);
}

/* ---- reading lines ------------------------------------------------------------------------------- */

/* Gets more bytes behind what is buffered; *ret_got 0 at the end of the file. */
static int fill(struct evs__reader *reader, size_t *ret_got, evs_error *error) {
  if (reader->begin > 0) {
    memmove(reader->buf, reader->buf + reader->begin, reader->end - reader->begin);
    reader->end -= reader->begin;
    reader->begin = 0;
  }
  if (reader->end == reader->size) {
    size_t size = reader->size ? 2 * reader->size : FIRST_BUFFER;
    char *buf = realloc(reader->buf, size);
    if (!buf)
      return evs__fail(error, ENOMEM, "out of memory");
    reader->buf = buf;
    reader->size = size;
  }
  int rc = evs__io_read(reader->fd, reader->buf + reader->end, reader->size - reader->end, reader->filled, ret_got);
  if (rc)
    return evs__segment_fail(error, rc, reader->segment, "read");
  reader->end += *ret_got;
  reader->filled += *ret_got;
  return 0;
}

int evs__reader_line(struct evs__reader *reader, const char **ret_line, size_t *ret_len, evs_error *error) {
  size_t looked = 0;
  for (;;) {
    size_t have = reader->end - reader->begin; /* 0 where there is no buffer yet */
    const char *newline = have > looked ? memchr(reader->buf + reader->begin + looked, '\n', have - looked) : NULL;
    if (newline) {
      *ret_line = reader->buf + reader->begin;
      *ret_len = (size_t)(newline - *ret_line);
      reader->begin += *ret_len + 1;
      reader->offset += *ret_len + 1;
      return 0;
    }
    looked = have;
    size_t got = 0;
    if (have <= EVS_MAX_LINE) {
      int rc = fill(reader, &got, error);
      if (rc)
        return rc;
    }
    if (got == 0) { /* the end, or more without a newline than any line has */
      *ret_line = reader->buf + reader->begin;
      *ret_len = have;
      return EVS_END;
    }
  }
}

void evs__reader_rewind(struct evs__reader *reader) {
  reader->begin = reader->end = 0;
  reader->filled = reader->offset;
}

void evs__reader_free(struct evs__reader *reader) {
  free(reader->buf);
  reader->buf = NULL;
  reader->size = reader->begin = reader->end = 0;
}

/* ---- scanning ------------------------------------------------------------------------------------ */

/* Is there, anywhere in these bytes, a whole line that proves that the event `seq` was durable before it? A
 * damaged newline may have glued it to what comes before, so every possible start is tried. */
static bool proves_durable(const char *bytes, size_t len, uint64_t seq) {
  static const char start[] = "{\"seq\":";
  struct evs__line line;
  const char *end = bytes + len;
  int tries = MAX_STARTS; /* each costs a CRC of the rest */
  for (const char *at = bytes; tries > 0 && (at = memmem(at, (size_t)(end - at), start, sizeof start - 1)); at++) {
    uint64_t number;
    if (!evs__line_seq(at, (size_t)(end - at), &number) || number <= seq)
      continue; /* a proof stands behind what it proves */
    tries--;
    if (evs__line_parse(at, (size_t)(end - at), &line) && line.commit_end && line.durable >= seq)
      return true;
  }
  return false;
}

/* After the first bad line: reads on to the end of the file for a proof that what is bad was durable. */
static int look_for_damage(struct evs__reader *reader, struct evs__scan *scan, const char *line, size_t len,
                           evs_error *error) {
  uint64_t bad = scan->last + 1;
  for (;;) {
    if (proves_durable(line, len, bad)) {
      scan->damaged = true;
      return 0;
    }
    int rc = evs__reader_line(reader, &line, &len, error);
    if (rc == EVS_END && len <= EVS_MAX_LINE)
      return 0;
    if (rc == EVS_END) { /* a stretch without newlines that is longer than any line: step over it */
      reader->begin += len;
      reader->offset += len;
      line = "";
      len = 0;
    } else if (rc) {
      return rc;
    }
  }
}

int evs__scan_segment(int fd, uint64_t segment, struct evs__scan *scan, evs_error *error) {
  struct evs__reader reader = {.fd = fd, .segment = segment};
  struct evs__io_info info;
  struct evs__line line = {0};
  const char *text = NULL;
  size_t len = 0;
  uint64_t seq = segment - 1;
  uint64_t stop = scan->stop ? scan->stop : UINT64_MAX;
  int rc = evs__io_info(fd, &info);
  if (rc)
    return evs__segment_fail(error, rc, segment, "look at");
  *scan = (struct evs__scan){.last = seq, .size = info.size, .stop = stop};
  while (!(rc = evs__reader_line(&reader, &text, &len, error))) {
    uint64_t format = seq + 1 == segment ? evs__line_format(text, len) : EVS_FORMAT;
    if (format > EVS_FORMAT) {
      rc = evs__fail_future(error, segment, format);
      break;
    }
    if (!evs__line_parse(text, len, &line) || line.event.seq != seq + 1 || (line.format != 0) != (seq + 1 == segment) ||
        (line.commit_end && line.durable > seq)) {
      scan->bad_seq = seq + 1;
      scan->bad_byte = reader.offset - len - 1;
      rc = look_for_damage(&reader, scan, text, len, error);
      break;
    }
    seq++;
    if (line.commit_end && seq <= stop) {
      scan->last = seq;
      scan->durable = line.durable;
      scan->end = reader.offset;
    }
  }
  evs__reader_free(&reader);
  return rc == EVS_END ? 0 : rc;
}

int evs__segment_find(int fd, uint64_t segment, uint64_t seq, uint64_t *ret_offset, evs_error *error) {
  char buf[4096];
  struct evs__io_info info;
  uint64_t low = 0; /* always the start of a line at or before the one that is looked for */
  *ret_offset = 0;
  int rc = evs__io_info(fd, &info);
  uint64_t high = info.size;
  while (!rc && high - low > BISECT_BYTES) {
    uint64_t middle = low + (high - low) / 2;
    uint64_t at = middle;
    uint64_t found = 0;
    size_t got = 0;
    const char *newline = NULL;
    while (!newline && at < high) { /* lines may be longer than the buffer */
      rc = evs__io_read(fd, buf, sizeof buf, at, &got);
      if (rc || got == 0)
        break;
      newline = memchr(buf, '\n', got);
      at += newline ? (uint64_t)(newline - buf) + 1 : got;
    }
    if (rc)
      break;
    if (newline && at < high)
      rc = evs__io_read(fd, buf, 64, at, &got);
    /* What does not look like a line is left to the reader, who says what is wrong there. */
    if (!rc && newline && at < high && evs__line_seq(buf, got, &found) && found <= seq)
      low = at;
    else
      high = middle;
  }
  *ret_offset = low;
  return rc ? evs__segment_fail(error, rc, segment, "read") : 0;
}
