/* child.h - another program, run without a shell, that reads what we give it. */
#ifndef JOURNAL_CHILD_H
#define JOURNAL_CHILD_H

#include "error.h"

#include <stddef.h>

/* Runs argv[0] (looked for in PATH) with `len` bytes on its standard input, and waits for its end. *ret_status is that
 * of waitpid(). A child that ends without reading everything is fine. Exit 66 no_command, 77 not_executable, 75 where
 * the system cannot start it now. */
int child_feed(char *const argv[], const char *bytes, size_t len, int *ret_status, struct op_error *error);

#endif
