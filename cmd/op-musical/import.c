/* import.c - the verb `import`: makes the musicals as a catalogue says, all or none.
 *
 * One commit holds everything that changes, so there is no half-imported catalogue; what stands as it should is left
 * alone, so the second run appends nothing. Printed are the musicals that change, each with what happens to it, field
 * by field. Errors: those of the catalogue, of the decisions (the first refusal refuses all, and is told at its place
 * in the file), of op_commit(). */
#include "catalogue.h"
#include "diff.h"
#include "project.h"
#include "registration.h"
#include "row.h"
#include "verbs.h"

#include "commit.h"
#include "request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A musical that the import changed, as it stood before and right after that. */
struct changed {
  struct state before, after;
  const char *what; /* static storage */
};

/* The command, and what became of it. */
struct import {
  struct catalogue catalogue;
  struct states states; /* in the order of the catalogue */
  struct op_request request;
  uint64_t repeated;       /* seq of an event that this very request appended before; 0: none */
  struct changed *changed; /* room for all of the catalogue */
  size_t changed_count;
};

/* Loads, looks for the same request, decides; see op_decide. */
static int load_and_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                           uint64_t *ret_position, struct op_error *error) {
  struct import *import = context;
  int code = states_load(model, &import->states, ret_position, error);
  if (code == OP_OK)
    code = op_request_repeated(model, &import->request, &import->repeated, ret_position, error);
  if (code != OP_OK)
    return code;
  if (import->repeated)
    return OP_OK;
  for (size_t i = 0; i < import->catalogue.count && code == OP_OK; i++) {
    code = decide_import(&import->states.items[i], &import->catalogue.items[i], &import->request, drafts, guard, error);
    if (code != OP_OK)
      catalogue_fail_at(&import->catalogue, i, error);
  }
  if (code == OP_OK && drafts->count == 0 && import->catalogue.count > 0)
    code = decide_unchanged(&import->states.items[0], &import->request, drafts, guard);
  return code;
}

/* Keeps a musical as it was before and is after its events, which are neighbours. */
static void keep(void *context, const struct state *before, const struct state *after, const evs_event *event) {
  struct import *import = context;
  size_t count = import->changed_count;
  if (count == 0 || strcmp(import->changed[count - 1].after.id, after->id) != 0) {
    if (count == import->catalogue.count)
      return;
    import->changed[count].before = *before;
    import->changed_count = ++count;
  }
  struct changed *changed = &import->changed[count - 1];
  changed->after = *after;
  changed->what = op_type_is(event, OP_MUSICAL_REGISTERED) ? "registered"
                  : op_type_is(event, OP_MUSICAL_REVISED)  ? "revised"
                                                           : "adjusted";
}

/* Finds out what changed: from the drafts, or from the journal for a request that was done before. */
static int collect(struct op_app *app, struct op_model *model, struct import *import, struct op_drafts *drafts,
                   const struct op_committed *committed, struct op_error *error) {
  if (import->repeated) {
    /* Its events are neighbours, two of a musical at most, but op_request_find() tells only one of them. */
    return states_replay(model, &import->states, import->repeated + 2 * import->catalogue.count, import->request.key,
                         keep, import, error);
  }
  for (size_t i = 0; i < drafts->count; i++) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    if (!drafts->items[i].time_us)
      drafts->items[i].time_us = op_now_us(app);
    op_draft_event(&drafts->items[i], committed->first + i, time, &event);
    struct state *state = states_of(&import->states, &event);
    if (state) {
      const struct state before = *state;
      state_apply(state, &event);
      keep(import, &before, state, &event);
    }
  }
  return OP_OK;
}

/* Prints what changed. */
static void print(struct op_output *output, const struct import *import) {
  struct op_column columns[MUSICAL_COLUMNS + 2];
  memcpy(columns, musical_columns, sizeof musical_columns);
  for (size_t i = 1; i < MUSICAL_COLUMNS; i++) /* a table has the id, and what changes */
    columns[i].heading = NULL;
  columns[MUSICAL_COLUMNS] = (struct op_column){"change", "CHANGE", false};
  columns[MUSICAL_COLUMNS + 1] = (struct op_column){"changes", "FIELDS", false};
  op_rows_begin(output, columns, MUSICAL_COLUMNS + 2, false);
  for (size_t i = 0; i < import->changed_count; i++) {
    const struct changed *changed = &import->changed[i];
    if (!diff_any(&changed->before.musical, &changed->after.musical)) /* a request was remembered, no more */
      continue;
    musical_cells(output, &changed->after);
    op_cell_text(output, changed->what);
    diff_cell(output, &changed->before.musical, &changed->after.musical);
    op_row_end(output);
  }
  op_rows_end(output);
}

/* The canonical text of the request: how many musicals, and a hash (FNV-1a) of all that is said about them. */
static void request_text(const struct catalogue *catalogue, char *buf, size_t size) {
  struct op_text text = {0};
  uint64_t hash = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < catalogue->count; i++) {
    op_text_reset(&text);
    registration_text(&catalogue->items[i], &text);
    for (size_t j = 0; j < text.len; j++)
      hash = (hash ^ (unsigned char)text.ptr[j]) * UINT64_C(1099511628211);
  }
  op_text_free(&text);
  snprintf(buf, size, "import musicals=%zu hash=%016" PRIx64, catalogue->count, hash);
}

/* Makes room, and says which musicals are meant. */
static int prepare(struct import *import, struct op_error *error) {
  size_t count = import->catalogue.count;
  import->changed = calloc(count ? count : 1, sizeof *import->changed);
  if (!import->changed)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  states_init(&import->states, count);
  for (size_t i = 0; i < count; i++)
    memcpy(import->states.items[i].id, import->catalogue.items[i].id, sizeof import->states.items[i].id);
  return OP_OK;
}

/* The verb `import`. */
int verb_import(struct op_app *app, struct op_error *error) {
  struct import import = {0};
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  char text[96];
  int code = catalogue_load(app->operands[0], &import.catalogue, error);
  if (code == OP_OK)
    code = prepare(&import, error);
  if (code != OP_OK)
    goto out;
  request_text(&import.catalogue, text, sizeof text);
  import.request = (struct op_request){app->request_id, text};
  code = op_store_write(app, error);
  if (code == OP_OK)
    code = op_model_open_lazy(app, musical_model(), &model, error);
  if (code == OP_OK)
    code = op_commit(model, load_and_decide, &import, &drafts, &committed, error);
  if (code == OP_OK)
    code = collect(app, model, &import, &drafts, &committed, error);
  if (code == OP_OK)
    print(app->output, &import);
  if (code == OP_OK && import.changed_count == 0)
    op_explain(app, "nothing to do: all %zu musicals are as the catalogue says", import.catalogue.count);
out:
  op_drafts_free(&drafts);
  op_model_close(model);
  states_free(&import.states);
  free(import.changed);
  catalogue_free(&import.catalogue);
  return code;
}
