/* backend.h - the table of functions behind evstore.h. The public functions check arguments and dispatch; a
 * backend keeps the promises. Semantics are those of the public function of the same name. */
#ifndef EVS_BACKEND_H
#define EVS_BACKEND_H

#include "query.h"

struct evs__backend {
  const char *(*directory)(const evs_store *store);
  void (*close)(evs_store *store);
  int (*stat)(evs_store *store, evs_stat *ret_stat, evs_error *error);
  int (*head)(evs_store *store, uint64_t *ret_head, evs_error *error);
  int (*settle)(evs_store *store, uint64_t *ret_head, evs_error *error);
  void (*turn)(evs_store *store, const char *topic);
  void (*turn_end)(evs_store *store);
  int (*write)(evs_store *store, const evs_new_event *events, size_t count, const evs_condition *condition,
               evs_appended *ret_appended, evs_error *error);
  int (*check)(evs_store *store, const evs_new_event *events, size_t count, evs_error *error);
  int (*sync)(evs_store *store, uint64_t position, evs_error *error);
  /* Takes over `query`, also when it fails. */
  int (*read)(evs_store *store, struct evs__query *query, uint64_t after, unsigned flags, evs_cursor **ret_cursor,
              evs_error *error);
  int (*next)(evs_cursor *cursor, evs_event *ret_event, evs_error *error);
  void (*cursor_close)(evs_cursor *cursor);
  int (*wait)(evs_store *store, uint64_t after, unsigned timeout_ms, evs_error *error);
  int (*consumer_open)(evs_store *store, const char *name, evs_consumer **ret_consumer, evs_error *error);
  int (*consumer_commit)(evs_consumer *consumer, uint64_t offset, int64_t time_us, evs_error *error);
  int (*consumer_remove)(evs_consumer *consumer, evs_error *error);
  void (*consumer_close)(evs_consumer *consumer);
  int (*consumer_seek)(evs_store *store, const char *name, uint64_t offset, int64_t time_us, evs_error *error);
  int (*consumers)(evs_store *store, int (*visit)(void *context, const evs_consumer_info *info), void *context,
                   evs_error *error);
  int (*verify)(evs_store *store, int (*visit)(void *context, const evs_finding *finding), void *context,
                uint64_t *ret_events, evs_error *error);
  int (*repair)(evs_store *store, uint64_t last, uint64_t *ret_head, evs_error *error);
};

/* What every backend's handles begin with. */
struct evs_store {
  const struct evs__backend *backend;
  unsigned flags;
  unsigned timeout_ms;
};

struct evs_cursor {
  evs_store *store;
  struct evs__query *query;
  uint64_t position;
  unsigned flags;
};

struct evs_consumer {
  evs_store *store;
  char name[EVS_MAX_CONSUMER + 1];
  uint64_t offset;
};

/* The file backend: `path` is the store's directory. */
int evs__file_open(const char *path, const evs_open_options *options, evs_store **ret_store, evs_error *error);

/* Microseconds since 1970 now; milliseconds of a clock that never jumps. */
int64_t evs__now_us(void);
int64_t evs__monotonic_ms(void);

#endif
