/* catalogue_entry.h - one entry of a catalogue, a musical or a show with its performances; for catalogue.c. */
#ifndef MUSICAL_CATALOGUE_ENTRY_H
#define MUSICAL_CATALOGUE_ENTRY_H

#include "catalogue.h"

#include <yaml.h>

/* What is being read. */
struct reader {
  yaml_document_t *document;
  struct catalogue *catalogue;
  struct op_error *error;
};

/* Adds the musicals that the node describes to the catalogue. */
int catalogue_entry(const struct reader *reader, const yaml_node_t *node);

/* ---- for both files ---------------------------------------------------------------------------------------------- */

/* Puts the place before the message of an error that is filled already. */
int catalogue_fail(const char *path, struct spot spot, struct op_error *error);
/* The same for the place of a node, */
int fail_at(const struct reader *reader, const yaml_node_t *node);
/* and for what has not the shape that it must have there: 65 bad_catalogue. */
int bad_shape(const struct reader *reader, const yaml_node_t *node, const char *what);
/* The text of a scalar; NULL where the node is none, or holds a NUL. */
const char *node_text(const yaml_node_t *node);
/* Is it a plain scalar that says "nothing"? */
bool node_is_null(const yaml_node_t *node);

#endif
