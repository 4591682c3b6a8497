/* json_writer.c - growing text, and flat JSON objects written into it.
 *
 * Used for event data, rows and errors: everything that the commands themselves put together. What comes from outside
 * is read by jansson or in place by libevstore, never by this file. Strings are escaped by evs_json_escape(), the one
 * form of the journal, so that equal values give equal bytes; bytes that are no UTF-8 (a file name in an error) become
 * U+FFFD. Running out of memory is said in one line and ends the process with 75: nothing was acknowledged yet. */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Says it and ends. */
static void out_of_memory(void) {
  fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
  exit(OP_TEMPORARY);
}

/* Makes room for `more` bytes and the NUL behind them. */
static void reserve(struct op_text *text, size_t more) {
  if (more >= SIZE_MAX - text->len - 1)
    out_of_memory();
  size_t wanted = text->len + more + 1;
  if (wanted <= text->size)
    return;
  size_t size = text->size < 64 ? 64 : text->size;
  while (size < wanted)
    size = size > SIZE_MAX / 2 ? wanted : size * 2;
  char *ptr = realloc(text->ptr, size);
  if (ptr == NULL)
    out_of_memory();
  text->ptr = ptr;
  text->size = size;
}

/* Adds bytes. */
void op_text_add(struct op_text *text, const char *bytes, size_t len) {
  reserve(text, len);
  if (len > 0)
    memcpy(text->ptr + text->len, bytes, len);
  text->len += len;
  text->ptr[text->len] = '\0';
}

/* Adds a string. */
void op_text_adds(struct op_text *text, const char *string) { op_text_add(text, string, strlen(string)); }

/* Adds formatted text. */
void op_text_addf(struct op_text *text, const char *format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(NULL, 0, format, arguments);
  if (length > 0) {
    reserve(text, (size_t)length);
    vsnprintf(text->ptr + text->len, (size_t)length + 1, format, again);
    text->len += (size_t)length;
  }
  va_end(again);
  va_end(arguments);
}

/* Empties the text and keeps its memory. */
void op_text_reset(struct op_text *text) {
  text->len = 0;
  if (text->ptr != NULL)
    text->ptr[0] = '\0';
}

/* Gives the memory back; the text may be used again. */
void op_text_free(struct op_text *text) {
  free(text->ptr);
  *text = (struct op_text){0};
}

/* Adds valid UTF-8 in its JSON form. */
static void add_escaped(struct op_text *text, const char *value, size_t len) {
  reserve(text, 6 * len); /* the longest escape */
  text->len += evs_json_escape(value, len, text->ptr + text->len, 6 * len + 1);
}

/* Adds any bytes in their JSON form, piece by piece where they are no UTF-8. */
static void add_string(struct op_text *text, const char *value) {
  size_t len = strlen(value);
  reserve(text, 6 * len + 2);
  text->ptr[text->len++] = '"';
  if (evs_utf8_valid(value, len)) {
    add_escaped(text, value, len);
  } else {
    for (size_t at = 0; at < len;) {
      uint32_t point = 0;
      size_t length = op_utf8_decode(value + at, len - at, &point);
      if (length == 0)
        op_text_adds(text, "\xEF\xBF\xBD");
      else
        add_escaped(text, value + at, length);
      at += length == 0 ? 1 : length;
    }
  }
  op_text_add(text, "\"", 1);
}

/* Opens an object. */
void op_json_begin(struct op_text *text) { op_text_add(text, "{", 1); }

/* Adds a member's key, a plain word, after a comma but for the first. */
static void add_key(struct op_text *text, const char *key) {
  size_t len = strlen(key);
  reserve(text, len + 4);
  char *at = text->ptr + text->len;
  if (text->len > 0 && at[-1] != '{')
    *at++ = ',';
  *at++ = '"';
  at = mempcpy(at, key, len);
  *at++ = '"';
  *at++ = ':';
  *at = '\0';
  text->len = (size_t)(at - text->ptr);
}

/* Writes a number in decimal digits, and a NUL. */
char *op_digits(char *at, int64_t number) {
  char digits[20];
  size_t count = 0;
  uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
  do
    digits[count++] = (char)('0' + rest % 10);
  while (rest /= 10);
  if (number < 0)
    *at++ = '-';
  while (count > 0)
    *at++ = digits[--count];
  *at = '\0';
  return at;
}

/* Adds a member: a string, or null. */
void op_json_string(struct op_text *text, const char *key, const char *value) {
  add_key(text, key);
  if (value == NULL)
    op_text_adds(text, "null");
  else
    add_string(text, value);
}

/* Adds a member: a whole number. */
void op_json_number(struct op_text *text, const char *key, int64_t value) {
  add_key(text, key);
  reserve(text, OP_DIGITS);
  text->len = (size_t)(op_digits(text->ptr + text->len, value) - text->ptr);
}

/* Adds a member: true or false. */
void op_json_bool(struct op_text *text, const char *key, bool value) {
  add_key(text, key);
  op_text_adds(text, value ? "true" : "false");
}

/* Adds a member: a time. */
void op_json_time(struct op_text *text, const char *key, int64_t time_us) {
  char time[EVS_TIME_SIZE];
  evs_time_format(time_us, time);
  op_json_string(text, key, time);
}

/* Adds a member whose value is JSON already. */
void op_json_raw(struct op_text *text, const char *key, const char *json) {
  add_key(text, key);
  op_text_adds(text, json);
}

/* Closes the object. */
void op_json_end(struct op_text *text) { op_text_add(text, "}", 1); }
