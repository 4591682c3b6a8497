/* stopping_io.h - io.c with instants, for a test that includes this file: before and after each call that opens, reads
 * or changes something there is one, and at the n-th the process stops itself (SIGSTOP). The test's object then has all
 * symbols of io.c, so that the library's own is not linked. A stop during a system call looks to all others like one
 * just before or just after it; a write has an instant in its middle. */
#ifndef STOPPING_IO_H
#define STOPPING_IO_H

#define evs__io_open real_open
#define evs__io_read real_read
#define evs__io_write real_write
#define evs__io_truncate real_truncate
#define evs__io_sync_data real_sync_data
#define evs__io_sync_all real_sync_all
#define evs__io_rename real_rename
#define evs__io_unlink real_unlink
#define evs__io_mkdir real_mkdir
#include "libevstore/io.c" // NOLINT(bugprone-suspicious-include)
#undef evs__io_open
#undef evs__io_read
#undef evs__io_write
#undef evs__io_truncate
#undef evs__io_sync_data
#undef evs__io_sync_all
#undef evs__io_rename
#undef evs__io_unlink
#undef evs__io_mkdir

int evs__io_open(int dir_fd, const char *name, int flags, mode_t mode, int *ret_fd);
int evs__io_read(int fd, void *buf, size_t len, uint64_t offset, size_t *ret_got);
int evs__io_write(int fd, const void *buf, size_t len, uint64_t offset);
int evs__io_truncate(int fd, uint64_t size);
int evs__io_sync_data(int fd);
int evs__io_sync_all(int fd);
int evs__io_rename(int dir_fd, const char *from, const char *to);
int evs__io_unlink(int dir_fd, const char *name);
int evs__io_mkdir(int dir_fd, const char *name, mode_t mode);

#include <signal.h>

static unsigned instants; /* passed so far */
static unsigned stop_at;  /* the one to stop at, 0: none */

/* One instant. */
static void instant(void) {
  if (++instants == stop_at)
    raise(SIGSTOP);
}

/* A call with an instant on either side. */
#define BETWEEN_INSTANTS(call)                                                                                         \
  do {                                                                                                                 \
    instant();                                                                                                         \
    int rc = call;                                                                                                     \
    instant();                                                                                                         \
    return rc;                                                                                                         \
  } while (0)

int evs__io_open(int dir_fd, const char *name, int flags, mode_t mode, int *ret_fd) {
  BETWEEN_INSTANTS(real_open(dir_fd, name, flags, mode, ret_fd));
}
int evs__io_read(int fd, void *buf, size_t len, uint64_t offset, size_t *ret_got) {
  BETWEEN_INSTANTS(real_read(fd, buf, len, offset, ret_got));
}
/* In two halves, so that it can be stopped between them. */
int evs__io_write(int fd, const void *buf, size_t len, uint64_t offset) {
  instant();
  int rc = real_write(fd, buf, len / 2, offset);
  instant();
  rc = rc ? rc : real_write(fd, (const char *)buf + len / 2, len - len / 2, offset + len / 2);
  instant();
  return rc;
}
int evs__io_truncate(int fd, uint64_t size) { BETWEEN_INSTANTS(real_truncate(fd, size)); }
int evs__io_sync_data(int fd) { BETWEEN_INSTANTS(real_sync_data(fd)); }
int evs__io_sync_all(int fd) { BETWEEN_INSTANTS(real_sync_all(fd)); }
int evs__io_rename(int dir_fd, const char *from, const char *to) { BETWEEN_INSTANTS(real_rename(dir_fd, from, to)); }
int evs__io_unlink(int dir_fd, const char *name) { BETWEEN_INSTANTS(real_unlink(dir_fd, name)); }
int evs__io_mkdir(int dir_fd, const char *name, mode_t mode) { BETWEEN_INSTANTS(real_mkdir(dir_fd, name, mode)); }

#endif
