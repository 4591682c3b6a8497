/* placeholder.h - texts with {placeholders}, as the templates of notices in the configuration are written.
 *
 * `{name}` stands for a value, `{{` and `}}` for the braces themselves. The configuration is checked with the same
 * walk that a text is later filled in with, so that nothing is accepted that cannot be filled in. */
#ifndef OP_PLACEHOLDER_H
#define OP_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* The names that may stand in braces, NULL-terminated. */
extern const char *const op_placeholders[];

enum op_piece_kind {
  OP_PIECE_END,
  OP_PIECE_TEXT,
  OP_PIECE_PLACEHOLDER, /* of any name */
  OP_PIECE_WRONG,       /* a brace that opens or closes nothing */
};

/* A part of a text, borrowed from it: the text itself, or the name without its braces. */
struct op_piece {
  enum op_piece_kind kind;
  const char *ptr;
  size_t len;
};

/* The next piece; *at goes behind it. */
struct op_piece op_piece_next(const char **at);

/* Which of op_placeholders the piece is; -1: none. */
int op_placeholder_index(const struct op_piece *piece);

/* NULL where the text can be filled in, else what is wanted instead, written into buf: known placeholders, braces in
 * pairs, no control characters but tabs and, unless it is to be `one_line`, line breaks. */
const char *op_template_wrong(const char *text, bool one_line, char *buf, size_t size);

#endif
