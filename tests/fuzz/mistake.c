/* mistake.c - judges the error that a reader of a file gave, see mistake.h. */
#include "mistake.h"

#include "fuzz.h"

#include <string.h>

/* What holds of a mistake. */
void fuzz_check_mistake(const struct op_error *error, const char *path, size_t size) {
  char place[400];
  FUZZ_CHECK(error->exit_code == OP_DATA && fuzz_is_clean_line(error->message));
  FUZZ_CHECK(error->figure_count == 3);
  int64_t line = error->figures[1].number, column = error->figures[2].number;
  FUZZ_CHECK(line >= 1 && line <= (int64_t)size + 1 && column >= 1 && column <= (int64_t)size + 1);
  snprintf(place, sizeof place, "%s:%lld:%lld: ", path, (long long)line, (long long)column);
  FUZZ_CHECK(strncmp(error->message, place, strlen(place)) == 0 && error->message[strlen(place)]);
}
