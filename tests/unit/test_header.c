/* test_header.c - evstore.h stands alone: it compiles by itself as strict C and as C++, twice in one file, and a C++
 * program links with the C library's names. Compilers that are not there are skipped. Run from the root of the project.
 */
#include "journal_fixture.h"

#include <stdlib.h>

static const char source[] = "#include <evstore.h>\n"
                             "#include <evstore.h>\n"
                             "int use(evs_store *store);\n"
                             "int use(evs_store *store) {\n"
                             "  evs_error error;\n"
                             "  evs_appended appended;\n"
                             "  evs_new_event event = {0, \"T\", 0, 0, 0, 0, \"{}\", 2, 0};\n"
                             "  evs_condition condition = {0, 0};\n"
                             "  evs_event found;\n"
                             "  evs_cursor *cursor = 0;\n"
                             "  char time[EVS_TIME_SIZE];\n"
                             "  evs_time_format(0, time);\n"
                             "  if (evs_append(store, &event, 1, &condition, &appended, &error) == EVS_CONFLICT)\n"
                             "    return evs_read(store, 0, appended.last, EVS_READ_WRITTEN, &cursor, &error);\n"
                             "  return evs_next(cursor, &found, &error) == EVS_END ? (int)(EVS_MAX_SEQ & 1) : 0;\n"
                             "}\n";

/* Compiles the source as it is in a file of this name; skips where the compiler is not there. */
static void compile(const struct jf *jf, const char *compiler, const char *flags, const char *name) {
  char command[2048];
  snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", compiler);
  if (system(command) != 0) { // NOLINT(cert-env33-c,bugprone-command-processor): the texts are our own
    print_message("# there is no %s\n", compiler);
    skip();
  }
  const char *path = jf_path("%s/%s", jf->root, name);
  jf_save(path, source, strlen(source));
  snprintf(command, sizeof command, "%s %s -Wall -Wextra -Wshadow -pedantic -Werror -Ilibevstore -c -o %s/out.o %s",
           compiler, flags, jf->root, path);
  if (system(command) != 0) // NOLINT(cert-env33-c,bugprone-command-processor)
    fail_msg("%s", command);
  /* The names are those of C. */
  snprintf(command, sizeof command, "nm -u %s/out.o | grep -qw evs_append", jf->root);
  if (system(command) != 0) // NOLINT(cert-env33-c,bugprone-command-processor)
    fail_msg("%s", command);
}

static void as_strict_c(void **state) { compile(*state, "gcc", "-std=c11", "use.c"); }
static void as_c_of_another_compiler(void **state) { compile(*state, "clang", "-std=c11", "use.c"); }
static void as_later_c(void **state) { compile(*state, "gcc", "-std=c2x", "use.c"); }
static void as_cpp(void **state) { compile(*state, "g++", "-std=c++11", "use.cc"); }
static void as_later_cpp(void **state) { compile(*state, "g++", "-std=c++20", "use.cc"); }

#define TEST(function) cmocka_unit_test_setup_teardown(function, jf_setup, jf_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(as_strict_c), TEST(as_c_of_another_compiler), TEST(as_later_c), TEST(as_cpp), TEST(as_later_cpp),
  };
  return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
