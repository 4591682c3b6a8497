/* child.c - runs a program: feeds it, collects what it says, and ends it when its time is over, or ours.
 *
 * A fork that becomes the program without a shell, which would take words apart, and reports by a pipe whether it could
 * (posix_spawn() would too, but cannot ask the kernel for a signal when the parent dies). That signal comes when the
 * thread dies which forked: so the one that starts a child waits for it. The child inherits stderr and the environment;
 * its signal mask is empty, and SIGPIPE, SIGINT and SIGTERM are at their defaults again. A pidfd lets one poll() wait
 * for its end, its stdin, its stdout and the clock. It is killed with its descendants while it is not yet waited for:
 * its number cannot be another's. */
#include "child.h"

#include "descendants.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* A child that runs. Descriptors are -1 where there is none (any more). */
struct running {
  const struct op_child *child;
  pid_t pid;
  int pidfd, in, out; /* our ends */
  size_t fed;
  bool truncated;
  int64_t deadline_ms; /* of the monotonic clock; INT64_MAX: none */
};

/* Closes a descriptor once. */
static void shut(int *fd) {
  if (*fd >= 0)
    close(*fd);
  *fd = -1;
}

/* ---- starting ---------------------------------------------------------------------------------- */

/* In the child: becomes the program, or reports why it cannot. Other threads of ours may have held any lock when this
 * process was made, so nothing but system calls is made here (execvpe() searches PATH on its stack). */
static _Noreturn void become(const struct op_child *child, int in, int out, int report, pid_t parent) {
  static const int defaults[] = {SIGPIPE, SIGINT, SIGTERM};
  sigset_t none;
  sigemptyset(&none);
  for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
    sigaction(defaults[i], &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
  if (child->timeout_ms != 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before that */
      _exit(127);
  }
  report = fcntl(report, F_DUPFD_CLOEXEC, STDERR_FILENO + 1); /* out of the way */
  bool ready = report >= 0 && dup2(in, STDIN_FILENO) >= 0 && (out < 0 || dup2(out, STDOUT_FILENO) >= 0) &&
               fcntl(STDIN_FILENO, F_SETFD, 0) == 0 && (out < 0 || fcntl(STDOUT_FILENO, F_SETFD, 0) == 0) &&
               sigprocmask(SIG_SETMASK, &none, NULL) == 0;
  if (ready)
    execvpe(child->argv[0], child->argv, child->environment != NULL ? child->environment : environ);
  int number = errno;
  while (report >= 0 && write(report, &number, sizeof number) < 0 && errno == EINTR) {
  }
  _exit(127);
}

/* What a child that did not become its program reports; 0 where it did. */
static int hear(int report) {
  int number = 0;
  ssize_t got;
  while ((got = read(report, &number, sizeof number)) < 0 && errno == EINTR) {
  }
  return got == 0 ? 0 : got == (ssize_t)sizeof number && number != 0 ? number : EIO;
}

/* Starts it with these as its stdin and stdout (-1: ours). 0 or an errno. */
static int spawn(const struct op_child *child, int in, int out, pid_t *ret_pid) {
  int report[2];
  pid_t parent = getpid();
  if (pipe2(report, O_CLOEXEC))
    return errno;
  pid_t pid = fork();
  if (pid == 0)
    become(child, in, out, report[1], parent);
  int rc = pid < 0 ? errno : 0;
  shut(&report[1]);
  if (!rc)
    rc = hear(report[0]);
  shut(&report[0]);
  if (rc && pid > 0)
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
  *ret_pid = pid;
  return rc;
}

/* Makes the pipes, and spawns the child on their other ends. 0 or an errno; the ends in *running are the caller's. */
static int start(struct running *running) {
  int in[2] = {-1, -1}, out[2] = {-1, -1};
  int rc = pipe2(in, O_CLOEXEC) ? errno : 0;
  if (!rc && running->child->output != NULL)
    rc = pipe2(out, O_CLOEXEC) ? errno : 0;
  running->in = in[1];
  running->out = out[0];
  /* Ours never block; what the child has are descriptions of their own and do. */
  if (!rc && (fcntl(in[1], F_SETFL, O_NONBLOCK) || (out[0] >= 0 && fcntl(out[0], F_SETFL, O_NONBLOCK))))
    rc = errno;
  if (!rc)
    rc = spawn(running->child, in[0], out[1], &running->pid);
  shut(&in[0]);
  shut(&out[1]);
  return rc;
}

/* Tells why it did not start. */
static int fail_start(const char *name, int number, struct op_error *error) {
  if (number == ENOENT || number == ENOTDIR)
    return op_fail(error, OP_NOINPUT, "no_command", "%s: no such command", name);
  if (number == EACCES || number == EPERM || number == ENOEXEC)
    return op_fail(error, OP_NOPERM, "not_executable", "%s: cannot be executed: %s", name, strerror(number));
  return op_fail(error, OP_TEMPORARY, "no_resources", "%s: cannot be started: %s", name, strerror(number));
}

/* Why this file cannot be executed: an errno, or 0. */
static int try_file(const char *path) {
  struct stat info;
  if (stat(path, &info))
    return errno;
  return S_ISREG(info.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

/* Looks for it as posix_spawnp() does. */
int op_child_find(const char *program, struct op_error *error) {
  const char *dirs = getenv("PATH");
  int number = ENOENT;
  if (strchr(program, '/') != NULL)
    number = try_file(program);
  else
    for (const char *dir = dirs != NULL ? dirs : "/bin:/usr/bin"; number != 0;) {
      char path[PATH_MAX];
      size_t len = strcspn(dir, ":");
      int length = snprintf(path, sizeof path, "%.*s/%s", (int)(len > 0 ? len : 1), len > 0 ? dir : ".", program);
      int tried = (size_t)length < sizeof path ? try_file(path) : ENOENT;
      if (tried == 0 || tried == EACCES) /* one that may not be executed is told only where there is no other */
        number = tried;
      if (dir[len] == '\0')
        break;
      dir += len + 1;
    }
  return number != 0 ? fail_start(program, number, error) : OP_OK;
}

/* ---- while it runs ----------------------------------------------------------------------------- */

/* Writes what the pipe takes; closes it after the last byte, or when nobody reads any more. */
static void feed(struct running *running) {
  const struct op_child *child = running->child;
  while (running->fed < child->input_len) {
    ssize_t written = write(running->in, child->input + running->fed, child->input_len - running->fed);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0 && errno == EAGAIN)
      return;
    if (written < 0)
      break;
    running->fed += (size_t)written;
  }
  shut(&running->in);
}

/* Reads what the pipe holds, and keeps what may be kept; closes it at its end. False: nothing is there now. */
static bool collect(struct running *running) {
  const struct op_child *child = running->child;
  char bytes[16384];
  ssize_t got = read(running->out, bytes, sizeof bytes);
  if (got < 0 && (errno == EINTR || errno == EAGAIN))
    return errno == EINTR;
  if (got <= 0 || child->output == NULL) {
    shut(&running->out);
    return false;
  }
  size_t room = child->output_max > child->output->len ? child->output_max - child->output->len : 0;
  size_t kept = (size_t)got < room ? (size_t)got : room;
  op_text_add(child->output, bytes, kept);
  running->truncated |= kept < (size_t)got;
  return true;
}

/* How long poll() may wait. */
static int wait_ms(const struct running *running) {
  if (running->deadline_ms == INT64_MAX)
    return -1;
  int64_t left = running->deadline_ms - op_monotonic_ms();
  return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

/* Serves its pipes until it has ended (*ret_timed_out false) or its time has. 0 or an errno. */
static int serve(struct running *running, bool *ret_timed_out) {
  *ret_timed_out = false;
  for (;;) {
    struct pollfd fds[] = {{running->pidfd, POLLIN, 0}, {running->in, POLLOUT, 0}, {running->out, POLLIN, 0}};
    if (poll(fds, sizeof fds / sizeof fds[0], wait_ms(running)) < 0 && errno != EINTR)
      return errno;
    if (fds[1].revents != 0)
      feed(running);
    if (fds[2].revents != 0)
      collect(running);
    if (fds[0].revents != 0)
      break;
    *ret_timed_out = running->deadline_ms != INT64_MAX && op_monotonic_ms() >= running->deadline_ms;
    if (*ret_timed_out)
      return 0;
  }
  /* What it said last. A descendant that goes on writing is not waited for: the excess ends this, too. */
  while (running->out >= 0 && !running->truncated && collect(running)) {
  }
  return 0;
}

/* Waits for its end, which is near. 0 or an errno. */
static int reap(const struct running *running, bool timed_out, struct op_child_result *ret_result) {
  int status = 0;
  while (waitpid(running->pid, &status, 0) < 0)
    if (errno != EINTR)
      return errno;
  ret_result->end = timed_out ? OP_CHILD_TIMED_OUT : WIFSIGNALED(status) ? OP_CHILD_KILLED : OP_CHILD_EXITED;
  ret_result->number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  ret_result->truncated = running->truncated;
  return 0;
}

/* Feeds the child to its end. 0 or an errno. */
static int attend(struct running *running, struct op_child_result *ret_result) {
  bool timed_out = false;
  running->pidfd = pidfd_open(running->pid, 0);
  int rc = running->pidfd < 0 ? errno : serve(running, &timed_out);
  /* A child that cannot be watched must not go on unwatched. */
  if ((rc || timed_out) && running->child->timeout_ms != 0)
    op_kill_descendants(running->pid);
  else if (rc)
    kill(running->pid, SIGKILL);
  int waited = reap(running, timed_out, ret_result);
  return rc ? rc : waited;
}

/* Holds SIGPIPE back in this thread. *ret_pending: one was waiting already, which is not ours to take. */
static void hold_sigpipe(sigset_t *ret_old, bool *ret_pending) {
  sigset_t pipe;
  sigset_t pending;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigemptyset(&pending);
  sigpending(&pending);
  *ret_pending = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &pipe, ret_old);
}

/* Takes the one that our writing raised, and lets the next through again. */
static void release_sigpipe(const sigset_t *old, bool was_pending) {
  static const struct timespec at_once = {0, 0};
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  while (!was_pending && sigtimedwait(&pipe, NULL, &at_once) < 0 && errno == EINTR) {
  }
  pthread_sigmask(SIG_SETMASK, old, NULL);
}

/* Runs it. */
int op_child_run(const struct op_child *child, struct op_child_result *ret_result, struct op_error *error) {
  struct running running = {.child = child, .pidfd = -1, .deadline_ms = INT64_MAX};
  sigset_t old;
  bool pending = false;
  *ret_result = (struct op_child_result){0};
  if (child->output != NULL)
    op_text_reset(child->output);
  if (child->timeout_ms != 0)
    running.deadline_ms = op_monotonic_ms() + child->timeout_ms;
  hold_sigpipe(&old, &pending);
  int rc = start(&running);
  int code = rc ? fail_start(child->argv[0], rc, error) : OP_OK;
  if (!rc)
    rc = attend(&running, ret_result);
  if (rc && code == OP_OK)
    code = op_fail(error, OP_IO, "io_error", "cannot wait for %s: %s", child->argv[0], strerror(rc));
  shut(&running.in);
  shut(&running.out);
  shut(&running.pidfd);
  release_sigpipe(&old, pending);
  return code;
}
