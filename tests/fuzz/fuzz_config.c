/* fuzz_config.c - the configuration: op_config_read() of arbitrary bytes.
 *
 * A mistake is 78, in one clean line that begins with its place, and the place lies in the file. What is accepted holds
 * only values that may stand there, and reading it again over itself changes nothing. */
#include "fuzz.h"

#include "app.h"
#include "config_read.h"

#include <stdio.h>
#include <string.h>

#define NAME "outerpark.yaml"

/* Is it not given, or one of two words? */
static bool is_word(const char *text, const char *one, const char *other) {
  return !text || strcmp(text, one) == 0 || strcmp(text, other) == 0;
}

static bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

/* Are the labels the same, in the same order? */
static bool same_labels(const struct op_label *a, const struct op_label *b) {
  for (; a && b; a = a->next, b = b->next)
    if (strcmp(a->language, b->language) != 0 || strcmp(a->word, b->word) != 0 || strcmp(a->text, b->text) != 0)
      return false;
  return a == b;
}

/* What holds of a configuration that was accepted. */
static void check_accepted(const struct op_config *config) {
  FUZZ_CHECK(config->reservation_hold_ms >= 0);
  FUZZ_CHECK(is_word(config->payment_provider, "approve", "exec") || strcmp(config->payment_provider, "http") == 0);
  FUZZ_CHECK(config->payment_url == NULL || op_url_wrong(config->payment_url) == NULL);
  FUZZ_CHECK(config->payment_command == NULL || config->payment_command[0] != NULL);
  FUZZ_CHECK(config->payment_timeout_ms >= 0 && config->payment_timeout_ms <= 3600000);
  FUZZ_CHECK(is_word(config->notify_channel, "file", "stdout"));
  FUZZ_CHECK(!config->store || config->store[0]);
  FUZZ_CHECK(!config->notify_directory || config->notify_directory[0]);
  for (const struct op_label *label = config->labels; label; label = label->next) {
    FUZZ_CHECK(label->text[0]);
    for (const struct op_label *other = label->next; other; other = other->next)
      FUZZ_CHECK(strcmp(label->language, other->language) != 0 || strcmp(label->word, other->word) != 0);
  }
}

/* What holds of a mistake. */
static void check_mistake(const struct op_error *error, size_t size) {
  char place[96];
  FUZZ_CHECK(error->exit_code == OP_CONFIG && strcmp(error->code, "bad_config") == 0);
  FUZZ_CHECK(fuzz_is_clean_line(error->message));
  FUZZ_CHECK(error->figure_count == 3 && strcmp(error->figures[0].text, NAME) == 0);
  int64_t line = error->figures[1].number, column = error->figures[2].number;
  FUZZ_CHECK(line >= 1 && line <= (int64_t)size + 1 && column >= 1 && column <= (int64_t)size + 1);
  snprintf(place, sizeof place, NAME ":%lld:%lld: ", (long long)line, (long long)column);
  FUZZ_CHECK(strncmp(error->message, place, strlen(place)) == 0 && error->message[strlen(place)]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct op_config config = {0}, again = {0};
  struct op_error error = {0};
  int code = op_config_read(&config, NAME, (const char *)data, size, &error);
  FUZZ_CHECK(code == error.exit_code);
  if (code == OP_OK) {
    check_accepted(&config);
    for (int i = 0; i < 2; i++)
      FUZZ_CHECK(op_config_read(&again, NAME, (const char *)data, size, &error) == OP_OK);
    FUZZ_CHECK(same_text(again.store, config.store) && same_text(again.notify_from, config.notify_from));
    FUZZ_CHECK(same_text(again.notify_directory, config.notify_directory));
    FUZZ_CHECK(again.reservation_hold_ms == config.reservation_hold_ms && same_labels(again.labels, config.labels));
  } else {
    check_mistake(&error, size);
  }
  op_config_free(&config);
  op_config_free(&again);
  return 0;
}
