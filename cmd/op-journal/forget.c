/* forget.c - op-journal forget: removes a consumer that nobody runs any more, so that nobody waits for it.
 *
 * What stands in the journal is given up there: what is parked is dropped, and the consumer has no parts any more. Then
 * its offsets are removed, those of an earlier division too. The leases of all of them are held meanwhile, so that
 * nobody is at it; whoever is killed in between has removed nothing, or the next call removes the rest. A consumer of
 * the same name begins anew. Errors: 1 no_such_consumer, built_in; 75 busy; those of the store. */
#include "domain.h"
#include "models.h"
#include "parking_model.h"
#include "parts.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

static const struct op_column columns[] = {
    {"consumer", "CONSUMER", false}, {"offset", "OFFSET", true}, {"dropped", "DROPPED", true}};

struct forgetting {
  struct op_app *app;
  const char *consumer;
  char (*names)[EVS_MAX_CONSUMER + 1]; /* of its offsets, there or not */
  evs_consumer **held;                 /* their leases */
  size_t count, held_count;
  bool listed;  /* it has an offset */
  int parts;    /* as the journal says: 0 as a whole, -1 nothing */
  uint64_t low; /* the least of the offsets that it has */
  struct op_drafts *drafts;
  struct op_guard *guard;
};

/* Adds the name of an offset, once. False where memory is gone. */
static bool add_name(struct forgetting *it, const char *name) {
  for (size_t i = 0; i < it->count; i++)
    if (strcmp(it->names[i], name) == 0)
      return true;
  char(*more)[EVS_MAX_CONSUMER + 1] = realloc(it->names, (it->count + 1) * sizeof *more);
  if (!more)
    return false;
  it->names = more;
  snprintf(more[it->count++], sizeof *more, "%s", name);
  return true;
}

/* Adds an offset that is one of it. Ends the visit with 1 where memory is gone. */
static int add_offset(void *context, const evs_consumer_info *info) {
  struct forgetting *it = context;
  char consumer[EVS_MAX_CONSUMER + 1];
  part_of_name(info->name, consumer);
  if (strcmp(info->name, it->consumer) != 0 && strcmp(consumer, it->consumer) != 0)
    return 0;
  it->low = !it->listed || info->offset < it->low ? info->offset : it->low;
  it->listed = true;
  return !add_name(it, info->name);
}

/* Finds all offsets that it has or could have by now. */
static int find(struct forgetting *it, struct op_model *model, struct op_error *error) {
  evs_error store_error;
  bool parked = false, built_in = false;
  int rc = evs_consumers(it->app->store, add_offset, it, &store_error);
  if (rc && rc != 1)
    return op_fail_store(error, rc, &store_error);
  if (!rc)
    rc = parts_load(model, it->consumer, &it->parts, error);
  if (!rc)
    rc = parking_any(model, it->consumer, &parked, error);
  if (!rc && !it->listed)
    rc = models_built_in(it->app, it->consumer, &built_in, error);
  if (rc)
    return rc == 1 ? op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory") : rc;
  if (built_in)
    return op_fail(error, OP_REFUSED, "built_in",
                   "%s is a built-in read model, which is never removed; `op-journal rebuild %s` builds it again",
                   it->consumer, it->consumer);
  if (!it->listed && it->parts <= 0 && !parked) {
    op_fail(error, OP_REFUSED, "no_such_consumer", "consumer %s: there is none", it->consumer);
    op_error_text(error, "consumer", it->consumer);
    return error->exit_code;
  }
  bool added = add_name(it, it->consumer);
  for (int i = 1; added && i <= it->parts; i++) {
    char name[EVS_MAX_CONSUMER + 1];
    added = !part_name(it->consumer, (struct part){(unsigned)i, (unsigned)it->parts}, name) || add_name(it, name);
  }
  return added ? OP_OK : op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
}

/* Takes the lease of each. One whose offset lies beyond the head can be sought only, so it is. */
static int hold(struct forgetting *it, struct op_error *error) {
  it->held = calloc(it->count, sizeof(evs_consumer *)); // NOLINT(bugprone-sizeof-expression)
  if (!it->held)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  for (size_t i = 0; i < it->count; i++) {
    evs_error store_error;
    int rc = evs_consumer_open(it->app->store, it->names[i], &it->held[i], &store_error);
    if (rc == EVS_BEYOND && !it->app->dry_run) {
      rc = evs_consumer_seek(it->app->store, it->names[i], 0, op_now_us(it->app), &store_error);
      rc = rc ? rc : evs_consumer_open(it->app->store, it->names[i], &it->held[i], &store_error);
    }
    if (rc && rc != EVS_BEYOND)
      return op_fail_store(error, rc, &store_error);
    it->held_count = i + 1;
  }
  return OP_OK;
}

/* Gives up one event that waits. */
static int drop(void *context, const struct item *item, struct op_error *error) {
  struct forgetting *it = context;
  return decide_retry(item, true, NULL, it->drafts, it->guard, error);
}

/* Gives up what the journal holds of it. */
static int decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error) {
  struct forgetting *it = context;
  *ret_position = op_model_offset(model);
  it->drafts = drafts;
  it->guard = guard;
  int rc = parts_load(model, it->consumer, &it->parts, error);
  if (!rc)
    rc = parking_waiting(model, it->consumer, drop, it, error);
  if (!rc && it->parts > 0)
    draft_parts(it->consumer, 0, NULL, drafts, guard);
  return rc;
}

/* Removes the offsets whose leases are held. */
static int remove_offsets(struct forgetting *it, struct op_error *error) {
  for (size_t i = 0; i < it->held_count && !it->app->dry_run; i++) {
    evs_error store_error;
    int rc = evs_consumer_remove(it->held[i], &store_error);
    if (rc)
      return op_fail_store(error, rc, &store_error);
  }
  return OP_OK;
}

/* Says what was given up. */
static void print(const struct forgetting *it, const struct op_drafts *drafts) {
  struct op_output *output = it->app->output;
  int64_t dropped = 0;
  for (size_t i = 0; i < drafts->count; i++)
    dropped += strcmp(drafts->items[i].type, OP_CONSUMER_EVENT_DROPPED) == 0;
  op_rows_begin(output, columns, sizeof columns / sizeof *columns, true);
  op_cell_text(output, it->consumer);
  op_cell_number(output, (int64_t)it->low);
  op_cell_number(output, dropped);
  op_row_end(output);
  op_rows_end(output);
}

/* The verb. */
int verb_forget(struct op_app *app, struct op_error *error) {
  struct forgetting it = {.app = app, .consumer = app->operands[0]};
  char whole[EVS_MAX_CONSUMER + 1];
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed;
  if (strlen(it.consumer) <= EVS_MAX_CONSUMER && part_of_name(it.consumer, whole).of)
    return op_usage(app, error, "%s is the name of a part, that of the consumer is %s", it.consumer, whole);
  int rc = op_model_open_there(app, parking_model(), &model, error);
  if (!rc)
    rc = find(&it, model, error);
  if (!rc)
    rc = hold(&it, error);
  if (!rc)
    rc = op_commit(model, decide, &it, &drafts, &committed, error);
  if (!rc)
    rc = remove_offsets(&it, error);
  if (!rc)
    print(&it, &drafts);
  for (size_t i = 0; i < it.held_count; i++)
    evs_consumer_close(it.held[i]);
  op_drafts_free(&drafts);
  op_model_close(model);
  free(it.held);
  free(it.names);
  return rc;
}
