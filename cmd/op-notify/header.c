/* header.c - header fields: cleaned, encoded, quoted, folded.
 *
 * Invariants: the only line breaks are those of the folding, and each is followed by a space and then by something
 * else, so that no value can begin a field or a body of its own; an encoded word holds whole characters and has at most
 * 75 columns; an ASCII value that looks like an encoded word is encoded itself, so that it is shown as it is. Raises
 * nothing. */
#include "header.h"

#include "base64.h"

#include <string.h>

#define FOLD_AT 76u    /* columns of a line, RFC 2047 and 5322 */
#define AROUND 12u     /* =?UTF-8?B? and ?= */
#define LONGEST 45u    /* bytes in an encoded word: 60 characters and what is around them */
#define LONG_WORD 500u /* bytes that stand together at most, far from the 998 of a line */

/* A field in the making. */
struct field {
  struct op_text *message;
  size_t line; /* where its current line begins */
  bool begun;  /* something but spaces stands on that line behind the name */
};

/* Begins a field. */
static struct field begin(struct op_text *message, const char *name) {
  struct field field = {.message = message, .line = message->len};
  op_text_addf(message, "%s: ", name);
  return field;
}

/* Columns of the current line; a byte counts as one. */
static size_t column(const struct field *field) { return field->message->len - field->line; }

/* Goes on in a new line. The space belongs to the value or stands between two words. */
static void fold(struct field *field) {
  op_text_adds(field->message, "\n");
  field->line = field->message->len;
  field->begun = false;
  op_text_adds(field->message, " ");
}

/* Adds text as it is, folded at its spaces; several of them in a row are one. */
static void add_folded(struct field *field, const char *text) {
  for (const char *at = text; *at != '\0';) {
    size_t spaces = strspn(at, " "), word = strcspn(at + spaces, " ");
    if (spaces > 0 && word > 0 && field->begun && column(field) + 1 + word > FOLD_AT)
      fold(field);
    else if (spaces > 0)
      op_text_adds(field->message, " ");
    op_text_add(field->message, at + spaces, word);
    field->begun |= word > 0;
    at += spaces + word;
  }
}

/* How many bytes of whole characters go into an encoded word, at least one character and at most `room` bytes. */
static size_t whole_characters(const char *text, size_t len, size_t room) {
  size_t taken = 0;
  uint32_t point = 0;
  while (taken < len) {
    size_t length = op_utf8_decode(text + taken, len - taken, &point);
    if (length == 0 || (taken > 0 && taken + length > room))
      break;
    taken += length;
  }
  return taken > 0 ? taken : len; /* cleaned text always decodes */
}

/* Adds text as encoded words. */
static void add_encoded(struct field *field, const char *text) {
  size_t len = strlen(text);
  while (len > 0) {
    if (column(field) + AROUND + 8 > FOLD_AT)
      fold(field);
    size_t room = (FOLD_AT - AROUND - column(field)) / 4 * 3;
    size_t taken = whole_characters(text, len, room < LONGEST ? room : LONGEST);
    op_text_adds(field->message, "=?UTF-8?B?");
    base64_add(field->message, text, taken);
    op_text_adds(field->message, "?=");
    field->begun = true;
    text += taken;
    len -= taken;
    if (len > 0)
      fold(field);
  }
}

/* Can this not stand in a header as it is? */
static bool needs_encoding(const char *text, bool ascii) {
  size_t together = 0;
  for (const char *at = text; *at != '\0'; at++) {
    together = *at == ' ' ? 0 : together + 1;
    if (together > LONG_WORD || (ascii && (unsigned char)*at >= 0x80))
      return true;
  }
  return strstr(text, "=?") != NULL;
}

/* Adds what is harmless of a value. */
void header_clean(struct op_text *text, const char *value) {
  size_t len = strlen(value);
  uint32_t point = 0;
  op_text_add(text, "", 0);
  for (size_t at = 0; at < len;) {
    size_t length = op_utf8_decode(value + at, len - at, &point);
    if (length > 0 && !op_is_control(point))
      op_text_add(text, value + at, length);
    at += length > 0 ? length : 1;
  }
}

/* Adds a field of free text. */
void header_text(struct op_text *message, bool ascii, const char *name, const char *value) {
  struct field field = begin(message, name);
  struct op_text clean = {0};
  header_clean(&clean, value);
  if (needs_encoding(clean.ptr, ascii))
    add_encoded(&field, clean.ptr);
  else
    add_folded(&field, clean.ptr);
  op_text_adds(message, "\n");
  op_text_free(&clean);
}

/* Adds a display name: as encoded words, in quotes, or as it is. */
static void add_display(struct field *field, bool ascii, const char *display) {
  if (needs_encoding(display, ascii)) {
    add_encoded(field, display);
    return;
  }
  if (strpbrk(display, "\"(),:;<>[]\\@.") == NULL) {
    add_folded(field, display);
    return;
  }
  struct op_text quoted = {0};
  op_text_adds(&quoted, "\"");
  for (const char *at = display; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      op_text_adds(&quoted, "\\");
    op_text_add(&quoted, at, 1);
  }
  op_text_adds(&quoted, "\"");
  add_folded(field, quoted.ptr);
  op_text_free(&quoted);
}

/* Adds a field of one mailbox. */
void header_mailbox(struct op_text *message, bool ascii, const char *name, const char *display, const char *email) {
  struct field field = begin(message, name);
  struct op_text clean = {0}, address = {0};
  header_clean(&clean, display);
  header_clean(&address, email);
  bool named = strspn(clean.ptr, " ") < clean.len;
  if (named) {
    add_display(&field, ascii, clean.ptr);
    if (column(&field) + address.len + 3 > FOLD_AT)
      fold(&field);
    else
      op_text_adds(message, " ");
  }
  op_text_addf(message, named ? "<%s>\n" : "%s\n", address.ptr);
  op_text_free(&clean);
  op_text_free(&address);
}
