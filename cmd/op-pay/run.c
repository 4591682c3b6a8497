/* run.c - the processor: charges what was reserved, gives back what was cancelled.
 *
 * Crash argument: the provider is called first, with a key that depends on the cause alone; the outcome is appended
 * after, under a guard. Killed in between, the next run makes the same call again, which has no second effect, and
 * appends what the first would have. Two at once: one append wins, the other sees its outcome and goes on. Errors:
 * those of the provider and the store; 75 payment_unknown where a provider gave no answer. */
#include "commit.h"
#include "project.h"
#include "verbs.h"

#include <stdlib.h>

/* Carries out the step that is due for one payment and drafts its outcome. */
static int settle(struct provider *provider, const struct payment *payment, struct op_drafts *drafts,
                  struct op_guard *guard, struct op_error *error) {
  struct pay_step step = pay_decide(payment);
  if (!pay_needs_provider(&step)) {
    pay_record(payment, &step, NULL, NULL, drafts, guard);
    return 0;
  }
  struct provider_request request;
  struct provider_answer answer;
  pay_request(payment, &step, &request);
  int r = provider_call(provider, step.action == PAY_AUTHORIZE ? PROVIDER_AUTHORIZE : PROVIDER_REFUND, &request,
                        &answer, error);
  if (r != 0)
    return r;
  if (!pay_record(payment, &step, provider_name(provider), &answer, drafts, guard))
    return op_fail(error, OP_TEMPORARY, "payment_unknown", "reservation %s: the provider %s gave no answer: %s",
                   payment->reservation_id, provider_name(provider), answer.reason);
  return 0;
}

/* Settles up to `limit` payments. */
static int work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error) {
  struct payment *payments = calloc(limit, sizeof *payments);
  if (payments == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  struct provider *provider = NULL;
  size_t count = 0;
  int r = provider_open(op_model_app(model), &provider, error);
  if (r == 0)
    r = pay_pending(model, payments, limit, &count, error);
  /* A signal ends the batch after the call in hand; what was done is appended. */
  for (size_t i = 0; r == 0 && i < count && (i == 0 || op_stopping() == 0); i++)
    r = settle(provider, &payments[i], drafts, guard, error);
  provider_close(provider);
  free(payments);
  return r;
}

/* The verb. */
int pay_run(struct op_app *app, struct op_error *error) {
  static const struct op_processor processor = {.model = &pay_model, .batch = 64, .work = work};
  return op_process(app, &processor, error);
}
