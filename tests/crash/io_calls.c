/* io_calls.c - io.c with its system calls replaced, see io_calls.h. A call that io.c begins to use and that has no
 * replacement here would go past the tests; test_store_fault.c looks at the symbols of this object for such. */
#include "io_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

ssize_t (*io_handler)(const struct io_call *call) = io_really;

ssize_t io_really(const struct io_call *call) {
  switch (call->kind) {
  case IO_OPEN:
    return openat(call->fd, call->name, call->flags, call->mode);
  case IO_CLOSE:
    return close(call->fd);
  case IO_STAT:
    return call->name ? fstatat(call->fd, call->name, call->result, 0) : fstat(call->fd, call->result);
  case IO_READ:
    return pread(call->fd, call->result, call->len, (off_t)call->offset);
  case IO_WRITE:
    return pwrite(call->fd, call->bytes, call->len, (off_t)call->offset);
  case IO_TRUNCATE:
    return ftruncate(call->fd, (off_t)call->offset);
  case IO_ALLOCATE:
    return fallocate(call->fd, 0, 0, (off_t)call->offset);
  case IO_WRITE_BACK:
    return sync_file_range(call->fd, (off_t)call->offset, (off_t)call->len, SYNC_FILE_RANGE_WRITE);
  case IO_SYNC_DATA:
    return fdatasync(call->fd);
  case IO_SYNC_ALL:
    return fsync(call->fd);
  case IO_RENAME:
    return renameat(call->fd, call->name, call->fd, call->to);
  case IO_UNLINK:
    return unlinkat(call->fd, call->name, 0);
  case IO_MKDIR:
    return mkdirat(call->fd, call->name, call->mode);
  case IO_FILESYSTEM:
    return fstatfs(call->fd, call->result);
  case IO_KINDS:
    break;
  }
  errno = ENOSYS;
  return -1;
}

/* ---- what io.c calls instead -------------------------------------------------------------------------- */

#define HANDLE(...) io_handler(&(const struct io_call){__VA_ARGS__})

static int call_openat(int fd, const char *name, int flags, mode_t mode) {
  return (int)HANDLE(.kind = IO_OPEN, .fd = fd, .name = name, .flags = flags, .mode = mode);
}
static int call_close(int fd) { return (int)HANDLE(.kind = IO_CLOSE, .fd = fd); }
static int call_fstat(int fd, struct stat *st) { return (int)HANDLE(.kind = IO_STAT, .fd = fd, .result = st); }
static int call_fstatat(int fd, const char *name, struct stat *st, int flags) {
  return (int)HANDLE(.kind = IO_STAT, .fd = fd, .name = name, .result = st, .flags = flags);
}
static ssize_t call_pread(int fd, void *buf, size_t len, off_t offset) {
  return HANDLE(.kind = IO_READ, .fd = fd, .result = buf, .len = len, .offset = (uint64_t)offset);
}
static ssize_t call_pwrite(int fd, const void *buf, size_t len, off_t offset) {
  return HANDLE(.kind = IO_WRITE, .fd = fd, .bytes = buf, .len = len, .offset = (uint64_t)offset);
}
static int call_ftruncate(int fd, off_t size) {
  return (int)HANDLE(.kind = IO_TRUNCATE, .fd = fd, .offset = (uint64_t)size);
}
static int call_fallocate(int fd, int mode, off_t from, off_t size) {
  (void)mode; /* io.c allocates from the start */
  (void)from;
  return (int)HANDLE(.kind = IO_ALLOCATE, .fd = fd, .offset = (uint64_t)size);
}
static int call_sync_file_range(int fd, off_t offset, off_t len, unsigned flags) {
  (void)flags; /* io.c only begins to write back */
  return (int)HANDLE(.kind = IO_WRITE_BACK, .fd = fd, .offset = (uint64_t)offset, .len = (size_t)len);
}
static int call_fdatasync(int fd) { return (int)HANDLE(.kind = IO_SYNC_DATA, .fd = fd); }
static int call_fsync(int fd) { return (int)HANDLE(.kind = IO_SYNC_ALL, .fd = fd); }
static int call_renameat(int fd, const char *from, int to_fd, const char *to) {
  (void)to_fd; /* io.c renames within one directory */
  return (int)HANDLE(.kind = IO_RENAME, .fd = fd, .name = from, .to = to);
}
static int call_unlinkat(int fd, const char *name, int flags) {
  return (int)HANDLE(.kind = IO_UNLINK, .fd = fd, .name = name, .flags = flags);
}
static int call_mkdirat(int fd, const char *name, mode_t mode) {
  return (int)HANDLE(.kind = IO_MKDIR, .fd = fd, .name = name, .mode = mode);
}

static int call_fstatfs(int fd, struct statfs *fs) {
  return (int)HANDLE(.kind = IO_FILESYSTEM, .fd = fd, .result = fs);
}

#undef openat
#undef fstat
#undef fstatat
#undef fstatfs
#undef pread
#undef pwrite
#undef ftruncate
#undef fallocate
#undef sync_file_range
#define openat call_openat
#define close call_close
#define fstat call_fstat
#define fstatat call_fstatat
#define fstatfs call_fstatfs
#define pread call_pread
#define pwrite call_pwrite
#define ftruncate call_ftruncate
#define fallocate call_fallocate
#define sync_file_range call_sync_file_range
#define fdatasync call_fdatasync
#define fsync call_fsync
#define renameat call_renameat
#define unlinkat call_unlinkat
#define mkdirat call_mkdirat
#include "libevstore/io.c" // NOLINT(bugprone-suspicious-include)
