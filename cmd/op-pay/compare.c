/* compare.c - reads claims out of events, and compares them with the ledger's; see compare.h.
 *
 * An event that tells its key is believed; the first key of a charge and of a refund is made by pay_request(), as for
 * the calls themselves, so that both always mean the same one. Raises
 * nothing: what does not look like an event of ours claims nothing. */
#include "compare.h"

#include "decide.h"
#include "model.h"

#include <string.h>

const char *const claim_types[] = {
    OP_RESERVATION_PLACED, OP_RESERVATION_CANCELLED, OP_PAYMENT_ATTEMPT_STARTED, OP_PAYMENT_APPROVED,
    OP_PAYMENT_DECLINED,   OP_PAYMENT_REFUNDED,      OP_PAYMENT_CANCELLED,       NULL};

/* What each of them says, about which kind of key, in their order. */
static const struct {
  enum provider_status status;
  enum pay_action action;
  bool is_cause; /* the key is derived from this event itself, else from what caused it */
} meanings[] = {
    {PROVIDER_NOT_FOUND, PAY_AUTHORIZE, true},  {PROVIDER_NOT_FOUND, PAY_REFUND, true},
    {PROVIDER_NOT_FOUND, PAY_AUTHORIZE, false}, {PROVIDER_APPROVED, PAY_AUTHORIZE, false},
    {PROVIDER_DECLINED, PAY_AUTHORIZE, false},  {PROVIDER_REFUNDED, PAY_REFUND, false},
    {PROVIDER_REFUNDED, PAY_REFUND, false},
};

/* Did money move? */
static bool moved(const struct claim *claim) {
  return claim->status == PROVIDER_APPROVED || claim->status == PROVIDER_REFUNDED;
}

/* How they differ. */
const char *claims_differ(const struct claim *journal, const struct claim *ledger) {
  if (!moved(journal))
    return moved(ledger) ? "missing_in_journal" : NULL;
  if (ledger->status == PROVIDER_PENDING)
    return "pending_in_ledger";
  if (!moved(ledger))
    return "missing_in_ledger";
  if (journal->status != ledger->status)
    return "status";
  if (journal->amount >= 0 && ledger->amount >= 0 && journal->amount != ledger->amount)
    return "amount";
  bool both = journal->currency[0] != '\0' && ledger->currency[0] != '\0';
  return both && strcmp(journal->currency, ledger->currency) != 0 ? "currency" : NULL;
}

/* An event as a claim. */
bool claim_of_event(const evs_event *event, struct journal_claim *ret_claim) {
  size_t i = 0;
  *ret_claim = (struct journal_claim){0};
  while (claim_types[i] != NULL && !op_type_is(event, claim_types[i]))
    i++;
  if (claim_types[i] == NULL || !op_field_id(event, "reservationId", ret_claim->reservation_id))
    return false;
  struct payment payment = {0};
  struct pay_step step = {.action = meanings[i].action, .cause = meanings[i].is_cause ? event->seq : event->causation};
  struct provider_request request;
  memcpy(payment.reservation_id, ret_claim->reservation_id, sizeof payment.reservation_id);
  pay_request(&payment, &step, &request);
  if (!op_field_text(event, "idempotencyKey", ret_claim->key, sizeof ret_claim->key) || ret_claim->key[0] == '\0')
    memcpy(ret_claim->key, request.idempotency_key, sizeof ret_claim->key);
  op_field_text(event, "provider", ret_claim->provider, sizeof ret_claim->provider);
  op_field_text(event, "currency", ret_claim->claim.currency, sizeof ret_claim->claim.currency);
  ret_claim->claim.status = meanings[i].status;
  ret_claim->claim.amount = op_field_number(event, "amount", -1);
  /* A cancellation of what was never charged gave nothing back, though the provider may have been asked about it. */
  bool nothing = ret_claim->claim.amount == 0 || ret_claim->provider[0] == '\0';
  if (meanings[i].status == PROVIDER_REFUNDED && nothing)
    ret_claim->claim.status = PROVIDER_NOT_FOUND;
  return true;
}
