/* provider.h - who moves the money: the narrow face that every payment provider has.
 *
 * Caveats first: a call may be made again with the same idempotency key after a crash, by this process or another one,
 * and must then have the effect of one call and give the same answer. The key of an authorization is the same at every
 * attempt and differs from that of its refunds; a query carries the key that it asks about.
 *
 * PROVIDER_UNKNOWN is not a refusal: nobody knows whether the money moved, and only a query or the same call again
 * tells. A call that timed out may even take effect later than a query that did not find it.
 *
 * An opened provider may be called from several threads at once. */
#ifndef PAY_PROVIDER_H
#define PAY_PROVIDER_H

#include "app.h"

#include <stdint.h>

enum provider_operation { PROVIDER_AUTHORIZE, PROVIDER_REFUND, PROVIDER_QUERY };

enum provider_status {
  PROVIDER_UNKNOWN, /* no answer, or none that can be understood */
  PROVIDER_APPROVED,
  PROVIDER_DECLINED,
  PROVIDER_REFUNDED,
  PROVIDER_NOT_FOUND, /* of a query: no call with this key was ever seen */
  PROVIDER_PENDING,   /* taken, not decided yet: a query tells later */
};

#define PROVIDER_MAX_KEY 128

struct provider_request {
  char idempotency_key[PROVIDER_MAX_KEY];
  const char *reservation_id;
  const char *customer_id; /* "": not known */
  int64_t amount;          /* minor units */
  const char *currency;
};

/* Only what makes sense for the operation comes back: APPROVED or DECLINED of an authorization, REFUNDED or DECLINED of
 * a refund, any of a query; PENDING and UNKNOWN of all. */
struct provider_answer {
  enum provider_status status;
  char provider_ref[256]; /* the provider's own number, else the key, of what it approved or refunded; else maybe "" */
  char reason[256];       /* why it declined, or ""; of UNKNOWN in a few words: "timeout", "exit 75", "http 503" */
};

struct provider; /* an opened one */

/* Opens the provider that the configuration names, and borrows from the app until it is closed. A call takes
 * payment.timeout at most
 * (--timeout where that is given and shorter). Exit 78 where there is no such provider or its settings are wrong. */
int provider_open(struct op_app *app, struct provider **ret_provider, struct op_error *error);
/* Its name, as in payment.provider and in the events. */
const char *provider_name(const struct provider *provider);
/* It moves no money and remembers nothing: a call that nobody heard of makes no difference. */
bool provider_is_pure(const struct provider *provider);
/* Makes one call and waits for its answer. 0 with *ret_answer filled (PROVIDER_UNKNOWN included), or an exit code with
 * *error filled where the call cannot be made at all, now or ever (no such program: 78; out of processes: 75). */
int provider_call(struct provider *provider, enum provider_operation operation, const struct provider_request *request,
                  struct provider_answer *ret_answer, struct op_error *error);
/* After the last call has come back; NULL is legal. */
void provider_close(struct provider *provider);

#endif
