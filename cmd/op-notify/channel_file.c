/* channel_file.c - the outbox: one message a file, NOTICEID.txt, mode 0600, for a mail program or a person to pick up.
 *
 * The protocol, and what a crash leaves after each step: write .notice.tmp and fsync it (one hidden file, which the
 * next batch removes, whatever notice it was for) - rename it to NOTICEID.txt (the whole message, or after a power
 * failure nothing) - fsync the directory once per batch - only then NotificationSent is appended. So a file that was
 * picked up too early is only ever written again with the same bytes, and nothing that the journal calls sent is
 * missing.
 *
 * The directory is locked (flock) while a batch is written, so that two runs never write one temporary file, and so
 * that forgetting a customer sees no message appear behind it. Errors: 73, 74, 75 busy, 77. */
#include "channel.h"
#include "files.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* What a notice is called while it is written: under the lock there is only one. */
static const char temporary[] = ".notice.tmp";

/* Waits for the lock within the time limit, looking again and again: flock() itself has none. */
static int lock(int fd, const struct op_app *app, struct op_error *error) {
  const struct timespec pause = {0, 5 * 1000 * 1000};
  for (unsigned waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited_ms += 5) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return files_fail(error, errno, "the outbox");
    if (waited_ms >= app->timeout_ms)
      return op_fail(error, OP_TEMPORARY, "busy", "the outbox: somebody else is writing into it");
    nanosleep(&pause, NULL);
  }
  return 0;
}

/* Opens and locks the outbox. */
int outbox_lock(struct op_app *app, bool create, int *ret_fd, struct op_error *error) {
  char path[FILES_MAX_PATH];
  *ret_fd = -1;
  int r = files_store_path(app, app->config.notify_directory, path, sizeof path, error);
  if (r == 0 && create)
    r = files_make_directory(path, error);
  if (r != 0)
    return r;
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT && !create ? 0 : files_fail(error, errno, path);
  r = lock(fd, app, error);
  if (r != 0) {
    close(fd);
    return r;
  }
  *ret_fd = fd;
  return 0;
}

/* The name that a notice has when it is whole. */
static void final_name(const char *notice_id, char name[40]) { snprintf(name, 40, "%s.txt", notice_id); }

/* Removes a notice, and what a killed run may have left of it. */
int outbox_remove(int fd, const char *notice_id, struct op_error *error) {
  char final[40];
  final_name(notice_id, final);
  if ((unlinkat(fd, temporary, 0) != 0 && errno != ENOENT) || (unlinkat(fd, final, 0) != 0 && errno != ENOENT))
    return files_fail(error, errno, final);
  return 0;
}

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

/* Opens the outbox for a batch. */
static int open_outbox(struct channel *channel, struct op_error *error) {
  return outbox_lock(channel->app, true, &channel->directory, error);
}

/* Writes one message under its temporary name and gives it its own. */
static int send_file(struct channel *channel, const struct notice *notice, const struct contact *contact,
                     struct op_error *error) {
  char final[40];
  struct op_text message = {0};
  final_name(notice->id, final);
  message_add(notice, contact, channel->app->config.notify_from, &message);
  /* Removed first: whoever left it there must not hold it open while personal data is written into it. */
  unlinkat(channel->directory, temporary, 0);
  int fd = openat(channel->directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int failed = fd < 0 ? errno : write_all(fd, message.ptr, message.len);
  if (failed == 0 && fsync(fd) != 0)
    failed = errno;
  if (fd >= 0 && close(fd) != 0 && failed == 0)
    failed = errno;
  if (failed == 0 && renameat(channel->directory, temporary, channel->directory, final) != 0)
    failed = errno;
  if (failed != 0 && fd >= 0)
    unlinkat(channel->directory, temporary, 0);
  op_text_free(&message);
  return failed == 0 ? 0 : files_fail(error, failed, final);
}

/* The names of the batch become durable. */
static int sync_outbox(struct channel *channel, struct op_error *error) {
  return fsync(channel->directory) == 0 ? 0 : files_fail(error, errno, "the outbox");
}

/* Unlocks the outbox. */
static void close_outbox(struct channel *channel) {
  if (channel->directory >= 0)
    close(channel->directory);
  channel->directory = -1;
}

const struct channel_kind channel_file = {"file", false, open_outbox, send_file, sync_outbox, close_outbox};
