/* work.c - see work.h. A commit whose fate is unknown (a sync that failed) is settled as the header says: the same ids
 * with the same condition. What is refused for sure must never be seen again. */
#include "work.h"
#include "promise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRIES 4

/* A process at work. */
struct worker {
  const struct work *work;
  uint32_t writer, commit;
  uint64_t shown; /* up to here this one has read */
  evs_store *store;
  bool broken;
};

/* Is the result one that may be, in a run with this plan? */
static bool expected(struct worker *worker, int rc, const char *doing, const evs_error *error) {
  bool fault = rc == EIO || rc == ENOSPC || rc == EDQUOT;
  if (rc == 0 || rc == EVS_END || rc == EVS_BUSY || (fault && worker->work->faults) ||
      (rc == EVS_LOST && (worker->work->faults || worker->work->operated)))
    return true;
  record_broken("%s: %s: %s", doing, evs_code_name(rc), error->message);
  worker->broken = true;
  return false;
}

static void mark(enum record_kind kind, uint64_t seq, uint32_t count) {
  record_mark(&(const struct record){.kind = kind, .seq = seq, .count = count}, NULL, 0);
}

/* Keeps the control page as it is now: it may be found after a reboot. */
static void mark_page(const struct worker *worker) {
  char path[512];
  char page[PROMISE_PAGE];
  snprintf(path, sizeof path, "%s/control", worker->work->store);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  ssize_t got = pread(fd, page, sizeof page, 0);
  close(fd);
  if (got == (ssize_t)sizeof page)
    record_mark(&(const struct record){.kind = RECORD_PAGE}, page, sizeof page);
}

static void mark_commit(const struct worker *worker, enum record_kind kind, uint64_t first, size_t count) {
  const struct record record = {
      .kind = kind, .writer = worker->writer, .commit = worker->commit, .seq = first, .count = (uint32_t)count};
  record_mark(&record, NULL, 0);
}

/* ---- what they do ------------------------------------------------------------------------------------- */

static void open_store(struct worker *worker) {
  const evs_open_options options = {.flags = EVS_CREATE, .segment_bytes = worker->work->segment_bytes};
  evs_error error = {0};
  evs_close(worker->store);
  worker->store = NULL;
  int rc = 0;
  do
    rc = evs_open(worker->work->store, &options, &worker->store, &error);
  while (rc && expected(worker, rc, "open", &error));
}

/* Somebody thinks, and the others go on meanwhile. */
static void think(void) {
  if (turns_chance(3))
    turns_pause(5 + turns_below(60));
  turns_yield();
}

/* One try of a commit, by one call or two. *ret_refused: it is known that nothing was appended. */
static int try_commit(struct worker *worker, const struct promise_commit *commit, const evs_condition *condition,
                      evs_appended *ret_appended, bool *ret_refused, evs_error *error) {
  int rc = 0;
  *ret_refused = false;
  if (turns_below(2)) {
    rc = evs_append(worker->store, commit->events, commit->count, condition, ret_appended, error);
    *ret_refused = rc == EVS_CONFLICT || rc == EVS_LOST;
    if (rc == EVS_CONFLICT && error->position)
      mark(RECORD_HEAD, error->position, 0);
    return rc;
  }
  rc = evs_write(worker->store, commit->events, commit->count, condition, ret_appended, error);
  *ret_refused = rc && rc != EVS_EXISTS;
  if (*ret_refused)
    return rc;
  think();
  rc = evs_sync(worker->store, ret_appended->last, error);
  *ret_refused = rc == EVS_LOST;
  return rc;
}

/* Appends the next commit; `slot` 0: without one. */
static void append(struct worker *worker, uint32_t slot, const evs_condition *condition) {
  struct promise_commit commit;
  bool unknown = false;
  bool refused = false;
  promise_make(worker->writer, worker->commit, slot, &commit);
  for (int tries = 0; tries < TRIES; tries++) {
    evs_appended appended = {0};
    evs_error error = {0};
    int rc = try_commit(worker, &commit, condition, &appended, &refused, &error);
    if (rc == 0 || rc == EVS_EXISTS) {
      mark_commit(worker, RECORD_ACKNOWLEDGED, appended.first, commit.count);
      mark_page(worker);
      refused = unknown = false;
      break;
    }
    if (rc == EVS_CONFLICT) {
      unknown = false; /* with the same ids and the same condition this settles it */
      break;
    }
    if (!expected(worker, rc, "append", &error))
      break;
    unknown |= !refused;
    if (rc == EVS_LOST || !condition)
      break;
  }
  if (refused && !unknown)
    mark_commit(worker, RECORD_REFUSED, 0, 0);
  worker->commit++;
}

static void append_some(struct worker *worker) {
  evs_condition condition = {0};
  if (turns_below(4) == 0) {
    append(worker, 0, NULL);
    return;
  }
  if (evs_head(worker->store, &condition.after, NULL) == 0)
    append(worker, 0, &condition);
}

/* Takes the next slot, unless somebody is faster. */
static void append_slot(struct worker *worker) {
  static const char *const types[] = {"Slot"};
  static const evs_query_item item = {.types = types, .type_count = 1};
  static const evs_query query = {&item, 1};
  evs_condition condition = {.unless = &query};
  evs_error error = {0};
  uint32_t slot = 0;
  int rc = promise_last_slot(worker->store, &slot, &condition.after, &error);
  think();
  if (rc == 0)
    append(worker, slot + 1, &condition);
  else
    expected(worker, rc, "read to decide", &error);
}

/* Reads on to the end with some handle. */
static void read_on(struct worker *worker, evs_store *store, const char *doing) {
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error error = {0};
  int rc = evs_read(store, NULL, worker->shown, 0, &cursor, &error);
  while (!rc && !(rc = evs_next(cursor, &event, &error))) {
    const struct record shown = {.kind = RECORD_SHOWN, .seq = event.seq, .crc = promise_crc(&event)};
    record_mark(&shown, NULL, 0);
    worker->shown = event.seq;
  }
  expected(worker, rc, doing, &error);
  evs_cursor_close(cursor);
}

/* Somebody who must not write the store reads all of it. Without a control page he cannot know of a failed write-back,
 * nor undo it (FORMAT.md, Limits); so not both in one run. */
static void read_only(struct worker *worker) {
  const evs_open_options options = {.flags = EVS_READONLY};
  evs_store *store = NULL;
  evs_error error = {0};
  if (!(worker->work->faults && worker->work->operated) && evs_open(worker->work->store, &options, &store, &error) == 0)
    read_on(worker, store, "read only");
  evs_close(store);
}

static void consume(struct worker *worker) {
  static const char *const names[PROMISE_CONSUMERS] = {"c0", "c1"};
  uint32_t which = (uint32_t)turns_below(PROMISE_CONSUMERS);
  evs_consumer *consumer = NULL;
  evs_error error = {0};
  uint64_t head = 0;
  if (evs_head(worker->store, &head, NULL) || head == 0)
    return;
  mark(RECORD_HEAD, head, 0);
  int rc = evs_consumer_open(worker->store, names[which], &consumer, &error);
  uint64_t offset = consumer ? evs_consumer_offset(consumer) : head;
  while (!rc && offset < head) {
    offset += 1 + turns_below(head - offset);
    mark(RECORD_OFFSET_TRIED, offset, which);
    rc = evs_consumer_commit(consumer, offset, 1, &error);
    if (!rc)
      mark(RECORD_OFFSET, offset, which);
  }
  evs_consumer_close(consumer);
  expected(worker, rc, "consume", &error);
}

static void look(struct worker *worker) {
  evs_stat stat = {0};
  evs_error error = {0};
  uint64_t head = 0;
  int rc = turns_below(2) ? evs_settle(worker->store, &head, &error) : evs_stat_get(worker->store, &stat, &error);
  if (rc == 0 && (head || stat.head))
    mark(RECORD_HEAD, head ? head : stat.head, 0);
  expected(worker, rc, "look", &error);
}

/* What an operator may do at any time. */
static void operate(struct worker *worker) {
  char control[512];
  evs_error error = {0};
  uint64_t head = 0;
  int rc = 0;
  uint64_t what = turns_below(worker->work->operated ? 5 : 3);
  if (what == 0) {
    rc = evs_verify(worker->store, NULL, NULL, NULL, &error);
  } else if (what == 3) {
    snprintf(control, sizeof control, "%s/control", worker->work->store);
    unlink(control);
    if (turns_below(2))
      read_only(worker); /* who finds no page, and may not make one */
  } else if (what == 4) {
    rc = evs_repair(worker->store, 0, &head, &error);
  } else {
    open_store(worker);
  }
  bool taken_away = what == 0 && rc == ENOENT && worker->work->operated; /* by a repair, while it was verified */
  if (rc != EVS_NO_STORE && !taken_away)
    expected(worker, rc, "operate", &error);
}

int work(void *context, unsigned index) {
  struct worker worker = {.work = context};
  worker.writer = worker.work->writers[index];
  record_begin();
  open_store(&worker);
  for (unsigned i = 0; i < worker.work->actions && !worker.broken; i++) {
    uint64_t action = turns_below(worker.work->operated ? 36 : 32);
    if (action < 11)
      append_some(&worker);
    else if (action < 19)
      append_slot(&worker);
    else if (action < 23)
      read_on(&worker, worker.store, "read");
    else if (action < 25)
      read_only(&worker);
    else if (action < 28)
      consume(&worker);
    else if (action < 30)
      look(&worker);
    else
      operate(&worker);
  }
  evs_close(worker.store);
  return worker.broken;
}
