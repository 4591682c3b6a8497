/* select.c - the options that choose events, turned into one item of a query.
 *
 * Types are alternatives (--type A,B or --type A --type B), tags are all required, and so is the correlation. What can
 * never match because it is no type or no tag at all is a mistake of the caller and refused, rather than answered with
 * silence: exit 65, bad_type, bad_tag or bad_correlation. */
#include "select.h"
#include "words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Cuts the values of the type option at their commas into selection->types. */
static int cut_types(const char *const *values, size_t count, struct selection *selection, struct op_error *error) {
  size_t bytes = 1;
  size_t types = 0;
  for (size_t i = 0; i < count; i++) {
    bytes += strlen(values[i]) + 1;
    types++;
    for (const char *c = strchr(values[i], ','); c; c = strchr(c + 1, ','))
      types++;
  }
  selection->words = malloc(bytes);
  selection->types = calloc(types + 1, sizeof *selection->types);
  if (!selection->words || !selection->types)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  char *at = selection->words;
  for (size_t i = 0; i < count; i++) {
    size_t len = strlen(values[i]) + 1;
    char *word = memcpy(at, values[i], len);
    at += len;
    while (word) {
      char *comma = strchr(word, ',');
      if (comma)
        *comma = '\0';
      if (!word_is_type(word))
        return op_fail(error, OP_DATA, "bad_type", "'%s' is no event type", word);
      selection->types[selection->item.type_count++] = word;
      word = comma ? comma + 1 : NULL;
    }
  }
  return OP_OK;
}

/* Could this be the correlation of an event? */
int correlation_check(const char *correlation, struct op_error *error) {
  if (!correlation || word_is_id(correlation))
    return OP_OK;
  return op_fail(error, OP_DATA, "bad_correlation", "'%s' is no correlation", correlation);
}

/* Reads the options into a query item. */
int selection_make(const struct op_app *app, const char *type_option, const char *tag_option, const char *correlation,
                   struct selection *ret_selection, struct op_error *error) {
  *ret_selection = (struct selection){0};
  size_t type_values = 0;
  const char *const *types = op_option_all(app, type_option, &type_values);
  int rc = type_values ? cut_types(types, type_values, ret_selection, error) : OP_OK;
  size_t tag_count = 0;
  const char *const *tags = op_option_all(app, tag_option, &tag_count);
  for (size_t i = 0; !rc && i < tag_count; i++)
    if (!word_is_tag(tags[i]))
      rc = op_fail(error, OP_DATA, "bad_tag", "tag '%s': NAME:VALUE is expected", tags[i]);
  if (!rc)
    rc = correlation_check(correlation, error);
  if (rc)
    return rc;
  ret_selection->item.types = ret_selection->types;
  ret_selection->item.tags = tags;
  ret_selection->item.tag_count = tag_count;
  ret_selection->item.correlation = correlation;
  ret_selection->given = type_values || tag_count || correlation;
  return OP_OK;
}

/* The query. */
const evs_query *selection_query(struct selection *selection) {
  if (!selection->given)
    return NULL;
  selection->query = (evs_query){&selection->item, 1};
  return &selection->query;
}

/* Frees it. */
void selection_free(struct selection *selection) {
  free(selection->words);
  free(selection->types);
  *selection = (struct selection){0};
}

/* A position as an option. */
int position_option(const struct op_app *app, const char *name, uint64_t fallback, uint64_t *ret_position,
                    struct op_error *error) {
  *ret_position = fallback;
  const char *text = op_option(app, name);
  if (!text)
    return OP_OK;
  int64_t number = 0;
  if (op_check_number(name, "usage", text, 0, (int64_t)EVS_MAX_SEQ, &number, error))
    return op_usage(app, error, "--%s must be a position (a whole number, 0 or more), not '%s'", name, text);
  *ret_position = (uint64_t)number;
  return OP_OK;
}

/* A count as an option. */
int count_option(const struct op_app *app, const char *name, uint64_t fallback, uint64_t max, uint64_t *ret_count,
                 struct op_error *error) {
  *ret_count = fallback;
  const char *text = op_option(app, name);
  if (!text)
    return OP_OK;
  int64_t number = 0;
  if (op_check_number(name, "usage", text, 1, (int64_t)max, &number, error))
    return op_usage(app, error, "--%s must be a whole number from 1 to %" PRIu64 ", not '%s'", name, max, text);
  *ret_count = (uint64_t)number;
  return OP_OK;
}
