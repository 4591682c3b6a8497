/* scratch.h - for unit tests of the shared command code: an app over a store in a temporary directory. Everything is
 * removed by scratch_close(). */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "model.h"

struct scratch {
  char directory[64]; /* of the store */
  struct op_app app;
  FILE *out; /* what app.output writes to: a temporary file */
};

void scratch_open(struct scratch *scratch);
void scratch_close(struct scratch *scratch);
/* The same as fixtures of cmocka: *state is the scratch. */
int scratch_setup(void **state);
int scratch_teardown(void **state);
/* The store is closed and opened again, as another process would have it. */
void scratch_reopen(struct scratch *scratch);
/* A path below the store's directory; valid until the next call. */
const char *scratch_path(const struct scratch *scratch, const char *name);
/* Removes a file or a directory with all that is in it. */
void scratch_remove(const char *path);
/* Appends one event with one tag (NULL: none), unconditionally. */
uint64_t scratch_append(struct scratch *scratch, const char *type, const char *tag, const char *data);
/* Appends `count` of them in commits of up to 500. */
void scratch_append_many(struct scratch *scratch, const char *type, const char *data, size_t count);

/* Opens a read model of the store, and must succeed. */
struct op_model *scratch_model(struct scratch *scratch, const struct op_model_definition *definition, bool lazy);
/* The one number of a SELECT over its snapshot; -1 where it gives no row, or fails. */
int64_t scratch_number(struct op_model *model, const char *sql);

#endif
