/* sibling.c - finds the op-* program that belongs to this outerpark: a build tree, or an installation that is not in
 * PATH, uses its own. What was understood here of the common options is handed on to it. */
#include "sibling.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* What is local and quick first, so that nobody waits for a slow provider of payments: seats that come back, branches.
 * Then op-pay before op-reserve: after an outage that was longer than reservation.hold what can be charged is, and only
 * the rest expires. */
const char *const *sibling_processors(const struct op_config *config) {
  static const char *const paying[] = {"op-musical", "op-assign", "op-pay", "op-reserve",
                                       "op-ticket",  "op-notify", NULL};
  static const char *const not_paying[] = {"op-musical", "op-assign", "op-reserve", "op-notify", NULL};
  return op_config_pays(config) ? paying : not_paying;
}

/* Hands them on. */
size_t sibling_options(const struct op_app *app, const char **arguments, size_t count) {
  static const char *const options[] = {"store", "config", "output", "errors", "color", "timeout"};
  static const char *const names[] = {"--store", "--config", "--output", "--errors", "--color", "--timeout"};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    const char *value = op_option(app, options[i]);
    if (!value)
      continue;
    arguments[count++] = names[i];
    arguments[count++] = value;
  }
  return count;
}

/* Finds a program. */
void sibling_path(const char *program, char *buf, size_t size) {
  char self[PATH_MAX];
  ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
  if (len > 0) {
    self[len] = '\0';
    char *slash = strrchr(self, '/');
    if (slash)
      slash[1] = '\0';
    int wanted = snprintf(buf, size, "%s%s", self, program);
    if (wanted > 0 && (size_t)wanted < size && access(buf, X_OK) == 0)
      return;
  }
  snprintf(buf, size, "%s", program);
}
