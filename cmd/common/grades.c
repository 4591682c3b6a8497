/* grades.c - see grades.h.
 *
 * Lists are small and change seldom, so they are read with jansson and searched from the front. Invariants: names are
 * ids of at most OP_MAX_GRADE bytes, no two alike; 0 <= seats <= OP_MAX_SEATS, 0 <= price <= OP_MAX_MONEY, 0 <= held,
 * 0 <= offered.  * Errors: 65 bad_grade of op_check_grade(); all else takes what it gets. */
#include "grades.h"

#include "app.h"
#include "domain.h"
#include "model.h"

#include <jansson.h>
#include <string.h>

/* A short id. */
int op_check_grade(const char *text, struct op_error *error) {
  int code = op_check_id("grade", text, error);
  if (code == OP_OK && strlen(text) > OP_MAX_GRADE)
    code = op_fail(error, OP_DATA, "bad_grade", "a grade may have at most %d bytes, not '%s'", OP_MAX_GRADE, text);
  if (code == OP_DATA)
    error->code = "bad_grade";
  return code;
}

/* As any id, but shorter. */
bool op_field_grade(const evs_event *event, char buf[OP_MAX_GRADE + 1]) {
  char id[OP_MAX_ID + 1];
  bool found = op_field_id(event, "grade", id) && strlen(id) <= OP_MAX_GRADE;
  stpcpy(buf, found ? id : "");
  return found;
}

/* From the front. */
struct op_grade *op_grades_find(const struct op_grades *grades, const char *name) {
  for (size_t i = 0; i < grades->count; i++)
    if (strcmp(grades->items[i].name, name) == 0)
      return (struct op_grade *)&grades->items[i];
  return NULL;
}

/* Sixteen times OP_MAX_SEATS fits in any case. */
int64_t op_grades_seats(const struct op_grades *grades) {
  int64_t seats = 0;
  for (size_t i = 0; i < grades->count; i++)
    seats += grades->items[i].seats;
  return seats < OP_MAX_SEATS ? seats : OP_MAX_SEATS;
}

/* A whole number within 0 and max; 0 where it is none. */
static int64_t bounded(const json_t *object, const char *key, int64_t max) {
  int64_t number = json_integer_value(json_object_get(object, key));
  return number < 0 ? 0 : number > max ? max : number;
}

/* One array of objects. */
void op_grades_read(const char *json, size_t len, struct op_grades *ret_grades) {
  json_t *array = json_loadb(json, len, 0, NULL), *object = NULL;
  size_t index = 0;
  struct op_error odd;
  ret_grades->count = 0;
  json_array_foreach(array, index, object) {
    const char *name = json_string_value(json_object_get(object, "grade"));
    if (!name || op_check_grade(name, &odd) != OP_OK || op_grades_find(ret_grades, name) ||
        ret_grades->count == OP_MAX_GRADES)
      continue;
    struct op_grade *grade = &ret_grades->items[ret_grades->count++];
    *grade = (struct op_grade){.seats = bounded(object, "seats", OP_MAX_SEATS),
                               .price = bounded(object, "price", OP_MAX_MONEY),
                               .held = bounded(object, "held", INT64_MAX),
                               .offered = bounded(object, "offered", INT64_MAX)};
    memcpy(grade->name, name, strlen(name) + 1);
  }
  json_decref(array);
}

/* The same array. */
void op_grades_write(const struct op_grades *grades, bool with_held, struct op_text *text) {
  for (size_t i = 0; i < grades->count; i++) {
    const struct op_grade *grade = &grades->items[i];
    op_text_adds(text, i ? "," : "[");
    op_json_begin(text);
    op_json_string(text, "grade", grade->name);
    op_json_number(text, "seats", grade->seats);
    op_json_number(text, "price", grade->price);
    if (with_held) {
      op_json_number(text, "held", grade->held);
      op_json_number(text, "offered", grade->offered);
    }
    op_json_end(text);
  }
  op_text_adds(text, grades->count ? "]" : "[]");
}

/* By name. */
void op_grades_redefine(struct op_grades *grades, const struct op_grades *defined) {
  struct op_grades before = *grades;
  *grades = *defined;
  for (size_t i = 0; i < grades->count; i++) {
    const struct op_grade *same = op_grades_find(&before, grades->items[i].name);
    grades->items[i].held = same ? same->held : 0;
    grades->items[i].offered = same ? same->offered : 0;
  }
}
