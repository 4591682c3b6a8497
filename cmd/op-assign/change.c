/* change.c - the verbs `branch add`, `branch adjust` and `branch import`: one commit each, all or none.
 *
 * All three are a list of wanted branches, decided one after the other against the branches as they are. add and adjust
 * print their branch, import the branches that it changed, each with what happened. A request that was done before
 * prints what it printed then: its events tell all of it, as nothing but the capacity of a branch ever changes.
 * Errors: those of the decisions (decide.h), of the file, of op_commit(). */
#include "branches_file.h"
#include "commit.h"
#include "decide.h"
#include "project.h"
#include "request.h"
#include "row.h"
#include "verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum kind { ADD, ADJUST, IMPORT };

/* The command, and what became of it. */
struct change {
  enum kind kind;
  const struct branch_wanted *wanted;
  size_t count;
  struct op_request request;
  struct branch *branches; /* as they are, in the order of `wanted` */
  uint64_t repeated;       /* seq of the first event that this very request appended before; 0: none */
};

/* Decides one of them. */
static int decide_one(const struct change *change, size_t i, struct op_drafts *drafts, struct op_guard *guard,
                      struct op_error *error) {
  const struct branch *branch = &change->branches[i];
  const struct branch_wanted *wanted = &change->wanted[i];
  if (change->kind == ADD)
    return decide_branch_add(branch, wanted, &change->request, drafts, guard, error);
  if (change->kind == ADJUST)
    return decide_branch_adjust(branch, wanted->id, wanted->capacity, &change->request, drafts, guard, error);
  return decide_branch_import(branch, wanted, &change->request, drafts, guard, error);
}

/* Loads, looks for the same request, decides; see op_decide. */
static int load_and_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                           uint64_t *ret_position, struct op_error *error) {
  struct change *change = context;
  char day[DAY_SIZE];
  int code = OP_OK;
  day_of(op_now_us(op_model_app(model)), day);
  *ret_position = op_model_offset(model);
  for (size_t i = 0; i < change->count && code == OP_OK; i++)
    code = branch_load(model, change->wanted[i].id, day, &change->branches[i], error);
  if (code == OP_OK)
    code = op_request_repeated(model, &change->request, &change->repeated, ret_position, error);
  for (size_t i = 0; i < change->count && code == OP_OK && !change->repeated; i++)
    code = decide_one(change, i, drafts, guard, error);
  return code;
}

/* Prints a branch right after an event of it. */
static int print_changed(struct op_model *model, const struct change *change, const evs_event *event,
                         struct op_error *error) {
  struct op_output *output = op_model_app(model)->output;
  char id[OP_MAX_ID + 1];
  struct branch branch;
  if (!op_field_id(event, "branchId", id))
    return OP_OK;
  int code = branch_load(model, id, "", &branch, error);
  if (op_type_is(event, OP_BRANCH_ADDED))
    branch = (struct branch){0};
  branch_apply(&branch, event);
  if (code != OP_OK || change->kind != IMPORT) {
    if (code == OP_OK)
      branch_print(output, &branch);
    return code;
  }
  branch_cells(output, &branch);
  op_cell_text(output, op_type_is(event, OP_BRANCH_ADDED) ? "added" : "adjusted");
  op_row_end(output);
  return OP_OK;
}

/* Prints what the events of the request did when it came for the first time. */
static int print_repeated(struct op_model *model, const struct change *change, struct op_error *error) {
  evs_store *store = op_model_app(model)->store;
  char tag[OP_MAX_ID + sizeof OP_TAG_REQUEST + 1];
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  snprintf(tag, sizeof tag, OP_TAG_REQUEST ":%s", change->request.key);
  int r = evs_read(store, NULL, change->repeated - 1, 0, &cursor, &store_error);
  int code = r ? op_fail_store(error, r, &store_error) : OP_OK;
  while (code == OP_OK && (r = evs_next(cursor, &event, &store_error)) == 0 && evs_event_has_tag(&event, tag))
    code = print_changed(model, change, &event, error);
  if (code == OP_OK && r != 0 && r != EVS_END)
    code = op_fail_store(error, r, &store_error);
  evs_cursor_close(cursor);
  return code;
}

/* Prints what changed. */
static int answer(struct op_model *model, struct change *change, struct op_drafts *drafts,
                  const struct op_committed *committed, struct op_error *error) {
  struct op_output *output = op_model_app(model)->output;
  struct op_column columns[BRANCH_COLUMNS_COUNT + 1];
  int code = OP_OK;
  memcpy(columns, branch_columns, sizeof branch_columns);
  columns[BRANCH_COLUMNS_COUNT] = (struct op_column){"change", "CHANGE", false};
  if (change->kind == IMPORT)
    op_rows_begin(output, columns, BRANCH_COLUMNS_COUNT + 1, false);
  if (change->repeated)
    code = print_repeated(model, change, error);
  else if (drafts->count == 0 && change->kind != IMPORT)
    branch_print(output, &change->branches[0]);
  for (size_t i = 0; i < drafts->count && code == OP_OK; i++) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    op_draft_event(&drafts->items[i], committed->first + i, time, &event);
    code = print_changed(model, change, &event, error);
  }
  if (change->kind == IMPORT)
    op_rows_end(output);
  return code;
}

/* The way of all three; `text` is the canonical text of the request. */
static int run(struct op_app *app, struct change *change, const char *text, struct op_error *error) {
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  change->request = (struct op_request){app->request_id, text};
  change->branches = calloc(change->count + 1, sizeof *change->branches);
  if (!change->branches)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  int code = assign_open(app, true, &model, error);
  if (code == OP_OK)
    code = op_commit(model, load_and_decide, change, &drafts, &committed, error);
  if (code == OP_OK)
    code = answer(model, change, &drafts, &committed, error);
  op_drafts_free(&drafts);
  op_model_close(model);
  free(change->branches);
  return code;
}

/* The verb `branch add`. */
int verb_branch_add(struct op_app *app, struct op_error *error) {
  struct branch_wanted wanted = {0};
  int code = OP_OK;
  for (size_t i = 0; branch_fields[i] && code == OP_OK; i++)
    code = branch_set(&wanted, i, op_option(app, branch_fields[i]), error);
  if (code != OP_OK)
    return code;
  struct op_text text = {0};
  struct change change = {.kind = ADD, .wanted = &wanted, .count = 1};
  op_text_adds(&text, "branch add ");
  branch_text(&wanted, &text);
  code = run(app, &change, text.ptr, error);
  op_text_free(&text);
  return code;
}

/* The verb `branch adjust`. */
int verb_branch_adjust(struct op_app *app, struct op_error *error) {
  struct branch_wanted wanted = {0};
  struct change change = {.kind = ADJUST, .wanted = &wanted, .count = 1};
  int code = branch_set(&wanted, 0, app->operands[0], error);
  if (code == OP_OK)
    code = branch_set(&wanted, 4, op_option(app, "capacity"), error);
  if (code != OP_OK)
    return code;
  char text[OP_MAX_ID + 64];
  snprintf(text, sizeof text, "branch adjust branch=%s capacity=%" PRId64, wanted.id, wanted.capacity);
  return run(app, &change, text, error);
}

/* The verb `branch import`. The text of its request is how many branches, and a hash (FNV-1a) of all that is said. */
int verb_branch_import(struct op_app *app, struct op_error *error) {
  struct branches_file file;
  int code = branches_file_load(app->operands[0], &file, error);
  if (code != OP_OK)
    return code;
  struct change change = {.kind = IMPORT, .wanted = file.items, .count = file.count};
  uint64_t hash = UINT64_C(14695981039346656037);
  struct op_text said = {0};
  for (size_t i = 0; i < file.count; i++) {
    op_text_reset(&said);
    branch_text(&file.items[i], &said);
    for (size_t j = 0; j < said.len; j++)
      hash = (hash ^ (unsigned char)said.ptr[j]) * UINT64_C(1099511628211);
  }
  op_text_free(&said);
  char text[96];
  snprintf(text, sizeof text, "branch import branches=%zu hash=%016" PRIx64, file.count, hash);
  code = run(app, &change, text, error);
  branches_file_free(&file);
  return code;
}
