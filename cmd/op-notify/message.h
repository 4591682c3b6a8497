/* message.h - a notice as a message: a few headers, an empty line, the text. Pure. */
#ifndef NOTIFY_MESSAGE_H
#define NOTIFY_MESSAGE_H

#include "address.h"
#include "notice.h"
#include "template.h"

/* Who reads the headers. */
enum message_style {
  MESSAGE_UTF8, /* people, and programs that know RFC 6532: names and subjects stand there as they are */
  MESSAGE_MIME, /* any mail program: what is not ASCII is encoded (RFC 2047), and the message says that it was made by
                   a program, so that nobody's absence is answered (RFC 3834) */
};

/* Adds the whole message. It is a function of its arguments alone: a second attempt writes the same bytes, with the
 * same Message-ID, by which a receiver knows it. `contact` with customer_id "" gives a message without To. */
void message_add(const struct notice *notice, const struct contact *contact, const struct mailbox *from,
                 const struct op_config *config, enum message_style style, struct op_text *message);

/* Adds the Message-ID, without its angle brackets. */
void message_id_add(const struct notice *notice, const struct mailbox *from, struct op_text *text);

/* The language of a notice to this contact. */
const char *message_language(const struct contact *contact);

#endif
