/* yaml_list.h - reads a YAML file that is one list: bare, or under a key of its own, as in `musicals: [...]`.
 *
 * The file is believed whole or not at all: broken YAML, another key, a second document, a node inside of more than
 * OP_YAML_MAX_DEPTH others is an error, and so is what the reader of the items refuses. An error names its place,
 * `FILE:LINE:COLUMN: what`, with the figures file, line and column. Nodes are walked by their reader to a depth of its
 * own, so that aliases to themselves cost nothing. */
#ifndef OP_YAML_LIST_H
#define OP_YAML_LIST_H

#include "app.h"

#include <yaml.h>

enum { OP_YAML_MAX_DEPTH = 32 };

/* A place in the file, from 0. */
struct op_yaml_spot {
  size_t line, column;
};

/* What is being read. */
struct op_yaml {
  const char *path, *word; /* of the file; of errors of shape: "bad_catalogue" */
  yaml_document_t *document;
  struct op_error *error;
};

struct op_yaml_list {
  const char *word; /* of errors */
  const char *key;  /* under which the list may stand: "musicals" */
  const char *name; /* of the file: "a catalogue" */
  int (*item)(void *context, const struct op_yaml *yaml, const yaml_node_t *node); /* reads one item */
};

/* Reads the file ("-": standard input) and gives every item to list->item, in order; `null` is an empty list. Errors:
 * 66 no_input, 77 no_permission, 74 io_error, 65 list->word, also for more than EVS_MAX_COMMIT bytes, and those of
 * list->item. */
int op_yaml_list_load(const char *path, const struct op_yaml_list *list, void *context, struct op_error *error);

/* Puts the place before the message of an error that is filled already, keeps its figures, and returns its exit code.
 */
int op_yaml_fail(const char *path, struct op_yaml_spot spot, struct op_error *error);
/* The same for the place of a node, */
int op_yaml_fail_at(const struct op_yaml *yaml, const yaml_node_t *node);
/* and for what has not the shape that it must have there: 65 yaml->word. */
int op_yaml_bad_shape(const struct op_yaml *yaml, const yaml_node_t *node, const char *what);

struct op_yaml_spot op_yaml_spot(const yaml_node_t *node);
/* The node that an item, a key or a value is. */
const yaml_node_t *op_yaml_node(const struct op_yaml *yaml, int index);
/* The text of a scalar; NULL where the node is none, or holds a NUL. */
const char *op_yaml_text(const yaml_node_t *node);
/* Is it a plain scalar that says "nothing"? */
bool op_yaml_is_null(const yaml_node_t *node);

/* The first of `count` ids that stands before it already: its index, or `count` where none does; SIZE_MAX where memory
 * is gone. */
size_t op_yaml_second(const char *(*id_of)(const void *context, size_t index), const void *context, size_t count);

#endif
