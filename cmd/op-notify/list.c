/* list.c - op-notify list: the notices that were sent, their text rendered again from the journal's figures.
 *
 * Errors: 65 bad_id, 66 no_store. */
#include "listing.h"
#include "project.h"
#include "template.h"
#include "verbs.h"

static const struct op_column columns[] = {
    {"noticeId", "NOTICE", false},     {"reservationId", "RESERVATION", false},
    {"customerId", "CUSTOMER", false}, {"template", "TEMPLATE", false},
    {"channel", "CHANNEL", false},     {"lang", "LANG", false},
    {"text", "TEXT", false},           {"status", "STATUS", false},
    {"sentAt", "SENT", false},
};

enum { COLUMNS = sizeof columns / sizeof columns[0], CHANNEL = NOTICE_COLUMN_COUNT, LANG, SENT_AT };

/* One row. */
static void row(struct op_output *output, sqlite3_stmt *rows, struct op_text *text) {
  struct notice notice;
  const char *lang = (const char *)sqlite3_column_text(rows, LANG);
  notice_read(rows, &notice);
  op_text_reset(text);
  template_text(&notice, lang != NULL ? lang : "", text);
  op_cell_text(output, notice.id);
  op_cell_text(output, notice.reservation_id);
  op_cell_text(output, notice.customer_id[0] != '\0' ? notice.customer_id : NULL);
  op_cell_text(output, notice.template);
  op_cell_sql(output, rows, CHANNEL);
  op_cell_sql(output, rows, LANG);
  op_cell_text(output, text->ptr);
  op_cell_text(output, "Sent");
  op_cell_sql(output, rows, SENT_AT);
  op_row_end(output);
}

/* What was sent, in the order of the causes. */
int notify_list(struct op_app *app, struct op_error *error) {
  const char *reservation = op_option(app, "reservation");
  struct op_model *model = NULL;
  struct op_text text = {0};
  bool found = false;
  int r = reservation != NULL ? op_check_id("--reservation", reservation, error) : 0;
  if (r == 0)
    r = op_store_read(app, error);
  if (r == 0)
    r = op_model_open(app, &notify_model, &model, error);
  if (r != 0)
    goto out;
  const struct op_filter filters[] = {{"reservation_id = ?1", reservation}, {"sent_at IS NOT NULL", ""}, {0}};
  sqlite3_stmt *rows =
      op_select(model, "SELECT " NOTICE_COLUMNS ", channel, lang, sent_at FROM notices", filters, " ORDER BY cause");
  r = op_model_step(model, rows, &found, error);
  if (r != 0)
    goto out;
  op_rows_begin(app->output, columns, COLUMNS, false);
  while (r == 0 && found && !op_output_closed(app->output)) {
    row(app->output, rows, &text);
    r = op_model_step(model, rows, &found, error);
  }
  op_rows_end(app->output);
out:
  op_text_free(&text);
  op_model_close(model);
  return r;
}
