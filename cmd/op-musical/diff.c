/* diff.c - see diff.h.
 *
 * Only what an import says of a musical is compared, not who has its seats. The grades of a musical are fields of their
 * own: `grades.NAME.seats` and `grades.NAME.price`. */
#include "diff.h"

#include "changes.h"

#include <string.h>

enum { FIELDS = 9, ALL_FIELDS = FIELDS + 2 * OP_MAX_GRADES };

/* A musical as values, grades last; they borrow its texts. */
static size_t spread(const struct op_musical *musical, struct op_value values[ALL_FIELDS]) {
  bool there = musical->id[0];
  size_t count = 0;
  values[count++] = op_value_text("name", musical->name);
  values[count++] = op_value_number("seats", there ? musical->seats : -1);
  values[count++] = op_value_number("price", there ? musical->price : -1);
  values[count++] = op_value_text("currency", musical->currency);
  values[count++] = op_value_text("venue", musical->venue);
  values[count++] = op_value_text("startsAt", musical->starts_at);
  values[count++] = op_value_text("salesOpen", musical->sales_open);
  values[count++] = op_value_text("salesClose", musical->sales_close);
  values[count++] = op_value_number("maxPerCustomer", musical->max_per_customer > 0 ? musical->max_per_customer : -1);
  for (size_t i = 0; i < musical->grades.count; i++) {
    const struct op_grade *grade = &musical->grades.items[i];
    char name[OP_MAX_GRADE + 16];
    snprintf(name, sizeof name, "grades.%s.seats", grade->name);
    values[count++] = op_value_number(name, grade->seats);
    snprintf(name, sizeof name, "grades.%s.price", grade->name);
    values[count++] = op_value_number(name, grade->price);
  }
  return count;
}

/* Does it? */
bool diff_any(const struct op_musical *before, const struct op_musical *after) {
  struct op_value olds[ALL_FIELDS], news[ALL_FIELDS];
  size_t old_count = spread(before, olds), new_count = spread(after, news);
  return op_values_differ(olds, old_count, news, new_count);
}

/* Prints it. */
void diff_cell(struct op_output *output, const struct op_musical *before, const struct op_musical *after) {
  struct op_value olds[ALL_FIELDS], news[ALL_FIELDS];
  size_t old_count = spread(before, olds), new_count = spread(after, news);
  op_cell_changes(output, olds, old_count, news, new_count);
}
