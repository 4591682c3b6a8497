/* model_fold.c - folds the journal into the tables, and tells whether they were folded from this journal.
 *
 * A catch-up is a row of transactions of up to OP__FOLD_BATCH events. Each reads the offset after it has the write lock
 * of the database, so two processes at once fold every event once; rows, offset and fingerprint are committed together.
 * Only durable events are folded (rule 3). The fingerprint is the CRC of the line at the offset: a journal that has
 * another line there is another journal. Errors: 75 busy, those of the store, those of the definition's apply(). */
#include "model_inside.h"
#include "progress.h"
#include "request.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

/* The end of a line, as the fingerprint. */
static void take_fingerprint(char fingerprint[OP__FINGERPRINT + 1], evs_slice line) {
  size_t len = line.len < OP__FINGERPRINT ? line.len : OP__FINGERPRINT;
  memcpy(fingerprint, line.ptr + line.len - len, len);
  fingerprint[len] = '\0';
}

/* Reads the fingerprint of the event at `seq`; "" where the journal (as far as it is durable) has none. */
static int read_fingerprint(struct op_model *model, uint64_t seq, char fingerprint[OP__FINGERPRINT + 1],
                            struct op_error *error) {
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  fingerprint[0] = '\0';
  if (seq == 0)
    return OP_OK;
  int rc = evs_read(model->app->store, NULL, seq - 1, 0, &cursor, &store_error);
  if (rc == 0)
    rc = evs_next(cursor, &event, &store_error);
  if (rc == 0 && event.seq == seq)
    take_fingerprint(fingerprint, event.line);
  evs_cursor_close(cursor);
  return rc == 0 || rc == EVS_END ? OP_OK : op_fail_store(error, rc, &store_error);
}

/* Says, once, that the tables cannot be used. */
static void warn(struct op_model *model, const char *what) {
  if (!model->warned)
    op_warn(model->app, "read model %s is %s: rebuilt", model->definition->name, what);
  model->warned = true;
}

/* Are the tables of this code and this journal? */
int op__model_judge(struct op_model *model, const struct op__meta *meta, bool *ret_wrong, struct op_error *error) {
  char here[OP__FINGERPRINT + 1];
  uint64_t head = 0;
  evs_error store_error;
  *ret_wrong = false;
  if (meta->version != model->definition->version) {
    *ret_wrong = true;
    op_explain(model->app, "read model %s has version %d, not %d: rebuilt", model->definition->name, meta->version,
               model->definition->version);
    return OP_OK;
  }
  if (meta->offset == model->checked)
    return OP_OK;
  int rc = evs_head(model->app->store, &head, &store_error);
  if (rc != 0)
    return op_fail_store(error, rc, &store_error);
  *ret_wrong = meta->offset > head;
  if (*ret_wrong) {
    char what[96];
    snprintf(what, sizeof what, "ahead of the journal (event %" PRIu64 " of %" PRIu64 ")", meta->offset, head);
    warn(model, what);
    return OP_OK;
  }
  rc = read_fingerprint(model, meta->offset, here, error);
  if (rc != OP_OK)
    return rc;
  *ret_wrong = strcmp(here, meta->fingerprint) != 0;
  if (*ret_wrong)
    warn(model, "from another journal");
  else
    model->checked = meta->offset;
  return OP_OK;
}

/* Remembers the request ids of an event; the first event with a key owns it. */
static int fold_request(struct op_model *model, const evs_event *event, struct op_error *error) {
  static const char tag[] = "\"" OP_TAG_REQUEST ":";
  char key[OP_MAX_ID + 1];
  int rc = OP_OK;
  if (memmem(event->tags.ptr, event->tags.len, tag, sizeof tag - 1) == NULL) /* most have none */
    return OP_OK;
  for (size_t at = 0; rc == OP_OK && op_request_key(event, &at, key);) {
    sqlite3_stmt *put = op_model_sql(model, "INSERT OR IGNORE INTO requests VALUES (?1, coalesce(?2, ''), ?3)");
    sqlite3_bind_text(put, 1, key, -1, SQLITE_STATIC);
    op_bind_field(put, 2, event, "request");
    sqlite3_bind_int64(put, 3, (sqlite3_int64)event->seq);
    rc = op_model_exec(model, put, error);
  }
  return rc;
}

/* Does apply() want this event? */
static bool wanted(const struct op_model_definition *definition, const evs_event *event) {
  if (definition->types == NULL)
    return true;
  for (const char *const *type = definition->types; *type != NULL; type++)
    if (op_type_is(event, *type))
      return true;
  return false;
}

/* Folds one event. */
static int fold_event(struct op_model *model, const evs_event *event, struct op_error *error) {
  const struct op_model_definition *definition = model->definition;
  int rc = definition->requests ? fold_request(model, event, error) : OP_OK;
  if (rc == OP_OK && wanted(definition, event))
    rc = definition->apply(model, event, error);
  return rc;
}

/* Writes the offset with its fingerprint. */
static int write_meta(struct op_model *model, struct op_error *error) {
  sqlite3_stmt *put = op_model_sql(model, "UPDATE meta SET offset = ?1, fingerprint = ?2, indexed = ?3");
  sqlite3_bind_int64(put, 1, (sqlite3_int64)model->meta.offset);
  sqlite3_bind_text(put, 2, model->meta.fingerprint, -1, SQLITE_STATIC);
  sqlite3_bind_int(put, 3, model->meta.indexed);
  return op_model_exec(model, put, error);
}

/* Makes the indexes that no fold needs: they are sorted once instead of being kept sorted while the rows come. The sort
 * takes as much memory as the page cache may have, and goes to a temporary file beyond. */
static int make_indexes(struct op_model *model, struct op_error *error) {
  if (model->meta.indexed)
    return OP_OK;
  model->meta.indexed = true;
  return model->definition->indexes != NULL ? op__model_run(model, model->definition->indexes, error) : OP_OK;
}

/* Folds up to `target` or a full batch, from model->meta on, and writes the offset. Inside of a write transaction. */
static int fold_batch(struct op_model *model, uint64_t target, struct op_progress *progress, struct op_error *error) {
  const struct op_model_definition *definition = model->definition;
  evs_query_item item = {.types = definition->types};
  while (definition->types != NULL && definition->types[item.type_count] != NULL)
    item.type_count++;
  const evs_query query = {&item, 1};
  bool all = definition->requests || definition->types == NULL;
  uint64_t began = model->meta.offset, last = 0;
  char fingerprint[OP__FINGERPRINT + 1] = "";
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  int result = evs_read(model->app->store, all ? NULL : &query, began, 0, &cursor, &store_error);
  int rc = OP_OK;
  for (size_t count = 0; result == 0 && count < OP__FOLD_BATCH && evs_cursor_position(cursor) < target; count++) {
    result = evs_next(cursor, &event, &store_error);
    if (result != 0)
      break;
    assert(event.seq > model->meta.offset);
    rc = fold_event(model, &event, error);
    if (rc != OP_OK)
      goto out;
    take_fingerprint(fingerprint, event.line);
    last = event.seq;
    op_progress_to(progress, last);
  }
  if (result != 0 && result != EVS_END) {
    rc = op_fail_store(error, result, &store_error);
    goto out;
  }
  model->meta.offset = evs_cursor_position(cursor);
  if (model->meta.offset == began) /* nothing there: the target is not durable any more */
    goto out;
  if (last == model->meta.offset)
    memcpy(model->meta.fingerprint, fingerprint, sizeof fingerprint);
  else
    rc = read_fingerprint(model, model->meta.offset, model->meta.fingerprint, error);
  if (rc == OP_OK)
    rc = op__rows_save(model, error);
  if (rc == OP_OK && model->meta.offset >= target)
    rc = make_indexes(model, error);
  if (rc == OP_OK)
    rc = write_meta(model, error);
out:
  evs_cursor_close(cursor);
  return rc;
}

/* Takes the write lock of the database. *ret_busy: another process has it. */
static int begin(struct op_model *model, bool *ret_busy, struct op_error *error) {
  op__model_reset_statements(model);
  sqlite3_busy_timeout(model->db, 0);
  int result = sqlite3_exec(model->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
  sqlite3_busy_timeout(model->db, (int)model->app->timeout_ms);
  *ret_busy = (result & 0xff) == SQLITE_BUSY;
  return result == SQLITE_OK || *ret_busy ? OP_OK : op__model_fail(model, result, error);
}

/* One transaction. *ret_again is false when the target is reached, or the tables turned out not to be ours. */
static int fold_transaction(struct op_model *model, uint64_t target, struct op_progress *progress, bool *ret_again,
                            struct op_error *error) {
  bool wrong = false;
  *ret_again = false;
  int rc = op__model_read_meta(model, &model->meta, error);
  if (rc == OP_OK)
    rc = op__model_judge(model, &model->meta, &wrong, error);
  uint64_t began = model->meta.offset;
  model->whole = rc == OP_OK && (began == 0 || (model->whole && began == model->folded));
  op__rows_forget(model);
  if (rc == OP_OK && !wrong && began < target)
    rc = fold_batch(model, target, progress, error);
  op__model_reset_statements(model);
  if (rc == OP_OK)
    rc = op__model_run(model, "COMMIT", error);
  model->whole &= rc == OP_OK;
  model->folded = model->meta.offset;
  if (rc != OP_OK) {
    sqlite3_exec(model->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
  }
  if (wrong || model->meta.offset == began)
    return OP_OK;
  model->wrote = true;
  model->checked = model->meta.offset;
  *ret_again = model->meta.offset < target;
  return OP_OK;
}

/* Waits a moment for the process that folds. Its progress counts as ours: the time limit bounds standing still. */
static int await_other(struct op_model *model, uint64_t target, struct op_progress *progress, int64_t *deadline,
                       bool *ret_again, struct op_error *error) {
  const struct timespec pause = {.tv_nsec = 2000000};
  struct op__meta meta;
  int rc = op__model_read_meta(model, &meta, error);
  if (rc != OP_OK)
    return rc;
  int64_t now = op_monotonic_ms();
  if (meta.offset > model->meta.offset) {
    model->meta = meta;
    *deadline = now + model->app->timeout_ms;
    op_progress_to(progress, meta.offset);
  }
  *ret_again = meta.offset < target;
  if (*ret_again && now >= *deadline)
    return op_fail(error, OP_TEMPORARY, "busy", "read model %s: another process has it locked",
                   model->definition->name);
  if (*ret_again)
    nanosleep(&pause, NULL);
  return OP_OK;
}

/* Catches up. */
int op__model_fold(struct op_model *model, uint64_t target, bool wait, bool *ret_busy, struct op_error *error) {
  char what[64];
  struct op_progress progress;
  int64_t deadline = op_monotonic_ms() + model->app->timeout_ms;
  bool again = true;
  int rc = OP_OK;
  *ret_busy = false;
  snprintf(what, sizeof what, "folding %.40s", model->definition->name);
  op_progress_begin(&progress, model->app, what, target);
  while (rc == OP_OK && again) {
    rc = begin(model, ret_busy, error);
    if (rc != OP_OK || (*ret_busy && !wait))
      break;
    rc = *ret_busy ? await_other(model, target, &progress, &deadline, &again, error)
                   : fold_transaction(model, target, &progress, &again, error);
  }
  op_progress_end(&progress);
  return rc;
}
