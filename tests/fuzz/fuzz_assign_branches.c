/* fuzz_assign_branches.c - branches in YAML: branches_file_load() of a file of arbitrary bytes.
 *
 * A mistake is 65, in one clean line that begins with its place; what is nested too deep is refused as that. What is
 * accepted are branches whose values are within their bounds, no two with one id; and the same branches written anew
 * are read as the same. */
#include "fuzz.h"
#include "mistake.h"

#include "cmd/op-assign/branches_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text as a YAML string of escapes alone. */
static void add_text(struct op_text *yaml, const char *name, const char *text) {
  op_text_addf(yaml, "%s: \"", name);
  size_t len = strlen(text);
  for (size_t at = 0; at < len;) {
    uint32_t point = 0;
    size_t step = op_utf8_decode(text + at, len - at, &point);
    FUZZ_CHECK(step > 0);
    op_text_addf(yaml, "\\U%08" PRIX32, point);
    at += step;
  }
  op_text_adds(yaml, "\", ");
}

/* The branches anew. */
static void write_again(const struct branches_file *file, struct op_text *yaml) {
  op_text_adds(yaml, "branches: [");
  for (size_t i = 0; i < file->count; i++) {
    const struct branch_wanted *item = &file->items[i];
    char lat[OP_DEGREES_SIZE], lon[OP_DEGREES_SIZE];
    op_text_adds(yaml, "{");
    add_text(yaml, "branchId", item->id);
    add_text(yaml, "name", item->name);
    op_text_addf(yaml, "lat: %s, lon: %s, ", op_degrees(item->at.lat, lat), op_degrees(item->at.lon, lon));
    op_text_addf(yaml, "capacity: %" PRId64 "},\n", item->capacity);
  }
  op_text_adds(yaml, "]\n");
}

/* What holds of one branch. */
static void check_item(const struct branch_wanted *item) {
  struct op_error error = {0};
  FUZZ_CHECK(branch_check(item, &error) == OP_OK);
  FUZZ_CHECK(op_check_id("id", item->id, &error) == OP_OK);
  FUZZ_CHECK(item->name[0] && op_check_text("name", item->name, OP_MAX_NAME, &error) == OP_OK);
  FUZZ_CHECK(abs(item->at.lat) <= OP_LATITUDE * 1000000 && abs(item->at.lon) <= OP_LONGITUDE * 1000000);
  FUZZ_CHECK(item->capacity >= 0 && item->capacity <= OP_MAX_CAPACITY);
}

/* What holds of an accepted file. */
static void check_accepted(const struct branches_file *file, const char *path) {
  struct op_text yaml = {0}, one = {0}, other = {0};
  struct branches_file again;
  struct op_error error = {0};
  for (size_t i = 0; i < file->count; i++) {
    check_item(&file->items[i]);
    for (size_t j = 0; j < i; j++)
      FUZZ_CHECK(strcmp(file->items[i].id, file->items[j].id) != 0);
  }
  write_again(file, &yaml);
  fuzz_save(path, yaml.ptr, yaml.len);
  FUZZ_CHECK(branches_file_load(path, &again, &error) == OP_OK && again.count == file->count);
  for (size_t i = 0; i < again.count; i++) {
    op_text_reset(&one);
    op_text_reset(&other);
    branch_text(&file->items[i], &one);
    branch_text(&again.items[i], &other);
    FUZZ_CHECK(strcmp(one.ptr, other.ptr) == 0);
  }
  branches_file_free(&again);
  op_text_free(&yaml);
  op_text_free(&one);
  op_text_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *path = fuzz_path("branches.yaml");
  struct branches_file file;
  struct op_error error = {0};
  fuzz_save(path, data, size);
  int code = branches_file_load(path, &file, &error);
  FUZZ_CHECK(code == error.exit_code);
  fuzz_check_depth(&error, data, size);
  if (code == OP_OK)
    check_accepted(&file, path);
  else
    fuzz_check_mistake(&error, path, size);
  branches_file_free(&file);
  return 0;
}
