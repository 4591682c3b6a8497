/* provider.c - finds the provider that the configuration names.
 *
 * Invariant: an unknown name is an error and never a silent default, because who asked for a real provider must not get
 * the one that approves everything. Errors: 78 unknown_provider. */
#include "provider.h"

#include <string.h>

static const struct provider *const providers[] = {&provider_approve, NULL};

/* By name. */
int provider_find(const char *name, const struct provider **ret_provider, struct op_error *error) {
  for (size_t i = 0; providers[i] != NULL; i++)
    if (strcmp(providers[i]->name, name) == 0) {
      *ret_provider = providers[i];
      return 0;
    }
  return op_fail(error, OP_CONFIG, "unknown_provider", "there is no payment provider \"%s\"", name);
}
