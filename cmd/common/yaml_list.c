/* yaml_list.c - one list of a YAML file, read with libyaml; see yaml_list.h. */
#include "yaml_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- places ------------------------------------------------------------------------------------------------------ */

/* Puts the place before the message. */
int op_yaml_fail(const char *path, struct op_yaml_spot spot, struct op_error *error) {
  struct op_error what = *error;
  op_fail(error, what.exit_code, what.code, "%s:%zu:%zu: %s", path, spot.line + 1, spot.column + 1, what.message);
  memcpy(error->figures, what.figures, sizeof what.figures);
  error->figure_count = what.figure_count;
  op_error_text(error, "file", path);
  op_error_number(error, "line", (int64_t)spot.line + 1);
  op_error_number(error, "column", (int64_t)spot.column + 1);
  return error->exit_code;
}

/* Where a node begins. */
struct op_yaml_spot op_yaml_spot(const yaml_node_t *node) {
  return (struct op_yaml_spot){node->start_mark.line, node->start_mark.column};
}

/* At a node. */
int op_yaml_fail_at(const struct op_yaml *yaml, const yaml_node_t *node) {
  return op_yaml_fail(yaml->path, op_yaml_spot(node), yaml->error);
}

/* Something else is expected here. */
int op_yaml_bad_shape(const struct op_yaml *yaml, const yaml_node_t *node, const char *what) {
  op_fail(yaml->error, OP_DATA, yaml->word, "%s", what);
  return op_yaml_fail_at(yaml, node);
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

/* By its number. */
const yaml_node_t *op_yaml_node(const struct op_yaml *yaml, int index) {
  return yaml_document_get_node(yaml->document, index);
}

/* The text of a scalar. */
const char *op_yaml_text(const yaml_node_t *node) {
  if (!node || node->type != YAML_SCALAR_NODE)
    return NULL;
  const char *text = (const char *)node->data.scalar.value;
  return strlen(text) == node->data.scalar.length ? text : NULL;
}

/* Nothing, in one of its three ways. */
bool op_yaml_is_null(const yaml_node_t *node) {
  const char *text = op_yaml_text(node);
  return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
         (!text[0] || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

/* ---- ids --------------------------------------------------------------------------------------------------------- */

/* An id and where it stands. */
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

/* Sorts them and looks at neighbours. */
size_t op_yaml_second(const char *(*id_of)(const void *context, size_t index), const void *context, size_t count) {
  size_t second = count;
  struct place *places = calloc(count + 1, sizeof *places);
  if (!places)
    return SIZE_MAX;
  for (size_t i = 0; i < count; i++)
    places[i] = (struct place){id_of(context, i), i};
  qsort(places, count, sizeof *places, compare);
  for (size_t i = 1; i < count; i++)
    if (strcmp(places[i - 1].id, places[i].id) == 0 && places[i].index < second)
      second = places[i].index;
  free(places);
  return second;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* There is no list. */
static void expect_list(const struct op_yaml_list *list, struct op_error *error) {
  op_fail(error, OP_DATA, list->word, "'%s:' or a list of %s is expected here", list->key, list->key);
}

/* Finds the list: the document itself, or what stands under the key. */
static int find_list(const struct op_yaml_list *list, const struct op_yaml *yaml, const yaml_node_t *root,
                     const yaml_node_t **ret_list) {
  *ret_list = root;
  if (root->type == YAML_SEQUENCE_NODE)
    return OP_OK;
  if (root->type != YAML_MAPPING_NODE || root->data.mapping.pairs.start == root->data.mapping.pairs.top) {
    expect_list(list, yaml->error);
    return op_yaml_fail_at(yaml, root);
  }
  for (yaml_node_pair_t *pair = root->data.mapping.pairs.start; pair < root->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = op_yaml_node(yaml, pair->key);
    const char *name = op_yaml_text(key);
    if (!name || strcmp(name, list->key) != 0 || *ret_list != root) {
      op_fail(yaml->error, OP_DATA, list->word, "nothing but one '%s:' is expected here", list->key);
      return op_yaml_fail_at(yaml, key);
    }
    *ret_list = op_yaml_node(yaml, pair->value);
  }
  return OP_OK;
}

/* The whole document. */
static int read_document(const struct op_yaml_list *list, const struct op_yaml *yaml, void *context) {
  const yaml_node_t *root = yaml_document_get_root_node(yaml->document), *items = NULL;
  if (!root) {
    expect_list(list, yaml->error);
    return op_yaml_fail(yaml->path, (struct op_yaml_spot){0}, yaml->error);
  }
  int code = find_list(list, yaml, root, &items);
  if (code != OP_OK || op_yaml_is_null(items))
    return code;
  if (items->type != YAML_SEQUENCE_NODE) {
    op_fail(yaml->error, OP_DATA, list->word, "a list of %s is expected here", list->key);
    return op_yaml_fail_at(yaml, items);
  }
  for (yaml_node_item_t *item = items->data.sequence.items.start; item < items->data.sequence.items.top; item++)
    if (code == OP_OK)
      code = list->item(context, yaml, op_yaml_node(yaml, *item));
  return code;
}

/* What libyaml found wrong, and where. */
static int bad_yaml(const char *path, const char *word, const yaml_parser_t *parser, const struct op_text *text,
                    struct op_error *error) {
  struct op_yaml_spot spot = {parser->problem_mark.line, parser->problem_mark.column};
  if (parser->error == YAML_READER_ERROR && text->ptr) { /* it tells a byte only */
    spot = (struct op_yaml_spot){0};
    for (size_t i = 0; i < parser->problem_offset && i < text->len; i++) {
      spot.line += text->ptr[i] == '\n';
      spot.column = text->ptr[i] == '\n' ? 0 : spot.column + 1;
    }
  }
  op_fail(error, OP_DATA, word, "%s", parser->problem ? parser->problem : "this is no YAML");
  return op_yaml_fail(path, spot, error);
}

/* Nothing stands behind the document. */
static int expect_end(const struct op_yaml *yaml, yaml_parser_t *parser, const struct op_text *text) {
  yaml_document_t second;
  if (!yaml_parser_load(parser, &second))
    return bad_yaml(yaml->path, yaml->word, parser, text, yaml->error);
  const yaml_node_t *more = yaml_document_get_root_node(&second);
  int code = more ? op_yaml_bad_shape(yaml, more, "a second document is not expected here") : OP_OK;
  yaml_document_delete(&second);
  return code;
}

/* Refuses a node inside of too many others. libyaml composes a document of any depth, in a time that grows with its
 * square; event by event it is stopped as soon as it is too deep. Other mistakes are left to the composing. */
static int check_depth(const char *path, const struct op_text *text, const struct op_yaml_list *list,
                       struct op_error *error) {
  yaml_parser_t parser;
  yaml_event_t event;
  unsigned depth = 0;
  int code = OP_OK;
  if (!yaml_parser_initialize(&parser))
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  yaml_parser_set_input_string(&parser, (const unsigned char *)(text->ptr ? text->ptr : ""), text->len);
  for (bool more = true; more && code == OP_OK && yaml_parser_parse(&parser, &event); yaml_event_delete(&event)) {
    bool begins = event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
    bool ends = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
    more = event.type != YAML_STREAM_END_EVENT;
    depth = depth + begins - ends;
    if (depth <= OP_YAML_MAX_DEPTH)
      continue;
    op_fail(error, OP_DATA, list->word, "lists and maps are nested more than %d deep here", OP_YAML_MAX_DEPTH);
    code = op_yaml_fail(path, (struct op_yaml_spot){event.start_mark.line, event.start_mark.column}, error);
  }
  yaml_parser_delete(&parser);
  return code;
}

/* Parses the text of the file. */
static int parse(const char *path, const struct op_text *text, const struct op_yaml_list *list, void *context,
                 struct op_error *error) {
  yaml_parser_t parser;
  yaml_document_t document;
  int code;
  code = check_depth(path, text, list, error);
  if (code != OP_OK)
    return code;
  if (!yaml_parser_initialize(&parser))
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  yaml_parser_set_input_string(&parser, (const unsigned char *)(text->ptr ? text->ptr : ""), text->len);
  if (!yaml_parser_load(&parser, &document)) {
    code = bad_yaml(path, list->word, &parser, text, error);
  } else {
    const struct op_yaml yaml = {path, list->word, &document, error};
    code = read_document(list, &yaml, context);
    if (code == OP_OK)
      code = expect_end(&yaml, &parser, text);
    yaml_document_delete(&document);
  }
  yaml_parser_delete(&parser);
  return code;
}

/* Reads the whole file, or standard input. */
static int read_file(const char *path, const struct op_yaml_list *list, struct op_text *text, struct op_error *error) {
  bool is_stdin = strcmp(path, "-") == 0;
  FILE *file = is_stdin ? stdin : fopen(path, "re");
  char chunk[16384];
  size_t count = 0;
  while (file && text->len <= EVS_MAX_COMMIT && (count = fread(chunk, 1, sizeof chunk, file)) > 0)
    op_text_add(text, chunk, count);
  int problem = !file || ferror(file) ? errno : 0;
  if (file && !is_stdin)
    fclose(file);
  if (text->len > EVS_MAX_COMMIT)
    return op_fail(error, OP_DATA, list->word, "%s: %s may have at most %u bytes", path, list->name, EVS_MAX_COMMIT);
  if (problem == 0)
    return OP_OK;
  if (problem == EACCES || problem == EPERM)
    return op_fail(error, OP_NOPERM, "no_permission", "%s: %s", path, strerror(problem));
  if (problem == EIO)
    return op_fail(error, OP_IO, "io_error", "%s: %s", path, strerror(problem));
  return op_fail(error, OP_NOINPUT, "no_input", "%s: %s", path, strerror(problem));
}

/* Reads the file and its items. */
int op_yaml_list_load(const char *path, const struct op_yaml_list *list, void *context, struct op_error *error) {
  struct op_text text = {0};
  int code = read_file(path, list, &text, error);
  if (code == OP_OK)
    code = parse(path, &text, list, context, error);
  op_text_free(&text);
  return code;
}
