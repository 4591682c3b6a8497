/* app.c - op_main(): what every command does before and after its verb.
 *
 * In order: the process is made fit (descriptors 0 to 2 open, SIGPIPE and SIGXFSZ), the command line is read, --help
 * and
 * --version answered, then the clock, the configuration and the store's place are settled, the verb is called, and
 * stdout is flushed, closed and checked, since a full disk behind a pipe is an error and not a success. One line on
 * stderr tells what went wrong. The only process-wide state is the number of the signal that asked to stop. Raises 66,
 * 77, 78 (configuration), 78 bad_clock and no_home, 74 (stdout); everything else is the verb's. */
#include "domain.h"
#include "label.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;

/* ---- the process ------------------------------------------------------------------------------- */

/* Opens what is closed of stdin, stdout and stderr, or the journal's file could become one of them. They are opened the
 * wrong way round, so that using them fails as it would have failed. */
static void open_standard(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
      _exit(OP_SOFTWARE);
}

/* Does nothing: what counts is that write() fails, with EPIPE or (beyond a limit of file sizes) EFBIG. */
static void on_failed_write(int number) { (void)number; }

/* Remembers the signal. */
static void on_stop(int number) { stop_signal = number; }

/* Installs a handler. A handler, unlike SIG_IGN, is not inherited by a program that is executed. */
static void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, NULL);
}

/* SIGTERM and SIGINT end waiting calls with EINTR and are seen by op_stopping(). */
void op_catch_signals(void) {
  handle(SIGTERM, on_stop, 0);
  handle(SIGINT, on_stop, 0);
}

/* The signal that asked to stop. */
int op_stopping(void) { return stop_signal; }

/* ---- what is told ------------------------------------------------------------------------------ */

/* Formats one clean line. */
static void format_line(char *buf, size_t size, const char *format, va_list arguments) {
  char raw[2048];
  vsnprintf(raw, sizeof raw, format, arguments);
  op_clean(raw, strlen(raw), buf, size);
}

/* -v: explains. */
void op_explain(const struct op_app *app, const char *format, ...) {
  va_list arguments;
  char line[4096];
  if (!app->verbose)
    return;
  va_start(arguments, format);
  format_line(line, sizeof line, format, arguments);
  va_end(arguments);
  fprintf(stderr, "%s: %s\n", app->program->name, line);
}

/* Warns in the form that was asked for. */
void op_warn(const struct op_app *app, const char *format, ...) {
  va_list arguments;
  char line[4096];
  va_start(arguments, format);
  format_line(line, sizeof line, format, arguments);
  va_end(arguments);
  if (!app->errors_json) {
    fprintf(stderr, "%s: warning: %s\n", app->program->name, line);
    return;
  }
  struct op_text text = {0};
  op_json_begin(&text);
  op_json_string(&text, "warning", line);
  op_json_end(&text);
  fprintf(stderr, "%s\n", text.ptr);
  op_text_free(&text);
}

/* Prints an error in the form that was asked for; an empty one was told already. */
void op_print_error(const struct op_app *app, const struct op_error *error) {
  if (error->code == NULL)
    return;
  if (!app->errors_json) {
    char label[OP_MAX_NAME + 1] = "";
    const char *text = op_label(app->config.labels, error->code);
    if (text != NULL)
      op_clean(text, strlen(text), label, sizeof label);
    fprintf(stderr, "%s: %s%s%s\n", app->program->name, label, label[0] != '\0' ? ": " : "", error->message);
    return;
  }
  struct op_text text = {0};
  op_json_begin(&text);
  op_json_string(&text, "error", error->code);
  op_json_string(&text, "message", error->message);
  for (int i = 0; i < error->figure_count; i++) {
    const struct op_figure *figure = &error->figures[i];
    if (figure->text[0] != '\0')
      op_json_string(&text, figure->name, figure->text);
    else
      op_json_number(&text, figure->name, figure->number);
  }
  op_json_end(&text);
  fprintf(stderr, "%s\n", text.ptr);
  op_text_free(&text);
}

/* ---- clock, configuration, store --------------------------------------------------------------- */

/* The environment's value, NULL where it is unset or empty. */
static const char *environment(const char *name) {
  const char *value = getenv(name);
  return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Reads OP_NOW. */
static int settle_clock(struct op_app *app, struct op_error *error) {
  const char *now = environment("OP_NOW");
  if (now == NULL || (evs_time_parse(now, strlen(now), &app->fixed_now_us) && app->fixed_now_us > 0))
    return OP_OK;
  return op_fail(error, OP_CONFIG, "bad_clock", "OP_NOW must be a time such as 2026-11-20T12:00:00Z, not '%s'", now);
}

/* The clock. */
int64_t op_now_us(const struct op_app *app) {
  struct timespec now;
  if (app->fixed_now_us != 0)
    return app->fixed_now_us;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Finds out where the store is; NULL where only HOME could tell and does not, which is an error once a store is needed.
 */
static void settle_store(struct op_app *app) {
  const char *state = environment("XDG_STATE_HOME"), *home = environment("HOME");
  char **made = &app->parsed->default_store;
  app->store_url = op_option(app, "store");
  if (app->store_url == NULL)
    app->store_url = environment("OP_STORE");
  if (app->store_url == NULL)
    app->store_url = app->config.store;
  if (app->store_url != NULL || (state == NULL && home == NULL))
    return;
  if (asprintf(made, "%s%s/outerpark", state != NULL ? state : home, state != NULL ? "" : "/.local/state") < 0)
    *made = NULL;
  app->store_url = *made;
}

/* Raises 78: nothing says where the store is. */
static int fail_no_home(struct op_error *error) {
  return op_fail(error, OP_CONFIG, "no_home", "where is the store? HOME is not set, nor --store, OP_STORE or store:");
}

/* A result of evs_open(). A URL that makes no sense is a wrong call, or a wrong configuration. */
static int fail_open(const struct op_app *app, int code, const evs_error *store_error, struct op_error *error) {
  if (code != EVS_INVALID)
    return op_fail_store(error, code, store_error);
  bool configured = app->store_url == app->config.store;
  return op_fail(error, configured ? OP_CONFIG : OP_USAGE, configured ? "bad_config" : "usage", "%s",
                 store_error->message);
}

/* The directory of the store, which need not be there. */
int op_store_directory(struct op_app *app, char *buf, size_t size, struct op_error *error) {
  const evs_open_options options = {.flags = EVS_CREATE}; /* makes nothing before the first append */
  evs_store *probe = NULL;
  evs_error store_error = {0};
  if (app->store_url == NULL)
    return fail_no_home(error);
  int code = app->store == NULL ? evs_open(app->store_url, &options, &probe, &store_error) : 0;
  if (code != 0)
    return fail_open(app, code, &store_error, error);
  const char *path = evs_directory(app->store != NULL ? app->store : probe);
  int len = path != NULL ? snprintf(buf, size, "%s", path) : -1;
  evs_close(probe);
  if (len < 0 || (size_t)len >= size)
    return op_fail(error, OP_CANTCREATE, "cannot_create", "the store has no directory, or one with too long a path");
  return OP_OK;
}

/* Opens the store unless it is open. */
static int open_store(struct op_app *app, unsigned flags, struct op_error *error) {
  if (app->store != NULL)
    return OP_OK;
  if (app->store_url == NULL)
    return fail_no_home(error);
  evs_error store_error = {0};
  evs_open_options options = {.flags = flags, .timeout_ms = app->timeout_ms > 0 ? app->timeout_ms : 1};
  int code = evs_open(app->store_url, &options, &app->store, &store_error);
  bool denied = code == EACCES || code == EPERM || code == EROFS;
  if (denied && (flags & EVS_CREATE) == 0) { /* who may only read gets the same answers */
    options.flags |= EVS_READONLY;
    app->parsed->store_readonly = true;
    code = evs_open(app->store_url, &options, &app->store, &store_error);
  }
  if (code == 0) {
    op_explain(app, "store %s%s", app->store_url, app->parsed->store_readonly ? ", for reading only" : "");
    return OP_OK;
  }
  app->store = NULL;
  return fail_open(app, code, &store_error, error);
}

/* Opens the store for reading; a place that can hold none is a store that is not there. */
int op_store_read(struct op_app *app, struct op_error *error) {
  int code = open_store(app, 0, error);
  if (code != OP_CANTCREATE)
    return code;
  error->exit_code = OP_NOINPUT;
  error->code = "no_store";
  return OP_NOINPUT;
}

/* Opens the store for appending. */
int op_store_write(struct op_app *app, struct op_error *error) {
  int code = open_store(app, EVS_CREATE, error);
  if (code == OP_OK && app->parsed->store_readonly)
    return op_fail(error, OP_NOPERM, "no_permission", "store %s may not be written", app->store_url);
  return code;
}

/* ---- op_main ----------------------------------------------------------------------------------- */

/* Answers --help or --version. */
static int answer(struct op_app *app, struct op_error *error) {
  struct op_text text = {0};
  if (op_option_given(app, "help"))
    op_help_write(app, &text);
  else
    op_text_addf(&text, "%s (OuterPark) %s\n", app->program->name, EVS_VERSION);
  errno = 0;
  int code = OP_OK;
  if ((fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout) != 0) && errno != EPIPE)
    code = op_fail(error, OP_IO, "write_failed", "cannot write the output: %s", strerror(errno));
  op_text_free(&text);
  return code;
}

/* A wrong call that only the verb could see points to the help of the verb, as one that the parser saw. */
static void point_to_help(const struct op_app *app, struct op_error *error) {
  char what[sizeof error->message];
  if (error->code == NULL || strcmp(error->code, "usage") != 0 || strstr(error->message, "--help'") != NULL)
    return;
  memcpy(what, error->message, sizeof what);
  op_usage(app, error, "%s", what);
}

/* Calls the verb with everything it needs. */
static int run_verb(struct op_app *app, struct op_error *error) {
  bool is_run = app->verb->name != NULL && strcmp(app->verb->name, "run") == 0;
  if ((app->verb->flags & OP_PASSES_ARGS) != 0)
    return app->verb->run(app, error); /* the program that it becomes does all of this */
  int code = settle_clock(app, error);
  if (code == OP_OK) {
    const char *file = op_option(app, "config");
    code = op_config_load(&app->config, file != NULL ? file : environment("OP_CONFIG"), error);
  }
  if (code != OP_OK)
    return code;
  settle_store(app);
  if (is_run || (app->verb->flags & OP_FOLLOWS) != 0)
    op_catch_signals();
  app->output = op_output_new(stdout, app->parsed->format, app->parsed->color, app->quiet);
  op_output_label(app->output, app->config.labels);
  code = app->verb->run(app, error);
  if (code == OP_USAGE)
    point_to_help(app, error);
  if (op_stopping() == 0)
    return code;
  if (code == OP_TEMPORARY && error->code != NULL && strcmp(error->code, "interrupted") == 0) {
    *error = (struct op_error){0}; /* the signal ended a wait: that is no failure */
    code = OP_OK;
  }
  bool nothing_done = !app->worked && op_output_rows(app->output) == 0;
  return code == OP_OK && !app->follow && nothing_done ? 128 + op_stopping() : code;
}

/* Flushes and closes stdout. An error of it counts where the verb itself had none. */
static int close_stdout(struct op_app *app, int code, struct op_error *error) {
  struct op_error output_error = {0};
  int written = app->output != NULL ? op_output_finish(app->output, &output_error) : OP_OK;
  bool closed = app->output != NULL && op_output_closed(app->output);
  errno = 0;
  if (fclose(stdout) != 0 && written == OP_OK && !closed && errno != EPIPE && errno != EBADF)
    written = op_fail(&output_error, OP_IO, "write_failed", "cannot write the output: %s", strerror(errno));
  if (code != OP_OK || written == OP_OK)
    return code;
  *error = output_error;
  return written;
}

/* Runs a command from its tables. */
int op_main(const struct op_program *program, int argc, char **argv) {
  struct op_app app = {.program = program, .max = UINT64_MAX, .timeout_ms = 10000};
  struct op_error error = {0};
  open_standard();
  handle(SIGPIPE, on_failed_write, SA_RESTART);
  handle(SIGXFSZ, on_failed_write, SA_RESTART);

  int code = op_options_parse(&app, argc, argv, &error);
  if (code == OP_OK)
    code = op_options_ask(&app) ? answer(&app, &error) : run_verb(&app, &error);
  code = close_stdout(&app, code, &error);
  if (code != OP_OK)
    op_print_error(&app, &error);
  evs_close(app.store);
  op_output_free(app.output);
  op_config_free(&app.config);
  op_options_free(&app);
  return code;
}
