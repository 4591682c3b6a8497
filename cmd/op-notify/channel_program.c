/* channel_program.c - notices handed to a program, each as a message on its stdin: `exec` and `sendmail`.
 *
 * exec runs notify.command, without a shell; what the message is about stands in NOTICE_... variables, too, so that a
 * sender of text messages need not read headers. sendmail runs `sendmail -t -i`, which postfix, exim, msmtp and others
 * offer. Exit 0: delivered; 75: not now; any other exit, a signal, no end within notify.timeout: failed. Its stdout is
 * dropped, since ours holds events; its stderr is ours.
 *
 * A program that was killed or timed out may have sent the message: it is given the same one again, with the same
 * Message-ID. Nothing is written to a file on the way, so there is nothing to forget. Errors: 66 no_command
 * (gone since channel_find() saw it), 77 not_executable, 75 no_resources. */
#include "channel.h"
#include "child.h"
#include "header.h"
#include "message.h"

#include <stdlib.h>
#include <string.h>

extern char **environ;

#define TRY_AGAIN 75 /* EX_TEMPFAIL of sysexits.h */

/* What the program's end means. */
static struct delivery judge(const struct op_child_result *result) {
  struct delivery delivery = {.end = DELIVERY_FAILED};
  if (result->end == OP_CHILD_EXITED && result->number == 0)
    delivery.end = DELIVERY_DONE;
  else if (result->end == OP_CHILD_TIMED_OUT)
    snprintf(delivery.reason, sizeof delivery.reason, "timeout");
  else if (result->end == OP_CHILD_KILLED)
    snprintf(delivery.reason, sizeof delivery.reason, "signal_%d", result->number);
  else if (result->number == TRY_AGAIN)
    snprintf(delivery.reason, sizeof delivery.reason, "try_again");
  else
    snprintf(delivery.reason, sizeof delivery.reason, "exit_%d", result->number);
  return delivery;
}

/* Runs the program with the message on its stdin. */
static int hand_over(struct channel *channel, char *const *argv, char *const *environment, const struct notice *notice,
                     const struct contact *contact, struct delivery *ret_delivery, struct op_error *error) {
  const struct op_config *config = &channel->app->config;
  struct op_text message = {0}, dropped = {0};
  struct op_child_result result;
  message_add(notice, contact, &channel->from, config, MESSAGE_MIME, &message);
  struct op_child child = {.argv = argv,
                           .environment = environment,
                           .input = message.ptr,
                           .input_len = message.len,
                           .output = &dropped,
                           .timeout_ms = (unsigned)config->notify_timeout_ms};
  int r = op_child_run(&child, &result, error);
  if (r == 0)
    *ret_delivery = judge(&result);
  op_text_free(&message);
  op_text_free(&dropped);
  return r;
}

/* ---- exec -------------------------------------------------------------------------------------- */

enum { VARIABLES = 13 };

/* Adds a variable; its memory is the list's. */
static void add_variable(char **list, size_t *count, const char *name, const char *value) {
  struct op_text text = {0};
  op_text_addf(&text, "NOTICE_%s=%s", name, value);
  list[(*count)++] = text.ptr;
}

/* Adds a variable of one clean line. */
static void add_clean_variable(char **list, size_t *count, const char *name, const char *value) {
  struct op_text clean = {0};
  header_clean(&clean, value);
  add_variable(list, count, name, clean.ptr);
  op_text_free(&clean);
}

/* Adds what the message is about. */
static size_t add_variables(char **list, const struct channel *channel, const struct notice *notice,
                            const struct contact *contact) {
  const struct op_config *config = &channel->app->config;
  const char *lang = message_language(contact);
  struct op_text value = {0};
  size_t count = 0;
  add_variable(list, &count, "ID", notice->id);
  message_id_add(notice, &channel->from, &value);
  add_variable(list, &count, "MESSAGE_ID", value.ptr);
  add_variable(list, &count, "TEMPLATE", notice->template);
  add_variable(list, &count, "LANG", lang);
  add_clean_variable(list, &count, "FROM", channel->from.email);
  add_clean_variable(list, &count, "TO", contact->email);
  add_clean_variable(list, &count, "NAME", contact->name);
  add_clean_variable(list, &count, "RESERVATION_ID", notice->reservation_id);
  add_clean_variable(list, &count, "OFFER_ID", notice->offer_id);
  add_clean_variable(list, &count, "CUSTOMER_ID", notice->customer_id);
  op_text_reset(&value);
  template_subject(config, notice, contact->name, lang, &value);
  add_clean_variable(list, &count, "SUBJECT", value.ptr);
  op_text_reset(&value);
  template_text(config, notice, contact->name, lang, &value);
  add_variable(list, &count, "TEXT", value.ptr);
  op_text_reset(&value);
  op_text_addf(&value, "%lld", (long long)notice->attempts + 1);
  add_variable(list, &count, "ATTEMPT", value.ptr);
  op_text_free(&value);
  return count;
}

/* Runs notify.command. */
static int send_exec(struct channel *channel, const struct notice *notice, const struct contact *contact,
                     struct delivery *ret_delivery, struct op_error *error) {
  size_t inherited = 0;
  while (environ[inherited] != NULL)
    inherited++;
  char **environment = calloc(VARIABLES + inherited + 1, sizeof *environment);
  if (environment == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  /* Ours come first: where a name stands twice, the first one counts. */
  size_t count = add_variables(environment, channel, notice, contact);
  memcpy(environment + count, environ, inherited * sizeof *environment);
  int r = hand_over(channel, channel->app->config.notify_command, environment, notice, contact, ret_delivery, error);
  for (size_t i = 0; i < count; i++)
    free(environment[i]);
  free(environment);
  return r;
}

/* ---- sendmail ---------------------------------------------------------------------------------- */

/* Runs sendmail, which takes the recipient from the message; so there must be one. */
static int send_mail(struct channel *channel, const struct notice *notice, const struct contact *contact,
                     struct delivery *ret_delivery, struct op_error *error) {
  char take_recipients[] = "-t", ignore_dots[] = "-i";
  char *argv[] = {channel->app->config.notify_sendmail, take_recipients, ignore_dots, NULL};
  if (notice->customer_id[0] == '\0') {
    *ret_delivery = (struct delivery){DELIVERY_NOBODY, "no_customer"};
    return 0;
  }
  if (contact->customer_id[0] == '\0') {
    *ret_delivery = (struct delivery){DELIVERY_IMPOSSIBLE, "no_contact"};
    return 0;
  }
  return hand_over(channel, argv, NULL, notice, contact, ret_delivery, error);
}

/* ---- both -------------------------------------------------------------------------------------- */

/* Nothing to prepare, and nothing to make durable: the program has it. */
static int nothing(struct channel *channel, struct op_error *error) {
  (void)channel;
  (void)error;
  return 0;
}

/* Nothing to release. */
static void close_program(struct channel *channel) { (void)channel; }

const struct channel_kind channel_exec = {"exec", false, true, nothing, send_exec, nothing, close_program};
const struct channel_kind channel_sendmail = {"sendmail", false, true, nothing, send_mail, nothing, close_program};
