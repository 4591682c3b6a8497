/* contact.c - op-notify contact set|show|forget: names and addresses, and their end.
 *
 * Forgetting: CustomerForgotten is appended first and is durable, then the contact goes, then under its lock, from each
 * outbox that there ever was, every rendered notice of the customer. A crash in between leaves what the repeated call
 * finds and removes; so does a notice that cannot be removed, which is an error. A run that is writing holds the lock
 * with the contacts that it read, so nothing personal appears behind the one who forgets. Request ids of `contact set`
 * stay in contacts.db, being of somebody: the journal and the commands that read it do not know them, while those of
 * the journal are refused here. Errors: 64 usage, 65 bad_id, bad_email, bad_text, 66 no_store, 75 outbox_missing, 1
 * no_such_contact and request_id_reused. */
#include "address.h"
#include "channel.h"
#include "commit.h"
#include "contacts.h"
#include "files.h"
#include "listing.h"
#include "project.h"
#include "request.h"
#include "verbs.h"

#include <string.h>
#include <unistd.h>

static const struct op_column contact_columns[] = {
    {"customerId", "CUSTOMER", false}, {"email", "EMAIL", false},       {"name", "NAME", false},
    {"lang", "LANG", false},           {"updatedAt", "UPDATED", false},
};

static const struct op_column forgotten_columns[] = {
    {"customerId", "CUSTOMER", false},
    {"status", "STATUS", false},
    {"forgottenAt", "FORGOTTEN", false},
};

/* Prints a contact. */
static void print_contact(struct op_app *app, const struct contact *contact) {
  op_rows_begin(app->output, contact_columns, sizeof contact_columns / sizeof contact_columns[0], true);
  op_cell_text(app->output, contact->customer_id);
  op_cell_text(app->output, contact->email);
  op_cell_text(app->output, contact->name[0] != '\0' ? contact->name : NULL);
  op_cell_text(app->output, contact->lang);
  op_cell_text(app->output, contact->updated_at);
  op_row_end(app->output);
  op_rows_end(app->output);
}

/* The contact that the options describe, checked. */
static int contact_from_options(struct op_app *app, const char *customer_id, struct contact *ret_contact,
                                struct op_error *error) {
  const char *email = op_option(app, "email"), *name = op_option(app, "name"), *lang = op_option(app, "lang");
  int r = op_check_word("--lang", lang, notify_languages, error);
  if (r == 0)
    r = op_check_id("customer id", customer_id, error);
  if (r == 0)
    r = address_check(email, error);
  if (r == 0 && name != NULL)
    r = op_check_text("name", name, OP_MAX_NAME, error);
  if (r != 0)
    return r;
  *ret_contact = (struct contact){0};
  snprintf(ret_contact->customer_id, sizeof ret_contact->customer_id, "%s", customer_id);
  snprintf(ret_contact->email, sizeof ret_contact->email, "%s", email);
  snprintf(ret_contact->name, sizeof ret_contact->name, "%s", name != NULL ? name : "");
  snprintf(ret_contact->lang, sizeof ret_contact->lang, "%s", lang != NULL ? lang : notify_languages[0]);
  evs_time_format(op_now_us(app), ret_contact->updated_at);
  return 0;
}

/* Is the request id free in the journal? A contact leaves no event, so whatever carries the key is another request. */
static int request_free(struct op_app *app, struct op_error *error) {
  static const char request[] = "contact set";
  struct op_model *model = NULL;
  uint64_t seq = 0;
  int r = op_store_write(app, error);
  if (r == 0)
    r = op_model_open_lazy(app, &notify_model, &model, error);
  if (r == 0)
    r = op_request_find(model, app->request_id, request, &seq, error);
  op_model_close(model);
  if (r == 0 && seq != 0) {
    r = op_fail(error, OP_REFUSED, "request_id_reused", "request id %s was used for another request", app->request_id);
    op_error_text(error, "requestId", app->request_id);
  }
  return r;
}

/* contact set C. */
int notify_contact_set(struct op_app *app, struct op_error *error) {
  struct contact contact;
  struct contacts *contacts = NULL;
  int r = contact_from_options(app, app->operands[0], &contact, error);
  bool used = false;
  if (r == 0 && (app->request_id != NULL || !app->dry_run))
    r = contacts_open(app, !app->dry_run, &contacts, error);
  if (r == 0 && app->request_id != NULL)
    r = contacts_request_used(contacts, app->request_id, &used, error);
  if (r == 0 && app->request_id != NULL && !used) /* where it is, it is judged with the contact that it set */
    r = request_free(app, error);
  if (r == 0 && !app->dry_run)
    r = contacts_set(contacts, &contact, app->request_id, error);
  contacts_close(contacts);
  if (r == 0)
    print_contact(app, &contact);
  return r;
}

/* contact show C. */
int notify_contact_show(struct op_app *app, struct op_error *error) {
  const char *customer_id = app->operands[0];
  struct contact contact;
  struct contacts *contacts = NULL;
  int r = op_check_id("customer id", customer_id, error);
  if (r == 0)
    r = files_require_store(app, error);
  if (r == 0)
    r = contacts_open(app, false, &contacts, error);
  if (r == 0)
    r = contacts_get(contacts, customer_id, &contact, error);
  contacts_close(contacts);
  if (r != 0)
    return r;
  if (contact.customer_id[0] == '\0') {
    op_fail(error, OP_REFUSED, "no_such_contact", "customer %s: there is no contact", customer_id);
    op_error_text(error, "customerId", customer_id);
    return OP_REFUSED;
  }
  print_contact(app, &contact);
  return 0;
}

/* ---- forgetting -------------------------------------------------------------------------------- */

struct forgetting {
  const char *customer_id, *request_id;
  char request[sizeof "contact forget customer=" + OP_MAX_ID];
  struct contacts *contacts;        /* NULL: there are none */
  char forgotten_at[EVS_TIME_SIZE]; /* when it was or is recorded */
};

/* Takes the time of the event that a request id appended. */
static int take_time(void *context, const evs_event *event, struct op_error *error) {
  struct forgetting *it = context;
  (void)error;
  snprintf(it->forgotten_at, sizeof it->forgotten_at, "%.*s", (int)event->time.len, event->time.ptr);
  return 0;
}

/* Loads what is known and decides. */
static int decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                  uint64_t *ret_position, struct op_error *error) {
  struct forgetting *it = context;
  struct forget_state state = {0};
  struct contact contact;
  uint64_t before = 0;
  bool used = false;
  *ret_position = op_model_offset(model);
  int r = 0;
  if (it->request_id != NULL) {
    r = op_request_find(model, it->request_id, it->request, &before, error);
    if (r == 0 && before != 0)
      return op_event_at(op_model_app(model), before, take_time, it, error);
    if (r == 0)
      r = contacts_request_used(it->contacts, it->request_id, &used, error);
    if (r == 0 && used)
      r = op_fail(error, OP_REFUSED, "request_id_reused", "request id %s was used for another request", it->request_id);
  }
  if (r == 0)
    r = contacts_get(it->contacts, it->customer_id, &contact, error);
  if (r == 0)
    r = notify_customer(model, it->customer_id, &state.seen, it->forgotten_at, error);
  if (r != 0)
    return r;
  state.has_contact = contact.customer_id[0] != '\0';
  state.forgotten = it->forgotten_at[0] != '\0';
  return forget_decide(&state, it->customer_id, it->request_id, it->request, drafts, guard, error);
}

struct clearing {
  struct op_app *app;
  const char *customer_id, *directory;
  bool remembered; /* notices were written there */
  int fd;
  int code; /* the exit code of the first failure, which stands in *error; the others are warnings */
  struct op_error *error;
};

/* Keeps what failed, or says it; whatever it is, the rest is to be removed all the same. */
static void keep_failure(struct clearing *clearing, const struct op_error *failure) {
  if (clearing->code != 0) {
    op_warn(clearing->app, "%s", failure->message);
    return;
  }
  *clearing->error = *failure;
  clearing->code = failure->exit_code;
}

/* Takes one notice out of the outbox. */
static int remove_notice(void *context, const char *notice_id, struct op_error *error) {
  struct clearing *clearing = context;
  (void)error;
  int failed = outbox_remove(clearing->fd, notice_id);
  if (failed != 0) {
    struct op_error failure;
    char what[FILES_MAX_PATH];
    snprintf(what, sizeof what, "customer %s: notice %s cannot be removed from %.300s", clearing->customer_id,
             notice_id, clearing->directory);
    files_fail(&failure, failed, what);
    keep_failure(clearing, &failure);
  }
  return 0;
}

/* Takes every rendered notice of the customer out of one outbox. One in the store that is gone is gone with all that
 * was in it; another may be on a disk that is not mounted. */
static int clear_outbox(struct clearing *clearing, struct op_model *model, struct op_error *error) {
  clearing->fd = -1;
  int r = outbox_lock(clearing->app, clearing->directory, false, &clearing->fd, error);
  if (r != 0)
    return r;
  if (clearing->fd < 0 && clearing->remembered && clearing->directory[0] == '/')
    return op_fail(error, OP_TEMPORARY, "outbox_missing",
                   "customer %s: notices were written into %s, which is not there: repeat this when it is mounted, or "
                   "when you have made it anew because it is gone for good",
                   clearing->customer_id, clearing->directory);
  if (clearing->fd < 0)
    return 0;
  /* Under the lock: what was written before it is told by events that are durable. */
  r = op_model_catch_up(model, error);
  if (r == 0)
    r = notify_each_of(model, clearing->customer_id, remove_notice, clearing, error);
  if (r == 0)
    r = outbox_sync(clearing->fd, error);
  close(clearing->fd);
  return r;
}

/* Is the directory in the list? */
static bool has(const struct op_text *list, const char *directory) {
  for (size_t at = 0; at < list->len; at += strlen(list->ptr + at) + 1)
    if (strcmp(list->ptr + at, directory) == 0)
      return true;
  return false;
}

/* The same with every outbox that notices were ever written into, and with that of the configuration. */
static int clear_outboxes(struct op_app *app, struct op_model *model, const struct forgetting *it,
                          struct op_error *error) {
  struct clearing clearing = {.app = app, .customer_id = it->customer_id, .error = error};
  struct op_text list = {0};
  int r = contacts_outboxes(it->contacts, &list, error);
  size_t remembered = list.len;
  if (r == 0 && !has(&list, app->config.notify_directory))
    op_text_add(&list, app->config.notify_directory, strlen(app->config.notify_directory) + 1);
  for (size_t at = 0; r == 0 && at < list.len; at += strlen(list.ptr + at) + 1) {
    struct op_error failure;
    clearing.directory = list.ptr + at;
    clearing.remembered = at < remembered;
    if (clear_outbox(&clearing, model, &failure) != 0)
      keep_failure(&clearing, &failure);
  }
  op_text_free(&list);
  return r != 0 ? r : clearing.code;
}

/* Prints that a customer is forgotten. */
static void print_forgotten(struct op_app *app, const struct forgetting *it) {
  op_rows_begin(app->output, forgotten_columns, sizeof forgotten_columns / sizeof forgotten_columns[0], true);
  op_cell_text(app->output, it->customer_id);
  op_cell_text(app->output, "Forgotten");
  op_cell_text(app->output, it->forgotten_at);
  op_row_end(app->output);
  op_rows_end(app->output);
}

/* contact forget C. */
int notify_contact_forget(struct op_app *app, struct op_error *error) {
  const char *customer_id = app->operands[0];
  struct forgetting it = {.customer_id = customer_id, .request_id = app->request_id};
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  int r = op_check_id("customer id", customer_id, error);
  if (r == 0)
    r = op_store_write(app, error);
  if (r == 0)
    r = op_model_open(app, &notify_model, &model, error);
  if (r == 0)
    r = contacts_open(app, false, &it.contacts, error);
  if (r != 0)
    goto out;
  snprintf(it.request, sizeof it.request, "contact forget customer=%s", customer_id);
  r = op_commit(model, decide, &it, &drafts, &committed, error);
  if (r != 0)
    goto out;
  if (drafts.count > 0)
    evs_time_format(drafts.items[0].time_us != 0 ? drafts.items[0].time_us : op_now_us(app), it.forgotten_at);
  if (!app->dry_run) {
    r = contacts_forget(it.contacts, customer_id, error);
    if (r == 0)
      r = clear_outboxes(app, model, &it, error);
  }
  if (r == 0)
    print_forgotten(app, &it);
out:
  contacts_close(it.contacts);
  op_drafts_free(&drafts);
  op_model_close(model);
  return r;
}
