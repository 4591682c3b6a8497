/* backstage.c - what the steps behind a reservation say in a sentence, see backstage.h.
 *
 * Events of others may be odd: a member that is missing is left out of its sentence, which stays one. */
#include "backstage.h"

#include "domain.h"
#include "model.h"

/* Adds a text member in brackets, where there is one. */
static void add_reason(const evs_event *event, struct op_text *text) {
  char reason[OP_MAX_NAME + 1];
  if (op_field_text(event, "reason", reason, sizeof reason) && reason[0] != '\0')
    op_text_addf(text, " (%s)", reason);
}

/* A member, or what stands for it. */
static void word_of(const evs_event *event, const char *key, const char *fallback, char *buf, size_t size) {
  if (!op_field_text(event, key, buf, size) || buf[0] == '\0')
    snprintf(buf, size, "%s", fallback);
}

/* Adds what became of a notice that was not sent. */
static bool notice(const evs_event *event, struct op_text *text) {
  char about[EVS_MAX_TYPE + 1], retry_at[64];
  word_of(event, "template", "the reservation", about, sizeof about);
  if (op_type_is(event, OP_NOTIFICATION_RETRY_REQUESTED)) {
    op_text_addf(text, "Notice about %s is tried again.", about);
    return true;
  }
  if (op_type_is(event, OP_NOTIFICATION_WITHDRAWN)) {
    op_text_addf(text, "Customer is not told about %s", about);
    add_reason(event, text);
    op_text_adds(text, ".");
    return true;
  }
  bool parked = op_type_is(event, OP_NOTIFICATION_PARKED);
  if (!parked && !op_type_is(event, OP_NOTIFICATION_FAILED))
    return false;
  op_text_addf(text, "Customer could not be told about %s", about);
  add_reason(event, text);
  if (parked)
    op_text_adds(text, ", somebody looks into it");
  else if (op_field_text(event, "retryAt", retry_at, sizeof retry_at) && retry_at[0] != '\0')
    op_text_addf(text, ", tried again at %s", retry_at);
  op_text_adds(text, ".");
  return true;
}

/* Adds what a consumer made of an event of the saga. */
static bool consumer(const evs_event *event, struct op_text *text) {
  char name[EVS_MAX_CONSUMER + 1], about[EVS_MAX_TYPE + 1];
  word_of(event, "consumer", "unknown", name, sizeof name);
  word_of(event, "eventType", "an event", about, sizeof about);
  bool behind = op_field_number(event, "behind", 0) > 0;
  if (op_type_is(event, OP_CONSUMER_ATTEMPT_FAILED)) {
    op_text_addf(text, "Consumer %s failed on %s", name, about);
    add_reason(event, text);
    op_text_adds(text, ".");
  } else if (op_type_is(event, OP_CONSUMER_EVENT_PARKED) && behind) {
    op_text_addf(text, "Consumer %s gets %s later, in its turn.", name, about);
  } else if (op_type_is(event, OP_CONSUMER_EVENT_PARKED)) {
    op_text_addf(text, "Consumer %s failed on %s too often", name, about);
    add_reason(event, text);
    op_text_adds(text, ", somebody looks into it.");
  } else if (op_type_is(event, OP_CONSUMER_EVENT_RETRIED)) {
    op_text_addf(text, "Consumer %s gets %s again.", name, about);
  } else if (op_type_is(event, OP_CONSUMER_EVENT_DROPPED)) {
    op_text_addf(text, "Consumer %s never gets %s, it was given up.", name, about);
  } else if (op_type_is(event, OP_CONSUMER_EVENT_DELIVERED)) {
    op_text_addf(text, "Consumer %s took %s after all.", name, about);
  } else {
    return false;
  }
  return true;
}

/* Adds one short sentence. */
bool backstage_detail(const evs_event *event, struct op_text *text) {
  return notice(event, text) || consumer(event, text);
}
