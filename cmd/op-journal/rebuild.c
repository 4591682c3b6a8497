/* rebuild.c - op-journal rebuild: drops read models, which hold nothing that the journal does not.
 *
 * Only the command that owns a model knows how to fold it, and no command reaches into another: the next call of the
 * owner builds it again, at once and in full. */
#include "models.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

static const struct op_column columns[] = {
    {"consumer", "CONSUMER", false},
    {"message", "MESSAGE", false},
};

/* Keeps only the model of this name. Exit 1 no_such_model. */
static int only(struct model_info *models, size_t *count, const char *name, struct op_error *error) {
  for (size_t i = 0; i < *count; i++) {
    if (strcmp(models[i].name, name) != 0)
      continue;
    models[0] = models[i];
    *count = 1;
    return OP_OK;
  }
  return op_fail(error, OP_REFUSED, "no_such_model", "there is no read model '%s'; 'op-journal consumers' lists them",
                 name);
}

/* The verb rebuild. */
int verb_rebuild(struct op_app *app, struct op_error *error) {
  struct model_info *models = NULL;
  size_t count = 0;
  int rc = op_store_read(app, error);
  if (!rc)
    rc = models_list(app, &models, &count, error);
  if (!rc && app->operand_count)
    rc = only(models, &count, app->operands[0], error);
  for (size_t i = 0; !rc && !app->dry_run && i < count; i++)
    if (models[i].exists)
      rc = models_delete(app, models[i].name, error);
  if (rc)
    goto out;
  op_rows_begin(app->output, columns, sizeof columns / sizeof *columns, false);
  for (size_t i = 0; i < count; i++) {
    if (!models[i].exists && !app->operand_count)
      continue;
    op_cell_text(app->output, models[i].name);
    op_cell_text(app->output, !models[i].exists ? "not there; the next call of its command builds it"
                              : app->dry_run    ? "would be dropped"
                                                : "dropped; the next call of its command builds it again");
    op_row_end(app->output);
  }
  op_rows_end(app->output);
out:
  free(models);
  return rc;
}
