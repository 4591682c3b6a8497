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

/* Adds a reason. */
void health_problem(struct health *health, const char *format, ...) {
  char(*more)[256] = realloc(health->problems, (health->problem_count + 1) * sizeof *more);
  if (!more)
    return;
  health->problems = more;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(more[health->problem_count++], sizeof *more, format, arguments);
  va_end(arguments);
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

/* Adds one row of the answer, unless it is a view that is only folded when somebody looks at it. */
static void add(struct health *health, const json_t *row, const char *const *processors) {
  char name[80], kind[16];
  text_of(row, "consumer", name, sizeof name);
  text_of(row, "kind", kind, sizeof kind);
  bool consumer = strcmp(kind, "consumer") == 0;
  const char *processor = consumer ? NULL : processor_of(name, processors);
  if (!consumer && !processor)
    return;
  struct follower *more = realloc(health->followers, (health->follower_count + 1) * sizeof *more);
  if (!more)
    return;
  health->followers = more;
  struct follower *follower = &more[health->follower_count++];
  *follower = (struct follower){.processor = !consumer, .parked = number_of(row, "parked", UNKNOWN)};
  snprintf(follower->name, sizeof follower->name, "%s", processor ? processor : name);
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

/* The state of it. */
void health_circuit(struct health *health, const json_t *circuit) {
  text_of(circuit, "state", health->circuit, sizeof health->circuit);
  text_of(circuit, "retryAt", health->retry_at, sizeof health->retry_at);
}

/* Ready is who has no problem. */
void health_judge(struct health *health, int64_t max_lag) {
  for (size_t i = 0; i < health->follower_count; i++) {
    const struct follower *follower = &health->followers[i];
    const char *kind = follower->processor ? "processor" : "consumer";
    if (!follower->known)
      health_problem(health, "%s %s: its offset cannot be read", kind, follower->name);
    else if (follower->lag > max_lag)
      health_problem(health, "%s %s is %" PRId64 " events behind", kind, follower->name, follower->lag);
    else if (follower->lag < 0)
      health_problem(health, "%s %s is beyond the head of the journal", kind, follower->name);
  }
  if (strcmp(health->circuit, "open") == 0)
    health_problem(health, "payments wait, the circuit is open%s%s", health->retry_at[0] ? " until " : "",
                   health->retry_at);
  health->ready = health->live && health->problem_count == 0;
}

/* Gives everything back. */
void health_free(struct health *health) {
  free(health->followers);
  free(health->problems);
  *health = (struct health){0};
}
