/* catalogue.c - reads a catalogue, see catalogue.h; the file by yaml_list.c, its entries by catalogue_entry.c.
 *
 * The catalogue is believed whole or not at all: an unknown key, a key given twice, an id given twice or a second
 * document is an error and not something to pass over.
 * Errors: 66 no_input, 77 no_permission, 74 io_error, 65 for what the file says. */
#include "catalogue.h"

#include "catalogue_entry.h"

#include <stdlib.h>

/* Of a musical that was read. */
int catalogue_fail_at(const struct catalogue *catalogue, size_t index, struct op_error *error) {
  return op_yaml_fail(catalogue->path, catalogue->spots[index], error);
}

/* The id of a musical. */
static const char *id_of(const void *context, size_t index) {
  const struct catalogue *catalogue = context;
  return catalogue->items[index].id;
}

/* Refuses the first musical whose id stands before it already. */
static int check_ids(const struct catalogue *catalogue, struct op_error *error) {
  size_t second = op_yaml_second(id_of, catalogue, catalogue->count);
  if (second == SIZE_MAX)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  if (second == catalogue->count)
    return OP_OK;
  op_fail(error, OP_DATA, "bad_catalogue", "musical %s stands here twice", catalogue->items[second].id);
  return catalogue_fail_at(catalogue, second, error);
}

/* Reads and checks a catalogue. */
int catalogue_load(const char *path, struct catalogue *ret_catalogue, struct op_error *error) {
  static const struct op_yaml_list list = {"bad_catalogue", "musicals", "a catalogue", catalogue_entry};
  *ret_catalogue = (struct catalogue){.path = path};
  int code = op_yaml_list_load(path, &list, ret_catalogue, error);
  if (code == OP_OK)
    code = check_ids(ret_catalogue, error);
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
