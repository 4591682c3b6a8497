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
};

int branches_file_load(const char *path, struct branches_file *ret_file, struct op_error *error);
void branches_file_free(struct branches_file *file);

#endif
