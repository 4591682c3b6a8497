/* label.c - the labels of the configuration: what may have one, their list, and the label of a word for people by the
 * language of the environment (LC_ALL, LC_MESSAGES, LANG).
 *
 * Invariant: only what people read is translated (tables, the text of an error); what a script reads (JSON, CSV, exit
 * codes) never depends on a locale. Raises nothing. */
#include "label.h"

#include "app.h"
#include "config_read.h"
#include "domain.h"

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

/* ---- what may stand in the configuration ------------------------------------------------------- */

/* Two letters, or three. */
bool op_label_is_language(const char *language) {
  size_t len = strlen(language);
  return (len == 2 || len == 3) && strspn(language, "abcdefghijklmnopqrstuvwxyz") == len;
}

/* A status that no column shows, with those that there are. */
static const char *no_status(const char *word, char *buf, size_t size) {
  struct op_suggestion suggestion = {.word = word};
  struct op_text all = {0};
  for (const char *const *status = op_status_words; *status != NULL; status++) {
    op_suggest(&suggestion, *status);
    op_text_addf(&all, "%s%s", all.len > 0 ? ", " : "", *status);
  }
  const char *best = suggestion.best;
  snprintf(buf, size, "there is no status '%s'%s%s%s (%s)", word, best != NULL ? ", did you mean '" : "",
           best != NULL ? best : "", best != NULL ? "'?" : "", all.ptr);
  op_text_free(&all);
  return buf;
}

/* A status, or like the code of an error. */
const char *op_label_word_wrong(const char *word, char *buf, size_t size) {
  if (word[0] >= 'A' && word[0] <= 'Z') {
    for (const char *const *status = op_status_words; *status != NULL; status++)
      if (strcmp(*status, word) == 0)
        return NULL;
    return no_status(word, buf, size);
  }
  if (word[0] != '\0' && strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(word))
    return NULL;
  snprintf(buf, size,
           "a status such as Reserved or the code of an error such as insufficient_seats is wanted here, not '%s'",
           word);
  return buf;
}

/* ---- the list ---------------------------------------------------------------------------------- */

/* Finds a label of a list. */
struct op_label *op_label_find(struct op_label *labels, const char *language, const char *word) {
  for (; labels != NULL; labels = labels->next)
    if (strcmp(labels->language, language) == 0 && (word == NULL || strcmp(labels->word, word) == 0))
      return labels;
  return NULL;
}

/* Adds a label, or replaces its text. */
bool op_label_set(struct op_label **list, const char *language, const char *word, const char *text) {
  struct op_label *label = op_label_find(*list, language, word);
  if (label != NULL)
    return op_config_set(&label->text, text);
  label = calloc(1, sizeof *label);
  if (label == NULL)
    return false;
  while (*list != NULL)
    list = &(*list)->next;
  *list = label; /* in the list at once, so that it is freed with it */
  return op_config_set(&label->language, language) && op_config_set(&label->word, word) &&
         op_config_set(&label->text, text);
}

/* Frees a list of labels. */
void op_labels_free(struct op_label *labels) {
  while (labels != NULL) {
    struct op_label *next = labels->next;
    free(labels->language);
    free(labels->word);
    free(labels->text);
    free(labels);
    labels = next;
  }
}
