/* output.c - one description of the columns, four formats: NDJSON, JSON, CSV and an aligned table.
 *
 * A row is put together in memory and written whole, so a reader of a pipe never sees half of one. What a table holds
 * is cleaned by op_clean() (a name cannot move the cursor) and measured by display width (Korean takes two columns);
 * JSON and CSV carry the text as it is. CSV is quoted as in RFC 4180, its lines end with a bare newline as Unix tools
 * expect. The first error of writing is kept, everything after it is dropped, and op_output_finish() tells it (74); a
 * closed pipe is no error. */
#include "output.h"

#include "label.h"
#include "money.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <libsmartcols.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct op_output {
  FILE *stream;
  enum op_format format;
  bool color, quiet;
  const struct op_label *labels;
  bool closed;                              /* EPIPE: nobody reads any more */
  int failed;                               /* errno of the first write that failed */
  uint64_t given;                           /* rows and lines, shown or not */
  const struct op_column *columns, *headed; /* headed: whose head was printed already */
  size_t count, cell;                       /* columns, and the one that the next cell goes to */
  uint64_t shown;                           /* rows of this list */
  bool single;
  struct op_text row;
  struct libscols_table *table;
  struct libscols_line *line; /* the row being filled, NULL in a single */
};

/* An event in the formats that have columns. */
static const struct op_column line_columns[] = {
    {"seq", "SEQ", true},    {"time", "TIME", false}, {"type", "TYPE", false}, {"correlation", "CORRELATION", false},
    {"tags", "TAGS", false}, {"data", "DATA", false},
};
#define LINE_COLUMNS (sizeof line_columns / sizeof line_columns[0])

/* Ends where memory is gone: libsmartcols tells it by NULL. */
static void *must_have(void *pointer) {
  if (pointer == NULL) {
    fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
    exit(OP_TEMPORARY);
  }
  return pointer;
}

/* Makes an output over a borrowed stream. */
struct op_output *op_output_new(FILE *stream, enum op_format format, bool color, bool quiet) {
  struct op_output *output = must_have(calloc(1, sizeof *output));
  output->stream = stream;
  output->format = format;
  output->color = color;
  output->quiet = quiet;
  return output;
}

/* Frees the output; NULL is legal. What was not finished is lost. */
void op_output_free(struct op_output *output) {
  if (output == NULL)
    return;
  scols_unref_table(output->table);
  op_text_free(&output->row);
  free(output);
}

/* The form of the rows. */
enum op_format op_output_format(const struct op_output *output) { return output->format; }

/* What tables call a status. */
void op_output_label(struct op_output *output, const struct op_label *labels) { output->labels = labels; }

/* Keeps the first error of the stream. */
static void keep_error(struct op_output *output, int error_number) {
  if (error_number == EPIPE)
    output->closed = true;
  else if (output->failed == 0)
    output->failed = error_number != 0 ? error_number : EIO;
}

/* Writes bytes unless nobody can have them. */
static void put(struct op_output *output, const char *bytes, size_t len) {
  if (output->closed || output->failed != 0 || len == 0)
    return;
  errno = 0;
  if (fwrite(bytes, 1, len, output->stream) != len)
    keep_error(output, errno);
}

/* Writes bytes unless nobody wants them. */
static void emit(struct op_output *output, const char *bytes, size_t len) {
  if (!output->quiet)
    put(output, bytes, len);
}

/* A line of plain text, wanted or not. */
void op_output_say(struct op_output *output, const char *text) {
  put(output, text, strlen(text));
  put(output, "\n", 1);
}

/* Adds a CSV field, in quotes where RFC 4180 wants them; the empty text is quoted to differ from null. */
static void add_csv(struct op_text *text, const char *value) {
  size_t len = strlen(value);
  if (len > 0 && strpbrk(value, ",\"\r\n") == NULL && value[0] != ' ' && value[len - 1] != ' ') {
    op_text_add(text, value, len);
    return;
  }
  op_text_add(text, "\"", 1);
  for (const char *at = value; *at != '\0'; at++)
    op_text_add(text, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
  op_text_add(text, "\"", 1);
}

/* ---- tables ------------------------------------------------------------------------------------ */

/* A column of the table, its head bold where there are colours. */
static void table_column(struct op_output *output, const char *heading, bool right, bool bold_cells) {
  struct libscols_column *column =
      must_have(scols_table_new_column(output->table, heading, 0, right ? SCOLS_FL_RIGHT : 0));
  if (!output->color)
    return;
  scols_cell_set_color(scols_column_get_header(column), "bold");
  if (bold_cells)
    scols_column_set_color(column, "bold");
}

/* Widths follow the locale where it is UTF-8, else C.UTF-8: names are UTF-8 whatever the terminal says. Nothing else of
 * the locale is taken over; numbers and messages are the same everywhere. Only tables need it, and it costs a start. */
static void set_characters(void) {
  if (setlocale(LC_CTYPE, "") == NULL || strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0)
    setlocale(LC_CTYPE, "C.UTF-8");
}

/* Opens the table of a list, or the two columns of a single thing. */
static void table_begin(struct op_output *output) {
  scols_unref_table(output->table);
  set_characters();
  output->table = must_have(scols_new_table());
  output->line = NULL;
  scols_table_enable_colors(output->table, output->color);
  /* Never cut to the terminal's width: a seat lost at the right margin would be worse than a wrapped line. */
  scols_table_set_termforce(output->table, SCOLS_TERMFORCE_NEVER);
  /* The cells are clean already, and libsmartcols would take new emoji for control characters. */
  scols_table_enable_noencoding(output->table, 1);
  if (output->single) {
    table_column(output, "NAME", false, true);
    table_column(output, "VALUE", false, false);
    scols_table_enable_noheadings(output->table, 1);
    return;
  }
  for (size_t i = 0; i < output->count; i++)
    if (output->columns[i].heading != NULL)
      table_column(output, output->columns[i].heading, output->columns[i].right, false);
  scols_table_enable_noheadings(output->table, output->headed == output->columns);
}

/* Where the current column stands in the table, which leaves some columns out. */
static size_t table_position(const struct op_output *output) {
  size_t position = 0;
  for (size_t i = 0; i < output->cell; i++)
    position += output->columns[i].heading != NULL;
  return position;
}

/* Sets the value of the current column in the table. */
static void table_cell(struct op_output *output, const char *value) {
  const struct op_column *column = &output->columns[output->cell];
  if (column->heading == NULL)
    return;
  size_t len = value != NULL ? strlen(value) : 0, size = op_clean(value, len, NULL, 0) + 1;
  char *clean = must_have(malloc(size));
  op_clean(value, len, clean, size);
  if (output->single || output->line == NULL)
    output->line = must_have(scols_table_new_line(output->table, NULL));
  if (output->single)
    scols_line_set_data(output->line, 0, column->heading);
  if (scols_line_refer_data(output->line, output->single ? 1 : table_position(output), clean) != 0)
    must_have(NULL);
}

/* Prints the rows that the table holds and empties it; its head only once. */
static void table_print(struct op_output *output) {
  if (output->table == NULL || scols_table_is_empty(output->table) || output->quiet)
    return;
  char *data = NULL;
  if (scols_print_table_to_string(output->table, &data) != 0 || data == NULL)
    must_have(NULL);
  for (char *at = data; *at != '\0';) { /* line by line, without the blanks that pad the last column */
    size_t length = strcspn(at, "\n"), kept = length;
    while (kept > 0 && at[kept - 1] == ' ')
      kept--;
    emit(output, at, kept);
    emit(output, "\n", 1);
    at += length + (at[length] == '\n');
  }
  free(data);
  scols_table_remove_lines(output->table);
  scols_table_enable_noheadings(output->table, 1);
  output->headed = output->single ? NULL : output->columns;
}

/* ---- rows -------------------------------------------------------------------------------------- */

/* Opens a list, or one thing. */
void op_rows_begin(struct op_output *output, const struct op_column *columns, size_t count, bool single) {
  output->columns = columns;
  output->count = count;
  output->single = single;
  output->cell = 0;
  output->shown = 0;
  op_text_reset(&output->row);
  if (output->format == OP_TABLE) {
    table_begin(output);
  } else if (output->format == OP_JSON && !single) {
    emit(output, "[", 1);
  } else if (output->format == OP_CSV && output->headed != columns) {
    for (size_t i = 0; i < count; i++) {
      if (i > 0)
        op_text_add(&output->row, ",", 1);
      add_csv(&output->row, columns[i].name);
    }
    op_text_add(&output->row, "\n", 1);
    emit(output, output->row.ptr, output->row.len);
    op_text_reset(&output->row);
    output->headed = columns;
  }
}

/* What every cell starts with. */
static void cell_begin(struct op_output *output) {
  assert(output->cell < output->count);
  if (output->cell > 0 && output->format == OP_CSV)
    op_text_add(&output->row, ",", 1);
  else if (output->cell == 0 && (output->format == OP_NDJSON || output->format == OP_JSON))
    op_json_begin(&output->row);
}

/* The name of the current column, as a JSON key. */
static const char *key(const struct op_output *output) { return output->columns[output->cell].name; }

/* Does the current column hold words that labels: may name? */
static bool is_labelled(const struct op_output *output) {
  const char *name = output->columns[output->cell].name;
  size_t len = strlen(name);
  return strcmp(name, "status") == 0 || strcmp(name, "progress") == 0 || strcmp(name, "fulfil") == 0 ||
         (len > 6 && strcmp(name + len - 6, "Status") == 0);
}

/* What a table shows of a text. */
static const char *shown(const struct op_output *output, const char *text) {
  const char *label = output->labels != NULL && is_labelled(output) ? op_label(output->labels, text) : NULL;
  return label != NULL ? label : text;
}

/* A cell with text, or null. */
void op_cell_text(struct op_output *output, const char *text) {
  cell_begin(output);
  if (output->format == OP_TABLE)
    table_cell(output, text != NULL ? shown(output, text) : "");
  else if (output->format != OP_CSV)
    op_json_string(&output->row, key(output), text);
  else if (text != NULL)
    add_csv(&output->row, text);
  output->cell++;
}

/* Decodes JSON text of the journal; the caller frees it. */
static char *unescape(evs_slice inside) {
  size_t size = evs_json_unescape(inside, NULL, 0) + 1;
  char *text = must_have(malloc(size));
  evs_json_unescape(inside, text, size);
  return text;
}

/* A cell with text of the journal, or null. */
void op_cell_slice(struct op_output *output, evs_slice json_string_inside) {
  char *text = json_string_inside.ptr != NULL ? unescape(json_string_inside) : NULL;
  op_cell_text(output, text);
  free(text);
}

/* A cell with a number; only people get their digits in groups. */
void op_cell_number(struct op_output *output, int64_t number) {
  cell_begin(output);
  if (output->format == OP_TABLE) {
    struct op_text text = {0};
    if (output->columns[output->cell].right)
      op_text_grouped(&text, number);
    else
      op_text_addf(&text, "%" PRId64, number);
    table_cell(output, text.ptr);
    op_text_free(&text);
  } else if (output->format == OP_CSV) {
    op_text_addf(&output->row, "%" PRId64, number);
  } else {
    op_json_number(&output->row, key(output), number);
  }
  output->cell++;
}

/* A cell without a value. */
void op_cell_null(struct op_output *output) { op_cell_text(output, NULL); }

/* A cell whose value is JSON already. */
void op_cell_json(struct op_output *output, const char *json) {
  if (output->format == OP_TABLE || output->format == OP_CSV) {
    op_cell_text(output, json);
    return;
  }
  cell_begin(output);
  op_json_raw(&output->row, key(output), json);
  output->cell++;
}

/* Writes one JSON value of a list, a line each, with what -o json puts around it. */
static void emit_value(struct op_output *output, const char *value, size_t len) {
  if (output->format == OP_JSON && !output->single) {
    if (output->shown > 0)
      emit(output, ",\n", 2);
    emit(output, value, len);
    return;
  }
  emit(output, value, len);
  emit(output, "\n", 1);
}

/* Ends a row and writes it (a table waits for its widths). */
void op_row_end(struct op_output *output) {
  assert(output->cell == output->count);
  if (output->format == OP_CSV) {
    op_text_add(&output->row, "\n", 1);
    emit(output, output->row.ptr, output->row.len);
  } else if (output->format != OP_TABLE) {
    op_json_end(&output->row);
    emit_value(output, output->row.ptr, output->row.len);
  }
  op_text_reset(&output->row);
  output->line = NULL;
  output->cell = 0;
  output->shown++;
  output->given++;
}

/* Ends the list. */
void op_rows_end(struct op_output *output) {
  assert(output->cell == 0);
  if (output->format == OP_TABLE) {
    table_print(output);
    scols_unref_table(output->table);
    output->table = NULL;
  } else if (output->format == OP_JSON && !output->single) {
    emit(output, "]\n", 2);
  }
}

/* ---- lines ------------------------------------------------------------------------------------- */

/* Opens a list of events. */
void op_lines_begin(struct op_output *output) { op_rows_begin(output, line_columns, LINE_COLUMNS, false); }

/* Adds the tags of an event, decoded, with a space between them. */
static void add_tags(struct op_text *text, evs_slice tags) {
  const char *at = tags.ptr, *end = tags.ptr != NULL ? tags.ptr + tags.len : NULL;
  while (at != end && *at == '"') {
    const char *start = ++at;
    while (at != end && *at != '"')
      at += *at == '\\' && end - at > 1 ? 2 : 1;
    char *tag = unescape((evs_slice){start, (size_t)(at - start)});
    if (text->len > 0)
      op_text_add(text, " ", 1);
    op_text_adds(text, tag);
    free(tag);
    at += at != end;               /* the quote */
    at += at != end && *at == ','; /* and what parts it from the next */
  }
}

/* Adds a member whose value is the inside of a JSON string of the journal. */
static void add_inside(struct op_text *text, const char *name, evs_slice inside) {
  op_json_raw(text, name, "");
  if (inside.ptr == NULL)
    op_text_adds(text, "null");
  else
    op_text_addf(text, "\"%.*s\"", (int)inside.len, inside.ptr);
}

/* Puts an event together that has no line yet (a draft shown by --dry-run): the envelope without what only the journal
 * gives it. */
static void add_draft(struct op_text *text, const evs_event *event) {
  op_json_begin(text);
  if (event->seq != 0)
    op_json_number(text, "seq", (int64_t)event->seq);
  else
    op_json_raw(text, "seq", "null");
  if (event->id.ptr != NULL && event->id.len > 0)
    add_inside(text, "id", event->id);
  add_inside(text, "time", event->time);
  add_inside(text, "type", event->type);
  if (event->tags.ptr != NULL && event->tags.len > 0) {
    op_json_raw(text, "tags", "[");
    op_text_add(text, event->tags.ptr, event->tags.len);
    op_text_add(text, "]", 1);
  }
  add_inside(text, "correlation", event->correlation);
  if (event->causation != 0)
    op_json_number(text, "causation", (int64_t)event->causation);
  else
    op_json_raw(text, "causation", "null");
  op_json_raw(text, "data", "");
  op_text_add(text, event->data.ptr != NULL ? event->data.ptr : "{}", event->data.ptr != NULL ? event->data.len : 2);
  op_json_end(text);
}

/* An event as one row. */
static void line_cells(struct op_output *output, const evs_event *event) {
  struct op_text text = {0};
  if (event->seq != 0)
    op_cell_number(output, (int64_t)event->seq);
  else
    op_cell_null(output);
  op_cell_slice(output, event->time);
  op_cell_slice(output, event->type);
  op_cell_slice(output, event->correlation);
  add_tags(&text, event->tags);
  op_cell_text(output, text.ptr);
  op_text_reset(&text);
  op_text_add(&text, event->data.ptr, event->data.ptr != NULL ? event->data.len : 0);
  op_cell_json(output, text.ptr);
  op_text_free(&text);
  op_row_end(output);
}

/* One event: its line as it stands in the journal, where the format has room for lines. */
void op_line(struct op_output *output, const evs_event *event) {
  if (output->format == OP_TABLE || output->format == OP_CSV) {
    line_cells(output, event);
    return;
  }
  if (event->line.ptr != NULL && event->line.len > 0) {
    emit_value(output, event->line.ptr, event->line.len);
  } else {
    add_draft(&output->row, event);
    emit_value(output, output->row.ptr, output->row.len);
    op_text_reset(&output->row);
  }
  output->shown++;
  output->given++;
}

/* Ends the list of events. */
void op_lines_end(struct op_output *output) { op_rows_end(output); }

/* ---- the end ----------------------------------------------------------------------------------- */

/* Hands everything on now. A table shows the rows that it has, in the widths of these rows. */
void op_output_flush(struct op_output *output) {
  table_print(output);
  if (output->closed || output->failed != 0)
    return;
  errno = 0;
  if (fflush(output->stream) != 0)
    keep_error(output, errno);
}

/* Has the reader gone? */
bool op_output_closed(const struct op_output *output) { return output->closed; }

/* How much was given to the output. */
uint64_t op_output_rows(const struct op_output *output) { return output->given; }

/* Ends the output and tells what went wrong with it. */
int op_output_finish(struct op_output *output, struct op_error *error) {
  op_output_flush(output);
  if (output->failed == 0)
    return OP_OK;
  const char *code = output->failed == ENOSPC || output->failed == EDQUOT ? "disk_full" : "write_failed";
  return op_fail(error, OP_IO, code, "cannot write the output: %s", strerror(output->failed));
}
