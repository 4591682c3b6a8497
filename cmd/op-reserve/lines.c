/* lines.c - reads lines by read(2) and poll(2), see lines.h.
 *
 * Whoever types or sends one line at a time gets its answer at once, and a file goes through in large pieces.
 * Invariants: a line is given once and whole; a last line without a newline is a line; a line that is too long costs no
 * more memory than the longest good one. */
#include "lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = LINE_MAX_BYTES + (1 << 16) };

/* Makes the buffer. */
int lines_open(struct lines *lines, int fd, struct op_error *error) {
  *lines = (struct lines){.fd = fd, .buf = malloc(BUFFER_BYTES)};
  return lines->buf ? OP_OK : op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
}

/* Gives it back. */
void lines_close(struct lines *lines) {
  free(lines->buf);
  *lines = (struct lines){0};
}

/* Would read(2) return at once? */
static bool is_ready(int fd) {
  struct pollfd poller = {.fd = fd, .events = POLLIN};
  return poll(&poller, 1, 0) > 0;
}

/* Reads what is there, behind what is in the buffer. */
static enum lines_result fill(struct lines *lines, bool wait, struct op_error *error) {
  if (!wait && !is_ready(lines->fd))
    return LINES_LATER;
  memmove(lines->buf, lines->buf + lines->start, lines->used - lines->start);
  lines->used -= lines->start;
  lines->scanned -= lines->start;
  lines->start = 0;
  ssize_t count = read(lines->fd, lines->buf + lines->used, BUFFER_BYTES - lines->used);
  if (count < 0 && errno == EINTR)
    return LINES_SIGNAL;
  if (count < 0) {
    op_fail(error, OP_IO, "io_error", "standard input: %s", strerror(errno));
    return LINES_ERROR;
  }
  lines->used += (size_t)count;
  lines->ended = count == 0;
  return LINES_LINE;
}

/* Gives the line of `len` bytes at the start of what is left; `more` is 1 where a newline ends it. */
static enum lines_result give(struct lines *lines, size_t len, size_t more, const char **ret_line, size_t *ret_len) {
  bool skipped = lines->skipping;
  *ret_line = lines->buf + lines->start;
  *ret_len = len;
  lines->start += len + more;
  lines->scanned = lines->start;
  lines->skipping = false;
  if (skipped) /* the end of a line that was given already, as too long */
    return LINES_LATER;
  lines->number++;
  return len > LINE_MAX_BYTES ? LINES_TOO_LONG : LINES_LINE;
}

/* The next line, or why there is none. */
enum lines_result lines_next(struct lines *lines, bool wait, const char **ret_line, size_t *ret_len,
                             struct op_error *error) {
  for (;;) {
    size_t left = lines->used - lines->start;
    const char *newline = memchr(lines->buf + lines->scanned, '\n', lines->used - lines->scanned);
    lines->scanned = lines->used;
    if (newline || (lines->ended && left > 0)) {
      size_t len = newline ? (size_t)(newline - (lines->buf + lines->start)) : left;
      enum lines_result result = give(lines, len, newline ? 1 : 0, ret_line, ret_len);
      if (result != LINES_LATER)
        return result;
      continue;
    }
    if (lines->ended)
      return LINES_END;
    if (lines->skipping) {
      lines->start = lines->used;
    } else if (left > LINE_MAX_BYTES) {
      lines->start = lines->used;
      lines->skipping = true;
      lines->number++;
      return LINES_TOO_LONG;
    }
    enum lines_result result = fill(lines, wait, error);
    if (result != LINES_LINE)
      return result;
  }
}
