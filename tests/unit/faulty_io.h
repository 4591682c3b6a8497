/* faulty_io.h - io.c with faults, for a test that includes this file: every change to the disk is counted, the n-th may
 * fail or end the process, and what a power failure would leave is kept track of. The test's object then has all
 * symbols of io.c, so that the library's own is not linked.
 *
 * The model of the disk is the worst that POSIX and Linux allow. Of a file only what a sync covered is sure; of the
 * rest every block may be there or not. A sync that failed drops the pages: the next one succeeds and brings nothing
 * back. fdatasync does not make a shorter size durable. A name is sure when its directory was synced after it was made.
 */
#ifndef FAULTY_IO_H
#define FAULTY_IO_H

#include "journal_fixture.h"

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

#include <dirent.h>
#include <stdlib.h>
#include <sys/mman.h>

#define DISK_FILES 40
#define DISK_DIRS 8
#define DISK_NAMES 40
#define DISK_BYTES (24u << 10) /* of the longest file */
#define DISK_RANGES 64

/* What is durable of a file, and what was written since. */
struct disk_file {
  uint64_t inode;
  size_t len;
  struct {
    size_t from, to;
  } dirty[DISK_RANGES];
  size_t dirty_count;
  char bytes[DISK_BYTES];
};

/* The names in a directory that are durable. */
struct disk_dir {
  uint64_t inode;
  size_t count;
  struct {
    char name[64];
    uint64_t inode;
  } names[DISK_NAMES];
};

/* In memory that the processes of a test share. */
struct faulty {
  unsigned step;     /* changes so far */
  unsigned fail_at;  /* this one fails, 0: none */
  unsigned fail_for; /* and so many that follow it */
  int fail_code;
  unsigned die_at; /* before this one the process ends, 0: never */
  unsigned reads, fail_read_at;
  bool tracks;         /* keeps what is durable */
  char below[JF_PATH]; /* of this directory and those in it */
  uint64_t acknowledged, offset;
  size_t file_count, dir_count;
  struct disk_file files[DISK_FILES];
  struct disk_dir dirs[DISK_DIRS];
};

static struct faulty *faulty;

/* Makes the state, or forgets all of it. */
static void faulty_reset(void) {
  if (!faulty) {
    void *map = mmap(NULL, sizeof *faulty, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
      abort();
    faulty = map;
  }
  memset(faulty, 0, sizeof *faulty);
}

/* Is the model of the disk in use? Then the true one need not sync. */
static bool faulty_tracks(void) { return faulty && faulty->tracks; }

/* Counts a change: 0, or the error that it is to have. */
static int faulty_step(void) {
  if (!faulty)
    return 0;
  unsigned step = ++faulty->step;
  if (step == faulty->die_at)
    _exit(77);
  return faulty->fail_at && step >= faulty->fail_at && step <= faulty->fail_at + faulty->fail_for ? faulty->fail_code
                                                                                                  : 0;
}

/* ---- what is durable ---------------------------------------------------------------------------------- */

/* The record of the open file; NULL where nothing is kept or it is a directory. */
static struct disk_file *disk_file_of(int fd) {
  struct stat st;
  if (!faulty_tracks() || fstat(fd, &st) || S_ISDIR(st.st_mode))
    return NULL;
  for (size_t i = 0; i < faulty->file_count; i++)
    if (faulty->files[i].inode == st.st_ino)
      return &faulty->files[i];
  JF_MUST(faulty->file_count < DISK_FILES);
  struct disk_file *file = &faulty->files[faulty->file_count++];
  memset(file, 0, sizeof *file);
  file->inode = st.st_ino;
  return file;
}

/* A sync succeeded: what was written since the last one that did or failed is durable. */
static void disk_file_synced(int fd, bool metadata) {
  struct disk_file *file = disk_file_of(fd);
  struct stat st;
  char path[64];
  if (!file)
    return;
  JF_MUST(fstat(fd, &st) == 0 && (size_t)st.st_size <= DISK_BYTES);
  size_t size = (size_t)st.st_size;
  if (size < file->len && metadata)
    memset(file->bytes + size, 0, file->len - size);
  if (size > file->len || metadata)
    file->len = size;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int again = open(path, O_RDONLY | O_CLOEXEC); /* the given one may be for writing only */
  JF_MUST(again >= 0);
  for (size_t i = 0; i < file->dirty_count; i++) {
    size_t to = file->dirty[i].to < size ? file->dirty[i].to : size;
    size_t from = file->dirty[i].from;
    if (from < to)
      JF_MUST(pread(again, file->bytes + from, to - from, (off_t)from) == (ssize_t)(to - from));
  }
  close(again);
  file->dirty_count = 0;
}

/* A directory was synced: its names are durable. */
static void disk_dir_synced(int fd) {
  struct stat st;
  char path[64];
  char name[JF_PATH] = "";
  if (!faulty_tracks() || fstat(fd, &st))
    return;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (readlink(path, name, sizeof name - 1) < 0 || strncmp(name, faulty->below, strlen(faulty->below)) != 0)
    return;
  struct disk_dir *dir = NULL;
  for (size_t i = 0; i < faulty->dir_count; i++)
    if (faulty->dirs[i].inode == st.st_ino)
      dir = &faulty->dirs[i];
  if (!dir) {
    JF_MUST(faulty->dir_count < DISK_DIRS);
    dir = &faulty->dirs[faulty->dir_count++];
  }
  dir->inode = st.st_ino;
  dir->count = 0;
  DIR *list = opendir(path);
  JF_MUST(list != NULL);
  for (struct dirent *entry; (entry = readdir(list));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    JF_MUST(dir->count < DISK_NAMES);
    snprintf(dir->names[dir->count].name, sizeof dir->names[0].name, "%.63s", entry->d_name);
    dir->names[dir->count++].inode = entry->d_ino;
  }
  closedir(list);
}

/* ---- the functions of io.h ---------------------------------------------------------------------------- */

int evs__io_open(int dir_fd, const char *name, int flags, mode_t mode, int *ret_fd) {
  int rc = flags & O_CREAT ? faulty_step() : 0;
  *ret_fd = -1;
  return rc ? rc : real_open(dir_fd, name, flags, mode, ret_fd);
}

int evs__io_read(int fd, void *buf, size_t len, uint64_t offset, size_t *ret_got) {
  *ret_got = 0;
  if (faulty && ++faulty->reads == faulty->fail_read_at)
    return EIO;
  return real_read(fd, buf, len, offset, ret_got);
}

int evs__io_write(int fd, const void *buf, size_t len, uint64_t offset) {
  struct disk_file *file = disk_file_of(fd);
  size_t half = len / 2;
  if (file) {
    JF_MUST(file->dirty_count < DISK_RANGES);
    file->dirty[file->dirty_count].from = offset;
    file->dirty[file->dirty_count++].to = offset + len;
  }
  if (faulty && (faulty->step + 1 == faulty->die_at || (faulty->fail_at && faulty->step + 1 >= faulty->fail_at)))
    real_write(fd, buf, half, offset); /* part of it may stand there */
  int rc = faulty_step();
  return rc ? rc : real_write(fd, buf, len, offset);
}

int evs__io_truncate(int fd, uint64_t size) {
  int rc = faulty_step();
  return rc ? rc : real_truncate(fd, size);
}

int evs__io_sync_data(int fd) {
  struct disk_file *file = disk_file_of(fd);
  int rc = faulty_step();
  if (rc && file)
    file->dirty_count = 0; /* the pages were dropped */
  rc = rc || faulty_tracks() ? rc : real_sync_data(fd);
  if (!rc)
    disk_file_synced(fd, false);
  return rc;
}

int evs__io_sync_all(int fd) {
  struct stat st;
  struct disk_file *file = disk_file_of(fd);
  int rc = faulty_step();
  if (rc && file)
    file->dirty_count = 0;
  rc = rc || faulty_tracks() ? rc : real_sync_all(fd);
  if (!rc && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
    disk_dir_synced(fd);
  else if (!rc)
    disk_file_synced(fd, true);
  return rc;
}

int evs__io_rename(int dir_fd, const char *from, const char *to) {
  int rc = faulty_step();
  return rc ? rc : real_rename(dir_fd, from, to);
}

int evs__io_unlink(int dir_fd, const char *name) {
  int rc = faulty_step();
  return rc ? rc : real_unlink(dir_fd, name);
}

int evs__io_mkdir(int dir_fd, const char *name, mode_t mode) {
  int rc = faulty_step();
  return rc ? rc : real_mkdir(dir_fd, name, mode);
}

#endif
