/* compare.h - the journal's word and the ledger's about one idempotency key: what each claims, and where they differ.
 *
 * Pure. Only money that moved is compared: a refusal on one side and silence on the other are the same. */
#ifndef PAY_COMPARE_H
#define PAY_COMPARE_H

#include "protocol.h"

/* What one side says of a key. */
struct claim {
  enum provider_status status; /* APPROVED, DECLINED, REFUNDED, PENDING; NOT_FOUND: nothing */
  int64_t amount;              /* minor units; -1: it does not say */
  char currency[8];            /* "": it does not say */
};

/* How the two differ, as a stable word; NULL where they agree:
 *   missing_in_ledger   the journal says that money moved, the ledger does not
 *   missing_in_journal  the ledger says that money moved, the journal does not
 *   pending_in_ledger   the journal says that money moved, the ledger is not done with it
 *   status              one says charged, the other given back
 *   amount, currency    both moved money, and not the same */
const char *claims_differ(const struct claim *journal, const struct claim *ledger);

/* What an event of the journal claims. */
struct journal_claim {
  char key[PROVIDER_MAX_KEY];
  char reservation_id[OP_MAX_ID + 1];
  char provider[64]; /* "": no provider was asked, or none yet */
  struct claim claim;
};

/* The types that carry claims, NULL-terminated. */
extern const char *const claim_types[];

/* Reads one of them. ReservationPlaced and ReservationCancelled claim nothing of the key that is derived from them, and
 * so name it; the payment's own events tell what became of it. False where it is none of ours. */
bool claim_of_event(const evs_event *event, struct journal_claim *ret_claim);

#endif
