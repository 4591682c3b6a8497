/* provider_kind.h - private to the providers: what each of them is made of. Others see provider.h. */
#ifndef PAY_PROVIDER_KIND_H
#define PAY_PROVIDER_KIND_H

#include "provider.h"

/* A way to reach a provider. Its functions are as those of provider.h. */
struct provider_kind {
  const char *name;
  /* Makes what the calls need of the configuration; NULL: they need nothing. */
  int (*open)(struct op_app *app, void **ret_state, struct op_error *error);
  void (*close)(void *state); /* NULL is legal */
  int (*call)(void *state, enum provider_operation operation, const struct provider_request *request,
              struct provider_answer *ret_answer, struct op_error *error);
};

extern const struct provider_kind provider_approve;

#endif
