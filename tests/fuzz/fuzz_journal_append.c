/* fuzz_journal_append.c - what op-journal append reads: NDJSON of arbitrary bytes, through input_read().
 *
 * A mistake is 65 and names a line that is there. What is accepted the store takes, too (but for what is nested too
 * deep), with `data` byte by byte; and the line that it makes of an event is read as the same event, with white space
 * between its tokens, too. */
#include "fuzz.h"

#include "cmd/op-journal/input.h"
#include "libevstore/line.h"

#include <stdio.h>
#include <string.h>

static bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

/* Reads a text as the command reads its standard input. */
static int read_text(const char *text, size_t len, struct input *input, struct op_error *error) {
  FILE *stream = fmemopen((void *)text, len, "r");
  FUZZ_CHECK(stream != NULL);
  int code = input_read(stream, NULL, input, error);
  fclose(stream);
  return code;
}

/* Is this the event that went in? */
static void check_same(const evs_new_event *in, const evs_new_event *back) {
  FUZZ_CHECK(same_text(in->type, back->type) && same_text(in->correlation, back->correlation));
  FUZZ_CHECK(back->id && (!in->id || strcmp(in->id, back->id) == 0));
  FUZZ_CHECK(in->causation == back->causation && in->tag_count == back->tag_count);
  for (size_t i = 0; i < in->tag_count; i++)
    FUZZ_CHECK(strcmp(in->tags[i], back->tags[i]) == 0);
  evs_slice data = in->data ? (evs_slice){in->data, in->data_len} : (evs_slice){"{}", 2};
  FUZZ_CHECK(data.len == back->data_len && memcmp(data.ptr, back->data, data.len) == 0);
  FUZZ_CHECK(in->time_us == 0 || in->time_us == back->time_us);
}

/* The same JSON with white space wherever it may stand. */
static void add_spaced(struct evs__buf *out, const char *json, size_t len) {
  bool in_string = false;
  for (size_t i = 0; i < len; i++) {
    if (in_string && json[i] == '\\')
      FUZZ_CHECK(evs__buf_add(out, &json[i++], 1) == 0);
    else if (json[i] == '"')
      in_string = !in_string;
    bool token = !in_string && json[i] && strchr("{}[]:,", json[i]);
    FUZZ_CHECK(evs__buf_adds(out, token ? " \t" : "") == 0 && evs__buf_add(out, &json[i], 1) == 0);
    FUZZ_CHECK(evs__buf_adds(out, token ? "\r " : "") == 0);
  }
}

/* Reads one line as the event. */
static void check_line(const evs_new_event *event, const char *line, size_t len) {
  struct input input;
  struct op_error error = {0};
  FUZZ_CHECK(read_text(line, len, &input, &error) == OP_OK && input.count == 1);
  check_same(event, &input.events[0]);
  input_free(&input);
}

/* Makes a line of the event, and reads it. */
static void check_event(const evs_new_event *event, size_t number) {
  const struct evs__stamp stamp = {.seq = number, .first_of_segment = number == 1, .commit_end = true};
  struct evs__buf parts = {0}, out = {0}, spaced = {0};
  struct evs__prepared prepared;
  evs_error refusal = {0};
  int rc = evs__line_prepare(event, number, &(struct evs__preparing){.now_us = 1}, &parts, &prepared, &refusal);
  FUZZ_CHECK(rc == 0 || (rc == EVS_INVALID && strstr(refusal.message, "nested too deep")));
  if (rc == 0) {
    FUZZ_CHECK(evs__line_finish(&parts, &prepared, &stamp, &out, NULL) == 0);
    check_line(event, out.ptr, out.len);
    add_spaced(&spaced, out.ptr, out.len - 1);
    check_line(event, spaced.ptr, spaced.len);
  }
  evs__buf_free(&parts);
  evs__buf_free(&out);
  evs__buf_free(&spaced);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input input;
  struct op_error error = {0};
  size_t lines = 1;
  if (size == 0)
    return 0;
  for (size_t i = 0; i < size; i++)
    lines += data[i] == '\n';
  int code = read_text((const char *)data, size, &input, &error);
  FUZZ_CHECK(code == error.exit_code && (code == OP_OK || code == OP_DATA));
  FUZZ_CHECK(input.count <= lines);
  if (code == OP_OK) {
    for (size_t i = 0; i < input.count; i++)
      check_event(&input.events[i], i + 1);
  } else {
    FUZZ_CHECK(fuzz_is_clean_line(error.message) && strcmp(error.code, "bad_line") == 0);
    FUZZ_CHECK(error.figure_count >= 1 && strcmp(error.figures[0].name, "line") == 0);
    FUZZ_CHECK(error.figures[0].number >= 1 && error.figures[0].number <= (int64_t)lines);
  }
  input_free(&input);
  return 0;
}
