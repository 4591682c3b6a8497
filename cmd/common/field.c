/* field.c - members of an event's data and words of its envelope, read in place and bound to SQL.
 *
 * The journal takes events from anyone, so every reader here has an answer for what is missing or of another kind:
 * the fallback, the empty text, NULL. A whole number stands for its digits where a text is wanted (an id written as 7
 * is the id "7"). A text with a NUL inside counts as absent, since C would see another text than SQL. No JSON tree is
 * built. Errors: none; what SQLite refuses to bind (no memory) is told when the statement is stepped. */
#include "model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A whole number, or the fallback. */
int64_t op_field_number(const evs_event *event, const char *key, int64_t fallback) {
  evs_slice value;
  int64_t number = 0;
  return evs_json_find(event->data, key, &value) && evs_json_int(value, &number) ? number : fallback;
}

/* A text that fits, or nothing. */
bool op_field_text(const evs_event *event, const char *key, char *buf, size_t size) {
  evs_slice value;
  int64_t number = 0;
  buf[0] = '\0';
  if (!evs_json_find(event->data, key, &value) || value.len == 0)
    return false;
  size_t len = 0;
  if (value.ptr[0] == '"')
    len = evs_json_unescape(value, buf, size);
  else if (evs_json_int(value, &number))
    len = (size_t)snprintf(buf, size, "%" PRId64, number);
  else
    return false;
  if (len < size && strlen(buf) == len)
    return true;
  buf[0] = '\0';
  return false;
}

/* A number as it is written, or nothing. */
bool op_field_decimal(const evs_event *event, const char *key, char *buf, size_t size) {
  evs_slice value;
  buf[0] = '\0';
  if (!evs_json_find(event->data, key, &value) || value.len == 0 || value.len >= size ||
      (value.ptr[0] != '-' && (value.ptr[0] < '0' || value.ptr[0] > '9')))
    return false;
  memcpy(buf, value.ptr, value.len);
  buf[value.len] = '\0';
  return true;
}

/* A time, or the fallback. */
int64_t op_field_time(const evs_event *event, const char *key, int64_t fallback) {
  char text[64];
  int64_t time_us = 0;
  return op_field_text(event, key, text, sizeof text) && evs_time_parse(text, strlen(text), &time_us) ? time_us
                                                                                                      : fallback;
}

/* Binds the decoded text of a JSON string, with or without its quotes. */
static void bind_string(sqlite3_stmt *statement, int index, evs_slice value) {
  char small[256];
  size_t len = evs_json_unescape(value, small, sizeof small);
  char *text = small;
  if (len >= sizeof small) {
    text = malloc(len + 1);
    if (text == NULL)
      return; /* stays NULL; the next step of SQLite will hardly find memory either */
    evs_json_unescape(value, text, len + 1);
  }
  if (memchr(text, '\0', len) == NULL)
    sqlite3_bind_text64(statement, index, text, len, SQLITE_TRANSIENT, SQLITE_UTF8);
  if (text != small)
    free(text);
}

/* A member of data: a text, a whole number, or NULL for all else. */
void op_bind_field(sqlite3_stmt *statement, int index, const evs_event *event, const char *key) {
  evs_slice value;
  int64_t number = 0;
  sqlite3_bind_null(statement, index);
  if (!evs_json_find(event->data, key, &value) || value.len == 0)
    return;
  if (value.ptr[0] == '"')
    bind_string(statement, index, value);
  else if (evs_json_int(value, &number))
    sqlite3_bind_int64(statement, index, number);
}

/* A string of the envelope, or NULL. */
void op_bind_slice(sqlite3_stmt *statement, int index, evs_slice inside) {
  sqlite3_bind_null(statement, index);
  if (inside.ptr != NULL)
    bind_string(statement, index, inside);
}

/* A text column into a buffer. */
void op_column_text(sqlite3_stmt *row, int column, char *buf, size_t size) {
  const unsigned char *text = sqlite3_column_text(row, column);
  size_t len = text != NULL ? (size_t)sqlite3_column_bytes(row, column) : 0;
  if (len >= size)
    len = size - 1;
  if (text != NULL && len > 0)
    memcpy(buf, text, len);
  buf[len] = '\0';
}

/* Binds a text or NULL. */
void op_bind_text(sqlite3_stmt *statement, int index, const char *text) {
  if (text == NULL || text[0] == '\0')
    sqlite3_bind_null(statement, index);
  else
    sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}
