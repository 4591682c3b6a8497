/* options.h - private to app.c, options.c and help.c: what the command line said, before anything acts on it.
 *
 * The common options and those of the verb become one table (op_known), which getopt_long() reads and --help prints;
 * the values that were given are kept in the same rows. */
#ifndef OP_OPTIONS_H
#define OP_OPTIONS_H

#include "app.h"

#define OP_MAX_KNOWN 48 /* rows: the common options and those of one verb */

/* A row of the table. */
struct op_known {
  const char *name;
  char letter;
  const char *operand; /* NULL: a flag */
  const char *help;
  bool required;
  bool common;         /* op_main() knows what it means */
  bool always;         /* every verb takes it */
  const char **values; /* what was given, in order */
  size_t count;        /* how often it was given, flags too */
};

struct op_parsed {
  struct op_known known[OP_MAX_KNOWN];
  size_t known_count;
  const char **operands;
  int operand_count;
  char *default_store; /* where app->store_url is derived from HOME */
  bool store_readonly; /* app->store may not be written */
  enum op_format format;
  bool color;
};

/* Parses argv into *app (verb, operands, flags, ...) and app->parsed, which op_options_free() frees. `help` and
 * `version` are options like the others: where one of them was given nothing else is required. */
int op_options_parse(struct op_app *app, int argc, char **argv, struct op_error *error);
void op_options_free(struct op_app *app);
/* Was --help or --version asked of this program? (What stands before an OP_PASSES_ARGS verb is asked of another.) */
bool op_options_ask(const struct op_app *app);

/* Fills parsed->known with the common options that `flags` allow (OP_CHANGES ...) and those of `verb` (may be NULL). */
void op_options_collect(struct op_parsed *parsed, const struct op_verb *verb, unsigned flags);

/* Writes the help of the program, or of app->verb, to text. */
void op_help_write(const struct op_app *app, struct op_text *text);

#endif
