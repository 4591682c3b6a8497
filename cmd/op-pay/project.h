/* project.h - the read model of op-pay, state/pay.db: one row per reservation, what waits for an answer, and the
 * circuit of each provider. */
#ifndef PAY_PROJECT_H
#define PAY_PROJECT_H

#include "circuit.h"
#include "decide.h"
#include "model.h"
#include "pending.h"

extern const struct op_model_definition pay_model;

enum pay_due {
  PAY_DUE_FREE,  /* what needs no provider */
  PAY_DUE_CALLS, /* what does, and is in nobody's hands */
};

/* The payments for which something is due at `now_us`, oldest first, at most `limit` of them, into `payments`. Those
 * that another provider than this one was asked for are left to it. */
int pay_pending(struct op_model *model, enum pay_due due, const char *provider, int64_t now_us,
                struct payment *payments, size_t limit, size_t *ret_count, struct op_error *error);

/* Those that `holder` has begun an attempt for with this provider, and still has in hand at `until_us`. */
int pay_held(struct op_model *model, const char *holder, const char *provider, int64_t until_us,
             struct payment *payments, size_t limit, size_t *ret_count, struct op_error *error);

/* A holder of such payments that is gone (holder.h), and whose time at `now_us` is not over yet; "" where there is
 * none.
 */
int pay_gone_holder(struct op_model *model, const char *provider, int64_t now_us, char ret_holder[PAY_MAX_HOLDER],
                    struct op_error *error);

/* How many wait for another provider than this one, and for which, one of them by name. */
int pay_elsewhere(struct op_model *model, const char *provider, int64_t *ret_count, char ret_provider[64],
                  struct op_error *error);

/* Counts what is due for payments, now or later, with this provider configured (owed.c). */
int pay_owed(struct op_model *model, const char *provider, struct op_pending *owed, struct op_error *error);

/* One payment; its reservation_id is "" where there is none. */
int pay_load(struct op_model *model, const char *id, struct payment *ret_payment, struct op_error *error);

/* ---- circuits (project_circuit.c) ---------------------------------------------------------------- */

#define PAY_CIRCUIT_SCHEMA                                                                                             \
  "CREATE TABLE circuits ("                                                                                            \
  "  provider TEXT PRIMARY KEY, state TEXT NOT NULL, retry_us INTEGER NOT NULL, reason TEXT, changed_at TEXT,"         \
  "  probes_worked INTEGER NOT NULL, probe_failed INTEGER NOT NULL, slowest_probe_ms INTEGER NOT NULL,"                \
  "  next_call INTEGER NOT NULL, probes BLOB NOT NULL, calls BLOB NOT NULL"                                            \
  ") WITHOUT ROWID;"

/* The circuit of this provider: closed, with an empty window, where it never was called. */
int circuit_load(struct op_model *model, const char *provider, struct circuit *ret_circuit, struct op_error *error);

/* Folds an event into the circuit of the provider that it names, if any; `attempt` as circuit_apply() wants it. */
int circuit_project(struct op_model *model, const evs_event *event, uint64_t attempt, struct op_error *error);

#endif
