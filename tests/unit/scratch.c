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
