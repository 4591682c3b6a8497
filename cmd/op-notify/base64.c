/* base64.c - see base64.h.
 *
 * Invariant: what is added are letters, digits, + / and = alone, so it can stand in a header and in a body. Raises
 * nothing. */
#include "base64.h"

/* Adds three bytes, or the one or two that are left, as four characters. */
static void add_group(struct op_text *text, const unsigned char *bytes, size_t len) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint32_t group =
      (uint32_t)bytes[0] << 16 | (len > 1 ? (uint32_t)bytes[1] << 8 : 0) | (len > 2 ? (uint32_t)bytes[2] : 0);
  char characters[4];
  for (size_t i = 0; i < sizeof characters; i++)
    characters[i] = i <= len ? alphabet[group >> (18 - 6 * i) & 63] : '=';
  op_text_add(text, characters, sizeof characters);
}

/* Adds the bytes. */
void base64_add(struct op_text *text, const char *bytes, size_t len) {
  for (size_t at = 0; at < len; at += 3)
    add_group(text, (const unsigned char *)bytes + at, len - at < 3 ? len - at : 3);
}
