/* child.c - runs a command with a batch on its standard input.
 *
 * posix_spawnp() tells at once whether the command could be executed, without a fork of our whole memory and without a
 * shell that would take words apart. The child inherits stdout, stderr and the environment; SIGPIPE, SIGINT and SIGTERM
 * are at their defaults again. A signal to us never cuts a batch short: the child in hand is fed and waited for. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Starts the child with `input` as its standard input. 0 or an errno. */
static int start(char *const argv[], int input, pid_t *ret_pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int rc = posix_spawn_file_actions_init(&actions);
  if (rc)
    return rc;
  rc = posix_spawnattr_init(&attributes);
  if (rc) {
    posix_spawn_file_actions_destroy(&actions);
    return rc;
  }
  sigset_t defaults;
  sigset_t none;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGINT);
  sigaddset(&defaults, SIGTERM);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  rc = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (!rc)
    rc = posix_spawnp(ret_pid, argv[0], &actions, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return rc;
}

/* Writes all of it, or as much as the child wants. 0 or an errno. */
static int feed(int fd, const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t written = write(fd, bytes, len);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno == EPIPE ? 0 : errno;
    bytes += written;
    len -= (size_t)written;
  }
  return 0;
}

/* Runs the command with its input. */
int child_feed(char *const argv[], const char *bytes, size_t len, int *ret_status, struct op_error *error) {
  int ends[2];
  pid_t pid;
  if (pipe2(ends, O_CLOEXEC))
    return op_fail(error, OP_TEMPORARY, "no_resources", "cannot make a pipe: %s", strerror(errno));
  int rc = start(argv, ends[0], &pid);
  close(ends[0]);
  if (rc) {
    close(ends[1]);
    if (rc == ENOENT || rc == ENOTDIR)
      return op_fail(error, OP_NOINPUT, "no_command", "%s: no such command", argv[0]);
    if (rc == EACCES || rc == EPERM || rc == ENOEXEC)
      return op_fail(error, OP_NOPERM, "not_executable", "%s: cannot be executed: %s", argv[0], strerror(rc));
    return op_fail(error, OP_TEMPORARY, "no_resources", "%s: cannot be started: %s", argv[0], strerror(rc));
  }
  rc = feed(ends[1], bytes, len);
  close(ends[1]);
  while (waitpid(pid, ret_status, 0) < 0)
    if (errno != EINTR)
      return op_fail(error, OP_IO, "io_error", "cannot wait for %s: %s", argv[0], strerror(errno));
  if (rc)
    return op_fail(error, OP_IO, "io_error", "cannot write to %s: %s", argv[0], strerror(rc));
  return OP_OK;
}
