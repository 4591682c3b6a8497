/* tick.c - outerpark tick: every processor, in turn, until nobody has anything to do now. For cron.
 *
 * A processor reacts to the events of another (a cancellation is refunded, the refund is told to the customer), so one
 * round is rarely enough; the journal's head, before and after a round, says whether there is more. A processor that
 * fails has had its turn: it said why itself, the others go on, and its exit code is that of the tick. A store that
 * nobody has made yet has nothing to do, so that cron does not mail before the first musical. */
#include "tick.h"
#include "sibling.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

#define MAX_PROCESSORS 16
#define MAX_ARGUMENTS (8 + SIBLING_OPTIONS)

/* The common options, as they were understood here, handed on. */
static void hand_on(const struct op_app *app, const char *path, const char *arguments[MAX_ARGUMENTS]) {
  size_t count = 0;
  arguments[count++] = path;
  arguments[count++] = "run";
  if (app->quiet)
    arguments[count++] = "--quiet";
  if (app->verbose)
    arguments[count++] = "--verbose";
  arguments[sibling_options(app, arguments, count)] = NULL;
}

/* Runs one processor to its end. Its exit code, 128 + n for a signal, or an exit code with *error filled. */
static int run_processor(struct op_app *app, const char *program, struct op_error *error) {
  char path[PATH_MAX];
  const char *arguments[MAX_ARGUMENTS];
  pid_t pid;
  int status = 0;
  sibling_path(program, path, sizeof path);
  hand_on(app, path, arguments);
  op_explain(app, "%s run", program);
  int rc = posix_spawnp(&pid, path, NULL, NULL, (char *const *)(uintptr_t)arguments, environ);
  if (rc)
    return op_fail(error, rc == ENOENT ? OP_NOINPUT : OP_TEMPORARY, "no_command", "%s: cannot be started: %s", path,
                   strerror(rc));
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

/* The verb tick. */
int verb_tick(struct op_app *app, struct op_error *error) {
  op_catch_signals(); /* the processor in hand ends its work, and no other starts */
  if (no_store(app)) {
    op_explain(app, "no store yet: nothing to do");
    return OP_OK;
  }
  int rc = op_store_read(app, error);
  if (rc)
    return rc;
  bool failed[MAX_PROCESSORS] = {false};
  int first_failure = OP_OK;
  uint64_t before = 0;
  uint64_t head = 0;
  evs_error store_error;
  if ((rc = evs_head(app->store, &head, &store_error)))
    return op_fail_store(error, rc, &store_error);
  do {
    before = head;
    for (size_t i = 0; sibling_processors[i] && !op_stopping(); i++) {
      struct op_error why = {0};
      rc = failed[i] ? OP_OK : run_processor(app, sibling_processors[i], &why);
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
