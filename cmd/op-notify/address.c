/* address.c - one mailbox, checked plainly.
 *
 * It is not the grammar of RFC 5322: whoever has a quoted local part or a comment in an address is asked for another
 * one. What passes can stand in a header as it is, and names one mailbox. Errors: 65 bad_email. */
#include "address.h"

#include <string.h>

static const char structure[] = "\"(),:;<>[]\\";

/* What is wrong with an address, or NULL. */
static const char *fault(const char *email) {
  size_t len = strlen(email);
  const char *at = strchr(email, '@');
  if (len == 0)
    return "is empty";
  if (len > OP_MAX_EMAIL)
    return "is too long";
  if (at == NULL || strchr(at + 1, '@') != NULL)
    return "needs exactly one @";
  if (at == email || at[1] == '\0')
    return "needs something before and after its @";
  for (size_t i = 0; i < len;) {
    uint32_t point = 0;
    size_t length = op_utf8_decode(email + i, len - i, &point);
    if (length == 0)
      return "is not valid UTF-8";
    if (op_is_control(point))
      return "holds a control character";
    if (point == ' ' || point == 0xA0 || point == 0x3000)
      return "holds a space";
    if (point < 0x80 && strchr(structure, (int)point) != NULL)
      return "holds a character that an address must not have";
    i += length;
  }
  return NULL;
}

/* Checks an address. The message leaves the address out: it is personal, and errors end up in logs. */
int address_check(const char *email, struct op_error *error) {
  const char *what = fault(email);
  return what == NULL ? 0 : op_fail(error, OP_DATA, "bad_email", "the e-mail address %s", what);
}

/* Takes a mailbox apart. */
int address_parse(const char *mailbox, struct mailbox *ret_mailbox, struct op_error *error) {
  size_t len = strlen(mailbox);
  const char *open = len > 0 && mailbox[len - 1] == '>' ? strrchr(mailbox, '<') : NULL;
  const char *email = open != NULL ? open + 1 : mailbox;
  size_t email_len = open != NULL ? (size_t)(mailbox + len - 1 - email) : len;
  size_t name_len = open != NULL ? (size_t)(open - mailbox) : 0;
  while (name_len > 0 && mailbox[name_len - 1] == ' ')
    name_len--;
  *ret_mailbox = (struct mailbox){0};
  if (email_len > OP_MAX_EMAIL || name_len > OP_MAX_NAME)
    return op_fail(error, OP_DATA, "bad_email", "the e-mail address is too long");
  memcpy(ret_mailbox->email, email, email_len);
  memcpy(ret_mailbox->name, mailbox, name_len);
  int r = address_check(ret_mailbox->email, error);
  return r == 0 && name_len > 0 ? op_check_text("name", ret_mailbox->name, OP_MAX_NAME, error) : r;
}

/* The domain of an address. */
const char *address_domain(const char *email) {
  const char *at = strrchr(email, '@');
  return at != NULL && at[1] != '\0' ? at + 1 : "localhost";
}
