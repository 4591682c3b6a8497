/* fuzz_musical_catalogue.c - a catalogue of musicals: catalogue_load() of a file of arbitrary bytes.
 *
 * A mistake is 65, in one clean line that begins with its place; what is nested too deep is refused as that. What is
 * accepted are musicals that pass the checks of a registration, no two with one id; and the same musicals written in
 * another way (every character as an escape, every performance as a musical) are read as the same. */
#include "fuzz.h"
#include "mistake.h"

#include "cmd/op-musical/catalogue.h"
#include "cmd/op-musical/registration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A text as a YAML string of escapes alone. */
static void add_text(struct op_text *yaml, const char *name, const char *text) {
  op_text_addf(yaml, "%s: \"", name);
  size_t len = strlen(text);
  for (size_t at = 0; at < len;) {
    uint32_t point = 0;
    size_t step = op_utf8_decode(text + at, len - at, &point);
    FUZZ_CHECK(step > 0);
    op_text_addf(yaml, "\\U%08" PRIX32, point);
    at += step;
  }
  op_text_adds(yaml, "\", ");
}

/* The grades of a musical. */
static void write_grades(const struct op_grades *grades, struct op_text *yaml) {
  op_text_adds(yaml, "grades: [");
  for (size_t i = 0; i < grades->count; i++) {
    op_text_adds(yaml, "{");
    add_text(yaml, "grade", grades->items[i].name);
    op_text_addf(yaml, "seats: %" PRId64 ", price: %" PRId64 "}, ", grades->items[i].seats, grades->items[i].price);
  }
  op_text_adds(yaml, "]");
}

/* The catalogue anew. */
static void write_again(const struct catalogue *catalogue, struct op_text *yaml) {
  op_text_adds(yaml, "[");
  for (size_t i = 0; i < catalogue->count; i++) {
    const struct registration *item = &catalogue->items[i];
    op_text_adds(yaml, "{");
    add_text(yaml, "musicalId", item->id);
    add_text(yaml, "name", item->name);
    add_text(yaml, "currency", item->currency);
    add_text(yaml, "venue", item->venue);
    if (item->starts_at[0])
      add_text(yaml, "startsAt", item->starts_at);
    if (item->sales_open[0])
      add_text(yaml, "salesOpen", item->sales_open);
    if (item->sales_close[0])
      add_text(yaml, "salesClose", item->sales_close);
    if (item->price >= 0)
      op_text_addf(yaml, "price: %" PRId64 ", ", item->price);
    if (item->max_per_customer)
      op_text_addf(yaml, "maxPerCustomer: %" PRId64 ", ", item->max_per_customer);
    if (item->grades.count)
      write_grades(&item->grades, yaml);
    else
      op_text_addf(yaml, "seats: %" PRId64, item->seats);
    op_text_adds(yaml, "},\n");
  }
  op_text_adds(yaml, "]\n");
}

/* What holds of one musical. */
static void check_item(const struct registration *item) {
  struct op_error error = {0};
  const char *field = NULL;
  FUZZ_CHECK(registration_check(item, &field, &error) == OP_OK);
  FUZZ_CHECK(op_check_id("id", item->id, &error) == OP_OK);
  FUZZ_CHECK(op_check_text("name", item->name, OP_MAX_NAME, &error) == OP_OK);
  FUZZ_CHECK(op_check_text("venue", item->venue, OP_MAX_NAME, &error) == OP_OK);
  FUZZ_CHECK(item->seats >= 1 && item->seats <= OP_MAX_SEATS && item->price >= -1 && item->price <= OP_MAX_MONEY);
  FUZZ_CHECK(item->max_per_customer >= 0 && item->max_per_customer <= OP_MAX_SEATS);
  FUZZ_CHECK(strlen(item->currency) == 3);
  FUZZ_CHECK(item->grades.count <= OP_MAX_GRADES);
  for (size_t i = 0; i < item->grades.count; i++) {
    const struct op_grade *grade = &item->grades.items[i];
    FUZZ_CHECK(op_check_grade(grade->name, &error) == OP_OK && op_grades_find(&item->grades, grade->name) == grade);
    FUZZ_CHECK(grade->seats >= 1 && grade->price >= 0 && grade->price <= OP_MAX_MONEY && grade->held == 0);
  }
  FUZZ_CHECK(!item->grades.count || (item->price == -1 && item->seats == op_grades_seats(&item->grades)));
}

/* What holds of an accepted catalogue. */
static void check_accepted(const struct catalogue *catalogue, const char *path) {
  if (catalogue->count > 200) /* aliases make many of few bytes, and all of them written out would be too slow */
    return;
  struct op_text yaml = {0}, one = {0}, other = {0};
  struct catalogue again;
  struct op_error error = {0};
  for (size_t i = 0; i < catalogue->count; i++) {
    check_item(&catalogue->items[i]);
    for (size_t j = 0; j < i; j++)
      FUZZ_CHECK(strcmp(catalogue->items[i].id, catalogue->items[j].id) != 0);
  }
  write_again(catalogue, &yaml);
  fuzz_save(path, yaml.ptr, yaml.len);
  FUZZ_CHECK(catalogue_load(path, &again, &error) == OP_OK && again.count == catalogue->count);
  for (size_t i = 0; i < again.count; i++) {
    op_text_reset(&one);
    op_text_reset(&other);
    registration_text(&catalogue->items[i], &one);
    registration_text(&again.items[i], &other);
    FUZZ_CHECK(strcmp(one.ptr, other.ptr) == 0);
  }
  catalogue_free(&again);
  op_text_free(&yaml);
  op_text_free(&one);
  op_text_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *path = fuzz_path("catalogue.yaml");
  struct catalogue catalogue;
  struct op_error error = {0};
  fuzz_save(path, data, size);
  int code = catalogue_load(path, &catalogue, &error);
  FUZZ_CHECK(code == error.exit_code);
  fuzz_check_depth(&error, data, size);
  if (code == OP_OK)
    check_accepted(&catalogue, path);
  else
    fuzz_check_mistake(&error, path, size);
  catalogue_free(&catalogue);
  return 0;
}
