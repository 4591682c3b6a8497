/* template.h - the built-in texts, Korean and English, one per cause. Pure. No personal data stands in them. */
#ifndef NOTIFY_TEMPLATE_H
#define NOTIFY_TEMPLATE_H

#include "notice.h"
#include "output.h"

/* Is there a text for this cause? */
bool template_exists(const char *type);

/* Adds the text of the notice, one line without its newline. An unknown language counts as the default. */
void template_text(const struct notice *notice, const char *lang, struct op_text *text);

/* Adds its subject, one line. */
void template_subject(const struct notice *notice, const char *lang, struct op_text *text);

#endif
