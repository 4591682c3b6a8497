/* label.h - the configuration's own words for people (labels: {ko: {Reserved: ...}}): of statuses and of refusals. */
#ifndef OP_LABEL_H
#define OP_LABEL_H

#include "config.h"

#include <stddef.h>

/* The label of a word of the contract (a status, or the stable code of an error) in the reader's language; NULL where
 * there is none. Borrowed from the list. */
const char *op_label(const struct op_label *labels, const char *word);

/* ---- what may stand in the configuration ------------------------------------------------------- */

/* Is it the language of a locale, such as ko of ko_KR.UTF-8? */
bool op_label_is_language(const char *language);
/* What is wrong with a word that is to have a label, in buf; NULL where nothing is. A status begins with a capital
 * letter and is one of op_status_words; the code of an error has none, and may be any: nobody has a list. */
const char *op_label_word_wrong(const char *word, char *buf, size_t size);

/* ---- the list ---------------------------------------------------------------------------------- */

/* The first label of a language, of this word where it is not NULL; NULL where there is none. */
struct op_label *op_label_find(struct op_label *labels, const char *language, const char *word);
/* Adds a label at the end of a list, or replaces its text; false where memory is gone. */
bool op_label_set(struct op_label **list, const char *language, const char *word, const char *text);
void op_labels_free(struct op_label *labels); /* NULL is legal */

#endif
