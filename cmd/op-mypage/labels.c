/* labels.c - translates statuses for people, by the language of the environment (LC_ALL, LC_MESSAGES, LANG).
 *
 * Invariant: only a table is translated; what a script reads never depends on a locale. Raises nothing. */
#include "labels.h"

#include <stdlib.h>
#include <string.h>

/* Does a locale such as ko_KR.UTF-8 speak this language? */
static bool speaks(const char *locale, const char *language) {
  size_t len = strcspn(locale, "_.@");
  return strlen(language) == len && strncmp(locale, language, len) == 0;
}

/* The locale of messages: the first variable that is set decides, as in POSIX. */
static const char *locale_of_messages(void) {
  static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *value = getenv(names[i]);
    if (value != NULL && value[0] != '\0')
      return value;
  }
  return "";
}

/* The cell of a status. */
void label_cell(const struct op_app *app, const char *word) {
  const char *shown = word;
  if (word != NULL && op_output_format(app->output) == OP_TABLE)
    for (const struct op_label *label = app->config.labels; label != NULL; label = label->next)
      if (strcmp(label->word, word) == 0 && speaks(locale_of_messages(), label->language))
        shown = label->text;
  op_cell_text(app->output, shown);
}
