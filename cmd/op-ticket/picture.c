/* picture.c - draws QR codes: libqrencode finds the modules, libpng writes them, see picture.h.
 *
 * Error correction M (15 percent may be unreadable), with the light border of 4 modules that the standard (ISO/IEC
 * 18004) asks for. Errors: 73 and 77 (the file cannot be made), 74 (it cannot be filled), 75 (no memory, a pipe that
 * nobody reads). */
#include "picture.h"

#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BORDER 4    /* modules */
#define MODULE_PX 8 /* the side of one in a PNG */

/* Makes the symbol. */
static int encode(const char *code, QRcode **ret_symbol, struct op_error *error) {
  *ret_symbol = QRcode_encodeString(code, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
  return *ret_symbol ? OP_OK
                     : op_fail(error, OP_TEMPORARY, "out_of_memory", "cannot make a QR code: %s", strerror(errno));
}

/* Is the module dark? Coordinates begin at the border, which is light. */
static bool is_dark(const QRcode *symbol, int x, int y) {
  x -= BORDER;
  y -= BORDER;
  return x >= 0 && y >= 0 && x < symbol->width && y < symbol->width && (symbol->data[y * symbol->width + x] & 1);
}

/* ---- a PNG ------------------------------------------------------------------------------------------------------ */

/* Opens what stands there, changing nothing. A pipe that nobody reads yet is tried again until time is up (ENXIO). */
static int open_existing(const char *path, unsigned timeout_ms) {
  static const struct timespec pause = {.tv_nsec = 10000000};
  int64_t deadline = op_monotonic_ms() + timeout_ms;
  struct stat st;
  int fd = -1;
  while ((fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0 && errno == ENXIO && op_monotonic_ms() < deadline) {
    if (stat(path, &st) == 0 && !S_ISFIFO(st.st_mode)) { /* a socket, or a device that is not there */
      errno = EINVAL;
      break;
    }
    nanosleep(&pause, NULL);
  }
  if (fd < 0)
    return -1;
  /* Its mode is to be changed, which only its owner may. */
  bool is_ours = fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || geteuid() == 0 || st.st_uid == geteuid());
  if (is_ours && fcntl(fd, F_SETFL, 0) == 0) /* writing waits as usual */
    return fd;
  int problem = is_ours ? errno : EPERM;
  close(fd);
  errno = problem;
  return -1;
}

/* Opens or makes the file. */
int picture_open(struct picture *ret_picture, const char *path, unsigned timeout_ms, struct op_error *error) {
  *ret_picture = (struct picture){.path = path};
  ret_picture->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  ret_picture->made = ret_picture->fd >= 0;
  if (ret_picture->fd < 0 && errno == EEXIST)
    ret_picture->fd = open_existing(path, timeout_ms);
  if (ret_picture->fd >= 0)
    return OP_OK;
  if (errno == ENXIO)
    return op_fail(error, OP_TEMPORARY, "no_reader", "cannot write %s: nobody reads this pipe", path);
  bool denied = errno == EACCES || errno == EPERM || errno == EROFS;
  return op_fail(error, denied ? OP_NOPERM : OP_CANTCREATE, denied ? "no_permission" : "cannot_create",
                 "cannot write %s: %s", path, strerror(errno));
}

/* The pixels of the symbol, a byte each; to be freed. */
static png_byte *draw(const QRcode *symbol, int side) {
  png_byte *pixels = malloc((size_t)side * (size_t)side);
  for (int y = 0; pixels && y < side; y++)
    for (int x = 0; x < side; x++)
      pixels[y * side + x] = is_dark(symbol, x / MODULE_PX, y / MODULE_PX) ? 0 : 255;
  return pixels;
}

/* The PNG in memory; *ret_png is to be freed. */
static int make_png(const QRcode *symbol, png_byte **ret_png, size_t *ret_len, struct op_error *error) {
  int side = (symbol->width + 2 * BORDER) * MODULE_PX;
  png_image image = {
      .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_GRAY, .width = (png_uint_32)side, .height = (png_uint_32)side};
  png_byte *pixels = draw(symbol, side);
  png_alloc_size_t size = pixels ? PNG_IMAGE_PNG_SIZE_MAX(image) : 0;
  *ret_png = pixels ? malloc(size) : NULL;
  bool made = *ret_png && png_image_write_to_memory(&image, *ret_png, &size, 0, pixels, 0, NULL);
  *ret_len = size;
  free(pixels);
  return made ? OP_OK
              : op_fail(error, OP_TEMPORARY, "out_of_memory", "cannot make a PNG: %s",
                        image.message[0] ? image.message : "out of memory");
}

/* Writes all bytes; false with errno where that fails. */
static bool write_all(int fd, const png_byte *bytes, size_t len) {
  while (len > 0) {
    ssize_t written = write(fd, bytes, len);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes += written;
    len -= (size_t)written;
  }
  return true;
}

/* Empties the file and makes it its owner's alone, since the picture is the code, whoever could read what stood there
 * before; a pipe or a device has nothing to be emptied of. */
static bool empty(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && (!S_ISREG(info.st_mode) || (fchmod(fd, 0600) == 0 && ftruncate(fd, 0) == 0));
}

/* Fills it. */
int picture_write(struct picture *picture, const char *code, struct op_error *error) {
  QRcode *symbol = NULL;
  png_byte *png = NULL;
  size_t len = 0;
  int rc = encode(code, &symbol, error);
  if (rc == OP_OK)
    rc = make_png(symbol, &png, &len, error);
  if (rc == OP_OK && (!empty(picture->fd) || !write_all(picture->fd, png, len)))
    rc = op_fail(error, OP_IO, "write_failed", "the ticket is issued, but its picture %s cannot be written: %s",
                 picture->path, strerror(errno));
  free(png);
  QRcode_free(symbol);
  return rc;
}

/* Closes it. */
void picture_close(struct picture *picture, bool filled) {
  if (picture->fd < 0)
    return;
  if (picture->made && !filled)
    unlink(picture->path);
  close(picture->fd);
  picture->fd = -1;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

/* Two rows of modules make one of characters; beneath an odd last row lies nothing. */
int picture_say(struct op_output *output, const char *code, struct op_error *error) {
  static const char *const blocks[2][2] = {{"█", "▀"}, {"▄", " "}}; /* [upper is dark][lower is dark] */
  QRcode *symbol = NULL;
  struct op_text line = {0};
  int rc = encode(code, &symbol, error);
  int side = rc == OP_OK ? symbol->width + 2 * BORDER : 0;
  for (int y = 0; y < side; y += 2) {
    op_text_reset(&line);
    for (int x = 0; x < side; x++)
      op_text_adds(&line, blocks[is_dark(symbol, x, y)][y + 1 == side || is_dark(symbol, x, y + 1)]);
    op_output_say(output, line.ptr);
  }
  op_text_free(&line);
  QRcode_free(symbol);
  return rc;
}
