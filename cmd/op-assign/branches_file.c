/* branches_file.c - reads branches with libyaml, see branches_file.h.
 *
 * The file is believed whole or not at all: an unknown key, a key given twice, an id given twice or a second document
 * is an error. It is walked to a fixed depth, so that aliases to themselves cost nothing. Files of more than 16 MiB,
 * the bound of a commit, are refused. Errors: 66 no_input, 77 no_permission, 74 io_error, 65 for what the file says. */
#include "branches_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* What is being read. */
struct reader {
  const char *path;
  yaml_document_t *document;
  struct branches_file *file;
  struct op_error *error;
};

/* Puts the place before the message of an error that is filled already. */
static int fail_at(const char *path, yaml_mark_t mark, struct op_error *error) {
  struct op_error what = *error;
  op_fail(error, what.exit_code, what.code, "%s:%zu:%zu: %s", path, mark.line + 1, mark.column + 1, what.message);
  op_error_text(error, "file", path);
  op_error_number(error, "line", (int64_t)mark.line + 1);
  op_error_number(error, "column", (int64_t)mark.column + 1);
  return error->exit_code;
}

/* Something else is expected here. */
static int bad_shape(const struct reader *reader, const yaml_node_t *node, const char *what) {
  op_fail(reader->error, OP_DATA, "bad_branches", "%s", what);
  return fail_at(reader->path, node->start_mark, reader->error);
}

/* The text of a scalar; NULL where the node is none, or holds a NUL. */
static const char *scalar(const yaml_node_t *node) {
  if (!node || node->type != YAML_SCALAR_NODE)
    return NULL;
  const char *text = (const char *)node->data.scalar.value;
  return strlen(text) == node->data.scalar.length ? text : NULL;
}

/* Is it a plain scalar that says "nothing"? */
static bool is_null(const yaml_node_t *node) {
  const char *text = scalar(node);
  return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
         (!text[0] || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* One field of a branch. */
static int read_field(const struct reader *reader, const yaml_node_t *key, const yaml_node_t *value,
                      struct branch_wanted *wanted) {
  const char *name = scalar(key), *text = scalar(value);
  size_t field = 0;
  if (!name)
    return bad_shape(reader, key, "a field's name is expected here");
  const char *meant = strcmp(name, "branchId") == 0 ? "id" : name;
  while (branch_fields[field] && strcmp(branch_fields[field], meant) != 0)
    field++;
  if (!branch_fields[field]) {
    op_fail(reader->error, OP_DATA, "bad_branches", "%s: there is no such field", name);
    return fail_at(reader->path, key->start_mark, reader->error);
  }
  if (wanted->given & 1u << field) {
    op_fail(reader->error, OP_DATA, "bad_branches", "%s is given twice", name);
    return fail_at(reader->path, key->start_mark, reader->error);
  }
  if (!text || is_null(value))
    return bad_shape(reader, value, "one value is expected here");
  int code = branch_set(wanted, field, text, reader->error);
  return code == OP_OK ? OP_OK : fail_at(reader->path, value->start_mark, reader->error);
}

/* An id and where it stands in the list. */
struct place {
  const char *id;
  size_t index;
};

/* By id, and one id by where it stands. */
static int compare(const void *a, const void *b) {
  const struct place *left = a, *right = b;
  int order = strcmp(left->id, right->id);
  return order ? order : (left->index > right->index) - (left->index < right->index);
}

/* One branch. */
static int read_branch(const struct reader *reader, const yaml_node_t *node) {
  if (node->type != YAML_MAPPING_NODE)
    return bad_shape(reader, node,
                     "a branch is expected here: {id: ..., name: ..., lat: ..., lon: ..., capacity: ...}");
  struct branch_wanted *wanted = &reader->file->items[reader->file->count];
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    int code = read_field(reader, yaml_document_get_node(reader->document, pair->key),
                          yaml_document_get_node(reader->document, pair->value), wanted);
    if (code != OP_OK)
      return code;
  }
  if (branch_check(wanted, reader->error) != OP_OK)
    return fail_at(reader->path, node->start_mark, reader->error);
  reader->file->count++;
  return OP_OK;
}

/* No id twice: the first one that stood there before is told. */
static int check_twice(const struct reader *reader, const yaml_node_t *list) {
  size_t count = reader->file->count, twice = count;
  struct place *places = calloc(count + 1, sizeof *places);
  if (!places)
    return op_fail(reader->error, OP_TEMPORARY, "out_of_memory", "out of memory");
  for (size_t i = 0; i < count; i++)
    places[i] = (struct place){reader->file->items[i].id, i};
  qsort(places, count, sizeof *places, compare);
  for (size_t i = 1; i < count; i++)
    if (strcmp(places[i - 1].id, places[i].id) == 0 && places[i].index < twice)
      twice = places[i].index;
  free(places);
  if (twice == count)
    return OP_OK;
  op_fail(reader->error, OP_DATA, "bad_branches", "branch %s stands here twice", reader->file->items[twice].id);
  const yaml_node_t *node = yaml_document_get_node(reader->document, list->data.sequence.items.start[twice]);
  return fail_at(reader->path, node->start_mark, reader->error);
}

/* Finds the list: the document itself, or what stands under `branches`. */
static int find_list(const struct reader *reader, const yaml_node_t *root, const yaml_node_t **ret_list) {
  *ret_list = root;
  if (root->type == YAML_MAPPING_NODE && root->data.mapping.pairs.top - root->data.mapping.pairs.start == 1) {
    const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
    const char *name = scalar(yaml_document_get_node(reader->document, pair->key));
    if (name && strcmp(name, "branches") == 0)
      *ret_list = yaml_document_get_node(reader->document, pair->value);
  }
  if (!*ret_list || (*ret_list)->type != YAML_SEQUENCE_NODE)
    return bad_shape(reader, *ret_list ? *ret_list : root, "'branches:' and a list of branches is expected here");
  return OP_OK;
}

/* The whole document. */
static int read_document(const struct reader *reader, const yaml_node_t *root) {
  const yaml_node_t *list = NULL;
  int code = find_list(reader, root, &list);
  if (code != OP_OK)
    return code;
  size_t count = (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
  reader->file->items = calloc(count + 1, sizeof *reader->file->items);
  if (!reader->file->items)
    return op_fail(reader->error, OP_TEMPORARY, "out_of_memory", "out of memory");
  for (size_t i = 0; i < count && code == OP_OK; i++)
    code = read_branch(reader, yaml_document_get_node(reader->document, list->data.sequence.items.start[i]));
  return code == OP_OK ? check_twice(reader, list) : code;
}

/* What libyaml found wrong, and where. */
static int bad_yaml(const char *path, const yaml_parser_t *parser, const struct op_text *text, struct op_error *error) {
  yaml_mark_t mark = parser->problem_mark;
  if (parser->error == YAML_READER_ERROR && text->ptr) { /* it tells a byte only */
    mark = (yaml_mark_t){0};
    for (size_t i = 0; i < parser->problem_offset && i < text->len; i++) {
      mark.line += text->ptr[i] == '\n';
      mark.column = text->ptr[i] == '\n' ? 0 : mark.column + 1;
    }
  }
  op_fail(error, OP_DATA, "bad_branches", "%s", parser->problem ? parser->problem : "this is no YAML");
  return fail_at(path, mark, error);
}

/* Parses the text of the file. */
static int parse(const char *path, const struct op_text *text, struct branches_file *file, struct op_error *error) {
  yaml_parser_t parser;
  yaml_document_t first, second;
  if (!yaml_parser_initialize(&parser))
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  yaml_parser_set_input_string(&parser, (const unsigned char *)(text->ptr ? text->ptr : ""), text->len);
  int code = OP_OK;
  if (!yaml_parser_load(&parser, &first)) {
    code = bad_yaml(path, &parser, text, error);
    yaml_parser_delete(&parser);
    return code;
  }
  const struct reader reader = {path, &first, file, error};
  const yaml_node_t *root = yaml_document_get_root_node(&first);
  if (root) {
    code = read_document(&reader, root);
  } else {
    op_fail(error, OP_DATA, "bad_branches", "'branches:' and a list of branches is expected here");
    code = fail_at(path, (yaml_mark_t){0}, error);
  }
  if (code == OP_OK && !yaml_parser_load(&parser, &second)) {
    code = bad_yaml(path, &parser, text, error);
  } else if (code == OP_OK) {
    const yaml_node_t *more = yaml_document_get_root_node(&second);
    if (more)
      code = bad_shape(&reader, more, "a second document is not expected here");
    yaml_document_delete(&second);
  }
  yaml_document_delete(&first);
  yaml_parser_delete(&parser);
  return code;
}

/* Reads the whole file. */
static int read_file(const char *path, struct op_text *text, struct op_error *error) {
  FILE *file = fopen(path, "re");
  char chunk[16384];
  size_t count = 0;
  while (file && text->len <= EVS_MAX_COMMIT && (count = fread(chunk, 1, sizeof chunk, file)) > 0)
    op_text_add(text, chunk, count);
  int problem = !file || ferror(file) ? errno : 0;
  if (file)
    fclose(file);
  if (text->len > EVS_MAX_COMMIT)
    return op_fail(error, OP_DATA, "bad_branches", "%s: a file may have at most %u bytes", path, EVS_MAX_COMMIT);
  if (problem == 0)
    return OP_OK;
  if (problem == EACCES || problem == EPERM)
    return op_fail(error, OP_NOPERM, "no_permission", "%s: %s", path, strerror(problem));
  if (problem == EIO)
    return op_fail(error, OP_IO, "io_error", "%s: %s", path, strerror(problem));
  return op_fail(error, OP_NOINPUT, "no_input", "%s: %s", path, strerror(problem));
}

/* Reads and checks a file. */
int branches_file_load(const char *path, struct branches_file *ret_file, struct op_error *error) {
  struct op_text text = {0};
  *ret_file = (struct branches_file){0};
  int code = read_file(path, &text, error);
  if (code == OP_OK)
    code = parse(path, &text, ret_file, error);
  op_text_free(&text);
  if (code != OP_OK)
    branches_file_free(ret_file);
  return code;
}

/* Gives it back. */
void branches_file_free(struct branches_file *file) {
  free(file->items);
  *file = (struct branches_file){0};
}
