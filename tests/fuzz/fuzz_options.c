/* fuzz_options.c - the command line: words between NULs as argv, and each of them as a value.
 *
 * A parse leaves argv as it is, ends with 0, 64 or 65, and tells every mistake in one clean line. What it accepts holds
 * what the verb's table asks for, every value and operand is a part of argv, and a second parse says the same (getopt
 * keeps state). The checks of values are compared with naive ones. */
#include "fuzz.h"

#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_WORDS 24

static int no_work(struct op_app *app, struct op_error *error) {
  (void)app, (void)error;
  return OP_OK;
}

static const struct op_option place_options[] = {{"musical", 'm', "ID", "which", true},
                                                 {"seats", 'n', "N", "how many", true},
                                                 {"tag", 0, "NAME:VALUE", "repeatable", false},
                                                 {"batch", 0, NULL, "many", false},
                                                 {0}};
static const struct op_verb verbs[] = {
    {"place", "", "take seats", 0, 0, OP_CHANGES, place_options, no_work, "op-test place --musical 1 --seats 2"},
    {"show", "ID", "show one", 1, 1, 0, NULL, no_work, NULL},
    {"import", "[FILE]", "import", 0, 1, OP_DRY_RUN, NULL, no_work, NULL},
    {"run", "", "process", 0, 0, OP_FOLLOWS | OP_MAX, NULL, no_work, NULL},
    {"consume", "-- CMD [ARG...]", "consume", 1, -1, 0, NULL, no_work, NULL},
    {"contact set", "C", "keep a contact", 1, 1, OP_CHANGES, NULL, no_work, NULL},
    {"contact show", "C", "show a contact", 1, 1, 0, NULL, no_work, NULL},
    {"reserve", "[ARG...]", "another program", 0, -1, OP_PASSES_ARGS, NULL, no_work, NULL},
    {0},
};
static const struct op_option page_options[] = {{"customer", 'c', "C", "whose", false}, {0}};
static const struct op_verb page_verbs[] = {
    {NULL, "", "all rows", 0, 0, OP_FOLLOWS, page_options, no_work, NULL},
    {"show", "ID", "one row", 1, 1, 0, NULL, no_work, NULL},
    {0},
};
static const char *const examples[] = {"op-test place --musical 1 --seats 2", NULL};
static const struct op_program programs[] = {{"op-test", "verbs", verbs, examples},
                                             {"op-page", "a verb without a word", page_verbs, examples}};

/* ---- parsing ---------------------------------------------------------------------------------------------------- */

/* Does the pointer lead into one of the words, from *from on? Then *from is that word. */
static bool in_argv(const char *text, char **argv, int argc, int *from) {
  for (int i = *from; i < argc; i++)
    if (text >= argv[i] && text <= argv[i] + strlen(argv[i])) {
      *from = i;
      return true;
    }
  return false;
}

/* What holds of a command line that was accepted. */
static void check_accepted(const struct op_app *app, char **argv, int argc) {
  const struct op_verb *verb = app->verb;
  int word = 1;
  FUZZ_CHECK(verb != NULL && app->operand_count >= verb->min_operands);
  FUZZ_CHECK(verb->max_operands < 0 || app->operand_count <= verb->max_operands);
  for (int i = 0; i < app->operand_count; i++, word++)
    FUZZ_CHECK(in_argv(app->operands[i], argv, argc, &word) && app->operands[i] == argv[word]);
  for (int i = 0; i < app->leading_count; i++)
    FUZZ_CHECK(app->leading[i] == argv[1 + i]);
  FUZZ_CHECK(app->timeout_ms <= INT32_MAX && app->max >= 1);
  for (size_t i = 0; i < app->parsed->known_count; i++) {
    const struct op_known *known = &app->parsed->known[i];
    FUZZ_CHECK(known->count > 0 || !known->required || (verb->flags & OP_PASSES_ARGS));
    word = 1;
    for (size_t j = 0; known->operand && j < known->count; j++)
      FUZZ_CHECK(in_argv(known->values[j], argv, argc, &word));
  }
}

/* Parses once; the message is copied to `said`. */
static int parse(const struct op_program *program, int argc, char **argv, char *said, size_t size) {
  struct op_app app = {.program = program, .max = UINT64_MAX, .timeout_ms = 10000};
  struct op_error error = {0};
  int code = op_options_parse(&app, argc, argv, &error);
  FUZZ_CHECK(code == OP_OK || code == OP_USAGE || code == OP_DATA);
  FUZZ_CHECK(code == error.exit_code && (code == OP_OK) == (error.code == NULL));
  FUZZ_CHECK(code == OP_OK || (error.message[0] && fuzz_is_clean_line(error.message)));
  if (code == OP_OK && op_options_ask(&app)) {
    struct op_text text = {0};
    op_help_write(&app, &text);
    FUZZ_CHECK(text.len > 0 && evs_utf8_valid(text.ptr, text.len) && text.ptr[text.len - 1] == '\n');
    op_text_free(&text);
  } else if (code == OP_OK) {
    check_accepted(&app, argv, argc);
  }
  snprintf(said, size, "%s %d %s", error.message, app.operand_count, app.verb && app.verb->name ? app.verb->name : "");
  op_options_free(&app);
  return code;
}

/* Parses twice, with argv as it was. */
static void check_parse(const struct op_program *program, int argc, char **argv) {
  char *before[MAX_WORDS + 1], first[1024], second[1024];
  memcpy(before, argv, ((size_t)argc + 1) * sizeof *argv);
  int code = parse(program, argc, argv, first, sizeof first);
  FUZZ_CHECK(memcmp(before, argv, ((size_t)argc + 1) * sizeof *argv) == 0);
  FUZZ_CHECK(parse(program, argc, argv, second, sizeof second) == code && strcmp(first, second) == 0);
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

/* The number that decimal digits tell, or -1; *ret_end is behind them. */
static __int128 naive_digits(const char *text, const char **ret_end) {
  __int128 number = 0;
  *ret_end = text + strspn(text, "0123456789");
  if (*ret_end == text)
    return -1;
  for (; text < *ret_end; text++)
    if (number <= INT64_MAX)
      number = number * 10 + (*text - '0');
  return number <= INT64_MAX ? number : -1;
}

/* Whole numbers and durations. */
static void check_numbers(const char *text) {
  static const int64_t bounds[][2] = {{1, 1000000000}, {0, INT64_MAX}};
  static const struct {
    const char *unit;
    int64_t ms;
  } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
  struct op_error error;
  const char *end = NULL;
  int64_t number = -7, ms = -7;
  __int128 naive = naive_digits(text, &end), naive_ms = -1;
  for (int i = 0; i < 2; i++) {
    bool good = naive >= bounds[i][0] && naive <= bounds[i][1] && *end == '\0';
    error = (struct op_error){0};
    int code = op_check_number("number", "bad", text, bounds[i][0], bounds[i][1], &number, &error);
    FUZZ_CHECK(code == (good ? OP_OK : OP_DATA) && (!good || number == naive));
    FUZZ_CHECK(good || fuzz_is_clean_line(error.message));
  }
  for (size_t i = 0; naive >= 0 && i < sizeof units / sizeof *units; i++)
    if (strcmp(end, units[i].unit) == 0)
      naive_ms = naive * units[i].ms;
  bool good = naive_ms >= 0 && naive_ms <= INT64_MAX;
  FUZZ_CHECK(op_duration_parse(text, &ms) == good && (!good || ms == naive_ms));
}

/* Times: what is accepted comes back from its canonical form, and the C library agrees on those in UTC. */
static void check_time(const char *text) {
  struct op_error error = {0};
  int64_t time_us = 0, again = -1;
  char canonical[EVS_TIME_SIZE];
  struct tm tm = {0};
  if (op_check_time("time", text, &time_us, &error) != OP_OK) {
    FUZZ_CHECK(error.exit_code == OP_DATA && fuzz_is_clean_line(error.message));
    return;
  }
  evs_time_format(time_us, canonical);
  FUZZ_CHECK(strlen(canonical) == EVS_TIME_SIZE - 1 && evs_time_parse(canonical, EVS_TIME_SIZE - 1, &again));
  FUZZ_CHECK(again == time_us);
  char last = text[strlen(text) - 1];
  if (last != 'Z' && last != 'z')
    return;
  FUZZ_CHECK(strptime(text, "%Y-%m-%d", &tm) == text + 10 && strptime(text + 11, "%H:%M:%S", &tm) == text + 19);
  FUZZ_CHECK(timegm(&tm) == time_us / 1000000);
}

/* Ids and free text: exact for ASCII; beyond it, what is accepted is harmless. */
static void check_texts(const char *text) {
  size_t len = strlen(text);
  bool ascii = true, control = false, quoted = false;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    ascii = ascii && c < 0x80;
    control = control || c < 0x20 || c == 0x7f;
    quoted = quoted || strchr(" '\"`/\\", text[i]);
  }
  struct op_error error = {0};
  bool id = op_check_id("id", text, &error) == OP_OK;
  FUZZ_CHECK(id || fuzz_is_clean_line(error.message));
  bool id_bounds = len > 0 && len <= OP_MAX_ID && text[0] != '-' && !control && !quoted;
  FUZZ_CHECK(ascii ? id == id_bounds : !id || (id_bounds && evs_utf8_valid(text, len)));
  error = (struct op_error){0};
  bool plain = op_check_text("text", text, 100, &error) == OP_OK;
  FUZZ_CHECK(plain || fuzz_is_clean_line(error.message));
  FUZZ_CHECK(ascii ? plain == (!control && len <= 100) : !plain || (len <= 100 && fuzz_is_clean_line(text)));
  char clean[64];
  size_t need = op_clean(text, len, clean, sizeof clean);
  FUZZ_CHECK(fuzz_is_clean_line(clean) && strlen(clean) <= need && (need >= len || !ascii));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_bytes bytes = {data, size};
  const struct op_program *program = &programs[fuzz_byte(&bytes) & 1];
  char *words[MAX_WORDS], *argv[MAX_WORDS + 1];
  int argc = 1;
  words[0] = argv[0] = strdup(program->name);
  while (bytes.left > 0 && argc < MAX_WORDS) {
    words[argc] = argv[argc] = fuzz_string(&bytes, '\0');
    argc++;
  }
  argv[argc] = NULL;
  check_parse(program, argc, argv);
  for (int i = 1; i < argc; i++) {
    check_numbers(words[i]);
    check_time(words[i]);
    check_texts(words[i]);
  }
  for (int i = 0; i < argc; i++)
    free(words[i]);
  return 0;
}
