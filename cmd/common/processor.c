/* processor.c - the loop of every `run`: look what is pending, do it, append the outcomes, look again.
 *
 * Invariants (rule 5): what is pending is read from durable events only; each outcome is appended under a guard that
 * makes a second one impossible, at the offset that the work was read at; nothing is remembered between two rounds but
 * what the journal gives back. Killed at any line, the next run does the same work with the same idempotency keys. A
 * batch that conflicts or fails is done one thing at a time, so that one bad thing does not hold up those before it.
 * Errors: those of the work and of the store; 70 where the work drafts again what was appended already. */
#include "commit.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define LOOK_AGAIN_MS 250u /* a signal or a closed pipe just before the wait is seen after this long */
#define TIMED_MS 1000u     /* a timed processor sees what has become due after this long */

struct run {
  struct op_app *app;
  const struct op_processor *processor;
  struct op_model *model;
  struct op_drafts drafts, before; /* of this round, and of the last one that appended */
  struct op_guard guard;
  size_t limit;  /* things in the next round */
  bool single;   /* something failed: no batches any more */
  uint64_t done; /* things handled */
  bool printing; /* op_lines_begin() was called */
};

/* Has whoever reads our stdout gone? */
static bool reader_gone(void) {
  struct pollfd out = {.fd = STDOUT_FILENO};
  return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLNVAL)) != 0;
}

/* Waits for durable events after `position`, for at most `limit_ms` or so (0: without end). */
static int wait_for_events(struct op_app *app, uint64_t position, uint32_t limit_ms, bool *ret_stop,
                           struct op_error *error) {
  evs_error store_error;
  for (uint32_t waited_ms = 0; limit_ms == 0 || waited_ms < limit_ms; waited_ms += LOOK_AGAIN_MS) {
    *ret_stop = op_stopping() != 0 || op_output_closed(app->output) || reader_gone();
    if (*ret_stop)
      return OP_OK;
    int rc = evs_wait(app->store, position, LOOK_AGAIN_MS, &store_error);
    if (rc == 0)
      return OP_OK;
    if (rc != EVS_TIMEOUT && rc != EINTR)
      return op_fail_store(error, rc, &store_error);
  }
  return OP_OK;
}

/* Waits for durable events after `position`. */
int op_follow_wait(struct op_app *app, uint64_t position, bool *ret_stop, struct op_error *error) {
  return wait_for_events(app, position, 0, ret_stop, error);
}

/* Is the event one that its processor keeps to itself? */
static bool is_unsaid(const struct run *run, const evs_event *event) {
  const char *const *type = run->processor->unsaid;
  while (type != NULL && *type != NULL && !op_type_is(event, *type))
    type++;
  return type != NULL && *type != NULL;
}

/* Prints the events of a commit as they stand in the journal. */
static int print(struct run *run, const evs_appended *appended, struct op_error *error) {
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  if (run->processor->speaks)
    return OP_OK;
  if (!run->printing)
    op_lines_begin(run->app->output);
  run->printing = true;
  int rc = evs_read(run->app->store, NULL, appended->first - 1, 0, &cursor, &store_error);
  while (rc == 0 && evs_cursor_position(cursor) < appended->last)
    if ((rc = evs_next(cursor, &event, &store_error)) == 0 && !is_unsaid(run, &event))
      op_line(run->app->output, &event);
  evs_cursor_close(cursor);
  if (run->app->follow)
    op_output_flush(run->app->output);
  return rc == 0 ? OP_OK : op_fail_store(error, rc, &store_error);
}

/* Does this round draft an event that the last one appended? Then the fold does not see its own outcomes. */
static bool stuck(const struct run *run) {
  for (size_t i = 0; i < run->drafts.count; i++)
    for (size_t j = 0; j < run->before.count; j++)
      if (run->drafts.items[i].causation ==
              run->before.items[j].causation && /* cheaper to compare, and tells nearly all */
          run->drafts.items[i].id[0] != '\0' &&
          strcmp(run->drafts.items[i].id, run->before.items[j].id) == 0)
        return true;
  return false;
}

/* How many drafts of this round tell what became of a thing. */
static uint64_t count_handled(const struct run *run) {
  uint64_t count = 0;
  for (size_t i = 0; i < run->drafts.count; i++)
    count += run->processor->handles == NULL || run->processor->handles(&run->drafts.items[i]);
  return count;
}

/* Appends what was drafted. A conflict, or the same events by another instance: look again, one thing at a time. */
static int append(struct run *run, struct op_error *error) {
  evs_appended appended = {0};
  evs_error store_error = {0};
  if (stuck(run))
    return op_fail(error, OP_SOFTWARE, "internal", "event %s was appended and is pending still",
                   run->drafts.items[0].id);
  int rc = op_drafts_write(run->app, &run->drafts, &run->guard, op_model_offset(run->model), &appended, &store_error);
  bool lost_race = rc == EVS_CONFLICT || rc == EVS_EXISTS;
  uint64_t position = rc == EVS_CONFLICT ? store_error.position : appended.last;
  if (rc == 0 || lost_race) {
    int synced = evs_sync(run->app->store, position, &store_error);
    if (synced != 0 && !(lost_race && synced == EVS_LOST))
      return op_fail_store(error, synced, &store_error);
  }
  if (lost_race) {
    run->limit = 1;
    return OP_OK;
  }
  if (rc != 0)
    return op_fail_store(error, rc, &store_error);
  uint64_t handled = count_handled(run);
  run->done += handled < run->limit ? handled : run->limit;
  run->limit = run->single ? 1 : run->processor->batch;
  op_explain(run->app, "appended events %" PRIu64 " to %" PRIu64, appended.first, appended.last);
  const struct op_drafts swap = run->before;
  run->before = run->drafts;
  run->drafts = swap;
  return print(run, &appended, error);
}

/* One round. *ret_idle: nothing is pending. */
static int round_of_work(struct run *run, bool *ret_idle, struct op_error *error) {
  uint64_t left = run->app->max - run->done;
  *ret_idle = false;
  if (run->limit > left)
    run->limit = (size_t)left;
  op_drafts_reset(&run->drafts);
  op_guard_reset(&run->guard);
  int rc = op_model_refresh(run->model, error);
  if (rc == OP_OK)
    rc = run->processor->work(run->model, run->limit, &run->drafts, &run->guard, error);
  if (rc != OP_OK && !run->single && run->limit > 1) {
    run->single = true;
    run->limit = 1;
    return OP_OK;
  }
  *ret_idle = rc == OP_OK && run->drafts.count == 0;
  return rc == OP_OK && !*ret_idle ? append(run, error) : rc;
}

/* Works until nothing is pending, or --max, or a signal; with --follow goes on when something comes. */
static int work(struct run *run, struct op_error *error) {
  bool stop = false;
  while (!stop && run->done < run->app->max && op_stopping() == 0) {
    bool idle = false;
    int rc = round_of_work(run, &idle, error);
    if (rc == OP_OK && idle) {
      stop = !run->app->follow;
      if (!stop)
        rc = wait_for_events(run->app, op_model_offset(run->model), run->processor->timed ? TIMED_MS : 0, &stop, error);
    }
    if (rc != OP_OK)
      return rc;
  }
  return OP_OK; /* op_main() makes 128+n of a signal before anything was done */
}

/* --pending: counts, and does nothing. */
static int tell_pending(struct op_app *app, const struct op_processor *processor, struct op_error *error) {
  struct op_model *model = NULL;
  struct op_pending owed = {0};
  if (app->follow || app->max != UINT64_MAX)
    return op_usage(app, error, "--pending does no work, so neither --follow nor --max goes with it");
  int rc = op_model_open_there(app, processor->model, &model, error);
  if (rc == OP_OK)
    rc = processor->pending(model, &owed, error);
  if (rc == OP_OK)
    op_pending_print(app, &owed);
  op_model_close(model);
  return rc;
}

/* The verb `run`. */
int op_process(struct op_app *app, const struct op_processor *processor, struct op_error *error) {
  if (app->pending)
    return tell_pending(app, processor, error);
  struct run run = {.app = app, .processor = processor, .limit = processor->batch > 0 ? processor->batch : 1};
  int rc = op_model_open_there(app, processor->model, &run.model, error);
  if (rc == OP_OK)
    rc = work(&run, error);
  if (rc == OP_OK && !run.printing && !processor->speaks) {
    op_lines_begin(app->output);
    run.printing = true;
  }
  if (run.printing)
    op_lines_end(app->output);
  op_model_close(run.model);
  op_drafts_free(&run.drafts);
  op_drafts_free(&run.before);
  op_guard_free(&run.guard);
  return rc;
}
