/* listing.h - the rows of a read model as they are printed: a SELECT whose columns are the columns of the output.
 *
 * Integers become numbers, texts become texts, NULL becomes null. Every list and show goes through here, so that a
 * closed pipe and a failed read are treated alike everywhere. */
#ifndef OP_LISTING_H
#define OP_LISTING_H

#include "model.h"

/* One cell: column `column` (from 0) of the row that the statement stands on. */
void op_cell_sql(struct op_output *output, sqlite3_stmt *statement, int column);

/* What a list may be asked for. */
struct op_filter {
  const char *condition; /* "customer_id = ?1"; the parameter is numbered by its place, from 1 */
  const char *value;     /* what is bound to it, borrowed until the statement was stepped; NULL: was not asked for */
};

/* `select` WHERE the conditions that were asked for `order`, ready to be stepped. Only those stand in the text, so that
 * SQLite sees which index serves. `filters` ends with a condition of NULL. */
sqlite3_stmt *op_select(struct op_model *model, const char *select, const struct op_filter *filters, const char *order);

/* Prints every row of the statement as a list; it selects exactly `count` columns. */
int op_list_sql(struct op_model *model, sqlite3_stmt *statement, const struct op_column *columns, size_t count,
                struct op_error *error);

/* Prints the one row of the statement as a single thing; where there is none, prints nothing and *ret_found is false.
 */
int op_show_sql(struct op_model *model, sqlite3_stmt *statement, const struct op_column *columns, size_t count,
                bool *ret_found, struct op_error *error);

/* Where a word stands among the NULL-terminated `words`; -1: nowhere (or it is NULL). */
int op_word_index(const char *word, const char *const *words);

/* Is `word` one of the NULL-terminated `words`? For options such as --status; exit 64 usage, naming them, where it is
 * none. NULL (the option was not given) passes. */
int op_check_word(const char *what, const char *word, const char *const *words, struct op_error *error);

#endif
