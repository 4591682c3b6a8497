/* branches_file.c - reads branches, see branches_file.h; the file by yaml_list.c.
 *
 * The file is believed whole or not at all: an unknown key, a key given twice, an id given twice or a second document
 * is an error. Errors: 66 no_input, 77 no_permission, 74 io_error, 65 for what the file says. */
#include "branches_file.h"

#include <stdlib.h>
#include <string.h>

/* One field of a branch. */
static int read_field(const struct op_yaml *yaml, const yaml_node_t *key, const yaml_node_t *value,
                      struct branch_wanted *wanted) {
  const char *name = op_yaml_text(key), *text = op_yaml_text(value);
  size_t field = 0;
  if (!name)
    return op_yaml_bad_shape(yaml, key, "a field's name is expected here");
  const char *meant = strcmp(name, "branchId") == 0 ? "id" : name;
  while (branch_fields[field] && strcmp(branch_fields[field], meant) != 0)
    field++;
  if (!branch_fields[field]) {
    op_fail(yaml->error, OP_DATA, "bad_branches", "%s: there is no such field", name);
    return op_yaml_fail_at(yaml, key);
  }
  if (wanted->given & 1u << field) {
    op_fail(yaml->error, OP_DATA, "bad_branches", "%s is given twice", name);
    return op_yaml_fail_at(yaml, key);
  }
  if (!text || op_yaml_is_null(value))
    return op_yaml_bad_shape(yaml, value, "one value is expected here");
  int code = branch_set(wanted, field, text, yaml->error);
  return code == OP_OK ? OP_OK : op_yaml_fail_at(yaml, value);
}

/* Makes room for one more. False where memory is gone. */
static bool make_room(struct branches_file *file) {
  if (file->count < file->size)
    return true;
  size_t size = file->size ? 2 * file->size : 64;
  struct branch_wanted *items = reallocarray(file->items, size, sizeof *items);
  file->items = items ? items : file->items;
  struct op_yaml_spot *spots = items ? reallocarray(file->spots, size, sizeof *spots) : NULL;
  file->spots = spots ? spots : file->spots;
  file->size = spots ? size : file->size;
  return spots != NULL;
}

/* One branch. */
static int read_branch(void *context, const struct op_yaml *yaml, const yaml_node_t *node) {
  struct branches_file *file = context;
  struct branch_wanted wanted = {0};
  if (node->type != YAML_MAPPING_NODE)
    return op_yaml_bad_shape(yaml, node,
                             "a branch is expected here: {id: ..., name: ..., lat: ..., lon: ..., capacity: ...}");
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    int code = read_field(yaml, op_yaml_node(yaml, pair->key), op_yaml_node(yaml, pair->value), &wanted);
    if (code != OP_OK)
      return code;
  }
  if (branch_check(&wanted, yaml->error) != OP_OK)
    return op_yaml_fail_at(yaml, node);
  if (!make_room(file))
    return op_fail(yaml->error, OP_TEMPORARY, "out_of_memory", "out of memory");
  file->items[file->count] = wanted;
  file->spots[file->count++] = op_yaml_spot(node);
  return OP_OK;
}

/* The id of a branch. */
static const char *id_of(const void *context, size_t index) {
  const struct branches_file *file = context;
  return file->items[index].id;
}

/* Of a branch that was read. */
int branches_file_fail_at(const struct branches_file *file, size_t index, struct op_error *error) {
  return op_yaml_fail(file->path, file->spots[index], error);
}

/* No id twice. */
static int check_ids(const struct branches_file *file, struct op_error *error) {
  size_t second = op_yaml_second(id_of, file, file->count);
  if (second == SIZE_MAX)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  if (second == file->count)
    return OP_OK;
  op_fail(error, OP_DATA, "bad_branches", "branch %s stands here twice", file->items[second].id);
  return branches_file_fail_at(file, second, error);
}

/* Reads and checks a file. */
int branches_file_load(const char *path, struct branches_file *ret_file, struct op_error *error) {
  static const struct op_yaml_list list = {"bad_branches", "branches", "a file", read_branch};
  *ret_file = (struct branches_file){.path = path};
  int code = op_yaml_list_load(path, &list, ret_file, error);
  if (code == OP_OK)
    code = check_ids(ret_file, error);
  if (code != OP_OK)
    branches_file_free(ret_file);
  return code;
}

/* Gives it back. */
void branches_file_free(struct branches_file *file) {
  free(file->items);
  free(file->spots);
  *file = (struct branches_file){0};
}
