/* error.c - result codes and the sentences that go with them.
 *
 * The library reports by return value; evs_error is optional and carries the sentence for people. Nothing
 * here allocates, so that reporting cannot fail. */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *evs_code_name(int code) {
  switch (code) {
  case 0:
    return "ok";
  case EVS_EXISTS:
    return "exists";
  case EVS_CONFLICT:
    return "conflict";
  case EVS_END:
    return "end";
  case EVS_CORRUPT:
    return "corrupt";
  case EVS_FUTURE:
    return "future";
  case EVS_BUSY:
    return "busy";
  case EVS_TIMEOUT:
    return "timeout";
  case EVS_NO_STORE:
    return "no_store";
  case EVS_INVALID:
    return "invalid";
  case EVS_LOST:
    return "lost";
  case EVS_BEYOND:
    return "beyond";
  default:
    break;
  }
  const char *name = code > 0 ? strerrorname_np(code) : NULL;
  return name ? name : "unknown";
}

/* Writes all of *error. */
static int fail(evs_error *error, int code, const char *file, uint64_t line, uint64_t byte, const char *format,
                va_list arguments) {
  if (error) {
    memset(error, 0, sizeof *error);
    error->code = code;
    error->line = line;
    error->byte = byte;
    snprintf(error->file, sizeof error->file, "%s", file);
    vsnprintf(error->message, sizeof error->message, format, arguments);
  }
  return code;
}

int evs__fail(evs_error *error, int code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fail(error, code, "", 0, 0, format, arguments);
  va_end(arguments);
  return code;
}

int evs__fail_at(evs_error *error, int code, const char *file, uint64_t line, uint64_t byte, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fail(error, code, file, line, byte, format, arguments);
  va_end(arguments);
  return code;
}
