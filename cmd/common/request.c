/* request.c - --request-id: the same request again finds the event that its first time appended.
 *
 * A request is remembered by the event itself, so it survives with the journal and is known on every machine: by its
 * tag request:KEY, whoever appended it, and in data.request, where a command of ours keeps the canonical text. An event
 * without that text is another request than any of ours. It is looked for in the table `requests` of the read model and
 * then among the events after the model's offset, written or durable.
 * Invariants: the first event with a key owns it; nothing is said about an event before it is durable.
 * Errors: 1 request_id_reused, and those of the store and the model. */
#include "request.h"

#include "model_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The refusal of a key that belongs to another request. */
int op_request_reused(const char *key, uint64_t seq, struct op_error *error) {
  op_fail(error, OP_REFUSED, "request_id_reused", "request id %s: it was used for another request (event %" PRIu64 ")",
          key, seq);
  op_error_text(error, "requestId", key);
  op_error_number(error, "position", (int64_t)seq);
  return error->exit_code;
}

/* The next tag request:KEY. A tag stands as a JSON string; one that is too long or empty is no key. */
bool op_request_key(const evs_event *event, size_t *at, char key[OP_MAX_ID + 1]) {
  static const char opening[] = "\"" OP_TAG_REQUEST ":";
  const char *end = event->tags.ptr + event->tags.len;
  while (*at < event->tags.len) {
    const char *begin = event->tags.ptr + *at, *close = begin + 1;
    while (close < end && *close != '"')
      close += *close == '\\' ? 2 : 1;
    *at = (size_t)(close - event->tags.ptr) + 2; /* the closing quote, a comma */
    if (close >= end || (size_t)(close - begin) < sizeof opening || memcmp(begin, opening, sizeof opening - 1) != 0)
      continue;
    const char *value = begin + sizeof opening - 1;
    if (evs_json_unescape((evs_slice){value, (size_t)(close - value)}, key, OP_MAX_ID + 1) <= OP_MAX_ID)
      return true;
  }
  return false;
}

/* Looks in the tables. */
int op_request_folded(struct op_model *model, const char *key, const char *request, uint64_t *ret_seq, bool *ret_same,
                      struct op_error *error) {
  sqlite3_stmt *row = op_model_sql(model, "SELECT seq, request IS ?2 FROM requests WHERE key = ?1");
  sqlite3_bind_text(row, 1, key, -1, SQLITE_STATIC);
  sqlite3_bind_text(row, 2, request, -1, SQLITE_STATIC);
  bool found = false;
  *ret_seq = 0;
  int rc = op_model_step(model, row, &found, error);
  if (rc == OP_OK && found) {
    *ret_seq = (uint64_t)sqlite3_column_int64(row, 0);
    *ret_same = sqlite3_column_int(row, 1) != 0;
  }
  sqlite3_reset(row);
  return rc;
}

/* Does the event remember this request? */
static bool same_request(const evs_event *event, const char *request) {
  size_t size = strlen(request) + 2;
  char *text = malloc(size);
  bool same = text != NULL && op_field_text(event, "request", text, size) && strcmp(text, request) == 0;
  free(text);
  return same;
}

/* Looks in what is not folded yet. */
static int find_pending(struct op_model *model, const char *key, const char *request, uint64_t *ret_seq, bool *ret_same,
                        struct op_error *error) {
  char tag[sizeof OP_TAG_REQUEST + OP_MAX_ID + 1];
  snprintf(tag, sizeof tag, OP_TAG_REQUEST ":%s", key);
  const char *const tags[] = {tag};
  const evs_query_item item = {.tags = tags, .tag_count = 1};
  const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  int rc = op_model_pending(model, &query, &cursor, error);
  if (rc != OP_OK)
    return rc;
  rc = evs_next(cursor, &event, &store_error);
  if (rc == 0) {
    *ret_seq = event.seq;
    *ret_same = same_request(&event, request);
  }
  if (rc != 0 && rc != EVS_END)
    rc = op_fail_store(error, rc, &store_error);
  else
    rc = OP_OK;
  evs_cursor_close(cursor);
  return rc;
}

/* The event of this request, 0 where there is none, or the refusal. */
int op_request_find(struct op_model *model, const char *key, const char *request, uint64_t *ret_seq,
                    struct op_error *error) {
  bool same = false;
  uint64_t seq = 0;
  evs_error store_error;
  *ret_seq = 0;
  int rc = op_request_folded(model, key, request, &seq, &same, error);
  if (rc != OP_OK || seq != 0)
    goto found;
  rc = find_pending(model, key, request, &seq, &same, error);
  if (rc != OP_OK || seq == 0)
    return rc;
  rc = evs_sync(model->app->store, seq, &store_error);
  if (rc == EVS_LOST) /* taken back: nobody was told of it */
    return OP_OK;
  if (rc != 0)
    return op_fail_store(error, rc, &store_error);
found:
  if (rc == OP_OK && seq != 0 && !same)
    return op_request_reused(key, seq, error);
  if (rc == OP_OK)
    *ret_seq = seq;
  return rc;
}

/* The same for a decision. */
int op_request_repeated(struct op_model *model, const struct op_request *request, uint64_t *ret_seq,
                        uint64_t *ret_position, struct op_error *error) {
  int rc = request->key != NULL ? op_request_find(model, request->key, request->text, ret_seq, error) : OP_OK;
  if (rc == OP_OK && *ret_seq > *ret_position)
    *ret_position = *ret_seq;
  return rc;
}

/* Gives the event at `seq` to use(), once it is durable. */
int op_event_at(struct op_app *app, uint64_t seq,
                int (*use)(void *context, const evs_event *event, struct op_error *error), void *context,
                struct op_error *error) {
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  if (seq == 0)
    return op_fail(error, OP_SOFTWARE, "internal", "there is no event 0");
  int rc = evs_sync(app->store, seq, &store_error);
  if (rc == 0)
    rc = evs_read(app->store, NULL, seq - 1, 0, &cursor, &store_error);
  if (rc == 0)
    rc = evs_next(cursor, &event, &store_error);
  if (rc == EVS_END || (rc == 0 && event.seq != seq))
    rc = op_fail(error, OP_SOFTWARE, "internal", "there is no event %" PRIu64 " in the journal", seq);
  else if (rc != 0)
    rc = op_fail_store(error, rc, &store_error);
  else
    rc = use(context, &event, error);
  evs_cursor_close(cursor);
  return rc;
}

/* What op_request_same() asks of the event. */
struct comparison {
  const char *request;
  bool same;
};

/* Compares it. */
static int compare(void *context, const evs_event *event, struct op_error *error) {
  struct comparison *comparison = context;
  (void)error;
  comparison->same = same_request(event, comparison->request);
  return OP_OK;
}

/* Is the event at `seq` that of this request? */
int op_request_same(struct op_app *app, uint64_t seq, const char *request, bool *ret_same, struct op_error *error) {
  struct comparison comparison = {.request = request};
  int rc = op_event_at(app, seq, compare, &comparison, error);
  *ret_same = comparison.same;
  return rc;
}
