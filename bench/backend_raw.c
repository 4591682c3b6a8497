/* backend_raw.c - the floor of the bench: write(2) and fdatasync(2) of the bytes that ours writes, and nothing else.
 *
 * One process, one file that grows. The lines are made before the clock starts; a commit only puts the numbers of its
 * events into them. */
#include "backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct worker {
  int fd;
  char *lines;
  size_t line_len, size;
};

/* Where the digits of the event's id stand in a line: behind this. */
static const char before_id[] = "{\"seq\":10000000,\"id\":\"";

static void create(const struct bench_run *run) {
  int fd = open(run->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || fsync(fd) || close(fd))
    bench_die("%s: %s", run->path, strerror(errno));
}

static void *open_worker(const struct bench_run *run) {
  struct worker *worker = calloc(1, sizeof *worker);
  if (!worker)
    bench_die("out of memory");
  worker->fd = open(run->path, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (worker->fd < 0)
    bench_die("%s: %s", run->path, strerror(errno));
  return worker;
}

static void close_worker(void *handle) {
  struct worker *worker = handle;
  close(worker->fd);
  free(worker->lines);
  free(worker);
}

/* The lines of `count` events, but for their numbers. */
static void make_lines(struct worker *worker, const struct bench_event *event, size_t count) {
  char line[1024];
  int len = snprintf(line, sizeof line,
                     "%s%s\",\"time\":\"%s\",\"type\":\"%s\",\"tags\":[\"%s\",\"%s\"],\"correlation\":\"%s\","
                     "\"causation\":null,\"durable\":10000000,\"data\":%s,\"crc\":\"00000000\"}\n",
                     before_id, event->id, event->time, event->type, event->musical_tag, event->reservation_tag,
                     event->reservation, event->data);
  worker->line_len = (size_t)len;
  worker->size = count;
  worker->lines = malloc(worker->line_len * count);
  for (size_t i = 0; i < count && worker->lines; i++)
    memcpy(worker->lines + i * worker->line_len, line, worker->line_len);
}

static bool append(void *handle, const struct bench_event *events, size_t count, struct bench_tally *tally) {
  struct worker *worker = handle;
  (void)tally;
  if (!worker->lines)
    make_lines(worker, events, count);
  if (!worker->lines || worker->size != count)
    bench_die("raw: out of memory");
  size_t id_len = strlen(events->id);
  for (size_t i = 0; i < count; i++)
    memcpy(worker->lines + i * worker->line_len + strlen(before_id), events[i].id, id_len);
  size_t len = worker->line_len * count;
  if (write(worker->fd, worker->lines, len) != (ssize_t)len || fdatasync(worker->fd))
    bench_die("raw: %s", strerror(errno));
  return true;
}

static uint64_t read_all(const struct bench_run *run, const char *type,
                         void (*visit)(void *context, const char *id, size_t len), void *context) {
  char *line = NULL;
  size_t size = 0;
  ssize_t len = 0;
  uint64_t bytes = 0;
  FILE *file = fopen(run->path, "re");
  if (!file || type)
    bench_die("%s: %s", run->path, file ? "the floor has no types" : strerror(errno));
  while ((len = getline(&line, &size, file)) > 0) {
    const char *id = line + strlen(before_id);
    visit(context, id, strcspn(id, "\""));
    bytes += (uint64_t)len;
  }
  free(line);
  fclose(file);
  return bytes;
}

const struct bench_backend bench_raw = {"raw", create, open_worker, append, close_worker, read_all};
