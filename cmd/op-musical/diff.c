/* diff.c - see diff.h.
 *
 * Both musicals are spread out as fields, each a name and a JSON value; those whose values differ are told. A grade is
 * the two fields `grades.NAME.seats` and `grades.NAME.price`. */
#include "diff.h"

#include <inttypes.h>
#include <string.h>

enum { FIELDS = 9, ALL_FIELDS = FIELDS + 2 * OP_MAX_GRADES };

/* A field of a musical. */
struct field {
  char name[OP_MAX_GRADE + 16];
  bool is_text;
  const char *text; /* NULL or "": absent */
  int64_t number;   /* below 0: absent */
};

/* A musical as fields, grades last; they borrow its texts. */
static size_t spread(const struct op_musical *musical, struct field fields[ALL_FIELDS]) {
  const struct field all[FIELDS] = {
      {"name", true, musical->name, 0},
      {"seats", false, NULL, musical->id[0] ? musical->seats : -1},
      {"price", false, NULL, musical->id[0] ? musical->price : -1},
      {"currency", true, musical->currency, 0},
      {"venue", true, musical->venue, 0},
      {"startsAt", true, musical->starts_at, 0},
      {"salesOpen", true, musical->sales_open, 0},
      {"salesClose", true, musical->sales_close, 0},
      {"maxPerCustomer", false, NULL, musical->max_per_customer > 0 ? musical->max_per_customer : -1},
  };
  memcpy(fields, all, sizeof all);
  size_t count = FIELDS;
  for (size_t i = 0; i < musical->grades.count; i++) {
    const struct op_grade *grade = &musical->grades.items[i];
    struct field seats = {.number = grade->seats}, price = {.number = grade->price};
    snprintf(seats.name, sizeof seats.name, "grades.%s.seats", grade->name);
    snprintf(price.name, sizeof price.name, "grades.%s.price", grade->name);
    fields[count++] = seats;
    fields[count++] = price;
  }
  return count;
}

/* Is there something in it? */
static bool is_there(const struct field *field) {
  return field && (field->is_text ? field->text && field->text[0] : field->number >= 0);
}

/* Its value as JSON. */
static void add_value(struct op_text *text, const struct field *field) {
  char escaped[6 * OP_MAX_NAME + 1];
  if (!is_there(field)) {
    op_text_adds(text, "null");
  } else if (field->is_text) {
    evs_json_escape(field->text, strlen(field->text), escaped, sizeof escaped);
    op_text_addf(text, "\"%s\"", escaped);
  } else {
    op_text_addf(text, "%" PRId64, field->number);
  }
}

/* Its value for people. */
static void add_word(struct op_text *text, const struct field *field) {
  if (!is_there(field))
    op_text_adds(text, "none");
  else if (field->is_text)
    op_text_adds(text, field->text);
  else
    op_text_addf(text, "%" PRId64, field->number);
}

/* The field of this name, or NULL. */
static const struct field *find(const struct field *fields, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(fields[i].name, name) == 0)
      return &fields[i];
  return NULL;
}

/* Do they say the same? */
static bool same(const struct field *a, const struct field *b) {
  if (!is_there(a) || !is_there(b))
    return is_there(a) == is_there(b);
  return a->is_text ? strcmp(a->text, b->text) == 0 : a->number == b->number;
}

/* Tells one field that differs. */
static void add_change(struct op_text *text, bool json, const struct field *old, const struct field *new) {
  if (!json) {
    op_text_addf(text, "%s%s: ", text->len ? ", " : "", new ? new->name : old->name);
    if (is_there(old)) {
      add_word(text, old);
      op_text_adds(text, " \xE2\x86\x92 "); /* an arrow */
    }
    add_word(text, new);
    return;
  }
  op_text_addf(text, "%s{\"field\":\"%s\",\"old\":", text->len > 1 ? "," : "", new ? new->name : old->name);
  add_value(text, old);
  op_text_adds(text, ",\"new\":");
  add_value(text, new);
  op_text_adds(text, "}");
}

/* All fields of `after`, then those that only `before` has. */
static void diff(const struct op_musical *before, const struct op_musical *after, bool json, struct op_text *text) {
  struct field olds[ALL_FIELDS], news[ALL_FIELDS];
  size_t old_count = spread(before, olds), new_count = spread(after, news);
  for (size_t i = 0; i < new_count; i++) {
    const struct field *old = find(olds, old_count, news[i].name);
    if (!same(old, &news[i]))
      add_change(text, json, old, &news[i]);
  }
  for (size_t i = 0; i < old_count; i++)
    if (!find(news, new_count, olds[i].name))
      add_change(text, json, &olds[i], NULL);
}

/* For programs. */
void diff_json(const struct op_musical *before, const struct op_musical *after, struct op_text *text) {
  op_text_adds(text, "[");
  diff(before, after, true, text);
  op_text_adds(text, "]");
}

/* For people. */
void diff_line(const struct op_musical *before, const struct op_musical *after, struct op_text *text) {
  diff(before, after, false, text);
}
