/* select.h - which events: the options of a verb (types, tags, correlation) as a query of libevstore. */
#ifndef JOURNAL_SELECT_H
#define JOURNAL_SELECT_H

#include "app.h"

/* One query item: any of the types, all of the tags. Free it with selection_free(). */
struct selection {
  char *words;        /* the types, cut at their commas */
  const char **types; /* into words */
  evs_query_item item;
  evs_query query;
  bool given; /* some option said something: else it matches every event */
};

/* Reads the options `type_option` (T,... and repeatable) and `tag_option` (K:V, repeatable). `correlation` may be NULL.
 */
int selection_make(const struct op_app *app, const char *type_option, const char *tag_option, const char *correlation,
                   struct selection *ret_selection, struct op_error *error);

/* Is it one (NULL is)? Exit 65 bad_correlation. */
int correlation_check(const char *correlation, struct op_error *error);

/* The query, borrowed from the selection, which must not move; NULL where nothing was given. */
const evs_query *selection_query(struct selection *selection);
void selection_free(struct selection *selection);

/* A position given as an option, `fallback` where it is not there. Exit 64. */
int position_option(const struct op_app *app, const char *name, uint64_t fallback, uint64_t *ret_position,
                    struct op_error *error);

/* A count of 1 to `max` given as an option. Exit 64. */
int count_option(const struct op_app *app, const char *name, uint64_t fallback, uint64_t max, uint64_t *ret_count,
                 struct op_error *error);

#endif
