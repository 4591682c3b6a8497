/* interruption.h - is the payment provider called now? As this context folds it from the circuit's events.
 *
 * While the circuit is open, and until it is tried again, payments are interrupted. Behind that time they are not,
 * closed or half open, because only new reservations may be there to try it with. Whether anything could be paid is
 * another question: only a closed circuit says so. */
#ifndef RESERVE_INTERRUPTION_H
#define RESERVE_INTERRUPTION_H

#include "domain.h"
#include "model.h"

/* What the events about one provider say. */
struct interruption {
  int64_t until_us;  /* it is not called before that; 0: it is */
  int64_t closed_us; /* since when its circuit is closed; CLOSED_EVER, or NOT_CLOSED */
};
#define CLOSED_EVER INT64_MIN
#define NOT_CLOSED INT64_MAX

/* Is nothing placed, and nothing offered to who waits, while payments are interrupted (payment.when_open)? */
bool interruption_suspends(const struct op_config *config);
/* Since when an offer can be paid for: CLOSED_EVER where an interruption is no reason to wait, NOT_CLOSED: it cannot.
 */
int64_t interruption_payable(const struct interruption *interruption, const struct op_config *config);

/* The types that are folded, NULL-terminated; each names its provider, and has the tag provider:NAME. */
extern const char *const interruption_types[];

#define INTERRUPTION_SCHEMA                                                                                            \
  "CREATE TABLE interruptions(provider TEXT PRIMARY KEY, until_us INTEGER NOT NULL, closed_us INTEGER NOT NULL)"       \
  " WITHOUT ROWID;"

/* Folds an event, if it is about this provider. */
void interruption_apply(struct interruption *interruption, const char *provider, const evs_event *event);

/* Folds an event into the table. */
int interruption_project(struct op_model *model, const evs_event *event, struct op_error *error);
/* What the table says. */
int interruption_load(struct op_model *model, const char *provider, struct interruption *ret_interruption,
                      struct op_error *error);

#endif
