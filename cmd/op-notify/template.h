/* template.h - what customers read: the built-in wordings, Korean and English, one per cause, and those of the
 * configuration (notify.templates) in their place. Pure.
 *
 * No built-in text holds personal data; one of the configuration may hold the customer's name. */
#ifndef NOTIFY_TEMPLATE_H
#define NOTIFY_TEMPLATE_H

#include "config.h"
#include "notice.h"
#include "output.h"

/* Is there a text for this cause? */
bool template_exists(const char *type);

/* Does the text name the customer? Only then is it of any use to look the name up. */
bool template_names_customer(const struct op_config *config, const char *type, const char *lang);

/* Adds the text of the notice, without a newline at its end. `name` is the customer's, "" where it is not known. An
 * unknown language counts as the default. */
void template_text(const struct op_config *config, const struct notice *notice, const char *name, const char *lang,
                   struct op_text *text);

/* Adds its subject. */
void template_subject(const struct op_config *config, const struct notice *notice, const char *name, const char *lang,
                      struct op_text *text);

#endif
