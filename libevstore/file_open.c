/* file_open.c - the store's directories and what they stand on, attaching to its control page, closing, and the few
 * facts of evs_stat.
 *
 * STORE/journal is what makes a directory a store. It is made by the first append, never by a reader. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE 0700

/* ---- the filesystem ------------------------------------------------------------------------------ */

/* Filesystems that several machines can change at once: there flock(2), memory shared through a file, process numbers
 * or the mtime of a file do not mean what they mean to us. The numbers are those of statfs(2) and <linux/magic.h>. What
 * is served by a program (FUSE) cannot be told apart: ntfs-3g is as good as any, sshfs is not. It is let through. */
static const struct {
  uint32_t type;
  const char *name;
} refused[] = {
    {0x6969, "NFS"},      {0x517B, "SMB"},       {0xFF534D42, "SMB (CIFS)"}, {0xFE534D42, "SMB"},
    {0x01021997, "9P"},   {0x5346414F, "AFS"},   {0x6B414653, "AFS"},        {0x00C36400, "Ceph"},
    {0x73757245, "Coda"}, {0x564C, "NCP"},       {0x0BD00BD0, "Lustre"},     {0x47504653, "GPFS"},
    {0x01161970, "GFS2"}, {0x7461636F, "OCFS2"}, {0x20030528, "OrangeFS"},   {0x786F4256, "VirtualBox shared folders"},
};

/* EOPNOTSUPP where the open directory stands on one of them. */
static int check_filesystem(const struct evs__file *file, int fd, evs_error *error) {
  uint32_t type = 0;
  int rc = evs__io_filesystem(fd, &type);
  if (rc)
    return evs__fail(error, rc, "cannot tell the filesystem of the store %s: %s", file->path, strerror(rc));
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    if (refused[i].type == type)
      return evs__fail(
          error, EOPNOTSUPP,
          "the store %s is on a filesystem that machines share (%s), where neither locks nor shared memory can "
          "be relied upon: put it on a disk of this machine",
          file->path, refused[i].name);
  return 0;
}

/* The same for a store that is not made yet: by the nearest directory that is there. */
static int check_parents(const struct evs__file *file, evs_error *error) {
  if (file->root_fd >= 0)
    return check_filesystem(file, file->root_fd, error);
  char *path = strdup(file->path);
  int fd = -1;
  int rc = path ? ENOENT : ENOMEM;
  while (rc == ENOENT) {
    char *slash = strrchr(path, '/');
    bool top = !slash || slash == path;
    if (slash)
      slash[slash == path] = '\0';
    rc = evs__io_open(AT_FDCWD, slash ? path : ".", O_PATH | O_DIRECTORY, 0, &fd);
    if (top && rc == ENOENT)
      break;
  }
  free(path);
  /* What stands in the way is for the one who makes the directories to tell. */
  rc = rc ? 0 : check_filesystem(file, fd, error);
  evs__io_close(fd);
  return rc;
}

/* ---- directories --------------------------------------------------------------------------------- */

/* Makes the name of a directory durable. */
static int sync_parent(const char *path) {
  char parent[4096];
  int fd = -1;
  int len = snprintf(parent, sizeof parent, "%s/..", path);
  int rc = len < (int)sizeof parent ? evs__io_open(AT_FDCWD, parent, O_RDONLY | O_DIRECTORY, 0, &fd) : ENAMETOOLONG;
  rc = rc ? rc : evs__io_sync_all(fd);
  evs__io_close(fd);
  /* A parent that we may not read was not made by us, and in one that cannot be written nothing is unsynced. */
  return rc == EACCES || rc == EROFS || rc == EINVAL ? 0 : rc;
}

/* Makes a directory and the parents that are missing. */
static int make_directories(const char *path) {
  char *copy = strdup(path);
  int rc = copy ? 0 : ENOMEM;
  for (char *slash = copy; !rc && slash;) {
    slash = strchr(slash + 1, '/');
    if (slash)
      *slash = '\0';
    rc = evs__io_mkdir(AT_FDCWD, copy, MODE);
    if (rc == EROFS || rc == EACCES) { /* a parent that we may not write may be there all the same */
      struct evs__io_info info;
      rc = slash && evs__io_info_at(AT_FDCWD, copy, &info) == 0 ? 0 : rc;
    } else if (rc == 0) {
      rc = sync_parent(copy);
    }
    if (slash)
      *slash = '/';
  }
  free(copy);
  return rc;
}

/* The control page stands in the one directory, the journal in the other. */
static int check_both(struct evs__file *file, evs_error *error) {
  int rc = check_filesystem(file, file->root_fd, error);
  return rc ? rc : check_filesystem(file, file->journal_fd, error);
}

/* Opens STORE and STORE/journal, once. */
static int open_directories(struct evs__file *file, bool create, evs_error *error) {
  const int how = O_RDONLY | O_DIRECTORY;
  int rc = 0;
  if (file->root_fd < 0) {
    rc = evs__io_open(AT_FDCWD, file->path, how, 0, &file->root_fd);
    if (rc == ENOENT && create) {
      rc = make_directories(file->path);
      rc = rc ? rc : evs__io_open(AT_FDCWD, file->path, how, 0, &file->root_fd);
    }
  }
  if (!rc && file->journal_fd < 0) {
    rc = evs__io_open(file->root_fd, "journal", how, 0, &file->journal_fd);
    if (rc == ENOENT && create) {
      rc = evs__io_mkdir(file->root_fd, "journal", MODE);
      rc = rc ? rc : evs__io_open(file->root_fd, "journal", how, 0, &file->journal_fd);
    }
  }
  struct evs__io_info info;
  if (!rc && !(rc = evs__io_info(file->journal_fd, &info)))
    file->journal_inode = info.inode;
  if (!rc)
    return check_both(file, error);
  if ((rc == ENOENT && !create) || (rc == ENOTDIR && !(file->base.flags & EVS_CREATE)))
    return evs__fail(error, EVS_NO_STORE,
                     rc == ENOENT ? "there is no store at %s" : "there is no store at %s: it is a file", file->path);
  return evs__fail(error, rc, "cannot %s the store %s: %s", create ? "make" : "open", file->path, strerror(rc));
}

/* Was the store deleted, and perhaps made anew, behind an open handle? */
static bool directories_current(struct evs__file *file) {
  struct evs__io_info named;
  struct evs__io_info held;
  return file->root_fd >= 0 && evs__io_info_at(AT_FDCWD, file->path, &named) == 0 &&
         evs__io_info(file->root_fd, &held) == 0 && named.device == held.device && named.inode == held.inode &&
         evs__io_info_at(file->root_fd, "journal", &named) == 0 && named.inode == file->journal_inode;
}

/* Another page than before. The first one is what the handle's decisions rest on until it reads to decide. */
static void count_page(struct evs__file *file) {
  if (file->page && ++file->attached == 1)
    evs__set_basis(file, atomic_load(&file->page->durable));
}

/* Is a writer that lives in the middle of its commit? Only the tail is in motion then: the durable position holds, and
 * a reader must not wait for somebody who may be stopped. */
static bool being_written(const struct evs__file *file) {
  if (!evs__page_trusted(file) || !atomic_load(&file->page->changing))
    return false;
  uint32_t holder = atomic_load(&file->page->holder);
  return holder && !evs__process_ended(holder);
}

int evs__attach(struct evs__file *file, bool create, evs_error *error) {
  bool current = evs__page_seems_current(file);
  if (file->locked || (current && evs__page_of_this_boot(file) && atomic_load(&file->page->ready)))
    return 0; /* else a recovery failed half way, or another version made the page its own */
  if (file->root_fd >= 0 && !directories_current(file)) {
    current = false;
    evs__page_unmap(file);
    evs__io_close(file->tail_fd);
    evs__io_close(file->journal_fd);
    evs__io_close(file->root_fd);
    file->root_fd = file->journal_fd = file->tail_fd = -1;
    file->private_durable = 0;
    file->private_tail = (struct evs__io_info){0};
  }
  int rc = open_directories(file, create, error);
  rc = rc || current ? rc : evs__page_map(file, error);
  if (!rc && (evs__page_holds(file) || being_written(file))) {
    if (!current)
      count_page(file);
    return 0;
  }
  if (rc)
    return rc;
  if (!file->page || !file->page_writable) { /* a reader that may not write the page: does without it */
    rc = evs__lock(file, EVS__LOCK_SHARED, error);
    if (!rc && !file->page) /* somebody may have made it meanwhile */
      rc = evs__page_map(file, error);
    if (!rc && file->page_writable) { /* there is room for it by now */
      evs__unlock(file);
      evs__page_unmap(file);
      return evs__attach(file, create, error);
    }
    if (!rc && !evs__page_holds(file)) { /* and this was no writer at work */
      rc = evs__recover_private(file, error);
      evs__page_unmap(file);
    }
  } else {
    rc = evs__lock(file, EVS__LOCK_WRITE, error);
    if (!rc && !evs__page_current(file)) { /* deleted while we waited: once more */
      evs__unlock(file);
      return evs__attach(file, create, error);
    }
    rc = rc ? rc : evs__recover(file, false, error);
  }
  evs__unlock(file);
  if (rc && !current)
    evs__page_unmap(file);
  else if (!current)
    count_page(file);
  return rc;
}

int evs__attach_reader(struct evs__file *file, bool *ret_exists, evs_error *error) {
  evs_error missing;
  int rc = evs__attach(file, false, &missing);
  *ret_exists = rc != EVS_NO_STORE;
  if (rc == EVS_NO_STORE && (file->base.flags & EVS_CREATE))
    return 0;
  if (rc && error)
    *error = missing;
  return rc;
}

static void file_close(evs_store *store) {
  struct evs__file *file = evs__file(store);
  evs__page_unmap(file);
  evs__io_close(file->tail_fd);
  evs__io_close(file->journal_fd);
  evs__io_close(file->root_fd);
  free(file->events);
  free(file->ids);
  evs__buf_free(&file->parts);
  evs__buf_free(&file->lines);
  free(file->path);
  free(file);
}

static int file_head(evs_store *store, uint64_t *ret_head, evs_error *error) {
  struct evs__file *file = evs__file(store);
  bool exists;
  int rc = evs__attach_reader(file, &exists, error);
  *ret_head = rc || !exists ? 0 : evs__file_durable(file);
  return rc;
}

static int file_settle(evs_store *store, uint64_t *ret_head, evs_error *error) {
  struct evs__file *file = evs__file(store);
  bool exists;
  *ret_head = 0;
  int rc = evs__attach_reader(file, &exists, error);
  return rc || !exists ? rc : evs__file_settle(file, ret_head, error);
}

static int file_stat(evs_store *store, evs_stat *ret_stat, evs_error *error) {
  struct evs__file *file = evs__file(store);
  uint64_t *firsts = NULL;
  size_t count = 0;
  bool exists;
  *ret_stat = (evs_stat){0};
  int rc = evs__attach_reader(file, &exists, error);
  if (rc || !exists)
    return rc;
  rc = evs__file_settle(file, &ret_stat->head, error);
  rc = rc ? rc : evs__segments(file, &firsts, &count, error);
  for (size_t i = 0; !rc && i < count; i++) {
    char name[EVS__SEGMENT_NAME_SIZE];
    struct evs__io_info info;
    evs__segment_name(firsts[i], name);
    rc = evs__io_info_at(file->journal_fd, name, &info);
    if (rc)
      evs__segment_fail(error, rc, firsts[i], "look at");
    else
      ret_stat->bytes += info.size;
  }
  ret_stat->segments = count;
  ret_stat->written = file->page ? atomic_load(&file->page->tail_seq) : file->private_durable;
  if (file->page && atomic_load(&file->page->file_size) > atomic_load(&file->page->tail_bytes)) {
    file->outcome = EVS_RECOVERED;
    file->torn_bytes = atomic_load(&file->page->file_size) - atomic_load(&file->page->tail_bytes);
  }
  ret_stat->outcome = file->outcome;
  ret_stat->torn_bytes = file->torn_bytes;
  free(firsts);
  return rc;
}

static const char *file_directory(const evs_store *store) { return ((const struct evs__file *)store)->path; }

static const struct evs__backend backend = {
    .directory = file_directory,
    .close = file_close,
    .stat = file_stat,
    .head = file_head,
    .settle = file_settle,
    .turn = evs__file_turn,
    .turn_end = evs__file_turn_end,
    .write = evs__file_write,
    .check = evs__file_check,
    .sync = evs__file_sync,
    .read = evs__file_read,
    .next = evs__file_next,
    .cursor_close = evs__file_cursor_close,
    .wait = evs__file_wait,
    .consumer_open = evs__file_consumer_open,
    .consumer_commit = evs__file_consumer_commit,
    .consumer_remove = evs__file_consumer_remove,
    .consumer_close = evs__file_consumer_close,
    .consumer_seek = evs__file_consumer_seek,
    .consumers = evs__file_consumers,
    .verify = evs__file_verify,
    .repair = evs__file_repair,
};

int evs__file_open(const char *path, const evs_open_options *options, evs_store **ret_store, evs_error *error) {
  struct evs__file *file = calloc(1, sizeof *file);
  if (!file || !(file->path = strdup(path))) {
    free(file);
    return evs__fail(error, ENOMEM, "out of memory");
  }
  file->base = (evs_store){&backend, options->flags, options->timeout_ms};
  file->segment_bytes = options->segment_bytes;
  file->root_fd = file->journal_fd = file->tail_fd = -1;
  file->pid = (uint32_t)getpid();
  evs__boot_id(file->boot_id);
  int rc = open_directories(file, false, error);
  if (rc == EVS_NO_STORE && (options->flags & EVS_CREATE))
    rc = check_parents(file, error);
  if (rc) {
    file_close(&file->base);
    return rc;
  }
  *ret_store = &file->base;
  return 0;
}
