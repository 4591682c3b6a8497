/* given.c - makes events for unit tests of decisions. */
#include "given.h"

#include <string.h>

/* A slice of a string. */
static evs_slice slice(const char *text) { return (evs_slice){text, strlen(text)}; }

/* An event as a cursor would give it. */
evs_event given_event(uint64_t seq, const char *type, uint64_t causation, const char *data) {
  static char times[64][EVS_TIME_SIZE];
  static unsigned next;
  char *time = times[next++ % 64];
  int64_t start = 0;
  evs_time_parse("2026-11-20T12:00:00Z", strlen("2026-11-20T12:00:00Z"), &start);
  evs_time_format(start + (int64_t)seq * 1000000, time);
  return (evs_event){.seq = seq,
                     .causation = causation,
                     .id = slice("given"),
                     .time = slice(time),
                     .type = slice(type),
                     .tags = slice(""),
                     .correlation = slice("1"),
                     .data = slice(data),
                     .line = slice("")};
}
