/* buf.c - a growing buffer of bytes. Doubling, so that n additions cost O(n); freed by evs__buf_free(). */
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int evs__buf_reserve(struct evs__buf *buf, size_t more) {
  if (buf->size - buf->len >= more)
    return 0;
  size_t size = buf->size ? buf->size : 256;
  while (size - buf->len < more)
    size *= 2;
  char *ptr = realloc(buf->ptr, size);
  if (!ptr)
    return ENOMEM;
  buf->ptr = ptr;
  buf->size = size;
  return 0;
}

int evs__buf_add(struct evs__buf *buf, const void *bytes, size_t len) {
  if (len == 0)
    return 0;
  if (evs__buf_reserve(buf, len))
    return ENOMEM;
  memcpy(buf->ptr + buf->len, bytes, len);
  buf->len += len;
  return 0;
}

int evs__buf_add_u64(struct evs__buf *buf, uint64_t number) {
  char digits[20];
  size_t at = sizeof digits;
  do
    digits[--at] = (char)('0' + number % 10);
  while (number /= 10);
  return evs__buf_add(buf, digits + at, sizeof digits - at);
}

int evs__buf_add_escaped(struct evs__buf *buf, const char *text, size_t len) {
  if (evs__buf_reserve(buf, 6 * len + 1)) /* the longest escape is six bytes; one more for the NUL */
    return ENOMEM;
  buf->len += evs_json_escape(text, len, buf->ptr + buf->len, buf->size - buf->len);
  return 0;
}

void evs__buf_free(struct evs__buf *buf) {
  free(buf->ptr);
  *buf = (struct evs__buf){0};
}
