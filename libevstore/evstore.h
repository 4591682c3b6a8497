/* evstore.h - an append-only event store in a directory of NDJSON files.
 *
 * CAVEATS FIRST
 *
 *  - A handle (evs_store, evs_cursor, evs_consumer) belongs to one thread at a time. Several
 *    handles on one store, in one process or in many, are what the library is for.
 *  - Slices (evs_slice) and the events that hold them are borrowed: valid until the next call on the
 *    cursor that gave them, or its close. They are not NUL-terminated, and they show text as it
 *    stands in the journal, that is with JSON escapes; evs_json_unescape() decodes it.
 *  - After fork() the child must not use a handle that the parent opened.
 *  - Only for filesystems of one machine. What is known to be shared between machines (NFS, SMB, 9P, AFS, Ceph, Coda,
 *    Lustre, GPFS, GFS2, OCFS2, OrangeFS ...) is refused by evs_open() with EOPNOTSUPP, since flock(2), shared memory
 *    and process numbers end at the machine. What a program serves (FUSE: sshfs, GlusterFS, virtiofs) cannot be told
 *    from a local disk, is let through, and is just as wrong unless it is local.
 *  - What is not durable is not shown: readers stop at the durable position, unless they ask for
 *    EVS_READ_WRITTEN in order to decide what to append next (see evs_read()).
 *
 * RESULTS
 *
 *  Functions return 0, an errno value (above 0), or an EVS_ code (below 0). On failure the nullable
 *  evs_error holds a whole sentence for people, and where the failure lies. The library never prints,
 *  exits, reads the environment or keeps state outside its handles.
 *
 * IDEAS USED
 *
 *  - Conditional appends over a query: Dynamic Consistency Boundary, https://dcb.events
 *  - Group commit: one fdatasync(2) for all who wait, as in the literature on write-ahead logs
 *    (DeWitt et al., "Implementation Techniques for Main Memory Database Systems", 1984), here
 *    across processes. FORMAT.md holds the byte-level format and the crash argument.
 */
#ifndef EVSTORE_H
#define EVSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVS_API __attribute__((visibility("default")))

/* The library's version, and that of the journal format that it writes. */
#define EVS_VERSION "0.1.0"
#define EVS_FORMAT 1

/* Limits. What goes beyond one is refused with EVS_INVALID, before anything is written. */
#define EVS_MAX_SEQ ((UINT64_C(1) << 53) - 1) /* jq and JavaScript round beyond this */
#define EVS_MAX_ID 256u                       /* bytes in an event id, and in a correlation */
#define EVS_MAX_TYPE 128u                     /* bytes in an event type */
#define EVS_MAX_TAG 512u                      /* bytes in a tag, `name:value` */
#define EVS_MAX_TAGS 64u                      /* tags of an event */
#define EVS_MAX_LINE (1u << 20)               /* bytes in a line of the journal, newline included */
#define EVS_MAX_COMMIT (16u << 20)            /* bytes in a commit */
#define EVS_MAX_CONSUMER 64u                  /* bytes in the name of a consumer */

enum {
  EVS_EXISTS = -1,   /* these very events stand in the journal already: a success, see evs_append() */
  EVS_CONFLICT = -2, /* the condition failed: an event that matches it stands after its position */
  EVS_END = -3,      /* the cursor is at the end of what may be read now */
  EVS_CORRUPT = -4,  /* the journal is damaged where no crash could have damaged it */
  EVS_FUTURE = -5,   /* the journal has a format that this library does not know */
  EVS_BUSY = -6,     /* a lock or lease is held by somebody else beyond the time limit */
  EVS_TIMEOUT = -7,  /* evs_wait(): nothing new came */
  EVS_NO_STORE = -8, /* there is no store at this place, and it was not asked to be made */
  EVS_INVALID = -9,  /* an argument breaks a rule of this header */
  EVS_LOST = -10,    /* written, but a failed sync took it back: nothing was appended */
  EVS_BEYOND = -11,  /* a consumer's offset lies beyond the head of the journal */
};

/* What went wrong. Fill it with zeros or leave it; every failing call writes all of it. */
typedef struct evs_error {
  int code;          /* what the call returned */
  char message[512]; /* one sentence, no newline, NUL-terminated */
  char file[256];    /* the file it is about, relative to the store, or "" */
  uint64_t line;     /* 1-based line in that file, or 0 */
  uint64_t byte;     /* 0-based byte offset in that file; meaningful where line is */
  uint64_t position; /* EVS_CONFLICT: the seq of the first event that matched, 0 where none did but what was decided on
                        was taken back after a failed sync; else 0 */
} evs_error;

typedef struct evs_store evs_store;       /* evs_open() ... evs_close() */
typedef struct evs_cursor evs_cursor;     /* evs_read() ... evs_cursor_close() */
typedef struct evs_consumer evs_consumer; /* evs_consumer_open() ... evs_consumer_close() */

/* Borrowed text: len bytes at ptr, not NUL-terminated. ptr is NULL where the value is null. */
typedef struct evs_slice {
  const char *ptr;
  size_t len;
} evs_slice;

/* A one-word name for a result code ("conflict", "corrupt", "EIO" ...). Static storage. */
EVS_API const char *evs_code_name(int code);

/* ---- opening ---------------------------------------------------------------------------------- */

enum {
  EVS_CREATE = 1,   /* make the store (mode 0700) on the first append if it is not there */
  EVS_READONLY = 2, /* never write anything into the store, control page included */
};

typedef struct evs_open_options {
  unsigned flags;         /* EVS_CREATE, EVS_READONLY */
  unsigned timeout_ms;    /* bound of every wait for a lock or a sync; 0: 10,000 */
  uint64_t segment_bytes; /* a segment this large takes no more commits; 0: 64 MiB */
} evs_open_options;

/* Opens the store at `url`: "/dir", "dir", "file:///dir" or "file:///dir?segment_bytes=N".
 * `options` may be NULL. On success *ret_store must be closed with evs_close().
 * EOPNOTSUPP where it stands, or would be made, on a filesystem that machines share.
 * Without EVS_CREATE a missing store is EVS_NO_STORE; with it, nothing is made before the first append.
 * Opening never changes the journal: a torn tail is left to the next append. */
EVS_API int evs_open(const char *url, const evs_open_options *options, evs_store **ret_store, evs_error *error);

/* Closes the store; NULL is legal. Cursors and consumers of it must have been closed before. */
EVS_API void evs_close(evs_store *store);

/* The directory of a store on this machine, for who keeps something beside the journal; NULL for any other kind.
 * Borrowed until evs_close(). It need not exist yet. */
EVS_API const char *evs_directory(const evs_store *store);

enum evs_outcome {
  EVS_CLEAN,     /* the journal ended with a whole commit */
  EVS_RECOVERED, /* it ended with the torn bytes of an append that never was acknowledged */
};

typedef struct evs_stat {
  uint64_t head;            /* the durable position: seq of the last event that may be shown; 0: none */
  uint64_t written;         /* the last event written; at or after head */
  uint64_t segments;        /* files of the journal */
  uint64_t bytes;           /* bytes in them */
  enum evs_outcome outcome; /* how this handle found the journal */
  uint64_t torn_bytes;      /* EVS_RECOVERED: bytes that are ignored, and cut by the next append */
} evs_stat;

/* Tells the extent of the journal. A store that is not made yet is all zeros. */
EVS_API int evs_stat_get(evs_store *store, evs_stat *ret_stat, evs_error *error);

/* The durable position as it is known now, 0 in an empty store. Waits for nothing. */
EVS_API int evs_head(evs_store *store, uint64_t *ret_head, evs_error *error);

/* The durable position, after making durable all that is written: also what a process wrote that did not live to sync
 * it, and which nobody would see until the next append. Who acts on what is pending begins with this; evs_next() does
 * the same before it says EVS_END. *ret_head may be NULL. With EVS_READONLY, or without the right to write, nothing is
 * made durable: such a reader is shown what a writer has synced. */
EVS_API int evs_settle(evs_store *store, uint64_t *ret_head, evs_error *error);

/* ---- queries ---------------------------------------------------------------------------------- */

/* An event matches an item when its type is one of `types` (or there are none), it carries all of
 * `tags`, and has this `correlation` (unless NULL). It matches a query when it matches any item, or
 * when the query has no items. All strings are plain UTF-8, borrowed for the call (evs_read: the
 * cursor copies what it needs). */
typedef struct evs_query_item {
  const char *const *types;
  size_t type_count;
  const char *const *tags;
  size_t tag_count;
  const char *correlation;
} evs_query_item;

typedef struct evs_query {
  const evs_query_item *items;
  size_t count;
} evs_query;

/* ---- appending -------------------------------------------------------------------------------- */

/* An event to append. Everything is borrowed for the call. Strings are UTF-8 without control
 * characters (a type also without spaces, commas, quotes and backslashes); a tag is `name:value`. */
typedef struct evs_new_event {
  const char *id;          /* NULL: a random one is made */
  const char *type;        /* required */
  const char *const *tags; /* tag_count of them */
  size_t tag_count;
  const char *correlation; /* the saga it belongs to; NULL: none */
  uint64_t causation;      /* seq of the event that led to this one; 0: none */
  const char *data;        /* one JSON object, data_len bytes; stored without white space. NULL: {} */
  size_t data_len;
  int64_t time_us; /* microseconds since 1970-01-01T00:00:00Z; 0: now */
} evs_new_event;

/* Append only unless an event that matches *unless stands after position `after`. `unless` NULL
 * matches nothing: then only the ids are checked. */
typedef struct evs_condition {
  const evs_query *unless;
  uint64_t after;
} evs_condition;

typedef struct evs_appended {
  uint64_t first; /* seq of the first event of the commit */
  uint64_t last;  /* seq of the last */
} evs_appended;

/* Appends `count` events (1 or more) as one atomic commit, and returns when they are durable.
 *
 * `condition` may be NULL. With one, events after condition->after are looked at under the write lock:
 *  - where they hold all of these events already (same ids, in order), nothing is appended, the
 *    answer is EVS_EXISTS, and *ret_appended tells where they stand once they are durable;
 *  - otherwise, where one of them matches, or has one of the ids, it is EVS_CONFLICT, error->position
 *    is its seq, and it is durable (so that the refusal may be shown).
 * `ret_appended` may be NULL.
 * Errors: EVS_EXISTS, EVS_CONFLICT, EVS_INVALID, EVS_BUSY, EVS_LOST, EVS_CORRUPT, EVS_FUTURE, ENOSPC,
 * EIO, EACCES, EROFS ... After any but EVS_EXISTS nothing was appended; only after a sync that failed or
 * ran out of time is the outcome unknown, and the same ids with the same condition settle it. */
EVS_API int evs_append(evs_store *store, const evs_new_event *events, size_t count, const evs_condition *condition,
                       evs_appended *ret_appended, evs_error *error);

/* evs_append() in two halves, for who has something to do while the disk works: evs_write() returns
 * when the events are written and ordered, evs_sync() when everything up to `position` is durable.
 * Nothing may be shown, sent or told before evs_sync() returned 0. EVS_EXISTS and EVS_CONFLICT of
 * evs_write() may rest on events that are not durable yet: sync to the position before telling. A handle may write
 * several commits before it syncs; where an earlier one was taken back meanwhile, the next evs_write() says EVS_LOST.
 */
EVS_API int evs_write(evs_store *store, const evs_new_event *events, size_t count, const evs_condition *condition,
                      evs_appended *ret_appended, evs_error *error);
EVS_API int evs_sync(evs_store *store, uint64_t position, evs_error *error);

/* Would evs_write() take these events now, as far as they themselves go? 0, or what it would refuse: EVS_INVALID for an
 * event that breaks a rule, for two with one id, and for more than EVS_MAX_COMMIT bytes. Appends nothing and takes no
 * lock; whether a condition stands is another question. */
EVS_API int evs_check(evs_store *store, const evs_new_event *events, size_t count, evs_error *error);

/* Waits for this handle's turn among those who decide on the same topic (any text: a tag, what a command does), before
 * they read what they decide on: for who is many and would mostly be refused with EVS_CONFLICT. A turn ends with the
 * handle's next evs_write() or evs_append(), with evs_turn_end(), evs_close() or the process. It is a hint that saves
 * work and no lock: it is waited for some 20 ms at most, and whether the append stands is up to its condition as ever.
 */
EVS_API void evs_turn(evs_store *store, const char *topic);
EVS_API void evs_turn_end(evs_store *store);

/* ---- reading ---------------------------------------------------------------------------------- */

/* An event as it stands in the journal. All slices are borrowed from the cursor. */
typedef struct evs_event {
  uint64_t seq;
  uint64_t causation;    /* 0: none */
  evs_slice id;          /* inside of the JSON string, escaped */
  evs_slice time;        /* RFC 3339, UTC, microseconds */
  evs_slice type;        /* inside of the JSON string */
  evs_slice tags;        /* inside of the JSON array: "a:1","b:2" */
  evs_slice correlation; /* inside of the JSON string; ptr NULL: null */
  evs_slice data;        /* a JSON object without white space */
  evs_slice line;        /* the whole line, without its newline */
} evs_event;

enum {
  EVS_READ_WRITTEN = 1, /* up to what is written, durable or not: only to decide an append */
};

/* Opens a cursor over the events after position `after` that match `query` (NULL: all). `flags` is 0 or
 * EVS_READ_WRITTEN. *ret_cursor must be closed with evs_cursor_close() before the store. */
EVS_API int evs_read(evs_store *store, const evs_query *query, uint64_t after, unsigned flags, evs_cursor **ret_cursor,
                     evs_error *error);

/* The next event: 0 and *ret_event, or EVS_END, after which the call may be repeated for what came
 * since; or EVS_CORRUPT, EVS_FUTURE or an errno: an I/O error never looks like the end.
 * Every line passed over is checked against its CRC. */
EVS_API int evs_next(evs_cursor *cursor, evs_event *ret_event, evs_error *error);

/* How far the cursor has looked: the seq of the last event seen, matching or not. At EVS_END this is
 * the position to go on from, and the position of a condition for what was decided. */
EVS_API uint64_t evs_cursor_position(const evs_cursor *cursor);

EVS_API void evs_cursor_close(evs_cursor *cursor);

/* Waits until the durable position is after `after`: 0, or EVS_TIMEOUT after timeout_ms, or EINTR when
 * a signal came. timeout_ms 0 looks once. */
EVS_API int evs_wait(evs_store *store, uint64_t after, unsigned timeout_ms, evs_error *error);

/* ---- fields read in place --------------------------------------------------------------------- */

/* Does the event carry this tag (plain UTF-8)? */
EVS_API bool evs_event_has_tag(const evs_event *event, const char *tag);

/* Finds member `key` at the top level of the JSON object `object` (as in evs_event.data, valid and
 * without white space). *ret_value is its raw JSON text: a string with its quotes, a number ...
 * False where it is not there. */
EVS_API bool evs_json_find(evs_slice object, const char *key, evs_slice *ret_value);

/* The value of a raw JSON whole number from -(2^53-1) to 2^53-1; false where it is anything else. */
EVS_API bool evs_json_int(evs_slice value, int64_t *ret_number);

/* Decodes a JSON string, with or without its quotes, into buf (NUL-terminated, cut to nothing where it
 * does not fit or value is null). Returns the length of the decoded text in bytes, like snprintf();
 * a result >= size means that it did not fit. */
EVS_API size_t evs_json_unescape(evs_slice value, char *buf, size_t size);

/* Encodes text as the inside of a canonical JSON string: `"` and `\` and control characters are
 * escaped, all else stays. Returns the length, like snprintf(). Text must be UTF-8. */
EVS_API size_t evs_json_escape(const char *text, size_t len, char *buf, size_t size);

/* Is this well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
EVS_API bool evs_utf8_valid(const char *text, size_t len);

/* RFC 3339 to and from microseconds since 1970 (UTC). evs_time_format() writes
 * 2026-11-20T12:34:56.789012Z (27 bytes and a NUL). evs_time_parse() takes any offset and 0 to 9 digits of
 * a fraction; false where the text is no time. Years 1970 to 9999. */
#define EVS_TIME_SIZE 28
EVS_API void evs_time_format(int64_t time_us, char buf[EVS_TIME_SIZE]);
EVS_API bool evs_time_parse(const char *text, size_t len, int64_t *ret_time_us);

/* ---- consumers -------------------------------------------------------------------------------- */

/* Opens the named consumer (letters, digits, `.`, `_`, `-`; not starting with a dot) and takes its
 * lease: one holder at a time, given back by evs_consumer_close() or by the end of the process.
 * EVS_BUSY where somebody else holds it beyond the store's time limit; EVS_BEYOND where its offset lies
 * beyond the head (a restored backup, a lost disk), which only evs_consumer_seek() resolves. */
EVS_API int evs_consumer_open(evs_store *store, const char *name, evs_consumer **ret_consumer, evs_error *error);

/* The offset: seq of the last event that this consumer is done with; 0: none. */
EVS_API uint64_t evs_consumer_offset(const evs_consumer *consumer);

/* Moves the offset forward, durably. `time_us` 0: now. */
EVS_API int evs_consumer_commit(evs_consumer *consumer, uint64_t offset, int64_t time_us, evs_error *error);

/* Removes the offset, durably, as if the consumer had never been; evs_consumers() tells of it no more. The lease is
 * held until evs_consumer_close(), which is all that may follow. */
EVS_API int evs_consumer_remove(evs_consumer *consumer, evs_error *error);

/* Gives the lease back. NULL is legal. */
EVS_API void evs_consumer_close(evs_consumer *consumer);

/* Sets the offset of a consumer that nobody holds, forwards or backwards, 0 to the head; makes the
 * consumer if it is new. */
EVS_API int evs_consumer_seek(evs_store *store, const char *name, uint64_t offset, int64_t time_us, evs_error *error);

typedef struct evs_consumer_info {
  const char *name; /* borrowed for the call of the visitor */
  uint64_t offset;
  int64_t updated_us;
} evs_consumer_info;

/* Calls visit(context, info) for every consumer, by name; a result other than 0 ends it and is
 * returned. */
EVS_API int evs_consumers(evs_store *store, int (*visit)(void *context, const evs_consumer_info *info), void *context,
                          evs_error *error);

/* ---- checking --------------------------------------------------------------------------------- */

typedef struct evs_finding {
  int code;            /* EVS_CORRUPT, EVS_FUTURE, EVS_RECOVERED's torn tail as EVS_END, or an errno */
  const char *file;    /* relative to the store; borrowed for the call of the visitor */
  uint64_t line;       /* 1-based */
  uint64_t byte;       /* 0-based offset of the first bad byte's line */
  uint64_t bytes;      /* EVS_END: how many torn bytes */
  const char *message; /* what is wrong there */
} evs_finding;

/* Reads every byte of the journal and calls visit(context, finding) for everything that is wrong;
 * *ret_events is the number of good events. 0 where nothing is wrong or only a torn tail was found,
 * else EVS_CORRUPT, EVS_FUTURE or an errno. Either pointer may be NULL. */
EVS_API int evs_verify(evs_store *store, int (*visit)(void *context, const evs_finding *finding), void *context,
                       uint64_t *ret_events, evs_error *error);

/* Cuts the journal after the last commit that ends at or before `last` (0: after the last good commit
 * before the first damage). What is cut is kept in files named `*.cut-N` beside the journal, never
 * deleted. *ret_head is the new head. This gives up acknowledged events: only for an operator who was
 * told what is lost. */
EVS_API int evs_repair(evs_store *store, uint64_t last, uint64_t *ret_head, evs_error *error);

#ifdef __cplusplus
}
#endif
#endif
