/* branch.c - the fold of a branch, and the checks of what describes a new one, see branch.h.
 *
 * Anyone may append events, so nothing in them is believed: a branch without a location is none, and a capacity stays
 * within its bounds. Raises 65 for values of commands and files. */
#include "branch.h"

#include "model.h"

#include <string.h>

const char *const branch_types[] = {OP_BRANCH_ADDED,  OP_BRANCH_CAPACITY_CHANGED, OP_BRANCH_REVISED,
                                    OP_BRANCH_CLOSED, OP_BRANCH_OPENED,           NULL};

const char *const branch_fields[] = {"id", "name", "lat", "lon", "capacity", NULL};
enum { ID, NAME, LAT, LON, CAPACITY };

/* The capacity that an event tells; -1 where it is none. */
static int64_t capacity_of(const evs_event *event) {
  int64_t capacity = op_field_number(event, "capacity", -1);
  return capacity >= 0 && capacity <= OP_MAX_CAPACITY ? capacity : -1;
}

/* It is there, unless it was before. */
static bool added(struct branch *branch, const evs_event *event) {
  struct op_location at;
  char id[OP_MAX_ID + 1];
  int64_t capacity = capacity_of(event);
  if (branch->id[0] || capacity < 0 || !op_field_location(event, &at) || !op_field_id(event, "branchId", id))
    return false;
  memcpy(branch->id, id, sizeof id);
  op_field_text(event, "name", branch->name, sizeof branch->name);
  branch->at = at;
  branch->capacity = branch->first_capacity = capacity;
  branch->added_by = event->seq;
  return true;
}

/* It has another name or place. */
static bool revised(struct branch *branch, const evs_event *event) {
  char name[OP_MAX_NAME + 1];
  struct op_location at;
  bool named = op_field_text(event, "name", name, sizeof name) && name[0], placed = op_field_location(event, &at);
  if (named)
    memcpy(branch->name, name, sizeof name);
  if (placed)
    branch->at = at;
  return named || placed;
}

/* Something else about a branch that is there. */
static bool changed(struct branch *branch, const evs_event *event) {
  if (!branch->id[0])
    return false;
  if (op_type_is(event, OP_BRANCH_CAPACITY_CHANGED)) {
    int64_t capacity = capacity_of(event);
    branch->capacity = capacity >= 0 ? capacity : branch->capacity;
    return capacity >= 0;
  }
  if (op_type_is(event, OP_BRANCH_REVISED))
    return revised(branch, event);
  bool closes = op_type_is(event, OP_BRANCH_CLOSED);
  if (!closes && !op_type_is(event, OP_BRANCH_OPENED))
    return false;
  branch->closed = closes;
  return true;
}

/* Folds one event. */
void branch_apply(struct branch *branch, const evs_event *event) {
  if (!(op_type_is(event, OP_BRANCH_ADDED) ? added(branch, event) : changed(branch, event)))
    return;
  branch->defined_by = event->seq;
  snprintf(branch->updated_at, sizeof branch->updated_at, "%.*s", (int)event->time.len, event->time.ptr);
}

/* The same name and place? */
bool branch_same_place(const struct branch *branch, const char *name, struct op_location at) {
  return strcmp(branch->name, name) == 0 && branch->at.lat == at.lat && branch->at.lon == at.lon;
}

/* Sets one field. */
int branch_set(struct branch_wanted *wanted, size_t field, const char *text, struct op_error *error) {
  int code = OP_OK;
  wanted->given |= 1u << field;
  switch (field) {
  case ID:
    code = op_check_id("branch id", text, error);
    if (code == OP_OK)
      memcpy(wanted->id, text, strlen(text) + 1);
    return code;
  case NAME:
    if (!text[0])
      return op_fail(error, OP_DATA, "bad_name", "the name is empty");
    code = op_check_text("name", text, OP_MAX_NAME, error);
    if (code == OP_OK)
      memcpy(wanted->name, text, strlen(text) + 1);
    return code;
  case LAT:
    return op_check_degrees("lat", text, OP_LATITUDE, OP_BRANCH_DECIMALS, &wanted->at.lat, error);
  case LON:
    return op_check_degrees("lon", text, OP_LONGITUDE, OP_BRANCH_DECIMALS, &wanted->at.lon, error);
  default:
    return op_check_number("capacity", "bad_capacity", text, 0, OP_MAX_CAPACITY, &wanted->capacity, error);
  }
}

/* Is everything there? */
int branch_check(const struct branch_wanted *wanted, struct op_error *error) {
  for (size_t i = 0; branch_fields[i]; i++)
    if (!(wanted->given & 1u << i))
      return op_fail(error, OP_DATA, "missing", "%s is missing", branch_fields[i]);
  return OP_OK;
}

/* All fields. */
void branch_text(const struct branch_wanted *wanted, struct op_text *text) {
  op_json_begin(text);
  op_json_string(text, "id", wanted->id);
  op_json_string(text, "name", wanted->name);
  op_json_location(text, wanted->at);
  op_json_number(text, "capacity", wanted->capacity);
  op_json_end(text);
}
