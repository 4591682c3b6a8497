/* message.c - the headers and the body of one message, in UTF-8 (RFC 6532), lines ending in a newline.
 *
 * Invariant: no header value holds a line break, wherever it came from: the address was checked, names and ids are
 * cleaned, everything else is ours. The Date is the cause's time, not the clock's, so that attempts do not differ. */
#include "message.h"

#include "address.h"
#include "template.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* The language of a notice to this contact. */
const char *message_language(const struct contact *contact) {
  return contact->customer_id[0] != '\0' && contact->lang[0] != '\0' ? contact->lang : notify_languages[0];
}

/* Adds a value without its control characters. */
static void add_header_value(struct op_text *message, const char *value) {
  for (; *value != '\0'; value++)
    if ((unsigned char)*value >= 0x20 && *value != 0x7F)
      op_text_add(message, value, 1);
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

/* Adds the whole message. */
void message_add(const struct notice *notice, const struct contact *contact, const char *from,
                 struct op_text *message) {
  const char *lang = message_language(contact);
  int64_t time_us = 0;
  evs_time_parse(notice->caused_at, strlen(notice->caused_at), &time_us);
  op_text_adds(message, "From: ");
  add_header_value(message, from);
  if (contact->customer_id[0] != '\0') {
    op_text_adds(message, "\nTo: ");
    address_add(message, contact->name, contact->email);
  }
  op_text_adds(message, "\nSubject: ");
  template_subject(notice, lang, message);
  op_text_adds(message, "\n");
  add_date(message, time_us);
  /* Seqs are unique in one store only; with the time of the cause it is the world's. */
  op_text_addf(message, "Message-ID: <%s.%" PRId64 "@", notice->id, time_us);
  add_header_value(message, address_domain(from));
  op_text_adds(message, ">\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                        "Content-Transfer-Encoding: 8bit\n\n");
  template_text(notice, lang, message);
  op_text_adds(message, "\n");
}
