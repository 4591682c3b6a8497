/* message.c - the headers and the body of one message (RFC 5322), lines ending in a newline.
 *
 * Invariants: a value makes one header field, wherever it came from (header.c); no line is longer than 998 bytes. The
 * Date is the cause's time, not the clock's, so that attempts do not differ. */
#include "message.h"

#include "base64.h"
#include "header.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define LONGEST_LINE 998u /* bytes, RFC 5322 */
#define BASE64_LINE 57u   /* bytes that make 76 characters, RFC 2045 */

/* The language of a notice to this contact. */
const char *message_language(const struct contact *contact) {
  return contact->customer_id[0] != '\0' && contact->lang[0] != '\0' ? contact->lang : notify_languages[0];
}

/* Adds `Date: Fri, 20 Nov 2026 12:34:56 +0000` (RFC 5322; in English whatever the locale). */
static void add_date(struct op_text *message, int64_t time_us) {
  static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  time_t seconds = (time_t)(time_us / 1000000);
  struct tm tm;
  if (gmtime_r(&seconds, &tm) == NULL)
    return;
  op_text_addf(message, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\n", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
               tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Adds the Message-ID. Seqs are unique in one store only; with the time of the cause it is the world's. */
void message_id_add(const struct notice *notice, const struct mailbox *from, struct op_text *text) {
  int64_t time_us = 0;
  evs_time_parse(notice->caused_at, strlen(notice->caused_at), &time_us);
  op_text_addf(text, "%s.%" PRId64 "@", notice->id, time_us);
  for (const char *at = address_domain(from->email); *at != '\0'; at++) {
    bool plain = isalnum((unsigned char)*at) && (unsigned char)*at < 0x80;
    op_text_add(text, plain || *at == '.' || *at == '-' ? at : "-", 1);
  }
}

/* Adds the text as it is, or in Base64 where a line of it is longer than any mail program must take. */
static void add_body(struct op_text *message, const char *body) {
  size_t len = strlen(body), longest = 0;
  for (const char *at = body; *at != '\0';) {
    size_t line = strcspn(at, "\n");
    longest = line > longest ? line : longest;
    at += line + (at[line] == '\n');
  }
  bool plain = longest <= LONGEST_LINE;
  op_text_addf(message, "Content-Transfer-Encoding: %s\n\n", plain ? "8bit" : "base64");
  for (size_t at = 0; !plain && at < len; at += BASE64_LINE) {
    base64_add(message, body + at, len - at < BASE64_LINE ? len - at : BASE64_LINE);
    op_text_adds(message, "\n");
  }
  if (plain)
    op_text_addf(message, "%s\n", body);
}

/* Adds the whole message. */
void message_add(const struct notice *notice, const struct contact *contact, const struct mailbox *from,
                 const struct op_config *config, enum message_style style, struct op_text *message) {
  const char *lang = message_language(contact);
  struct op_text value = {0};
  int64_t time_us = 0;
  bool ascii = style == MESSAGE_MIME;
  op_text_adds(&value, "");
  evs_time_parse(notice->caused_at, strlen(notice->caused_at), &time_us);
  header_mailbox(message, ascii, "From", from->name, from->email);
  if (contact->customer_id[0] != '\0')
    header_mailbox(message, ascii, "To", contact->name, contact->email);
  template_subject(config, notice, contact->name, lang, &value);
  header_text(message, ascii, "Subject", value.ptr);
  add_date(message, time_us);
  op_text_adds(message, "Message-ID: <");
  message_id_add(notice, from, message);
  op_text_adds(message, ">\n");
  if (ascii)
    op_text_adds(message, "Auto-Submitted: auto-generated\n");
  op_text_adds(message, "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n");
  op_text_reset(&value);
  template_text(config, notice, contact->name, lang, &value);
  add_body(message, value.ptr);
  op_text_free(&value);
}
