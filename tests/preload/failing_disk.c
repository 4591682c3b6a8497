/* failing_disk.c - loaded before the C library into a command (LD_PRELOAD): writes and syncs of files below a directory
 * fail as if the disk did, and so do syncs of its file system. For the tests of the commands; what the store itself
 * does is tests/unit/test_store_fault.c.
 *
 *   FAIL_BELOW  the directory
 *   FAIL_CODE   the errno, as a number
 *   FAIL_AT     the number of the call that fails first, from 1; FAIL_TIMES: and how many, default all that follow
 *   FAIL_TOLD   a file that is made when a call fails: these calls and their files, one a line */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset);
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset);
ssize_t write(int fd, const void *bytes, size_t len);
int fdatasync(int fd);
int fsync(int fd);
int sync_file_range(int fd, off64_t offset, off64_t len, unsigned flags);
int syncfs(int fd);
int ftruncate(int fd, off_t size);
int ftruncate64(int fd, off64_t size);
int fallocate(int fd, int mode, off_t from, off_t size);
int fallocate64(int fd, int mode, off64_t from, off64_t size);

static long number(const char *name, long other) {
  const char *text = getenv(name);
  return text && *text ? strtol(text, NULL, 10) : other;
}

/* Is this call one that fails? Then errno is set. */
static bool fails(int fd, const char *call) {
  static long calls;
  char link[64];
  char path[4096] = "";
  const char *below = getenv("FAIL_BELOW");
  long at = number("FAIL_AT", 0);
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (!below || at == 0 || readlink(link, path, sizeof path - 1) < 0 || strncmp(path, below, strlen(below)) != 0)
    return false;
  calls++;
  if (calls < at || calls - at >= number("FAIL_TIMES", 1L << 30))
    return false;
  const char *told = getenv("FAIL_TOLD");
  int out = told ? open(told, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  if (out >= 0) {
    dprintf(out, "%s %s\n", call, path);
    close(out);
  }
  errno = (int)number("FAIL_CODE", EIO);
  return true;
}

/* The C library's own function of a name. */
#define REAL(name) (*(__typeof__(&(name)) *)real(#name, (void *[1]){NULL}))
static void **real(const char *name, void *place[1]) {
  place[0] = dlsym(RTLD_NEXT, name);
  return place;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset) {
  return fails(fd, "pwrite") ? -1 : REAL(pwrite)(fd, bytes, len, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset) {
  return fails(fd, "pwrite64") ? -1 : REAL(pwrite64)(fd, bytes, len, offset);
}
ssize_t write(int fd, const void *bytes, size_t len) { return fails(fd, "write") ? -1 : REAL(write)(fd, bytes, len); }
int fdatasync(int fd) { return fails(fd, "fdatasync") ? -1 : REAL(fdatasync)(fd); }
int sync_file_range(int fd, off64_t offset, off64_t len, unsigned flags) {
  return fails(fd, "sync_file_range") ? -1 : REAL(sync_file_range)(fd, offset, len, flags);
}
int syncfs(int fd) { return fails(fd, "syncfs") ? -1 : REAL(syncfs)(fd); }
int fsync(int fd) { return fails(fd, "fsync") ? -1 : REAL(fsync)(fd); }
int ftruncate(int fd, off_t size) { return fails(fd, "ftruncate") ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fails(fd, "ftruncate64") ? -1 : REAL(ftruncate64)(fd, size); }
int fallocate(int fd, int mode, off_t from, off_t size) {
  return fails(fd, "fallocate") ? -1 : REAL(fallocate)(fd, mode, from, size);
}
int fallocate64(int fd, int mode, off64_t from, off64_t size) {
  return fails(fd, "fallocate64") ? -1 : REAL(fallocate64)(fd, mode, from, size);
}
