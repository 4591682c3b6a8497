/* files.h - paths in the store, directories and errors of files, for what op-notify keeps beside the journal. */
#ifndef NOTIFY_FILES_H
#define NOTIFY_FILES_H

#include "app.h"

#define FILES_MAX_PATH 4096

/* NAME in the store's directory (NAME itself where it is absolute). */
int files_store_path(struct op_app *app, const char *name, char *buf, size_t size, struct op_error *error);

/* Makes the store's directory with its parents, mode 0700, or finds it there. */
int files_make_store(struct op_app *app, struct op_error *error);

/* Makes a directory with its parents, mode 0700, or finds it there. */
int files_make_directory(const char *path, struct op_error *error);

/* Exit 66 no_store where the store's directory is not there or is no directory. */
int files_require_store(struct op_app *app, struct op_error *error);

/* An errno as an error about `what`. */
int files_fail(struct op_error *error, int error_number, const char *what);

#endif
