/* message.h - a notice as a message: a few headers, an empty line, the text. Pure. */
#ifndef NOTIFY_MESSAGE_H
#define NOTIFY_MESSAGE_H

#include "notice.h"
#include "output.h"

/* Adds the whole message. It is a function of its arguments alone: a second attempt writes the same bytes, with the
 * same Message-ID, by which a receiver knows it. `contact` with customer_id "" gives a message without To. */
void message_add(const struct notice *notice, const struct contact *contact, const char *from, struct op_text *message);

/* The language of a notice to this contact. */
const char *message_language(const struct contact *contact);

#endif
