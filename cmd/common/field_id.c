/* field_id.c - ids inside of events.
 *
 * Anyone may append an event, so what stands where an id belongs may be anything: too long, with a newline, no text at
 * all. Such a value counts as absent. Otherwise a processor would derive a tag or a correlation from it that the store
 * refuses, at every run, and one odd event would stop it for good. */
#include "model.h"

/* The member as an id, or nothing. */
bool op_field_id(const evs_event *event, const char *key, char buf[OP_MAX_ID + 1]) {
  struct op_error ignored;
  if (op_field_text(event, key, buf, OP_MAX_ID + 1) && op_check_id(key, buf, &ignored) == 0)
    return true;
  buf[0] = '\0';
  return false;
}
