/* branches_file.h - branches in YAML:
 *
 *   branches:
 *     - {id: gangnam, name: 강남점, lat: 37.4979, lon: 127.0276, capacity: 40}
 *
 * or the list alone; `branchId` may stand for `id`. All five are required. An error names its place:
 * `FILE:LINE:COLUMN: what`, exit 65. */
#ifndef ASSIGN_BRANCHES_FILE_H
#define ASSIGN_BRANCHES_FILE_H

#include "branch.h"
#include "yaml_list.h"

struct branches_file {
  struct branch_wanted *items; /* in the order of the file; ids are unique */
  struct op_yaml_spot *spots;  /* where each of them stands */
  size_t count, size;
  const char *path; /* borrowed */
};

/* `path` is borrowed until branches_file_free(). */
int branches_file_load(const char *path, struct branches_file *ret_file, struct op_error *error);
void branches_file_free(struct branches_file *file);
/* Puts the place of a branch before the message of an error that is filled already; returns its exit code. */
int branches_file_fail_at(const struct branches_file *file, size_t index, struct op_error *error);

#endif
