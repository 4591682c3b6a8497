/* input.c - NDJSON into new events: strict, whole, and with `data` in the writer's own words.
 *
 * A line is an object with type, tags, data, id, correlation, causation and time, of which only type is required. What
 * the journal adds to a line (seq, crc, durable, format) is let through and ignored, so that what one store gives,
 * another takes. Any other member is refused: a misspelt `corelation` would be lost in silence.
 *
 * jansson says whether the line is JSON, and decodes strings. `data` is not taken from its tree but cut out of the
 * line's own text, because a tree rounds: numbers beyond 64 bits and decimals come through as they were written. */
#include "input.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

/* More than this never fits one commit, whatever it is. */
#define MAX_INPUT (2 * (size_t)EVS_MAX_COMMIT)

/* Exit 65 for one member of one line. */
static int bad_member(struct op_error *error, size_t line, const char *member, const char *what) {
  op_fail(error, OP_DATA, "bad_line", "line %zu: '%s' %s", line, member, what);
  op_error_number(error, "line", (int64_t)line);
  op_error_text(error, "member", member);
  return OP_DATA;
}

/* The text of a JSON string; NULL where it is no string, or holds a NUL character. */
static const char *plain_string(const json_t *value) {
  const char *text = json_string_value(value);
  return text && strlen(text) == json_string_length(value) ? text : NULL;
}

/* Copies JSON without the white space between its tokens. */
static void compact(const char *json, size_t len, struct op_text *text) {
  bool in_string = false;
  size_t start = 0;
  for (size_t i = 0; i < len; i++) {
    if (in_string && json[i] == '\\') {
      i++;
    } else if (json[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && (json[i] == ' ' || json[i] == '\t' || json[i] == '\r' || json[i] == '\n')) {
      op_text_add(text, json + start, i - start);
      start = i + 1;
    }
  }
  op_text_add(text, json + start, len - start);
}

/* Member tags: an array of strings. */
static int take_tags(struct input_line *line, const json_t *value, evs_new_event *event, struct op_error *error) {
  if (!json_is_array(value))
    return bad_member(error, line->number, "tags", "must be an array of strings");
  event->tag_count = json_array_size(value);
  line->tags = calloc(event->tag_count + 1, sizeof *line->tags);
  if (!line->tags)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  for (size_t i = 0; i < event->tag_count; i++)
    if (!(line->tags[i] = plain_string(json_array_get(value, i))) || !word_is_tag(line->tags[i]))
      return bad_member(error, line->number, "tags", "must be strings of the form NAME:VALUE");
  event->tags = line->tags;
  return OP_OK;
}

/* A member of which the text itself counts: data or causation. */
static int take_raw(struct input_line *line, const char *key, evs_new_event *event, struct op_error *error) {
  evs_slice raw;
  if (!evs_json_find((evs_slice){line->text.ptr, line->text.len}, key, &raw))
    return bad_member(error, line->number, key, "must be written without escapes");
  if (strcmp(key, "data") == 0) {
    if (raw.ptr[0] != '{')
      return bad_member(error, line->number, key, "must be an object");
    event->data = raw.ptr;
    event->data_len = raw.len;
    return OP_OK;
  }
  int64_t number = 0;
  if (!evs_json_int(raw, &number) || number < 1)
    return bad_member(error, line->number, key, "must be a position (a whole number above 0) or null");
  event->causation = (uint64_t)number;
  return OP_OK;
}

/* Member time. */
static int take_time(struct input_line *line, const json_t *value, evs_new_event *event, struct op_error *error) {
  const char *text = plain_string(value);
  if (!text || !evs_time_parse(text, strlen(text), &event->time_us))
    return bad_member(error, line->number, "time", "must be a time as in RFC 3339");
  return OP_OK;
}

/* Puts one member of a line into its event. */
static int take_member(struct input_line *line, const char *key, const json_t *value, evs_new_event *event,
                       struct op_error *error) {
  static const char *const ignored[] = {"seq", "crc", "durable", "format"};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
    if (strcmp(key, ignored[i]) == 0)
      return OP_OK;
  if (strcmp(key, "tags") == 0)
    return take_tags(line, value, event, error);
  if (strcmp(key, "data") == 0)
    return take_raw(line, key, event, error);
  if (strcmp(key, "causation") == 0)
    return json_is_null(value) ? OP_OK : take_raw(line, key, event, error);
  if (strcmp(key, "time") == 0)
    return take_time(line, value, event, error);
  const char **string = strcmp(key, "type") == 0          ? &event->type
                        : strcmp(key, "id") == 0          ? &event->id
                        : strcmp(key, "correlation") == 0 ? &event->correlation
                                                          : NULL;
  if (!string)
    return bad_member(error, line->number, key, "is no member of an event");
  if (json_is_null(value) && string == &event->correlation)
    return OP_OK;
  *string = plain_string(value);
  if (!*string || !(string == &event->type ? word_is_type(*string) : word_is_id(*string)))
    return bad_member(error, line->number, key, "must be a short string without control characters");
  return OP_OK;
}

/* Makes room for one more event. */
static int grow(struct input *input, struct op_error *error) {
  if (input->count < input->size)
    return OP_OK;
  size_t size = input->size ? 2 * input->size : 64;
  struct input_line *lines = realloc(input->lines, size * sizeof *lines);
  if (lines)
    input->lines = lines;
  evs_new_event *events = realloc(input->events, size * sizeof *events);
  if (events)
    input->events = events;
  if (!lines || !events)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  input->size = size;
  return OP_OK;
}

/* One line into one event. */
static int take_line(struct input *input, const char *bytes, size_t len, size_t number, const char *correlation,
                     struct op_error *error) {
  int rc = grow(input, error);
  if (rc)
    return rc;
  struct input_line *line = &input->lines[input->count];
  evs_new_event *event = &input->events[input->count];
  *line = (struct input_line){.number = number};
  *event = (evs_new_event){.correlation = correlation};
  input->count++;
  json_error_t why = {.text = "a NUL byte"}; /* jansson passes over one that follows a number */
  if (!memchr(bytes, '\0', len))
    line->root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &why);
  if (!json_is_object(line->root)) {
    op_fail(error, OP_DATA, "bad_line", "line %zu: %s", number, line->root ? "an object is expected" : why.text);
    op_error_number(error, "line", (int64_t)number);
    return OP_DATA;
  }
  compact(bytes, len, &line->text);
  const char *key;
  json_t *value;
  json_object_foreach(line->root, key, value) {
    rc = take_member(line, key, value, event, error);
    if (rc)
      return rc;
  }
  return event->type ? OP_OK : bad_member(error, number, "type", "is missing");
}

/* Reads the whole stream. */
static int slurp(FILE *stream, struct op_text *text, struct op_error *error) {
  char chunk[65536];
  size_t got = 0;
  while ((got = fread(chunk, 1, sizeof chunk, stream)) > 0) {
    if (text->len + got > MAX_INPUT)
      return op_fail(error, OP_DATA, "too_large", "the input is too large for one commit (%u MiB)",
                     EVS_MAX_COMMIT >> 20);
    op_text_add(text, chunk, got);
  }
  if (ferror(stream))
    return op_fail(error, OP_IO, "io_error", "cannot read the standard input");
  return OP_OK;
}

/* Reads all events of the stream. */
int input_read(FILE *stream, const char *correlation, struct input *ret_input, struct op_error *error) {
  *ret_input = (struct input){0};
  struct op_text text = {0};
  int rc = slurp(stream, &text, error);
  size_t number = 0;
  for (size_t at = 0; !rc && at < text.len;) {
    const char *start = text.ptr + at;
    const char *newline = memchr(start, '\n', text.len - at);
    size_t len = newline ? (size_t)(newline - start) : text.len - at;
    number++;
    at += len + 1;
    bool blank = true;
    for (size_t i = 0; blank && i < len; i++)
      blank = strchr(" \t\r", start[i]) && start[i];
    if (!blank)
      rc = take_line(ret_input, start, len, number, correlation, error);
  }
  op_text_free(&text);
  return rc;
}

/* Frees the events and what they borrow from. */
void input_free(struct input *input) {
  for (size_t i = 0; i < input->count; i++) {
    json_decref(input->lines[i].root);
    op_text_free(&input->lines[i].text);
    free(input->lines[i].tags);
  }
  free(input->lines);
  free(input->events);
  *input = (struct input){0};
}
