/* config.h - outerpark.yaml: every key of the contract, its type and its default, in one table (config_read.c).
 *
 * Files are laid over one another: /etc/outerpark/outerpark.yaml,
 * ${XDG_CONFIG_HOME:-$HOME/.config}/outerpark/outerpark.yaml, then --config or $OP_CONFIG (which must exist). An
 * unknown key or a wrong type: `FILE:LINE:COLUMN: what`, exit 78. A value that asks for something that this version has
 * not got is refused the same way: a configuration is never half obeyed. */
#ifndef OP_CONFIG_H
#define OP_CONFIG_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

/* How notices say something; placeholder.h tells how they are written. */
struct op_template {
  char *subject, *text; /* NULL: the built-in one */
};
enum { OP_TEMPLATE_LANGUAGES = 2, OP_TEMPLATE_EVENTS = 9 };

#define OP_MAX_BREAKER_WINDOW 1000
#define OP_MAX_BREAKER_PROBES 16
#define OP_MAX_BREAKER_OPEN_MS INT64_C(31536000000) /* 365 days */

/* payment.breaker: when calls to the payment provider stop, and for how long. */
struct op_breaker {
  int64_t window;        /* the last calls that count; 20, at most OP_MAX_BREAKER_WINDOW */
  int64_t minimum_calls; /* before so many nothing is concluded; 5 */
  double failure_rate;   /* opens at so many percent failed; 50 */
  int64_t slow_call_ms;  /* a call that takes longer is slow; 2s */
  double slow_rate;      /* opens at so many percent slow; 80 */
  int64_t open_ms;       /* how long it stays open; 30s */
  int64_t probes;        /* calls that must succeed before it closes; 1, at most OP_MAX_BREAKER_PROBES */
};

struct op_config {
  char *store;                  /* or NULL */
  int64_t reservation_hold_ms;  /* an unpaid reservation expires after so long; 0: never, the default */
  int64_t reservation_offer_ms; /* seats are offered to who waited for so long; default 10m */
  char *payment_provider;       /* "approve", "exec" or "http" */
  char **payment_command;       /* of "exec": program and arguments, ends with NULL; NULL: none is named */
  char *payment_url;            /* of "http": https, or http to this machine; NULL: none is named */
  char *payment_secret_file;    /* of "http": holds the bearer token; NULL: none is sent */
  int64_t payment_timeout_ms;   /* of one call; 2s, more than 0 */
  int64_t payment_max_attempts; /* failed calls after which a payment is parked; 8 */
  char *payment_when_open;      /* "defer" or "suspend" */
  struct op_breaker breaker;    /* payment.breaker */
  char *notify_channel;         /* "file", "stdout", "exec" or "sendmail" */
  char *notify_directory;       /* "outbox": relative to the store's directory unless absolute */
  char **notify_command;        /* of "exec": program and arguments, ends with NULL; NULL: none is named */
  char *notify_sendmail;        /* of "sendmail": the program, "/usr/sbin/sendmail" */
  int64_t notify_timeout_ms;    /* of one delivery by a program; 30s, more than 0 */
  char *notify_from;            /* "outerpark@localhost" */
  int64_t notify_max_attempts;  /* failed attempts after which a notice is parked; 8 */
  struct op_template notify_templates[OP_TEMPLATE_LANGUAGES][OP_TEMPLATE_EVENTS]; /* op_config_template() finds one */
  double assign_radius_km;       /* assign.radius_km: reach of a branch; 100 */
  double assign_weight_distance; /* of the distance in reaches; 1 */
  double assign_weight_load;     /* of the share of the day's capacity that is taken; 0.2 */
  int64_t assign_zone_us;        /* assign.zone: whose days the capacities are of, as an offset from UTC; 0 */
  char *ticket_after_issue;      /* "void" or "refuse": what a cancellation does to a ticket that is issued */
  char **saga_steps;             /* of payment, ticket, assignment; ends with NULL; op_config_steps() */
  struct op_label *labels;       /* list of (language, word, label) */
};

struct op_label {
  struct op_label *next;
  char *language, *word, *text;
};

/* Loads the layers. `explicit_file` is --config or $OP_CONFIG, or NULL. */
int op_config_load(struct op_config *config, const char *explicit_file, struct op_error *error);
void op_config_free(struct op_config *config);

/* The texts for an event ("PaymentApproved") in a language ("ko"), borrowed; NULL where there can be none. */
const struct op_template *op_config_template(const struct op_config *config, const char *language, const char *event);

/* The steps that make a reservation complete, ends with NULL; where nothing is configured, payment alone. */
const char *const *op_config_steps(const struct op_config *config);

/* Is a payment among them, by itself or since a ticket wants it? Where it is not, customers pay elsewhere: no processor
 * of the saga charges anybody, and nothing is cancelled, refused or late for want of a payment. */
bool op_config_pays(const struct op_config *config);

#endif
