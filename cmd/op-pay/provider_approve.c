/* provider_approve.c - the built-in provider: approves every authorization and makes every refund at once.
 *
 * It keeps no ledger and needs none: its answer is a pure function of the request, so the same key gives the same
 * answer for ever. For demonstrations, for tests, and for houses that are paid at the door. */
#include "provider.h"

#include <stdio.h>
#include <string.h>

/* Every authorization is approved, under the reservation's own number. */
static int authorize(const struct provider_request *request, struct provider_answer *ret_answer,
                     struct op_error *error) {
  (void)error;
  *ret_answer = (struct provider_answer){.status = PROVIDER_APPROVED};
  snprintf(ret_answer->provider_ref, sizeof ret_answer->provider_ref, "approve:%s", request->reservation_id);
  return 0;
}

/* Every refund is made, under the number of what it gives back. */
static int refund(const struct provider_request *request, struct provider_answer *ret_answer, struct op_error *error) {
  (void)error;
  *ret_answer = (struct provider_answer){.status = PROVIDER_REFUNDED};
  snprintf(ret_answer->provider_ref, sizeof ret_answer->provider_ref, "approve:%s", request->reservation_id);
  return 0;
}

/* What was asked for under a key was done. */
static int query(const struct provider_request *request, struct provider_answer *ret_answer, struct op_error *error) {
  if (strncmp(request->idempotency_key, "refund:", strlen("refund:")) == 0)
    return refund(request, ret_answer, error);
  return authorize(request, ret_answer, error);
}

const struct provider provider_approve = {"approve", authorize, refund, query};
