/* test_ticket_code.c - the codes of tickets: what is written is read back, however it was typed. */
#include "cmd/op-ticket/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Known bytes have known codes: every bit counts, in its place. */
static void written(void **state) {
  (void)state;
  static const struct {
    uint8_t bytes[CODE_BYTES];
    const char *code;
  } rows[] = {
      {{0}, "0000-0000-0000-0000"},
      {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, "ZZZZ-ZZZZ-ZZZZ-ZZZZ"},
      {{0x80}, "G000-0000-0000-0000"},
      {{0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, "0000-0000-0000-0001"},
      {{0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf}, "0123-4567-89AB-CDEF"},
      {{0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf}, "GHJK-MNPQ-RSTV-WXYZ"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char code[CODE_SIZE], again[CODE_SIZE];
    code_write(rows[i].bytes, code);
    assert_string_equal(code, rows[i].code);
    assert_true(code_read(code, again));
    assert_string_equal(again, code);
  }
}

/* Two codes of bytes that differ in one bit differ. */
static void every_bit(void **state) {
  (void)state;
  uint8_t bytes[CODE_BYTES] = {0};
  char plain[CODE_SIZE], other[CODE_SIZE];
  code_write(bytes, plain);
  for (unsigned bit = 0; bit < CODE_BYTES * 8; bit++) {
    bytes[bit / 8] = (uint8_t)(1u << bit % 8);
    code_write(bytes, other);
    bytes[bit / 8] = 0;
    unsigned differ = 0;
    for (size_t i = 0; i < CODE_SIZE; i++)
      differ += plain[i] != other[i];
    assert_int_equal(differ, 1);
  }
}

/* What people type. */
static void typed(void **state) {
  (void)state;
  static const struct {
    const char *typed, *code; /* NULL: no code */
  } rows[] = {
      {"7XKQ-2M9D-VH4T-0CPR", "7XKQ-2M9D-VH4T-0CPR"},
      {"7xkq2m9dvh4t0cpr", "7XKQ-2M9D-VH4T-0CPR"},
      {"7xkq 2m9d vh4t ocpr", "7XKQ-2M9D-VH4T-0CPR"},
      {"-7X-KQ2M9D--VH4T0CPR-", "7XKQ-2M9D-VH4T-0CPR"},
      {"oOiI-lL00-1111-0000", "0011-1100-1111-0000"},
      {"7XKQ-2M9D-VH4T-0CP", NULL},
      {"7XKQ-2M9D-VH4T-0CPR7", NULL},
      {"7XKQ-2M9D-VH4T-0CPU", NULL},
      {"7XKQ_2M9D_VH4T_0CPR", NULL},
      {"7XKQ-2M9D-VH4T-0CP\xc3\xa9", NULL},
      {"", NULL},
      {"----", NULL},
      {"nonsense", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char code[CODE_SIZE];
    bool is_code = code_read(rows[i].typed, code);
    if (is_code != (rows[i].code != NULL))
      fail_msg("'%s'", rows[i].typed);
    if (is_code)
      assert_string_equal(code, rows[i].code);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(written), cmocka_unit_test(every_bit), cmocka_unit_test(typed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
