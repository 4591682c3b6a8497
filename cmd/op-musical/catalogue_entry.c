/* catalogue_entry.c - reads an entry of a catalogue from its YAML node, see catalogue.h.
 *
 * A performance begins as a copy of its show, and what it says itself is set over that. Grades make the seats of a
 * musical, so seats or a price beside them are an error; a performance with grades of its own has those alone.
 * Errors: 65 bad_catalogue and those of registration.h, each at its place. */
#include "catalogue_entry.h"

#include "registration.h"

#include <stdlib.h>
#include <string.h>

/* The bits of `seen` that stand for no field of a registration; those have bits 0, 1, 2 ... */
enum { SEEN_GRADES = 1u << 30, SEEN_PERFORMANCES = 1u << 29, SEEN_MUSICAL_ID = 1u << 28 /* that word for the id */ };

/* The name of a field as registration_set() knows it: the outputs call the id musicalId. */
static const char *field_name(const char *name) { return strcmp(name, "musicalId") == 0 ? "id" : name; }

/* Refuses what was told already. */
static int given_twice(const struct op_yaml *yaml, const yaml_node_t *key) {
  op_fail(yaml->error, OP_DATA, "bad_catalogue", "%s is given twice", op_yaml_text(key));
  return op_yaml_fail_at(yaml, key);
}

/* Refuses a second field of a musical, by the same word or by the other one for the id. */
static int field_twice(const struct op_yaml *yaml, const yaml_node_t *key, unsigned seen) {
  bool is_musical_id = strcmp(op_yaml_text(key), "musicalId") == 0;
  if (strcmp(field_name(op_yaml_text(key)), "id") != 0 || is_musical_id == ((seen & SEEN_MUSICAL_ID) != 0))
    return given_twice(yaml, key);
  return op_yaml_bad_shape(yaml, key, "the id is given twice: 'id' and 'musicalId' are one field");
}

/* Refuses a word that says nothing here. */
static int no_such_field(const struct op_yaml *yaml, const yaml_node_t *key) {
  op_fail(yaml->error, OP_DATA, "bad_catalogue", "%s: there is no such field", op_yaml_text(key));
  return op_yaml_fail_at(yaml, key);
}

/* The nodes of a pair, and the name of its key. */
static int read_pair(const struct op_yaml *yaml, const yaml_node_pair_t *pair, const yaml_node_t **ret_key,
                     const yaml_node_t **ret_value, const char **ret_name) {
  *ret_key = op_yaml_node(yaml, pair->key);
  *ret_value = op_yaml_node(yaml, pair->value);
  *ret_name = op_yaml_text(*ret_key);
  return *ret_name ? OP_OK : op_yaml_bad_shape(yaml, *ret_key, "a field's name is expected here");
}

/* ---- grades ----------------------------------------------------------------------------------------------------- */

/* Sets one field of a grade. */
static int set_grade(const struct op_yaml *yaml, const yaml_node_t *key, const yaml_node_t *value,
                     struct op_grade *grade) {
  const char *name = op_yaml_text(key), *text = op_yaml_text(value);
  int code = OP_OK;
  if (!text)
    return op_yaml_bad_shape(yaml, value, "one value is expected here");
  if (strcmp(name, "grade") == 0) {
    code = op_check_grade(text, yaml->error);
    if (code == OP_OK)
      memcpy(grade->name, text, strlen(text) + 1);
  } else if (strcmp(name, "seats") == 0) {
    code = op_check_number("seats", "bad_seats", text, 1, OP_MAX_SEATS, &grade->seats, yaml->error);
  } else {
    code = op_check_number("price", "bad_price", text, 0, OP_MAX_MONEY, &grade->price, yaml->error);
  }
  return code == OP_OK ? OP_OK : op_yaml_fail_at(yaml, value);
}

/* One grade: {grade: VIP, seats: 20, price: 150000}, all of it required. */
static int read_grade(const struct op_yaml *yaml, const yaml_node_t *node, struct op_grades *grades) {
  static const char *const fields[] = {"grade", "seats", "price"};
  struct op_grade grade = {0};
  unsigned seen = 0;
  if (node->type != YAML_MAPPING_NODE)
    return op_yaml_bad_shape(yaml, node, "a grade is expected here: {grade: ..., seats: ..., price: ...}");
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = NULL, *value = NULL;
    const char *name = NULL;
    int code = read_pair(yaml, pair, &key, &value, &name);
    if (code != OP_OK)
      return code;
    unsigned bit = 0;
    while (bit < 3 && strcmp(fields[bit], name) != 0)
      bit++;
    if (bit == 3)
      return no_such_field(yaml, key);
    if (seen & 1u << bit)
      return given_twice(yaml, key);
    seen |= 1u << bit;
    code = set_grade(yaml, key, value, &grade);
    if (code != OP_OK)
      return code;
  }
  if (seen != 7)
    return op_yaml_bad_shape(yaml, node, "a grade has all of grade, seats and price");
  if (op_grades_find(grades, grade.name)) {
    op_fail(yaml->error, OP_DATA, "bad_catalogue", "grade %s stands here twice", grade.name);
    return op_yaml_fail_at(yaml, node);
  }
  if (grades->count == OP_MAX_GRADES)
    return op_yaml_bad_shape(yaml, node, "a musical may have at most 16 grades");
  grades->items[grades->count++] = grade;
  return OP_OK;
}

/* Is it a list with something in it? 65 with what is expected. */
static int expect_some(const struct op_yaml *yaml, const yaml_node_t *node, const char *expected, const char *empty) {
  if (node->type != YAML_SEQUENCE_NODE)
    return op_yaml_bad_shape(yaml, node, expected);
  return node->data.sequence.items.start == node->data.sequence.items.top ? op_yaml_bad_shape(yaml, node, empty)
                                                                          : OP_OK;
}

/* The list of them. */
static int read_grades(const struct op_yaml *yaml, const yaml_node_t *node, struct op_grades *grades) {
  grades->count = 0;
  int code = expect_some(yaml, node, "a list of grades is expected here",
                         "the list of grades is empty: leave it out where the seats have none");
  if (code != OP_OK)
    return code;
  for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
    if (code == OP_OK)
      code = read_grade(yaml, op_yaml_node(yaml, *item), grades);
  int64_t seats = 0;
  for (size_t i = 0; i < grades->count; i++)
    seats += grades->items[i].seats;
  if (code == OP_OK && seats > OP_MAX_SEATS)
    return op_yaml_bad_shape(yaml, node, "the grades have more than 1000000000 seats together");
  return code;
}

/* ---- fields ----------------------------------------------------------------------------------------------------- */

/* Sets one field of a musical; `seen` has a bit for every field that was there. */
static int read_field(const struct op_yaml *yaml, const yaml_node_t *key, const yaml_node_t *value,
                      struct registration *registration, unsigned *seen) {
  for (unsigned i = 0; registration_fields[i]; i++) {
    if (strcmp(field_name(op_yaml_text(key)), registration_fields[i]) != 0)
      continue;
    if (*seen & 1u << i)
      return field_twice(yaml, key, *seen);
    *seen |= 1u << i;
    if (strcmp(op_yaml_text(key), "musicalId") == 0)
      *seen |= SEEN_MUSICAL_ID;
    if (op_yaml_is_null(value))
      return OP_OK;
    const char *text = op_yaml_text(value);
    if (!text)
      return op_yaml_bad_shape(yaml, value, "one value is expected here");
    int code = registration_set(registration, registration_fields[i], text, yaml->error);
    return code == OP_OK ? OP_OK : op_yaml_fail_at(yaml, value);
  }
  return no_such_field(yaml, key);
}

/* With grades: the seats are theirs, and no other number or price may stand beside them. */
static int settle_grades(const struct op_yaml *yaml, const yaml_node_t *node, struct registration *registration) {
  if (registration->grades.count == 0)
    return OP_OK;
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = op_yaml_node(yaml, pair->key);
    const char *name = op_yaml_text(key);
    if (name && (strcmp(name, "seats") == 0 || strcmp(name, "price") == 0))
      return op_yaml_bad_shape(yaml, key, "the grades have the seats and their prices, this is one too many");
  }
  registration->seats = op_grades_seats(&registration->grades);
  registration->price = -1;
  return OP_OK;
}

/* All fields of a musical; *ret_performances is their node, NULL where there are none. A performance has none of its
 * own: then ret_performances is NULL. */
static int read_fields(const struct op_yaml *yaml, const yaml_node_t *node, struct registration *registration,
                       const yaml_node_t **ret_performances) {
  unsigned seen = 0;
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    const yaml_node_t *key = NULL, *value = NULL;
    const char *name = NULL;
    int code = read_pair(yaml, pair, &key, &value, &name);
    if (code != OP_OK)
      return code;
    unsigned bit = strcmp(name, "grades") == 0                             ? SEEN_GRADES
                   : ret_performances && strcmp(name, "performances") == 0 ? SEEN_PERFORMANCES
                                                                           : 0;
    if (seen & bit)
      return given_twice(yaml, key);
    seen |= bit;
    if (bit == SEEN_GRADES)
      code = op_yaml_is_null(value) ? OP_OK : read_grades(yaml, value, &registration->grades);
    else if (bit == SEEN_PERFORMANCES)
      *ret_performances = value;
    else
      code = read_field(yaml, key, value, registration, &seen);
    if (code != OP_OK)
      return code;
  }
  return settle_grades(yaml, node, registration);
}

/* ---- entries ---------------------------------------------------------------------------------------------------- */

/* What stands under this key of a mapping, or NULL. */
static const yaml_node_t *value_of(const struct op_yaml *yaml, const yaml_node_t *node, const char *key) {
  if (node->type != YAML_MAPPING_NODE)
    return NULL;
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
    const char *name = op_yaml_text(op_yaml_node(yaml, pair->key));
    if (name && strcmp(name, key) == 0)
      return op_yaml_node(yaml, pair->value);
  }
  return NULL;
}

/* Where to look for what is wrong with a musical: at its sales times where they are, at all of it otherwise. The one of
 * two times may be the show's. */
static const yaml_node_t *place_of(const struct op_yaml *yaml, const yaml_node_t *node, const char *field) {
  const yaml_node_t *place = NULL;
  if (strcmp(field, "salesClose") == 0) {
    place = value_of(yaml, node, field);
    place = place ? place : value_of(yaml, node, "salesOpen");
  }
  return place ? place : node;
}

/* Adds a musical that is complete. */
static int add(struct catalogue *catalogue, const struct op_yaml *yaml, const yaml_node_t *node,
               const struct registration *registration) {
  const char *field = NULL;
  if (registration_check(registration, &field, yaml->error) != OP_OK)
    return op_yaml_fail_at(yaml, place_of(yaml, node, field));
  if (catalogue->count == MAX_MUSICALS)
    return op_yaml_bad_shape(yaml, node, "a catalogue may have at most 50000 musicals");
  if (catalogue->count == catalogue->size) {
    size_t size = catalogue->size ? 2 * catalogue->size : 64;
    struct registration *items = reallocarray(catalogue->items, size, sizeof *items);
    catalogue->items = items ? items : catalogue->items;
    struct op_yaml_spot *spots = items ? reallocarray(catalogue->spots, size, sizeof *spots) : NULL;
    catalogue->spots = spots ? spots : catalogue->spots;
    if (!spots)
      return op_fail(yaml->error, OP_TEMPORARY, "out_of_memory", "out of memory");
    catalogue->size = size;
  }
  catalogue->items[catalogue->count] = *registration;
  catalogue->spots[catalogue->count++] = op_yaml_spot(node);
  return OP_OK;
}

/* The text of the field startsAt of a performance, which is a time or a mapping with one. */
static const yaml_node_t *start_of(const struct op_yaml *yaml, const yaml_node_t *node) {
  return node->type == YAML_MAPPING_NODE ? value_of(yaml, node, "startsAt") : node;
}

/* One performance of a show. */
static int read_performance(struct catalogue *catalogue, const struct op_yaml *yaml, const yaml_node_t *node,
                            const struct registration *show) {
  struct registration registration = *show;
  const yaml_node_t *start = start_of(yaml, node);
  const char *text = op_yaml_text(start);
  int code = OP_OK;
  if (!text || op_yaml_is_null(start))
    return op_yaml_bad_shape(yaml, node, "a performance is expected here: a time, or {startsAt: ...}");
  registration.id[0] = '\0';
  if (node->type == YAML_MAPPING_NODE)
    code = read_fields(yaml, node, &registration, NULL);
  else if (registration_set(&registration, "startsAt", text, yaml->error) != OP_OK)
    code = op_yaml_fail_at(yaml, node);
  if (code == OP_OK && !registration.id[0]) { /* a time begins with its date, ten bytes */
    char id[OP_MAX_ID + 12];
    snprintf(id, sizeof id, "%s-%.10s", show->id, text);
    if (registration_set(&registration, "id", id, yaml->error) != OP_OK)
      code = op_yaml_fail_at(yaml, node);
  }
  return code == OP_OK ? add(catalogue, yaml, node, &registration) : code;
}

/* A show: a musical for each of its performances. */
static int read_show(struct catalogue *catalogue, const struct op_yaml *yaml, const yaml_node_t *node,
                     const struct registration *show, const yaml_node_t *performances) {
  int code = expect_some(yaml, performances, "a list of performances is expected here",
                         "the list of performances is empty: leave it out where the musical is one");
  if (code != OP_OK)
    return code;
  if (!show->id[0])
    return op_yaml_bad_shape(yaml, node, "id is missing");
  if (show->starts_at[0])
    return op_yaml_bad_shape(yaml, node, "startsAt stands beside performances, which have their own");
  for (yaml_node_item_t *item = performances->data.sequence.items.start;
       item < performances->data.sequence.items.top && code == OP_OK; item++)
    code = read_performance(catalogue, yaml, op_yaml_node(yaml, *item), show);
  return code;
}

/* One entry. */
int catalogue_entry(void *context, const struct op_yaml *yaml, const yaml_node_t *node) {
  struct catalogue *catalogue = context;
  struct registration registration;
  const yaml_node_t *performances = NULL;
  if (node->type != YAML_MAPPING_NODE)
    return op_yaml_bad_shape(yaml, node, "a musical is expected here: {id: ..., name: ..., seats: ...}");
  registration_init(&registration);
  int code = read_fields(yaml, node, &registration, &performances);
  if (code != OP_OK)
    return code;
  return performances ? read_show(catalogue, yaml, node, &registration, performances)
                      : add(catalogue, yaml, node, &registration);
}
