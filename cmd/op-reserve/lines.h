/* lines.h - lines of a stream as they come: waits for one, and then takes what is there without waiting. */
#ifndef RESERVE_LINES_H
#define RESERVE_LINES_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINE_MAX_BYTES = 1 << 20 };

struct lines {
  int fd;
  char *buf; /* `used` bytes, of which the first `start` are done with, and up to `scanned` hold no newline */
  size_t used, start, scanned;
  bool ended;      /* nothing more comes */
  bool skipping;   /* the rest of a line that was too long */
  uint64_t number; /* of the last line that was given */
};

enum lines_result {
  LINES_LINE,     /* a line, without its newline; valid until the next call */
  LINES_TOO_LONG, /* a line of more than LINE_MAX_BYTES; it is passed over */
  LINES_LATER,    /* nothing more without waiting */
  LINES_END,
  LINES_SIGNAL, /* a signal came while waiting */
  LINES_ERROR,  /* *error is filled: 74 io_error */
};

/* `fd` is borrowed. */
int lines_open(struct lines *lines, int fd, struct op_error *error);
enum lines_result lines_next(struct lines *lines, bool wait, const char **ret_line, size_t *ret_len,
                             struct op_error *error);
void lines_close(struct lines *lines); /* zeros are legal */

#endif
