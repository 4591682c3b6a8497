/* channel_file.c - the outbox: one message a file, NOTICEID.txt, mode 0600, for a mail program or a person to pick up.
 *
 * The protocol, and what a crash leaves after each step: write the messages of the batch under temporary names and make
 * them durable, all at once where that pays (hidden files of a fixed set of names, removed by the next run and by
 * whoever locks the outbox, whatever notices they were for) - rename each to NOTICEID.txt (whole messages, or after a
 * power failure nothing) - fsync the directory - only then NotificationSent is appended. So a file that was picked up
 * too early is only ever written again with the same bytes, and nothing that the journal calls sent is missing.
 *
 * The directory is locked (flock) while a batch is written, so that two runs never write one temporary file, and so
 * that forgetting a customer sees no message appear behind it. Errors: 73, 74, 75 busy, 77. */
#include "channel.h"
#include "files.h"
#include "lock.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FEW 16u /* messages that are synced one by one: they must not wait for what others have written */
#define NAME_SIZE 40

/* A message that is written and has no name of its own yet. */
struct written {
  int fd;
  char final[NAME_SIZE];
};

struct outbox_batch {
  size_t count;
  struct written messages[NOTIFY_BATCH]; /* each under the temporary name of its index */
};

/* What a message is called while it is written: under the lock there is only one batch. */
static void temporary_name(size_t index, char name[NAME_SIZE]) { snprintf(name, NAME_SIZE, ".notice.%zu.tmp", index); }

/* The name that a notice has when it is whole. */
static void final_name(const char *notice_id, char name[NAME_SIZE]) { snprintf(name, NAME_SIZE, "%s.txt", notice_id); }

/* Removes the first `count` temporary files, which need not be there. 0 or an errno. */
static int remove_temporaries(int directory, size_t count) {
  char name[NAME_SIZE];
  int failed = 0;
  for (size_t i = 0; i < count; i++) {
    temporary_name(i, name);
    if (unlinkat(directory, name, 0) != 0 && errno != ENOENT)
      failed = errno;
  }
  return failed;
}

/* Waits for the lock within the time limit. */
static int lock(int fd, const struct op_app *app, struct op_error *error) {
  int failed = op_lock(fd, LOCK_EX, app->timeout_ms);
  if (failed == ETIMEDOUT)
    return op_fail(error, OP_TEMPORARY, "busy", "the outbox: somebody else is writing into it");
  return failed == 0 ? 0 : files_fail(error, failed, "the outbox");
}

/* Opens the outbox; -1 where it is not there and is not to be made. */
static int open_directory(struct op_app *app, const char *directory, bool create, int *ret_fd, struct op_error *error) {
  char path[FILES_MAX_PATH];
  *ret_fd = -1;
  int r = files_store_path(app, directory, path, sizeof path, error);
  if (r == 0 && create)
    r = files_make_directory(path, error);
  if (r != 0)
    return r;
  *ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return *ret_fd >= 0 || (errno == ENOENT && !create) ? 0 : files_fail(error, errno, path);
}

/* Removes what a killed run left: whoever holds the lock has nothing there yet. */
static int clean(int fd, struct op_error *error) {
  int failed = remove_temporaries(fd, NOTIFY_BATCH);
  return failed == 0 ? 0 : files_fail(error, failed, "the outbox");
}

/* Opens and locks the outbox, clean. */
int outbox_lock(struct op_app *app, const char *directory, bool create, int *ret_fd, struct op_error *error) {
  int r = open_directory(app, directory, create, ret_fd, error);
  if (r != 0 || *ret_fd < 0)
    return r;
  r = lock(*ret_fd, app, error);
  if (r == 0)
    r = clean(*ret_fd, error);
  if (r != 0) {
    close(*ret_fd);
    *ret_fd = -1;
  }
  return r;
}

/* Removes what a killed run left. Where the lock is taken there is nothing: who holds it came after the killed one. */
int outbox_clean(struct op_app *app, struct op_error *error) {
  int fd = -1;
  int r = open_directory(app, app->config.notify_directory, false, &fd, error);
  if (r != 0 || fd < 0)
    return r;
  int failed = op_lock(fd, LOCK_EX, 0);
  if (failed == 0)
    r = clean(fd, error);
  else if (failed != ETIMEDOUT)
    r = files_fail(error, failed, "the outbox");
  close(fd);
  return r;
}

/* Removes a notice. */
int outbox_remove(int fd, const char *notice_id) {
  char final[NAME_SIZE];
  final_name(notice_id, final);
  return unlinkat(fd, final, 0) == 0 || errno == ENOENT ? 0 : errno;
}

/* The names become durable. */
int outbox_sync(int fd, struct op_error *error) { return fsync(fd) == 0 ? 0 : files_fail(error, errno, "the outbox"); }

/* Writes all bytes. 0 or an errno. */
static int write_all(int fd, const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t n = write(fd, bytes, len);
    if (n < 0 && errno != EINTR)
      return errno;
    if (n > 0) {
      bytes += n;
      len -= (size_t)n;
    }
  }
  return 0;
}

/* Opens the outbox for a batch. Before anything is written into it, it is remembered for who forgets a customer. */
static int open_outbox(struct channel *channel, struct op_error *error) {
  channel->batch = calloc(1, sizeof *channel->batch);
  if (channel->batch == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  const char *directory = channel->app->config.notify_directory;
  int r = contacts_outbox_add(channel->contacts, directory, error);
  return r == 0 ? outbox_lock(channel->app, directory, true, &channel->directory, error) : r;
}

/* Writes one message under a temporary name, where it stays until the batch is synced. */
static int send_file(struct channel *channel, const struct notice *notice, const struct contact *contact,
                     struct delivery *ret_delivery, struct op_error *error) {
  char temporary[NAME_SIZE];
  struct op_text message = {0};
  struct outbox_batch *batch = channel->batch;
  if (batch->count == NOTIFY_BATCH)
    return op_fail(error, OP_SOFTWARE, "internal", "a batch of more than %u notices", NOTIFY_BATCH);
  struct written *written = &batch->messages[batch->count];
  final_name(notice->id, written->final);
  message_add(notice, contact, &channel->from, &channel->app->config, MESSAGE_UTF8, &message);
  temporary_name(batch->count, temporary);
  /* New: nobody can hold it open while personal data is written into it. */
  written->fd = openat(channel->directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int failed = written->fd < 0 ? errno : write_all(written->fd, message.ptr, message.len);
  batch->count += written->fd >= 0;
  op_text_free(&message);
  *ret_delivery = (struct delivery){.end = DELIVERY_DONE};
  return failed == 0 ? 0 : files_fail(error, failed, written->final);
}

/* Does one syncfs() do here what fsync() of every file does? Where that is not known (FUSE, network ...): no. */
static bool syncs_at_once(int directory) {
  struct statfs filesystem;
  if (fstatfs(directory, &filesystem) != 0)
    return false;
  uint32_t type = (uint32_t)filesystem.f_type;
  return type == EXT4_SUPER_MAGIC || type == XFS_SUPER_MAGIC || type == BTRFS_SUPER_MAGIC;
}

/* Makes what was written durable. 0 or an errno. One syncfs() is six times as fast as 64 times fsync(), but also waits
 * for all that others have written to the file system, so a few messages go without it. Before Linux 5.8 it hides that
 * data could not be written, so every file is asked for its own errors, which costs nothing; where it is metadata that
 * could not be written, these file systems take no more changes, and the renames or fsync() of the directory fail. */
static int make_durable(const struct channel *channel) {
  const struct outbox_batch *batch = channel->batch;
  bool at_once = batch->count > FEW && syncs_at_once(channel->directory);
  if (at_once && syncfs(channel->directory) != 0)
    return errno;
  for (size_t i = 0; i < batch->count; i++) {
    int fd = batch->messages[i].fd;
    if ((at_once ? sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE) : fsync(fd)) != 0)
      return errno;
  }
  return 0;
}

/* Gives every message its own name. 0 or an errno. */
static int name_messages(const struct channel *channel) {
  char temporary[NAME_SIZE];
  const struct outbox_batch *batch = channel->batch;
  for (size_t i = 0; batch != NULL && i < batch->count; i++) {
    temporary_name(i, temporary);
    if (renameat(channel->directory, temporary, channel->directory, batch->messages[i].final) != 0)
      return errno;
  }
  return 0;
}

/* The batch becomes durable, and then seen. */
static int sync_outbox(struct channel *channel, struct op_error *error) {
  int failed = make_durable(channel);
  if (failed == 0)
    failed = name_messages(channel);
  return failed == 0 ? outbox_sync(channel->directory, error) : files_fail(error, failed, "the outbox");
}

/* Removes what has no name of its own, and unlocks the outbox. */
static void close_outbox(struct channel *channel) {
  size_t count = channel->batch != NULL ? channel->batch->count : 0;
  for (size_t i = 0; i < count; i++)
    close(channel->batch->messages[i].fd);
  if (channel->directory >= 0) {
    remove_temporaries(channel->directory, count); /* where it fails, who comes next tries again */
    close(channel->directory);
  }
  free(channel->batch);
  channel->batch = NULL;
  channel->directory = -1;
}

const struct channel_kind channel_file = {"file", false, false, open_outbox, send_file, sync_outbox, close_outbox};
