/* mistake.h - what holds of every mistake that is found in a file: one line that names its place. */
#ifndef FUZZ_MISTAKE_H
#define FUZZ_MISTAKE_H

#include "app.h"

/* Exit 65, a harmless line `PATH:LINE:COLUMN: what`, and a place that lies in the `size` bytes of the file. */
void fuzz_check_mistake(const struct op_error *error, const char *path, size_t size);
/* What is nested deeper than a reader of YAML goes is refused as that. */
void fuzz_check_depth(const struct op_error *error, const uint8_t *data, size_t size);

#endif
