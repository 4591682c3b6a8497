/* parts.c - op-journal parts: divides a consumer among processes, or among another number of them.
 *
 * The new parts begin where the slowest of the old ones stands: nothing is skipped, and what the faster ones had done
 * behind it is given again (at least once). The leases of all old parts are held meanwhile, so that nobody is at it.
 * Their offsets are set before the journal says that they count: whoever is killed in between has changed nothing.
 * Errors: 1 parts_differ, request_id_reused, 75 busy, those of the store. */
#include "parts.h"
#include "domain.h"
#include "parking_model.h"
#include "request.h"
#include "verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const partitioned[] = {OP_CONSUMER_PARTITIONED, NULL};

/* What the verb adds: where the new parts begin, and its request. */
struct division {
  uint64_t offset;
  struct op_request request;
};

/* ConsumerPartitioned; `division` NULL: somebody began with these parts. */
void draft_parts(const char *consumer, unsigned parts, const struct division *division, struct op_drafts *drafts,
                 struct op_guard *guard) {
  struct op_draft *draft = op_draft_add(drafts, OP_CONSUMER_PARTITIONED, "", 0);
  op_draft_tag(draft, OP_TAG_CONSUMER, consumer);
  op_guard_add(guard, partitioned, OP_TAG_CONSUMER, consumer);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "consumer", consumer);
  op_json_number(&draft->data, "parts", parts);
  if (division) {
    op_json_number(&draft->data, "offset", (int64_t)division->offset);
    op_draft_request(draft, division->request.key, division->request.text, guard);
  }
  op_json_end(&draft->data);
}

/* "as a whole", "in 2 parts". */
static void in_words(int parts, char buf[32]) {
  if (parts <= 0)
    snprintf(buf, 32, "as a whole");
  else
    snprintf(buf, 32, "in %d part%s", parts, parts == 1 ? "" : "s");
}

/* Whoever comes first. */
int decide_parts_use(const char *consumer, int recorded, bool known, unsigned parts, struct op_drafts *drafts,
                     struct op_guard *guard, struct op_error *error) {
  if (recorded == (int)parts || (recorded < 0 && parts == 0))
    return OP_OK;
  if (recorded < 0 && !known) {
    draft_parts(consumer, parts, NULL, drafts, guard);
    return OP_OK;
  }
  char is[32], asked[32];
  in_words(recorded, is);
  in_words((int)parts, asked);
  op_fail(error, OP_REFUSED, "parts_differ",
          "consumer %s is run %s, not %s: end its processes, then 'op-journal parts %s %u' changes it", consumer, is,
          asked, consumer, parts);
  op_error_text(error, "consumer", consumer);
  op_error_number(error, "parts", recorded < 0 ? 0 : recorded);
  op_error_number(error, "asked", parts);
  return error->exit_code;
}

/* ---- use -------------------------------------------------------------------------------------------------------- */

struct use {
  const char *consumer;
  unsigned parts;
  const struct division *division; /* change it; else NULL */
};

/* Is this consumer the one? Ends the visit with 1. */
static int same_name(void *context, const evs_consumer_info *info) { return strcmp(context, info->name) == 0; }

/* Decides on what the journal says now. */
static int decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error) {
  const struct use *use = context;
  char name[EVS_MAX_CONSUMER + 1];
  evs_error store_error;
  int recorded = -1;
  *ret_position = op_model_offset(model);
  int rc = parts_load(model, use->consumer, &recorded, error);
  if (rc)
    return rc;
  if (use->division) {
    if (recorded != (int)use->parts || use->division->request.key)
      draft_parts(use->consumer, use->parts, use->division, drafts, guard);
    return OP_OK;
  }
  snprintf(name, sizeof name, "%s", use->consumer);
  rc = evs_consumers(op_model_app(model)->store, same_name, name, &store_error);
  if (rc != 0 && rc != 1)
    return op_fail_store(error, rc, &store_error);
  return decide_parts_use(use->consumer, recorded, rc == 1, use->parts, drafts, guard, error);
}

/* Asks, and says so in the journal where nobody has. */
int parts_use(struct op_model *model, const char *consumer, unsigned parts, struct op_drafts *drafts,
              struct op_error *error) {
  struct use use = {.consumer = consumer, .parts = parts};
  struct op_committed committed;
  int recorded = -1;
  int rc = parts_load(model, consumer, &recorded, error);
  if (rc || recorded == (int)parts || (recorded < 0 && parts == 0))
    return rc; /* as always: what the model holds is durable */
  return op_commit(model, decide, &use, drafts, &committed, error);
}

/* ---- the verb --------------------------------------------------------------------------------------------------- */

static const struct op_column columns[] = {
    {"consumer", "CONSUMER", false}, {"parts", "PARTS", true}, {"offset", "OFFSET", true}};

/* The old parts with their leases. */
struct held {
  evs_consumer *consumers[MAX_PARTS];
  unsigned count;
  uint64_t slowest; /* the lowest of their offsets */
};

/* Takes the lease of every part. */
static int hold(struct op_app *app, const char *consumer, unsigned parts, struct held *held, struct op_error *error) {
  unsigned count = parts ? parts : 1;
  held->slowest = EVS_MAX_SEQ;
  for (unsigned i = 1; i <= count; i++) {
    char name[EVS_MAX_CONSUMER + 1];
    evs_error store_error;
    if (!part_name(consumer, (struct part){i, parts}, name))
      return op_fail(error, OP_DATA, "invalid", "consumer %s: the name is too long", consumer);
    int rc = evs_consumer_open(app->store, name, &held->consumers[held->count], &store_error);
    if (rc)
      return op_fail_store(error, rc, &store_error);
    uint64_t offset = evs_consumer_offset(held->consumers[held->count++]);
    held->slowest = offset < held->slowest ? offset : held->slowest;
  }
  return OP_OK;
}

/* Gives them back. */
static void release(struct held *held) {
  for (unsigned i = 0; i < held->count; i++)
    evs_consumer_close(held->consumers[i]);
}

/* Sets the offset of every new part. */
static int seek(struct op_app *app, const char *consumer, unsigned parts, uint64_t offset, struct op_error *error) {
  for (unsigned i = 1; i <= (parts ? parts : 1); i++) {
    char name[EVS_MAX_CONSUMER + 1];
    evs_error store_error;
    if (!part_name(consumer, (struct part){i, parts}, name))
      return op_fail(error, OP_DATA, "invalid", "consumer %s: the name is too long", consumer);
    int rc = evs_consumer_seek(app->store, name, offset, op_now_us(app), &store_error);
    if (rc)
      return op_fail_store(error, rc, &store_error);
  }
  return OP_OK;
}

/* Reads where the parts of a request that was done before began. */
static int take_offset(void *context, const evs_event *event, struct op_error *error) {
  struct division *division = context;
  (void)error;
  division->offset = (uint64_t)op_field_number(event, "offset", 0);
  return OP_OK;
}

/* Was the request done before? Then division->offset is what it answered. */
static int find_request(struct op_model *model, struct division *division, bool *ret_done, struct op_error *error) {
  uint64_t seq = 0;
  *ret_done = false;
  if (!division->request.key)
    return OP_OK;
  int rc = op_request_find(model, division->request.key, division->request.text, &seq, error);
  if (rc || !seq)
    return rc;
  *ret_done = true;
  return op_event_at(op_model_app(model), seq, take_offset, division, error);
}

/* Changes the number, unless it is that already: then a request is remembered, or it would do later what it found done.
 * All old parts are held. */
static int change_held(struct op_model *model, struct use *use, const struct division *division, bool differs,
                       struct op_error *error) {
  struct op_app *app = op_model_app(model);
  struct op_committed committed;
  struct op_drafts drafts = {0};
  if (!differs && !division->request.key)
    return OP_OK;
  int rc = app->dry_run || !differs ? OP_OK : seek(app, use->consumer, use->parts, division->offset, error);
  if (!rc)
    rc = op_commit(model, decide, use, &drafts, &committed, error);
  op_drafts_free(&drafts);
  return rc;
}

/* The same, and holds them. */
static int change(struct op_model *model, const char *consumer, unsigned parts, struct division *division,
                  struct op_error *error) {
  struct use use = {.consumer = consumer, .parts = parts, .division = division};
  int recorded = -1;
  bool done = false;
  int rc = find_request(model, division, &done, error);
  if (rc || done)
    return rc;
  struct held *held = calloc(1, sizeof *held);
  if (!held)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  rc = parts_load(model, consumer, &recorded, error);
  unsigned old = recorded > 0 ? (unsigned)recorded : 0;
  if (!rc)
    rc = hold(op_model_app(model), consumer, old, held, error);
  if (!rc)
    rc = op_model_refresh(model, error); /* who held them may have done the same request */
  if (!rc)
    rc = find_request(model, division, &done, error);
  if (!rc && !done) {
    division->offset = held->slowest;
    rc = change_held(model, &use, division, parts != old, error);
  }
  release(held);
  free(held);
  return rc;
}

/* The verb parts. */
int verb_parts(struct op_app *app, struct op_error *error) {
  const char *name = app->operands[0];
  char consumer[EVS_MAX_CONSUMER + 1];
  struct op_model *model = NULL;
  int64_t parts = 0;
  char request[EVS_MAX_CONSUMER + 64];
  struct division division = {.request = {app->request_id, request}};
  if (op_check_number("parts", "usage", app->operands[1], 0, MAX_PARTS, &parts, error))
    return op_usage(app, error, "N must be the number of parts, at most %d, or 0 for none, not '%s'", MAX_PARTS,
                    app->operands[1]);
  if (strlen(name) <= EVS_MAX_CONSUMER && part_of_name(name, consumer).of)
    return op_usage(app, error, "%s is the name of a part, that of the consumer is %s", name, consumer);
  snprintf(request, sizeof request, "parts consumer=%.*s parts=%" PRId64, (int)EVS_MAX_CONSUMER, name, parts);
  int rc = op_model_open_there(app, parking_model(), &model, error);
  if (!rc)
    rc = change(model, name, (unsigned)parts, &division, error);
  op_model_close(model);
  if (rc)
    return rc;
  op_rows_begin(app->output, columns, sizeof columns / sizeof *columns, true);
  op_cell_text(app->output, name);
  op_cell_number(app->output, parts);
  op_cell_number(app->output, (int64_t)division.offset);
  op_row_end(app->output);
  op_rows_end(app->output);
  return OP_OK;
}
