/* input.h - events from NDJSON, all of them checked before any is appended. */
#ifndef JOURNAL_INPUT_H
#define JOURNAL_INPUT_H

#include "output.h"

#include <evstore.h>
#include <jansson.h>
#include <stdio.h>

/* What the strings of one event are borrowed from. */
struct input_line {
  size_t number;       /* 1-based line of the input */
  json_t *root;        /* the line as a tree: its strings */
  struct op_text text; /* the line without white space: its data, in the writer's own words */
  const char **tags;
};

struct input {
  struct input_line *lines;
  evs_new_event *events; /* count of them, borrowed from lines */
  size_t count, size;
};

/* Reads events to the end of the stream. `correlation` (or NULL) is that of events that name none. Blank lines are
 * passed over. Exit 65: bad_line with the line, and the member where there is one; too_large. */
int input_read(FILE *stream, const char *correlation, struct input *ret_input, struct op_error *error);
void input_free(struct input *input);

#endif
