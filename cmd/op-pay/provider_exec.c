/* provider_exec.c - the provider is a program: payment.command, run without a shell once per call.
 *
 * It reads one request on its stdin and writes one answer to its stdout; what it writes to stderr goes to ours. Only
 * exit 0 with an answer tells anything: another exit, a signal, the time limit (which kills it with all that it
 * started) and garbage leave the outcome unknown. Exit 64 says that it does not know the operation. Errors: 78
 * bad_config (no such program), 77 not_executable, 75 no_resources. */
#include "provider_kind.h"

#include "child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct exec {
  char *const *command; /* borrowed */
  unsigned timeout_ms;
};

/* Says that a program that is not there is a matter of the configuration; other errors stay what they are. */
static int fail_command(const char *program, int code, struct op_error *error) {
  if (code != OP_NOINPUT)
    return code;
  return op_fail(error, OP_CONFIG, "bad_config", "payment.command: %s: no such program", program);
}

/* Takes the command, and looks whether it is there: better now than after an attempt has begun. */
static int open_exec(const struct op_config *config, unsigned timeout_ms, void **ret_state, struct op_error *error) {
  if (config->payment_command == NULL)
    return op_fail(error, OP_CONFIG, "bad_config", "payment.provider is exec, and payment.command names no program");
  int r = op_child_find(config->payment_command[0], error);
  if (r != 0)
    return fail_command(config->payment_command[0], r, error);
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
  if (r != 0)
    return fail_command(exec->command[0], r, error);
  judge(&result, ret_reply);
  return 0;
}

const struct provider_kind provider_exec = {.name = "exec", .open = open_exec, .close = free, .exchange = exchange};
