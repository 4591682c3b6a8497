/* run.c - the processor: hands every notice that is due to the channel, and records what became of it.
 *
 * Crash argument: the effect comes first and is durable (channel.h), the record follows under its guard. Killed in
 * between, the next run hands the same notice with the same id to the channel again. Two at once: one record wins.
 * A notice that failed is due again at the time that its record holds, and is left alone until then: nobody sleeps.
 * Errors: those of the channel, contacts.db and the store. */
#include "channel.h"
#include "commit.h"
#include "contacts.h"
#include "message.h"
#include "project.h"
#include "retry.h"
#include "verbs.h"

#include <stdlib.h>
#include <unistd.h>

/* Tells whoever reads our stderr what the journal alone would know. */
static void report(const struct op_app *app, const struct notice *notice, const struct delivery *delivery) {
  if (delivery->end == DELIVERY_IMPOSSIBLE ||
      (delivery->end == DELIVERY_FAILED && notice->attempts + 1 - notice->forgiven >= app->config.notify_max_attempts))
    op_warn(app, "notice %s: parked, not delivered (%s)", notice->id, delivery->reason);
  else if (delivery->end != DELIVERY_DONE)
    op_explain(app, "notice %s: not delivered (%s)", notice->id, delivery->reason);
}

/* Hands one notice to the channel, and drafts the record of it. */
static int deliver_one(struct channel *channel, struct contacts *contacts, const struct notice *notice,
                       struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  struct contact contact = {0};
  struct delivery delivery = {DELIVERY_NOBODY, "customer_forgotten"};
  const int64_t now_us = op_now_us(channel->app);
  int r = notice->customer_id[0] != '\0' ? contacts_get(contacts, notice->customer_id, &contact, error) : 0;
  /* Who was forgotten and left a new contact since wants to hear again. */
  if (r == 0 && notice_is_too_late(notice, now_us))
    delivery = (struct delivery){DELIVERY_NOBODY, "offer_over"};
  else if (r == 0 && !(notice->forgotten && contact.customer_id[0] == '\0'))
    r = channel->kind->send(channel, notice, &contact, &delivery, error);
  if (r != 0)
    return r;
  const struct attempt attempt = {.channel = channel->kind->name,
                                  .lang = message_language(&contact),
                                  .max_attempts = channel->app->config.notify_max_attempts,
                                  .now_us = now_us,
                                  .random = delivery.end == DELIVERY_FAILED ? op_random() : 0};
  report(channel->app, notice, &delivery);
  notice_record(notice, &delivery, &attempt, drafts, guard);
  return 0;
}

/* Hands the notices to the channel, and drafts their records. */
static int deliver(struct channel *channel, struct contacts *contacts, const struct notice *notices, size_t count,
                   struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  int r = 0;
  /* A signal ends the batch after the notice in hand; what was sent is recorded. */
  for (size_t i = 0; r == 0 && i < count && (i == 0 || op_stopping() == 0); i++)
    r = deliver_one(channel, contacts, &notices[i], drafts, guard, error);
  if (r == 0 && count > 0)
    r = channel->kind->sync(channel, error);
  if (r == 0 && op_output_closed(channel->app->output) && channel->kind->speaks) {
    /* Nobody read them, so none was delivered. */
    op_drafts_reset(drafts);
    op_guard_reset(guard);
  }
  return r;
}

/* Sends up to `limit` notices. */
static int work(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
                struct op_error *error) {
  struct op_app *app = op_model_app(model);
  struct channel channel;
  struct contacts *contacts = NULL;
  size_t count = 0;
  struct notice *notices = calloc(limit, sizeof *notices);
  if (notices == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  int r = notify_pending(model, op_now_us(app), notices, limit, &count, error);
  if (r == 0)
    r = channel_find(app, &channel, error);
  if (r != 0 || count == 0)
    goto out;
  r = contacts_open(app, channel.kind == &channel_file, &contacts, error);
  if (r != 0)
    goto out;
  channel.contacts = contacts;
  /* Opened before a contact is read: who forgets a customer waits for the channel's lock after deleting them. */
  r = channel.kind->open(&channel, error);
  if (r == 0)
    r = deliver(&channel, contacts, notices, count, drafts, guard, error);
  channel.kind->close(&channel);
out:
  contacts_close(contacts);
  free(notices);
  return r;
}

/* The verb. */
int notify_run(struct op_app *app, struct op_error *error) {
  struct op_processor processor = {
      .model = &notify_model, .batch = NOTIFY_BATCH, .work = work, .pending = notify_owed, .timed = true};
  struct channel channel;
  int turn = -1;
  int r = channel_find(app, &channel, error);
  if (r != 0 || app->pending)
    return r != 0 ? r : op_process(app, &processor, error);
  processor.speaks = channel.kind->speaks;
  processor.batch = channel.kind->alone ? 1 : NOTIFY_BATCH;
  r = op_store_read(app, error);
  if (r == 0 && channel.kind == &channel_file) /* even if nothing is pending: what is left there is personal */
    r = outbox_clean(app, error);
  if (r == 0 && channel.kind->alone)
    r = channel_turn(app, &turn, error);
  if (r == 0 && channel.kind->alone && turn < 0) {
    op_explain(app, "another op-notify run is sending; it sends what is due now, too");
    op_lines_begin(app->output);
    op_lines_end(app->output);
    return 0;
  }
  r = r == 0 ? op_process(app, &processor, error) : r;
  if (turn >= 0)
    close(turn);
  return r;
}
