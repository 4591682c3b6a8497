/* list.c - op-notify list: the notices and what became of them, their text rendered again from the journal's figures.
 *
 * What was sent is listed, unless --status or --all asks for more. A text of the configuration may hold the customer's
 * name: it is looked up as long as there is a contact, so that a list never shows who was forgotten. Errors: 64 usage,
 * 65 bad_id, 66 no_store. */
#include "contacts.h"
#include "listing.h"
#include "message.h"
#include "project.h"
#include "verbs.h"

#include <string.h>

#define COLUMNS_OF_ALL(attempts, reason, retry_at)                                                                     \
  {"noticeId", "NOTICE", false}, {"reservationId", "RESERVATION", false}, {"customerId", "CUSTOMER", false},           \
      {"template", "TEMPLATE", false}, {"channel", "CHANNEL", false}, {"lang", "LANG", false},                         \
      {"text", "TEXT", false}, {"status", "STATUS", false}, {"attempts", attempts, true}, {"reason", reason, false},   \
      {"retryAt", retry_at, false}, {"sentAt", "SENT", false}, {                                                       \
    "offerId", NULL, false                                                                                             \
  }

/* Of what was sent a table need not say what failed before. */
static const struct op_column sent_columns[] = {COLUMNS_OF_ALL(NULL, NULL, NULL)};
static const struct op_column all_columns[] = {COLUMNS_OF_ALL("FAILED", "REASON", "RETRY")};

enum { COLUMNS = sizeof all_columns / sizeof all_columns[0] };
enum { DUE = NOTICE_COLUMN_COUNT, FAILURE, CHANNEL, LANG, SENT_AT };

struct listing {
  struct op_app *app;
  struct contacts *contacts; /* opened when the first name or language is wanted */
  bool opened;
  struct op_text text;
};

/* The contact of the notice's customer, where the text depends on it. */
static int find_contact(struct listing *it, const struct notice *notice, const char *lang, struct contact *ret_contact,
                        struct op_error *error) {
  *ret_contact = (struct contact){0};
  bool wanted = lang == NULL || template_names_customer(&it->app->config, notice->template, lang);
  if (!wanted || notice->customer_id[0] == '\0')
    return 0;
  int r = it->opened ? 0 : contacts_open(it->app, false, &it->contacts, error);
  it->opened = true;
  return r == 0 ? contacts_get(it->contacts, notice->customer_id, ret_contact, error) : r;
}

/* When a notice that failed is tried again. */
static void cell_retry_at(struct op_output *output, sqlite3_stmt *rows) {
  char time[EVS_TIME_SIZE];
  int64_t due = sqlite3_column_int64(rows, DUE);
  if (due > 0)
    evs_time_format(due, time);
  op_cell_text(output, due > 0 ? time : NULL);
}

/* One row. */
static int row(struct listing *it, sqlite3_stmt *rows, struct op_error *error) {
  struct op_output *output = it->app->output;
  struct notice notice;
  struct contact contact;
  const char *lang = (const char *)sqlite3_column_text(rows, LANG);
  notice_read(rows, &notice);
  int r = find_contact(it, &notice, lang, &contact, error);
  if (r != 0)
    return r;
  op_text_reset(&it->text);
  template_text(&it->app->config, &notice, contact.name, lang != NULL ? lang : message_language(&contact), &it->text);
  op_cell_text(output, notice.id);
  op_cell_text(output, notice.reservation_id[0] ? notice.reservation_id : NULL);
  op_cell_text(output, notice.customer_id[0] != '\0' ? notice.customer_id : NULL);
  op_cell_text(output, notice.template);
  op_cell_sql(output, rows, CHANNEL);
  op_cell_sql(output, rows, LANG);
  op_cell_text(output, it->text.ptr);
  op_cell_text(output, notice_statuses[notice.status]);
  op_cell_number(output, notice.attempts);
  op_cell_sql(output, rows, FAILURE);
  cell_retry_at(output, rows);
  op_cell_sql(output, rows, SENT_AT);
  op_cell_text(output, notice.offer_id[0] ? notice.offer_id : NULL);
  op_row_end(output);
  return 0;
}

/* Prints the rows, in the order of the causes. */
static int print(struct listing *it, struct op_model *model, const struct op_filter *filters,
                 const struct op_column *columns, struct op_error *error) {
  bool found = false;
  sqlite3_stmt *rows = op_select(model, "SELECT " NOTICE_COLUMNS ", due, failure, channel, lang, sent_at FROM notices",
                                 filters, " ORDER BY cause");
  int r = op_model_step(model, rows, &found, error);
  if (r != 0)
    return r;
  op_rows_begin(it->app->output, columns, COLUMNS, false);
  while (r == 0 && found && !op_output_closed(it->app->output)) {
    r = row(it, rows, error);
    if (r == 0)
      r = op_model_step(model, rows, &found, error);
  }
  op_rows_end(it->app->output);
  return r;
}

/* The verb. */
int notify_list(struct op_app *app, struct op_error *error) {
  const char *reservation = op_option(app, "reservation"), *status = op_option(app, "status");
  bool all = op_option_given(app, "all");
  struct listing it = {.app = app};
  struct op_model *model = NULL;
  int r = op_check_word("--status", status, notice_statuses, error);
  if (r == 0 && reservation != NULL)
    r = op_check_id("--reservation", reservation, error);
  if (r == 0)
    r = op_model_open_there(app, &notify_model, &model, error);
  bool sent = status != NULL ? strcmp(status, notice_statuses[NOTICE_SENT]) == 0 : !all;
  /* The few that are not sent have an index of their own, which SQLite takes when it is told in its words. */
  const struct op_filter filters[] = {{"reservation_id = ?1", reservation},
                                      {"status = 'Sent'", sent ? "" : NULL},
                                      {"status <> 'Sent'", status != NULL && !sent ? "" : NULL},
                                      {"status = ?4", sent ? NULL : status},
                                      {0}};
  if (r == 0)
    r = print(&it, model, filters, sent ? sent_columns : all_columns, error);
  op_text_free(&it.text);
  contacts_close(it.contacts);
  op_model_close(model);
  return r;
}
