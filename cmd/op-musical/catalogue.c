/* catalogue.c - reads a catalogue with libyaml, see catalogue.h.
 *
 * The catalogue is believed whole or not at all: an unknown key, a key given twice, an id given twice or a second
 * document is an error and not something to pass over. The document is walked to a fixed depth, so that aliases to
 * themselves cost nothing. Files of more than 16 MiB, the bound of a commit, are refused.
 * Errors: 66 no_input, 77 no_permission, 74 io_error, 65 for what the file says. */
#include "catalogue.h"

#include "catalogue_entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- places ------------------------------------------------------------------------------------------------------ */

/* Puts the place before the message. */
int catalogue_fail(const char *path, struct spot spot, struct op_error *error) {
  struct op_error what = *error;
  op_fail(error, what.exit_code, what.code, "%s:%zu:%zu: %s", path, spot.line + 1, spot.column + 1, what.message);
  memcpy(error->figures, what.figures, sizeof what.figures);
  error->figure_count = what.figure_count;
  op_error_text(error, "file", path);
  op_error_number(error, "line", (int64_t)spot.line + 1);
  op_error_number(error, "column", (int64_t)spot.column + 1);
  return error->exit_code;
}

/* Of a musical that was read. */
int catalogue_fail_at(const struct catalogue *catalogue, size_t index, struct op_error *error) {
  return catalogue_fail(catalogue->path, catalogue->spots[index], error);
}

/* Of a node. */
int fail_at(const struct reader *reader, const yaml_node_t *node) {
  const struct spot spot = {node->start_mark.line, node->start_mark.column};
  return catalogue_fail(reader->catalogue->path, spot, reader->error);
}

/* The catalogue has not the shape that it must have here. */
int bad_shape(const struct reader *reader, const yaml_node_t *node, const char *what) {
  op_fail(reader->error, OP_DATA, "bad_catalogue", "%s", what);
  return fail_at(reader, node);
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

/* The text of a scalar. */
const char *node_text(const yaml_node_t *node) {
  if (!node || node->type != YAML_SCALAR_NODE)
    return NULL;
  const char *text = (const char *)node->data.scalar.value;
  return strlen(text) == node->data.scalar.length ? text : NULL;
}

/* Nothing, in one of its three ways. */
bool node_is_null(const yaml_node_t *node) {
  const char *text = node_text(node);
  return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
         (!text[0] || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* Finds the list: the document itself, or what stands under `musicals`. */
static int find_list(const struct reader *reader, const yaml_node_t *root, const yaml_node_t **ret_list) {
  *ret_list = root;
  if (root->type == YAML_SEQUENCE_NODE)
    return OP_OK;
  if (root->type != YAML_MAPPING_NODE || root->data.mapping.pairs.start == root->data.mapping.pairs.top)
    return bad_shape(reader, root, "'musicals:' or a list of musicals is expected here");
  for (yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
    const char *name = node_text(key);
    if (!name || strcmp(name, "musicals") != 0 || *ret_list != root)
      return bad_shape(reader, key, "nothing but one 'musicals:' is expected here");
    *ret_list = yaml_document_get_node(reader->document, pair->value);
  }
  return OP_OK;
}

/* Two musicals by their ids, the same id in the order of the file. */
static int compare(const void *a, const void *b, void *context) {
  const size_t left = *(const size_t *)a, right = *(const size_t *)b;
  const struct catalogue *catalogue = context;
  int order = strcmp(catalogue->items[left].id, catalogue->items[right].id);
  return order ? order : left < right ? -1 : 1;
}

/* Refuses the first musical whose id stands before it already. */
static int check_ids(struct catalogue *catalogue, struct op_error *error) {
  size_t count = catalogue->count, second = SIZE_MAX;
  size_t *by_id = calloc(count ? count : 1, sizeof *by_id);
  if (!by_id)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  for (size_t i = 0; i < count; i++)
    by_id[i] = i;
  qsort_r(by_id, count, sizeof *by_id, compare, catalogue);
  for (size_t i = 1; i < count; i++)
    if (strcmp(catalogue->items[by_id[i - 1]].id, catalogue->items[by_id[i]].id) == 0 && by_id[i] < second)
      second = by_id[i];
  free(by_id);
  if (second == SIZE_MAX)
    return OP_OK;
  op_fail(error, OP_DATA, "bad_catalogue", "musical %s stands here twice", catalogue->items[second].id);
  return catalogue_fail_at(catalogue, second, error);
}

/* The whole document. */
static int read_document(const struct reader *reader, const yaml_node_t *root) {
  const yaml_node_t *list = NULL;
  int code = find_list(reader, root, &list);
  if (code != OP_OK || node_is_null(list))
    return code;
  if (list->type != YAML_SEQUENCE_NODE)
    return bad_shape(reader, list, "a list of musicals is expected here");
  for (yaml_node_item_t *item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++)
    if (code == OP_OK)
      code = catalogue_entry(reader, yaml_document_get_node(reader->document, *item));
  return code == OP_OK ? check_ids(reader->catalogue, reader->error) : code;
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
  op_fail(error, OP_DATA, "bad_catalogue", "%s", parser->problem ? parser->problem : "this is no YAML");
  return catalogue_fail(path, (struct spot){mark.line, mark.column}, error);
}

/* Parses the text of the file. */
static int parse(const char *path, const struct op_text *text, struct catalogue *ret_catalogue,
                 struct op_error *error) {
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
  const struct reader reader = {&first, ret_catalogue, error};
  const yaml_node_t *root = yaml_document_get_root_node(&first);
  if (root) {
    code = read_document(&reader, root);
  } else {
    op_fail(error, OP_DATA, "bad_catalogue", "'musicals:' or a list of musicals is expected here");
    code = catalogue_fail(path, (struct spot){0}, error);
  }
  if (code == OP_OK && root) {
    if (!yaml_parser_load(&parser, &second)) {
      code = bad_yaml(path, &parser, text, error);
    } else {
      const yaml_node_t *more = yaml_document_get_root_node(&second);
      if (more)
        code = bad_shape(&reader, more, "a second document is not expected here");
      yaml_document_delete(&second);
    }
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
    return op_fail(error, OP_DATA, "bad_catalogue", "%s: a catalogue may have at most %u bytes", path, EVS_MAX_COMMIT);
  if (problem == 0)
    return OP_OK;
  if (problem == EACCES || problem == EPERM)
    return op_fail(error, OP_NOPERM, "no_permission", "%s: %s", path, strerror(problem));
  if (problem == EIO)
    return op_fail(error, OP_IO, "io_error", "%s: %s", path, strerror(problem));
  return op_fail(error, OP_NOINPUT, "no_input", "%s: %s", path, strerror(problem));
}

/* Reads and checks a catalogue. */
int catalogue_load(const char *path, struct catalogue *ret_catalogue, struct op_error *error) {
  struct op_text text = {0};
  *ret_catalogue = (struct catalogue){.path = path};
  int code = read_file(path, &text, error);
  if (code == OP_OK)
    code = parse(path, &text, ret_catalogue, error);
  op_text_free(&text);
  if (code != OP_OK)
    catalogue_free(ret_catalogue);
  return code;
}

/* Gives it back. */
void catalogue_free(struct catalogue *catalogue) {
  free(catalogue->items);
  free(catalogue->spots);
  *catalogue = (struct catalogue){0};
}
