/* list.c - the verbs `list` and `show`: the musicals as the read model has them, caught up to the durable position.
 *
 * In the order of their registration. Errors: 66 where there is no store, 1 no_such_musical. */
#include "project.h"
#include "row.h"
#include "verbs.h"

#include <string.h>

/* The verb `list`. */
int verb_list(struct op_app *app, struct op_error *error) {
  struct op_model *model = NULL;
  int code = op_model_open_there(app, musical_model(), &model, error);
  if (code != OP_OK)
    return code;
  sqlite3_stmt *sql = op_model_sql(model, "SELECT 1 FROM musicals WHERE grades IS NOT NULL LIMIT 1");
  bool found = false;
  code = op_model_step(model, sql, &found, error);
  sqlite3_reset(sql);
  op_rows_begin(app->output, found ? musical_columns : musical_columns_plain, MUSICAL_COLUMNS, false);
  sql = op_model_sql(model, "SELECT musical_id FROM details ORDER BY registered_seq");
  if (code == OP_OK)
    code = op_model_step(model, sql, &found, error);
  while (code == OP_OK && found && !op_output_closed(app->output)) {
    struct state state = {0};
    snprintf(state.id, sizeof state.id, "%s", (const char *)sqlite3_column_text(sql, 0));
    code = state_load(model, &state, error);
    if (code != OP_OK)
      break;
    musical_cells(app->output, &state);
    op_row_end(app->output);
    code = op_model_step(model, sql, &found, error);
  }
  sqlite3_reset(sql);
  op_rows_end(app->output);
  op_model_close(model);
  return code;
}

/* The verb `show`. */
int verb_show(struct op_app *app, struct op_error *error) {
  struct op_model *model = NULL;
  struct state state = {0};
  const char *id = app->operands[0];
  int code = op_check_id("musical id", id, error);
  if (code == OP_OK)
    code = op_model_open_there(app, musical_model(), &model, error);
  if (code != OP_OK)
    return code;
  snprintf(state.id, sizeof state.id, "%s", id);
  code = state_load(model, &state, error);
  if (code == OP_OK && !state.musical.id[0])
    code = no_such_musical(id, error);
  if (code == OP_OK)
    musical_print(app->output, &state);
  op_model_close(model);
  return code;
}
