/* change.c - the verbs `branch add`, `adjust`, `close`, `open` and `import`: one commit each, all or none.
 *
 * Each is a list of branches, decided one after the other against the branches as they are. add, adjust, close and open
 * print their branch right after its event, import the branches that it changed, each with what happened, field by
 * field. A request that was done before prints what it printed then: the branches are folded anew up to its events.
 * Errors: those of the decisions (decide.h; of a file, the first one refuses all, and is told at its place), of the
 * file, of op_commit(). */
#include "branches_file.h"
#include "changes.h"
#include "commit.h"
#include "decide.h"
#include "project.h"
#include "request.h"
#include "row.h"
#include "verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum kind { ADD, ADJUST, CLOSE, OPEN, IMPORT };

/* A branch that was changed, before and right after that. */
struct changed {
  struct branch before, after;
};

/* The command, and what became of it. */
struct change {
  enum kind kind;
  const struct branch_wanted *wanted;
  size_t count;
  const struct branches_file *file; /* of import */
  struct op_request request;
  struct branch *branches; /* as they are, in the order of `wanted` */
  size_t *by_id;           /* their indexes, in the order of the ids that are wanted */
  struct changed *changed; /* room for all of them */
  size_t changed_count;
  uint64_t repeated; /* seq of the first event that this very request appended before; 0: none */
};

/* ---- deciding --------------------------------------------------------------------------------------------------- */

/* Decides one of them. */
static int decide_one(const struct change *change, size_t i, struct op_drafts *drafts, struct op_guard *guard,
                      struct op_error *error) {
  const struct branch *branch = &change->branches[i];
  const struct branch_wanted *wanted = &change->wanted[i];
  const struct op_request *request = &change->request;
  switch (change->kind) {
  case ADD:
    return decide_branch_add(branch, wanted, request, drafts, guard, error);
  case ADJUST:
    return decide_branch_adjust(branch, wanted->id, wanted->capacity, request, drafts, guard, error);
  case IMPORT:
    if (decide_branch_import(branch, wanted, request, drafts, guard, error) != OP_OK)
      return branches_file_fail_at(change->file, i, error);
    return OP_OK;
  default:
    return decide_branch_status(branch, wanted->id, change->kind == CLOSE, request, drafts, guard, error);
  }
}

/* Loads, looks for the same request, decides; see op_decide. */
static int load_and_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                           uint64_t *ret_position, struct op_error *error) {
  struct change *change = context;
  char day[DAY_SIZE];
  int code = OP_OK;
  assign_today(op_model_app(model), day);
  *ret_position = op_model_offset(model);
  for (size_t i = 0; i < change->count && code == OP_OK; i++)
    code = branch_load(model, change->wanted[i].id, day, &change->branches[i], error);
  if (code == OP_OK)
    code = op_request_repeated(model, &change->request, &change->repeated, ret_position, error);
  if (code != OP_OK || change->repeated)
    return code;
  for (size_t i = 0; i < change->count && code == OP_OK; i++)
    code = decide_one(change, i, drafts, guard, error);
  if (code == OP_OK && drafts->count == 0 && change->kind == IMPORT && change->count > 0)
    code = decide_branch_unchanged(&change->branches[0], &change->request, drafts, guard);
  return code;
}

/* ---- what changed ----------------------------------------------------------------------------------------------- */

/* By the ids that are wanted. */
static int compare(const void *a, const void *b, void *context) {
  const struct branch_wanted *wanted = context;
  return strcmp(wanted[*(const size_t *)a].id, wanted[*(const size_t *)b].id);
}

/* The branch that an event is about, or NULL: none of these. */
static struct branch *branch_of(const struct change *change, const evs_event *event) {
  char id[OP_MAX_ID + 1];
  if (!op_field_id(event, "branchId", id))
    return NULL;
  size_t low = 0, high = change->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2, index = change->by_id[middle];
    int order = strcmp(id, change->wanted[index].id);
    if (order == 0)
      return &change->branches[index];
    low = order > 0 ? middle + 1 : low;
    high = order > 0 ? high : middle;
  }
  return NULL;
}

/* Folds an event of this request. The events of a branch are neighbours, and make one change. */
static void take(struct change *change, const evs_event *event) {
  struct branch *branch = branch_of(change, event);
  if (!branch)
    return;
  size_t count = change->changed_count;
  bool is_same = count > 0 && strcmp(change->changed[count - 1].after.id, branch->id) == 0;
  if (!is_same && count == change->count)
    return;
  if (!is_same)
    change->changed[change->changed_count++].before = *branch;
  branch_apply(branch, event);
  change->changed[change->changed_count - 1].after = *branch;
}

/* Folds an event of long ago, of this request or of others. */
static void take_again(void *context, const evs_event *event) {
  struct change *change = context;
  char tag[OP_MAX_ID + sizeof OP_TAG_REQUEST + 1];
  snprintf(tag, sizeof tag, OP_TAG_REQUEST ":%s", change->request.key);
  struct branch *branch = branch_of(change, event);
  if (evs_event_has_tag(event, tag))
    take(change, event);
  else if (branch)
    branch_apply(branch, event);
}

/* What a request did when it came for the first time. Its events are neighbours, two of a branch at most. */
static int replay(struct op_model *model, struct change *change, struct op_error *error) {
  uint64_t first = op_model_offset(model) + 1;
  for (size_t i = 0; i < change->count; i++) {
    uint64_t added_by = change->branches[i].added_by;
    first = added_by && added_by < first ? added_by : first;
    change->branches[i] = (struct branch){0};
  }
  return op_model_replay(model, branch_types, first, change->repeated + 2 * change->count, take_again, change, error);
}

/* ---- printing --------------------------------------------------------------------------------------------------- */

enum { VALUES = 4 };

/* A branch as values; none where there is no branch. */
static size_t spread(const struct branch *branch, struct op_value values[VALUES]) {
  if (!branch->id[0])
    return 0;
  char degrees[OP_DEGREES_SIZE];
  struct op_value lat = {.name = "lat"}, lon = {.name = "lon"};
  snprintf(lat.number, sizeof lat.number, "%s", op_degrees(branch->at.lat, degrees));
  snprintf(lon.number, sizeof lon.number, "%s", op_degrees(branch->at.lon, degrees));
  values[0] = op_value_text("name", branch->name);
  values[1] = lat;
  values[2] = lon;
  values[3] = op_value_number("capacity", branch->capacity);
  return VALUES;
}

/* What happened to it; NULL: nothing, but that a request was remembered. */
static const char *word_of(const struct changed *changed) {
  const struct branch *before = &changed->before, *after = &changed->after;
  if (!before->id[0])
    return "added";
  if (!branch_same_place(before, after->name, after->at))
    return "revised";
  return before->capacity != after->capacity ? "adjusted" : NULL;
}

/* Prints what an import changed. */
static void print_import(struct op_output *output, const struct change *change) {
  struct op_column columns[BRANCH_COLUMNS_COUNT + 2];
  memcpy(columns, branch_columns, sizeof branch_columns);
  for (size_t i = 1; i < BRANCH_COLUMNS_COUNT; i++) /* a table has the id, and what changes */
    columns[i].heading = NULL;
  columns[BRANCH_COLUMNS_COUNT] = (struct op_column){"change", "CHANGE", false};
  columns[BRANCH_COLUMNS_COUNT + 1] = (struct op_column){"changes", "FIELDS", false};
  op_rows_begin(output, columns, BRANCH_COLUMNS_COUNT + 2, false);
  for (size_t i = 0; i < change->changed_count; i++) {
    struct op_value olds[VALUES], news[VALUES];
    const char *word = word_of(&change->changed[i]);
    if (!word)
      continue;
    branch_cells(output, &change->changed[i].after);
    op_cell_text(output, word);
    size_t old_count = spread(&change->changed[i].before, olds), new_count = spread(&change->changed[i].after, news);
    op_cell_changes(output, olds, old_count, news, new_count);
    op_row_end(output);
  }
  op_rows_end(output);
}

/* Prints what changed; of one branch also where nothing did. */
static int answer(struct op_model *model, struct change *change, struct op_drafts *drafts,
                  const struct op_committed *committed, struct op_error *error) {
  struct op_output *output = op_model_app(model)->output;
  int code = change->repeated ? replay(model, change, error) : OP_OK;
  for (size_t i = 0; i < drafts->count; i++) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    op_draft_event(&drafts->items[i], committed->first + i, time, &event);
    take(change, &event);
  }
  if (code == OP_OK && change->kind == IMPORT)
    print_import(output, change);
  else if (code == OP_OK)
    branch_print(output, change->changed_count ? &change->changed[0].after : &change->branches[0]);
  return code;
}

/* ---- verbs ------------------------------------------------------------------------------------------------------ */

/* Makes room. */
static bool prepare(struct change *change) {
  size_t count = change->count + 1;
  change->branches = calloc(count, sizeof *change->branches);
  change->by_id = calloc(count, sizeof *change->by_id);
  change->changed = calloc(count, sizeof *change->changed);
  if (!change->branches || !change->by_id || !change->changed)
    return false;
  for (size_t i = 0; i < change->count; i++)
    change->by_id[i] = i;
  qsort_r(change->by_id, change->count, sizeof *change->by_id, compare, (void *)change->wanted);
  return true;
}

/* The way of all; `text` is the canonical text of the request. */
static int run(struct op_app *app, struct change *change, const char *text, struct op_error *error) {
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  change->request = (struct op_request){app->request_id, text};
  int code = prepare(change) ? OP_OK : op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  if (code == OP_OK)
    code = assign_open(app, true, &model, error);
  if (code == OP_OK)
    code = op_commit(model, load_and_decide, change, &drafts, &committed, error);
  if (code == OP_OK)
    code = answer(model, change, &drafts, &committed, error);
  op_drafts_free(&drafts);
  op_model_close(model);
  free(change->branches);
  free(change->by_id);
  free(change->changed);
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

/* Closes it, or opens it again. */
static int set_status(struct op_app *app, enum kind kind, struct op_error *error) {
  struct branch_wanted wanted = {0};
  struct change change = {.kind = kind, .wanted = &wanted, .count = 1};
  int code = branch_set(&wanted, 0, app->operands[0], error);
  if (code != OP_OK)
    return code;
  char text[OP_MAX_ID + 64];
  snprintf(text, sizeof text, "branch %s branch=%s", kind == CLOSE ? "close" : "open", wanted.id);
  return run(app, &change, text, error);
}

/* The verb `branch close`. */
int verb_branch_close(struct op_app *app, struct op_error *error) { return set_status(app, CLOSE, error); }

/* The verb `branch open`. */
int verb_branch_open(struct op_app *app, struct op_error *error) { return set_status(app, OPEN, error); }

/* The verb `branch import`. The text of its request is how many branches, and a hash (FNV-1a) of all that is said. */
int verb_branch_import(struct op_app *app, struct op_error *error) {
  struct branches_file file;
  int code = branches_file_load(app->operands[0], &file, error);
  if (code != OP_OK)
    return code;
  struct change change = {.kind = IMPORT, .wanted = file.items, .count = file.count, .file = &file};
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
