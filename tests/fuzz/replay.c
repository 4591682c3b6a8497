/* replay.c - the main() of a fuzz target without libFuzzer: runs the kept inputs and speaks TAP, one test a directory.
 *
 *   fuzz_X [FILE|DIRECTORY...]    without any: tests/fuzz/seeds/X and tests/fuzz/corpus/X
 *
 * Each input is named before it is run, so where one ends the process, its name stands last in the output. A directory
 * without inputs fails: nothing was tested. */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Runs one input, from memory that ends where it ends. */
static bool run_file(const char *path) {
  FILE *file = fopen(path, "re");
  struct stat info;
  if (!file || fstat(fileno(file), &info) != 0) {
    printf("# cannot read %s\n", path);
    return false;
  }
  size_t size = (size_t)info.st_size;
  uint8_t *bytes = malloc(size + (size == 0));
  bool good = bytes && fread(bytes, 1, size, file) == size;
  fclose(file);
  printf("# %s\n", path);
  fflush(stdout);
  if (good)
    LLVMFuzzerTestOneInput(bytes, size);
  free(bytes);
  return good;
}

static int is_visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/* Runs all inputs of a directory, in the order of their names; their number, or -1 where one could not be read. */
static int run_directory(const char *path) {
  struct dirent **entries = NULL;
  int count = scandir(path, &entries, is_visible, alphasort);
  bool good = true;
  for (int i = 0; i < count; i++) {
    char name[4096];
    snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
    good = run_file(name) && good;
    free(entries[i]);
  }
  free(entries);
  return good ? count : -1;
}

/* Runs one argument as one test. */
static bool run_test(int number, const char *path) {
  struct stat info;
  bool is_file = stat(path, &info) == 0 && S_ISREG(info.st_mode);
  int count = is_file ? run_file(path) : run_directory(path);
  if (count > 0)
    printf("ok %d - %d inputs of %s\n", number, count, path);
  else
    printf("not ok %d - %s holds no input, or one that cannot be read\n", number, path);
  return count > 0;
}

int main(int argc, char **argv) {
  char own[2][256];
  const char *slash = strrchr(argv[0], '/');
  const char *name = slash ? slash + 1 : argv[0];
  name += strncmp(name, "fuzz_", 5) == 0 ? 5 : 0;
  snprintf(own[0], sizeof own[0], "tests/fuzz/seeds/%s", name);
  snprintf(own[1], sizeof own[1], "tests/fuzz/corpus/%s", name);
  bool good = true;
  printf("1..%d\n", argc > 1 ? argc - 1 : 2);
  if (argc == 1)
    for (int i = 0; i < 2; i++)
      good = run_test(i + 1, own[i]) && good;
  for (int i = 1; i < argc; i++)
    good = run_test(i, argv[i]) && good;
  return good ? 0 : 1;
}
