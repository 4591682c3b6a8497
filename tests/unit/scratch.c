/* scratch.c - stores in temporary directories for unit tests, see scratch.h. Whatever fails here ends the test. */
#include "scratch.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct op_program program = {.name = "test", .summary = "a test"};

/* Ends a test that cannot go on. */
static void must(bool good, const char *what) {
  if (good)
    return;
  fprintf(stderr, "scratch: %s\n", what);
  abort();
}

/* Opens the store of the app. */
static void open_store(struct scratch *scratch) {
  const evs_open_options options = {.flags = EVS_CREATE, .timeout_ms = scratch->app.timeout_ms};
  evs_error error = {0};
  must(evs_open(scratch->directory, &options, &scratch->app.store, &error) == 0, error.message);
}

void scratch_open(struct scratch *scratch) {
  *scratch = (struct scratch){.directory = "/tmp/outerpark-unit-XXXXXX"};
  must(mkdtemp(scratch->directory) != NULL, "no temporary directory");
  scratch->out = tmpfile();
  must(scratch->out != NULL, "no temporary file");
  static char provider[] = "approve", when_open[] = "defer";
  scratch->app = (struct op_app){.program = &program,
                                 .config = {.payment_provider = provider, .payment_when_open = when_open},
                                 .quiet = true,
                                 .max = UINT64_MAX,
                                 .timeout_ms = 2000,
                                 .store_url = scratch->directory,
                                 .output = op_output_new(scratch->out, OP_NDJSON, false, false)};
  open_store(scratch);
}

void scratch_close(struct scratch *scratch) {
  evs_close(scratch->app.store);
  op_output_free(scratch->app.output);
  fclose(scratch->out);
  scratch_remove(scratch->directory);
}

int scratch_setup(void **state) {
  static struct scratch scratch;
  scratch_open(&scratch);
  *state = &scratch;
  return 0;
}

int scratch_teardown(void **state) {
  scratch_close(*state);
  return 0;
}

void scratch_reopen(struct scratch *scratch) {
  evs_close(scratch->app.store);
  open_store(scratch);
}

const char *scratch_path(const struct scratch *scratch, const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", scratch->directory, name);
  return path;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
  (void)info, (void)kind, (void)place;
  return remove(path);
}

void scratch_remove(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

uint64_t scratch_append(struct scratch *scratch, const char *type, const char *tag, const char *data) {
  evs_error error = {0};
  evs_appended appended = {0};
  const evs_new_event event = {.type = type,
                               .tags = &tag,
                               .tag_count = tag != NULL ? 1 : 0,
                               .correlation = "c",
                               .data = data,
                               .data_len = strlen(data)};
  must(evs_append(scratch->app.store, &event, 1, NULL, &appended, &error) == 0, error.message);
  return appended.last;
}

void scratch_append_many(struct scratch *scratch, const char *type, const char *data, size_t count) {
  evs_new_event events[500];
  evs_error error = {0};
  for (size_t i = 0; i < 500; i++)
    events[i] = (evs_new_event){.type = type, .data = data, .data_len = strlen(data)};
  for (size_t left = count; left > 0;) {
    size_t some = left < 500 ? left : 500;
    must(evs_append(scratch->app.store, events, some, NULL, NULL, &error) == 0, error.message);
    left -= some;
  }
}

struct op_model *scratch_model(struct scratch *scratch, const struct op_model_definition *definition, bool lazy) {
  struct op_model *model = NULL;
  struct op_error error = {0};
  int rc = lazy ? op_model_open_lazy(&scratch->app, definition, &model, &error)
                : op_model_open(&scratch->app, definition, &model, &error);
  must(rc == OP_OK, error.message);
  return model;
}

int64_t scratch_number(struct op_model *model, const char *sql) {
  struct op_error error;
  bool row = false;
  sqlite3_stmt *statement = op_model_sql_text(model, sql);
  int rc = op_model_step(model, statement, &row, &error);
  int64_t number = rc == OP_OK && row ? sqlite3_column_int64(statement, 0) : -1;
  sqlite3_reset(statement);
  return number;
}
