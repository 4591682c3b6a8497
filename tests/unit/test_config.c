/* test_config.c - outerpark.yaml: the layers, every key of the contract, and the exact place of every mistake. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/test_config.XXXXXX";
static char named_file[64], user_file[64];

static int set_up(void **state) {
  char path[64];
  (void)state;
  assert_non_null(mkdtemp(directory));
  snprintf(path, sizeof path, "%s/outerpark", directory);
  assert_int_equal(mkdir(path, 0700), 0);
  snprintf(named_file, sizeof named_file, "%s/named.yaml", directory);
  snprintf(user_file, sizeof user_file, "%s/outerpark/outerpark.yaml", directory);
  return setenv("XDG_CONFIG_HOME", directory, 1);
}

static int tear_down(void **state) {
  char path[64];
  (void)state;
  snprintf(path, sizeof path, "%s/outerpark", directory);
  unlink(named_file);
  unlink(user_file);
  rmdir(path);
  return rmdir(directory);
}

static void put(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/* Loads `text` as the named file and gives the exit code. */
static int load(const char *text, struct op_config *config, struct op_error *error) {
  put(named_file, text);
  *error = (struct op_error){0};
  return op_config_load(config, named_file, error);
}

static void defaults_without_a_file(void **state) {
  struct op_config config;
  struct op_error error = {0};
  (void)state;
  unlink(user_file);
  assert_int_equal(op_config_load(&config, NULL, &error), OP_OK);
  assert_null(config.store);
  assert_int_equal(config.reservation_hold_ms, 0);
  assert_string_equal(config.payment_provider, "approve");
  assert_null(config.payment_command);
  assert_null(config.payment_url);
  assert_null(config.payment_secret_file);
  assert_int_equal(config.payment_timeout_ms, 2000);
  assert_int_equal(config.payment_max_attempts, 8);
  assert_string_equal(config.payment_when_open, "defer");
  assert_int_equal(config.breaker.window, 20);
  assert_int_equal(config.breaker.minimum_calls, 5);
  assert_true(config.breaker.failure_rate == 50);
  assert_int_equal(config.breaker.slow_call_ms, 2000);
  assert_true(config.breaker.slow_rate == 80);
  assert_int_equal(config.breaker.open_ms, 30000);
  assert_int_equal(config.breaker.probes, 1);
  assert_int_equal(config.notify_max_attempts, 8);
  assert_string_equal(config.notify_channel, "file");
  assert_string_equal(config.notify_directory, "outbox");
  assert_string_equal(config.notify_from, "outerpark@localhost");
  assert_null(config.notify_command);
  assert_string_equal(config.notify_sendmail, "/usr/sbin/sendmail");
  assert_int_equal(config.notify_timeout_ms, 30000);
  assert_null(op_config_template(&config, "ko", "PaymentApproved")->text);
  assert_null(op_config_template(&config, "fr", "PaymentApproved"));
  assert_null(op_config_template(&config, "ko", "ReservationPlaced"));
  assert_string_equal(config.ticket_after_issue, "void");
  assert_string_equal(op_config_steps(&config)[0], "payment");
  assert_null(op_config_steps(&config)[1]);
  assert_null(config.labels);
  op_config_free(&config);
  op_config_free(&config); /* zeros are legal */
}

static void who_pays(void **state) {
  static const struct {
    const char *text;
    bool pays;
  } cases[] = {{"", true},
               {"saga: {steps: [payment]}", true},
               {"saga: {steps: [ticket]}", true},
               {"saga: {steps: [assignment, payment]}", true},
               {"saga: {steps: [assignment]}", false}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct op_config config;
    struct op_error error;
    assert_int_equal(load(cases[i].text, &config, &error), OP_OK);
    if (op_config_pays(&config) != cases[i].pays)
      fail_msg("%s", cases[i].text);
    op_config_free(&config);
  }
}

static void what_says_nothing_is_fine(void **state) {
  static const char *const texts[] = {
      "",          "# nothing\n", "---\n",        "{}\n",         "payment:\n",
      "~\n",       "labels:\n",   "notify: {}\n", "\xEF\xBB\xBF", "saga: {steps: [payment]}",
      "---\n...\n"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct op_config config;
    struct op_error error;
    assert_int_equal(load(texts[i], &config, &error), OP_OK);
    op_config_free(&config);
  }
}

/* The example of the contract, with a few values that are not the defaults. */
static const char whole[] =
    "store: /var/lib/outerpark\n"
    "reservation: {hold: 15m, offer: 10m}\n"
    "payment:\n"
    "  provider: http\n"
    "  command: [/usr/lib/outerpark/provider, --sandbox]\n"
    "  url: https://pay.example/v1\n"
    "  secret_file: /etc/outerpark/pay.key\n"
    "  timeout: 3s\n"
    "  max_attempts: 9\n"
    "  when_open: suspend\n"
    "  breaker: {window: 21, minimum_calls: 6, failure_rate: 50.5, slow_call: 3s, slow_rate: 81,\n"
    "            open: 31s, probes: 2}\n"
    "notify:\n"
    "  channel: stdout\n"
    "  directory: outbox2\n"
    "  command: [/usr/local/bin/send, --fast]\n"
    "  sendmail: /usr/bin/msmtp\n"
    "  timeout: 5s\n"
    "  templates:\n"
    "    ko: {PaymentApproved: {subject: 결제, text: \"{customerName}님\\n{seats}석\"}}\n"
    "    en: {PaymentCancelled: {text: 'Cancelled: {reason}'}, AssignmentFailed: {text: 'None: {reason}'}}\n"
    "  from: tickets@example.org\n"
    "  max_attempts: 10\n"
    "ticket: {after_issue: refuse}\n"
    "assign: {radius_km: 100, zone: +09:00, weights: {distance: 1.0, load: 0.2}}\n"
    "saga: {steps: [ticket, assignment]}\n"
    "labels: {ko: {Reserved: 예약됨, \"Cancelled\": '취소됨'}}\n";

static void every_key(void **state) {
  struct op_config config;
  struct op_error error;
  (void)state;
  assert_int_equal(load(whole, &config, &error), OP_OK);
  assert_string_equal(config.store, "/var/lib/outerpark");
  assert_int_equal(config.reservation_hold_ms, 15 * 60 * 1000);
  assert_string_equal(config.payment_provider, "http");
  assert_string_equal(config.payment_command[0], "/usr/lib/outerpark/provider");
  assert_string_equal(config.payment_command[1], "--sandbox");
  assert_null(config.payment_command[2]);
  assert_string_equal(config.payment_url, "https://pay.example/v1");
  assert_string_equal(config.payment_secret_file, "/etc/outerpark/pay.key");
  assert_int_equal(config.payment_timeout_ms, 3000);
  assert_int_equal(config.payment_max_attempts, 9);
  assert_string_equal(config.payment_when_open, "suspend");
  assert_int_equal(config.breaker.window, 21);
  assert_int_equal(config.breaker.minimum_calls, 6);
  assert_true(config.breaker.failure_rate == 50.5);
  assert_int_equal(config.breaker.slow_call_ms, 3000);
  assert_true(config.breaker.slow_rate == 81);
  assert_int_equal(config.breaker.open_ms, 31000);
  assert_int_equal(config.breaker.probes, 2);
  assert_int_equal(config.notify_max_attempts, 10);
  assert_string_equal(config.notify_channel, "stdout");
  assert_string_equal(config.notify_directory, "outbox2");
  assert_string_equal(config.notify_from, "tickets@example.org");
  assert_string_equal(config.notify_command[0], "/usr/local/bin/send");
  assert_string_equal(config.notify_command[1], "--fast");
  assert_null(config.notify_command[2]);
  assert_string_equal(config.notify_sendmail, "/usr/bin/msmtp");
  assert_int_equal(config.notify_timeout_ms, 5000);
  assert_string_equal(op_config_template(&config, "ko", "PaymentApproved")->subject, "결제");
  assert_string_equal(op_config_template(&config, "ko", "PaymentApproved")->text, "{customerName}님\n{seats}석");
  assert_null(op_config_template(&config, "en", "PaymentCancelled")->subject);
  assert_string_equal(op_config_template(&config, "en", "PaymentCancelled")->text, "Cancelled: {reason}");
  assert_null(op_config_template(&config, "en", "PaymentApproved")->text);
  assert_string_equal(op_config_template(&config, "en", "AssignmentFailed")->text, "None: {reason}");
  assert_string_equal(config.ticket_after_issue, "refuse");
  assert_string_equal(op_config_steps(&config)[0], "ticket");
  assert_string_equal(op_config_steps(&config)[1], "assignment");
  assert_int_equal(config.assign_zone_us, INT64_C(32400000000));
  assert_null(op_config_steps(&config)[2]);
  assert_string_equal(config.labels->language, "ko");
  assert_string_equal(config.labels->word, "Reserved");
  assert_string_equal(config.labels->text, "예약됨");
  assert_string_equal(config.labels->next->text, "취소됨");
  assert_null(config.labels->next->next);
  op_config_free(&config);
}

static void holds(void **state) {
  static const struct {
    const char *text;
    int64_t ms;
  } cases[] = {{"15m", 900000}, {"'2h'", 7200000}, {"250ms", 250}, {"off", 0}, {"\"off\"", 0}, {"0", 0}, {"0s", 0}};
  struct op_config config;
  struct op_error error;
  char text[64];
  (void)state;
  put(user_file, "reservation: {hold: 30m}\n");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    snprintf(text, sizeof text, "reservation: {hold: %s}\n", cases[i].text);
    assert_int_equal(load(text, &config, &error), OP_OK);
    assert_int_equal(config.reservation_hold_ms, cases[i].ms);
    op_config_free(&config);
  }
  assert_int_equal(load("", &config, &error), OP_OK);
  assert_int_equal(config.reservation_hold_ms, 1800000);
  op_config_free(&config);
  unlink(user_file);
}

static void later_layers_win_key_by_key(void **state) {
  struct op_config config;
  struct op_error error;
  (void)state;
  put(user_file, "store: /user\nnotify: {from: user@example.org}\nlabels: {ko: {Reserved: 가, Cancelled: 나}}\n");
  assert_int_equal(load("store: /named\nlabels: {ko: {Reserved: 다}}\n", &config, &error), OP_OK);
  assert_string_equal(config.store, "/named");
  assert_string_equal(config.notify_from, "user@example.org");
  assert_string_equal(config.labels->text, "다");
  assert_string_equal(config.labels->next->text, "나");
  op_config_free(&config);
  put(user_file, "payment: {command: [a, b, c]}\n");
  assert_int_equal(load("payment: {command: [d]}\n", &config, &error), OP_OK); /* a list wins as a whole */
  assert_string_equal(config.payment_command[0], "d");
  assert_null(config.payment_command[1]);
  op_config_free(&config);
  put(user_file, "stoer: x\n"); /* a mistake in the lower layer counts, too */
  assert_int_equal(load("", &config, &error), OP_CONFIG);
  assert_non_null(strstr(error.message, "outerpark.yaml:1:1: unknown key 'stoer', did you mean 'store'?"));
  op_config_free(&config);
  unlink(user_file);
}

/* The file with this text is refused, and the message begins with its name and goes on with `says`. */
static void is_mistake(const char *text, const char *says) {
  struct op_config config;
  struct op_error error;
  int code = load(text, &config, &error);
  if (code != OP_CONFIG || strncmp(error.message, named_file, strlen(named_file)) != 0 ||
      strstr(error.message, says) == NULL)
    fail_msg("%s: got %d \"%s\", wanted \"%s%s\"", text, code, error.message, named_file, says);
  assert_string_equal(error.code, "bad_config");
  assert_null(strchr(error.message, '\n'));
  op_config_free(&config);
}

static const struct {
  const char *text, *says;
} mistakes[] = {
    {"stoer: x\n", ":1:1: unknown key 'stoer', did you mean 'store'?"},
    {"payment:\n  providr: approve\n", ":2:3: unknown key 'providr' in payment, did you mean 'provider'?"},
    {"payment:\n  breaker:\n    zzzzzzzz: 1\n", ":3:5: unknown key 'zzzzzzzz' in payment.breaker"},
    {"breaker: {}\n", ":1:1: unknown key 'breaker'"},
    {"store: [a]\n", ":1:8: store: a string is wanted here, not a list"},
    {"store: 5\n", ":1:8: store: a string is wanted here, not '5'"},
    {"store: true\n", ":1:8: store: a string is wanted here, not 'true'"},
    {"store:\n", ": store: a string is wanted here, not nothing"},
    {"store: \"\"\n", ":1:8: store: the text is empty"},
    {"store: \"a\\0b\"\n", ":1:8: store: the text is empty or holds a NUL"},
    {"payment: approve\n", ":1:10: payment: a map of keys to values is wanted here, not 'approve'"},
    {"payment: [approve]\n", ":1:10: payment: a map of keys to values is wanted here, not a list"},
    {"- store\n", ":1:1: the configuration: a map"},
    {"payment: {max_attempts: many}\n", ":1:25: payment.max_attempts: a whole number is wanted here, not 'many'"},
    {"payment: {max_attempts: \"8\"}\n", ":1:25: payment.max_attempts: a whole number"},
    {"payment: {max_attempts: 1.5}\n", ":1:25: payment.max_attempts: a whole number"},
    {"payment: {max_attempts: 0}\n", ":1:25: payment.max_attempts: a number from 1 to"},
    {"payment: {max_attempts: 99999999999999999999}\n", ":1:25: payment.max_attempts: a number from 1 to"},
    {"payment: {timeout: 5}\n", ":1:20: payment.timeout: a duration such as"},
    {"payment: {timeout: [5s]}\n", ":1:20: payment.timeout: a duration such as"},
    {"payment: {breaker: {window: 1001}}\n", ":1:29: payment.breaker.window: a number from 1 to 1000"},
    {"payment: {breaker: {probes: 17}}\n", ":1:29: payment.breaker.probes: a number from 1 to 16"},
    {"payment: {breaker: {failure_rate: 101}}\n", ":1:35: payment.breaker.failure_rate: a number from 1 to 100"},
    {"payment: {when_open: wait}\n", ":1:22: payment.when_open: defer or suspend is wanted here, not 'wait'"},
    {"payment: {when_open: 'defer|suspend'}\n", ":1:22: payment.when_open: defer or suspend is wanted"},
    {"payment: {command: run}\n", ":1:20: payment.command: a list is wanted here, not 'run'"},
    {"payment: {command: [a, {b: c}]}\n", ":1:24: payment.command: a list of strings is wanted here, not a map"},
    {"payment: {command: []}\n", ":1:20: payment.command: the list is empty"},
    {"payment: {provider: cash}\n", ":1:21: payment.provider: approve, exec or http is wanted here, not 'cash'"},
    {"notify:\n  channel: mail\n", ":2:12: notify.channel: file, stdout, exec or sendmail is wanted here, not 'mail'"},
    {"reservation: {hold: soon}\n", ":1:21: reservation.hold: a duration such as 15m or 2h, or off, is wanted here"},
    {"reservation: {hold: 15}\n", ":1:21: reservation.hold: a duration such as"},
    {"reservation: {hold: -15m}\n", ":1:21: reservation.hold: a duration such as"},
    {"reservation: {hold: 99999999999999999999s}\n", ":1:21: reservation.hold: a duration such as"},
    {"reservation: {hold: [15m]}\n", ":1:21: reservation.hold: a duration such as"},
    {"reservation: {hold: \"off\\0\"}\n", ":1:21: reservation.hold: the text holds a NUL"},
    {"reservation: {offer: off}\n", ":1:22: reservation.offer: a duration such as 250ms"},
    {"assign: {zone: Asia/Seoul}\n",
     ":1:16: assign.zone: an offset from UTC such as +09:00 is wanted here, not 'Asia/Seoul'"},
    {"assign: {zone: 9}\n", ":1:16: assign.zone: an offset from UTC"},
    {"assign: {zone: +24:00}\n", ":1:16: assign.zone: an offset from UTC"},
    {"assign: {zone: [+09:00]}\n", ":1:16: assign.zone: an offset from UTC"},
    {"assign: {zone: }\n", ":1:16: assign.zone: an offset from UTC"},
    {"saga: {steps: [lunch]}\n", ":1:16: saga.steps: payment, ticket or assignment is wanted here"},
    {"saga: {steps: [payment, payment]}\n", ":1:25: saga.steps: 'payment' stands there twice"},
    {"saga:\n  steps:\n    - ticket\n    - payment\n    - ticket\n", ":5:7: saga.steps: 'ticket' stands there twice"},
    {"labels: {korean: {}}\n", ":1:10: labels: the code of a language such as ko or en is wanted here, not 'korean'"},
    {"labels: {KO: {}}\n", ":1:10: labels: the code of a language"},
    {"labels: {Reserved: 예약됨}\n", ":1:10: labels: the code of a language"},
    {"labels: {ko: {Reservd: a}}\n",
     ":1:15: labels: there is no status 'Reservd', did you mean 'Reserved'? (Placed, Completed, "},
    {"labels: {ko: {ReservationPlaced: a}}\n", ":1:15: labels: there is no status 'ReservationPlaced'"},
    {"labels: {ko: {예약: a}}\n", ":1:15: labels: a status such as Reserved or the code of an error such as"},
    {"labels: {ko: {not-enough: a}}\n", ":1:15: labels: a status such as Reserved or the code of an error such as"},
    {"labels: {ko: {'': a}}\n", ":1:15: labels: a status such as Reserved or the code of an error such as"},
    {"labels: {ko: 예}\n", ":1:14: labels: a map of words to labels"},
    {"labels: {ko: {Reserved: [a]}}\n", ":1:25: labels: a label is wanted here, not a list"},
    {"labels: {ko: {a: b, a: c}}\n", ":1:21: labels: 'a' stands there twice for 'ko'"},
    {"labels: {ko: {a: b}, ko: {c: d}}\n", ":1:22: labels: the language 'ko' stands there twice"},
    {"store: a\nstore: b\n", ":2:1: store stands there twice"},
    {"payment: {}\npayment: {}\n", ":2:1: payment stands there twice"},
    {"store: &a x\n", ":1:8: an anchor (&a)"},
    {"notify: {from: *a}\n", ":1:16: an alias (*a)"},
    {"store: !!str x\n", ":1:8: a tag"},
    {"? [a]\n: b\n", ":1:3: a key must be a word"},
    {"store: x\n---\nstore: y\n", ":2:1: a second document"},
    {"store: \"x\n", ":"},
    {"store: x\n  y: z\n", ":2:4: "},
    {"a: [\n", ":"},
    {"\tstore: x\n", ":1:1: "},
    {"# 한글\nstore: 한\xFF\n", ":2:9: invalid leading UTF-8 octet"},
    {"store: a\x01\n", ":1:9: control characters are not allowed"},
};

static void mistakes_are_told_with_their_place(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++)
    is_mistake(mistakes[i].text, mistakes[i].says);
}

/* What only a provider of payments wants. */
static void mistakes_about_providers(void **state) {
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"payment: {url: http://pay.example/v1}\n", ":1:16: payment.url: https is wanted here, or http to 127.0.0.1"},
      {"payment: {url: 5}\n", ":1:16: payment.url: a URL is wanted here, not '5'"},
      {"payment: {timeout: 0s}\n", ":1:20: payment.timeout: a duration from 1ms to 3600s is wanted here, not '0s'"},
      {"payment: {breaker: {open: 0s}}\n",
       ":1:27: payment.breaker.open: a duration from 1ms to 31536000s is wanted here"},
      {"payment: {breaker: {open: 366d}}\n", ":1:27: payment.breaker.open: a duration from 1ms to 31536000s"},
      {"payment: {breaker: {slow_call: 0s}}\n",
       ":1:32: payment.breaker.slow_call: a duration of at least 1ms is wanted here, not '0s'"},
      {"payment: {timeout: 2h}\n", ":1:20: payment.timeout: a duration from 1ms to 3600s is wanted here, not '2h'"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    is_mistake(cases[i].text, cases[i].says);
}

/* What only notices want. */
static void mistakes_about_notices(void **state) {
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"notify: {command: /usr/bin/send}\n", ":1:19: notify.command: a list is wanted here"},
      {"notify: {timeout: 0s}\n", ":1:19: notify.timeout: a duration from 1ms"},
      {"notify: {templates: {fr: {}}}\n", ":1:22: unknown key 'fr' in notify.templates"},
      {"notify: {templates: {ko: {PaymentAproved: {text: a}}}}\n",
       ":1:27: unknown key 'PaymentAproved' in notify.templates.ko, did you mean 'PaymentApproved'?"},
      {"notify: {templates: {ko: {ReservationPlaced: {text: a}}}}\n",
       ":1:27: unknown key 'ReservationPlaced' in notify.templates.ko"},
      {"notify: {templates: {ko: {PaymentApproved: {body: a}}}}\n",
       ":1:45: unknown key 'body' in notify.templates.ko.PaymentApproved"},
      {"notify: {templates: {ko: {PaymentApproved: a}}}\n",
       ":1:44: notify.templates.ko.PaymentApproved: a map of keys to values is wanted here"},
      {"notify:\n  templates:\n    en:\n      PaymentApproved:\n        text: \"{seat} seats\"\n",
       ":5:15: notify.templates.en.PaymentApproved.text: {seat} is no placeholder, did you mean {seats}?"},
      {"notify: {templates: {ko: {PaymentApproved: {subject: \"a\\nBcc: b\"}}}}\n",
       ":1:54: notify.templates.ko.PaymentApproved.subject: one line without control characters"},
      {"notify: {templates: {ko: {PaymentApproved: {subject: ''}}}}\n",
       ":1:54: notify.templates.ko.PaymentApproved.subject: the text is empty"},
      {"notify: {templates: {ko: {PaymentApproved: {text: 'a } b'}}}}\n",
       ":1:51: notify.templates.ko.PaymentApproved.text: a brace stands alone"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    is_mistake(cases[i].text, cases[i].says);
}

static void files_that_cannot_be_read(void **state) {
  struct op_config config;
  struct op_error error = {0};
  (void)state;
  unlink(named_file);
  assert_int_equal(op_config_load(&config, named_file, &error), OP_NOINPUT);
  op_config_free(&config);
  assert_int_equal(op_config_load(&config, directory, &error), OP_NOINPUT);
  op_config_free(&config);
  put(named_file, "store: x\n");
  if (geteuid() != 0) {
    chmod(named_file, 0);
    assert_int_equal(op_config_load(&config, named_file, &error), OP_NOPERM);
    op_config_free(&config);
    chmod(named_file, 0600);
  }
}

static void the_users_file_is_found_by_home(void **state) {
  struct op_config config;
  struct op_error error = {0};
  char path[96], dot[64];
  (void)state;
  unsetenv("XDG_CONFIG_HOME");
  setenv("HOME", directory, 1);
  snprintf(dot, sizeof dot, "%s/.config", directory);
  assert_int_equal(symlink(".", dot), 0);
  snprintf(path, sizeof path, "%s/outerpark/outerpark.yaml", dot);
  put(path, "store: /home-store\n");
  assert_int_equal(op_config_load(&config, NULL, &error), OP_OK);
  assert_string_equal(config.store, "/home-store");
  op_config_free(&config);
  unsetenv("HOME"); /* nobody's home: no error */
  assert_int_equal(op_config_load(&config, NULL, &error), OP_OK);
  assert_null(config.store);
  op_config_free(&config);
  unlink(dot);
  unlink(user_file);
  setenv("XDG_CONFIG_HOME", directory, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_without_a_file),
      cmocka_unit_test(what_says_nothing_is_fine),
      cmocka_unit_test(who_pays),
      cmocka_unit_test(every_key),
      cmocka_unit_test(holds),
      cmocka_unit_test(later_layers_win_key_by_key),
      cmocka_unit_test(mistakes_are_told_with_their_place),
      cmocka_unit_test(mistakes_about_providers),
      cmocka_unit_test(mistakes_about_notices),
      cmocka_unit_test(files_that_cannot_be_read),
      cmocka_unit_test(the_users_file_is_found_by_home),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
