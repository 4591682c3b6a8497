/* models.h - the built-in read models of a store, STORE/state/NAME.db, as op-journal sees them from outside. */
#ifndef JOURNAL_MODELS_H
#define JOURNAL_MODELS_H

#include "app.h"

struct model_info {
  char name[64];
  bool exists; /* there is a file; else its command never ran, and the offset is 0 */
  bool known;  /* the offset could be read */
  uint64_t offset;
  int64_t updated_us; /* when its files were last written; 0: unknown */
};

/* The read models, by name; *ret_models is the caller's to free(): every built-in one, there or not, and what else
 * stands in state/. */
int models_list(struct op_app *app, struct model_info **ret_models, size_t *ret_count, struct op_error *error);

/* Is this the name of one? */
int models_built_in(struct op_app *app, const char *name, bool *ret_built_in, struct op_error *error);

/* Deletes one; the next call of its command folds it again from the journal. */
int models_delete(struct op_app *app, const char *name, struct op_error *error);

#endif
