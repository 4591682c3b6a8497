/* order_json.h - one line of a batch: {"musicalId":"1","seats":2,"price":50000,"customerId":"kim","requestId":"k1"},
 * and maybe "reservationId" (or "id") and "grade". */
#ifndef RESERVE_ORDER_JSON_H
#define RESERVE_ORDER_JSON_H

#include "decide.h"

/* Reads a line strictly; 65 malformed, bad_id, bad_seats, bad_price or bad_grade. */
int place_from_json(const char *line, size_t len, struct place *ret_place, struct op_error *error);

#endif
