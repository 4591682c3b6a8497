/* channel.c - finds the channel that the configuration describes, and takes turns with it.
 *
 * Invariants: an unknown name is an error and never a silent default. The turn is a lock on STORE/notify.lock for as
 * long as a run lasts; it keeps two runs on one machine from handing the same message to a program twice. Nothing else
 * rests on it: across machines, or where somebody deletes the file, the journal still records each notice once. Errors:
 * 78 bad_config (no such program, too), unknown_channel; 73, 74, 77. */
#include "channel.h"

#include "child.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* By name. */
static const struct channel_kind *find_kind(const char *name) {
  static const struct channel_kind *const kinds[] = {&channel_file, &channel_stdout, &channel_exec, &channel_sendmail,
                                                     NULL};
  for (size_t i = 0; kinds[i] != NULL; i++)
    if (strcmp(kinds[i]->name, name) == 0)
      return kinds[i];
  return NULL;
}

/* Is the program of this key there? Better known before a notice is in hand. */
static int find_program(const char *key, const char *program, struct op_error *error) {
  int r = op_child_find(program, error);
  return r == OP_NOINPUT ? op_fail(error, OP_CONFIG, "bad_config", "%s: %s: no such program", key, program) : r;
}

/* The channel of the configuration. */
int channel_find(struct op_app *app, struct channel *ret_channel, struct op_error *error) {
  const struct op_config *config = &app->config;
  struct op_error wrong;
  *ret_channel = (struct channel){.kind = find_kind(config->notify_channel), .app = app, .directory = -1};
  if (ret_channel->kind == NULL)
    return op_fail(error, OP_CONFIG, "unknown_channel", "there is no notification channel \"%s\"",
                   config->notify_channel);
  if (address_parse(config->notify_from, &ret_channel->from, &wrong) != 0)
    return op_fail(error, OP_CONFIG, "bad_config", "notify.from: %s", wrong.message);
  if (ret_channel->kind == &channel_exec && config->notify_command == NULL)
    return op_fail(error, OP_CONFIG, "bad_config", "notify.channel is exec, and notify.command names no program");
  if (ret_channel->kind == &channel_exec)
    return find_program("notify.command", config->notify_command[0], error);
  if (ret_channel->kind == &channel_sendmail)
    return find_program("notify.sendmail", config->notify_sendmail, error);
  return 0;
}

/* Takes its turn, or waits for it. */
int channel_turn(struct op_app *app, int *ret_fd, struct op_error *error) {
  const struct timespec pause = {0, 250 * 1000 * 1000};
  char path[FILES_MAX_PATH];
  *ret_fd = -1;
  int r = files_store_path(app, "notify.lock", path, sizeof path, error);
  if (r != 0)
    return r;
  /* Closed in the programs that are run, or one that never ends would keep the turn. */
  int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return files_fail(error, errno, "notify.lock");
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    int failed = errno;
    if (failed == EWOULDBLOCK && app->follow && op_stopping() == 0) {
      nanosleep(&pause, NULL);
      continue;
    }
    close(fd);
    return failed == EWOULDBLOCK ? 0 : files_fail(error, failed, "notify.lock");
  }
  *ret_fd = fd;
  return 0;
}
