/* check.c - op-journal verify, repair and stat: is the journal whole, and what can be done where it is not.
 *
 * verify reads every byte. What it finds is its result, one row for each finding, and the exit code says how bad it is:
 * 0 for a clean journal or the torn tail that an interrupted append leaves, 74 for damage. repair never does anything
 * before it is told --cut, because what stands behind the damage was acknowledged; what is cut is kept in files beside
 * the journal. */
#include "select.h"
#include "verbs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct op_column finding_columns[] = {
    {"finding", "FINDING", false}, {"file", "FILE", false},  {"line", "LINE", true},
    {"byte", "BYTE", true},        {"bytes", "BYTES", true}, {"message", "MESSAGE", false},
};

static const struct op_column summary_columns[] = {
    {"outcome", "OUTCOME", false},  {"events", "EVENTS", true}, {"head", "HEAD", true},
    {"segments", "SEGMENTS", true}, {"bytes", "BYTES", true},   {"tornBytes", "TORN BYTES", true},
};

static const struct op_column stat_columns[] = {
    {"head", "HEAD", true},   {"written", "WRITTEN", true},  {"segments", "SEGMENTS", true},
    {"bytes", "BYTES", true}, {"outcome", "OUTCOME", false}, {"tornBytes", "TORN BYTES", true},
    {"path", "PATH", false},
};

static const struct op_column repair_columns[] = {
    {"outcome", "OUTCOME", false},
    {"head", "HEAD", true},
    {"message", "MESSAGE", false},
};

#define COLUMNS(columns) (columns), sizeof(columns) / sizeof *(columns)

/* What a check of the whole journal found. */
struct check {
  struct op_app *app;
  bool print; /* a row for each finding; not where the journal cannot be judged */
  uint64_t events, torn_bytes;
  uint64_t damages;      /* findings that are no torn tail */
  struct op_error first; /* the first of them */
};

/* Counts a finding, keeps the first that is damage, and prints it. A torn tail in an otherwise good journal is no row:
 * the summary tells it. It comes last, being a tail. */
static int visit(void *context, const evs_finding *finding) {
  struct check *check = context;
  struct op_output *output = check->app->output;
  if (finding->code == EVS_END) {
    check->torn_bytes += finding->bytes;
    op_explain(check->app, "%s, line %" PRIu64 ": %s", finding->file, finding->line, finding->message);
  } else if (check->damages++ == 0) {
    evs_error store_error = {.code = finding->code, .line = finding->line, .byte = finding->byte};
    snprintf(store_error.message, sizeof store_error.message, "%s", finding->message);
    snprintf(store_error.file, sizeof store_error.file, "%s", finding->file);
    op_fail_store(&check->first, finding->code, &store_error);
    check->print = check->print && finding->code == EVS_CORRUPT;
    if (check->print)
      op_rows_begin(output, COLUMNS(finding_columns), false);
  }
  if (!check->print || check->damages == 0)
    return 0;
  op_cell_text(output, finding->code == EVS_END ? "torn_tail" : evs_code_name(finding->code));
  op_cell_text(output, finding->file);
  op_cell_number(output, (int64_t)finding->line);
  op_cell_number(output, (int64_t)finding->byte);
  op_cell_number(output, (int64_t)finding->bytes);
  op_cell_text(output, finding->message);
  op_row_end(output);
  return 0;
}

/* Reads everything. 0 where the journal is whole but for a torn tail, else the exit code and error of the first damage.
 */
static int check_all(struct check *check, struct op_error *error) {
  evs_error store_error;
  int rc = evs_verify(check->app->store, visit, check, &check->events, &store_error);
  if (check->print && check->damages)
    op_rows_end(check->app->output);
  if (check->damages) {
    *error = check->first;
    return error->exit_code;
  }
  return rc ? op_fail_store(error, rc, &store_error) : OP_OK;
}

/* The verb verify. */
int verb_verify(struct op_app *app, struct op_error *error) {
  struct check check = {.app = app, .print = true};
  evs_stat stat = {0};
  evs_error store_error;
  int rc = op_store_read(app, error);
  if (!rc)
    rc = check_all(&check, error);
  if (rc || app->quiet)
    return rc;
  rc = evs_stat_get(app->store, &stat, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  op_rows_begin(app->output, COLUMNS(summary_columns), true);
  op_cell_text(app->output, check.torn_bytes ? "recovered" : "clean");
  op_cell_number(app->output, (int64_t)check.events);
  op_cell_number(app->output, (int64_t)stat.head);
  op_cell_number(app->output, (int64_t)stat.segments);
  op_cell_number(app->output, (int64_t)stat.bytes);
  op_cell_number(app->output, (int64_t)check.torn_bytes);
  op_row_end(app->output);
  op_rows_end(app->output);
  return OP_OK;
}

/* Prints the one row of repair. */
static void repair_row(struct op_app *app, const char *outcome, uint64_t head, const char *message) {
  if (app->quiet)
    return;
  op_rows_begin(app->output, COLUMNS(repair_columns), true);
  op_cell_text(app->output, outcome);
  op_cell_number(app->output, (int64_t)head);
  op_cell_text(app->output, message);
  op_row_end(app->output);
  op_rows_end(app->output);
}

/* Says where the cut goes and what it costs, and cuts. */
static int cut(struct op_app *app, const struct check *check, uint64_t last, struct op_error *error) {
  evs_error store_error;
  uint64_t head = 0;
  if (check->damages)
    op_warn(app, "%s", check->first.message);
  int rc = evs_repair(app->store, last, &head, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  op_warn(app,
          "cut after position %" PRIu64
          ": what stood behind it is no longer in the journal, and kept in *.cut-N beside it",
          head);
  repair_row(app, "cut", head, "what was cut is kept in journal/*.cut-N");
  return OP_OK;
}

/* Adds what can be done to the error of the first damage. */
static void say_how(struct op_error *error) {
  size_t len = strlen(error->message);
  snprintf(error->message + len, sizeof error->message - len,
           "; nothing was changed: `repair --cut` cuts the journal before it, and loses what stands behind it");
}

/* The verb repair. */
int verb_repair(struct op_app *app, struct op_error *error) {
  struct check check = {.app = app};
  evs_stat stat = {0};
  evs_error store_error;
  uint64_t last = 0;
  bool told = op_option_given(app, "cut");
  int rc = position_option(app, "last", 0, &last, error);
  if (!rc && op_option_given(app, "last") && (!told || last == 0))
    rc = op_usage(app, error, "--last SEQ says where --cut cuts: it is 1 or more, and goes with --cut");
  if (!rc)
    rc = told ? op_store_write(app, error) : op_store_read(app, error);
  if (rc)
    return rc;
  rc = check_all(&check, error);
  if (rc && !(told && check.damages)) {
    if (check.damages)
      say_how(error);
    return rc;
  }
  if (told && (check.damages || last || check.torn_bytes))
    return cut(app, &check, last, error);
  rc = evs_head(app->store, &stat.head, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  repair_row(app, check.torn_bytes ? "recovered" : "clean", stat.head,
             check.torn_bytes ? "a torn tail, which the next append cuts by itself: nothing to repair"
                              : "nothing to repair");
  return OP_OK;
}

/* The verb stat. */
int verb_stat(struct op_app *app, struct op_error *error) {
  char directory[4096];
  evs_stat stat = {0};
  evs_error store_error;
  int rc = op_store_read(app, error);
  if (!rc)
    rc = op_store_directory(app, directory, sizeof directory, error);
  if (rc)
    return rc;
  rc = evs_stat_get(app->store, &stat, &store_error);
  if (rc)
    return op_fail_store(error, rc, &store_error);
  op_rows_begin(app->output, COLUMNS(stat_columns), true);
  op_cell_number(app->output, (int64_t)stat.head);
  op_cell_number(app->output, (int64_t)stat.written);
  op_cell_number(app->output, (int64_t)stat.segments);
  op_cell_number(app->output, (int64_t)stat.bytes);
  op_cell_text(app->output, stat.outcome == EVS_CLEAN ? "clean" : "recovered");
  op_cell_number(app->output, (int64_t)stat.torn_bytes);
  op_cell_text(app->output, directory);
  op_row_end(app->output);
  op_rows_end(app->output);
  return OP_OK;
}
