/* fuzz.h - what all fuzz targets share.
 *
 * A target is one file, fuzz_X.c, that defines LLVMFuzzerTestOneInput(): it gives hostile bytes to one reader of ours
 * and asserts what must hold of the result, beyond "no crash, no leak". mk/fuzz.mk links each target twice: with
 * libFuzzer, which invents inputs (make fuzz), and with replay.c, which runs the ones that were kept (make test, make
 * sanitize):
 *
 *   tests/fuzz/seeds/X/   inputs with a name: examples to start from, and one for every bug that was found
 *   tests/fuzz/corpus/X/  what libFuzzer found worth keeping, minimised (make fuzz-corpus)
 *   tests/fuzz/X.dict     words that it tries, where there is such a file
 *
 * A target keeps no state from one input to the next, so that every input can be run alone. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target. Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, as a finding, unless the condition holds. */
#define FUZZ_CHECK(condition)                                                                                          \
  do {                                                                                                                 \
    if (!(condition))                                                                                                  \
      fuzz_fail(__FILE__, __LINE__, #condition);                                                                       \
  } while (0)

_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/* An input that is taken apart from its front. Beyond its end come zeros. */
struct fuzz_bytes {
  const uint8_t *at;
  size_t left;
};

uint8_t fuzz_byte(struct fuzz_bytes *bytes);
/* Two bytes, the low one first. */
uint16_t fuzz_word(struct fuzz_bytes *bytes);
/* Up to the next byte `end` (which is passed over) or the end, as a string in memory of its own. Holds no NUL. */
char *fuzz_string(struct fuzz_bytes *bytes, char end);

/* A directory in memory where there is such a file system, made at the first call and removed at the end. */
const char *fuzz_directory(void);
/* A path below it, in one of four static buffers. */
const char *fuzz_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Removes a file or a directory with all that is in it; it need not be there. */
void fuzz_remove(const char *path);
/* Makes a file of these bytes, anew. */
void fuzz_save(const char *path, const void *bytes, size_t len);
/* A file that has no name, of these bytes; the caller closes it. */
int fuzz_memory_file(const void *bytes, size_t len);

/* Is this one harmless line of UTF-8, as every message for people must be? */
bool fuzz_is_clean_line(const char *text);

#endif
