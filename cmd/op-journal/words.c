/* words.c - the limits of evstore.h for the strings of an envelope. */
#include "words.h"

#include <string.h>

/* UTF-8 without control characters, 1 to `max` bytes. */
static bool plain(const char *text, size_t max) {
  size_t len = strnlen(text, max + 1);
  if (len == 0 || len > max || !evs_utf8_valid(text, len))
    return false;
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
      return false;
  return true;
}

/* Can this be a type? */
bool word_is_type(const char *text) { return plain(text, EVS_MAX_TYPE) && !strpbrk(text, " ,\"\\"); }

/* Can this be a tag? */
bool word_is_tag(const char *text) {
  const char *colon = strchr(text, ':');
  return plain(text, EVS_MAX_TAG) && colon && colon != text && colon[1];
}

/* Can this be an id or a correlation? */
bool word_is_id(const char *text) { return plain(text, EVS_MAX_ID); }
