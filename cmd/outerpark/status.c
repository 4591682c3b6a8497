/* status.c - outerpark status: how the installation is, said by every program about itself.
 *
 * It knows no context: it looks at the store itself, asks the siblings in their own words, and adds up. A sibling that
 * has no such word (yet) is unknown and no trouble. The report goes to stdout even where the exit is 75, as the one
 * line on stderr says why. Errors: 75 not_live, not_ready. */
#include "status.h"
#include "ask.h"
#include "health.h"
#include "sibling.h"

#include <stdlib.h>
#include <string.h>

/* ---- asking ----------------------------------------------------------------------------------------------------- */

/* Can the store be opened, and its last event be read? */
static int look(struct op_app *app, struct health *health, struct op_error *error) {
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  uint64_t head = 0;
  int rc = op_store_read(app, error);
  if (rc)
    return rc;
  rc = evs_head(app->store, &head, &store_error);
  if (!rc && head > 0) {
    rc = evs_read(app->store, NULL, head - 1, 0, &cursor, &store_error);
    if (!rc)
      rc = evs_next(cursor, &event, &store_error);
    evs_cursor_close(cursor);
  }
  if (rc)
    return op_fail_store(error, rc, &store_error);
  health->head = (int64_t)head;
  health->live = true;
  return OP_OK;
}

/* Asks, and keeps why there is no answer. NULL where there is none. */
static json_t *question(struct op_app *app, struct health *health, const char *program, const char *const *words) {
  json_t *answer = NULL;
  struct op_error why = {0};
  if (ask(app, program, words, &answer, &why))
    health_problem(health, "%s", why.message);
  return answer;
}

/* How many rows has the answer? UNKNOWN where there is none. */
static int64_t rows_of(struct op_app *app, struct health *health, const char *program, const char *const *words) {
  json_t *answer = question(app, health, program, words);
  int64_t count = json_is_array(answer) ? (int64_t)json_array_size(answer) : UNKNOWN;
  json_decref(answer);
  return count;
}

/* Asks everybody who belongs to the saga. The consumers first, before others look at the journal and so catch up. */
static void survey(struct op_app *app, struct health *health) {
  static const char *const consumers[] = {"consumers", NULL}, *const circuit[] = {"circuit", NULL};
  static const char *const pending[] = {"run", "--pending", NULL};
  static const char *const parked[] = {"list", "--status", "Parked", NULL};
  const char *const *processors = sibling_processors(&app->config);
  json_t *answer = question(app, health, "op-journal", consumers);
  health_followers(health, answer, processors);
  json_decref(answer);
  for (size_t i = 0; processors[i]; i++) {
    answer = question(app, health, processors[i], pending);
    health_pending(health, processors[i], answer);
    json_decref(answer);
  }
  if (op_config_pays(&app->config)) {
    answer = question(app, health, "op-pay", circuit);
    health_circuit(health, answer);
    json_decref(answer);
    health->parked_payments = rows_of(app, health, "op-pay", parked); /* refunds that are parked, too */
  }
  health->parked_notices = rows_of(app, health, "op-notify", parked);
}

/* ---- telling ---------------------------------------------------------------------------------------------------- */

static const struct op_column object_columns[] = {
    {"live", "LIVE", false},       {"ready", "READY", false},   {"head", "HEAD", true},
    {"lag", "LAG", true},          {"consumers", NULL, false},  {"processors", NULL, false},
    {"circuit", "CIRCUIT", false}, {"parked", "PARKED", false}, {"problems", "PROBLEMS", false},
};
#define OBJECT_COLUMNS (sizeof object_columns / sizeof *object_columns)

static const struct op_column table_columns[] = {{"what", "WHAT", false},      {"state", "STATE", false},
                                                 {"lag", "LAG", true},         {"pending", "PENDING", true},
                                                 {"waiting", "WAITING", true}, {"oldestSeconds", "OLDEST (S)", true},
                                                 {"parked", "PARKED", true},   {"since", "SINCE", false}};

/* A member: a number, or null where it is unknown. */
static void put_number(struct op_text *text, const char *key, int64_t number) {
  if (number == UNKNOWN)
    op_json_raw(text, key, "null");
  else
    op_json_number(text, key, number);
}

/* A member: a text, or null where it is unknown. */
static void put_text(struct op_text *text, const char *key, const char *value) {
  op_json_string(text, key, value[0] ? value : NULL);
}

/* Seconds since then; UNKNOWN where there is no such time. */
static int64_t age(const struct op_app *app, int64_t since_us) {
  int64_t age_us = op_now_us(app) - since_us;
  return since_us <= 0 ? UNKNOWN : age_us < 0 ? 0 : age_us / 1000000;
}

/* The work of a processor. */
static void put_pending(struct op_app *app, struct op_text *text, const struct follower *follower) {
  put_number(text, "pending", follower->pending);
  put_number(text, "waiting", follower->waiting);
  put_number(text, "oldestSeconds", age(app, follower->oldest_us));
  put_number(text, "dueSeconds", age(app, follower->due_us));
}

/* The consumers, or the processors, as an array of objects. */
static void cell_followers(struct op_app *app, const struct health *health, bool processors) {
  struct op_text text = {0};
  op_text_adds(&text, "[");
  for (size_t i = 0; i < health->follower_count; i++) {
    const struct follower *follower = &health->followers[i];
    if (follower->processor != processors)
      continue;
    if (text.len > 1)
      op_text_adds(&text, ",");
    op_json_begin(&text);
    op_json_string(&text, processors ? "processor" : "consumer", follower->name);
    put_number(&text, "offset", follower->known ? follower->offset : UNKNOWN);
    if (follower->known)
      op_json_number(&text, "lag", follower->lag);
    else
      op_json_raw(&text, "lag", "null");
    if (processors)
      put_pending(app, &text, follower);
    else
      put_number(&text, "parked", follower->parked);
    put_text(&text, "updatedAt", follower->updated_at);
    op_json_end(&text);
  }
  op_text_adds(&text, "]");
  op_cell_json(app->output, text.ptr);
  op_text_free(&text);
}

/* The reasons, as an array. */
static void cell_problems(struct op_app *app, const struct health *health) {
  json_t *problems = json_array();
  for (size_t i = 0; i < health->problem_count; i++)
    json_array_append_new(problems, json_string(health->problems[i]));
  char *dumped = json_dumps(problems, JSON_COMPACT);
  op_cell_json(app->output, dumped ? dumped : "[]");
  free(dumped);
  json_decref(problems);
}

/* The circuit, of whoever is paid. */
static void cell_circuit(struct op_app *app, const struct health *health) {
  struct op_text text = {0};
  if (op_config_pays(&app->config)) {
    op_json_begin(&text);
    op_json_string(&text, "state", health->circuit[0] ? health->circuit : "unknown");
    put_text(&text, "retryAt", health->retry_at);
    op_json_end(&text);
  }
  op_cell_json(app->output, text.ptr ? text.ptr : "null");
  op_text_free(&text);
}

/* The circuit, what is parked, and the reasons. */
static void cells_of_trouble(struct op_app *app, const struct health *health) {
  struct op_text text = {0};
  cell_circuit(app, health);
  op_json_begin(&text);
  put_number(&text, "payments", health->parked_payments);
  put_number(&text, "notices", health->parked_notices);
  put_number(&text, "consumers", health->parked_consumers);
  op_json_end(&text);
  op_cell_json(app->output, text.ptr);
  cell_problems(app, health);
  op_text_free(&text);
}

/* One object. */
static void print_object(struct op_app *app, const struct health *health) {
  op_rows_begin(app->output, object_columns, OBJECT_COLUMNS, true);
  op_cell_json(app->output, health->live ? "true" : "false");
  op_cell_json(app->output, health->ready ? "true" : "false");
  op_cell_number(app->output, health->head);
  op_cell_number(app->output, health->lag);
  cell_followers(app, health, false);
  cell_followers(app, health, true);
  cells_of_trouble(app, health);
  op_row_end(app->output);
  op_rows_end(app->output);
}

/* A number of the table, or nothing. */
static void cell_number(struct op_output *output, int64_t number) {
  if (number == UNKNOWN)
    op_cell_null(output);
  else
    op_cell_number(output, number);
}

/* A row of the table about something else than a follower. */
static void line(struct op_output *output, const char *what, const char *state, const int64_t *lag, int64_t parked) {
  op_cell_text(output, what);
  op_cell_text(output, state);
  if (lag)
    op_cell_number(output, *lag);
  else
    op_cell_null(output);
  for (int i = 0; i < 3; i++)
    op_cell_null(output);
  cell_number(output, parked);
  op_cell_null(output);
  op_row_end(output);
}

/* A row of the table about a consumer or a processor. */
static void follower_line(struct op_app *app, const struct follower *follower) {
  struct op_output *output = app->output;
  char what[96];
  snprintf(what, sizeof what, "%s %s", follower->processor ? "processor" : "consumer", follower->name);
  op_cell_text(output, what);
  op_cell_text(output, follower->behind ? "behind" : "ok");
  if (follower->known)
    op_cell_number(output, follower->lag);
  else
    op_cell_null(output);
  cell_number(output, follower->pending);
  cell_number(output, follower->waiting);
  cell_number(output, age(app, follower->oldest_us));
  cell_number(output, follower->parked);
  op_cell_text(output, follower->updated_at[0] ? follower->updated_at : NULL);
  op_row_end(output);
}

/* For people, and as CSV. */
static void print_table(struct op_app *app, const struct health *health) {
  struct op_output *output = app->output;
  op_rows_begin(output, table_columns, sizeof table_columns / sizeof *table_columns, false);
  line(output, "installation", health->ready ? "ready" : "not ready", &health->lag, UNKNOWN);
  for (size_t i = 0; i < health->follower_count; i++)
    follower_line(app, &health->followers[i]);
  if (op_config_pays(&app->config)) {
    line(output, "circuit", health->circuit[0] ? health->circuit : "unknown", NULL, UNKNOWN);
    line(output, "payments", health->parked_payments == UNKNOWN ? "unknown" : "ok", NULL, health->parked_payments);
  }
  line(output, "notices", health->parked_notices == UNKNOWN ? "unknown" : "ok", NULL, health->parked_notices);
  op_rows_end(output);
}

/* The first reason, and how many more there are. */
static int not_ready(const struct health *health, struct op_error *error) {
  char more[32] = "";
  if (health->problem_count > 1)
    snprintf(more, sizeof more, "; and %zu more", health->problem_count - 1);
  op_fail(error, OP_TEMPORARY, "not_ready", "not ready: %s%s",
          health->problem_count ? health->problems[0] : "out of memory", more);
  op_error_number(error, "problems", (int64_t)health->problem_count);
  return error->exit_code;
}

/* --live: the verdict alone. */
static void print_live(struct op_app *app, const struct health *health) {
  static const struct op_column columns[] = {{"live", "LIVE", false}, {"head", "HEAD", true}};
  op_rows_begin(app->output, columns, 2, true);
  op_cell_json(app->output, "true");
  op_cell_number(app->output, health->head);
  op_row_end(app->output);
  op_rows_end(app->output);
}

/* --ready: the verdict alone, with its reasons. */
static void print_ready(struct op_app *app, const struct health *health) {
  static const struct op_column columns[] = {
      {"ready", "READY", false}, {"head", "HEAD", true}, {"lag", "LAG", true}, {"problems", "PROBLEMS", false}};
  op_rows_begin(app->output, columns, 4, true);
  op_cell_json(app->output, health->ready ? "true" : "false");
  op_cell_number(app->output, health->head);
  op_cell_number(app->output, health->lag);
  cell_problems(app, health);
  op_row_end(app->output);
  op_rows_end(app->output);
}

/* The verb status. */
int verb_status(struct op_app *app, struct op_error *error) {
  struct health health = {.parked_payments = UNKNOWN, .parked_notices = UNKNOWN, .parked_consumers = UNKNOWN};
  const char *text = op_option(app, "max-lag"), *time = op_option(app, "max-age");
  int64_t max_lag = MAX_LAG, max_age_ms = MAX_AGE_MS;
  if (text && op_check_number("max-lag", "usage", text, 0, (int64_t)EVS_MAX_SEQ, &max_lag, error))
    return op_usage(app, error, "--max-lag must be a whole number, 0 or more, not '%s'", text);
  if (time && !op_duration_parse(time, &max_age_ms))
    return op_usage(app, error, "--max-age must be a duration such as 90s, 10m or 2h, not '%s'", time);
  if (op_option_given(app, "live") && op_option_given(app, "ready"))
    return op_usage(app, error, "--live or --ready, not both");
  struct op_error why = {0};
  int looked = look(app, &health, &why);
  if (looked == OP_USAGE || looked == OP_NOINPUT || looked == OP_CONFIG) { /* asked wrongly, or not there at all */
    *error = why;
    return looked;
  }
  if (looked)
    return op_fail(error, OP_TEMPORARY, "not_live", "not live: %s", why.message);
  if (op_option_given(app, "live")) {
    print_live(app, &health);
    return OP_OK;
  }
  survey(app, &health);
  health_judge(&health, max_lag, max_age_ms, op_now_us(app));
  enum op_format format = op_output_format(app->output);
  if (op_option_given(app, "ready"))
    print_ready(app, &health);
  else if (format == OP_TABLE || format == OP_CSV)
    print_table(app, &health);
  else
    print_object(app, &health);
  int rc = health.ready ? OP_OK : not_ready(&health, error);
  health_free(&health);
  return rc;
}
