/* backend_redis.c - the bench on a Redis stream, over a unix socket; how the server is set up stands in peers.py.
 *
 * A commit of one event is one XADD; a commit of many is MULTI, the XADDs and EXEC, sent together. Redis has no
 * condition on what happened since: it appends without one. Reading goes by pages of a thousand entries, and the
 * filter is ours, since XRANGE has none. */
#include "backend.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "1000"

static redisContext *connect_server(const struct bench_run *run) {
  redisContext *redis = redisConnectUnix(run->path);
  if (!redis || redis->err)
    bench_die("redis: %s", redis ? redis->errstr : "out of memory");
  return redis;
}

/* Ends the process unless there is a reply of this type. */
static redisReply *need(const redisContext *redis, void *answer, int type) {
  redisReply *reply = answer;
  if (!reply)
    bench_die("redis: %s", redis->errstr);
  if (reply->type != type)
    bench_die("redis: %s", reply->str ? reply->str : "an unexpected reply");
  return reply;
}

/* There is nothing to make: the first entry makes the stream. */
static void create(const struct bench_run *run) {
  if (run->condition == BENCH_HOT)
    bench_die("redis: a check of seats is not part of this bench");
}

static void *open_worker(const struct bench_run *run) { return connect_server(run); }

static void close_worker(void *handle) { redisFree(handle); }

/* Puts an XADD into the buffer that goes to the server. */
static void add(redisContext *redis, const struct bench_event *event) {
  const char *const words[] = {
      "XADD",      "events", "*",         "id",          event->id,          "time",      event->time, "type",
      event->type, "tags",   event->tags, "correlation", event->reservation, "causation", "",          "data",
      event->data};
  enum { COUNT = sizeof words / sizeof *words };
  const char *argv[COUNT];
  size_t lens[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    argv[i] = words[i];
    lens[i] = strlen(words[i]);
  }
  if (redisAppendCommandArgv(redis, COUNT, argv, lens) != REDIS_OK)
    bench_die("redis: %s", redis->errstr);
}

/* Takes the next reply, which must be of this type. */
static void expect(redisContext *redis, int type) {
  void *reply = NULL;
  redisGetReply(redis, &reply);
  freeReplyObject(need(redis, reply, type));
}

static bool append(void *handle, const struct bench_event *events, size_t count, struct bench_tally *tally) {
  redisContext *redis = handle;
  (void)tally;
  if (count > 1)
    redisAppendCommand(redis, "MULTI");
  for (size_t i = 0; i < count; i++)
    add(redis, &events[i]);
  if (count > 1) {
    redisAppendCommand(redis, "EXEC");
    for (size_t i = 0; i < count + 1; i++)
      expect(redis, REDIS_REPLY_STATUS);
    expect(redis, REDIS_REPLY_ARRAY);
  } else {
    expect(redis, REDIS_REPLY_STRING);
  }
  return true;
}

/* Looks at one entry: its id in the stream, and an array of names and values. */
static uint64_t look_at(const redisReply *entry, const char *type,
                        void (*visit)(void *context, const char *id, size_t len), void *context) {
  const redisReply *fields = entry->element[1];
  uint64_t bytes = 0;
  for (size_t i = 1; i < fields->elements; i += 2)
    bytes += fields->element[i]->len;
  if (type && strcmp(fields->element[5]->str, type) != 0)
    return 0;
  visit(context, fields->element[1]->str, fields->element[1]->len);
  return bytes;
}

static uint64_t read_all(const struct bench_run *run, const char *type,
                         void (*visit)(void *context, const char *id, size_t len), void *context) {
  redisContext *redis = connect_server(run);
  char from[64] = "-";
  uint64_t bytes = 0;
  for (;;) {
    redisReply *page = need(redis, redisCommand(redis, "XRANGE events %s + COUNT " PAGE, from), REDIS_REPLY_ARRAY);
    for (size_t i = 0; i < page->elements; i++)
      bytes += look_at(page->element[i], type, visit, context);
    size_t elements = page->elements;
    if (elements > 0)
      snprintf(from, sizeof from, "(%s", page->element[elements - 1]->element[0]->str);
    freeReplyObject(page);
    if (elements == 0)
      break;
  }
  redisFree(redis);
  return bytes;
}

const struct bench_backend bench_redis = {"redis", create, open_worker, append, close_worker, read_all};
