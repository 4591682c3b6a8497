/* provider_approve.c - the built-in provider: approves every authorization and makes every refund at once.
 *
 * It keeps no ledger and needs none: its answer is a pure function of the request, so the same key gives the same
 * answer for ever. A query finds nothing, since nothing ever moved: who asks before charging or cancelling may do as if
 * it had not called before. For demonstrations, for tests, and for houses that are paid at the door. */
#include "provider_kind.h"

#include <stdio.h>

/* Every call is answered, an authorization and its refunds under the reservation's own number. */
static int call(void *state, enum provider_operation operation, const struct provider_request *request,
                struct provider_answer *ret_answer, struct op_error *error) {
  static const enum provider_status answers[] = {
      [PROVIDER_AUTHORIZE] = PROVIDER_APPROVED,
      [PROVIDER_REFUND] = PROVIDER_REFUNDED,
      [PROVIDER_QUERY] = PROVIDER_NOT_FOUND,
  };
  (void)state;
  (void)error;
  ret_answer->status = answers[operation];
  if (operation != PROVIDER_QUERY)
    snprintf(ret_answer->provider_ref, sizeof ret_answer->provider_ref, "approve:%s", request->reservation_id);
  return 0;
}

const struct provider_kind provider_approve = {.name = "approve", .pure = true, .call = call};
