/* file_consumer.c - named consumer offsets: STORE/consumers/NAME, one line of JSON, and NAME.lock for the lease.
 *
 * An offset is replaced as a whole (written aside, synced, renamed), so a crash leaves the old or the new one. It is
 * written after the effect, never before: what is lost is at most knowledge of something done, and it is done again.
 * The lease is flock(2): it ends with its holder. */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#define DIRECTORY "consumers"
#define LOCK_SUFFIX ".lock"
#define PATH_SIZE (sizeof DIRECTORY + EVS_MAX_CONSUMER + 16)
#define RECORD_SIZE 512
#define POLL_NS 2000000

struct file_consumer {
  evs_consumer base;
  int lock_fd;
};

/* An error about a file of a consumer. */
static int fail_file(evs_error *error, int code, const char *path, const char *doing) {
  return evs__fail_at(error, code, path, 0, 0, "cannot %s %s: %s", doing, path, strerror(code));
}

/* Reads the offset; 0 where the consumer is new. */
static int load(struct evs__file *file, const char *name, uint64_t *ret_offset, int64_t *ret_updated_us,
                evs_error *error) {
  char path[PATH_SIZE];
  char record[RECORD_SIZE];
  size_t len = 0;
  int fd;
  evs_slice value;
  int64_t offset = 0;
  *ret_offset = 0;
  *ret_updated_us = 0;
  snprintf(path, sizeof path, DIRECTORY "/%s", name);
  int rc = evs__io_open(file->root_fd, path, O_RDONLY, 0, &fd);
  if (rc == ENOENT)
    return 0;
  if (rc)
    return fail_file(error, rc, path, "open");
  rc = evs__io_read(fd, record, sizeof record, 0, &len);
  evs__io_close(fd);
  if (rc)
    return fail_file(error, rc, path, "read");
  while (len > 0 && record[len - 1] == '\n')
    len--;
  evs_slice object = {record, len};
  /* Whole, so that no part of a number is ever taken for it. */
  if (len == 0 || record[len - 1] != '}' || !evs_json_find(object, "offset", &value) || !evs_json_int(value, &offset) ||
      offset < 0)
    return evs__fail_at(error, EVS_CORRUPT, path, 1, 0, "%s holds no offset: set it with a seek", path);
  if (evs_json_find(object, "updatedAt", &value) && value.len > 2)
    evs_time_parse(value.ptr + 1, value.len - 2, ret_updated_us);
  *ret_offset = (uint64_t)offset;
  return 0;
}

/* Makes durable which offsets there are. An errno, or 0. */
static int sync_names(struct evs__file *file) {
  int directory = -1;
  int rc = evs__io_open(file->root_fd, DIRECTORY, O_RDONLY | O_DIRECTORY, 0, &directory);
  rc = rc ? rc : evs__io_sync_all(directory);
  evs__io_close(directory);
  return rc;
}

/* Replaces the offset as a whole, durably. */
static int save(struct evs__file *file, const char *name, uint64_t offset, int64_t time_us, evs_error *error) {
  char path[PATH_SIZE];
  char aside[PATH_SIZE + 8];
  char record[RECORD_SIZE];
  char updated[EVS_TIME_SIZE];
  int fd = -1;
  evs_time_format(time_us ? time_us : evs__now_us(), updated);
  snprintf(path, sizeof path, DIRECTORY "/%s", name);
  snprintf(aside, sizeof aside, DIRECTORY "/.%s.new", name);
  int len = snprintf(record, sizeof record, "{\"consumer\":\"%s\",\"offset\":%" PRIu64 ",\"updatedAt\":\"%s\"}\n", name,
                     offset, updated);
  int rc = evs__io_open(file->root_fd, aside, O_WRONLY | O_CREAT | O_TRUNC, 0600, &fd);
  rc = rc ? rc : evs__io_write(fd, record, (size_t)len, 0);
  rc = rc ? rc : evs__io_sync_all(fd); /* who died may have left a longer one: fdatasync need not make it shorter */
  evs__io_close(fd);
  rc = rc ? rc : evs__io_rename(file->root_fd, aside, path);
  rc = rc ? rc : sync_names(file);
  return rc ? fail_file(error, rc, path, "write") : 0;
}

/* The file that is locked for the lease. */
static void lock_path(const char *name, char path[PATH_SIZE]) {
  snprintf(path, PATH_SIZE, DIRECTORY "/.%s" LOCK_SUFFIX, name);
}

/* Is the open file still the one of that name? */
static bool still_named(struct evs__file *file, int fd, const char *path) {
  struct evs__io_info held;
  struct evs__io_info named;
  return evs__io_info(fd, &held) == 0 && evs__io_info_at(file->root_fd, path, &named) == 0 && held.inode == named.inode;
}

/* Takes the lease; the lock file may be deleted under us, then the new one is locked. */
static int lease(struct evs__file *file, const char *name, int *ret_fd, evs_error *error) {
  char path[PATH_SIZE];
  int64_t deadline = evs__monotonic_ms() + file->base.timeout_ms;
  lock_path(name, path);
  int rc = evs__io_mkdir(file->root_fd, DIRECTORY, 0700);
  rc = rc ? rc : evs__io_sync_all(file->root_fd); /* or all offsets could be gone with their directory */
  for (;;) {
    rc = rc ? rc : evs__io_open(file->root_fd, path, O_RDWR | O_CREAT, 0600, ret_fd);
    if (rc)
      return fail_file(error, rc, path, "open");
    if (flock(*ret_fd, LOCK_EX | LOCK_NB) == 0) {
      if (still_named(file, *ret_fd, path))
        return 0;
    } else if (errno != EWOULDBLOCK && errno != EINTR) {
      rc = errno;
      evs__io_close(*ret_fd);
      *ret_fd = -1;
      return fail_file(error, rc, path, "lock");
    }
    evs__io_close(*ret_fd);
    *ret_fd = -1;
    if (evs__monotonic_ms() >= deadline)
      return evs__fail_at(error, EVS_BUSY, path, 0, 0, "consumer %s is run by another process for more than %u ms",
                          name, file->base.timeout_ms);
    struct timespec pause = {.tv_nsec = POLL_NS};
    nanosleep(&pause, NULL);
  }
}

int evs__file_consumer_open(evs_store *store, const char *name, evs_consumer **ret_consumer, evs_error *error) {
  struct evs__file *file = evs__file(store);
  int64_t updated_us;
  uint64_t head = 0;
  int rc = evs__attach(file, false, error);
  struct file_consumer *consumer = rc ? NULL : calloc(1, sizeof *consumer);
  if (!consumer)
    return rc ? rc : evs__fail(error, ENOMEM, "out of memory");
  consumer->base.store = store;
  consumer->lock_fd = -1;
  snprintf(consumer->base.name, sizeof consumer->base.name, "%s", name);
  rc = lease(file, name, &consumer->lock_fd, error);
  rc = rc ? rc : load(file, name, &consumer->base.offset, &updated_us, error);
  rc = rc ? rc : evs__file_settle(file, &head, error);
  if (!rc && consumer->base.offset > head)
    rc = evs__fail(error, EVS_BEYOND,
                   "consumer %s has done everything up to %" PRIu64 ", but the journal ends at %" PRIu64
                   ": it was restored or lost; seek the consumer to where it shall go on",
                   name, consumer->base.offset, head);
  if (rc) {
    if (consumer->lock_fd >= 0)
      evs__io_close(consumer->lock_fd);
    free(consumer);
    return rc;
  }
  *ret_consumer = &consumer->base;
  return 0;
}

/* Is the lease still this handle's? Who deletes its lock lets another process take it. */
static int check_lease(const evs_consumer *consumer, evs_error *error) {
  char path[PATH_SIZE];
  lock_path(consumer->name, path);
  if (still_named(evs__file(consumer->store), ((const struct file_consumer *)consumer)->lock_fd, path))
    return 0;
  return evs__fail_at(error, EVS_BUSY, path, 0, 0, "consumer %s: its lock was deleted, another process may run it",
                      consumer->name);
}

int evs__file_consumer_commit(evs_consumer *consumer, uint64_t offset, int64_t time_us, evs_error *error) {
  struct evs__file *file = evs__file(consumer->store);
  int rc = check_lease(consumer, error);
  if (rc)
    return rc;
  if (offset > evs__file_durable(file))
    return evs__fail(error, EVS_INVALID, "consumer %s: position %" PRIu64 " is beyond the head", consumer->name,
                     offset);
  rc = save(file, consumer->name, offset, time_us, error);
  if (!rc)
    consumer->offset = offset;
  return rc;
}

int evs__file_consumer_remove(evs_consumer *consumer, evs_error *error) {
  struct evs__file *file = evs__file(consumer->store);
  char path[PATH_SIZE];
  int rc = check_lease(consumer, error);
  if (rc)
    return rc;
  snprintf(path, sizeof path, DIRECTORY "/%s", consumer->name);
  rc = evs__io_unlink(file->root_fd, path);
  rc = rc == ENOENT ? 0 : rc;
  rc = rc ? rc : sync_names(file);
  if (rc)
    return fail_file(error, rc, path, "remove");
  consumer->offset = 0;
  return 0;
}

void evs__file_consumer_close(evs_consumer *base) {
  struct file_consumer *consumer = (struct file_consumer *)base;
  flock(consumer->lock_fd, LOCK_UN); /* a child that was forked meanwhile may still have the descriptor */
  evs__io_close(consumer->lock_fd);
  free(consumer);
}

int evs__file_consumer_seek(evs_store *store, const char *name, uint64_t offset, int64_t time_us, evs_error *error) {
  struct evs__file *file = evs__file(store);
  uint64_t head = 0;
  int fd = -1;
  int rc = evs__attach(file, false, error);
  rc = rc ? rc : evs__file_settle(file, &head, error);
  if (!rc && offset > head)
    return evs__fail(error, EVS_INVALID, "position %" PRIu64 " is beyond the head, %" PRIu64, offset, head);
  rc = rc ? rc : lease(file, name, &fd, error);
  if (rc)
    return rc;
  rc = save(file, name, offset, time_us, error);
  evs__io_close(fd);
  return rc;
}

/* Visible names only: locks and unfinished files start with a dot. */
static int visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

int evs__file_consumers(evs_store *store, int (*visit)(void *context, const evs_consumer_info *info), void *context,
                        evs_error *error) {
  struct evs__file *file = evs__file(store);
  struct dirent **entries = NULL;
  bool exists;
  int rc = evs__attach_reader(file, &exists, error);
  if (rc || !exists)
    return rc;
  int count = scandirat(file->root_fd, DIRECTORY, &entries, visible, alphasort);
  if (count < 0)
    return errno == ENOENT ? 0 : fail_file(error, errno, DIRECTORY, "list");
  for (int i = 0; i < count; i++) {
    evs_consumer_info info = {.name = entries[i]->d_name};
    rc = rc ? rc : load(file, info.name, &info.offset, &info.updated_us, error);
    rc = rc ? rc : visit(context, &info);
  }
  for (int i = 0; i < count; i++)
    free(entries[i]);
  free(entries);
  return rc;
}
