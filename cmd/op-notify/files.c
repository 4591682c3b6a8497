/* files.c - the few things that contacts.db and the outbox need of the file system.
 *
 * Invariant: whatever is made here is made for its owner alone. Errors: 66 no_store, 73 cannot_create, 74 io_error and
 * disk_full, 77 no_permission. */
#include "files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* An errno with the words that the store uses for the same. */
int files_fail(struct op_error *error, int error_number, const char *what) {
  evs_error store_error = {.code = error_number};
  snprintf(store_error.message, sizeof store_error.message, "%.400s: %s", what, strerror(error_number));
  return op_fail_store(error, error_number, &store_error);
}

/* NAME in the store's directory. */
int files_store_path(struct op_app *app, const char *name, char *buf, size_t size, struct op_error *error) {
  char directory[FILES_MAX_PATH];
  if (name[0] == '/') {
    if ((size_t)snprintf(buf, size, "%s", name) < size)
      return 0;
    return files_fail(error, ENAMETOOLONG, name);
  }
  int r = op_store_directory(app, directory, sizeof directory, error);
  if (r != 0)
    return r;
  if ((size_t)snprintf(buf, size, "%s/%s", directory, name) >= size)
    return files_fail(error, ENAMETOOLONG, directory);
  return 0;
}

/* Makes a directory with its parents. */
int files_make_directory(const char *path, struct op_error *error) {
  char partial[FILES_MAX_PATH];
  struct stat status;
  if ((size_t)snprintf(partial, sizeof partial, "%s", path) >= sizeof partial)
    return files_fail(error, ENAMETOOLONG, path);
  for (char *at = partial + 1; *at != '\0'; at++) {
    if (*at != '/')
      continue;
    *at = '\0';
    if (mkdir(partial, 0700) != 0 && errno != EEXIST)
      return files_fail(error, errno, partial);
    *at = '/';
  }
  if (mkdir(partial, 0700) == 0)
    return 0;
  if (errno != EEXIST)
    return files_fail(error, errno, path);
  if (stat(path, &status) != 0)
    return files_fail(error, errno, path);
  return S_ISDIR(status.st_mode) ? 0 : files_fail(error, ENOTDIR, path);
}

/* Makes the store's directory. */
int files_make_store(struct op_app *app, struct op_error *error) {
  char directory[FILES_MAX_PATH];
  int r = op_store_directory(app, directory, sizeof directory, error);
  return r != 0 ? r : files_make_directory(directory, error);
}

/* The store must be there. */
int files_require_store(struct op_app *app, struct op_error *error) {
  char directory[FILES_MAX_PATH];
  struct stat status;
  int r = op_store_directory(app, directory, sizeof directory, error);
  if (r == OP_CANTCREATE) /* a file stands in its place */
    return op_fail(error, OP_NOINPUT, "no_store", "there is no store at %s", app->store_url);
  if (r != 0)
    return r;
  if (stat(directory, &status) == 0 && S_ISDIR(status.st_mode))
    return 0;
  if (errno == EACCES)
    return files_fail(error, errno, directory);
  return op_fail(error, OP_NOINPUT, "no_store", "there is no store at %s", directory);
}
