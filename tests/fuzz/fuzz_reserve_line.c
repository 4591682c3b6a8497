/* fuzz_reserve_line.c - one line of `op-reserve place --batch`: our reader (place_from_json()) against a strict one
 * with jansson (wish.h). Both take the same lines and read the same placement; a refusal is 65 in one clean line. */
#include "fuzz.h"

#include "cmd/op-reserve/order_json.h"
#include "wish.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct place place;
  struct op_error error = {0};
  struct wish wish;
  int code = place_from_json((const char *)data, size, &place, &error);
  wish_read((const char *)data, size, &wish);
  FUZZ_CHECK(code == error.exit_code && (code == OP_OK) == wish.good);
  if (code != OP_OK) {
    FUZZ_CHECK(code == OP_DATA && error.code && error.message[0] && fuzz_is_clean_line(error.message));
    return 0;
  }
  FUZZ_CHECK(strcmp(place.musical_id, wish.musical) == 0 && strcmp(place.customer_id, wish.customer) == 0);
  FUZZ_CHECK(strcmp(place.reservation_id, wish.id) == 0 && strcmp(place.request_id, wish.request) == 0);
  FUZZ_CHECK(strcmp(place.grade, wish.grade) == 0);
  FUZZ_CHECK(place.seats == wish.seats && place.price == wish.price);
  FUZZ_CHECK((place.where != 0) == wish.lat_given && place.delivery == wish.delivery);
  if (wish.lat_given) /* rounded to a thousandth, one way or the other */
    FUZZ_CHECK(fabs(place.at.lat / 1e6 - wish.lat) < 0.000501 && fabs(place.at.lon / 1e6 - wish.lon) < 0.000501);
  return 0;
}
