/* tick.c - outerpark tick: every processor of the saga, in turn, until nobody has anything to do now. For cron.
 *
 * A processor reacts to the events of another (a cancellation is refunded, the refund is told to the customer), so one
 * round is rarely enough; the journal's head, before and after a round, says whether there is more. A processor that
 * fails has had its turn: it said why itself, the others go on, and its exit code is that of the tick. A store that
 * nobody has made yet has nothing to do, so that cron does not mail before the first musical.
 *
 * As NDJSON everybody prints for himself. The other formats have a beginning and an end, of which there is one: then
 * the processors say their events to us, which are remembered by their numbers, and shown at the end as the journal has
 * them. What is no event (the notices of channel stdout) is handed on at once, as it counts as delivered. */
#include "tick.h"
#include "request.h"
#include "sibling.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define MAX_PROCESSORS 16
#define MAX_ARGUMENTS (8 + SIBLING_OPTIONS)

/* What the processors said, in the formats that are shown at the end. */
struct said {
  bool kept; /* false: they print for themselves */
  uint64_t *events;
  size_t count;
};

/* The common options, as they were understood here, handed on. */
static void hand_on(const struct op_app *app, const char *path, bool kept, const char *arguments[MAX_ARGUMENTS]) {
  size_t count = 0;
  arguments[count++] = path;
  arguments[count++] = "run";
  if (app->quiet)
    arguments[count++] = "--quiet";
  if (app->verbose)
    arguments[count++] = "--verbose";
  count = sibling_options(app, arguments, count);
  if (kept) { /* the last one counts */
    arguments[count++] = "--output";
    arguments[count++] = "ndjson";
  }
  arguments[count] = NULL;
}

/* ---- what they say ---------------------------------------------------------------------------------------------- */

/* Keeps the number of an event, hands on any other line. */
static void keep_line(struct op_app *app, struct said *said, const char *line) {
  static const char start[] = "{\"seq\":";
  uint64_t seq = strncmp(line, start, sizeof start - 1) == 0 ? strtoull(line + sizeof start - 1, NULL, 10) : 0;
  uint64_t *more = seq ? realloc(said->events, (said->count + 1) * sizeof *more) : NULL;
  if (!more) {
    op_output_say(app->output, line);
    op_output_flush(app->output);
    return;
  }
  said->events = more;
  more[said->count++] = seq;
}

/* Reads lines until the processor has closed its stdout. */
static void listen_to(struct op_app *app, struct said *said, int fd) {
  char buf[65536];
  struct op_text line = {0};
  ssize_t len = 0;
  while ((len = read(fd, buf, sizeof buf)) > 0 || (len < 0 && errno == EINTR))
    for (const char *at = buf, *end = buf + (len > 0 ? len : 0); at < end;) {
      const char *newline = memchr(at, '\n', (size_t)(end - at));
      op_text_add(&line, at, (size_t)((newline ? newline : end) - at));
      at = newline ? newline + 1 : end;
      if (newline) {
        keep_line(app, said, line.ptr ? line.ptr : "");
        op_text_reset(&line);
      }
    }
  if (line.len > 0)
    keep_line(app, said, line.ptr);
  op_text_free(&line);
}

/* One event. */
static int show_event(void *context, const evs_event *event, struct op_error *error) {
  (void)error;
  op_line(context, event);
  return OP_OK;
}

/* All of them. */
static int show(struct op_app *app, const struct said *said, struct op_error *error) {
  int rc = OP_OK;
  if (!said->kept)
    return OP_OK;
  op_lines_begin(app->output);
  for (size_t i = 0; !rc && i < said->count && !op_output_closed(app->output); i++)
    rc = op_event_at(app, said->events[i], show_event, app->output, error);
  op_lines_end(app->output);
  return rc;
}

/* ---- running them ----------------------------------------------------------------------------------------------- */

/* Starts a processor. *ret_fd: where it says its events; -1 where it prints them. An errno, or 0. */
static int start(struct op_app *app, const char *path, bool kept, pid_t *ret_pid, int *ret_fd) {
  const char *arguments[MAX_ARGUMENTS];
  posix_spawn_file_actions_t actions;
  int pipe_fds[2] = {-1, -1};
  *ret_fd = -1;
  hand_on(app, path, kept, arguments);
  if (kept && pipe2(pipe_fds, O_CLOEXEC))
    return errno;
  int rc = posix_spawn_file_actions_init(&actions);
  if (!rc) {
    if (kept)
      rc = posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
    if (!rc)
      rc = posix_spawnp(ret_pid, path, &actions, NULL, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
  }
  if (kept)
    close(pipe_fds[1]);
  if (kept && rc)
    close(pipe_fds[0]);
  else
    *ret_fd = pipe_fds[0];
  return rc;
}

/* Runs one processor to its end. Its exit code, 128 + n for a signal, or an exit code with *error filled. */
static int run_processor(struct op_app *app, const char *program, struct said *said, struct op_error *error) {
  char path[PATH_MAX];
  pid_t pid;
  int status = 0, fd = -1;
  sibling_path(program, path, sizeof path);
  op_explain(app, "%s run", program);
  int rc = start(app, path, said->kept, &pid, &fd);
  if (rc)
    return op_fail(error, rc == ENOENT ? OP_NOINPUT : OP_TEMPORARY, "no_command", "%s: cannot be started: %s", path,
                   strerror(rc));
  if (fd >= 0) {
    listen_to(app, said, fd);
    close(fd);
  }
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR)
      return op_fail(error, OP_IO, "io_error", "cannot wait for %s: %s", program, strerror(errno));
  if (!WIFSIGNALED(status))
    return WEXITSTATUS(status);
  return op_fail(error, 128 + WTERMSIG(status), "killed", "%s run was ended by signal %d", program, WTERMSIG(status));
}

/* Is there no journal yet where the store should be? (Contacts may be known before the first event.) */
static bool no_store(struct op_app *app) {
  char journal[PATH_MAX];
  struct op_error ignored;
  struct stat info;
  if (op_store_directory(app, journal, sizeof journal - sizeof "/journal", &ignored) != 0)
    return false;
  memcpy(journal + strlen(journal), "/journal", sizeof "/journal");
  return lstat(journal, &info) != 0 && errno == ENOENT;
}

/* Rounds, until one appended nothing. The exit code of the first that failed, which said why itself; or an exit code
 * with *error filled. */
static int rounds(struct op_app *app, struct said *said, struct op_error *error) {
  const char *const *processors = sibling_processors(&app->config);
  bool failed[MAX_PROCESSORS] = {false};
  int first_failure = OP_OK;
  uint64_t before = 0;
  uint64_t head = 0;
  evs_error store_error;
  int rc = evs_head(app->store, &head, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  do {
    before = head;
    for (size_t i = 0; processors[i] && !op_stopping(); i++) {
      struct op_error why = {0};
      rc = failed[i] ? OP_OK : run_processor(app, processors[i], said, &why);
      failed[i] = failed[i] || rc;
      if (rc && why.exit_code)
        op_print_error(app, &why);
      if (rc && !first_failure)
        first_failure = rc;
    }
    if ((rc = evs_head(app->store, &head, &store_error)))
      return op_fail_store(error, rc, &store_error);
  } while (head > before && !op_stopping());
  return first_failure;
}

/* The verb tick. */
int verb_tick(struct op_app *app, struct op_error *error) {
  struct said said = {.kept = !app->quiet && op_output_format(app->output) != OP_NDJSON};
  struct op_error unshown = {0};
  op_catch_signals(); /* the processor in hand ends its work, and no other starts */
  if (no_store(app)) {
    op_explain(app, "no store yet: nothing to do");
    return show(app, &said, error);
  }
  int rc = op_store_read(app, error);
  if (rc)
    return rc;
  rc = rounds(app, &said, error);
  if (show(app, &said, &unshown) && !rc) {
    *error = unshown;
    rc = unshown.exit_code;
  }
  free(said.events);
  return rc;
}
