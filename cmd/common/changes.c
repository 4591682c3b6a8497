/* changes.c - see changes.h.
 *
 * A field that is absent is null in JSON. For people a field that was not there before has only its new value, and one
 * that is gone is `none`. */
#include "changes.h"

#include "domain.h"

#include <inttypes.h>
#include <string.h>

/* A text. */
struct op_value op_value_text(const char *name, const char *text) {
  struct op_value value = {.is_text = true, .text = text};
  snprintf(value.name, sizeof value.name, "%s", name);
  return value;
}

/* A number. */
struct op_value op_value_number(const char *name, int64_t number) {
  struct op_value value = {0};
  snprintf(value.name, sizeof value.name, "%s", name);
  if (number >= 0)
    snprintf(value.number, sizeof value.number, "%" PRId64, number);
  return value;
}

/* What is in it; "" where there is nothing. */
static const char *content(const struct op_value *value) {
  if (!value)
    return "";
  return value->is_text ? value->text ? value->text : "" : value->number;
}

/* Its value as JSON. */
static void add_json(struct op_text *text, const struct op_value *value) {
  const char *what = content(value);
  if (!what[0]) {
    op_text_adds(text, "null");
  } else if (value->is_text) {
    char escaped[6 * OP_MAX_NAME + 1];
    evs_json_escape(what, strlen(what), escaped, sizeof escaped);
    op_text_addf(text, "\"%s\"", escaped);
  } else {
    op_text_adds(text, what);
  }
}

/* The value of this name, or NULL. */
static const struct op_value *find(const struct op_value *values, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(values[i].name, name) == 0)
      return &values[i];
  return NULL;
}

/* Tells one field, where it differs. */
static void add_change(struct op_text *text, bool json, const char *name, const struct op_value *old,
                       const struct op_value *new) {
  const char *was = content(old), *is = content(new);
  if (strcmp(was, is) == 0)
    return;
  if (json) {
    op_text_addf(text, "%s{\"field\":\"%s\",\"old\":", text->len > 1 ? "," : "", name);
    add_json(text, old);
    op_text_adds(text, ",\"new\":");
    add_json(text, new);
    op_text_adds(text, "}");
    return;
  }
  op_text_addf(text, "%s%s: ", text->len ? ", " : "", name);
  op_text_adds(text, was);
  op_text_adds(text, was[0] ? " \xE2\x86\x92 " : ""); /* an arrow */
  op_text_adds(text, is[0] ? is : "none");
}

/* Does any differ? */
bool op_values_differ(const struct op_value *olds, size_t old_count, const struct op_value *news, size_t new_count) {
  for (size_t i = 0; i < new_count; i++)
    if (strcmp(content(find(olds, old_count, news[i].name)), content(&news[i])) != 0)
      return true;
  for (size_t i = 0; i < old_count; i++)
    if (content(&olds[i])[0] && !find(news, new_count, olds[i].name))
      return true;
  return false;
}

/* Compares them all. */
void op_cell_changes(struct op_output *output, const struct op_value *olds, size_t old_count,
                     const struct op_value *news, size_t new_count) {
  struct op_text text = {0};
  bool json = op_output_format(output) != OP_TABLE;
  op_text_adds(&text, json ? "[" : "");
  for (size_t i = 0; i < new_count; i++)
    add_change(&text, json, news[i].name, find(olds, old_count, news[i].name), &news[i]);
  for (size_t i = 0; i < old_count; i++)
    if (!find(news, new_count, olds[i].name))
      add_change(&text, json, olds[i].name, &olds[i], NULL);
  op_text_adds(&text, json ? "]" : "");
  op_cell_json(output, text.ptr ? text.ptr : "");
  op_text_free(&text);
}
