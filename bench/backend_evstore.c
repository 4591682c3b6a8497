/* backend_evstore.c - the bench on libevstore, as the commands use it.
 *
 * A condition names the types and the tag of a musical, and the reservation's own tag, as op-reserve's does. A worker
 * that takes the seats of a musical which is everybody's follows its events with one cursor, up to what is written, and
 * after a conflict reads on and decides again at once; only what it appended waits for the disk. */
#include "backend.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFINED "MusicalDefined"

static const char *const musical_types[] = {"ReservationPlaced", "ReservationCancelled", DEFINED};

/* The condition of one reservation: nobody has its id, and nothing happened to its musical. */
struct guard {
  const char *tags[2];
  evs_query_item items[2];
  evs_query query;
};

struct worker {
  evs_store *store;
  enum bench_condition condition;
  uint64_t position;  /* BENCH_DIFFERENT: of its last commit */
  evs_cursor *cursor; /* BENCH_HOT: over the events of the musical */
  int64_t seats_left;
  evs_new_event *events;
  size_t size;
};

/* Ends the process unless a call succeeded. */
static void need(int rc, const evs_error *error) {
  if (rc)
    bench_die("evstore: %s: %s", evs_code_name(rc), error->message);
}

static evs_store *open_store(const struct bench_run *run) {
  evs_store *store = NULL;
  evs_error error;
  const evs_open_options options = {.flags = EVS_CREATE, .timeout_ms = 60000};
  need(evs_open(run->path, &options, &store, &error), &error);
  return store;
}

/* Makes the store; a musical that is everybody's is an event. */
static void create(const struct bench_run *run) {
  char data[64];
  evs_error error;
  if (run->condition != BENCH_HOT)
    return;
  evs_store *store = open_store(run);
  int len = snprintf(data, sizeof data, "{\"seats\":%llu}", (unsigned long long)run->seats);
  const char *tag = "musical:00";
  const evs_new_event event = {.type = DEFINED, .tags = &tag, .tag_count = 1, .data = data, .data_len = (size_t)len};
  need(evs_append(store, &event, 1, NULL, NULL, &error), &error);
  evs_close(store);
}

static void *open_worker(const struct bench_run *run) {
  struct worker *worker = calloc(1, sizeof *worker);
  if (!worker)
    bench_die("out of memory");
  worker->store = open_store(run);
  worker->condition = run->condition;
  return worker;
}

static void close_worker(void *handle) {
  struct worker *worker = handle;
  evs_cursor_close(worker->cursor);
  evs_close(worker->store);
  free(worker->events);
  free(worker);
}

/* The events as the library wants them. `tags` of two pointers each lie behind them. */
static const evs_new_event *new_events(struct worker *worker, const struct bench_event *events, size_t count) {
  if (worker->size < count) {
    free(worker->events);
    worker->events = calloc(count, sizeof *worker->events + 2 * sizeof(char *));
    if (!worker->events)
      bench_die("out of memory");
    worker->size = count;
  }
  const char **tags = (const char **)(worker->events + worker->size);
  for (size_t i = 0; i < count; i++, tags += 2) {
    tags[0] = events[i].musical_tag;
    tags[1] = events[i].reservation_tag;
    worker->events[i] = (evs_new_event){.id = events[i].id,
                                        .type = events[i].type,
                                        .tags = tags,
                                        .tag_count = 2,
                                        .correlation = events[i].reservation,
                                        .data = events[i].data,
                                        .data_len = strlen(events[i].data)};
  }
  return worker->events;
}

static void guard_init(struct guard *guard, const struct bench_event *event) {
  guard->tags[0] = event->reservation_tag;
  guard->tags[1] = event->musical_tag;
  guard->items[0] = (evs_query_item){.tags = &guard->tags[0], .tag_count = 1};
  guard->items[1] = (evs_query_item){.types = musical_types,
                                     .type_count = sizeof musical_types / sizeof *musical_types,
                                     .tags = &guard->tags[1],
                                     .tag_count = 1};
  guard->query = (evs_query){guard->items, 2};
}

/* Follows the musical to what is written now. */
static void fold(struct worker *worker, const struct guard *guard) {
  evs_error error;
  evs_event event;
  evs_slice value;
  int64_t seats = 0;
  int rc = 0;
  const evs_query query = {&guard->items[1], 1};
  if (!worker->cursor)
    need(evs_read(worker->store, &query, 0, EVS_READ_WRITTEN, &worker->cursor, &error), &error);
  while ((rc = evs_next(worker->cursor, &event, &error)) == 0) {
    if (!evs_json_find(event.data, "seats", &value) || !evs_json_int(value, &seats))
      bench_die("evstore: event %llu has no seats", (unsigned long long)event.seq);
    bool defined = event.type.len == strlen(DEFINED) && memcmp(event.type.ptr, DEFINED, event.type.len) == 0;
    worker->seats_left += defined ? seats : -seats;
  }
  if (rc != EVS_END)
    need(rc, &error);
}

/* Takes a seat of the musical that is everybody's. */
static bool reserve(struct worker *worker, const evs_new_event *event, const struct guard *guard,
                    struct bench_tally *tally) {
  evs_error error;
  evs_appended appended;
  for (;;) {
    evs_turn(worker->store, *guard->items[1].tags);
    fold(worker, guard);
    if (worker->seats_left < 1) {
      evs_turn_end(worker->store);
      return false;
    }
    const evs_condition condition = {&guard->query, evs_cursor_position(worker->cursor)};
    int rc = evs_write(worker->store, event, 1, &condition, &appended, &error);
    if (rc == 0)
      break;
    if (rc != EVS_CONFLICT)
      need(rc, &error);
    tally->conflicts++;
    sched_yield();
  }
  need(evs_sync(worker->store, appended.last, &error), &error);
  return true;
}

static bool append(void *handle, const struct bench_event *events, size_t count, struct bench_tally *tally) {
  struct worker *worker = handle;
  const evs_new_event *fresh = new_events(worker, events, count);
  evs_error error;
  evs_appended appended;
  struct guard guard;
  guard_init(&guard, events);
  if (worker->condition == BENCH_HOT)
    return reserve(worker, fresh, &guard, tally);
  const evs_condition condition = {&guard.query, worker->position};
  need(evs_append(worker->store, fresh, count, worker->condition == BENCH_DIFFERENT ? &condition : NULL, &appended,
                  &error),
       &error);
  worker->position = appended.last;
  return true;
}

/* A replay; every CRC is checked on the way. */
static uint64_t read_all(const struct bench_run *run, const char *type,
                         void (*visit)(void *context, const char *id, size_t len), void *context) {
  const evs_query_item item = {.types = &type, .type_count = 1};
  const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  evs_error error;
  evs_event event;
  uint64_t bytes = 0;
  int rc = 0;
  evs_store *store = open_store(run);
  need(evs_read(store, type ? &query : NULL, 0, 0, &cursor, &error), &error);
  while ((rc = evs_next(cursor, &event, &error)) == 0) {
    bytes += event.id.len + event.time.len + event.type.len + event.tags.len + event.correlation.len + event.data.len;
    if (event.type.len != strlen(DEFINED) || memcmp(event.type.ptr, DEFINED, event.type.len) != 0)
      visit(context, event.id.ptr, event.id.len);
  }
  if (rc != EVS_END)
    need(rc, &error);
  evs_cursor_close(cursor);
  evs_close(store);
  return bytes;
}

const struct bench_backend bench_evstore = {"evstore", create, open_worker, append, close_worker, read_all};
