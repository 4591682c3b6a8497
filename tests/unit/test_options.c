/* test_options.c - the command line: verbs, options anywhere, every mistake named; and the frame around a verb, run as
 * a process of its own because it ends by closing stdout. */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a program to parse for -------------------------------------------------------------------- */

static const struct op_column columns[] = {{"id", "ID", false}};

/* Prints one row. */
static int print_row(struct op_app *app, struct op_error *error) {
  (void)error;
  op_explain(app, "one\nrow");
  op_rows_begin(app->output, columns, 1, true);
  op_cell_text(app->output, app->operand_count > 0 ? app->operands[0] : "none");
  op_row_end(app->output);
  op_rows_end(app->output);
  return OP_OK;
}

/* Refuses with figures. */
static int refuse(struct op_app *app, struct op_error *error) {
  (void)app;
  op_fail(error, OP_REFUSED, "insufficient_seats", "musical 1: 200 seats asked, 75 left");
  op_error_number(error, "requested", 200);
  return OP_REFUSED;
}

static int read_store(struct op_app *app, struct op_error *error) { return op_store_read(app, error); }

static int write_store(struct op_app *app, struct op_error *error) { return op_store_write(app, error); }

/* Tells the clock. */
static int tell_time(struct op_app *app, struct op_error *error) {
  (void)error;
  op_rows_begin(app->output, columns, 1, true);
  op_cell_number(app->output, op_now_us(app));
  op_row_end(app->output);
  op_rows_end(app->output);
  return OP_OK;
}

/* Gets SIGTERM at once, with nothing done. */
static int be_stopped(struct op_app *app, struct op_error *error) {
  (void)app;
  (void)error;
  return raise(SIGTERM);
}

static const struct op_option place_options[] = {{"musical", 'm', "ID", "which", true},
                                                 {"seats", 'n', "N", "how many", true},
                                                 {"tag", 0, "NAME:VALUE", "repeatable", false},
                                                 {"batch", 0, NULL, "many", false},
                                                 {0}};

static const struct op_verb verbs[] = {
    {"place", "", "take seats", 0, 0, OP_CHANGES, place_options, print_row, "op-test place --musical 1 --seats 2"},
    {"show", "ID", "show one", 1, 1, 0, NULL, print_row, NULL},
    {"import", "[FILE]", "import", 0, 1, OP_DRY_RUN, NULL, print_row, NULL},
    {"run", "", "process", 0, 0, OP_FOLLOWS | OP_MAX, NULL, print_row, NULL},
    {"stop", "", "stop", 0, 0, OP_FOLLOWS, NULL, be_stopped, NULL},
    {"refuse", "", "refuse", 0, 0, 0, NULL, refuse, NULL},
    {"read", "", "read", 0, 0, 0, NULL, read_store, NULL},
    {"write", "", "write", 0, 0, 0, NULL, write_store, NULL},
    {"time", "", "tell the time", 0, 0, 0, NULL, tell_time, NULL},
    {"consume", "-- CMD [ARG...]", "consume", 1, -1, 0, NULL, print_row, NULL},
    {"contact set", "C", "keep a contact", 1, 1, OP_CHANGES, NULL, print_row, NULL},
    {"contact show", "C", "show a contact", 1, 1, 0, NULL, print_row, NULL},
    {"reserve", "[ARG...]", "another program", 0, -1, OP_PASSES_ARGS, NULL, print_row, NULL},
    {0},
};
static const char *const examples[] = {"op-test place --musical 1 --seats 2", "op-test show 1", NULL};
static const struct op_program program = {"op-test", "a program for tests", verbs, examples};

static const struct op_option page_options[] = {{"customer", 0, "C", "whose", false}, {0}};
static const struct op_verb page_verbs[] = {
    {NULL, "", "all rows", 0, 0, OP_FOLLOWS, page_options, print_row, NULL},
    {"show", "ID", "one row", 1, 1, 0, NULL, print_row, NULL},
    {0},
};
static const struct op_program page = {"op-page", "a program with a verb that needs no word", page_verbs, examples};

/* ---- parsing ----------------------------------------------------------------------------------- */

#define MAX_WORDS 16

/* Splits a line at spaces (a word "''" is empty) into argv. */
static int split(const struct op_program *of, const char *line, char *buf, char **argv) {
  int argc = 0;
  argv[argc++] = (char *)of->name;
  snprintf(buf, 512, "%s", line);
  for (char *word = strtok(buf, " "); word != NULL && argc < MAX_WORDS; word = strtok(NULL, " "))
    argv[argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
  argv[argc] = NULL;
  return argc;
}

struct parsed {
  struct op_app app;
  struct op_error error;
  char buf[512];
  char *argv[MAX_WORDS + 1];
};

static int parse(struct parsed *parsed, const struct op_program *of, const char *line) {
  *parsed = (struct parsed){.app = {.program = of, .max = UINT64_MAX, .timeout_ms = 10000}};
  int argc = split(of, line, parsed->buf, parsed->argv);
  return op_options_parse(&parsed->app, argc, parsed->argv, &parsed->error);
}

static void options_stand_anywhere(void **state) {
  static const char *const lines[] = {
      "place --musical 7 --seats 2 --errors json",
      "--errors json place --seats=2 --musical=7",
      "--errors=json place -m7 -n 2",
      "place -n2 -m 7 --errors json --",
      "place --mus 7 --sea 2 --err json",
      "place --musical 1 --musical 7 -n 2 --err json",
  };
  struct parsed parsed;
  (void)state;
  for (int posix = 0; posix < 2; posix++) {
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
      if (parse(&parsed, &program, lines[i]) != OP_OK)
        fail_msg("%s: %s", lines[i], parsed.error.message);
      assert_string_equal(parsed.app.verb->name, "place");
      assert_string_equal(op_option(&parsed.app, "musical"), "7");
      assert_string_equal(op_option(&parsed.app, "seats"), "2");
      assert_true(parsed.app.errors_json);
      assert_int_equal(parsed.app.operand_count, 0);
      op_options_free(&parsed.app);
    }
    setenv("POSIXLY_CORRECT", "1", 1);
  }
  assert_int_equal(parse(&parsed, &program, "show 1 --quiet"), OP_OK);
  assert_true(parsed.app.quiet);
  op_options_free(&parsed.app);
  unsetenv("POSIXLY_CORRECT");
}

static void operands_behind_two_dashes(void **state) {
  struct parsed parsed;
  (void)state;
  assert_int_equal(parse(&parsed, &program, "consume -q -- jq -c . --errors xml"), OP_OK);
  assert_int_equal(parsed.app.operand_count, 5);
  assert_string_equal(parsed.app.operands[0], "jq");
  assert_string_equal(parsed.app.operands[4], "xml");
  op_options_free(&parsed.app);
  assert_int_equal(parse(&parsed, &program, "show -- --help"), OP_OK);
  assert_string_equal(parsed.app.operands[0], "--help");
  op_options_free(&parsed.app);
}

static void repeated_and_absent_options(void **state) {
  struct parsed parsed;
  size_t count = 9;
  (void)state;
  assert_int_equal(parse(&parsed, &program, "place -m 1 --tag a:1 -n 2 --tag b:2"), OP_OK);
  const char *const *all = op_option_all(&parsed.app, "tag", &count);
  assert_int_equal(count, 2);
  assert_string_equal(all[0], "a:1");
  assert_string_equal(all[1], "b:2");
  assert_string_equal(op_option(&parsed.app, "tag"), "b:2");
  assert_null(op_option_all(&parsed.app, "nothing", &count));
  assert_int_equal(count, 0);
  assert_null(op_option(&parsed.app, "batch"));
  assert_false(op_option_given(&parsed.app, "batch"));
  op_options_free(&parsed.app);
}

static void values_of_the_common_options(void **state) {
  struct parsed parsed;
  (void)state;
  assert_int_equal(parse(&parsed, &program, "run --follow --max 3 --timeout 250ms -qv -o csv --color always"), OP_OK);
  assert_true(parsed.app.follow && parsed.app.quiet && parsed.app.verbose);
  assert_int_equal(parsed.app.max, 3);
  assert_int_equal(parsed.app.timeout_ms, 250);
  assert_int_equal(parsed.app.parsed->format, OP_CSV);
  assert_true(parsed.app.parsed->color);
  op_options_free(&parsed.app);
  assert_int_equal(parse(&parsed, &program, "--request-id K-1 --dry-run place -m 1 -n 2"), OP_OK);
  assert_string_equal(parsed.app.request_id, "K-1");
  assert_true(parsed.app.dry_run);
  assert_true(parsed.app.max == UINT64_MAX);
  assert_int_equal(parsed.app.timeout_ms, 10000);
  op_options_free(&parsed.app);
  assert_int_equal(parse(&parsed, &program, "import --dry-run"), OP_OK);
  op_options_free(&parsed.app);
}

static void verbs_of_two_words_and_of_none(void **state) {
  struct parsed parsed;
  (void)state;
  assert_int_equal(parse(&parsed, &program, "contact --store /x set c1"), OP_OK);
  assert_string_equal(parsed.app.verb->name, "contact set");
  assert_int_equal(parsed.app.operand_count, 1);
  assert_string_equal(parsed.app.operands[0], "c1");
  op_options_free(&parsed.app);
  assert_int_equal(parse(&parsed, &page, "--customer show"), OP_OK);
  assert_null(parsed.app.verb->name);
  assert_string_equal(op_option(&parsed.app, "customer"), "show");
  op_options_free(&parsed.app);
  assert_int_equal(parse(&parsed, &page, "-o json show 1"), OP_OK);
  assert_string_equal(parsed.app.verb->name, "show");
  op_options_free(&parsed.app);
}

static void the_front_door_hands_everything_on(void **state) {
  struct parsed parsed;
  (void)state;
  assert_int_equal(parse(&parsed, &program, "--store /x -q reserve place --bogus -- --help"), OP_OK);
  assert_int_equal(parsed.app.leading_count, 3);
  assert_string_equal(parsed.app.leading[0], "--store");
  assert_string_equal(parsed.app.leading[2], "-q");
  assert_int_equal(parsed.app.operand_count, 4);
  assert_string_equal(parsed.app.operands[0], "place");
  assert_string_equal(parsed.app.operands[2], "--");
  assert_false(op_options_ask(&parsed.app));
  op_options_free(&parsed.app);
  assert_int_equal(parse(&parsed, &program, "-q -- reserve --help"), OP_OK);
  assert_int_equal(parsed.app.leading_count, 1);
  assert_string_equal(parsed.app.operands[0], "--help");
  assert_false(op_options_ask(&parsed.app));
  op_options_free(&parsed.app);
}

static void mistakes_are_named(void **state) {
  static const struct {
    const struct op_program *of;
    const char *line, *message;
  } cases[] = {
      {&program, "", "no verb was given; see 'op-test --help'"},
      {&program, "plcae", "unknown verb 'plcae', did you mean 'place'? see 'op-test --help'"},
      {&program, "zzz", "unknown verb 'zzz'; see 'op-test --help'"},
      {&program, "contact", "'contact' must be followed by one of: set, show; see 'op-test contact --help'"},
      {&program, "contact drop c1", "'contact' must be followed by one of: set, show; see 'op-test contact --help'"},
      {&program, "--musical 1 place",
       "option --musical belongs behind its verb: op-test place --musical; see 'op-test --help'"},
      {&program, "-m 1 place", "option -m belongs behind its verb: op-test place -m; see 'op-test --help'"},
      {&program, "--bogus place", "unknown option --bogus; see 'op-test --help'"},
      {&program, "place --seatz 1", "unknown option --seatz, did you mean --seats? see 'op-test place --help'"},
      {&program, "place --bogus=1", "unknown option --bogus; see 'op-test place --help'"},
      {&program, "place -qx", "unknown option -x; see 'op-test place --help'"},
      {&program, "place --s 1", "option --s is short for more than one option; see 'op-test place --help'"},
      {&program, "place -m 1 --seats", "option --seats needs a value (N); see 'op-test place --help'"},
      {&program, "place -m", "option --musical needs a value (ID); see 'op-test place --help'"},
      {&program, "place --quiet=1", "option --quiet takes no value; see 'op-test place --help'"},
      {&program, "place --seats 1", "place needs --musical ID; see 'op-test place --help'"},
      {&program, "place -m 1 -n 1 x", "place: one operand too many: 'x'; see 'op-test place --help'"},
      {&program, "-- place -m 1", "place needs --musical ID; see 'op-test place --help'"},
      {&program, "show", "show needs ID; see 'op-test show --help'"},
      {&program, "consume", "consume needs -- CMD [ARG...]; see 'op-test consume --help'"},
      {&program, "show 1 --follow", "show takes no --follow; see 'op-test show --help'"},
      {&program, "--dry-run show 1", "show takes no --dry-run; see 'op-test show --help'"},
      {&program, "import --request-id 1", "import takes no --request-id; see 'op-test import --help'"},
      {&program, "show 1 -o xml", "--output must be ndjson, json, table or csv, not 'xml'; see 'op-test show --help'"},
      {&program, "show 1 --errors xml", "--errors must be text or json, not 'xml'; see 'op-test show --help'"},
      {&program, "show 1 --color red", "--color must be auto, always or never, not 'red'; see 'op-test show --help'"},
      {&program, "show 1 --store ''", "the value of --store is empty; see 'op-test show --help'"},
      {&program, "show 1 --store \xFF", "the value of --store is not valid UTF-8; see 'op-test show --help'"},
      {&program, "show 1 --timeout 5",
       "--timeout must be a duration such as 250ms, 5s or 2m, not '5'; see 'op-test show --help'"},
      {&program, "run --max 0", "--max must be a whole number of at least 1, not '0'; see 'op-test run --help'"},
      {&program, "run --max -1", "--max must be a whole number of at least 1, not '-1'; see 'op-test run --help'"},
      {&page, "shwo", "unknown verb 'shwo', did you mean 'show'? see 'op-page --help'"},
      {&page, "--customer C show 1", "unknown option --customer; see 'op-page show --help'"},
      {&page, "--bogus", "unknown option --bogus; see 'op-page --help'"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct parsed parsed;
    int code = parse(&parsed, cases[i].of, cases[i].line);
    if (code != OP_USAGE || strcmp(parsed.error.message, cases[i].message) != 0)
      fail_msg("%s: got %d \"%s\"", cases[i].line, code, parsed.error.message);
    assert_string_equal(parsed.error.code, "usage");
    op_options_free(&parsed.app);
  }
}

static void the_form_of_errors_is_known_before_the_mistake(void **state) {
  struct parsed parsed;
  (void)state;
  parse(&parsed, &program, "place --bogus --errors json");
  assert_true(parsed.app.errors_json);
  op_options_free(&parsed.app);
  parse(&parsed, &program, "--errors=json zzz");
  assert_true(parsed.app.errors_json);
  op_options_free(&parsed.app);
  parse(&parsed, &program, "zzz -- --errors json");
  assert_false(parsed.app.errors_json);
  op_options_free(&parsed.app);
}

static void a_request_id_is_an_id(void **state) {
  struct parsed parsed;
  (void)state;
  assert_int_equal(parse(&parsed, &program, "place -m 1 -n 1 --request-id a/b"), OP_DATA);
  assert_string_equal(parsed.error.code, "bad_id");
  op_options_free(&parsed.app);
  assert_int_equal(parse(&parsed, &program, "place -m 1 -n 1 --request-id ''"), OP_DATA);
  op_options_free(&parsed.app);
}

/* ---- op_main() in a process of its own --------------------------------------------------------- */

struct ran {
  int status; /* the exit code, or 1000 + the signal */
  char out[8192], err[8192];
};

static void read_whole(FILE *file, char *buf, size_t size) {
  rewind(file);
  buf[fread(buf, 1, size - 1, file)] = '\0';
  fclose(file);
}

/* Runs a command line; `stdout_path` NULL: it is kept in ran->out. */
static void run(struct ran *ran, const struct op_program *of, const char *line, const char *stdout_path) {
  char buf[512], *argv[MAX_WORDS + 1];
  FILE *out = stdout_path != NULL ? fopen(stdout_path, "w+") : tmpfile(), *err = tmpfile();
  int argc = split(of, line, buf, argv), status = 0;
  assert_true(out != NULL && err != NULL);
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    dup2(fileno(out), STDOUT_FILENO);
    dup2(fileno(err), STDERR_FILENO);
    _exit(op_main(of, argc, argv));
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  ran->status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  read_whole(out, ran->out, sizeof ran->out);
  read_whole(err, ran->err, sizeof ran->err);
}

static void help(void **state) {
  static const char *const of_place[] = {"place --help", "--help place", "place -h --bogus", "-h place --seats"};
  struct ran ran;
  (void)state;
  run(&ran, &program, "--help", NULL);
  assert_int_equal(ran.status, 0);
  assert_string_equal(ran.err, "");
  for (const struct op_verb *verb = verbs; verb->run != NULL; verb++)
    assert_non_null(strstr(ran.out, verb->summary));
  assert_non_null(strstr(ran.out, "\n  contact set C "));
  assert_non_null(strstr(ran.out, "--store PATH|URL"));
  assert_non_null(strstr(ran.out, "op-test place --musical 1 --seats 2\n"));
  assert_null(strstr(ran.out, "--request-id"));
  for (size_t i = 0; i < sizeof of_place / sizeof of_place[0]; i++) {
    run(&ran, &program, of_place[i], NULL);
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.err, "");
    assert_non_null(strstr(ran.out, "Usage: op-test place [OPTION...]\n"));
    assert_non_null(strstr(ran.out, "-n, --seats N"));
    assert_non_null(strstr(ran.out, "--request-id KEY"));
    assert_non_null(strstr(ran.out, "\nExample:\n  op-test place"));
    assert_null(strstr(ran.out, "op-test show 1"));
    assert_null(strstr(ran.out, "--follow"));
  }
  run(&ran, &page, "--help", NULL);
  assert_non_null(strstr(ran.out, "Usage: op-page [OPTION...]\n       op-page VERB"));
  assert_non_null(strstr(ran.out, "--customer C"));
  /* Not every verb takes it, so it is none of the common options. */
  assert_non_null(strstr(ran.out, "\nCommon options:\n"));
  assert_true(strstr(ran.out, "--follow") > strstr(ran.out, "\nOptions without a verb:\n"));
  assert_true(strstr(ran.out, "--follow") < strstr(ran.out, "\nCommon options:\n"));
  run(&ran, &page, "show --help", NULL);
  assert_null(strstr(ran.out, "--follow"));
  assert_null(strstr(ran.out, "xample"));
  run(&ran, &program, "--help", "/dev/full");
  assert_int_equal(ran.status, OP_IO);
}

static void version(void **state) {
  struct ran ran;
  (void)state;
  run(&ran, &program, "--version", NULL);
  assert_int_equal(ran.status, 0);
  assert_string_equal(ran.out, "op-test (OuterPark) " EVS_VERSION "\n");
  run(&ran, &program, "place --version", NULL);
  assert_int_equal(ran.status, 0);
}

static void errors_and_their_forms(void **state) {
  struct ran ran;
  (void)state;
  run(&ran, &program, "refuse", NULL);
  assert_int_equal(ran.status, OP_REFUSED);
  assert_string_equal(ran.out, "");
  assert_string_equal(ran.err, "op-test: musical 1: 200 seats asked, 75 left\n");
  run(&ran, &program, "refuse --errors json", NULL);
  assert_string_equal(ran.err, "{\"error\":\"insufficient_seats\",\"message\":\"musical 1: 200 seats asked, 75 left\","
                               "\"requested\":200}\n");
  run(&ran, &program, "show 1 -v", NULL);
  assert_string_equal(ran.out, "{\"id\":\"1\"}\n");
  assert_string_equal(ran.err, "op-test: one\\nrow\n");
}

static void quiet_hides_every_success(void **state) {
  static const char *const silent[] = {"place -m 1 -n 1 -q", "-q run", "import -q", "contact set c -q", "show 1 -q"};
  struct ran ran;
  (void)state;
  for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
    run(&ran, &program, silent[i], NULL);
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.out, "");
    assert_string_equal(ran.err, "");
  }
}

static void a_full_disk_is_no_success(void **state) {
  struct ran ran;
  (void)state;
  run(&ran, &program, "show 1", "/dev/full");
  assert_int_equal(ran.status, OP_IO);
  assert_string_equal(ran.err, "op-test: cannot write the output: No space left on device\n");
}

static void the_clock(void **state) {
  struct ran ran;
  (void)state;
  setenv("OP_NOW", "1970-01-01T09:00:01+09:00", 1);
  run(&ran, &program, "time", NULL);
  assert_string_equal(ran.out, "{\"id\":1000000}\n");
  setenv("OP_NOW", "noon", 1);
  run(&ran, &program, "time --errors json", NULL);
  assert_int_equal(ran.status, OP_CONFIG);
  assert_non_null(strstr(ran.err, "\"error\":\"bad_clock\""));
  run(&ran, &program, "time --help", NULL);
  assert_int_equal(ran.status, 0);
  unsetenv("OP_NOW");
}

static void where_the_store_is(void **state) {
  struct ran ran;
  (void)state;
  setenv("HOME", "/nonexistent", 1);
  run(&ran, &program, "read", NULL);
  assert_int_equal(ran.status, OP_NOINPUT);
  assert_non_null(strstr(ran.err, "/nonexistent/.local/state/outerpark"));
  setenv("XDG_STATE_HOME", "/nonexistent/state", 1);
  run(&ran, &program, "read", NULL);
  assert_non_null(strstr(ran.err, "/nonexistent/state/outerpark"));
  setenv("OP_STORE", "/nonexistent/env", 1);
  run(&ran, &program, "read", NULL);
  assert_non_null(strstr(ran.err, "/nonexistent/env"));
  run(&ran, &program, "read --store /nonexistent/option", NULL);
  assert_non_null(strstr(ran.err, "/nonexistent/option"));
  run(&ran, &program, "read --store /dev/null --errors json", NULL);
  assert_int_equal(ran.status, OP_NOINPUT);
  assert_non_null(strstr(ran.err, "\"error\":\"no_store\""));
  unsetenv("OP_STORE");
  unsetenv("XDG_STATE_HOME");
  unsetenv("HOME");
  run(&ran, &program, "write --errors json", NULL);
  assert_int_equal(ran.status, OP_CONFIG);
  assert_non_null(strstr(ran.err, "\"error\":\"no_home\""));
  run(&ran, &program, "show 1", NULL);
  assert_int_equal(ran.status, 0);
  run(&ran, &program, "--config /nonexistent/x.yaml show 1", NULL);
  assert_int_equal(ran.status, OP_NOINPUT);
}

static void signals(void **state) {
  struct ran ran;
  (void)state;
  run(&ran, &program, "stop", NULL);
  assert_int_equal(ran.status, 128 + SIGTERM);
  run(&ran, &program, "stop --follow", NULL);
  assert_int_equal(ran.status, 0);
}

int main(void) {
  unsetenv("OP_CONFIG");
  unsetenv("OP_STORE");
  unsetenv("OP_NOW");
  setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options_stand_anywhere),
      cmocka_unit_test(operands_behind_two_dashes),
      cmocka_unit_test(repeated_and_absent_options),
      cmocka_unit_test(values_of_the_common_options),
      cmocka_unit_test(verbs_of_two_words_and_of_none),
      cmocka_unit_test(the_front_door_hands_everything_on),
      cmocka_unit_test(mistakes_are_named),
      cmocka_unit_test(the_form_of_errors_is_known_before_the_mistake),
      cmocka_unit_test(a_request_id_is_an_id),
      cmocka_unit_test(help),
      cmocka_unit_test(version),
      cmocka_unit_test(errors_and_their_forms),
      cmocka_unit_test(quiet_hides_every_success),
      cmocka_unit_test(a_full_disk_is_no_success),
      cmocka_unit_test(the_clock),
      cmocka_unit_test(where_the_store_is),
      cmocka_unit_test(signals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
