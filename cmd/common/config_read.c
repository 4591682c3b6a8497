/* config_read.c - the content of one outerpark.yaml, read event by event against one table of every key.
 *
 * The table below is the whole configuration: a key that is not in it is a mistake, and is told with its line and
 * column. Anchors, aliases, tags, duplicate keys and further documents are refused: what stands in the file is what
 * counts. Raises 78 bad_config, with the figures file, line and column. */
#include "config_read.h"

#include "app.h"
#include "label.h"
#include "placeholder.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum type { SECTION, STRING, URL, TEMPLATE, TEMPLATE_LINE, DURATION, ZONE, WHOLE, NUMBER, STRINGS, LABELS };

struct key {
  const char *path;
  enum type type;
  size_t field;        /* offset in op_config, or NO_FIELD; of an int64_t for a DURATION (in ms), a ZONE (in us) and a
                          WHOLE, of a double for a NUMBER, of a char ** for STRINGS, else of a char * */
  const char *choices; /* the words that may stand here, with | between them; NULL: any */
  int64_t min, max;    /* WHOLE, NUMBER; DURATION in ms, max 0: no bound */
};

#define NO_FIELD ((size_t)-1)
#define FIELD(name) offsetof(struct op_config, name)
#define COUNT(path, field)                                                                                             \
  { path, WHOLE, field, NULL, 1, 1000000 }
#define RATE(path, field, max)                                                                                         \
  { path, NUMBER, field, NULL, 0, max }
#define GROUP(path)                                                                                                    \
  { path, SECTION, NO_FIELD, NULL, 0, 0 }
#define TEMPLATES(l, language, e, event)                                                                               \
  GROUP("notify.templates." language "." event), {"notify.templates." language "." event ".subject",                   \
                                                  TEMPLATE_LINE,                                                       \
                                                  FIELD(notify_templates[l][e].subject),                               \
                                                  NULL,                                                                \
                                                  0,                                                                   \
                                                  0},                                                                  \
      {"notify.templates." language "." event ".text", TEMPLATE, FIELD(notify_templates[l][e].text), NULL, 0, 0},

static const struct key keys[] = {
    {"store", STRING, FIELD(store), NULL, 0, 0},
    GROUP("reservation"),
    {"reservation.hold", DURATION, FIELD(reservation_hold_ms), "off|0", 0, 0},
    {"reservation.offer", DURATION, FIELD(reservation_offer_ms), NULL, 1000, INT64_C(31536000000)},
    GROUP("payment"),
    {"payment.provider", STRING, FIELD(payment_provider), "approve|exec|http", 0, 0},
    {"payment.command", STRINGS, FIELD(payment_command), NULL, 0, 0},
    {"payment.url", URL, FIELD(payment_url), NULL, 0, 0},
    {"payment.secret_file", STRING, FIELD(payment_secret_file), NULL, 0, 0},
    {"payment.timeout", DURATION, FIELD(payment_timeout_ms), NULL, 1, 3600000},
    COUNT("payment.max_attempts", FIELD(payment_max_attempts)),
    {"payment.when_open", STRING, FIELD(payment_when_open), "defer|suspend", 0, 0},
    GROUP("payment.breaker"),
    {"payment.breaker.window", WHOLE, FIELD(breaker.window), NULL, 1, OP_MAX_BREAKER_WINDOW},
    {"payment.breaker.minimum_calls", WHOLE, FIELD(breaker.minimum_calls), NULL, 1, OP_MAX_BREAKER_WINDOW},
    {"payment.breaker.failure_rate", NUMBER, FIELD(breaker.failure_rate), NULL, 1, 100},
    {"payment.breaker.slow_call", DURATION, FIELD(breaker.slow_call_ms), NULL, 1, 0},
    {"payment.breaker.slow_rate", NUMBER, FIELD(breaker.slow_rate), NULL, 1, 100},
    {"payment.breaker.open", DURATION, FIELD(breaker.open_ms), NULL, 1, OP_MAX_BREAKER_OPEN_MS},
    {"payment.breaker.probes", WHOLE, FIELD(breaker.probes), NULL, 1, OP_MAX_BREAKER_PROBES},
    GROUP("notify"),
    {"notify.channel", STRING, FIELD(notify_channel), "file|stdout|exec|sendmail", 0, 0},
    {"notify.directory", STRING, FIELD(notify_directory), NULL, 0, 0},
    {"notify.command", STRINGS, FIELD(notify_command), NULL, 0, 0},
    {"notify.sendmail", STRING, FIELD(notify_sendmail), NULL, 0, 0},
    {"notify.timeout", DURATION, FIELD(notify_timeout_ms), NULL, 1, 3600000},
    {"notify.from", STRING, FIELD(notify_from), NULL, 0, 0},
    COUNT("notify.max_attempts", FIELD(notify_max_attempts)),
    GROUP("notify.templates"),
    GROUP("notify.templates.ko"),
    GROUP("notify.templates.en"),
    OP_TEMPLATE_TABLE(TEMPLATES) /* each with its comma */
    GROUP("ticket"),
    {"ticket.after_issue", STRING, FIELD(ticket_after_issue), "void|refuse", 0, 0},
    GROUP("assign"),
    RATE("assign.radius_km", FIELD(assign_radius_km), 100000),
    {"assign.zone", ZONE, FIELD(assign_zone_us), NULL, 0, 0},
    GROUP("assign.weights"),
    RATE("assign.weights.distance", FIELD(assign_weight_distance), 1000000),
    RATE("assign.weights.load", FIELD(assign_weight_load), 1000000),
    GROUP("saga"),
    {"saga.steps", STRINGS, FIELD(saga_steps), "payment|ticket|assignment", 0, 0},
    {"labels", LABELS, NO_FIELD, NULL, 0, 0},
};
#define KEYS (sizeof keys / sizeof keys[0])

/* One file being read. */
struct loader {
  yaml_parser_t parser;
  yaml_event_t event; /* the current one */
  bool has_event;
  const char *file, *content;
  struct op_config *config;
  struct op_label *labels; /* of this file */
  bool seen[KEYS];
  struct op_error *error;
};

/* Raises 78 at a 0-based line and column. */
__attribute__((format(printf, 4, 5))) static int fail_at(struct loader *loader, size_t line, size_t column,
                                                         const char *format, ...) {
  char what[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  op_fail(loader->error, OP_CONFIG, "bad_config", "%s:%zu:%zu: %s", loader->file, line + 1, column + 1, what);
  op_error_text(loader->error, "file", loader->file);
  op_error_number(loader->error, "line", (int64_t)line + 1);
  op_error_number(loader->error, "column", (int64_t)column + 1);
  return OP_CONFIG;
}

/* Raises 78 at the current event. */
#define FAIL(loader, ...)                                                                                              \
  fail_at(loader, (loader)->event.start_mark.line, (loader)->event.start_mark.column, __VA_ARGS__)

/* Tells what libyaml found, and where. */
static int fail_yaml(struct loader *loader) {
  const yaml_parser_t *parser = &loader->parser;
  const char *problem = parser->problem != NULL ? parser->problem : "broken YAML";
  if (parser->error == YAML_MEMORY_ERROR)
    return op_fail(loader->error, OP_TEMPORARY, "out_of_memory", "out of memory");
  if (parser->error != YAML_READER_ERROR)
    return fail_at(loader, parser->problem_mark.line, parser->problem_mark.column, "%s", problem);
  size_t line = 0, column = 0; /* an error of the bytes themselves comes with an offset only */
  for (size_t i = 0; i < parser->problem_offset; i++) {
    bool continues = ((unsigned char)loader->content[i] & 0xC0u) == 0x80u;
    column = loader->content[i] == '\n' ? 0 : column + !continues;
    line += loader->content[i] == '\n';
  }
  return fail_at(loader, line, column, "%s", problem);
}

/* Goes to the next event; what no configuration needs is refused here. */
static int next_event(struct loader *loader) {
  if (loader->has_event)
    yaml_event_delete(&loader->event);
  loader->has_event = false;
  if (!yaml_parser_parse(&loader->parser, &loader->event))
    return fail_yaml(loader);
  loader->has_event = true;
  const yaml_char_t *anchor = NULL, *tag = NULL;
  switch (loader->event.type) {
  case YAML_ALIAS_EVENT:
    return FAIL(loader, "an alias (*%s): write the value out", loader->event.data.alias.anchor);
  case YAML_SCALAR_EVENT:
    anchor = loader->event.data.scalar.anchor;
    tag = loader->event.data.scalar.tag;
    break;
  case YAML_SEQUENCE_START_EVENT:
    anchor = loader->event.data.sequence_start.anchor;
    tag = loader->event.data.sequence_start.tag;
    break;
  case YAML_MAPPING_START_EVENT:
    anchor = loader->event.data.mapping_start.anchor;
    tag = loader->event.data.mapping_start.tag;
    break;
  default:
    break;
  }
  if (anchor != NULL)
    return FAIL(loader, "an anchor (&%s): write every value out", anchor);
  return tag != NULL ? FAIL(loader, "a tag (%s): tags are not understood here", tag) : OP_OK;
}

/* ---- scalars ----------------------------------------------------------------------------------- */

enum kind { KIND_NULL, KIND_BOOL, KIND_INT, KIND_FLOAT, KIND_STRING, KIND_LIST, KIND_MAP };

/* Is `word` one of the words in `list`, which has | between them? */
static bool word_in(const char *word, const char *list) {
  size_t len = strcspn(word, "|");
  const char *at = list;
  while (strncmp(at, word, len) != 0 || (at[len] != '|' && at[len] != '\0')) {
    at += strcspn(at, "|");
    if (*at == '\0')
      return false;
    at++;
  }
  return word[len] == '\0';
}

/* Writes a list of words for people: "a, b or c". */
static const char *spell(const char *list, char *buf, size_t size) {
  size_t used = 0;
  for (const char *at = list; *at != '\0' && used + 8 < size; at++) {
    const char *piece = *at != '|' ? "" : strchr(at + 1, '|') != NULL ? ", " : " or ";
    used += (size_t)(*piece != '\0' ? snprintf(buf + used, size - used, "%s", piece)
                                    : snprintf(buf + used, size - used, "%c", *at));
  }
  return buf;
}

/* The text of the current scalar. */
static const char *scalar(const struct loader *loader) { return (const char *)loader->event.data.scalar.value; }

/* What the current event is, plain scalars as in YAML's core schema. */
static enum kind kind_of(const struct loader *loader) {
  if (loader->event.type != YAML_SCALAR_EVENT)
    return loader->event.type == YAML_SEQUENCE_START_EVENT ? KIND_LIST : KIND_MAP;
  const char *text = scalar(loader);
  if (loader->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
    return KIND_STRING;
  if (text[0] == '\0' || word_in(text, "~|null|Null|NULL"))
    return KIND_NULL;
  if (word_in(text, "true|True|TRUE|false|False|FALSE"))
    return KIND_BOOL;
  const char *digits = text + (*text == '-' || *text == '+');
  if (*digits != '\0' && strspn(digits, "0123456789") == strlen(digits))
    return KIND_INT;
  if (strspn(digits, "0123456789.") == 0 || strspn(digits, "0123456789.eE+-") != strlen(digits))
    return KIND_STRING;
  char *end = NULL;
  strtod(text, &end);
  return *end == '\0' ? KIND_FLOAT : KIND_STRING;
}

/* Raises 78: something else stands where `wanted` should. */
static int fail_type(struct loader *loader, const char *path, const char *wanted) {
  switch (kind_of(loader)) {
  case KIND_LIST:
    return FAIL(loader, "%s: %s is wanted here, not a list", path, wanted);
  case KIND_MAP:
    return FAIL(loader, "%s: %s is wanted here, not a map", path, wanted);
  case KIND_NULL:
    return FAIL(loader, "%s: %s is wanted here, not nothing", path, wanted);
  default:
    return FAIL(loader, "%s: %s is wanted here, not '%s'", path, wanted, scalar(loader));
  }
}

/* Checks that the current event is a string, and one of the words that may stand here. */
static int check_string(struct loader *loader, const struct key *key, const char *wanted) {
  char words[128];
  if (kind_of(loader) != KIND_STRING)
    return fail_type(loader, key->path, wanted);
  const char *text = scalar(loader);
  if (text[0] == '\0' || strlen(text) != loader->event.data.scalar.length)
    return FAIL(loader, "%s: the text is empty or holds a NUL", key->path);
  if (key->choices != NULL && !word_in(text, key->choices))
    return FAIL(loader, "%s: %s is wanted here, not '%s'", key->path, spell(key->choices, words, sizeof words), text);
  return OP_OK;
}

/* Reads a duration; the words that may stand there instead mean 0. */
static int read_duration(struct loader *loader, const struct key *key) {
  const char *wanted =
      key->choices != NULL ? "a duration such as 15m or 2h, or off," : "a duration such as 250ms, 15m or 2h";
  int64_t ms = 0;
  if (loader->event.type != YAML_SCALAR_EVENT)
    return fail_type(loader, key->path, wanted);
  if (strlen(scalar(loader)) != loader->event.data.scalar.length)
    return FAIL(loader, "%s: the text holds a NUL", key->path);
  bool is_word = key->choices != NULL && word_in(scalar(loader), key->choices);
  if (!is_word && !op_duration_parse(scalar(loader), &ms))
    return fail_type(loader, key->path, wanted);
  if (ms < key->min && key->max == 0)
    return FAIL(loader, "%s: a duration of at least %lldms is wanted here, not '%s'", key->path, (long long)key->min,
                scalar(loader));
  if (ms < key->min || (key->max > 0 && ms > key->max))
    return FAIL(loader, "%s: a duration from %lldms to %llds is wanted here, not '%s'", key->path, (long long)key->min,
                (long long)key->max / 1000, scalar(loader));
  if (key->field != NO_FIELD)
    memcpy((char *)loader->config + key->field, &ms, sizeof ms);
  return OP_OK;
}

/* Reads an offset from UTC. */
static int read_zone(struct loader *loader, const struct key *key) {
  int64_t offset_us = 0;
  if (loader->event.type != YAML_SCALAR_EVENT || strlen(scalar(loader)) != loader->event.data.scalar.length ||
      !op_zone_parse(scalar(loader), &offset_us))
    return fail_type(loader, key->path, "an offset from UTC such as +09:00");
  memcpy((char *)loader->config + key->field, &offset_us, sizeof offset_us);
  return OP_OK;
}

/* Reads a number within its bounds. */
static int read_number(struct loader *loader, const struct key *key) {
  enum kind kind = kind_of(loader);
  if (kind != KIND_INT && (kind != KIND_FLOAT || key->type == WHOLE))
    return fail_type(loader, key->path, key->type == WHOLE ? "a whole number" : "a number");
  double number = strtod(scalar(loader), NULL);
  if (!(number >= (double)key->min && number <= (double)key->max))
    return FAIL(loader, "%s: a number from %lld to %lld is wanted here, not '%s'", key->path, (long long)key->min,
                (long long)key->max, scalar(loader));
  int64_t whole = (int64_t)number;
  if (key->field != NO_FIELD)
    memcpy((char *)loader->config + key->field, key->type == WHOLE ? (void *)&whole : (void *)&number, sizeof whole);
  return OP_OK;
}

/* Replaces a text; false where memory is gone. */
bool op_config_set(char **text, const char *value) {
  char *copy = strdup(value);
  if (copy == NULL)
    return false;
  free(*text);
  *text = copy;
  return true;
}

/* What is wrong with a text beyond its being one, or NULL; written into buf where it is not always the same. */
static const char *wrong(const struct key *key, const char *text, char *buf, size_t size) {
  switch (key->type) {
  case URL:
    return op_url_wrong(text);
  case TEMPLATE:
  case TEMPLATE_LINE:
    return op_template_wrong(text, key->type == TEMPLATE_LINE, buf, size);
  default:
    return NULL;
  }
}

/* Reads a text; of a URL, one that may be called; of a template, one that can be filled in. */
static int read_string(struct loader *loader, const struct key *key) {
  char buf[256];
  int code = check_string(loader, key, key->type == URL ? "a URL" : "a string");
  const char *what = code == OP_OK ? wrong(key, scalar(loader), buf, sizeof buf) : NULL;
  if (what != NULL)
    return key->type == URL ? FAIL(loader, "%s: %s, not '%s'", key->path, what, scalar(loader))
                            : FAIL(loader, "%s: %s", key->path, what);
  if (code == OP_OK && key->field != NO_FIELD &&
      !op_config_set((char **)(void *)((char *)loader->config + key->field), scalar(loader)))
    return op_fail(loader->error, OP_TEMPORARY, "out_of_memory", "out of memory");
  return code;
}

/* ---- lists and maps ---------------------------------------------------------------------------- */

/* Frees a list of texts. */
void op_config_list_free(char **list) {
  for (char **text = list; text != NULL && *text != NULL; text++)
    free(*text);
  free(list);
}

/* Adds a copy of `value` to a list of `count` texts; false where memory is gone. */
static bool list_add(char ***list, size_t count, const char *value) {
  char **grown = realloc(*list, (count + 2) * sizeof *grown);
  if (grown == NULL)
    return false;
  *list = grown;
  grown[count] = strdup(value);
  grown[count + 1] = NULL;
  return grown[count] != NULL;
}

/* Does a list of `count` texts hold this one? */
static bool list_has(char *const *list, size_t count, const char *value) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(list[i], value) == 0)
      return true;
  return false;
}

/* Reads a list of strings, from its start to its end; where they are some of a few words, each once. */
static int read_list(struct loader *loader, const struct key *key) {
  if (loader->event.type != YAML_SEQUENCE_START_EVENT)
    return fail_type(loader, key->path, "a list");
  yaml_mark_t start = loader->event.start_mark;
  char **list = NULL;
  size_t count = 0;
  int code = next_event(loader);
  while (code == OP_OK && loader->event.type != YAML_SEQUENCE_END_EVENT) {
    code = check_string(loader, key, "a list of strings");
    if (code == OP_OK && key->choices != NULL && list_has(list, count, scalar(loader)))
      code = FAIL(loader, "%s: '%s' stands there twice", key->path, scalar(loader));
    if (code == OP_OK && !list_add(&list, count++, scalar(loader)))
      code = op_fail(loader->error, OP_TEMPORARY, "out_of_memory", "out of memory");
    if (code == OP_OK)
      code = next_event(loader);
  }
  if (code == OP_OK && count == 0)
    code = fail_at(loader, start.line, start.column, "%s: the list is empty", key->path);
  if (code == OP_OK && key->field != NO_FIELD) {
    char ***field = (char ***)(void *)((char *)loader->config + key->field);
    char **old = *field;
    *field = list;
    list = old;
  }
  op_config_list_free(list);
  return code;
}

/* Checks that the current event is a key; *ret_name is a copy. */
static int take_key(struct loader *loader, char **ret_name) {
  if (loader->event.type != YAML_SCALAR_EVENT || strlen(scalar(loader)) != loader->event.data.scalar.length)
    return FAIL(loader, "a key must be a word");
  free(*ret_name);
  *ret_name = strdup(scalar(loader));
  return *ret_name != NULL ? OP_OK : op_fail(loader->error, OP_TEMPORARY, "out_of_memory", "out of memory");
}

/* Reads the words of one language, from the start of their map to its end. */
static int read_language(struct loader *loader, const char *language) {
  static const struct key label_key = {"labels", STRING, NO_FIELD, NULL, 0, 0};
  char *word = NULL, wrong_word[640];
  int code = loader->event.type == YAML_MAPPING_START_EVENT ? next_event(loader)
                                                            : fail_type(loader, "labels", "a map of words to labels");
  while (code == OP_OK && loader->event.type != YAML_MAPPING_END_EVENT) {
    code = take_key(loader, &word);
    const char *what = code == OP_OK ? op_label_word_wrong(word, wrong_word, sizeof wrong_word) : NULL;
    if (what != NULL)
      code = FAIL(loader, "labels: %s", what);
    if (code == OP_OK && op_label_find(loader->labels, language, word) != NULL)
      code = FAIL(loader, "labels: '%s' stands there twice for '%s'", word, language);
    if (code == OP_OK)
      code = next_event(loader);
    if (code == OP_OK)
      code = check_string(loader, &label_key, "a label");
    if (code == OP_OK && !op_label_set(&loader->labels, language, word, scalar(loader)))
      code = op_fail(loader->error, OP_TEMPORARY, "out_of_memory", "out of memory");
    if (code == OP_OK)
      code = next_event(loader);
  }
  free(word);
  return code;
}

/* Reads the labels, from the start of their map to its end. */
static int read_labels(struct loader *loader) {
  if (kind_of(loader) == KIND_NULL)
    return OP_OK;
  char *language = NULL;
  int code = loader->event.type == YAML_MAPPING_START_EVENT ? next_event(loader)
                                                            : fail_type(loader, "labels", "a map of languages");
  while (code == OP_OK && loader->event.type != YAML_MAPPING_END_EVENT) {
    code = take_key(loader, &language);
    if (code == OP_OK && !op_label_is_language(language))
      code = FAIL(loader, "labels: the code of a language such as ko or en is wanted here, not '%s'", language);
    if (code == OP_OK && op_label_find(loader->labels, language, NULL) != NULL)
      code = FAIL(loader, "labels: the language '%s' stands there twice", language);
    if (code == OP_OK)
      code = next_event(loader);
    if (code == OP_OK)
      code = read_language(loader, language);
    if (code == OP_OK)
      code = next_event(loader);
  }
  free(language);
  return code;
}

/* The part of a key's path behind its section "a.b", or NULL where it stands elsewhere or deeper. */
static const char *name_in(const struct key *key, const char *section) {
  size_t len = strlen(section);
  if (len > 0 && (strncmp(key->path, section, len) != 0 || key->path[len] != '.'))
    return NULL;
  const char *name = key->path + len + (len > 0);
  return strchr(name, '.') == NULL ? name : NULL;
}

/* Finds the key that the current event names inside of a section. */
static int find_key(struct loader *loader, const char *section, const struct key **ret_key) {
  if (loader->event.type != YAML_SCALAR_EVENT)
    return FAIL(loader, "a key must be a word");
  struct op_suggestion suggestion = {.word = scalar(loader)};
  for (size_t i = 0; i < KEYS; i++) {
    const char *name = name_in(&keys[i], section);
    if (name == NULL)
      continue;
    op_suggest(&suggestion, name);
    if (strcmp(name, scalar(loader)) != 0)
      continue;
    if (loader->seen[i])
      return FAIL(loader, "%s stands there twice", keys[i].path);
    loader->seen[i] = true;
    *ret_key = &keys[i];
    return OP_OK;
  }
  return FAIL(loader, "unknown key '%s'%s%s%s%s%s", scalar(loader), section[0] != '\0' ? " in " : "", section,
              suggestion.best != NULL ? ", did you mean '" : "", suggestion.best != NULL ? suggestion.best : "",
              suggestion.best != NULL ? "'?" : "");
}

static int read_section(struct loader *loader, const char *section);

/* Reads the value of a key. */
static int read_value(struct loader *loader, const struct key *key) {
  switch (key->type) {
  case SECTION:
    return read_section(loader, key->path);
  case STRING:
  case URL:
  case TEMPLATE:
  case TEMPLATE_LINE:
    return read_string(loader, key);
  case DURATION:
    return read_duration(loader, key);
  case ZONE:
    return read_zone(loader, key);
  case WHOLE:
  case NUMBER:
    return read_number(loader, key);
  case STRINGS:
    return read_list(loader, key);
  case LABELS:
    return read_labels(loader);
  }
  return OP_OK;
}

/* Reads a section, from the start of its map to its end. The table bounds how deep this goes. */
// NOLINTNEXTLINE(misc-no-recursion)
static int read_section(struct loader *loader, const char *section) {
  if (kind_of(loader) == KIND_NULL) /* every key of it commented out */
    return OP_OK;
  if (loader->event.type != YAML_MAPPING_START_EVENT)
    return fail_type(loader, section[0] != '\0' ? section : "the configuration", "a map of keys to values");
  int code = next_event(loader);
  while (code == OP_OK && loader->event.type != YAML_MAPPING_END_EVENT) {
    const struct key *key = NULL;
    code = find_key(loader, section, &key);
    if (code == OP_OK)
      code = next_event(loader);
    if (code == OP_OK && key != NULL)
      code = read_value(loader, key);
    if (code == OP_OK)
      code = next_event(loader);
  }
  return code;
}

/* Reads the stream: no document, or one. */
static int read_stream(struct loader *loader) {
  int code = next_event(loader); /* the start of the stream */
  if (code == OP_OK)
    code = next_event(loader);
  if (code != OP_OK || loader->event.type == YAML_STREAM_END_EVENT)
    return code;
  code = next_event(loader); /* past the start of the document */
  if (code == OP_OK)
    code = read_section(loader, "");
  if (code == OP_OK)
    code = next_event(loader); /* the end of the document */
  if (code == OP_OK)
    code = next_event(loader);
  if (code == OP_OK && loader->event.type != YAML_STREAM_END_EVENT)
    return FAIL(loader, "a second document: a configuration is one document");
  return code;
}

/* ---- the whole ---------------------------------------------------------------------------------- */

/* Lays the content of one file over the configuration. */
int op_config_read(struct op_config *config, const char *file, const char *content, size_t len,
                   struct op_error *error) {
  struct loader loader = {.file = file, .content = content, .config = config, .error = error};
  if (!yaml_parser_initialize(&loader.parser))
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  yaml_parser_set_input_string(&loader.parser, (const unsigned char *)content, len);
  int code = read_stream(&loader);
  for (const struct op_label *label = loader.labels; code == OP_OK && label != NULL; label = label->next)
    if (!op_label_set(&config->labels, label->language, label->word, label->text))
      code = op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  if (loader.has_event)
    yaml_event_delete(&loader.event);
  yaml_parser_delete(&loader.parser);
  op_labels_free(loader.labels);
  return code;
}
