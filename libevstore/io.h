/* io.h - all that the store does to a disk, in one place, so that a test build can replace it by one that
 * records, fails or forgets. Every function returns 0 or an errno; EINTR and short transfers are dealt with. */
#ifndef EVS_IO_H
#define EVS_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What stat(2) tells about a file, as far as the store wants to know. */
struct evs__io_info {
  uint64_t size;
  int64_t mtime_ns;
  int64_t ctime_ns; /* of a directory: when a name in it was last made, removed or replaced */
  uint64_t device, inode;
  uint64_t links; /* 0: it was deleted, and lives only as long as it is open */
};

int evs__io_open(int dir_fd, const char *name, int flags, mode_t mode, int *ret_fd);
void evs__io_close(int fd); /* -1 is legal; only for descriptors whose writes were synced or do not matter */
int evs__io_info(int fd, struct evs__io_info *ret);
int evs__io_info_at(int dir_fd, const char *name, struct evs__io_info *ret);
/* The kind of filesystem that an open file stands on, as f_type of statfs(2). */
int evs__io_filesystem(int fd, uint32_t *ret_type);
/* Reads until `len` bytes or the end of the file; *ret_got tells how many. */
int evs__io_read(int fd, void *buf, size_t len, uint64_t offset, size_t *ret_got);
/* Writes all of it, or fails with part of it written. */
int evs__io_write(int fd, const void *buf, size_t len, uint64_t offset);
int evs__io_truncate(int fd, uint64_t size);
/* Makes the file as large as this, with room on the disk for all of it where the filesystem can promise that. What
 * stands in it stays, whoever else does the same. */
int evs__io_allocate(int fd, uint64_t size);
/* Asks the system to begin writing these bytes to the disk, so that the next sync has less to wait for. */
void evs__io_begin_write_back(int fd, uint64_t offset, size_t len);
int evs__io_sync_data(int fd); /* fdatasync: the bytes, and the size that reading them back needs */
int evs__io_sync_all(int fd);  /* fsync: a directory, or a file that was cut */
int evs__io_rename(int dir_fd, const char *from, const char *to);
int evs__io_unlink(int dir_fd, const char *name);
int evs__io_mkdir(int dir_fd, const char *name, mode_t mode); /* there already: 0 */

#endif
