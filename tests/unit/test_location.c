/* test_location.c - degrees are read, rounded and written digit by digit; distances are those of the globe. */
#include "given.h"
#include "location.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
  const char *text;
  int limit, decimals;
  const char *then; /* written again; NULL: refused */
};

static const struct row rows[] = {
    {"37.5665", 90, 6, "37.5665"},
    {"37.5665", 90, 3, "37.567"}, /* half away from zero, in decimal digits */
    {"37.56649999999999999999", 90, 3, "37.566"},
    {"-0.0005", 90, 3, "-0.001"},
    {"-0.0004", 90, 3, "0"},
    {"36.9995", 90, 3, "37"},
    {"127", 180, 3, "127"},
    {"127.000", 180, 3, "127"},
    {"0.000001", 90, 6, "0.000001"},
    {"-180", 180, 3, "-180"},
    {"180.000", 180, 3, "180"},
    {"89.9999", 90, 3, "90"},
    {"007", 90, 3, "7"},
    {"90.0000001", 90, 3, NULL},
    {"90.1", 90, 3, NULL},
    {"91", 90, 3, NULL},
    {"180", 90, 3, NULL},
    {"99999999999999999999", 180, 3, NULL},
    {"", 90, 3, NULL},
    {"-", 90, 3, NULL},
    {".5", 90, 3, NULL},
    {"5.", 90, 3, NULL},
    {"+5", 90, 3, NULL},
    {"1e1", 90, 3, NULL},
    {"5,5", 90, 3, NULL},
    {"5.5 ", 90, 3, NULL},
    {"nan", 90, 3, NULL},
    {"--5", 90, 3, NULL},
};

/* Every row. */
static void test_degrees(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct op_error error = {0};
    int32_t degrees = 0;
    char buf[OP_DEGREES_SIZE];
    int code = op_check_degrees("lat", rows[i].text, rows[i].limit, rows[i].decimals, &degrees, &error);
    print_message("# %s\n", rows[i].text);
    assert_int_equal(code, rows[i].then ? 0 : OP_DATA);
    if (rows[i].then)
      assert_string_equal(op_degrees(degrees, buf), rows[i].then);
    else
      assert_string_equal(error.code, "bad_location");
  }
}

/* Of events only what is two numbers in range is a location. */
static void test_events(void **state) {
  (void)state;
  static const struct {
    const char *data;
    bool then;
  } events[] = {
      {"{\"lat\":37.567,\"lon\":126.978}", true},
      {"{\"lat\":-37,\"lon\":-126.978}", true},
      {"{\"lat\":37.567}", false},
      {"{\"lat\":\"37.567\",\"lon\":126.978}", false},
      {"{\"lat\":91,\"lon\":1}", false},
      {"{\"lat\":1,\"lon\":180.1}", false},
      {"{\"lat\":null,\"lon\":1}", false},
      {"{\"lat\":1e1,\"lon\":1}", false},
      {"{}", false},
  };
  for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
    struct op_location at = {0};
    evs_event event = given_event(1, "ReservationPlaced", 0, events[i].data);
    print_message("# %s\n", events[i].data);
    assert_int_equal(op_field_location(&event, &at), events[i].then);
  }
}

/* Known distances, to the metre or so: a degree of the equator, pole to pole, over the date line. */
static void test_distances(void **state) {
  (void)state;
  static const struct {
    struct op_location a, b;
    int64_t metres, within;
  } ways[] = {
      {{37566500, 126978000}, {37566500, 126978000}, 0, 0},        {{0, 0}, {0, 1000000}, 111195, 0},
      {{90000000, 0}, {-90000000, 123000000}, 20015115, 1},        {{0, 179500000}, {0, -179500000}, 111195, 0},
      {{37566500, 126978000}, {35179600, 129075600}, 325100, 300}, /* Seoul, Busan */
      {{48856600, 2352200}, {51507400, -127800}, 343500, 400},     /* Paris, London */
  };
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    assert_in_range(llabs(op_distance_m(ways[i].a, ways[i].b) - ways[i].metres), 0, ways[i].within);
    assert_int_equal(op_distance_m(ways[i].a, ways[i].b), op_distance_m(ways[i].b, ways[i].a));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_degrees),
      cmocka_unit_test(test_events),
      cmocka_unit_test(test_distances),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
