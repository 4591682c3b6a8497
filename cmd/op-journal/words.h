/* words.h - what may be a type, a tag, an id: the limits of evstore.h, checked where the mistake can still be named. */
#ifndef JOURNAL_WORDS_H
#define JOURNAL_WORDS_H

#include <evstore.h>
#include <stdbool.h>

bool word_is_type(const char *text);
bool word_is_tag(const char *text); /* NAME:VALUE */
bool word_is_id(const char *text);  /* an event id, a correlation */

#endif
