/* config.c - the files of the configuration, laid over one another.
 *
 * The defaults, then the system's file, then the user's, then the one that was named: the later one wins key by key.
 * The first two may be missing; the named one may not. What stands in a file is config_read.c's business. Raises 66
 * no_config (a named file that is not there), 74 and 77 (it cannot be read), 78 bad_config. */
#include "config_read.h"
#include "label.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_FILE "/etc/outerpark/outerpark.yaml"
#define MAX_FILE_BYTES (1u << 20)

/* Tells why a file cannot be read. */
static int fail_file(const char *file, int error_number, struct op_error *error) {
  int exit_code = error_number == ENOENT || error_number == ENOTDIR || error_number == EISDIR ? OP_NOINPUT
                  : error_number == EACCES || error_number == EPERM                           ? OP_NOPERM
                                                                                              : OP_IO;
  const char *word = exit_code == OP_NOINPUT ? "no_config" : exit_code == OP_NOPERM ? "no_permission" : "io_error";
  return op_fail(error, exit_code, word, "configuration %s: %s", file, strerror(error_number));
}

/* Loads one file; where it may be missing, a missing one is no error. */
static int load_file(struct op_config *config, const char *file, bool may_be_missing, struct op_error *error) {
  int code = OP_OK;
  char *content = NULL;
  size_t len = 0;
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return may_be_missing && (errno == ENOENT || errno == ENOTDIR) ? OP_OK : fail_file(file, errno, error);
  content = malloc(MAX_FILE_BYTES + 1);
  if (content == NULL) {
    code = op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
    goto out;
  }
  while (len <= MAX_FILE_BYTES) {
    ssize_t got = read(fd, content + len, MAX_FILE_BYTES + 1 - len);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      code = fail_file(file, errno, error);
      goto out;
    }
    if (got == 0)
      break;
    len += (size_t)got;
  }
  code = len > MAX_FILE_BYTES
             ? op_fail(error, OP_CONFIG, "bad_config", "%s:1:1: the file is larger than %u bytes", file, MAX_FILE_BYTES)
             : op_config_read(config, file, content, len, error);
out:
  free(content);
  close(fd);
  return code;
}

/* The path of the user's own file; the caller frees it. NULL where nothing says where it is. */
static char *user_file(void) {
  const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
  char *path = NULL;
  int length = -1;
  if (base != NULL && base[0] != '\0')
    length = asprintf(&path, "%s/outerpark/outerpark.yaml", base);
  else if (home != NULL && home[0] != '\0')
    length = asprintf(&path, "%s/.config/outerpark/outerpark.yaml", home);
  return length < 0 ? NULL : path;
}

/* Loads the layers over the defaults. */
int op_config_load(struct op_config *config, const char *explicit_file, struct op_error *error) {
  char *own = user_file();
  int code = OP_OK;
  *config = (struct op_config){.reservation_offer_ms = 600000,
                               .payment_timeout_ms = 2000,
                               .payment_max_attempts = 8,
                               .notify_timeout_ms = 30000,
                               .notify_max_attempts = 8,
                               .assign_radius_km = 100,
                               .assign_weight_distance = 1,
                               .assign_weight_load = 0.2,
                               .breaker = {.window = 20,
                                           .minimum_calls = 5,
                                           .failure_rate = 50,
                                           .slow_call_ms = 2000,
                                           .slow_rate = 80,
                                           .open_ms = 30000,
                                           .probes = 1}};
  if (!op_config_set(&config->payment_provider, "approve") || !op_config_set(&config->payment_when_open, "defer") ||
      !op_config_set(&config->notify_channel, "file") || !op_config_set(&config->notify_directory, "outbox") ||
      !op_config_set(&config->notify_sendmail, "/usr/sbin/sendmail") ||
      !op_config_set(&config->notify_from, "outerpark@localhost") ||
      !op_config_set(&config->ticket_after_issue, "void"))
    code = op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  if (code == OP_OK)
    code = load_file(config, SYSTEM_FILE, true, error);
  if (code == OP_OK && own != NULL)
    code = load_file(config, own, true, error);
  if (code == OP_OK && explicit_file != NULL)
    code = load_file(config, explicit_file, false, error);
  free(own);
  return code;
}

/* Frees what was loaded, also after a failure; zeros are legal. */
void op_config_free(struct op_config *config) {
  free(config->store);
  free(config->payment_provider);
  free(config->payment_when_open);
  op_config_list_free(config->payment_command);
  free(config->payment_url);
  free(config->payment_secret_file);
  free(config->notify_channel);
  free(config->notify_directory);
  op_config_list_free(config->notify_command);
  free(config->notify_sendmail);
  free(config->notify_from);
  free(config->ticket_after_issue);
  for (size_t i = 0; i < OP_TEMPLATE_LANGUAGES; i++)
    for (size_t j = 0; j < OP_TEMPLATE_EVENTS; j++) {
      free(config->notify_templates[i][j].subject);
      free(config->notify_templates[i][j].text);
    }
  op_config_list_free(config->saga_steps);
  op_labels_free(config->labels);
  *config = (struct op_config){0};
}

/* The texts for an event in a language. */
const struct op_template *op_config_template(const struct op_config *config, const char *language, const char *event) {
#define ROW(l, language, e, event) {language, event, l, e},
  static const struct {
    const char *language, *event;
    size_t l, e;
  } rows[] = {OP_TEMPLATE_TABLE(ROW)};
#undef ROW
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (strcmp(rows[i].language, language) == 0 && strcmp(rows[i].event, event) == 0)
      return &config->notify_templates[rows[i].l][rows[i].e];
  return NULL;
}

/* The steps that make a reservation complete. */
const char *const *op_config_steps(const struct op_config *config) {
  static const char *const by_default[] = {"payment", NULL};
  return config->saga_steps != NULL ? (const char *const *)config->saga_steps : by_default;
}

/* Is a payment one of them? */
bool op_config_pays(const struct op_config *config) {
  for (const char *const *step = op_config_steps(config); *step != NULL; step++)
    if (strcmp(*step, "payment") == 0 || strcmp(*step, "ticket") == 0)
      return true;
  return false;
}
