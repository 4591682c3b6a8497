/* sibling.c - finds the op-* program that belongs to this outerpark: a build tree, or an installation that is not in
 * PATH, uses its own. */
#include "sibling.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
