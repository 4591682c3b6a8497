/* io_calls.h - libevstore/io.c over system calls that a test may record, let fail, cut short or interrupt.
 *
 * io_calls.c holds all of io.c, compiled with every system call in it going through one function pointer. A program
 * that links it has the symbols of io.h from here, so the library's own object stays out; the loops of io.c, which deal
 * with short transfers and signals, are what is tested. */
#ifndef IO_CALLS_H
#define IO_CALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum io_kind {
  IO_OPEN,
  IO_CLOSE,
  IO_STAT,
  IO_READ,
  IO_WRITE,
  IO_TRUNCATE,
  IO_ALLOCATE,
  IO_WRITE_BACK,
  IO_SYNC_DATA,
  IO_SYNC_ALL,
  IO_RENAME,
  IO_UNLINK,
  IO_MKDIR,
  IO_FILESYSTEM,
  IO_KINDS,
};

/* One system call, before it is made. What a kind has no use for is 0. */
struct io_call {
  enum io_kind kind;
  int fd;           /* the file, or the directory in which `name` is looked up */
  const char *name; /* NULL: the call is about fd itself */
  const char *to;   /* IO_RENAME */
  int flags;        /* IO_OPEN */
  mode_t mode;      /* IO_OPEN, IO_MKDIR */
  void *result;     /* IO_READ: the buffer; IO_STAT: the struct stat; IO_FILESYSTEM: the struct statfs */
  const void *bytes;
  size_t len;
  uint64_t offset; /* IO_TRUNCATE, IO_ALLOCATE: the size */
};

/* Makes the call; -1 and errno, as it does. */
ssize_t io_really(const struct io_call *call);

/* What every call goes to; io_really() until a test sets another. */
extern ssize_t (*io_handler)(const struct io_call *call);

#endif
