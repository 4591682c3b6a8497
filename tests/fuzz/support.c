/* support.c - see fuzz.h. What fails here is no finding, but ends the process all the same. */
#include "fuzz.h"

#include <evstore.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void fuzz_fail(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  abort();
}

/* ---- inputs ----------------------------------------------------------------------------------------------------- */

uint8_t fuzz_byte(struct fuzz_bytes *bytes) {
  if (bytes->left == 0)
    return 0;
  bytes->left--;
  return *bytes->at++;
}

uint16_t fuzz_word(struct fuzz_bytes *bytes) {
  uint16_t low = fuzz_byte(bytes);
  return (uint16_t)(low | fuzz_byte(bytes) << 8);
}

char *fuzz_string(struct fuzz_bytes *bytes, char end) {
  size_t len = 0;
  while (len < bytes->left && bytes->at[len] != (uint8_t)end && bytes->at[len] != 0)
    len++;
  char *text = calloc(len + 1, 1);
  FUZZ_CHECK(text != NULL);
  if (len > 0)
    memcpy(text, bytes->at, len);
  size_t taken = len + (len < bytes->left);
  bytes->at += taken;
  bytes->left -= taken;
  return text;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static char directory[64];

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
  (void)info, (void)kind, (void)place;
  return remove(path);
}

void fuzz_remove(const char *path) {
  if (nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
    fuzz_fail(path, 0, "it can be removed");
}

/* Removes the directory at the end of the process. */
static void remove_directory(void) { fuzz_remove(directory); }

const char *fuzz_directory(void) {
  if (directory[0] != '\0')
    return directory;
  snprintf(directory, sizeof directory, "%s/outerpark-fuzz-%d-XXXXXX",
           access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
  FUZZ_CHECK(mkdtemp(directory) != NULL);
  atexit(remove_directory);
  return directory;
}

const char *fuzz_path(const char *format, ...) {
  static char paths[4][256];
  static unsigned next;
  char *path = paths[next++ % 4];
  int len = snprintf(path, sizeof paths[0], "%s/", fuzz_directory());
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(path + len, sizeof paths[0] - (size_t)len, format, arguments);
  va_end(arguments);
  return path;
}

/* Writes all of it. */
static void write_all(int fd, const void *bytes, size_t len) {
  FUZZ_CHECK(fd >= 0);
  for (size_t done = 0; done < len;) {
    ssize_t count = write(fd, (const char *)bytes + done, len - done);
    FUZZ_CHECK(count > 0);
    done += (size_t)count;
  }
}

void fuzz_save(const char *path, const void *bytes, size_t len) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  write_all(fd, bytes, len);
  close(fd);
}

int fuzz_memory_file(const void *bytes, size_t len) {
  int fd = memfd_create("fuzz", MFD_CLOEXEC);
  write_all(fd, bytes, len);
  FUZZ_CHECK(lseek(fd, 0, SEEK_SET) == 0);
  return fd;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

bool fuzz_is_clean_line(const char *text) {
  size_t len = strlen(text);
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
      return false;
  return evs_utf8_valid(text, len);
}
