/* run.c - the processor: hands every notice that was not sent yet to the channel, and records that it did.
 *
 * Crash argument: the effect comes first and is durable (channel.h), NotificationSent follows under its guard. Killed
 * in between, the next run hands the same notice with the same id to the channel again. Two at once: one record wins.
 * Errors: those of the channel, contacts.db and the store. */
#include "channel.h"
#include "commit.h"
#include "contacts.h"
#include "message.h"
#include "project.h"
#include "verbs.h"

#include <stdlib.h>

/* Hands the notices to the channel, and drafts their records. */
static int deliver(struct channel *channel, struct contacts *contacts, const struct notice *notices, size_t count,
                   struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  int r = 0;
  /* A signal ends the batch after the notice in hand; what was sent is recorded. */
  for (size_t i = 0; r == 0 && i < count && (i == 0 || op_stopping() == 0); i++) {
    struct contact contact = {0};
    if (notices[i].customer_id[0] != '\0')
      r = contacts_get(contacts, notices[i].customer_id, &contact, error);
    if (r == 0)
      r = channel->kind->send(channel, &notices[i], &contact, error);
    if (r == 0)
      notice_record(&notices[i], channel->kind->name, message_language(&contact), drafts, guard);
  }
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
  struct channel channel = {.app = app, .directory = -1};
  struct contacts *contacts = NULL;
  size_t count = 0;
  struct notice *notices = calloc(limit, sizeof *notices);
  if (notices == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  int r = notify_pending(model, notices, limit, &count, error);
  if (r == 0)
    r = channel_find(app->config.notify_channel, &channel.kind, error);
  if (r != 0 || count == 0)
    goto out;
  /* Opened before the contacts are read: who forgets a customer waits for the channel's lock after deleting them. */
  r = channel.kind->open(&channel, error);
  if (r == 0)
    r = contacts_open(app, false, &contacts, error);
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
  struct op_processor processor = {.model = &notify_model, .batch = NOTIFY_BATCH, .work = work};
  const struct channel_kind *kind = NULL;
  int r = channel_find(app->config.notify_channel, &kind, error);
  if (r != 0)
    return r;
  processor.speaks = kind->speaks;
  r = op_store_read(app, error);
  if (r == 0 && kind == &channel_file) /* even if nothing is pending: what is left there is personal */
    r = outbox_clean(app, error);
  return r == 0 ? op_process(app, &processor, error) : r;
}
