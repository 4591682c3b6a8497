/* help.c - the text of --help, made from the same tables that parse the command line.
 *
 * So nothing can be accepted that --help does not show, and nothing shown that is not accepted. The help of a program
 * lists its verbs and the options that all of them take; the help of a verb its own options and those; that of the
 * first word of several verbs (`contact`) is the help of each of them. All end with examples. Pure: it only fills the
 * text that it is given. */
#include "options.h"

#include <string.h>

enum { NAME_COLUMN = 26 }; /* where the explanations start */

/* Adds one entry: a name, and its explanation in the second column or on the next line. */
static void add_entry(struct op_text *text, const struct op_text *name, const char *explanation) {
  int width = (int)name->len;
  op_text_add(text, name->ptr, name->len);
  if (width >= NAME_COLUMN - 1) {
    op_text_adds(text, "\n");
    width = 0;
  }
  op_text_addf(text, "%*s%s", NAME_COLUMN - width, "", explanation);
}

/* Adds one option. */
static void add_option(struct op_text *text, const struct op_known *known) {
  struct op_text name = {0};
  if (known->letter != 0)
    op_text_addf(&name, "  -%c, --%s", known->letter, known->name);
  else
    op_text_addf(&name, "      --%s", known->name);
  if (known->operand != NULL)
    op_text_addf(&name, " %s", known->operand);
  add_entry(text, &name, known->help);
  op_text_adds(text, known->required ? " (required)\n" : "\n");
  op_text_free(&name);
}

/* Adds the options that this verb takes (always false) or those that every verb does, under a title. */
static void add_options(struct op_text *text, const struct op_parsed *parsed, bool always, const char *title) {
  bool any = false;
  for (size_t i = 0; i < parsed->known_count; i++) {
    if (parsed->known[i].always != always)
      continue;
    if (!any)
      op_text_addf(text, "\n%s:\n", title);
    any = true;
    add_option(text, &parsed->known[i]);
  }
}

/* Adds a usage line: program, verb, what it takes. */
static void add_usage(struct op_text *text, const struct op_program *program, const struct op_verb *verb,
                      const char *lead) {
  op_text_addf(text, "%s%s", lead, program->name);
  if (verb->name != NULL)
    op_text_addf(text, " %s", verb->name);
  if ((verb->flags & OP_PASSES_ARGS) == 0)
    op_text_adds(text, " [OPTION...]");
  if (verb->operands != NULL && verb->operands[0] != '\0')
    op_text_addf(text, " %s", verb->operands);
  op_text_adds(text, "\n");
}

/* Adds the lines of one example text, indented. */
static void add_lines(struct op_text *text, const char *lines) {
  for (const char *line = lines; line != NULL; line = line[strcspn(line, "\n")] != '\0' ? strchr(line, '\n') + 1 : NULL)
    op_text_addf(text, "  %.*s\n", (int)strcspn(line, "\n"), line);
}

/* Adds examples under their title; `lines` ends with NULL. */
static void add_examples(struct op_text *text, const char *const *lines) {
  if (lines == NULL || lines[0] == NULL)
    return;
  bool one = lines[1] == NULL && strchr(lines[0], '\n') == NULL;
  op_text_adds(text, one ? "\nExample:\n" : "\nExamples:\n");
  for (; *lines != NULL; lines++)
    add_lines(text, *lines);
}

/* The help of a verb. */
static void write_verb(const struct op_app *app, struct op_text *text) {
  op_options_collect(app->parsed, app->verb, app->verb->flags);
  add_usage(text, app->program, app->verb, "Usage: ");
  op_text_addf(text, "\n%s\n", app->verb->summary);
  add_options(text, app->parsed, false, "Options");
  add_options(text, app->parsed, true, "Common options");
  add_examples(text, (const char *const[]){app->verb->example, NULL});
}

/* Does the verb's name consist of this word and another one? */
static bool begins_with(const struct op_verb *verb, const char *word) {
  size_t len = strlen(word);
  return verb->name != NULL && strncmp(verb->name, word, len) == 0 && verb->name[len] == ' ';
}

/* The first word of verbs that have two, where it was given without one of them; else NULL. */
static const char *group_asked(const struct op_app *app) {
  const char *word = app->operand_count > 0 ? app->operands[0] : NULL;
  for (const struct op_verb *verb = app->program->verbs; word != NULL && verb->run != NULL; verb++)
    if (begins_with(verb, word))
      return word;
  return NULL;
}

/* The help of all verbs that begin with this word. */
static void write_group(const struct op_app *app, const char *word, struct op_text *text) {
  const char *lead = "Usage: ";
  for (const struct op_verb *verb = app->program->verbs; verb->run != NULL; verb++)
    if (begins_with(verb, word)) {
      add_usage(text, app->program, verb, lead);
      lead = "       ";
    }
  for (const struct op_verb *verb = app->program->verbs; verb->run != NULL; verb++)
    if (begins_with(verb, word)) {
      op_text_addf(text, "\n%s: %s\n", verb->name, verb->summary);
      op_options_collect(app->parsed, verb, verb->flags);
      add_options(text, app->parsed, false, "Options");
    }
  add_options(text, app->parsed, true, "Common options");
  op_text_adds(text, "\nExamples:\n");
  for (const struct op_verb *verb = app->program->verbs; verb->run != NULL; verb++)
    if (begins_with(verb, word))
      add_lines(text, verb->example);
}

/* The help of a program: what it is for, its verbs. */
static void write_program(const struct op_app *app, struct op_text *text) {
  const struct op_verb *unnamed = NULL;
  size_t named = 0;
  for (const struct op_verb *verb = app->program->verbs; verb->run != NULL; verb++) {
    unnamed = verb->name == NULL ? verb : unnamed;
    named += verb->name != NULL;
  }
  if (unnamed != NULL)
    add_usage(text, app->program, unnamed, "Usage: ");
  if (named > 0)
    op_text_addf(text, "%s%s VERB [OPTION...] [OPERAND...]\n",
                 unnamed != NULL ? "       " : "Usage: ", app->program->name);
  op_text_addf(text, "\n%s\n", app->program->summary);
  if (named > 0)
    op_text_adds(text, "\nVerbs:\n");
  for (const struct op_verb *verb = app->program->verbs; verb->run != NULL; verb++) {
    struct op_text name = {0};
    if (verb->name == NULL)
      continue;
    bool takes = verb->operands != NULL && verb->operands[0] != '\0';
    op_text_addf(&name, "  %s%s%s", verb->name, takes ? " " : "", takes ? verb->operands : "");
    add_entry(text, &name, verb->summary);
    op_text_adds(text, "\n");
    op_text_free(&name);
  }
  op_options_collect(app->parsed, unnamed, unnamed != NULL ? unnamed->flags : 0);
  add_options(text, app->parsed, false, "Options without a verb");
  add_options(text, app->parsed, true, "Common options");
  if (named > 0)
    op_text_addf(text, "\n'%s VERB --help' tells the options of a verb.\n", app->program->name);
  add_examples(text, app->program->examples);
}

/* Writes the help that was asked for. */
void op_help_write(const struct op_app *app, struct op_text *text) {
  const char *group = app->verb == NULL ? group_asked(app) : NULL;
  if (group != NULL)
    write_group(app, group, text);
  else if (app->verb != NULL && app->verb->name != NULL)
    write_verb(app, text);
  else
    write_program(app, text);
}
