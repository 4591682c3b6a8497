/* calls.h - the calls of several steps at once, in threads that do nothing else. */
#ifndef PAY_CALLS_H
#define PAY_CALLS_H

#include "decide.h"

/* One step that is carried out, and what came of it. */
struct call {
  const struct payment *payment; /* borrowed */
  struct pay_step step;
  struct provider_answer answer;
  int64_t duration_ms; /* of the longest call that it took */
  int code;            /* 0, or an exit code with `error` filled: the call could not be made at all */
  struct op_error error;
};

/* Carries out all of them, at most `jobs` (1 to CALLS_MAX_JOBS) at once, and waits for the last. */
#define CALLS_MAX_JOBS 64
void calls_make(struct provider *provider, struct call *calls, size_t count, size_t jobs);

#endif
