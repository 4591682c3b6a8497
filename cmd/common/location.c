/* location.c - reads, writes and measures locations, see location.h.
 *
 * Degrees are read digit by digit and rounded half away from zero, so that no binary fraction decides what is written
 * into the journal. Raises 65 bad_location; prints nothing. */
#include "location.h"

#include "model.h"

#include <math.h>
#include <string.h>

#define MILLION 1000000
#define EARTH_RADIUS_M 6371008.8

/* Reads decimal degrees into millionths, rounded to `decimals`; false where it is none, or beyond the limit. */
static bool read_degrees(const char *text, int limit, int decimals, int32_t *ret_degrees) {
  bool negative = *text == '-';
  const char *at = text + negative, *start = at;
  int64_t number = 0, unit = MILLION;
  bool round_up = false;
  for (; *at >= '0' && *at <= '9' && at - start < 4; at++)
    number = number * 10 + (*at - '0');
  if (at == start || number > limit)
    return false;
  bool at_limit = number == limit;
  number *= MILLION;
  if (*at == '.') {
    const char *fraction = ++at;
    for (; *at >= '0' && *at <= '9'; at++) {
      unit /= 10;
      if (at_limit && *at != '0')
        return false;
      if (at - fraction < decimals)
        number += (*at - '0') * unit;
      else if (at - fraction == decimals)
        round_up = *at >= '5';
    }
    if (at == fraction)
      return false;
  }
  if (*at != '\0')
    return false;
  int64_t step = MILLION;
  for (int i = 0; i < decimals; i++)
    step /= 10;
  if (round_up)
    number += step;
  *ret_degrees = (int32_t)(negative ? -number : number);
  return true;
}

/* Checks degrees. */
int op_check_degrees(const char *what, const char *text, int limit, int decimals, int32_t *ret_degrees,
                     struct op_error *error) {
  if (read_degrees(text, limit, decimals, ret_degrees))
    return OP_OK;
  return op_fail(error, OP_DATA, "bad_location", "%s must be decimal degrees from -%d to %d, not '%.40s'", what, limit,
                 limit, text);
}

/* A member of data that is degrees. */
static bool field_degrees(const evs_event *event, const char *key, int limit, int32_t *ret_degrees) {
  evs_slice value;
  char text[32];
  if (!evs_json_find(event->data, key, &value) || value.len == 0 || value.len >= sizeof text)
    return false;
  memcpy(text, value.ptr, value.len);
  text[value.len] = '\0';
  return read_degrees(text, limit, OP_BRANCH_DECIMALS, ret_degrees);
}

/* The location of an event. */
bool op_field_location(const evs_event *event, struct op_location *ret_location) {
  return field_degrees(event, "lat", OP_LATITUDE, &ret_location->lat) &&
         field_degrees(event, "lon", OP_LONGITUDE, &ret_location->lon);
}

/* Writes degrees. */
char *op_degrees(int32_t degrees, char buf[OP_DEGREES_SIZE]) {
  int64_t number = degrees < 0 ? -(int64_t)degrees : degrees;
  int len = snprintf(buf, OP_DEGREES_SIZE, "%s%d.%06d", degrees < 0 ? "-" : "", (int)(number / MILLION),
                     (int)(number % MILLION));
  while (buf[len - 1] == '0')
    buf[--len] = '\0';
  if (buf[len - 1] == '.')
    buf[--len] = '\0';
  return buf;
}

/* Adds both. */
void op_json_location(struct op_text *text, struct op_location location) {
  char buf[OP_DEGREES_SIZE];
  op_json_raw(text, "lat", op_degrees(location.lat, buf));
  op_json_raw(text, "lon", op_degrees(location.lon, buf));
}

/* Haversine. */
int64_t op_distance_m(struct op_location a, struct op_location b) {
  const double radians = M_PI / 180 / MILLION;
  double lat = sin((b.lat - a.lat) * radians / 2), lon = sin(((double)b.lon - a.lon) * radians / 2);
  double h = lat * lat + cos(a.lat * radians) * cos(b.lat * radians) * lon * lon;
  return llround(2 * EARTH_RADIUS_M * asin(fmin(1, sqrt(h))));
}
