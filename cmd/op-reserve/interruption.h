/* interruption.h - is the payment provider called now? As this context folds it from the circuit's events.
 *
 * While the circuit is open, and until it is tried again, payments are interrupted. Behind that time they are not,
 * closed or half open, because only new reservations may be there to try it with. */
#ifndef RESERVE_INTERRUPTION_H
#define RESERVE_INTERRUPTION_H

#include "domain.h"
#include "model.h"

/* The types that are folded, NULL-terminated; each names its provider, and has the tag provider:NAME. */
extern const char *const interruption_types[];

#define INTERRUPTION_SCHEMA                                                                                            \
  "CREATE TABLE interruptions(provider TEXT PRIMARY KEY, until_us INTEGER NOT NULL) WITHOUT ROWID;"

/* Folds an event into *until_us (0: no interruption), if it is about this provider. */
void interruption_apply(int64_t *until_us, const char *provider, const evs_event *event);

/* Folds an event into the table. */
int interruption_project(struct op_model *model, const evs_event *event, struct op_error *error);
/* Until when the table says; 0: no interruption. */
int interruption_load(struct op_model *model, const char *provider, int64_t *ret_until_us, struct op_error *error);

#endif
