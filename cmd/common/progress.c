/* progress.c - draws the bar of progress.h, at most ten times a second, in one line that it overwrites.
 *
 * The clock is the monotonic one of the machine, not OP_NOW: a fixed clock must not freeze a bar or a time limit. */
#include "progress.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIRST_AFTER_MS 1000
#define AGAIN_AFTER_MS 100
#define WIDTH 30

/* Milliseconds since some moment. */
int64_t op_monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Begins; draws nothing yet. */
void op_progress_begin(struct op_progress *progress, const struct op_app *app, const char *what, uint64_t total) {
  *progress = (struct op_progress){.what = what, .total = total, .began_ms = op_monotonic_ms()};
  progress->watched = !app->quiet && isatty(STDERR_FILENO) == 1;
  progress->drawn_ms = progress->began_ms + FIRST_AFTER_MS - AGAIN_AFTER_MS;
}

/* Draws the bar when it is time to. */
void op_progress_to(struct op_progress *progress, uint64_t done) {
  if (!progress->watched)
    return;
  int64_t now = op_monotonic_ms();
  if (now - progress->drawn_ms < AGAIN_AFTER_MS)
    return;
  progress->drawn_ms = now;
  progress->drawn = true;
  if (done > progress->total)
    done = progress->total;
  double part = progress->total > 0 ? (double)done / (double)progress->total : 1.0;
  char bar[WIDTH + 1];
  memset(bar, ' ', WIDTH);
  memset(bar, '#', (size_t)(part * WIDTH));
  bar[WIDTH] = '\0';
  fprintf(stderr, "\r%s [%s] %3d%% %" PRIu64 "/%" PRIu64, progress->what, bar, (int)(part * 100), done,
          progress->total);
}

/* Wipes the line. */
void op_progress_end(struct op_progress *progress) {
  if (progress->drawn)
    fputs("\r\033[K", stderr);
  progress->drawn = false;
}
