/* run.c - the processor: charges what was reserved, gives back what was cancelled.
 *
 * A round is one commit, of the first of these that there is: (1) what came of the calls that this process has begun,
 * which are made now; (2) a change of the circuit; (3) outcomes that need no provider, and new attempts, as many as the
 * circuit permits and --jobs says. So every call stands between two commits:
 *
 *     PaymentAttemptStarted ── call ──► PaymentApproved, ... or PaymentAttemptFailed
 *
 * Crash argument. Killed before the first commit: nothing was called, nothing is known, the next run begins. Killed
 * between the two: maybe the call was made, maybe its answer was lost, maybe a child of ours still runs. The journal
 * says that an attempt was begun, until when it is in our hands, and under which key and amount; until then, or until
 * it is certain that we are gone (holder.h), nobody touches the payment, and then the next attempt asks first
 * (pay_first_call()) and calls only for what the provider has never seen, with the same key. A call without an attempt
 * is impossible, so what was given up before any attempt is ended without asking, and never charged. Killed after the
 * second commit: it is settled. Two at once: an attempt is appended under a condition that only one of them meets. Who
 * comes back from a call after its time is over, records what it learnt all the same: a second answer is the same
 * answer (its event id, and the guard, let only one stand), and a charge behind the end of its payment is given back.
 *
 * A provider that moves no money needs no trace of its calls: with the built-in one a round is a batch of outcomes.
 * Nothing sleeps: what is not due yet is left, for a later run or (--follow) a later look. Errors: those of the
 * provider and the store. */
#include "calls.h"
#include "commit.h"
#include "holder.h"
#include "project.h"
#include "retry.h"
#include "verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64 };

/* What the rounds of one run share. */
struct runner {
  struct provider *provider;
  struct pay_rules rules;
  size_t jobs;
  bool looked;                 /* for payments of other providers */
  char holder[PAY_MAX_HOLDER]; /* of this process: nobody else goes on with its attempts */
  struct payment payments[BATCH];
  struct call calls[BATCH];
};

/* The runner behind a model. */
static struct runner *runner_of(struct op_model *model) { return op_model_app(model)->context; }

/* Makes the calls for `count` payments, and drafts what came of each. */
static int make_calls(struct op_model *model, size_t count, struct op_drafts *drafts, struct op_guard *guard,
                      struct op_error *error) {
  struct runner *runner = runner_of(model);
  struct op_app *app = op_model_app(model);
  int code = OP_OK;
  for (size_t i = 0; i < count; i++)
    runner->calls[i] = (struct call){.payment = &runner->payments[i], .step = pay_decide(&runner->payments[i])};
  calls_make(runner->provider, runner->calls, count, runner->jobs);
  for (size_t i = 0; i < count; i++) {
    const struct call *call = &runner->calls[i];
    struct pay_reply reply = {.provider = provider_name(runner->provider),
                              .answer = call->answer,
                              .duration_ms = call->duration_ms,
                              .now_us = op_now_us(app)};
    if (call->code != 0) {
      *error = call->error;
      code = call->code;
    } else if (!pay_record(call->payment, &call->step, &reply, &runner->rules, drafts, guard)) {
      reply.random = op_random();
      pay_record_failure(call->payment, &call->step, &reply, &runner->rules, drafts, guard);
      op_explain(app, "reservation %s: the provider %s gave no outcome: %s", call->payment->reservation_id,
                 reply.provider, call->answer.reason);
    }
  }
  return drafts->count > 0 ? OP_OK : code; /* what was learnt comes first; who could not call fails again */
}

/* (1) The calls that were begun by this process, while there is time enough for them. */
static int answer_held(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                       struct op_error *error) {
  struct runner *runner = runner_of(model);
  int64_t until_us = op_now_us(op_model_app(model)) + 2000 * runner->rules.timeout_ms;
  size_t count = 0;
  int r = pay_held(model, runner->holder, provider_name(runner->provider), until_us, runner->payments, limit, &count,
                   error);
  return r == 0 && count > 0 ? make_calls(model, count, drafts, guard, error) : r;
}

/* (2) The circuit, where what was called says so. */
static void change_circuit(struct op_model *model, const struct circuit *circuit, struct op_drafts *drafts,
                           struct op_guard *guard) {
  const struct op_app *app = op_model_app(model);
  const struct op_breaker *rules = &app->config.breaker;
  enum circuit_state state;
  const char *reason = NULL;
  if (circuit_decide(circuit, rules, &state, &reason))
    circuit_draft(circuit, rules, state, reason, circuit_retry_us(rules, op_now_us(app), op_random()), NULL, NULL,
                  drafts, guard);
}

/* What is due and needs the provider: first what somebody had in hand who is gone, then the oldest. */
static int find_due(struct op_model *model, size_t wanted, int64_t now_us, size_t *ret_count, struct op_error *error) {
  struct runner *runner = runner_of(model);
  const char *provider = provider_name(runner->provider);
  char gone[PAY_MAX_HOLDER];
  int r = pay_gone_holder(model, provider, now_us, gone, error);
  if (r != 0 || gone[0] == '\0')
    return r != 0 ? r : pay_pending(model, PAY_DUE_CALLS, provider, now_us, runner->payments, wanted, ret_count, error);
  return pay_held(model, gone, provider, now_us + 1, runner->payments, wanted, ret_count, error);
}

/* An open circuit whose time has come, and nobody to try it with: it closes, for a hold (op-reserve) that waits for
 * that would wait for ever, where parked payments have all the seats. Who comes next finds out how the provider does.
 */
static int close_idle(struct op_model *model, const struct circuit *circuit, struct op_drafts *drafts,
                      struct op_guard *guard, struct op_error *error) {
  struct op_pending owed = {0};
  int r = pay_owed(model, circuit->provider, &owed, error);
  if (r == 0 && owed.count == 0)
    circuit_draft(circuit, &op_model_app(model)->config.breaker, CIRCUIT_CLOSED, "idle", 0, NULL, NULL, drafts, guard);
  return r;
}

/* May the provider be called without a trace? */
static bool calls_at_once(const struct runner *runner, const struct circuit *circuit) {
  return provider_is_pure(runner->provider) && circuit->state == CIRCUIT_CLOSED;
}

/* (3) Begins attempts, as many as may be. A provider that is pure is called at once, while its circuit is closed. */
static int begin_calls(struct op_model *model, const struct circuit *circuit, size_t limit, struct op_drafts *drafts,
                       struct op_guard *guard, struct op_error *error) {
  struct runner *runner = runner_of(model);
  const struct op_app *app = op_model_app(model);
  int64_t now_us = op_now_us(app);
  bool at_once = calls_at_once(runner, circuit), probes = circuit->state != CIRCUIT_CLOSED, opens = false;
  size_t wanted = at_once || runner->jobs > limit ? limit : runner->jobs, count = 0;
  wanted = circuit_permits(circuit, &app->config.breaker, now_us, wanted, &opens);
  if (wanted == 0)
    return OP_OK;
  int r = find_due(model, wanted, now_us, &count, error);
  if (r == 0 && count == 0 && probes)
    return close_idle(model, circuit, drafts, guard, error);
  if (r != 0 || count == 0)
    return r;
  circuit_guard(circuit, probes, guard);
  if (at_once)
    return make_calls(model, count, drafts, guard, error);
  if (opens)
    circuit_draft(circuit, &app->config.breaker, CIRCUIT_HALF_OPEN, "retry", 0, NULL, NULL, drafts, guard);
  for (size_t i = 0; i < count; i++) {
    struct pay_step step = pay_decide(&runner->payments[i]);
    pay_start(&runner->payments[i], &step, provider_name(runner->provider), runner->holder, probes,
              now_us + 1000 * pay_hold_ms(&runner->rules), drafts, guard);
  }
  return OP_OK;
}

/* (3) What needs no provider: a cancellation of what nobody was asked for. */
static int end_uncharged(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                         struct op_error *error) {
  struct runner *runner = runner_of(model);
  size_t count = 0;
  int r = pay_pending(model, PAY_DUE_FREE, provider_name(runner->provider), op_now_us(op_model_app(model)),
                      runner->payments, limit, &count, error);
  for (size_t i = 0; r == 0 && i < count; i++) {
    struct pay_step step = pay_decide(&runner->payments[i]);
    pay_record(&runner->payments[i], &step, NULL, &runner->rules, drafts, guard);
  }
  return r;
}

/* Says, once a run, that there are payments which the configured provider knows nothing of. */
static int look_elsewhere(struct op_model *model, struct op_error *error) {
  struct runner *runner = runner_of(model);
  char other[64];
  int64_t count = 0;
  int r = pay_elsewhere(model, provider_name(runner->provider), &count, other, error);
  if (count > 0)
    op_warn(op_model_app(model),
            "payments that wait for the provider %s, which was asked first: %" PRId64
            "; run op-pay with payment.provider: %s to settle them",
            other, count, other);
  runner->looked = true;
  return r;
}

/* One round. */
static int work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error) {
  struct runner *runner = runner_of(model);
  struct circuit circuit;
  int r = runner->looked ? 0 : look_elsewhere(model, error);
  if (r == 0)
    r = answer_held(model, limit, drafts, guard, error);
  if (r != 0 || drafts->count > 0)
    return r;
  r = circuit_load(model, provider_name(runner->provider), &circuit, error);
  if (r != 0)
    return r;
  change_circuit(model, &circuit, drafts, guard);
  if (drafts->count > 0)
    return 0;
  if (calls_at_once(runner, &circuit)) { /* the oldest first, which are those */
    r = begin_calls(model, &circuit, limit, drafts, guard, error);
    return r == 0 && drafts->count < limit ? end_uncharged(model, limit - drafts->count, drafts, guard, error) : r;
  }
  r = end_uncharged(model, limit, drafts, guard, error); /* these must not wait for anybody */
  return r == 0 && drafts->count == 0 ? begin_calls(model, &circuit, limit, drafts, guard, error) : r;
}

/* Does the draft tell what became of a payment? */
static bool handles(const struct op_draft *draft) {
  static const char *const others[] = {OP_PAYMENT_ATTEMPT_STARTED, OP_PAYMENT_PARKED, OP_PAYMENT_CIRCUIT_OPENED,
                                       OP_PAYMENT_CIRCUIT_HALF_OPENED, OP_PAYMENT_CIRCUIT_CLOSED};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    if (strcmp(draft->type, others[i]) == 0)
      return false;
  return true;
}

/* Counts what is pending. */
static int pending(struct op_model *model, struct op_pending *owed, struct op_error *error) {
  return pay_owed(model, provider_name(runner_of(model)->provider), owed, error);
}

/* The verb. */
int pay_run(struct op_app *app, struct op_error *error) {
  static const char *const unsaid[] = {OP_PAYMENT_ATTEMPT_STARTED, NULL}; /* what comes of it is said */
  static const struct op_processor processor = {.model = &pay_model,
                                                .batch = BATCH,
                                                .work = work,
                                                .pending = pending,
                                                .handles = handles,
                                                .unsaid = unsaid,
                                                .timed = true};
  const char *text = op_option(app, "jobs");
  int64_t jobs = 1;
  if (text != NULL && op_check_number("--jobs", "usage", text, 1, CALLS_MAX_JOBS, &jobs, error) != 0)
    return op_usage(app, error, "--jobs must be a whole number from 1 to %d, not '%s'", CALLS_MAX_JOBS, text);
  struct runner *runner = calloc(1, sizeof *runner);
  if (runner == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  runner->jobs = (size_t)jobs;
  runner->rules = (struct pay_rules){app->config.payment_max_attempts, app->config.payment_timeout_ms};
  holder_name(runner->holder);
  app->context = runner;
  int r = provider_open(app, &runner->provider, error);
  if (r == 0)
    r = op_process(app, &processor, error);
  provider_close(runner->provider);
  app->context = NULL;
  free(runner);
  return r;
}
