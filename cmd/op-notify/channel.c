/* channel.c - finds the channel that the configuration names.
 *
 * Invariant: an unknown name is an error and never a silent default. Errors: 78 unknown_channel. */
#include "channel.h"

#include <string.h>

/* By name. */
int channel_find(const char *name, const struct channel_kind **ret_kind, struct op_error *error) {
  static const struct channel_kind *const kinds[] = {&channel_file, &channel_stdout, NULL};
  for (size_t i = 0; kinds[i] != NULL; i++)
    if (strcmp(kinds[i]->name, name) == 0) {
      *ret_kind = kinds[i];
      return 0;
    }
  return op_fail(error, OP_CONFIG, "unknown_channel", "there is no notification channel \"%s\"", name);
}
