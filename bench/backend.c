/* backend.c - what all backends and workloads of the bench share: events, clocks, ends. */
#include "backend.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const bench_types[BENCH_TYPES] = {"ReservationPlaced", "PaymentApproved", "ReservationConfirmed",
                                              "NotificationSent"};

/* By name. */
const struct bench_backend *bench_backend_find(const char *name) {
  static const struct bench_backend *const all[] = {&bench_evstore, &bench_sqlite, &bench_redis, &bench_raw, NULL};
  for (size_t i = 0; all[i]; i++)
    if (strcmp(all[i]->name, name) == 0)
      return all[i];
  bench_die("there is no backend %s", name);
}

/* All but the number. */
void bench_event_init(struct bench_event *event, unsigned worker, unsigned musical) {
  event->type = bench_types[0];
  snprintf(event->id, sizeof event->id, "placed:%02u-%08u", worker, 0u);
  snprintf(event->reservation, sizeof event->reservation, "%02u-%08u", worker, 0u);
  snprintf(event->musical_tag, sizeof event->musical_tag, "musical:%02u", musical);
  snprintf(event->reservation_tag, sizeof event->reservation_tag, "reservation:%02u-%08u", worker, 0u);
  snprintf(event->tags, sizeof event->tags, "[\"%s\",\"%s\"]", event->musical_tag, event->reservation_tag);
  snprintf(event->data, sizeof event->data, "{\"seats\":1,\"musicalId\":\"%02u\",\"reservationId\":\"%02u-%08u\"}",
           musical, worker, 0u);
  evs_time_format((int64_t)time(NULL) * 1000000, event->time);
}

/* A fixed number of digits. */
void bench_digits(char *at, uint64_t number) {
  for (int i = BENCH_DIGITS - 1; i >= 0; i--, number /= 10)
    at[i] = (char)('0' + number % 10);
}

/* The number ends every field that holds it, but for a quote and a bracket. */
void bench_event_number(struct bench_event *event, uint64_t number) {
  bench_digits(event->id + strlen(event->id) - BENCH_DIGITS, number);
  bench_digits(event->reservation + strlen(event->reservation) - BENCH_DIGITS, number);
  bench_digits(event->reservation_tag + strlen(event->reservation_tag) - BENCH_DIGITS, number);
  bench_digits(event->tags + strlen(event->tags) - BENCH_DIGITS - 2, number);
  bench_digits(event->data + strlen(event->data) - BENCH_DIGITS - 2, number);
}

/* Ends the process. */
void bench_die(const char *format, ...) {
  va_list args;
  fputs("bench: ", stderr);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  exit(1);
}

/* Monotonic. */
double bench_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
