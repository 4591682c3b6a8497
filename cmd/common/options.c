/* options.c - the command line: which verb, which options, which operands, and exactly what is wrong with them.
 *
 * Two passes of getopt_long(). The first knows the common options only and stops at the verb; so `op-reserve --errors
 * json place --seats 2` finds `place` and not `json`. The second knows the verb's options too and reads everything, in
 * order and wherever it stands (POSIXLY_CORRECT changes nothing). getopt prints nothing: every mistake is an op_error
 * 64 `usage` that names it and points to --help. Values are not interpreted here, but for those of the common options.
 */
#include "options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A common option, and the flags of the verbs that take it (0: every verb). */
struct common {
  struct op_option option;
  unsigned needs;
};

static const struct common commons[] = {
    {{"request-id", 0, "KEY", "the same key and request again give the same answer, and change nothing", false},
     OP_CHANGES},
    {{"dry-run", 0, NULL, "decide and print, append nothing", false}, OP_CHANGES | OP_DRY_RUN},
    {{"follow", 0, NULL, "go on with what comes, until SIGTERM or SIGINT", false}, OP_FOLLOWS},
    {{"max", 0, "N", "end after N", false}, OP_MAX},
    {{"pending", 0, NULL, "say what is pending and since when, and do nothing", false}, OP_PENDING},
    {{"store", 0, "PATH|URL", "the store (else $OP_STORE, the configuration, ~/.local/state/outerpark)", false}, 0},
    {{"config", 0, "FILE", "a configuration over the system's and the user's (else $OP_CONFIG)", false}, 0},
    {{"output", 'o', "FORMAT", "ndjson, json, table or csv (default: table on a terminal, else ndjson)", false}, 0},
    {{"errors", 0, "FORM", "text or json (default: text)", false}, 0},
    {{"color", 0, "WHEN", "auto, always or never (default: auto; NO_COLOR is honoured)", false}, 0},
    {{"timeout", 0, "TIME", "bound of any waiting: 250ms, 5s, 2m (default: 10s)", false}, 0},
    {{"quiet", 'q', NULL, "print nothing on success", false}, 0},
    {{"verbose", 'v', NULL, "explain on stderr", false}, 0},
    {{"help", 'h', NULL, "print this help", false}, 0},
    {{"version", 0, NULL, "print the version", false}, 0},
};
#define COMMONS (sizeof commons / sizeof commons[0])

enum { LONG_BASE = 256 }; /* getopt's value of row i is LONG_BASE + i, or the letter */

/* ---- the table --------------------------------------------------------------------------------- */

/* Finds a row by its exact name. */
static struct op_known *known_find(struct op_parsed *parsed, const char *name) {
  for (size_t i = 0; i < parsed->known_count; i++)
    if (strcmp(parsed->known[i].name, name) == 0)
      return &parsed->known[i];
  return NULL;
}

/* Adds a row unless one of that name is there: a verb's own option hides a common one. */
static void known_add(struct op_parsed *parsed, const struct op_option *option, bool common, bool always) {
  if (parsed->known_count >= OP_MAX_KNOWN || known_find(parsed, option->name) != NULL)
    return;
  parsed->known[parsed->known_count++] = (struct op_known){.name = option->name,
                                                           .letter = option->letter,
                                                           .operand = option->operand,
                                                           .help = option->help,
                                                           .required = option->required,
                                                           .common = common,
                                                           .always = always};
}

/* Forgets the values that were given. */
static void known_clear(struct op_parsed *parsed) {
  for (size_t i = 0; i < parsed->known_count; i++)
    free(parsed->known[i].values);
  memset(parsed->known, 0, sizeof parsed->known);
  parsed->known_count = 0;
}

/* Fills the table: the verb's options first, as --help shows them. */
void op_options_collect(struct op_parsed *parsed, const struct op_verb *verb, unsigned flags) {
  known_clear(parsed);
  if (verb != NULL && verb->options != NULL)
    for (const struct op_option *option = verb->options; option->name != NULL; option++)
      known_add(parsed, option, false, false);
  for (size_t i = 0; i < COMMONS; i++)
    if (commons[i].needs == 0 || (commons[i].needs & flags) != 0)
      known_add(parsed, &commons[i].option, true, commons[i].needs == 0);
}

/* The table as getopt_long() wants it. */
struct getopt_table {
  struct option longs[OP_MAX_KNOWN + 1];
  char shorts[2 * OP_MAX_KNOWN + 4];
};

/* Fills it; `order` is '+' (stop at the first operand) or '-' (operands come as options of value 1). */
static void getopt_fill(struct getopt_table *table, const struct op_parsed *parsed, char order) {
  char *letter = table->shorts;
  memset(table, 0, sizeof *table);
  *letter++ = order;
  *letter++ = ':';
  for (size_t i = 0; i < parsed->known_count; i++) {
    const struct op_known *known = &parsed->known[i];
    table->longs[i] = (struct option){known->name, known->operand != NULL ? required_argument : no_argument, NULL,
                                      LONG_BASE + (int)i};
    if (known->letter == 0)
      continue;
    *letter++ = known->letter;
    if (known->operand != NULL)
      *letter++ = ':';
  }
}

/* The row behind a value that getopt returned or keeps in optopt; NULL: none. */
static struct op_known *known_by_value(struct op_parsed *parsed, int value) {
  for (size_t i = 0; i < parsed->known_count; i++)
    if (value == LONG_BASE + (int)i || (value != 0 && value == (unsigned char)parsed->known[i].letter))
      return &parsed->known[i];
  return NULL;
}

/* ---- mistakes ---------------------------------------------------------------------------------- */

/* Ends a usage message with the pointer to the help. */
int op_usage(const struct op_app *app, struct op_error *error, const char *format, ...) {
  char what[600];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  const char *verb = app->verb != NULL ? app->verb->name : NULL;
  size_t len = strlen(what);
  return op_fail(error, OP_USAGE, "usage", "%.400s%s see '%s%s%s --help'", what,
                 len > 0 && what[len - 1] == '?' ? "" : ";", app->program->name, verb != NULL ? " " : "",
                 verb != NULL ? verb : "");
}

/* Does a verb declare this option? */
static bool verb_declares(const struct op_verb *verb, const char *name, char letter) {
  if (verb->options == NULL)
    return false;
  for (const struct op_option *option = verb->options; option->name != NULL; option++)
    if ((name != NULL && strcmp(option->name, name) == 0) || (letter != 0 && option->letter == letter))
      return true;
  return false;
}

/* Tells what getopt did not know: a word with dashes as it stands in argv, or a letter. */
static int fail_unknown(const struct op_app *app, const char *word, char letter, struct op_error *error) {
  char name[64] = "";
  if (letter == 0)
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
  char shown[80];
  snprintf(shown, sizeof shown, letter != 0 ? "-%.1s" : "--%s", letter != 0 ? &letter : name);

  if (app->verb == NULL)
    for (const struct op_verb *verb = app->program->verbs; verb->run != NULL; verb++)
      if (verb->name != NULL && verb_declares(verb, name, letter))
        return op_usage(app, error, "option %s belongs behind its verb: %s %s %s", shown, app->program->name,
                        verb->name, shown);
  for (size_t i = 0; i < COMMONS; i++)
    if (app->verb != NULL && strcmp(commons[i].option.name, name) == 0)
      return op_usage(app, error, "%s takes no %s", app->verb->name != NULL ? app->verb->name : app->program->name,
                      shown);

  size_t prefixed = 0;
  struct op_suggestion suggestion = {.word = name};
  for (size_t i = 0; letter == 0 && i < app->parsed->known_count; i++) {
    prefixed += strncmp(app->parsed->known[i].name, name, strlen(name)) == 0;
    op_suggest(&suggestion, app->parsed->known[i].name);
  }
  if (prefixed > 1)
    return op_usage(app, error, "option %s is short for more than one option", shown);
  if (suggestion.best != NULL)
    return op_usage(app, error, "unknown option %s, did you mean --%s?", shown, suggestion.best);
  return op_usage(app, error, "unknown option %s", shown);
}

/* Tells a mistake that getopt found: '?' or ':'. `word` is the argument that it was at. */
static int fail_getopt(const struct op_app *app, int result, const char *word, struct op_error *error) {
  const struct op_known *known = known_by_value(app->parsed, optopt);
  if (known != NULL && result == ':')
    return op_usage(app, error, "option --%s needs a value (%s)", known->name, known->operand);
  if (known != NULL)
    return op_usage(app, error, "option --%s takes no value", known->name);
  return fail_unknown(app, word, optopt != 0 ? (char)optopt : 0, error);
}

/* Tells that no verb has this name. */
static int fail_verb(const struct op_app *app, const char *word, struct op_error *error) {
  char group[256] = "";
  struct op_suggestion suggestion = {.word = word};
  size_t len = strlen(word), used = 0;
  for (const struct op_verb *verb = app->program->verbs; verb->run != NULL; verb++) {
    if (verb->name == NULL)
      continue;
    op_suggest(&suggestion, verb->name);
    if (strncmp(verb->name, word, len) == 0 && verb->name[len] == ' ' && used < sizeof group)
      used += (size_t)snprintf(group + used, sizeof group - used, "%s%s", used > 0 ? ", " : "", verb->name + len + 1);
  }
  if (used > 0)
    return op_fail(error, OP_USAGE, "usage", "'%.80s' must be followed by one of: %s; see '%s %.80s --help'", word,
                   group, app->program->name, word);
  if (suggestion.best != NULL)
    return op_usage(app, error, "unknown verb '%s', did you mean '%s'?", word, suggestion.best);
  return op_usage(app, error, "unknown verb '%s'", word);
}

/* ---- first pass: the verb ---------------------------------------------------------------------- */

/* Finds a verb by one word or two; `second` may be NULL. *ret_words is how many of them its name has. */
static const struct op_verb *verb_find(const struct op_program *program, const char *first, const char *second,
                                       int *ret_words) {
  const struct op_verb *found = NULL;
  size_t len = strlen(first);
  for (const struct op_verb *verb = program->verbs; verb->run != NULL; verb++) {
    if (verb->name == NULL)
      continue;
    if (second != NULL && strncmp(verb->name, first, len) == 0 && verb->name[len] == ' ' &&
        strcmp(verb->name + len + 1, second) == 0) {
      *ret_words = 2;
      return verb;
    }
    if (strcmp(verb->name, first) == 0) {
      *ret_words = 1;
      found = verb;
    }
  }
  return found;
}

/* Is it the first word of verbs that have two? */
static bool is_group(const struct op_program *program, const char *word) {
  size_t len = strlen(word);
  for (const struct op_verb *verb = program->verbs; verb->run != NULL; verb++)
    if (verb->name != NULL && strncmp(verb->name, word, len) == 0 && verb->name[len] == ' ')
      return true;
  return false;
}

/* The verb without a name, or NULL. */
static const struct op_verb *verb_default(const struct op_program *program) {
  for (const struct op_verb *verb = program->verbs; verb->run != NULL; verb++)
    if (verb->name == NULL)
      return verb;
  return NULL;
}

/* Is there an exact --help in argv before `--`, so that a mistake elsewhere must not hide it? */
static bool help_comes_before(char **argv, int index) {
  for (int i = 1; i < index && argv[i] != NULL && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--version") == 0)
      return true;
  return false;
}

/* Finds the verb. *ret_index is where its first word stands in argv (argc: there is none), *ret_words how many it has.
 */
static int find_verb(struct op_app *app, int argc, char **argv, int *ret_index, int *ret_words,
                     struct op_error *error) {
  struct getopt_table table;
  int result = 0, words[2] = {argc, argc}, found = 0;
  op_options_collect(app->parsed, verb_default(app->program), ~0u);
  getopt_fill(&table, app->parsed, '+');
  optind = 0; /* glibc: forget an earlier scan */
  opterr = 0;
  while (found < 2) {
    int at = optind > 0 ? optind : 1;
    result = getopt_long(argc, argv, table.shorts, table.longs, NULL);
    if (result == '?' || result == ':') {
      if (found > 0 || help_comes_before(argv, at))
        break; /* told by the second pass, or not at all */
      return fail_getopt(app, result, argv[at], error);
    }
    if (result != -1)
      continue;
    if (optind >= argc)
      break;
    bool passed_dashes = optind > at; /* behind `--` are words alone; getopt, asked again, would move them */
    words[found++] = optind++;
    if (passed_dashes && found < 2 && optind < argc)
      words[found++] = optind;
    if (passed_dashes)
      break;
  }
  *ret_index = words[0];
  *ret_words = 0;
  if (found > 0)
    app->verb = verb_find(app->program, argv[words[0]], found > 1 ? argv[words[1]] : NULL, ret_words);
  if (app->verb == NULL && (found == 0 || !is_group(app->program, argv[words[0]])))
    app->verb = verb_default(app->program);
  if (app->verb == NULL && found > 0 && !help_comes_before(argv, argc))
    return fail_verb(app, argv[words[0]], error);
  return OP_OK;
}

/* ---- second pass: everything ------------------------------------------------------------------- */

/* Adds a value to a row; false where memory is gone. */
static bool known_give(struct op_known *known, const char *value) {
  const char **values = realloc(known->values, (known->count + 1) * sizeof *values);
  if (values == NULL)
    return false;
  known->values = values;
  known->values[known->count++] = value;
  return true;
}

/* Reads all options and operands of argv. */
static int read_all(struct op_app *app, int argc, char **argv, struct op_error *error) {
  struct op_parsed *parsed = app->parsed;
  struct getopt_table table;
  bool passes = app->verb != NULL && (app->verb->flags & OP_PASSES_ARGS) != 0;
  op_options_collect(parsed, app->verb, app->verb == NULL || passes ? ~0u : app->verb->flags);
  getopt_fill(&table, parsed, '-');
  parsed->operands = calloc((size_t)argc + 1, sizeof *parsed->operands);
  if (parsed->operands == NULL)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  optind = 0;
  for (;;) {
    int at = optind > 0 ? optind : 1;
    int result = getopt_long(argc, argv, table.shorts, table.longs, NULL);
    if (result == -1)
      break;
    if (result == 1) {
      parsed->operands[parsed->operand_count++] = optarg;
      continue;
    }
    struct op_known *known = result == '?' || result == ':' ? NULL : known_by_value(parsed, result);
    if (known == NULL)
      return help_comes_before(argv, at) ? OP_OK : fail_getopt(app, result, argv[at], error);
    if (!known_give(known, known->operand != NULL ? optarg : NULL))
      return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  }
  while (optind < argc)
    parsed->operands[parsed->operand_count++] = argv[optind++];
  return OP_OK;
}

/* Checks that what the verb needs is there, and no more operands than it takes. */
static int check_needs(const struct op_app *app, struct op_error *error) {
  const struct op_verb *verb = app->verb;
  if (verb == NULL)
    return op_usage(app, error, "no verb was given");
  const char *name = verb->name != NULL ? verb->name : app->program->name;
  for (size_t i = 0; i < app->parsed->known_count; i++) {
    const struct op_known *known = &app->parsed->known[i];
    if (known->required && known->count == 0)
      return op_usage(app, error, "%s needs --%s%s%s", name, known->name, known->operand != NULL ? " " : "",
                      known->operand != NULL ? known->operand : "");
  }
  if (app->operand_count < verb->min_operands)
    return op_usage(app, error, "%s needs %s", name, verb->operands != NULL ? verb->operands : "an operand");
  if (verb->max_operands < 0 || app->operand_count <= verb->max_operands)
    return OP_OK;
  if (verb->name == NULL && app->operand_count > 0) { /* a word where only a verb could stand */
    struct op_app without = *app;
    without.verb = NULL;
    return fail_verb(&without, app->operands[0], error);
  }
  return op_usage(app, error, "%s: one operand too many: '%s'", name, app->operands[verb->max_operands]);
}

/* ---- the values of the common options ---------------------------------------------------------- */

/* The position of a word among `words`, or -1. */
static int word_index(const char *word, const char *const *words) {
  for (int i = 0; words[i] != NULL; i++)
    if (strcmp(word, words[i]) == 0)
      return i;
  return -1;
}

/* Takes one of a few words; the default where the option was not given. */
static int take_word(const struct op_app *app, const char *name, const char *const *words, int fallback, int *ret_index,
                     struct op_error *error) {
  const char *given = op_option(app, name);
  char list[80] = "";
  *ret_index = given != NULL ? word_index(given, words) : fallback;
  if (*ret_index >= 0)
    return OP_OK;
  for (int i = 0; words[i] != NULL; i++) {
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : words[i + 1] != NULL ? ", " : " or ", words[i]);
  }
  return op_usage(app, error, "--%s must be %s, not '%s'", name, list, given);
}

/* --output and --color, with their defaults that look at the terminal. */
static int take_output(struct op_app *app, struct op_error *error) {
  static const char *const formats[] = {"ndjson", "json", "table", "csv", NULL}; /* in the order of enum op_format */
  static const char *const whens[] = {"auto", "always", "never", NULL};
  int format = 0, when = 0;
  bool terminal = isatty(STDOUT_FILENO) == 1;
  int code = take_word(app, "output", formats, terminal ? OP_TABLE : OP_NDJSON, &format, error);
  if (code == OP_OK)
    code = take_word(app, "color", whens, 0, &when, error);
  const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
  bool wanted = terminal && (no_color == NULL || no_color[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
  app->parsed->format = (enum op_format)format;
  app->parsed->color = when == 1 || (when == 0 && wanted);
  return code;
}

/* --timeout and --max. */
static int take_bounds(struct op_app *app, struct op_error *error) {
  const char *timeout = op_option(app, "timeout");
  const struct op_known *max = known_find(app->parsed, "max");
  int64_t number = 0;
  if (timeout != NULL && (!op_duration_parse(timeout, &number) || number > INT32_MAX))
    return op_usage(app, error, "--timeout must be a duration such as 250ms, 5s or 2m, not '%s'", timeout);
  if (timeout != NULL)
    app->timeout_ms = (unsigned)number;
  if (max == NULL || !max->common || max->count == 0)
    return OP_OK;
  const char *text = max->values[max->count - 1];
  if (op_check_number("--max", "usage", text, 1, INT64_MAX, &number, error) != OP_OK)
    return op_usage(app, error, "--max must be a whole number of at least 1, not '%s'", text);
  app->max = (uint64_t)number;
  return OP_OK;
}

/* Interprets the common options. --errors comes first: it says how to tell what is wrong with the others. */
static int take_common(struct op_app *app, struct op_error *error) {
  static const char *const forms[] = {"text", "json", NULL};
  int form = 0;
  int code = take_word(app, "errors", forms, 0, &form, error);
  if (code != OP_OK)
    return code;
  app->errors_json = form == 1;
  for (size_t i = 0; i < app->parsed->known_count; i++) {
    const struct op_known *known = &app->parsed->known[i];
    for (size_t j = 0; known->common && known->operand != NULL && j < known->count; j++) {
      if (!evs_utf8_valid(known->values[j], strlen(known->values[j])) && strcmp(known->name, "request-id") != 0)
        return op_usage(app, error, "the value of --%s is not valid UTF-8", known->name);
      if (known->values[j][0] == '\0' && strcmp(known->name, "request-id") != 0)
        return op_usage(app, error, "the value of --%s is empty", known->name);
    }
  }
  app->quiet = op_option_given(app, "quiet");
  app->verbose = op_option_given(app, "verbose");
  app->dry_run = op_option_given(app, "dry-run");
  app->follow = op_option_given(app, "follow");
  app->pending = op_option_given(app, "pending");
  app->request_id = op_option(app, "request-id");
  code = take_output(app, error);
  if (code == OP_OK)
    code = take_bounds(app, error);
  if (code == OP_OK && app->request_id != NULL)
    code = op_check_id("request id", app->request_id, error);
  return code;
}

/* Looks for --errors json by eye, for the mistakes that end the parsing before the options are known. */
static bool wants_json_errors(int argc, char **argv) {
  bool json = false;
  for (int i = 1; i < argc && argv[i] != NULL && strcmp(argv[i], "--") != 0; i++) {
    const char *value = strncmp(argv[i], "--errors=", 9) == 0                     ? argv[i] + 9
                        : strcmp(argv[i], "--errors") == 0 && argv[i + 1] != NULL ? argv[i + 1]
                                                                                  : NULL;
    if (value != NULL)
      json = strcmp(value, "json") == 0;
  }
  return json;
}

/* Parses the command line. */
int op_options_parse(struct op_app *app, int argc, char **argv, struct op_error *error) {
  int index = argc, words = 0;
  app->parsed = calloc(1, sizeof *app->parsed);
  if (app->parsed == NULL)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  app->errors_json = wants_json_errors(argc, argv);
  int code = find_verb(app, argc, argv, &index, &words, error);
  if (code != OP_OK)
    return code;
  bool passes = app->verb != NULL && (app->verb->flags & OP_PASSES_ARGS) != 0;
  code = read_all(app, passes ? index : argc, argv, error);
  if (code != OP_OK)
    return code;
  if (passes) { /* the program that takes over reads the rest, and checks the values of what stood before */
    app->operands = argv + index + 1;
    app->operand_count = argc - index - 1;
    app->leading = argv + 1;
    app->leading_count = index - 1 - (index > 1 && strcmp(argv[index - 1], "--") == 0);
    return OP_OK;
  }
  app->operands = (char *const *)app->parsed->operands + words;
  app->operand_count = app->parsed->operand_count - words;
  if (op_options_ask(app))
    return OP_OK;
  code = take_common(app, error);
  return code == OP_OK ? check_needs(app, error) : code;
}

/* Is there something to answer instead of running the verb? */
bool op_options_ask(const struct op_app *app) {
  bool passes = app->verb != NULL && (app->verb->flags & OP_PASSES_ARGS) != 0;
  return !passes && (op_option_given(app, "help") || op_option_given(app, "version"));
}

/* Frees what the parsing made. */
void op_options_free(struct op_app *app) {
  if (app->parsed == NULL)
    return;
  known_clear(app->parsed);
  free(app->parsed->operands);
  free(app->parsed->default_store);
  free(app->parsed);
  app->parsed = NULL;
}

/* ---- what verbs ask ---------------------------------------------------------------------------- */

/* The last value of an option. */
const char *op_option(const struct op_app *app, const char *name) {
  const struct op_known *known = known_find(app->parsed, name);
  return known != NULL && known->count > 0 ? known->values[known->count - 1] : NULL;
}

/* All values of an option. */
const char *const *op_option_all(const struct op_app *app, const char *name, size_t *ret_count) {
  const struct op_known *known = known_find(app->parsed, name);
  *ret_count = known != NULL ? known->count : 0;
  return *ret_count > 0 ? known->values : NULL;
}

/* Was an option given? */
bool op_option_given(const struct op_app *app, const char *name) {
  const struct op_known *known = known_find(app->parsed, name);
  return known != NULL && known->count > 0;
}
