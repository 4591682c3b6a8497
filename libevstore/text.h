/* text.h - text inside of libevstore: a growing buffer, JSON without trees, CRC-32C, errors. */
#ifndef EVS_TEXT_H
#define EVS_TEXT_H

#include "evstore.h"

#include <string.h>

/* A growing buffer of bytes; zero-initialised is empty. Functions that grow it return 0 or ENOMEM. */
struct evs__buf {
  char *ptr;
  size_t len, size;
};

int evs__buf_reserve(struct evs__buf *buf, size_t more);
int evs__buf_add(struct evs__buf *buf, const void *bytes, size_t len);
/* Inline, so that the length of a literal is known when this is compiled. */
static inline int evs__buf_adds(struct evs__buf *buf, const char *string) {
  return evs__buf_add(buf, string, strlen(string));
}
int evs__buf_add_u64(struct evs__buf *buf, uint64_t number);
/* Adds text as the inside of a canonical JSON string. */
int evs__buf_add_escaped(struct evs__buf *buf, const char *text, size_t len);
void evs__buf_free(struct evs__buf *buf);

/* How many bytes, from the first, stand for themselves in a JSON string and are ASCII: all but `"`, `\\` and control
 * characters below 0x20. */
size_t evs__json_plain(const char *text, size_t len);

/* CRC-32C (Castagnoli) of a text, in hardware where the processor has it. `crc` is 0 to begin with, or
 * the result of what came before. */
uint32_t evs__crc32c(uint32_t crc, const void *bytes, size_t len);

/* Checks that text is one JSON object (RFC 8259, valid UTF-8, at most 64 levels deep) and adds it to out
 * without white space between tokens; members, numbers and strings stay as they are. On failure
 * *ret_why says what is wrong, and *ret_at at which byte. 0, EVS_INVALID or ENOMEM. */
int evs__json_compact(const char *text, size_t len, struct evs__buf *out, const char **ret_why, size_t *ret_at);

/* Fills the nullable error and returns code: `return evs__fail(error, EVS_INVALID, "...", ...)`. */
int evs__fail(evs_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same with the place: file is relative to the store. */
int evs__fail_at(evs_error *error, int code, const char *file, uint64_t line, uint64_t byte, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

#endif
