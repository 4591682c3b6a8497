/* address.h - e-mail addresses: checked as they come in, and written into a header so that they cannot break it. Pure.
 */
#ifndef NOTIFY_ADDRESS_H
#define NOTIFY_ADDRESS_H

#include "output.h"

/* A plain address: one @ with something on both sides, at most 254 bytes of UTF-8, no spaces, no control characters,
 * and none of the characters that structure a header (" ( ) , : ; < > [ ] \). Exit 65 bad_email. */
int address_check(const char *email, struct op_error *error);

/* Adds `name <email>`, or the address alone where the name is "". A name with characters that structure a header is put
 * in quotes; one with line breaks loses them. */
void address_add(struct op_text *text, const char *name, const char *email);

/* The part after the @, or "localhost". Borrowed from the address. */
const char *address_domain(const char *email);

#endif
