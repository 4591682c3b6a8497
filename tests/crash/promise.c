/* promise.c - see promise.h. */
#include "promise.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAST_WRITER (PROMISE_WRITERS - 1) /* who goes on after the failure */

/* ---- events ------------------------------------------------------------------------------------------- */

static uint64_t hash(uint64_t z) {
  z = (z + 1) * UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  return z ^ z >> 29;
}

static uint32_t count_of(uint32_t writer, uint32_t commit) { return 1 + hash(writer * 100 + commit) % 4; }

/* The data of event `i`, into buf; returns the length. */
static size_t data_of(uint32_t writer, uint32_t commit, uint32_t i, uint32_t slot, char *buf, size_t size) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz ";
  uint64_t random = hash(writer * 1000003 + commit * 101 + i);
  size_t padding = random % 16 == 0 ? 900 + random / 16 % 700 : random / 16 % 260;
  int len = snprintf(buf, size, "{\"w\":%u,\"c\":%u,\"i\":%u,\"of\":%u,\"slot\":%u,\"text\":\"", writer, commit, i,
                     count_of(writer, commit), slot);
  for (size_t k = 0; k < padding; k++)
    buf[len++] = letters[(random >> k % 24) % 27];
  len += snprintf(buf + len, size - (size_t)len, "\"}");
  return (size_t)len;
}

void promise_make(uint32_t writer, uint32_t commit, uint32_t slot, struct promise_commit *ret) {
  static const char *const tags[] = {"slot:any"};
  ret->count = count_of(writer, commit);
  for (uint32_t i = 0; i < ret->count; i++) {
    bool takes = slot && i == 0;
    snprintf(ret->ids[i], sizeof ret->ids[i], "%u-%u-%u", writer, commit, i);
    size_t len = data_of(writer, commit, i, takes ? slot : 0, ret->data[i], sizeof ret->data[i]);
    ret->events[i] = (evs_new_event){.id = ret->ids[i],
                                     .type = takes ? "Slot" : "Noted",
                                     .tags = tags,
                                     .tag_count = takes,
                                     .data = ret->data[i],
                                     .data_len = len,
                                     .time_us = INT64_C(1795178096000000) + commit};
  }
}

/* A number of the data of an event; 0 where it is not there. */
static uint32_t member(const evs_event *event, const char *key) {
  evs_slice value = {0};
  int64_t number = 0;
  return evs_json_find(event->data, key, &value) && evs_json_int(value, &number) ? (uint32_t)number : 0;
}

int promise_last_slot(evs_store *store, uint32_t *ret_slot, uint64_t *ret_position, evs_error *error) {
  static const char *const types[] = {"Slot"};
  static const evs_query_item item = {.types = types, .type_count = 1};
  static const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  evs_event event;
  *ret_slot = 0;
  int rc = evs_read(store, &query, 0, EVS_READ_WRITTEN, &cursor, error);
  if (rc)
    return rc;
  while (!(rc = evs_next(cursor, &event, error)))
    *ret_slot = member(&event, "slot");
  *ret_position = evs_cursor_position(cursor);
  evs_cursor_close(cursor);
  return rc == EVS_END ? 0 : rc;
}

uint32_t promise_crc(const evs_event *event) {
  char digits[9] = "";
  memcpy(digits, event->line.ptr + event->line.len - 10, 8);
  return (uint32_t)strtoul(digits, NULL, 16);
}

/* ---- what was promised -------------------------------------------------------------------------------- */

void promise_follow(struct promise *promise, const struct record *record) {
  switch (record->kind) {
  case RECORD_ACKNOWLEDGED:
    for (uint32_t i = 0; i < record->count && record->seq + i < PROMISE_EVENTS; i++) {
      promise->at[record->seq + i].acknowledged = true;
      promise->at[record->seq + i].writer = record->writer;
      promise->at[record->seq + i].commit = record->commit;
      promise->at[record->seq + i].index = i;
    }
    break;
  case RECORD_REFUSED:
    promise->refused[record->writer][record->commit] = true;
    break;
  case RECORD_SHOWN:
    promise->at[record->seq % PROMISE_EVENTS].shown = true;
    promise->at[record->seq % PROMISE_EVENTS].crc = record->crc;
    break;
  case RECORD_OFFSET_TRIED:
    if (record->seq > promise->consumers[record->count].tried)
      promise->consumers[record->count].tried = record->seq;
    return;
  case RECORD_OFFSET:
    promise->consumers[record->count].acknowledged = record->seq;
    return;
  case RECORD_PAGE:
    promise->page_len = record->len;
    memcpy(promise->page, record_bytes(record), record->len);
    return;
  case RECORD_HEAD:
    break;
  default:
    return;
  }
  uint64_t last = record->kind == RECORD_ACKNOWLEDGED ? record->seq + record->count - 1 : record->seq;
  if (record->kind != RECORD_REFUSED && last > promise->head)
    promise->head = last;
}

/* ---- what is there ------------------------------------------------------------------------------------ */

/* Says what is wrong. */
static bool wrong(char why[512], const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(char why[512], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(why, 512, format, arguments);
  va_end(arguments);
  return false;
}

/* A walk over the journal. */
struct walk {
  const struct promise *promise;
  bool (*seen)[PROMISE_COMMITS]; /* by writer: this commit began */
  uint32_t writer, commit, next; /* the event of which commit must follow; 0: a new one */
  uint32_t slot;
  uint64_t last, untold;
};

static bool slice_is(evs_slice slice, const char *text) {
  return slice.len == strlen(text) && memcmp(slice.ptr, text, slice.len) == 0;
}

/* Is this event, byte for byte, what a writer appended? */
static bool genuine(const evs_event *event, uint32_t writer, uint32_t commit, uint32_t index, uint32_t slot) {
  char id[40];
  char data[2048];
  char time[EVS_TIME_SIZE];
  size_t len = data_of(writer, commit, index, slot, data, sizeof data);
  snprintf(id, sizeof id, "%u-%u-%u", writer, commit, index);
  evs_time_format(INT64_C(1795178096000000) + commit, time);
  return slice_is(event->id, id) && slice_is(event->time, time) && slice_is(event->type, slot ? "Slot" : "Noted") &&
         slice_is(event->tags, slot ? "\"slot:any\"" : "") && event->data.len == len &&
         memcmp(event->data.ptr, data, len) == 0;
}

/* One event more. */
static bool look_at(struct walk *walk, const evs_event *event, char why[512]) {
  uint32_t writer = member(event, "w");
  uint32_t commit = member(event, "c");
  uint32_t index = member(event, "i");
  uint32_t slot = member(event, "slot");
  if (event->seq != ++walk->last)
    return wrong(why, "event %" PRIu64 " stands where %" PRIu64 " should", event->seq, walk->last);
  if (writer >= PROMISE_WRITERS || commit >= PROMISE_COMMITS || !genuine(event, writer, commit, index, slot))
    return wrong(why, "event %" PRIu64 " is not what its writer wrote", event->seq);
  if (index != walk->next || (index && (writer != walk->writer || commit != walk->commit)))
    return wrong(why, "event %" PRIu64 ": half a commit of writer %u, number %u", event->seq, writer, commit);
  if (index == 0 && walk->seen[writer][commit])
    return wrong(why, "event %" PRIu64 ": commit %u of writer %u is there twice", event->seq, commit, writer);
  if (walk->promise->refused[writer][commit])
    return wrong(why, "event %" PRIu64 ": commit %u of writer %u is there, and its writer was told that it is not",
                 event->seq, commit, writer);
  if (slot && slot != ++walk->slot)
    return wrong(why, "event %" PRIu64 " takes slot %u, the next free one was %u", event->seq, slot, walk->slot);
  walk->seen[writer][commit] = true;
  walk->writer = writer;
  walk->commit = commit;
  walk->next = index + 1 < count_of(writer, commit) ? index + 1 : 0;
  if (event->seq >= PROMISE_EVENTS)
    return wrong(why, "there are too many events for this test");
  bool acknowledged = walk->promise->at[event->seq].acknowledged;
  if (acknowledged && (walk->promise->at[event->seq].writer != writer ||
                       walk->promise->at[event->seq].commit != commit || walk->promise->at[event->seq].index != index))
    return wrong(why, "position %" PRIu64 " was acknowledged to writer %u for its commit %u; %u's %u stands there",
                 event->seq, walk->promise->at[event->seq].writer, walk->promise->at[event->seq].commit, writer,
                 commit);
  if (walk->promise->at[event->seq].shown && walk->promise->at[event->seq].crc != promise_crc(event))
    return wrong(why, "event %" PRIu64 " is another than the one that was shown", event->seq);
  walk->untold += !acknowledged && event->seq > walk->promise->head;
  return true;
}

/* Reads all; *ret_head is how far. */
static bool read_all(const struct promise *promise, evs_store *store, uint64_t at_least, struct walk *walk,
                     char why[512]) {
  static bool seen[PROMISE_WRITERS][PROMISE_COMMITS];
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error error = {0};
  memset(seen, 0, sizeof seen);
  *walk = (struct walk){.promise = promise, .seen = seen};
  int rc = evs_read(store, NULL, 0, 0, &cursor, &error);
  bool good = true;
  while (good && !rc && !(rc = evs_next(cursor, &event, &error)))
    good = look_at(walk, &event, why);
  evs_cursor_close(cursor);
  if (!good)
    return false;
  if (rc != EVS_END)
    return wrong(why, "reading after %" PRIu64 ": %s: %s", walk->last, evs_code_name(rc), error.message);
  if (walk->next)
    return wrong(why, "the journal ends in half a commit, after event %" PRIu64, walk->last);
  if (walk->last < at_least)
    return wrong(why, "the journal ends at %" PRIu64 ", %" PRIu64 " was promised", walk->last, at_least);
  return true;
}

/* The consumers' offsets. */
static bool offsets_hold(const struct promise *promise, evs_store *store, uint64_t head, char why[512]) {
  static const char *const names[PROMISE_CONSUMERS] = {"c0", "c1"};
  for (size_t i = 0; i < PROMISE_CONSUMERS; i++) {
    evs_consumer *consumer = NULL;
    evs_error error = {0};
    int rc = evs_consumer_open(store, names[i], &consumer, &error);
    if (rc)
      return wrong(why, "consumer %s: %s: %s", names[i], evs_code_name(rc), error.message);
    uint64_t offset = evs_consumer_offset(consumer);
    if (!rc && head)
      rc = evs_consumer_commit(consumer, head, 1, &error);
    evs_consumer_close(consumer);
    if (rc)
      return wrong(why, "consumer %s cannot go on: %s", names[i], error.message);
    if (offset < promise->consumers[i].acknowledged || offset > promise->consumers[i].tried || offset > head)
      return wrong(why, "consumer %s is at %" PRIu64 ", acknowledged %" PRIu64 ", tried %" PRIu64 ", head %" PRIu64,
                   names[i], offset, promise->consumers[i].acknowledged, promise->consumers[i].tried, head);
  }
  return true;
}

/* Counts torn tails; all else that evs_verify() finds is wrong. */
static int count_torn(void *context, const evs_finding *finding) {
  *(unsigned *)context += finding->code == EVS_END;
  return 0;
}

static bool verifies(evs_store *store, uint64_t events, unsigned torn_allowed, char why[512]) {
  evs_error error = {0};
  uint64_t found = 0;
  unsigned torn = 0;
  int rc = evs_verify(store, count_torn, &torn, &found, &error);
  if (rc || torn > torn_allowed || found != events)
    return wrong(why, "verify: %s, %u torn tails, %" PRIu64 " events of %" PRIu64, rc ? error.message : "clean", torn,
                 found, events);
  return true;
}

/* The work goes on: some commits, the first takes the next slot. */
static bool goes_on(evs_store *store, uint64_t head, uint64_t random, uint64_t *ret_head, char why[512]) {
  struct promise_commit commit;
  uint32_t slot = 0;
  *ret_head = head;
  for (uint32_t i = 0; i < 1 + random % 3; i++) {
    uint64_t position = 0;
    evs_error error = {0};
    evs_appended appended = {0};
    int rc = i == 0 ? promise_last_slot(store, &slot, &position, &error) : 0;
    promise_make(LAST_WRITER, i, i == 0 ? slot + 1 : 0, &commit);
    rc = rc ? rc : evs_append(store, commit.events, commit.count, NULL, &appended, &error);
    if (rc)
      return wrong(why, "the next append fails: %s: %s", evs_code_name(rc), error.message);
    if (appended.first != *ret_head + 1 || appended.last != *ret_head + commit.count)
      return wrong(why, "the next append stands at %" PRIu64 " to %" PRIu64 " after %" PRIu64, appended.first,
                   appended.last, *ret_head);
    *ret_head = appended.last;
  }
  return true;
}

/* The control page of another boot, which says what was true before the failure. */
static void leave_page(const struct promise *promise, const char *store) {
  char path[512];
  char page[4096] = "";
  memcpy(page, promise->page, promise->page_len);
  page[16] = page[16] == '0' ? '1' : '0'; /* the first letter of the boot's id */
  snprintf(path, sizeof path, "%s/control", store);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0 && write(fd, page, sizeof page) != (ssize_t)sizeof page)
    abort();
  if (fd >= 0)
    close(fd);
}

static int open_store(const struct promise_look *look, unsigned flags, evs_store **ret_store, evs_error *error) {
  const evs_open_options options = {.flags = flags, .timeout_ms = 1000, .segment_bytes = look->segment_bytes};
  return evs_open(look->store, &options, ret_store, error);
}

/* Somebody who only reads comes first: what he is shown stays, too. */
static bool reader_first(const struct promise *promise, const struct promise_look *look, uint64_t *at_least,
                         char why[512]) {
  struct walk walk;
  evs_store *store = NULL;
  evs_error error = {0};
  int rc = open_store(look, EVS_READONLY, &store, &error);
  if (rc == EVS_NO_STORE)
    return true;
  if (rc)
    return wrong(why, "open for reading: %s", error.message);
  bool good = read_all(promise, store, *at_least, &walk, why);
  *at_least = walk.last > *at_least ? walk.last : *at_least;
  evs_close(store);
  return good;
}

/* All that must hold of one open store, and of it after it was used. */
static bool use(const struct promise *promise, const struct promise_look *look, evs_store *store, uint64_t at_least,
                struct promise_found *found, uint64_t *ret_head, char why[512]) {
  struct walk walk;
  evs_stat stat;
  evs_error error = {0};
  int rc = evs_stat_get(store, &stat, &error);
  if (rc)
    return wrong(why, "%s: %s", evs_code_name(rc), error.message);
  found->head = stat.head;
  found->torn = stat.outcome == EVS_RECOVERED;
  found->torn_bytes = stat.torn_bytes;
  found->no_store = stat.segments == 0;
  if (!read_all(promise, store, at_least, &walk, why))
    return false;
  if (walk.last != stat.head)
    return wrong(why, "the head is %" PRIu64 ", the last event %" PRIu64, stat.head, walk.last);
  found->kept = walk.untold;
  char journal[512];
  snprintf(journal, sizeof journal, "%s/journal", look->store);
  bool made = access(journal, F_OK) == 0;
  return (!made || (verifies(store, stat.head, 1, why) && offsets_hold(promise, store, stat.head, why))) &&
         goes_on(store, stat.head, look->random, ret_head, why) && read_all(promise, store, *ret_head, &walk, why);
}

bool promise_holds(const struct promise *promise, const struct promise_look *look, struct promise_found *ret_found,
                   char why[512]) {
  struct walk walk;
  evs_store *store = NULL;
  evs_error error = {0};
  uint64_t at_least = promise->head;
  uint64_t head = 0;
  *ret_found = (struct promise_found){0};
  if (look->stale_page && promise->page_len)
    leave_page(promise, look->store);
  if (look->random % 8 == 0 && !reader_first(promise, look, &at_least, why))
    return false;
  if (open_store(look, EVS_CREATE, &store, &error))
    return wrong(why, "open: %s", error.message);
  bool good = use(promise, look, store, at_least, ret_found, &head, why);
  evs_close(store);
  if (!good)
    return false;
  if (look->random / 8 % 2) { /* once more after a reboot */
    char control[512];
    snprintf(control, sizeof control, "%s/control", look->store);
    unlink(control);
  }
  if (open_store(look, 0, &store, &error))
    return wrong(why, "open again: %s", error.message);
  good = read_all(promise, store, head, &walk, why) && verifies(store, head, 0, why);
  evs_close(store);
  return good && walk.last == head ? true : good ? wrong(why, "other events after opening again") : false;
}
