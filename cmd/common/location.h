/* location.h - places on the earth as contexts exchange them: decimal degrees in events, whole microdegrees in C.
 *
 * Whole numbers make a location that was read, kept and written again the same one. Where a customer is, is a coarse
 * personal datum: what op-reserve writes into the journal is rounded to OP_CUSTOMER_DECIMALS, about 110 m, which is a
 * block and no door, and is near enough to choose a branch by. Pure. */
#ifndef OP_LOCATION_H
#define OP_LOCATION_H

#include "error.h"
#include "output.h"

#include <evstore.h>
#include <stdbool.h>
#include <stdint.h>

/* Latitude -90 to 90 and longitude -180 to 180 degrees, in millionths. */
struct op_location {
  int32_t lat, lon;
};

enum { OP_CUSTOMER_DECIMALS = 3, OP_BRANCH_DECIMALS = 6 };
enum { OP_LATITUDE = 90, OP_LONGITUDE = 180 };

/* Reads decimal degrees (`37.5665`, `-0.12`; no exponent) from -limit to limit, rounded to `decimals` (6 at most). 65
 * bad_location. `what` names it in the message. */
int op_check_degrees(const char *what, const char *text, int limit, int decimals, int32_t *ret_degrees,
                     struct op_error *error);

/* The members lat and lon of an event; false where they are not both there, or out of range. */
bool op_field_location(const evs_event *event, struct op_location *ret_location);

/* Writes degrees as a JSON number without needless zeros: 37.567, -0.12, 127. Returns buf. */
enum { OP_DEGREES_SIZE = 16 };
char *op_degrees(int32_t degrees, char buf[OP_DEGREES_SIZE]);

/* Adds the members lat and lon. */
void op_json_location(struct op_text *text, struct op_location location);

/* The distance along the great circle, in whole metres (haversine, R. W. Sinnott, "Virtues of the Haversine", 1984;
 * mean radius of the earth 6,371.0088 km). */
int64_t op_distance_m(struct op_location a, struct op_location b);

#endif
