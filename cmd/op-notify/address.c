/* address.c - one mailbox, checked plainly.
 *
 * It is not the grammar of RFC 5322: whoever has a quoted local part or a comment in an address is asked for another
 * one. What passes can stand in a header as it is, and names one mailbox. Errors: 65 bad_email. */
#include "address.h"

#include "notice.h"

#include <stdlib.h>
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

/* Adds a mailbox. */
void address_add(struct op_text *text, const char *name, const char *email) {
  if (name[0] == '\0') {
    op_text_adds(text, email);
    return;
  }
  bool quoted = strpbrk(name, structure) != NULL || strpbrk(name, "@.") != NULL;
  if (quoted)
    op_text_adds(text, "\"");
  for (const char *at = name; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      op_text_adds(text, "\\");
    if ((unsigned char)*at >= 0x20 && *at != 0x7F)
      op_text_add(text, at, 1);
  }
  op_text_adds(text, quoted ? "\" <" : " <");
  op_text_adds(text, email);
  op_text_adds(text, ">");
}

/* The domain of an address. */
const char *address_domain(const char *email) {
  const char *at = strrchr(email, '@');
  return at != NULL && at[1] != '\0' ? at + 1 : "localhost";
}
