/* error.c - an op_error is filled once, is one clean line, and is printed by nobody here.
 *
 * What a user typed may hold newlines, terminal escapes or bytes that are no UTF-8; it enters messages and figures only
 * through op_clean(), so that one error stays one line and cannot move anybody's cursor. Nothing here allocates: the
 * error that memory ran out is told the same way as any other. */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How many bytes the lead byte announces; 0: it is none. */
static size_t announced_length(unsigned char lead) {
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return 2;
  if (lead >= 0xE0 && lead <= 0xEF)
    return 3;
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

/* Decodes one character; what is valid is evs_utf8_valid()'s to say. */
size_t op_utf8_decode(const char *text, size_t len, uint32_t *ret_point) {
  unsigned char lead = (unsigned char)text[0];
  size_t length = announced_length(lead);
  if (length == 0 || length > len || !evs_utf8_valid(text, length))
    return 0;
  uint32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; i++)
    point = (point << 6) | ((unsigned char)text[i] & 0x3Fu);
  *ret_point = point;
  return length;
}

/* C0, DEL, C1, the line and paragraph separators, and the overrides of direction. */
bool op_is_control(uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x2028 || point == 0x2029 ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

/* Where op_clean() writes: `length` counts everything, `used` what fitted. */
struct clean {
  char *buf;
  size_t size, length, used;
  bool full;
};

/* Adds a piece whole or not at all, so that the cut never halves a character. */
static void clean_add(struct clean *clean, const char *piece, size_t len) {
  clean->length += len;
  if (clean->full || clean->used + len >= clean->size) {
    clean->full = true;
    return;
  }
  memcpy(clean->buf + clean->used, piece, len);
  clean->used += len;
}

/* Adds bytes as \n, \t, \r or \xNN. */
static void clean_escape(struct clean *clean, const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    char escaped[8];
    if (bytes[i] == '\n' || bytes[i] == '\t' || bytes[i] == '\r')
      snprintf(escaped, sizeof escaped, "\\%c", bytes[i] == '\n' ? 'n' : bytes[i] == '\t' ? 't' : 'r');
    else
      snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned)(unsigned char)bytes[i]);
    clean_add(clean, escaped, strlen(escaped));
  }
}

/* Copies text as one harmless line. */
size_t op_clean(const char *text, size_t len, char *buf, size_t size) {
  struct clean clean = {buf, size, 0, 0, size == 0};
  for (size_t at = 0; at < len;) {
    uint32_t point = 0;
    size_t length = op_utf8_decode(text + at, len - at, &point);
    if (length == 0 || op_is_control(point))
      clean_escape(&clean, text + at, length == 0 ? 1 : length);
    else
      clean_add(&clean, text + at, length);
    at += length == 0 ? 1 : length;
  }
  if (size > 0)
    buf[clean.used] = '\0';
  return clean.length;
}

/* Fills the error; a message that does not fit ends with "...". */
int op_fail(struct op_error *error, int exit_code, const char *code, const char *format, ...) {
  char raw[4096];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(raw, sizeof raw, format, arguments);
  va_end(arguments);

  error->exit_code = exit_code;
  error->code = code;
  error->store_code = 0;
  error->figure_count = 0;
  static const char dots[] = "...";
  size_t room = sizeof error->message - (sizeof dots - 1);
  if (op_clean(raw, strlen(raw), error->message, room) >= room)
    memcpy(error->message + strlen(error->message), dots, sizeof dots);
  return exit_code;
}

/* The next free figure, or NULL: figures beyond the bound are left out, the message has said it. */
static struct op_figure *figure_add(struct op_error *error, const char *name) {
  if (error->figure_count >= OP_MAX_FIGURES)
    return NULL;
  struct op_figure *figure = &error->figures[error->figure_count++];
  *figure = (struct op_figure){.name = name};
  return figure;
}

/* Adds a number to a filled error. */
void op_error_number(struct op_error *error, const char *name, int64_t number) {
  struct op_figure *figure = figure_add(error, name);
  if (figure != NULL)
    figure->number = number;
}

/* Adds a short text to a filled error; an empty one says nothing and is left out. */
void op_error_text(struct op_error *error, const char *name, const char *text) {
  if (text == NULL || text[0] == '\0')
    return;
  struct op_figure *figure = figure_add(error, name);
  if (figure != NULL)
    op_clean(text, strlen(text), figure->text, sizeof figure->text);
}

/* One row of the mapping from libevstore to sysexits. */
struct mapping {
  int code, exit_code;
  const char *word;
};

/* What a result of libevstore means to a script. */
static const struct mapping *find_mapping(int code) {
  static const struct mapping mappings[] = {
      {EVS_CONFLICT, OP_REFUSED, "conflict"},
      {EVS_INVALID, OP_DATA, "invalid"},
      {EVS_NO_STORE, OP_NOINPUT, "no_store"},
      {EVS_CORRUPT, OP_IO, "corrupt_journal"},
      {EVS_FUTURE, OP_CONFIG, "unknown_format"},
      {EOPNOTSUPP, OP_CONFIG, "unsupported_filesystem"},
      {EVS_BUSY, OP_TEMPORARY, "busy"},
      {EVS_TIMEOUT, OP_TEMPORARY, "timeout"},
      {EVS_LOST, OP_IO, "lost"},
      {EVS_BEYOND, OP_IO, "offset_beyond_head"},
      {ENOSPC, OP_IO, "disk_full"},
      {EDQUOT, OP_IO, "disk_full"},
      {EACCES, OP_NOPERM, "no_permission"},
      {EPERM, OP_NOPERM, "no_permission"},
      {EROFS, OP_NOPERM, "no_permission"},
      {ENOENT, OP_CANTCREATE, "cannot_create"},
      {ENOTDIR, OP_CANTCREATE, "cannot_create"},
      {EEXIST, OP_CANTCREATE, "cannot_create"},
      {EINTR, OP_TEMPORARY, "interrupted"},
      {ENOMEM, OP_TEMPORARY, "out_of_memory"},
  };
  for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++)
    if (mappings[i].code == code)
      return &mappings[i];
  static const struct mapping other_errno = {0, OP_IO, "io_error"};
  static const struct mapping bug = {0, OP_SOFTWARE, "internal"};
  return code > 0 ? &other_errno : &bug;
}

/* Tells what the library said, with its place, in the words and exit codes of the contract. */
int op_fail_store(struct op_error *error, int code, const evs_error *store_error) {
  const struct mapping *mapping = find_mapping(code);
  const char *message = store_error != NULL && store_error->message[0] != '\0' ? store_error->message
                        : code > 0                                             ? strerror(code)
                                                                               : evs_code_name(code);
  const char *file = store_error != NULL ? store_error->file : "";
  uint64_t line = store_error != NULL ? store_error->line : 0;
  if (file[0] == '\0' || strstr(message, file) != NULL)
    op_fail(error, mapping->exit_code, mapping->word, "%s", message);
  else if (line == 0)
    op_fail(error, mapping->exit_code, mapping->word, "%s: %s", file, message);
  else
    op_fail(error, mapping->exit_code, mapping->word, "%s, line %llu, byte %llu: %s", file, (unsigned long long)line,
            (unsigned long long)store_error->byte, message);
  error->store_code = code;
  op_error_text(error, "file", file);
  if (line != 0) {
    op_error_number(error, "line", (int64_t)line);
    op_error_number(error, "byte", (int64_t)store_error->byte);
  }
  if (store_error != NULL && store_error->position != 0)
    op_error_number(error, "position", (int64_t)store_error->position);
  return mapping->exit_code;
}
