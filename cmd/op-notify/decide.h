/* decide.h - the pure decisions of op-notify: what a sent notice leaves in the journal, and what forgetting does. */
#ifndef NOTIFY_DECIDE_H
#define NOTIFY_DECIDE_H

#include "draft.h"
#include "notice.h"

/* The event types that a customer is told about, NULL-terminated. */
extern const char *const notify_causes[];

/* Drafts NotificationSent for a notice that was handed to the channel, under a guard against a second one. */
void notice_record(const struct notice *notice, const char *channel, const char *lang, struct op_drafts *drafts,
                   struct op_guard *guard);

/* What is known of a customer who wants to be forgotten. */
struct forget_state {
  bool has_contact; /* contacts.db holds something */
  bool seen;        /* an event names the customer */
  bool forgotten;   /* CustomerForgotten stands in the journal */
};

/* Drafts CustomerForgotten; drafts nothing for who was forgotten already and has no contact since. `request_id` and
 * `request` may be NULL. Exit 1 no_such_contact for a customer never seen. */
int forget_decide(const struct forget_state *state, const char *customer_id, const char *request_id,
                  const char *request, struct op_drafts *drafts, struct op_guard *guard, struct op_error *error);

#endif
