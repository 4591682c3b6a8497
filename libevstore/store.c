/* store.c - the public functions: arguments are checked here, once, for all backends, and then dispatched.
 *
 * The URL chooses the backend: a path or file:// is a directory on this machine. */
#include "backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_TIMEOUT_MS 10000u
#define DEFAULT_SEGMENT_BYTES (UINT64_C(64) << 20)
#define MIN_SEGMENT_BYTES 256u

int64_t evs__now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t evs__monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads `segment_bytes=N`, the only parameter of a file URL. */
static int parse_parameters(const char *text, evs_open_options *options, evs_error *error) {
  static const char key[] = "segment_bytes=";
  char *end = NULL;
  if (strncmp(text, key, sizeof key - 1) != 0)
    return evs__fail(error, EVS_INVALID, "store URL: unknown parameter \"%s\"; known: segment_bytes=N", text);
  text += sizeof key - 1;
  errno = 0;
  unsigned long long bytes = strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || errno || bytes < MIN_SEGMENT_BYTES)
    return evs__fail(error, EVS_INVALID, "store URL: segment_bytes must be a whole number of at least %u",
                     MIN_SEGMENT_BYTES);
  options->segment_bytes = bytes;
  return 0;
}

int evs_open(const char *url, const evs_open_options *options, evs_store **ret_store, evs_error *error) {
  static const char scheme[] = "file://";
  evs_open_options given = options ? *options : (evs_open_options){0};
  *ret_store = NULL;
  if (given.timeout_ms == 0)
    given.timeout_ms = DEFAULT_TIMEOUT_MS;
  if (given.segment_bytes == 0)
    given.segment_bytes = DEFAULT_SEGMENT_BYTES;
  if (!url || !*url)
    return evs__fail(error, EVS_INVALID, "the store has no name");
  if (strncmp(url, scheme, sizeof scheme - 1) != 0) {
    if (strstr(url, "://"))
      return evs__fail(error, EVS_INVALID, "store %s: this version knows stores in a directory only: /dir, file:///dir",
                       url);
    return evs__file_open(url, &given, ret_store, error);
  }
  const char *path = url + sizeof scheme - 1;
  const char *question = strchr(path, '?');
  size_t len = question ? (size_t)(question - path) : strlen(path);
  if (*path != '/')
    return evs__fail(error, EVS_INVALID, "store URL: \"%s\" names no absolute path; write file:///dir", url);
  int rc = question ? parse_parameters(question + 1, &given, error) : 0;
  if (rc)
    return rc;
  char *directory = strndup(path, len);
  if (!directory)
    return evs__fail(error, ENOMEM, "out of memory");
  rc = evs__file_open(directory, &given, ret_store, error);
  free(directory);
  return rc;
}

void evs_close(evs_store *store) {
  if (store)
    store->backend->close(store);
}

const char *evs_directory(const evs_store *store) { return store->backend->directory(store); }

int evs_stat_get(evs_store *store, evs_stat *ret_stat, evs_error *error) {
  return store->backend->stat(store, ret_stat, error);
}

int evs_head(evs_store *store, uint64_t *ret_head, evs_error *error) {
  return store->backend->head(store, ret_head, error);
}

int evs_settle(evs_store *store, uint64_t *ret_head, evs_error *error) {
  uint64_t ignored;
  return store->backend->settle(store, ret_head ? ret_head : &ignored, error);
}

void evs_turn(evs_store *store, const char *topic) {
  if (!(store->flags & EVS_READONLY))
    store->backend->turn(store, topic);
}

void evs_turn_end(evs_store *store) { store->backend->turn_end(store); }

int evs_write(evs_store *store, const evs_new_event *events, size_t count, const evs_condition *condition,
              evs_appended *ret_appended, evs_error *error) {
  evs_appended ignored;
  if (count == 0)
    return evs__fail(error, EVS_INVALID, "a commit needs one event at least");
  if (store->flags & EVS_READONLY)
    return evs__fail(error, EROFS, "the store was opened for reading only");
  return store->backend->write(store, events, count, condition, ret_appended ? ret_appended : &ignored, error);
}

int evs_check(evs_store *store, const evs_new_event *events, size_t count, evs_error *error) {
  if (count == 0)
    return evs__fail(error, EVS_INVALID, "a commit needs one event at least");
  return store->backend->check(store, events, count, error);
}

int evs_sync(evs_store *store, uint64_t position, evs_error *error) {
  return store->backend->sync(store, position, error);
}

int evs_append(evs_store *store, const evs_new_event *events, size_t count, const evs_condition *condition,
               evs_appended *ret_appended, evs_error *error) {
  evs_appended appended = {0};
  evs_error first = {0};
  int rc = evs_write(store, events, count, condition, &appended, &first);
  if (error)
    *error = first;
  if (ret_appended)
    *ret_appended = appended;
  uint64_t position = rc == EVS_CONFLICT ? first.position : appended.last;
  if (rc && rc != EVS_EXISTS && rc != EVS_CONFLICT)
    return rc;
  int synced = evs_sync(store, position, error);
  if (!synced && error)
    *error = first;
  /* A conflict with what was then lost is one all the same: the caller reads again and decides anew. */
  if (synced == EVS_LOST && rc == EVS_CONFLICT)
    return rc;
  return synced ? synced : rc;
}

int evs_read(evs_store *store, const evs_query *query, uint64_t after, unsigned flags, evs_cursor **ret_cursor,
             evs_error *error) {
  struct evs__query *compiled = NULL;
  *ret_cursor = NULL;
  int rc = evs__query_compile(query, &compiled, error);
  return rc ? rc : store->backend->read(store, compiled, after, flags, ret_cursor, error);
}

int evs_next(evs_cursor *cursor, evs_event *ret_event, evs_error *error) {
  return cursor->store->backend->next(cursor, ret_event, error);
}

uint64_t evs_cursor_position(const evs_cursor *cursor) { return cursor->position; }

void evs_cursor_close(evs_cursor *cursor) {
  if (cursor)
    cursor->store->backend->cursor_close(cursor);
}

int evs_wait(evs_store *store, uint64_t after, unsigned timeout_ms, evs_error *error) {
  return store->backend->wait(store, after, timeout_ms, error);
}

/* Letters, digits, `.`, `_`, `-`; not starting with a dot. A lease and an offset are written. */
static int check_consumer(const evs_store *store, const char *name, evs_error *error) {
  size_t len = name ? strlen(name) : 0;
  bool good = len > 0 && len <= EVS_MAX_CONSUMER && name[0] != '.';
  for (size_t i = 0; good && i < len; i++)
    good = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
           (name[i] >= '0' && name[i] <= '9') || strchr("._-", name[i]);
  if (!good)
    return evs__fail(error, EVS_INVALID,
                     "a consumer's name is 1 to %u letters, digits, `.`, `_` or `-`, and does not start with a dot",
                     EVS_MAX_CONSUMER);
  if (store->flags & EVS_READONLY)
    return evs__fail(error, EROFS, "the store was opened for reading only");
  return 0;
}

int evs_consumer_open(evs_store *store, const char *name, evs_consumer **ret_consumer, evs_error *error) {
  *ret_consumer = NULL;
  int rc = check_consumer(store, name, error);
  return rc ? rc : store->backend->consumer_open(store, name, ret_consumer, error);
}

uint64_t evs_consumer_offset(const evs_consumer *consumer) { return consumer->offset; }

int evs_consumer_commit(evs_consumer *consumer, uint64_t offset, int64_t time_us, evs_error *error) {
  if (offset < consumer->offset)
    return evs__fail(error, EVS_INVALID,
                     "consumer %s: its offset moves forward only, evs_consumer_seek() moves it back", consumer->name);
  return consumer->store->backend->consumer_commit(consumer, offset, time_us, error);
}

int evs_consumer_remove(evs_consumer *consumer, evs_error *error) {
  return consumer->store->backend->consumer_remove(consumer, error);
}

void evs_consumer_close(evs_consumer *consumer) {
  if (consumer)
    consumer->store->backend->consumer_close(consumer);
}

int evs_consumer_seek(evs_store *store, const char *name, uint64_t offset, int64_t time_us, evs_error *error) {
  int rc = check_consumer(store, name, error);
  return rc ? rc : store->backend->consumer_seek(store, name, offset, time_us, error);
}

int evs_consumers(evs_store *store, int (*visit)(void *context, const evs_consumer_info *info), void *context,
                  evs_error *error) {
  return store->backend->consumers(store, visit, context, error);
}

int evs_verify(evs_store *store, int (*visit)(void *context, const evs_finding *finding), void *context,
               uint64_t *ret_events, evs_error *error) {
  uint64_t ignored;
  return store->backend->verify(store, visit, context, ret_events ? ret_events : &ignored, error);
}

int evs_repair(evs_store *store, uint64_t last, uint64_t *ret_head, evs_error *error) {
  uint64_t ignored;
  return store->backend->repair(store, last, ret_head ? ret_head : &ignored, error);
}
