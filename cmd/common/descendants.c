/* descendants.c - ends a process with all that it started, see descendants.h.
 *
 * The kernel tells the children of each thread in /proc/PID/task/TID/children, reliably of a process that is stopped.
 * So everyone who is found is stopped first, and cannot beget any more nor wait for a child that dies (so no number
 * becomes another's); those who were quicker are found in the next round. When a round finds nobody new, all are
 * killed. Where the kernel has no such files, or there are more than MAX_FAMILY, the process group goes all the same.
 */
#include "descendants.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_FAMILY = 1024 };

struct family {
  pid_t members[MAX_FAMILY];
  size_t count;
};

/* Takes a process in, once, and stops it. */
static void add(struct family *family, pid_t pid) {
  for (size_t i = 0; i < family->count; i++)
    if (family->members[i] == pid)
      return;
  if (family->count == MAX_FAMILY)
    return;
  family->members[family->count++] = pid;
  kill(pid, SIGSTOP);
}

/* Takes in the children of one thread. */
static void add_children_of_thread(struct family *family, pid_t pid, const char *thread) {
  char path[96];
  char word[24];
  snprintf(path, sizeof path, "/proc/%ld/task/%.20s/children", (long)pid, thread);
  FILE *file = fopen(path, "re");
  if (file == NULL)
    return;
  while (fscanf(file, "%23s", word) == 1) {
    long child = strtol(word, NULL, 10);
    if (child > 1)
      add(family, (pid_t)child);
  }
  fclose(file);
}

/* Takes in the children of a process. */
static void add_children(struct family *family, pid_t pid) {
  char path[64];
  const struct dirent *entry;
  snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
  DIR *threads = opendir(path);
  if (threads == NULL)
    return;
  while ((entry = readdir(threads)) != NULL)
    if (entry->d_name[0] != '.')
      add_children_of_thread(family, pid, entry->d_name);
  closedir(threads);
}

/* Stops all, then kills all. */
void op_kill_descendants(pid_t leader) {
  struct family family = {.count = 0};
  add(&family, leader);
  for (size_t known = 0; known != family.count;) {
    known = family.count;
    for (size_t i = 0; i < family.count; i++)
      add_children(&family, family.members[i]);
  }
  for (size_t i = family.count; i > 0; i--)
    kill(family.members[i - 1], SIGKILL);
  kill(-leader, SIGKILL);
}
