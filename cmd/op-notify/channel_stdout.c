/* channel_stdout.c - notices as lines on stdout, for a pipe: op-notify run | while read -r text; do ...
 *
 * A notice is delivered when its line has left this process. Where the reader has gone nothing was delivered; the
 * output remembers it, and the run ends quietly without recording anything. Errors: 74 where stdout cannot be written.
 */
#include "channel.h"
#include "message.h"
#include "template.h"

/* Nothing to prepare. */
static int open_stdout(struct channel *channel, struct op_error *error) {
  (void)channel;
  (void)error;
  return 0;
}

/* One line. */
static int send_line(struct channel *channel, const struct notice *notice, const struct contact *contact,
                     struct delivery *ret_delivery, struct op_error *error) {
  (void)error;
  struct op_text text = {0};
  op_text_adds(&text, "");
  template_text(&channel->app->config, notice, contact->name, message_language(contact), &text);
  for (char *at = text.ptr; *at != '\0'; at++) /* a text of the configuration may have several */
    if (*at == '\n' || *at == '\t')
      *at = ' ';
  op_output_say(channel->app->output, text.ptr);
  op_text_free(&text);
  *ret_delivery = (struct delivery){.end = DELIVERY_DONE};
  return 0;
}

/* The lines leave the process. */
static int flush_lines(struct channel *channel, struct op_error *error) {
  return op_output_finish(channel->app->output, error);
}

/* Nothing to release. */
static void close_stdout(struct channel *channel) { (void)channel; }

const struct channel_kind channel_stdout = {"stdout", true, false, open_stdout, send_line, flush_lines, close_stdout};
