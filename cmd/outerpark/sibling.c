/* sibling.c - finds the op-* program that belongs to this outerpark: a build tree, or an installation that is not in
 * PATH, uses its own. What was understood here of the common options is handed on to it. */
#include "sibling.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Payment first: after an outage that was longer than reservation.hold what can be charged is, and only the rest
 * expires. */
const char *const sibling_processors[] = {"op-pay", "op-reserve", "op-musical", "op-ticket", "op-notify", NULL};

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
