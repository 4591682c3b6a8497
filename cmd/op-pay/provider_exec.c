/* provider_exec.c - the provider is a program: payment.command, run without a shell once per call.
 *
 * It reads one request on its stdin and writes one answer to its stdout; what it writes to stderr goes to ours. Only
 * exit 0 with an answer tells anything: another exit, a signal, the time limit (which kills it with all that it
 * started) and garbage leave the outcome unknown. Exit 64 says that it does not know the operation. Errors: 78
 * bad_config (no such program), 77 not_executable, 75 no_resources. */
#include "provider_kind.h"

#include "child.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct exec {
  char *const *command; /* borrowed */
  unsigned timeout_ms;
};

/* Can the program be run, as far as can be told before? What cannot is no attempt at a payment. `place` is a directory
 * of PATH, or "" where the name is a path. Sets errno. */
static bool is_program(const char *place, size_t len, const char *name) {
  char path[PATH_MAX];
  struct stat info;
  int length = snprintf(path, sizeof path, "%.*s%s%s", (int)len, place, len > 0 ? "/" : "", name);
  if (length < 0 || (size_t)length >= sizeof path || stat(path, &info) != 0)
    return false;
  errno = EACCES;
  return S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* Looks for the program as the start of a call will. */
static int find_program(const char *name, struct op_error *error) {
  const char *place = strchr(name, '/') != NULL ? NULL : getenv("PATH");
  bool found = false, denied = false;
  errno = ENOENT;
  if (place == NULL) {
    found = is_program("", 0, name);
    denied = errno == EACCES;
  }
  for (; place != NULL && !found; place = place[strcspn(place, ":")] != '\0' ? strchr(place, ':') + 1 : NULL) {
    found = is_program(place, strcspn(place, ":"), name);
    denied = denied || errno == EACCES;
  }
  if (found)
    return 0;
  return denied ? op_fail(error, OP_NOPERM, "not_executable", "payment.command: %s: cannot be executed", name)
                : op_fail(error, OP_CONFIG, "bad_config", "payment.command: %s: no such program", name);
}

/* Takes the command. */
static int open_exec(const struct op_config *config, unsigned timeout_ms, void **ret_state, struct op_error *error) {
  if (config->payment_command == NULL)
    return op_fail(error, OP_CONFIG, "bad_config", "payment.provider is exec, and payment.command names no program");
  int r = find_program(config->payment_command[0], error);
  if (r != 0)
    return r;
  struct exec *exec = malloc(sizeof *exec);
  if (exec == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  *exec = (struct exec){config->payment_command, timeout_ms};
  *ret_state = exec;
  return 0;
}

/* What the end of the program means. */
static void judge(const struct op_child_result *result, struct provider_reply *reply) {
  reply->kind = REPLY_NONE;
  if (result->end == OP_CHILD_TIMED_OUT)
    snprintf(reply->trouble, sizeof reply->trouble, "timeout");
  else if (result->end == OP_CHILD_KILLED)
    snprintf(reply->trouble, sizeof reply->trouble, "signal %d", result->number);
  else if (result->number != 0)
    snprintf(reply->trouble, sizeof reply->trouble, "exit %d", result->number);
  else if (result->truncated)
    snprintf(reply->trouble, sizeof reply->trouble, "garbage: more than %zu bytes", PROVIDER_MAX_ANSWER);
  else
    reply->kind = REPLY_TEXT;
  if (result->end == OP_CHILD_EXITED && result->number == OP_USAGE)
    reply->kind = REPLY_REJECTED;
}

/* One run of the program. */
static int exchange(void *state, const char *key, const struct op_text *request, struct provider_reply *ret_reply,
                    struct op_error *error) {
  const struct exec *exec = state;
  const struct op_child child = {.argv = exec->command,
                                 .input = request->ptr,
                                 .input_len = request->len,
                                 .output = &ret_reply->text,
                                 .output_max = PROVIDER_MAX_ANSWER,
                                 .timeout_ms = exec->timeout_ms};
  struct op_child_result result;
  (void)key; /* it stands in the request */
  int r = op_child_run(&child, &result, error);
  if (r == OP_NOINPUT)
    return op_fail(error, OP_CONFIG, "bad_config", "payment.command: %s: no such program", exec->command[0]);
  if (r == 0)
    judge(&result, ret_reply);
  return r;
}

const struct provider_kind provider_exec = {.name = "exec", .open = open_exec, .close = free, .exchange = exchange};
