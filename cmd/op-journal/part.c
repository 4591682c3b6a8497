/* part.c - the parts of a consumer, see part.h. No errors of its own. */
#include "part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number from 1 to MAX_PARTS at the start of text, without zeros before it; 0 where there is none. */
static unsigned number_at(const char *text, const char **ret_end) {
  size_t digits = strspn(text, "0123456789");
  *ret_end = text + digits;
  if (digits == 0 || digits > 4 || text[0] == '0')
    return 0;
  unsigned number = (unsigned)strtoul(text, NULL, 10);
  return number <= MAX_PARTS ? number : 0;
}

/* "K", what stands between, "N", and nothing more. */
static bool parse(const char *text, const char *between, struct part *ret_part) {
  const char *at = text;
  unsigned number = number_at(at, &at);
  if (number == 0 || strncmp(at, between, strlen(between)) != 0)
    return false;
  unsigned of = number_at(at + strlen(between), &at);
  *ret_part = (struct part){number, of};
  return of >= number && *at == '\0';
}

/* Of the option. */
bool part_parse(const char *text, struct part *ret_part) { return parse(text, "/", ret_part); }

/* The same for all time. */
unsigned part_number(const char *correlation, unsigned of) {
  if (!correlation[0] || of <= 1)
    return 1;
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (const char *c = correlation; *c; c++)
    hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
  hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
  hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
  hash ^= hash >> 33;
  return 1 + (unsigned)((hash >> 32) * of >> 32);
}

/* All belong to a consumer that is not divided. */
bool part_has(struct part part, const char *correlation) {
  return part.of == 0 || part_number(correlation, part.of) == part.number;
}

/* The name of an offset. */
bool part_name(const char *consumer, struct part part, char buf[EVS_MAX_CONSUMER + 1]) {
  int len = part.of == 0 ? snprintf(buf, EVS_MAX_CONSUMER + 1, "%s", consumer)
                         : snprintf(buf, EVS_MAX_CONSUMER + 1, "%s.%u-of-%u", consumer, part.number, part.of);
  return len > 0 && len <= (int)EVS_MAX_CONSUMER;
}

/* Behind the last dot. */
struct part part_of_name(const char *name, char consumer[EVS_MAX_CONSUMER + 1]) {
  struct part part = {0, 0};
  const char *dot = strrchr(name, '.');
  bool divided = dot && dot > name && parse(dot + 1, "-of-", &part);
  size_t len = divided ? (size_t)(dot - name) : strlen(name);
  snprintf(consumer, EVS_MAX_CONSUMER + 1, "%.*s", (int)len, name);
  return divided ? part : (struct part){0, 0};
}
