/* ask.c - runs a sibling with -o json and reads its answer.
 *
 * Its stderr is kept from ours meanwhile: what it says matters only where it fails, and is then told as our own error.
 * So nothing else may run in this process at that time. Errors: 75 unanswered. */
#include "ask.h"
#include "child.h"
#include "sibling.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_ANSWER ((size_t)64 << 20)
#define MAX_WORDS 8

/* Points stderr to a file in memory. Returns ours, to be given to restore(); -1 where that is not possible. */
static int divert(int *ret_file) {
  *ret_file = memfd_create("stderr", MFD_CLOEXEC);
  int ours = *ret_file < 0 ? -1 : dup(STDERR_FILENO);
  if (ours >= 0)
    dup2(*ret_file, STDERR_FILENO);
  return ours;
}

/* Points it back, and reads the first line of what was said. */
static void restore(int ours, int file, char *buf, size_t size) {
  if (ours >= 0) {
    dup2(ours, STDERR_FILENO);
    close(ours);
  }
  ssize_t len = file < 0 ? 0 : pread(file, buf, size - 1, 0);
  buf[len > 0 ? len : 0] = '\0';
  buf[strcspn(buf, "\n")] = '\0';
  if (file >= 0)
    close(file);
}

/* Runs it, and keeps what it prints. */
static int run(struct op_app *app, const char *program, const char *const *words, struct op_text *output,
               struct op_child_result *ret_result, char said[512], struct op_error *error) {
  char path[PATH_MAX];
  const char *arguments[1 + MAX_WORDS + SIBLING_OPTIONS + 6];
  size_t count = 0;
  sibling_path(program, path, sizeof path);
  arguments[count++] = path;
  while (*words && count <= MAX_WORDS)
    arguments[count++] = *words++;
  count = sibling_options(app, arguments, count);
  static const char *const last[] = {"--output", "json", "--errors", "text", NULL};
  for (size_t i = 0; last[i]; i++)
    arguments[count++] = last[i];
  arguments[count] = NULL;
  const struct op_child child = {.argv = (char *const *)(uintptr_t)arguments,
                                 .output = output,
                                 .output_max = MAX_ANSWER,
                                 .timeout_ms = app->timeout_ms > 0 ? app->timeout_ms : 1};
  int file = -1;
  int ours = divert(&file);
  int rc = op_child_run(&child, ret_result, error);
  restore(ours, file, said, 512);
  return rc;
}

/* Asks. */
int ask(struct op_app *app, const char *program, const char *const *words, json_t **ret_answer,
        struct op_error *error) {
  struct op_text output = {0};
  struct op_child_result result;
  char said[512] = "";
  struct op_error why = {0};
  *ret_answer = NULL;
  int rc = run(app, program, words, &output, &result, said, &why);
  if (rc)
    rc = op_fail(error, OP_TEMPORARY, "unanswered", "%s", why.message);
  else if (result.end == OP_CHILD_TIMED_OUT)
    rc = op_fail(error, OP_TEMPORARY, "unanswered", "%s does not answer in time", program);
  else if (result.end != OP_CHILD_EXITED)
    rc = op_fail(error, OP_TEMPORARY, "unanswered", "%s was ended by signal %d", program, result.number);
  else if (result.number == OP_OK && !(*ret_answer = json_loadb(output.ptr ? output.ptr : "", output.len, 0, NULL)))
    rc = op_fail(error, OP_TEMPORARY, "unanswered", "%s gave no answer that can be read", program);
  else if (result.number != OP_OK && result.number != OP_USAGE)
    rc = op_fail(error, OP_TEMPORARY, "unanswered", "%s", said[0] ? said : program);
  op_text_free(&output);
  return rc;
}
