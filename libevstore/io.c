/* io.c - the store's system calls on files. Nothing else in libevstore writes to a disk; the one exception is
 * the control page, which is memory shared through a file and never trusted after a reboot.
 *
 * Invariant: a function that returns 0 has done all that it was asked, whatever short counts and signals came
 * between. */
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int evs__io_open(int dir_fd, const char *name, int flags, mode_t mode, int *ret_fd) {
  int fd;
  do
    fd = openat(dir_fd, name, flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  *ret_fd = fd;
  return fd < 0 ? errno : 0;
}

void evs__io_close(int fd) {
  if (fd >= 0)
    close(fd);
}

/* The part of stat(2) that is wanted. */
static void info_from(const struct stat *st, struct evs__io_info *ret) {
  *ret = (struct evs__io_info){
      .size = (uint64_t)st->st_size,
      .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
      .ctime_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec,
      .device = (uint64_t)st->st_dev,
      .inode = (uint64_t)st->st_ino,
      .links = (uint64_t)st->st_nlink,
  };
}

int evs__io_info(int fd, struct evs__io_info *ret) {
  struct stat st;
  if (fstat(fd, &st))
    return errno;
  info_from(&st, ret);
  return 0;
}

int evs__io_info_at(int dir_fd, const char *name, struct evs__io_info *ret) {
  struct stat st;
  if (fstatat(dir_fd, name, &st, 0))
    return errno;
  info_from(&st, ret);
  return 0;
}

int evs__io_filesystem(int fd, uint32_t *ret_type) {
  struct statfs fs;
  int rc;
  do
    rc = fstatfs(fd, &fs);
  while (rc && errno == EINTR);
  if (rc)
    return errno;
  *ret_type = (uint32_t)fs.f_type; /* some have the highest of 32 bits set, and f_type is signed */
  return 0;
}

int evs__io_read(int fd, void *buf, size_t len, uint64_t offset, size_t *ret_got) {
  size_t got = 0;
  *ret_got = 0;
  while (got < len) {
    ssize_t n = pread(fd, (char *)buf + got, len - got, (off_t)(offset + got));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno;
    if (n == 0)
      break;
    got += (size_t)n;
  }
  *ret_got = got;
  return 0;
}

int evs__io_write(int fd, const void *buf, size_t len, uint64_t offset) {
  size_t done = 0;
  while (done < len) {
    ssize_t n = pwrite(fd, (const char *)buf + done, len - done, (off_t)(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? errno : EIO;
    done += (size_t)n;
  }
  return 0;
}

int evs__io_truncate(int fd, uint64_t size) {
  int rc;
  do
    rc = ftruncate(fd, (off_t)size);
  while (rc && errno == EINTR);
  return rc ? errno : 0;
}

int evs__io_allocate(int fd, uint64_t size) {
  int rc;
  do
    rc = fallocate(fd, 0, 0, (off_t)size);
  while (rc && errno == EINTR);
  if (rc && (errno == EOPNOTSUPP || errno == ENOSYS))
    return evs__io_truncate(fd, size);
  return rc ? errno : 0;
}

/* Only a hint: what fails here fails in the sync again. */
void evs__io_begin_write_back(int fd, uint64_t offset, size_t len) {
  sync_file_range(fd, (off_t)offset, (off_t)len, SYNC_FILE_RANGE_WRITE);
}

/* A sync that a signal interrupted has told nothing yet: what failed in it the next call tells. */
int evs__io_sync_data(int fd) {
  int rc;
  do
    rc = fdatasync(fd);
  while (rc && errno == EINTR);
  return rc ? errno : 0;
}

int evs__io_sync_all(int fd) {
  int rc;
  do
    rc = fsync(fd);
  while (rc && errno == EINTR);
  return rc ? errno : 0;
}

int evs__io_rename(int dir_fd, const char *from, const char *to) {
  return renameat(dir_fd, from, dir_fd, to) ? errno : 0;
}

int evs__io_unlink(int dir_fd, const char *name) { return unlinkat(dir_fd, name, 0) ? errno : 0; }

int evs__io_mkdir(int dir_fd, const char *name, mode_t mode) {
  return mkdirat(dir_fd, name, mode) && errno != EEXIST ? errno : 0;
}
