/* address.h - e-mail addresses: checked as they come in, so that they can stand in a header. Pure.
 */
#ifndef NOTIFY_ADDRESS_H
#define NOTIFY_ADDRESS_H

#include "notice.h"

/* `name <email>`, taken apart. */
struct mailbox {
  char name[OP_MAX_NAME + 1]; /* "": none */
  char email[OP_MAX_EMAIL + 1];
};

/* A plain address: one @ with something on both sides, at most 254 bytes of UTF-8, no spaces, no control characters,
 * and none of the characters that structure a header (" ( ) , : ; < > [ ] \). Exit 65 bad_email. */
int address_check(const char *email, struct op_error *error);

/* Takes `name <email>` or an address alone apart, and checks both. The name stands there without quotes. Exit 65
 * bad_email, bad_text. */
int address_parse(const char *mailbox, struct mailbox *ret_mailbox, struct op_error *error);

/* The part after the @, or "localhost". Borrowed from the address. */
const char *address_domain(const char *email);

#endif
