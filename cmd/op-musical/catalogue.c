/* catalogue.c - reads a catalogue with libyaml, see catalogue.h.
 *
 * The catalogue is believed whole or not at all: an unknown key, a key given twice, an id given twice or a second
 * document is an error and not something to pass over. The document is walked to a fixed depth, so that aliases to
 * themselves cost nothing. Files of more than 16 MiB, the bound of a commit, are refused.
 * Errors: 66 no_input, 77 no_permission, 74 io_error, 65 for what the file says. */
#include "catalogue.h"

#include "registration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* What is being read. */
struct reader {
  const char *path;
  yaml_document_t *document;
  struct catalogue *catalogue;
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

/* The catalogue has not the shape that it must have here. */
static int bad_shape(const struct reader *reader, const yaml_node_t *node, const char *what) {
  op_fail(reader->error, OP_DATA, "bad_catalogue", "%s", what);
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

/* The name of a field as registration_set() knows it: the outputs call the id musicalId. */
static const char *field_name(const char *name) { return strcmp(name, "musicalId") == 0 ? "id" : name; }

/* Sets one field of a musical; `seen` has a bit for every field that was there. */
static int read_field(const struct reader *reader, const yaml_node_t *key, const yaml_node_t *value,
                      struct registration *registration, unsigned *seen) {
  const char *name = scalar(key);
  if (!name)
    return bad_shape(reader, key, "a field's name is expected here");
  for (size_t i = 0; registration_fields[i]; i++) {
    if (strcmp(field_name(name), registration_fields[i]) != 0)
      continue;
    if (*seen & (1u << i)) {
      op_fail(reader->error, OP_DATA, "bad_catalogue", "%s is given twice%s", name,
              strcmp(field_name(name), "id") == 0 ? ": 'id' and 'musicalId' are one field" : "");
      return fail_at(reader->path, key->start_mark, reader->error);
    }
    *seen |= 1u << i;
    if (is_null(value))
      return OP_OK;
    const char *text = scalar(value);
    if (!text)
      return bad_shape(reader, value, "one value is expected here");
    int code = registration_set(registration, registration_fields[i], text, reader->error);
    return code == OP_OK ? OP_OK : fail_at(reader->path, value->start_mark, reader->error);
  }
  op_fail(reader->error, OP_DATA, "bad_catalogue", "%s: there is no such field", name);
  return fail_at(reader->path, key->start_mark, reader->error);
}

/* One musical. */
static int read_musical(const struct reader *reader, const yaml_node_t *node) {
  if (node->type != YAML_MAPPING_NODE)
    return bad_shape(reader, node, "a musical is expected here: {id: ..., name: ..., seats: ...}");
  struct registration *registration = &reader->catalogue->items[reader->catalogue->count];
  registration_init(registration);
  unsigned seen = 0;
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    int code = read_field(reader, yaml_document_get_node(reader->document, pair->key),
                          yaml_document_get_node(reader->document, pair->value), registration, &seen);
    if (code != OP_OK)
      return code;
  }
  const char *field = NULL;
  if (registration_check(registration, &field, reader->error) != OP_OK)
    return fail_at(reader->path, node->start_mark, reader->error);
  for (size_t i = 0; i < reader->catalogue->count; i++)
    if (strcmp(reader->catalogue->items[i].id, registration->id) == 0) {
      op_fail(reader->error, OP_DATA, "bad_catalogue", "musical %s stands here twice", registration->id);
      return fail_at(reader->path, node->start_mark, reader->error);
    }
  reader->catalogue->count++;
  return OP_OK;
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
    const char *name = scalar(key);
    if (!name || strcmp(name, "musicals") != 0 || *ret_list != root)
      return bad_shape(reader, key, "nothing but one 'musicals:' is expected here");
    *ret_list = yaml_document_get_node(reader->document, pair->value);
  }
  return OP_OK;
}

/* The whole document. */
static int read_document(const struct reader *reader, const yaml_node_t *root) {
  const yaml_node_t *list = NULL;
  int code = find_list(reader, root, &list);
  if (code != OP_OK || is_null(list))
    return code;
  if (list->type != YAML_SEQUENCE_NODE)
    return bad_shape(reader, list, "a list of musicals is expected here");
  size_t count = (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
  reader->catalogue->items = calloc(count ? count : 1, sizeof *reader->catalogue->items);
  if (!reader->catalogue->items)
    return op_fail(reader->error, OP_TEMPORARY, "out_of_memory", "out of memory");
  for (size_t i = 0; i < count && code == OP_OK; i++)
    code = read_musical(reader, yaml_document_get_node(reader->document, list->data.sequence.items.start[i]));
  return code;
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
  return fail_at(path, mark, error);
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
  const struct reader reader = {path, &first, ret_catalogue, error};
  const yaml_node_t *root = yaml_document_get_root_node(&first);
  if (root) {
    code = read_document(&reader, root);
  } else {
    op_fail(error, OP_DATA, "bad_catalogue", "'musicals:' or a list of musicals is expected here");
    code = fail_at(path, (yaml_mark_t){0}, error);
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
  *ret_catalogue = (struct catalogue){0};
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
  *catalogue = (struct catalogue){0};
}
