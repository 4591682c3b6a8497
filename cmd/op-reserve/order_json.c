/* order_json.c - reads a line of a batch with jansson, see order_json.h.
 *
 * Strict: one object, no member twice, none that is not known, nothing behind it. An id may also be written as a whole
 * number and stands for its digits; null stands for a member that is not there. */
#include "order_json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* An id: a string, or a whole number. */
static int read_id(const char *key, const json_t *value, char id[OP_MAX_ID + 1], struct op_error *error) {
  char digits[24];
  const char *text = json_string_value(value);
  if (json_is_integer(value)) {
    snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    text = digits;
  }
  if (!text)
    return op_fail(error, OP_DATA, "malformed", "%s must be a string", key);
  int code = op_check_id(key, text, error);
  if (code == OP_OK)
    memcpy(id, text, strlen(text) + 1);
  return code;
}

/* A whole number; as JSON text 2.0, 2e0 and "2" are none. */
static int read_number(const char *key, const char *word, const json_t *value, int64_t min, int64_t max,
                       int64_t *ret_number, struct op_error *error) {
  char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
  if (!text)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  int code = op_check_number(key, word, text, min, max, ret_number, error);
  free(text);
  return code;
}

/* One member. */
static int read_member(const char *key, const json_t *value, struct place *place, struct op_error *error) {
  if (strcmp(key, "musicalId") == 0)
    return read_id(key, value, place->musical_id, error);
  if (strcmp(key, "seats") == 0)
    return read_number(key, "bad_seats", value, 1, OP_MAX_SEATS, &place->seats, error);
  if (strcmp(key, "price") == 0)
    return json_is_null(value) ? OP_OK : read_number(key, "bad_price", value, 0, OP_MAX_MONEY, &place->price, error);
  if (strcmp(key, "customerId") == 0)
    return json_is_null(value) ? OP_OK : read_id(key, value, place->customer_id, error);
  if (strcmp(key, "requestId") == 0)
    return json_is_null(value) ? OP_OK : read_id(key, value, place->request_id, error);
  if (strcmp(key, "id") != 0 && strcmp(key, "reservationId") != 0)
    return op_fail(error, OP_DATA, "malformed", "unknown member \"%s\"", key);
  if (json_is_null(value))
    return OP_OK;
  if (place->reservation_id[0])
    return op_fail(error, OP_DATA, "malformed", "id and reservationId are the same member, give one");
  return read_id(key, value, place->reservation_id, error);
}

/* Reads one line. */
int place_from_json(const char *line, size_t len, struct place *ret_place, struct op_error *error) {
  *ret_place = (struct place){.price = -1};
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
      code = read_member(key, value, ret_place, error);
  }
  json_decref(object);
  if (code == OP_OK && !ret_place->musical_id[0])
    code = op_fail(error, OP_DATA, "malformed", "musicalId is missing");
  if (code == OP_OK && !ret_place->seats)
    code = op_fail(error, OP_DATA, "malformed", "seats is missing");
  return code;
}
