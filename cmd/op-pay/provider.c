/* provider.c - opens the provider that the configuration names, and hands calls on to it.
 *
 * Invariant: an unknown name is an error and never a silent default, because who asked for a real provider must not get
 * the one that approves everything. Errors: 78 unknown_provider. */
#include "provider_kind.h"

#include <stdlib.h>
#include <string.h>

static const struct provider_kind *const kinds[] = {&provider_approve, NULL};

struct provider {
  const struct provider_kind *kind;
  void *state;
};

/* By name. */
static int find(const char *name, const struct provider_kind **ret_kind, struct op_error *error) {
  for (size_t i = 0; kinds[i] != NULL; i++)
    if (strcmp(kinds[i]->name, name) == 0) {
      *ret_kind = kinds[i];
      return 0;
    }
  return op_fail(error, OP_CONFIG, "unknown_provider", "there is no payment provider \"%s\"", name);
}

/* The one that payment.provider names. */
int provider_open(struct op_app *app, struct provider **ret_provider, struct op_error *error) {
  const struct provider_kind *kind = NULL;
  *ret_provider = NULL;
  int r = find(app->config.payment_provider, &kind, error);
  if (r != 0)
    return r;
  struct provider *provider = calloc(1, sizeof *provider);
  if (provider == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  provider->kind = kind;
  if (kind->open != NULL)
    r = kind->open(app, &provider->state, error);
  if (r != 0)
    free(provider);
  else
    *ret_provider = provider;
  return r;
}

const char *provider_name(const struct provider *provider) { return provider->kind->name; }

/* One call. */
int provider_call(struct provider *provider, enum provider_operation operation, const struct provider_request *request,
                  struct provider_answer *ret_answer, struct op_error *error) {
  *ret_answer = (struct provider_answer){0};
  return provider->kind->call(provider->state, operation, request, ret_answer, error);
}

void provider_close(struct provider *provider) {
  if (provider != NULL && provider->kind->close != NULL)
    provider->kind->close(provider->state);
  free(provider);
}
