/* listing.c - prints the rows of a SELECT over a read model.
 *
 * Invariants: a row is printed whole or not at all; nothing is printed for a thing that is not there; after the reader
 * has closed the pipe no more rows are read. Errors: those of op_model_step(), and 64 usage of op_check_word(). */
#include "listing.h"

#include <string.h>

/* -v: how SQLite finds the rows of this SELECT. */
static void explain(struct op_model *model, const char *sql) {
  struct op_text question = {0};
  struct op_error error;
  bool found = true;
  op_text_addf(&question, "EXPLAIN QUERY PLAN %s", sql);
  sqlite3_stmt *plan = op_model_sql_text(model, question.ptr);
  while (op_model_step(model, plan, &found, &error) == 0 && found)
    op_explain(op_model_app(model), "%s", (const char *)sqlite3_column_text(plan, 3));
  op_text_free(&question);
}

/* A SELECT with what was asked for. */
sqlite3_stmt *op_select(struct op_model *model, const char *select, const struct op_filter *filters,
                        const char *order) {
  struct op_text sql = {0};
  const char *word = " WHERE ";
  op_text_adds(&sql, select);
  for (size_t i = 0; filters[i].condition != NULL; i++) {
    if (filters[i].value == NULL)
      continue;
    op_text_adds(&sql, word);
    op_text_adds(&sql, filters[i].condition);
    word = " AND ";
  }
  op_text_adds(&sql, order);
  if (op_model_app(model)->verbose)
    explain(model, sql.ptr);
  sqlite3_stmt *statement = op_model_sql_text(model, sql.ptr);
  op_text_free(&sql);
  for (size_t i = 0; filters[i].condition != NULL; i++)
    if (filters[i].value != NULL) /* a condition without a parameter takes none, which is no error to anybody */
      sqlite3_bind_text(statement, (int)i + 1, filters[i].value, -1, SQLITE_STATIC);
  return statement;
}

/* One cell by the type that SQLite holds. */
void op_cell_sql(struct op_output *output, sqlite3_stmt *statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
  case SQLITE_NULL:
    op_cell_null(output);
    break;
  case SQLITE_INTEGER:
    op_cell_number(output, sqlite3_column_int64(statement, column));
    break;
  default:
    op_cell_text(output, (const char *)sqlite3_column_text(statement, column));
  }
}

/* All cells of the row that the statement stands on. */
static void row(struct op_output *output, sqlite3_stmt *statement, size_t count) {
  for (size_t i = 0; i < count; i++)
    op_cell_sql(output, statement, (int)i);
  op_row_end(output);
}

/* Every row as a list. */
int op_list_sql(struct op_model *model, sqlite3_stmt *statement, const struct op_column *columns, size_t count,
                struct op_error *error) {
  struct op_output *output = op_model_app(model)->output;
  bool found = false;
  int r = op_model_step(model, statement, &found, error);
  if (r != 0)
    return r;
  op_rows_begin(output, columns, count, false);
  while (r == 0 && found && !op_output_closed(output)) {
    row(output, statement, count);
    r = op_model_step(model, statement, &found, error);
  }
  op_rows_end(output);
  sqlite3_reset(statement);
  return r;
}

/* The one row as a single thing. */
int op_show_sql(struct op_model *model, sqlite3_stmt *statement, const struct op_column *columns, size_t count,
                bool *ret_found, struct op_error *error) {
  struct op_output *output = op_model_app(model)->output;
  *ret_found = false;
  int r = op_model_step(model, statement, ret_found, error);
  if (r == 0 && *ret_found) {
    op_rows_begin(output, columns, count, true);
    row(output, statement, count);
    op_rows_end(output);
  }
  sqlite3_reset(statement);
  return r;
}

/* A word among others. */
int op_word_index(const char *word, const char *const *words) {
  for (int i = 0; word != NULL && words[i] != NULL; i++)
    if (strcmp(word, words[i]) == 0)
      return i;
  return -1;
}

/* One of a few words, or a usage error that names them. */
int op_check_word(const char *what, const char *word, const char *const *words, struct op_error *error) {
  struct op_text known = {0};
  if (word == NULL || op_word_index(word, words) >= 0)
    return 0;
  for (size_t i = 0; words[i] != NULL; i++)
    op_text_addf(&known, "%s%s", i == 0 ? "" : ", ", words[i]);
  op_fail(error, OP_USAGE, "usage", "%s must be one of %s, not '%.80s'", what, known.ptr, word);
  op_text_free(&known);
  return OP_USAGE;
}
