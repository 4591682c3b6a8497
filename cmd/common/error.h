/* error.h - what a command says when it fails: an exit code, a stable word, a sentence, figures.
 *
 * Functions below main return 0 or an exit code of sysexits.h, and fill the op_error that they were given;
 * only op_main() (and the batch, which answers line by line) prints it. */
#ifndef OP_ERROR_H
#define OP_ERROR_H

#include <evstore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  OP_OK = 0,
  OP_REFUSED = 1,     /* a rule says no, for good */
  OP_USAGE = 64,      /* wrong usage */
  OP_DATA = 65,       /* bad input data */
  OP_NOINPUT = 66,    /* an input or a store that is not there */
  OP_SOFTWARE = 70,   /* a bug of ours */
  OP_CANTCREATE = 73, /* cannot create */
  OP_IO = 74,         /* I/O error, full disk, corrupt journal */
  OP_TEMPORARY = 75,  /* not now, try again */
  OP_NOPERM = 77,     /* no permission */
  OP_CONFIG = 78,     /* bad configuration, unknown format of the journal */
};

#define OP_MAX_FIGURES 8

/* One figure of an error, a number or (text not NULL) a short text copied into the error. */
struct op_figure {
  const char *name; /* camelCase, static storage */
  int64_t number;
  char text[160]; /* "" : it is a number */
};

struct op_error {
  int exit_code;
  const char *code;  /* snake_case, static storage */
  int store_code;    /* of libevstore, an EVS_ code or errno; 0 where it was not the one that failed */
  char message[768]; /* one line without the program's name; control characters already made harmless */
  struct op_figure figures[OP_MAX_FIGURES];
  int figure_count;
};

/* Fills *error and returns exit_code, so that a caller can write `return op_fail(error, OP_DATA, "bad_seats",
 * "...", ...)`. Control characters, newlines and invalid UTF-8 in the formatted message are replaced by
 * \xNN / \n escapes so that it is always one clean line. */
int op_fail(struct op_error *error, int exit_code, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds a figure to an error that op_fail() has filled. */
void op_error_number(struct op_error *error, const char *name, int64_t number);
void op_error_text(struct op_error *error, const char *name, const char *text);

/* Turns a result of libevstore (not 0, not EVS_EXISTS) into an op_error: EVS_CONFLICT 1 conflict,
 * EVS_INVALID 65 invalid, EVS_NO_STORE 66 no_store, EVS_CORRUPT 74 corrupt_journal, EVS_FUTURE 78
 * unknown_format, EVS_BUSY 75 busy, EVS_LOST 74 lost, EVS_BEYOND 74 offset_beyond_head, ENOSPC/EDQUOT 74
 * disk_full, EACCES/EPERM/EROFS 77 no_permission, ENOTDIR/EEXIST 73 cannot_create, EOPNOTSUPP 78
 * unsupported_filesystem, other errno 74 io_error. */
int op_fail_store(struct op_error *error, int code, const evs_error *store_error);

/* ---- text for people's terminals ---------------------------------------------------------------- */

/* Decodes the UTF-8 character at text (len bytes left, 1 or more): returns its length and *ret_point; 0 where the
 * bytes are no UTF-8. */
size_t op_utf8_decode(const char *text, size_t len, uint32_t *ret_point);
/* Would this character break a line, move a cursor or turn the direction of what follows? */
bool op_is_control(uint32_t point);
/* Copies text as one harmless line: control characters and bytes that are no UTF-8 become \n, \t, \r or \xNN. What does
 * not fit is cut at a whole character. Returns the whole length, like snprintf(). */
size_t op_clean(const char *text, size_t len, char *buf, size_t size);

#endif
