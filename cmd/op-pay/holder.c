/* holder.c - who has an attempt in hand, see holder.h.
 *
 * A lease alone says when a payment may be taken up again after a kill. On the same machine more is known: a process
 * that is gone holds nothing, so its work goes on at once. Its last call may still be under way (a provider program
 * outlives who started it), which is no new case: the next attempt asks first, with the same key.
 * Invariant: a name is only ever judged by who has the same mark: the same start of the same kernel, and the same
 * namespace of process numbers. */
#include "holder.h"

#include "retry.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FNV-1a, for a short mark of long names. */
static uint32_t hash(uint32_t so_far, const void *bytes, size_t len) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < len; i++)
    so_far = (so_far ^ at[i]) * 16777619u;
  return so_far;
}

/* This start of this machine, as seen from our namespace; false where nobody tells. */
static bool mark(uint32_t *ret_mark) {
  char boot[64] = "";
  struct stat space;
  FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
  bool read = file != NULL && fgets(boot, sizeof boot, file) != NULL;
  if (file != NULL)
    fclose(file);
  if (!read || stat("/proc/self/ns/pid", &space) != 0)
    return false;
  *ret_mark = hash(hash(2166136261u, boot, strlen(boot)), &space.st_ino, sizeof space.st_ino);
  return true;
}

/* Reads a number in this base at *at, which moves behind it and the character `end` (NUL too); false where it is none.
 */
static bool take_number(const char **at, int base, char end, uint64_t *ret_number) {
  char *behind = NULL;
  if (!isxdigit((unsigned char)**at)) /* no sign, no space */
    return false;
  errno = 0;
  *ret_number = strtoull(*at, &behind, base);
  if (errno != 0 || behind == *at || *behind != end)
    return false;
  *at = behind + (end != '\0');
  return true;
}

/* When a process began, in ticks since the start of the machine; 0 where there is none. A zombie is none. */
static uint64_t began(long pid) {
  char path[64], line[1024];
  uint64_t ticks = 0;
  snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  FILE *file = fopen(path, "re");
  if (file == NULL)
    return 0;
  /* Behind the name, which may hold anything: the state is field 3, the beginning field 22. */
  const char *at = fgets(line, sizeof line, file) != NULL ? strrchr(line, ')') : NULL;
  fclose(file);
  if (at == NULL || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
    return 0;
  for (int field = 2; field < 22 && at != NULL; field++)
    at = strchr(at + 1, ' ');
  if (at == NULL)
    return 0;
  at++;
  return take_number(&at, 10, ' ', &ticks) ? ticks : 0;
}

/* Our own name. */
void holder_name(char name[PAY_MAX_HOLDER]) {
  uint32_t here = 0;
  uint64_t ticks = began(getpid());
  if (mark(&here) && ticks != 0)
    snprintf(name, PAY_MAX_HOLDER, "%08" PRIx32 "-%ld-%" PRIu64, here, (long)getpid(), ticks);
  else
    snprintf(name, PAY_MAX_HOLDER, "%016" PRIx64, op_random());
}

/* Is nobody of this name there any more? */
bool holder_is_gone(const char *name) {
  uint32_t here = 0;
  uint64_t there = 0, pid = 0, ticks = 0;
  if (!take_number(&name, 16, '-', &there) || !take_number(&name, 10, '-', &pid) ||
      !take_number(&name, 10, '\0', &ticks) || pid == 0 || pid > INT32_MAX)
    return false;
  return mark(&here) && here == there && began(getpid()) != 0 && began((long)pid) != ticks;
}
