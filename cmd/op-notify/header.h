/* header.h - one header field of a message: whatever its value holds, it is one field (RFC 5322). Pure.
 *
 * `ascii`: what is not plain ASCII becomes encoded words (RFC 2047), as every mail program since 1996 reads them; else
 * it stays UTF-8 (RFC 6532), which people can read. Control characters, line and paragraph separators, marks of
 * direction and bytes that are no UTF-8 are left out. Long fields are folded, at 76 columns where they have a place for
 * it; no line comes near the 998 bytes of the RFC. */
#ifndef NOTIFY_HEADER_H
#define NOTIFY_HEADER_H

#include "output.h"

/* Adds `Name: value` and a newline. */
void header_text(struct op_text *message, bool ascii, const char *name, const char *value);

/* Adds `Name: display <email>`, or the address alone where `display` is "". The address is one that address_check()
 * took. */
void header_mailbox(struct op_text *message, bool ascii, const char *name, const char *display, const char *email);

/* The value without what a field must not hold; an environment variable is no better place for it. */
void header_clean(struct op_text *text, const char *value);

#endif
