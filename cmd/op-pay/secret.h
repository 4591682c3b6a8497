/* secret.h - the bearer token of a provider, read from a file that nobody else can read. */
#ifndef PAY_SECRET_H
#define PAY_SECRET_H

#include "error.h"

#define SECRET_MAX 4096

/* Reads the file's one line into `secret` (SECRET_MAX + 1 bytes). Exit 78 bad_secret where the file is not there, is
 * readable or writable by group or others, or holds no single word of printable ASCII; 77 where we may not read it. */
int secret_read(const char *file, char *secret, struct op_error *error);

#endif
