/* label.c - finds the label of a word for people, by the language of the environment (LC_ALL, LC_MESSAGES, LANG).
 *
 * Invariant: only what people read is translated (tables, the text of an error); what a script reads (JSON, CSV, exit
 * codes) never depends on a locale. Raises nothing. */
#include "label.h"

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

/* The label of a word. */
const char *op_label(const struct op_label *labels, const char *word) {
  for (const struct op_label *label = labels; label != NULL; label = label->next)
    if (strcmp(label->word, word) == 0 && speaks(locale_of_messages(), label->language))
      return label->text;
  return NULL;
}
