/* placeholder.c - cuts a text at its placeholders.
 *
 * Invariants: the pieces of a text cover all of it, in order; a piece that is not the end is not empty but for the name
 * in `{}`, which is no name that anybody knows. Raises nothing. */
#include "placeholder.h"

#include "app.h"

#include <string.h>

const char *const op_placeholders[] = {"reservationId", "musicalName",  "seats",      "amount",  "currency",
                                       "reason",        "customerName", "customerId", "offerId", "until",
                                       "branchName",    "fulfil",       "distanceKm", NULL};

/* The next piece. */
struct op_piece op_piece_next(const char **at) {
  const char *start = *at;
  if (*start == '\0')
    return (struct op_piece){OP_PIECE_END, start, 0};
  size_t plain = strcspn(start, "{}");
  if (plain > 0) {
    *at = start + plain;
    return (struct op_piece){OP_PIECE_TEXT, start, plain};
  }
  if (start[1] == start[0]) {
    *at = start + 2;
    return (struct op_piece){OP_PIECE_TEXT, start, 1};
  }
  size_t name = strcspn(start + 1, "{}");
  if (*start == '}' || start[1 + name] != '}') {
    *at = start + 1;
    return (struct op_piece){OP_PIECE_WRONG, start, 1};
  }
  *at = start + name + 2;
  return (struct op_piece){OP_PIECE_PLACEHOLDER, start + 1, name};
}

/* Which placeholder it is. */
int op_placeholder_index(const struct op_piece *piece) {
  for (int i = 0; op_placeholders[i] != NULL; i++)
    if (strlen(op_placeholders[i]) == piece->len && memcmp(op_placeholders[i], piece->ptr, piece->len) == 0)
      return i;
  return -1;
}

/* Does the text hold a control character that it must not hold? */
static bool has_control(const char *text, bool one_line) {
  size_t len = strlen(text), length = 1;
  uint32_t point = 0;
  for (size_t at = 0; at < len && length > 0; at += length) {
    length = op_utf8_decode(text + at, len - at, &point);
    if (op_is_control(point) && (one_line || (point != '\n' && point != '\t')))
      return true;
  }
  return false;
}

/* Names the placeholder that was meant, else all of them. */
static const char *unknown(const struct op_piece *piece, char *buf, size_t size) {
  char name[64];
  snprintf(name, sizeof name, "%.*s", (int)(piece->len < 60 ? piece->len : 60), piece->ptr);
  struct op_suggestion suggestion = {.word = name};
  for (size_t i = 0; op_placeholders[i] != NULL; i++)
    op_suggest(&suggestion, op_placeholders[i]);
  if (suggestion.best != NULL) {
    snprintf(buf, size, "{%s} is no placeholder, did you mean {%s}?", name, suggestion.best);
    return buf;
  }
  size_t used = (size_t)snprintf(buf, size, "{%s} is no placeholder; there are", name);
  for (size_t i = 0; op_placeholders[i] != NULL && used < size; i++)
    used += (size_t)snprintf(buf + used, size - used, "%s {%s}", i == 0 ? "" : ",", op_placeholders[i]);
  return buf;
}

/* What is wrong with a text. */
const char *op_template_wrong(const char *text, bool one_line, char *buf, size_t size) {
  struct op_piece piece;
  if (has_control(text, one_line))
    return one_line ? "one line without control characters is wanted here"
                    : "a text without control characters is wanted here";
  for (const char *at = text; (piece = op_piece_next(&at)).kind != OP_PIECE_END;) {
    if (piece.kind == OP_PIECE_WRONG)
      return "a brace stands alone; write {{ or }} for the brace itself";
    if (piece.kind == OP_PIECE_PLACEHOLDER && op_placeholder_index(&piece) < 0)
      return unknown(&piece, buf, size);
  }
  return NULL;
}
