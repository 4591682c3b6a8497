/* model_written.c - folds events straight from the journal, beside the tables: what a decision still has to look at,
 * and what an answer of long ago rested on.
 *
 * A decision may rest on what is written and not yet durable (rule 3 of the design), as its own append becomes durable
 * after that or not at all; an answer is told, and rests on what is durable. Errors: those of the store. */
#include "model_inside.h"

/* Gives the events of a cursor to fold(), up to its end or to `last`. */
static int walk(evs_cursor *cursor, uint64_t last, op_fold *fold, void *context, struct op_error *error) {
  evs_event event;
  evs_error store_error;
  int rc = 0;
  while ((rc = evs_next(cursor, &event, &store_error)) == 0 && event.seq <= last)
    fold(context, &event);
  return rc == 0 || rc == EVS_END ? OP_OK : op_fail_store(error, rc, &store_error);
}

/* The item of a query for these types, with this tag or whatever. */
static evs_query_item item_of(const char *const *types, const char *const *tag) {
  evs_query_item item = {.types = types, .tags = tag, .tag_count = *tag != NULL};
  while (types[item.type_count] != NULL)
    item.type_count++;
  return item;
}

/* A cursor over what comes after the tables. */
int op_model_pending(struct op_model *model, const evs_query *query, evs_cursor **ret_cursor, struct op_error *error) {
  evs_error store_error;
  int rc = evs_read(model->app->store, query, model->meta.offset, EVS_READ_WRITTEN, ret_cursor, &store_error);
  return rc == 0 ? OP_OK : op_fail_store(error, rc, &store_error);
}

/* Folds what comes after the tables. */
int op_model_fold_pending(struct op_model *model, const char *const *types, const char *tag, op_fold *fold,
                          void *context, uint64_t *ret_position, struct op_error *error) {
  const evs_query_item item = item_of(types, &tag);
  const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  int rc = op_model_pending(model, &query, &cursor, error);
  if (rc == OP_OK)
    rc = walk(cursor, UINT64_MAX, fold, context, error);
  if (rc == OP_OK && ret_position != NULL)
    *ret_position = evs_cursor_position(cursor);
  evs_cursor_close(cursor);
  return rc;
}

/* Folds what the tables have long passed. */
int op_model_replay(struct op_model *model, const char *const *types, uint64_t first, uint64_t last, op_fold *fold,
                    void *context, struct op_error *error) {
  const char *const no_tag = NULL;
  const evs_query_item item = item_of(types, &no_tag);
  const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  evs_error store_error;
  int rc = evs_read(model->app->store, &query, first > 0 ? first - 1 : 0, 0, &cursor, &store_error);
  rc = rc != 0 ? op_fail_store(error, rc, &store_error) : walk(cursor, last, fold, context, error);
  evs_cursor_close(cursor);
  return rc;
}
