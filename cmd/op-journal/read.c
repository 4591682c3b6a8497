/* read.c - op-journal read: events as NDJSON, as they stand in the journal, as CloudEvents, or their data alone.
 *
 * `native` copies the line byte for byte, CRC and all, so that it can be checked (and appended elsewhere) downstream.
 * Only what is durable is shown. The two other formats are JSON by nature: on a terminal too they come as lines, not as
 * a table, and -o table and csv are a wrong call with them. */
#include "cloudevents.h"
#include "commit.h"
#include "listing.h"
#include "select.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

enum shape { NATIVE, CLOUDEVENTS, DATA };

struct reading {
  struct op_app *app;
  struct op_output *output; /* app->output, or lines */
  struct op_output *lines;  /* our own output in NDJSON, or NULL */
  enum shape shape;
  struct op_text source; /* of the CloudEvents */
  struct op_text text;   /* the event in another shape */
  uint64_t limit, shown;
};

/* Reads --format, and settles where the events go. */
static int choose_output(struct reading *reading, struct op_error *error) {
  struct op_app *app = reading->app;
  const char *format = op_option(app, "format");
  static const char *const formats[] = {"native", "cloudevents", "data", NULL};
  int rc = op_check_word("--format", format, formats, error);
  if (rc)
    return rc;
  for (enum shape shape = NATIVE; format && shape <= DATA; shape++)
    reading->shape = strcmp(format, formats[shape]) == 0 ? shape : reading->shape;
  enum op_format form = op_output_format(app->output);
  bool asked = op_option_given(app, "output");
  bool tabular = form == OP_TABLE || form == OP_CSV;
  reading->output = app->output;
  if (reading->shape != NATIVE && tabular && asked)
    return op_fail(error, OP_USAGE, "usage", "--format %s gives JSON: -o ndjson or json is expected with it", format);
  if (tabular && reading->shape != NATIVE) {
    reading->lines = op_output_new(stdout, OP_NDJSON, false, app->quiet);
    reading->output = reading->lines;
  }
  return OP_OK;
}

/* Makes the `source` of the CloudEvents. */
static int name_source(struct reading *reading, struct op_error *error) {
  char directory[4096];
  int rc = op_store_directory(reading->app, directory, sizeof directory, error);
  if (rc)
    return rc;
  char *real = realpath(directory, NULL);
  cloudevent_source(real ? real : directory, &reading->source);
  free(real);
  return OP_OK;
}

/* Prints one event in the shape that was asked for. */
static void show(struct reading *reading, const evs_event *event) {
  evs_event shown = *event;
  if (reading->shape == CLOUDEVENTS) {
    op_text_reset(&reading->text);
    cloudevent_add(event, reading->source.ptr, &reading->text);
    shown.line = (evs_slice){reading->text.ptr, reading->text.len};
  } else if (reading->shape == DATA) {
    shown.line = event->data;
  }
  op_line(reading->output, &shown);
  reading->shown++;
}

/* Prints what the cursor gives until its end, a limit, a signal, or a closed pipe. */
static int show_all(struct reading *reading, evs_cursor *cursor, struct op_error *error) {
  struct op_app *app = reading->app;
  while (reading->shown < reading->limit && !op_stopping() && !op_output_closed(reading->output)) {
    evs_event event;
    evs_error store_error;
    int rc = evs_next(cursor, &event, &store_error);
    if (rc == 0) {
      show(reading, &event);
      continue;
    }
    if (rc != EVS_END)
      return op_fail_store(error, rc, &store_error);
    bool stop = true;
    op_output_flush(reading->output);
    if (app->follow && op_follow_wait(app, evs_cursor_position(cursor), &stop, error))
      return error->exit_code;
    if (stop)
      break;
  }
  return OP_OK;
}

/* The verb read. */
int verb_read(struct op_app *app, struct op_error *error) {
  struct reading reading = {.app = app};
  struct selection selection = {0};
  evs_cursor *cursor = NULL;
  evs_error store_error;
  uint64_t after = 0;
  int rc = choose_output(&reading, error);
  if (!rc)
    rc = selection_make(app, "type", "tag", op_option(app, "correlation"), &selection, error);
  if (!rc)
    rc = position_option(app, "after", 0, &after, error);
  if (!rc)
    rc = count_option(app, "limit", UINT64_MAX, EVS_MAX_SEQ, &reading.limit, error);
  if (!rc)
    rc = op_store_read(app, error);
  if (!rc && reading.shape == CLOUDEVENTS)
    rc = name_source(&reading, error);
  if (rc)
    goto out;
  if ((rc = evs_read(app->store, selection_query(&selection), after, 0, &cursor, &store_error))) {
    rc = op_fail_store(error, rc, &store_error);
    goto out;
  }
  op_lines_begin(reading.output);
  rc = show_all(&reading, cursor, error);
  if (!rc)
    op_lines_end(reading.output);
  if (!rc && reading.lines)
    rc = op_output_finish(reading.lines, error);
out:
  evs_cursor_close(cursor);
  op_output_free(reading.lines);
  op_text_free(&reading.source);
  op_text_free(&reading.text);
  selection_free(&selection);
  return rc;
}
