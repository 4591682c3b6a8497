/* calls.c - makes the calls of several steps at once, see calls.h.
 *
 * Invariants: each thread takes one step after the other from a shared counter, and touches nothing but that step's own
 * struct and the provider, which may be called from several threads; the calls of one step are made one after the
 * other, by one thread; nobody appends, and nothing is decided on the state of another step. Where a thread cannot be
 * started, those that were do its work. Signals are left to the main thread, which lets the calls in hand end. */
#include "calls.h"

#include "progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

struct work {
  struct provider *provider;
  struct call *calls;
  size_t count;
  atomic_size_t next;
};

/* One call. */
static void make(struct provider *provider, struct call *call, enum provider_operation operation,
                 const struct provider_request *request) {
  int64_t begin_ms = op_monotonic_ms();
  call->code = provider_call(provider, operation, request, &call->answer, &call->error);
  int64_t duration_ms = op_monotonic_ms() - begin_ms;
  if (duration_ms > call->duration_ms)
    call->duration_ms = duration_ms;
}

/* All calls of one step. */
static void carry_out(struct provider *provider, struct call *call) {
  struct provider_request request;
  enum provider_operation operation = pay_first_call(call->payment, &call->step);
  pay_request(call->payment, &call->step, &request);
  make(provider, call, operation, &request);
  if (operation == PROVIDER_QUERY && call->code == 0 && pay_next_call(&call->step, &call->answer, &operation))
    make(provider, call, operation, &request);
}

/* A thread. */
static void *take(void *context) {
  struct work *work = context;
  size_t i;
  while ((i = atomic_fetch_add(&work->next, 1)) < work->count)
    carry_out(work->provider, &work->calls[i]);
  return NULL;
}

/* The caller is one of the threads. */
void calls_make(struct provider *provider, struct call *calls, size_t count, size_t jobs) {
  struct work work = {.provider = provider, .calls = calls, .count = count};
  pthread_t threads[CALLS_MAX_JOBS];
  sigset_t all, before;
  size_t started = 0;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  while (started + 1 < jobs && started + 1 < count && pthread_create(&threads[started], NULL, take, &work) == 0)
    started++;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  take(&work);
  for (size_t i = 0; i < started; i++)
    pthread_join(threads[i], NULL);
}
