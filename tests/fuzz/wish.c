/* wish.c - reads a line of a batch with jansson, see wish.h. Here it is written down what the contract says, apart from
 * how cmd/op-reserve does it. */
#include "wish.h"

#include "grades.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

/* An id: a string or a whole number; null is none where `optional`. */
static bool read_id(const json_t *value, bool optional, char id[OP_MAX_ID + 1]) {
  struct op_error error;
  char digits[24];
  const char *text = json_string_value(value);
  if (optional && json_is_null(value))
    return true;
  if (json_is_integer(value)) {
    snprintf(digits, sizeof digits, "%" PRId64, (int64_t)json_integer_value(value));
    text = digits;
  }
  if (!text || op_check_id("id", text, &error) != OP_OK)
    return false;
  memcpy(id, text, strlen(text) + 1);
  return true;
}

/* A whole number within bounds. */
static bool read_number(const json_t *value, int64_t min, int64_t max, int64_t *ret) {
  *ret = json_is_integer(value) ? json_integer_value(value) : -1;
  return json_is_integer(value) && *ret >= min && *ret <= max;
}

/* Degrees. */
static bool read_degrees(const json_t *value, double limit, bool *ret_given, double *ret) {
  *ret_given = !json_is_null(value);
  *ret = json_number_value(value);
  return json_is_null(value) || (json_is_number(value) && fabs(*ret) <= limit + 4e-13);
}

/* How it gets to the customer. */
static bool read_fulfil(const json_t *value, struct wish *wish) {
  const char *word = json_string_value(value);
  wish->fulfil_given = !json_is_null(value);
  wish->delivery = word && strcmp(word, "delivery") == 0;
  return json_is_null(value) || (word && (wish->delivery || strcmp(word, "pickup") == 0));
}

/* One member. */
static bool read_member(const char *key, const json_t *value, struct wish *wish) {
  if (strcmp(key, "musicalId") == 0)
    return read_id(value, false, wish->musical);
  if (strcmp(key, "seats") == 0)
    return read_number(value, 1, OP_MAX_SEATS, &wish->seats);
  if (strcmp(key, "price") == 0)
    return json_is_null(value) || read_number(value, 0, OP_MAX_MONEY, &wish->price);
  if (strcmp(key, "customerId") == 0)
    return read_id(value, true, wish->customer);
  if (strcmp(key, "requestId") == 0)
    return read_id(value, true, wish->request);
  if (strcmp(key, "grade") == 0)
    return read_id(value, true, wish->grade) && strlen(wish->grade) <= OP_MAX_GRADE;
  if (strcmp(key, "lat") == 0)
    return read_degrees(value, 90, &wish->lat_given, &wish->lat);
  if (strcmp(key, "lon") == 0)
    return read_degrees(value, 180, &wish->lon_given, &wish->lon);
  if (strcmp(key, "fulfil") == 0)
    return read_fulfil(value, wish);
  if (strcmp(key, "id") != 0 && strcmp(key, "reservationId") != 0)
    return false;
  return json_is_null(value) || (!wish->id[0] && read_id(value, true, wish->id));
}

/* A NUL byte is no JSON, but jansson passes over one behind a number. */
void wish_read(const char *line, size_t len, struct wish *wish) {
  *wish = (struct wish){.price = -1};
  json_t *root = memchr(line, '\0', len) ? NULL : json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
  const char *key = NULL;
  json_t *value = NULL;
  wish->good = json_is_object(root);
  json_object_foreach(root, key, value) wish->good = wish->good && read_member(key, value, wish);
  wish->good = wish->good && wish->musical[0] && wish->seats > 0 && wish->lat_given == wish->lon_given &&
               (wish->lat_given || !wish->fulfil_given);
  json_decref(root);
}
