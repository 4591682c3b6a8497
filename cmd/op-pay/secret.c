/* secret.c - reads a token from its file; see secret.h.
 *
 * What is checked is the file that was opened, not its name, so that nobody can swap it in between. The token goes into
 * a header of HTTP: one word of visible characters, or it could carry further headers. Messages never show any of it.
 */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Raises 78 about the file. */
static int refuse(const char *file, const char *why, struct op_error *error) {
  return op_fail(error, OP_CONFIG, "bad_secret", "payment.secret_file: %s: %s", file, why);
}

/* Is this open file ours alone? */
static int check_mode(int fd, const char *file, struct op_error *error) {
  struct stat info;
  if (fstat(fd, &info))
    return refuse(file, strerror(errno), error);
  if (!S_ISREG(info.st_mode))
    return refuse(file, "is no regular file", error);
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return op_fail(error, OP_CONFIG, "bad_secret",
                   "payment.secret_file: %s: mode %04o lets others at the secret; run: chmod 600 %s", file,
                   (unsigned)info.st_mode & 07777u, file);
  return 0;
}

/* Reads all of it, up to one byte more than fits. */
static ssize_t read_all(int fd, char *buf, size_t size) {
  size_t used = 0;
  while (used < size) {
    ssize_t got = read(fd, buf + used, size - used);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    used += (size_t)got;
  }
  return (ssize_t)used;
}

/* The token. */
int secret_read(const char *file, char *secret, struct op_error *error) {
  char bytes[SECRET_MAX + 2];
  int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0 && (errno == EACCES || errno == EPERM))
    return op_fail(error, OP_NOPERM, "no_permission", "payment.secret_file: %s: %s", file, strerror(errno));
  if (fd < 0)
    return refuse(file, strerror(errno), error);
  int r = check_mode(fd, file, error);
  ssize_t len = r == 0 ? read_all(fd, bytes, sizeof bytes) : 0;
  if (len < 0)
    r = op_fail(error, OP_IO, "io_error", "payment.secret_file: %s: %s", file, strerror(errno));
  close(fd);
  if (r != 0)
    return r;
  if (len > 0 && bytes[len - 1] == '\n')
    len--;
  bool good = len > 0 && len <= SECRET_MAX;
  for (ssize_t i = 0; i < len; i++)
    good = good && bytes[i] > ' ' && bytes[i] < 0x7F;
  if (good) {
    memcpy(secret, bytes, (size_t)len);
    secret[len] = '\0';
  }
  explicit_bzero(bytes, sizeof bytes);
  return good ? 0 : refuse(file, "must hold one line of printable ASCII without spaces", error);
}
