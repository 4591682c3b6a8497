/* provider.h - who moves the money: the narrow face that every payment provider has.
 *
 * Caveats first: a call may be made again with the same idempotency key after a crash, by this process or another one,
 * and must then have the effect of one call and give the same answer. The key of an authorization is the same at every
 * attempt and differs from that of its refunds; a query carries the key that it asks about.
 *
 * PROVIDER_UNKNOWN is not a refusal: nobody knows whether the money moved, and only a query or the same call again
 * tells. */
#ifndef PAY_PROVIDER_H
#define PAY_PROVIDER_H

#include "error.h"

#include <stdint.h>

enum provider_status {
  PROVIDER_UNKNOWN, /* no answer, or none that can be understood */
  PROVIDER_APPROVED,
  PROVIDER_DECLINED,
  PROVIDER_REFUNDED,
  PROVIDER_NOT_FOUND, /* of a query: no call with this key was ever seen */
  PROVIDER_PENDING,
};

#define PROVIDER_MAX_KEY 128

struct provider_request {
  char idempotency_key[PROVIDER_MAX_KEY];
  const char *reservation_id;
  const char *customer_id; /* "": not known */
  int64_t amount;          /* minor units */
  const char *currency;
};

struct provider_answer {
  enum provider_status status;
  char provider_ref[256]; /* the provider's own number, "" where it gave none */
  char reason[256];       /* why it declined, or "" */
};

/* A provider. Its functions return 0 with *ret_answer filled (PROVIDER_UNKNOWN included), or an exit code with *error
 * filled where the call could not be made at all. */
struct provider {
  const char *name; /* as in payment.provider and in the events */
  int (*authorize)(const struct provider_request *request, struct provider_answer *ret_answer, struct op_error *error);
  int (*refund)(const struct provider_request *request, struct provider_answer *ret_answer, struct op_error *error);
  int (*query)(const struct provider_request *request, struct provider_answer *ret_answer, struct op_error *error);
};

/* The provider of this name, or exit 78 where there is none. */
int provider_find(const char *name, const struct provider **ret_provider, struct op_error *error);

/* The built-in one (provider_approve.c): it approves and refunds everything, and moves no money. */
extern const struct provider provider_approve;

#endif
