/* output.h - rows to stdout as NDJSON, JSON, CSV or an aligned table, from one description of the columns.
 *
 * A list opens with op_rows_begin(), gives rows cell by cell in the order of its columns, and closes with
 * op_rows_end(). Errors of writing are kept and told by op_output_finish(). A closed pipe (EPIPE) is no error: rows
 * are dropped from then on and op_output_closed() is true. */
#ifndef OP_OUTPUT_H
#define OP_OUTPUT_H

#include "error.h"

#include <evstore.h>
#include <stdbool.h>
#include <stdio.h>

struct op_label; /* config.h */

enum op_format { OP_NDJSON, OP_JSON, OP_TABLE, OP_CSV };

/* A column called status, somethingStatus, progress or fulfil holds words that labels: may name: tables show the label.
 */
struct op_column {
  const char *name;    /* camelCase: the JSON key and the CSV head */
  const char *heading; /* the table's head; NULL: left out of the table (still in JSON and CSV) */
  bool right;          /* numbers: aligned right in the table, digits grouped with `,` in the table only */
};

struct op_output;

/* `stream` is borrowed. */
struct op_output *op_output_new(FILE *stream, enum op_format format, bool color, bool quiet);
void op_output_free(struct op_output *output);
/* The form of the rows. */
enum op_format op_output_format(const struct op_output *output);
/* What tables call the words in columns of statuses, see label.h; borrowed. */
void op_output_label(struct op_output *output, const struct op_label *labels);

/* `single`: one thing (json: an object; table: two columns, name and value), else a list (json: one array). `columns`
 * has `count` entries and outlives the rows. */
void op_rows_begin(struct op_output *output, const struct op_column *columns, size_t count, bool single);
void op_cell_text(struct op_output *output, const char *text); /* NULL: null */
void op_cell_slice(struct op_output *output,
                   evs_slice json_string_inside); /* escaped text from the journal; ptr NULL: null */
void op_cell_number(struct op_output *output, int64_t number);
void op_cell_null(struct op_output *output);
void op_cell_json(struct op_output *output,
                  const char *json);       /* raw JSON for JSON formats; as it is in CSV and table */
void op_row_end(struct op_output *output); /* asserts that every column got its cell */
void op_rows_end(struct op_output *output);

/* A line as it is (an event of the journal), with its newline; in every format but json it stands alone. Between
 * op_lines_begin() and op_lines_end() -o json makes one array of them; table and csv show seq, time, type, correlation,
 * tags and data as columns. */
void op_lines_begin(struct op_output *output);
void op_line(struct op_output *output, const evs_event *event);
void op_lines_end(struct op_output *output);

/* A line of plain text as it is, in every format and even when quiet: what a command hands on rather than reports
 * (op-notify's channel stdout). */
void op_output_say(struct op_output *output, const char *text);

/* Flush now (follow mode, batch answers). */
void op_output_flush(struct op_output *output);
bool op_output_closed(const struct op_output *output);
/* Rows and lines given so far, shown or not (quiet). */
uint64_t op_output_rows(const struct op_output *output);
/* Ends the output: exit 74 where anything could not be written. */
int op_output_finish(struct op_output *output, struct op_error *error);

/* ---- JSON text of our own (json_writer.c): event data, errors, rows --------------------------- */

/* Writes a number in decimal digits and a NUL, OP_DIGITS bytes at most; returns where the NUL is. */
enum { OP_DIGITS = 21 };
char *op_digits(char *at, int64_t number);

/* A growing text; zero-initialised is empty. Running out of memory ends the process (exit 70 would lie about nothing:
 * it prints one line and exits 75). */
struct op_text {
  char *ptr; /* NUL-terminated once anything was added */
  size_t len, size;
};
void op_text_add(struct op_text *text, const char *bytes, size_t len);
void op_text_adds(struct op_text *text, const char *string);
void op_text_addf(struct op_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void op_text_reset(struct op_text *text); /* empty, memory kept */
void op_text_free(struct op_text *text);

/* One flat JSON object (values may be raw JSON), members in the order of the calls:
 *   op_json_begin(t); op_json_string(t, "name", "Frozen"); op_json_number(t, "seats", 100); op_json_end(t); */
void op_json_begin(struct op_text *text);
void op_json_string(struct op_text *text, const char *key, const char *value); /* NULL: null */
void op_json_number(struct op_text *text, const char *key, int64_t value);
void op_json_bool(struct op_text *text, const char *key, bool value);
void op_json_time(struct op_text *text, const char *key, int64_t time_us); /* RFC 3339, see evs_time_format() */
void op_json_raw(struct op_text *text, const char *key, const char *json);
void op_json_end(struct op_text *text);

#endif
