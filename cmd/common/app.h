/* app.h - the frame of every command: one table describes its verbs and options, op_main() does the rest.
 *
 * A command's main.c holds its tables and nothing else:
 *
 *   int main(int argc, char **argv) { return op_main(&program, argc, argv); }
 *
 * op_main() parses (GNU long options and POSIX short ones anywhere, `--` ends them, common options before or after
 * the verb), loads the configuration, prints --help and --version, calls the verb, prints the one line of an error,
 * flushes and checks stdout, and returns the exit code. */
#ifndef OP_APP_H
#define OP_APP_H

#include "config.h"
#include "error.h"
#include "output.h"

#include <evstore.h>
#include <signal.h>
#include <stdbool.h>

struct op_app;

/* An option of a verb. The common ones (--store, --config, -o/--output, --errors, -q/--quiet, -v/--verbose, --color,
 * --timeout, --request-id, --dry-run, --help, --version) are known to op_main(); a verb says by flags below whether
 * it takes --request-id and --dry-run. */
struct op_option {
  const char *name;    /* long name without dashes */
  char letter;         /* short form, or 0 */
  const char *operand; /* what its value is called in the help, "N"; NULL: a flag */
  const char *help;    /* one line */
  bool required;       /* missing: exit 64 */
};

enum {
  OP_CHANGES = 1,      /* a changing call: takes --request-id and --dry-run */
  OP_FOLLOWS = 2,      /* takes --follow; SIGTERM and SIGINT then end it with exit 0 */
  OP_MAX = 4,          /* takes --max N: handle at most N things and end */
  OP_DRY_RUN = 8,      /* takes --dry-run alone */
  OP_PASSES_ARGS = 16, /* the front door: nothing after the verb is parsed here */
  OP_PENDING = 32      /* a processor: takes --pending, see pending.h */
};

struct op_verb {
  const char *name;                /* one word or two ("contact set"); NULL: what the command does without a verb */
  const char *operands;            /* for the help: "ID", "[ID]", "-- CMD [ARG...]" */
  const char *summary;             /* one line */
  int min_operands, max_operands;  /* max -1: any number */
  unsigned flags;                  /* OP_CHANGES ... */
  const struct op_option *options; /* ends with .name NULL; may be NULL */
  /* 0, or an exit code with *error filled; *error left untouched (zeros) where everything was said already (a batch) */
  int (*run)(struct op_app *app, struct op_error *error);
  const char *example; /* for the end of its help: a line, or lines with newlines between them */
};

struct op_program {
  const char *name;            /* "op-reserve" */
  const char *summary;         /* one line */
  const struct op_verb *verbs; /* ends with .run NULL */
  const char *const *examples; /* lines for the end of the program's own --help; ends with NULL */
};

/* A running command. Verbs read it; only op_main() writes it, but for `worked` and `context`. */
struct op_app {
  const struct op_program *program;
  const struct op_verb *verb;
  char *const *operands;
  int operand_count;
  char *const *leading; /* OP_PASSES_ARGS: the common options that stood before the verb, as given, to be handed on */
  int leading_count;
  struct op_config config;
  struct op_output *output; /* where rows go, see output.h */
  bool quiet, verbose, dry_run, follow, pending, errors_json;
  const char *request_id; /* --request-id, valid as an id, or NULL */
  uint64_t max;           /* --max N; UINT64_MAX: no bound */
  unsigned timeout_ms;    /* --timeout; default 10,000 */
  const char *store_url;  /* resolved: --store, OP_STORE, configuration, default; NULL: no HOME to derive it from */
  int64_t fixed_now_us;   /* OP_NOW, or 0 */
  evs_store *store;       /* opened by op_store_*(), closed by op_main() */
  bool worked;            /* a verb sets it when it did something without giving a row: then SIGINT is no 130 */
  void *context;          /* the verb's own, for functions that get only the app or a model of it */
  /* private to app.c and options.c */
  struct op_parsed *parsed; /* options.h */
};

int op_main(const struct op_program *program, int argc, char **argv);

/* The value of an option, the last one given, or NULL. The name is its long one. */
const char *op_option(const struct op_app *app, const char *name);
/* All values of an option that may be repeated, in order; *ret_count 0 and NULL where there are none. */
const char *const *op_option_all(const struct op_app *app, const char *name, size_t *ret_count);
bool op_option_given(const struct op_app *app, const char *name);

/* Opens app->store once: for reading (a store that is not there: exit 66), for appending (made on the first append).
 * Calling again returns the open one. */
int op_store_read(struct op_app *app, struct op_error *error);
int op_store_write(struct op_app *app, struct op_error *error);
/* The directory of the store, for what a context keeps beside the journal (contacts.db, outbox/). Makes nothing. */
int op_store_directory(struct op_app *app, char *buf, size_t size, struct op_error *error);

/* The clock: OP_NOW where it is set, else now. Microseconds since 1970. */
int64_t op_now_us(const struct op_app *app);

/* Set when SIGTERM or SIGINT came: finish the event in hand and return. The signal's number, else 0. */
int op_stopping(void);

/* Installs the handlers behind op_stopping(). op_main() does it for verbs with OP_FOLLOWS and for `run`. SIGPIPE has a
 * handler that does nothing, so that writing gives EPIPE and a program that is executed starts with the default again.
 */
void op_catch_signals(void);

/* -v: one line to stderr, "op-pay: ...". */
void op_explain(const struct op_app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One warning to stderr, always shown: a line, or with --errors json the object {"warning":...}. */
void op_warn(const struct op_app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints *error to stderr in the form that --errors asks for, prefixed by the program's name. */
void op_print_error(const struct op_app *app, const struct op_error *error);

/* A wrong call: exit 64 `usage`, the mistake and a pointer to the help. Returns the exit code, as op_fail(). */
int op_usage(const struct op_app *app, struct op_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- checked values (parse.c) ------------------------------------------------------------------ */

/* An id: 1 to 64 bytes... of UTF-8 without spaces, control characters, quotes (' " `), slashes and backslashes, not
 * starting with `-`. `what` names it in the message ("musical id"). Exit 65 bad_id. Lengths up to OP_MAX_ID. */
#define OP_MAX_ID 64
int op_check_id(const char *what, const char *text, struct op_error *error);
/* Free text (a name, a reason): valid UTF-8, no control characters, at most `max` bytes. Exit 65 bad_text. */
int op_check_text(const char *what, const char *text, size_t max, struct op_error *error);
/* A whole number in decimal digits only, min to max. Exit 65; `code` is the stable word ("bad_seats"). */
int op_check_number(const char *what, const char *code, const char *text, int64_t min, int64_t max, int64_t *ret_number,
                    struct op_error *error);
/* RFC 3339 to microseconds. Exit 65 bad_time. */
int op_check_time(const char *what, const char *text, int64_t *ret_time_us, struct op_error *error);
/* `250ms`, `15m`, `2h`, `5s`, `1d`. False where it is none of these. */
bool op_duration_parse(const char *text, int64_t *ret_ms);

/* An offset from UTC, `+09:00` or `-03:30`, in microseconds (east is above 0). False where it is none. */
bool op_zone_parse(const char *text, int64_t *ret_offset_us);

/* A URL that money and secrets may be sent to (url.c): NULL, or what is wanted instead, static storage. */
const char *op_url_wrong(const char *text);

/* "Did you mean": set .word, give every candidate, and read .best (NULL where nothing is close). */
struct op_suggestion {
  const char *word, *best;
  unsigned distance;
};
void op_suggest(struct op_suggestion *suggestion, const char *candidate);

#endif
