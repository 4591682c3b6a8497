/* health.c - the verdict over what the programs say, see health.h.
 *
 * Their answers are JSON from outside this program: what is not as expected counts as not told. Running out of memory
 * leaves things out of the report. */
#include "health.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds a reason. A program that is asked three things, and fails each time for one reason, gives one. */
void health_problem(struct health *health, const char *format, ...) {
  char problem[sizeof *health->problems];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem, sizeof problem, format, arguments);
  va_end(arguments);
  for (size_t i = 0; i < health->problem_count; i++)
    if (strcmp(health->problems[i], problem) == 0)
      return;
  char(*more)[sizeof problem] = realloc(health->problems, (health->problem_count + 1) * sizeof *more);
  if (!more)
    return;
  health->problems = more;
  memcpy(more[health->problem_count++], problem, sizeof problem);
}

/* A member as text, "" where it is none. */
static void text_of(const json_t *object, const char *key, char *buf, size_t size) {
  const char *text = json_string_value(json_object_get(object, key));
  snprintf(buf, size, "%s", text ? text : "");
}

/* A member as a number, `fallback` where it is none. */
static int64_t number_of(const json_t *object, const char *key, int64_t fallback) {
  const json_t *value = json_object_get(object, key);
  return json_is_integer(value) ? json_integer_value(value) : fallback;
}

/* The program that keeps this read model, if it is a processor: "op-NAME". */
static const char *processor_of(const char *model, const char *const *processors) {
  for (size_t i = 0; processors[i]; i++)
    if (strncmp(processors[i], "op-", 3) == 0 && strcmp(processors[i] + 3, model) == 0)
      return processors[i];
  return NULL;
}

/* A new one. NULL where memory is gone. */
static struct follower *add_follower(struct health *health, const char *name, bool processor) {
  struct follower *more = realloc(health->followers, (health->follower_count + 1) * sizeof *more);
  if (!more)
    return NULL;
  health->followers = more;
  struct follower *follower = &more[health->follower_count++];
  *follower = (struct follower){.processor = processor, .parked = UNKNOWN, .pending = UNKNOWN, .waiting = UNKNOWN};
  snprintf(follower->name, sizeof follower->name, "%s", name);
  return follower;
}

/* Adds one row of the answer, unless it is a view that is only folded when somebody looks at it. */
static void add(struct health *health, const json_t *row, const char *const *processors) {
  char name[80], kind[16];
  text_of(row, "consumer", name, sizeof name);
  text_of(row, "kind", kind, sizeof kind);
  bool consumer = strcmp(kind, "consumer") == 0;
  const char *processor = consumer ? NULL : processor_of(name, processors);
  if (!consumer && !processor)
    return;
  struct follower *follower = add_follower(health, processor ? processor : name, !consumer);
  if (!follower)
    return;
  follower->parked = number_of(row, "parked", UNKNOWN);
  follower->known = json_is_integer(json_object_get(row, "offset"));
  follower->offset = number_of(row, "offset", 0);
  follower->lag = number_of(row, "lag", 0);
  text_of(row, "updatedAt", follower->updated_at, sizeof follower->updated_at);
  if (follower->lag > health->lag)
    health->lag = follower->lag;
  if (follower->parked > 0)
    health->parked_consumers += follower->parked;
}

/* All of them. */
void health_followers(struct health *health, const json_t *rows, const char *const *processors) {
  size_t i;
  const json_t *row;
  health->parked_consumers = 0;
  json_array_foreach(rows, i, row) add(health, row, processors);
}

/* A member as a time, 0 where it is none. */
static int64_t time_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  int64_t time_us = 0;
  return text && evs_time_parse(text, strlen(text), &time_us) ? time_us : 0;
}

/* What one owes. One whose read model nobody told of is added. */
void health_pending(struct health *health, const char *processor, const json_t *owed) {
  struct follower *follower = NULL;
  if (!json_is_object(owed))
    return;
  for (size_t i = 0; i < health->follower_count && !follower; i++)
    if (health->followers[i].processor && strcmp(health->followers[i].name, processor) == 0)
      follower = &health->followers[i];
  if (!follower && !(follower = add_follower(health, processor, true)))
    return;
  follower->pending = number_of(owed, "pending", UNKNOWN);
  follower->waiting = number_of(owed, "waiting", UNKNOWN);
  follower->oldest_us = time_of(owed, "oldestAt");
  follower->due_us = time_of(owed, "dueAt");
}

/* The state of it. */
void health_circuit(struct health *health, const json_t *circuit) {
  text_of(circuit, "state", health->circuit, sizeof health->circuit);
  text_of(circuit, "retryAt", health->retry_at, sizeof health->retry_at);
}

/* How long that is, for people: "90 s", "12 min", "3 h", "2 d". */
static void in_words(int64_t age_us, char buf[32]) {
  int64_t seconds = age_us / 1000000;
  if (seconds < 120)
    snprintf(buf, 32, "%" PRId64 " s", seconds);
  else if (seconds < 2 * 3600)
    snprintf(buf, 32, "%" PRId64 " min", seconds / 60);
  else if (seconds < 48 * 3600)
    snprintf(buf, 32, "%" PRId64 " h", seconds / 3600);
  else
    snprintf(buf, 32, "%" PRId64 " d", seconds / 86400);
}

/* By how much work waits for it, and for how long. */
static void judge_processor(struct health *health, struct follower *follower, int64_t max_age_ms, int64_t now_us) {
  char age[32];
  if (follower->due_us <= 0 || (now_us - follower->due_us) / 1000 <= max_age_ms)
    return;
  follower->behind = true;
  in_words(now_us - follower->due_us, age);
  health_problem(health, "processor %s is far behind: %" PRId64 " to do, the first for %s", follower->name,
                 follower->pending - follower->waiting, age);
}

/* By how far it has to go. */
static void judge_consumer(struct health *health, struct follower *follower, int64_t max_lag) {
  if (follower->lag <= max_lag)
    return;
  follower->behind = true;
  health_problem(health, "consumer %s is %" PRId64 " events behind", follower->name, follower->lag);
}

/* While the circuit is open nobody is charged; when its time is over, the next run tries. */
static void judge_circuit(struct health *health, int64_t now_us) {
  int64_t retry_us = 0;
  if (strcmp(health->circuit, "open") != 0)
    return;
  if (!evs_time_parse(health->retry_at, strlen(health->retry_at), &retry_us))
    health_problem(health, "payments wait, the circuit is open");
  else if (retry_us > now_us)
    health_problem(health, "payments wait, the circuit is open until %s", health->retry_at);
  else
    health_problem(health, "the circuit of payments is open, and the next op-pay run may try since %s",
                   health->retry_at);
}

/* Ready is who has no problem. */
void health_judge(struct health *health, int64_t max_lag, int64_t max_age_ms, int64_t now_us) {
  for (size_t i = 0; i < health->follower_count; i++) {
    struct follower *follower = &health->followers[i];
    const char *kind = follower->processor ? "processor" : "consumer";
    bool told = follower->known || follower->pending != UNKNOWN;
    follower->behind = !told || follower->lag < 0;
    if (!told)
      health_problem(health, "%s %s: its offset cannot be read", kind, follower->name);
    else if (follower->lag < 0)
      health_problem(health, "%s %s is beyond the head of the journal", kind, follower->name);
    else if (follower->processor)
      judge_processor(health, follower, max_age_ms, now_us);
    else
      judge_consumer(health, follower, max_lag);
  }
  judge_circuit(health, now_us);
  health->ready = health->live && health->problem_count == 0;
}

/* Gives everything back. */
void health_free(struct health *health) {
  free(health->followers);
  free(health->problems);
  *health = (struct health){0};
}
