/* models.c - the built-in read models from outside: their files, and the offset in the row of their table `meta`.
 *
 * They are looked at and hardly waited for. As in cmd/common/model_file.c files are removed under the exclusive
 * flock(2) on state/, so that a database never meets the log of another one. A file that cannot be read as a database
 * still is listed, with an offset that is unknown, and can be deleted. */
#include "models.h"
#include "domain.h"
#include "lock.h"
#include "model.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".db"

/* Opens STORE/state; *ret_fd -1 where there is none. `path` gets its name. */
static int open_state(struct op_app *app, char *path, size_t size, int *ret_fd, struct op_error *error) {
  *ret_fd = -1;
  int rc = op_store_directory(app, path, size - sizeof "/state", error);
  if (rc)
    return rc;
  size_t len = strlen(path);
  snprintf(path + len, size - len, "/state");
  *ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (*ret_fd < 0 && errno != ENOENT && errno != ENOTDIR)
    return op_fail(error, errno == EACCES ? OP_NOPERM : OP_IO, errno == EACCES ? "no_permission" : "io_error",
                   "cannot open %s: %s", path, strerror(errno));
  return OP_OK;
}

/* When the file, or its write-ahead log, was last written. */
static int64_t updated_us(int state_fd, const char *file) {
  int64_t latest = 0;
  for (int i = 0; i < 2; i++) {
    char name[300];
    struct stat info;
    snprintf(name, sizeof name, "%s%s", file, i ? "-wal" : "");
    if (fstatat(state_fd, name, &info, 0) != 0 || (i && info.st_size == 0))
      continue;
    int64_t us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    latest = us > latest ? us : latest;
  }
  return latest;
}

/* Orders models by name. */
static int by_name(const void *a, const void *b) {
  return strcmp(((const struct model_info *)a)->name, ((const struct model_info *)b)->name);
}

/* Is this the file of a model? Then *ret_len is the length of the model's name. */
static bool is_model(const char *file, size_t *ret_len) {
  size_t len = strlen(file);
  *ret_len = len - (sizeof SUFFIX - 1);
  return len >= sizeof SUFFIX && len < sizeof((struct model_info *)0)->name && file[0] != '.' &&
         strcmp(file + *ret_len, SUFFIX) == 0;
}

/* Adds one to the list, all zeros but its name. NULL: no memory. */
static struct model_info *add(struct model_info **models, size_t *count, const char *name, size_t len) {
  struct model_info *more = realloc(*models, (*count + 1) * sizeof *more);
  if (!more)
    return NULL;
  *models = more;
  struct model_info *info = &more[(*count)++];
  *info = (struct model_info){0};
  memcpy(info->name, name, len);
  return info;
}

/* Adds those of the built-in ones that are not there: they have read nothing yet. */
static int add_missing(struct model_info **models, size_t *count, struct op_error *error) {
  for (const char *const *name = op_model_names; *name; name++) {
    bool there = false;
    for (size_t i = 0; !there && i < *count; i++)
      there = strcmp((*models)[i].name, *name) == 0;
    struct model_info *info = there ? NULL : add(models, count, *name, strlen(*name));
    if (!there && !info)
      return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
    if (!there)
      info->known = true;
  }
  return OP_OK;
}

/* Lists the files in state/. */
static int list_files(struct op_app *app, struct model_info **ret_models, size_t *ret_count, struct op_error *error) {
  char path[4096];
  int fd = -1;
  int rc = open_state(app, path, sizeof path, &fd, error);
  if (rc || fd < 0)
    return rc;
  DIR *directory = fdopendir(fd);
  if (!directory) {
    close(fd);
    return op_fail(error, OP_IO, "io_error", "cannot read %s: %s", path, strerror(errno));
  }
  struct dirent *entry;
  while ((entry = readdir(directory))) {
    size_t len = 0;
    if (!is_model(entry->d_name, &len))
      continue;
    struct model_info *info = add(ret_models, ret_count, entry->d_name, len);
    if (!info) {
      rc = op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
      break;
    }
    info->exists = true;
    info->updated_us = updated_us(fd, entry->d_name);
    info->known = op_model_peek(app, info->name, &info->offset);
  }
  closedir(directory);
  return rc;
}

/* Lists the files, and those that have none. */
int models_list(struct op_app *app, struct model_info **ret_models, size_t *ret_count, struct op_error *error) {
  *ret_models = NULL;
  *ret_count = 0;
  int rc = list_files(app, ret_models, ret_count, error);
  if (!rc)
    rc = add_missing(ret_models, ret_count, error);
  if (*ret_count)
    qsort(*ret_models, *ret_count, sizeof **ret_models, by_name);
  return rc;
}

/* Takes the exclusive lock on state/ within the time limit. */
static int lock_state(const struct op_app *app, int fd, struct op_error *error) {
  int failed = op_lock(fd, LOCK_EX, app->timeout_ms);
  if (failed == ETIMEDOUT)
    return op_fail(error, OP_TEMPORARY, "busy", "the read models are being made by another process");
  return failed ? op_fail(error, OP_IO, "io_error", "cannot lock state/: %s", strerror(failed)) : OP_OK;
}

/* Removes the files of one model. */
int models_delete(struct op_app *app, const char *name, struct op_error *error) {
  static const char *const suffixes[] = {SUFFIX, SUFFIX "-wal", SUFFIX "-shm"};
  char path[4096];
  int fd = -1;
  int rc = open_state(app, path, sizeof path, &fd, error);
  if (rc || fd < 0)
    return rc;
  rc = lock_state(app, fd, error);
  for (size_t i = 0; !rc && i < sizeof suffixes / sizeof *suffixes; i++) {
    char file[sizeof((struct model_info *)0)->name + 8];
    snprintf(file, sizeof file, "%s%s", name, suffixes[i]);
    if (unlinkat(fd, file, 0) != 0 && errno != ENOENT)
      rc = op_fail(error, errno == EACCES || errno == EPERM || errno == EROFS ? OP_NOPERM : OP_IO,
                   errno == EACCES || errno == EPERM || errno == EROFS ? "no_permission" : "io_error",
                   "cannot remove state/%s: %s", file, strerror(errno));
  }
  close(fd);
  return rc;
}

/* By name. */
int models_built_in(struct op_app *app, const char *name, bool *ret_built_in, struct op_error *error) {
  struct model_info *models = NULL;
  size_t count = 0;
  int rc = models_list(app, &models, &count, error);
  *ret_built_in = false;
  for (size_t i = 0; !rc && i < count; i++)
    *ret_built_in = *ret_built_in || strcmp(models[i].name, name) == 0;
  free(models);
  return rc;
}
