/* order_json.c - reads a line of a batch, see order_json.h.
 *
 * Strict: one object, no member twice, none that is not known, nothing behind it. An id may also be written as a whole
 * number and stands for its digits; null stands for a member that is not there.
 *
 * jansson decides what is JSON and what it means. Nearly every line of a batch is plain, though: members whose values
 * are whole numbers, null, or strings of printable ASCII without escapes. Such a line is read in place, which means the
 * same (tests/fuzz compares the two) and costs a tenth; in every doubt the line goes to jansson. */
#include "order_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, NUMBER, NOTHING, OTHER }; /* a string; a whole number's digits; null; anything else */

/* The value of a member. */
struct value {
  enum kind kind;
  const char *text; /* of TEXT and NUMBER; of OTHER its JSON */
};

/* An id: a string, or a whole number. */
static int read_id(const char *key, const struct value *value, char id[OP_MAX_ID + 1], struct op_error *error) {
  if (value->kind == NOTHING || value->kind == OTHER)
    return op_fail(error, OP_DATA, "malformed", "%s must be a string", key);
  int code = op_check_id(key, value->text, error);
  if (code == OP_OK)
    stpcpy(id, value->text);
  return code;
}

/* A grade: a short id. */
static int read_grade(const char *key, const struct value *value, char grade[OP_MAX_GRADE + 1],
                      struct op_error *error) {
  if (value->kind == OTHER)
    return op_fail(error, OP_DATA, "malformed", "%s must be a string", key);
  int code = op_check_grade(value->text, error);
  if (code == OP_OK)
    stpcpy(grade, value->text);
  return code;
}

/* A whole number; as JSON text 2.0, 2e0 and "2" are none. */
static int read_number(const char *key, const char *word, const struct value *value, int64_t min, int64_t max,
                       int64_t *ret_number, struct op_error *error) {
  const char *text = value->kind == NOTHING ? "null" : value->text;
  if (value->kind != TEXT)
    return op_check_number(key, word, text, min, max, ret_number, error);
  struct op_text quoted = {0};
  op_text_addf(&quoted, "\"%s\"", text);
  int code = op_check_number(key, word, quoted.ptr, min, max, ret_number, error);
  op_text_free(&quoted);
  return code;
}

/* The member that a key names. */
enum member { MUSICAL_ID, SEATS, PRICE, CUSTOMER_ID, REQUEST_ID, RESERVATION_ID, ID, GRADE, LAT, LON, FULFIL, UNKNOWN };
static const char *const keys[] = {"musicalId", "seats", "price", "customerId", "requestId", "reservationId",
                                   "id",        "grade", "lat",   "lon",        "fulfil"};

static enum member member_of(const char *key, size_t len) {
  for (int i = 0; i < UNKNOWN; i++)
    if (strlen(keys[i]) == len && memcmp(keys[i], key, len) == 0)
      return (enum member)i;
  return UNKNOWN;
}

/* Takes one known member in. */
static int read_member(enum member member, const struct value *value, struct place *place, struct op_error *error) {
  const char *key = keys[member];
  if (member == MUSICAL_ID)
    return read_id(key, value, place->musical_id, error);
  if (member == SEATS)
    return read_number(key, "bad_seats", value, 1, OP_MAX_SEATS, &place->seats, error);
  if (value->kind == NOTHING)
    return OP_OK;
  if (member == PRICE)
    return read_number(key, "bad_price", value, 0, OP_MAX_MONEY, &place->price, error);
  if (member == CUSTOMER_ID)
    return read_id(key, value, place->customer_id, error);
  if (member == GRADE)
    return read_grade(key, value, place->grade, error);
  if (member == REQUEST_ID)
    return read_id(key, value, place->request_id, error);
  if (member == LAT || member == LON || member == FULFIL) {
    if ((value->kind == TEXT) != (member == FULFIL))
      return op_fail(error, OP_DATA, "malformed", "%s must be a %s", key, member == FULFIL ? "string" : "number");
    return place_where(place, member == LAT ? PLACE_LAT : member == LON ? PLACE_LON : PLACE_FULFIL, value->text, error);
  }
  if (place->reservation_id[0])
    return op_fail(error, OP_DATA, "malformed", "id and reservationId are the same member, give one");
  return read_id(key, value, place->reservation_id, error);
}

/* ---- plain lines ------------------------------------------------------------------------------------------------- */

/* Behind white space. */
static const char *skip_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
    at++;
  return at;
}

/* Behind the closing quote of the plain string whose opening quote is before `at`; NULL where it is not plain. */
static const char *plain_string(const char *at, const char *end) {
  while (at < end && *at != '"') {
    unsigned char c = (unsigned char)*at++;
    if (c < 0x20 || c >= 0x7f || c == '\\')
      return NULL;
  }
  return at < end ? at + 1 : NULL;
}

/* Reads the plain value at *at, copied into buf; false where it is not plain, or does not fit. */
static bool plain_value(const char **at, const char *end, char *buf, size_t size, struct value *ret_value) {
  const char *start = *at;
  size_t len = 0;
  *ret_value = (struct value){.kind = NUMBER, .text = buf};
  if (start < end && *start == '"') {
    *at = plain_string(start + 1, end);
    if (!*at)
      return false;
    ret_value->kind = TEXT;
    start++;
    len = (size_t)(*at - start) - 1;
  } else if (end - start >= 4 && memcmp(start, "null", 4) == 0) {
    ret_value->kind = NOTHING;
    *at += 4;
  } else {
    while (start + len < end && start[len] >= '0' && start[len] <= '9')
      len++;
    if (len == 0 || len > 15 || (len > 1 && *start == '0'))
      return false;
    *at += len;
  }
  if (len >= size)
    return false;
  memcpy(buf, start, len);
  buf[len] = '\0';
  return true;
}

/* Reads a plain line; false where it is not plain, or has any fault: then *ret_place is of no account. */
static bool read_plain(const char *line, size_t len, struct place *ret_place) {
  const char *end = line + len, *at = skip_space(line, end);
  unsigned seen = 0;
  char buf[OP_MAX_ID + 2];
  struct op_error fault;
  if (at == end || *at++ != '{')
    return false;
  do {
    at = skip_space(at, end);
    if (at == end || *at++ != '"')
      return false;
    const char *key = at;
    at = plain_string(at, end);
    enum member member = at ? member_of(key, (size_t)(at - key) - 1) : UNKNOWN;
    if (member == UNKNOWN || seen & 1u << member)
      return false;
    seen |= 1u << member;
    at = skip_space(at, end);
    if (at == end || *at++ != ':')
      return false;
    at = skip_space(at, end);
    struct value value;
    if (!plain_value(&at, end, buf, sizeof buf, &value) || read_member(member, &value, ret_place, &fault) != OP_OK)
      return false;
    at = skip_space(at, end);
  } while (at < end && *at++ == ',');
  return at[-1] == '}' && skip_space(at, end) == end;
}

/* ---- all others -------------------------------------------------------------------------------------------------- */

/* A member as jansson has it. */
static int read_parsed(const char *key, const json_t *json, struct place *place, struct op_error *error) {
  enum member member = member_of(key, strlen(key));
  char *text = NULL;
  struct value value = {.kind = OTHER};
  if (member == UNKNOWN)
    return op_fail(error, OP_DATA, "malformed", "unknown member \"%s\"", key);
  if (json_is_string(json)) {
    value = (struct value){TEXT, json_string_value(json)};
  } else if (json_is_null(json)) {
    value.kind = NOTHING;
  } else if (json_is_real(json) && (member == LAT || member == LON)) { /* in the digits that it was written with */
    if (asprintf(&text, "%.12f", json_real_value(json)) < 0)
      return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
    value = (struct value){OTHER, text};
  } else {
    text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
    if (!text)
      return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
    value = (struct value){json_is_integer(json) ? NUMBER : OTHER, text};
  }
  int code = read_member(member, &value, place, error);
  free(text);
  return code;
}

/* Reads any line. */
static int read_any(const char *line, size_t len, struct place *ret_place, struct op_error *error) {
  json_error_t problem = {.text = "a NUL byte", .column = 1};
  json_t *object = NULL;
  if (!memchr(line, '\0', len)) /* jansson passes over one that follows a number */
    object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &problem);
  if (!object)
    return op_fail(error, OP_DATA, "malformed", "no JSON: %s (column %d)", problem.text, problem.column);
  int code = OP_OK;
  const char *key = NULL;
  json_t *value = NULL;
  if (!json_is_object(object))
    code = op_fail(error, OP_DATA, "malformed", "no JSON object");
  json_object_foreach(object, key, value) {
    if (code == OP_OK)
      code = read_parsed(key, value, ret_place, error);
  }
  json_decref(object);
  return code;
}

/* Reads one line. */
int place_from_json(const char *line, size_t len, struct place *ret_place, struct op_error *error) {
  int code = OP_OK;
  *ret_place = (struct place){.price = -1};
  if (!read_plain(line, len, ret_place)) {
    *ret_place = (struct place){.price = -1};
    code = read_any(line, len, ret_place, error);
  }
  if (code == OP_OK && !ret_place->musical_id[0])
    code = op_fail(error, OP_DATA, "malformed", "musicalId is missing");
  if (code == OP_OK)
    code = place_where_check(ret_place, OP_DATA, "malformed", error);
  if (code == OP_OK && !ret_place->seats)
    code = op_fail(error, OP_DATA, "malformed", "seats is missing");
  return code;
}
