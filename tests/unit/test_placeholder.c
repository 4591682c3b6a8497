/* test_placeholder.c - texts with placeholders: their pieces, and what is wrong with them. */
#include "placeholder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A text as its pieces: [text], <placeholder>, ! for a lonely brace. */
static void test_pieces(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"", ""},
      {"plain", "[plain]"},
      {"{seats}", "<seats>"},
      {"a {seats} b", "[a ]<seats>[ b]"},
      {"{a}{b}", "<a><b>"},
      {"{}", "<>"},
      {"{{x}}", "[{][x][}]"},
      {"{{{x}}}", "[{]<x>[}]"},
      {"{", "!"},
      {"}", "!"},
      {"a{b", "[a]![b]"},
      {"a}b", "[a]![b]"},
      {"{a{b}", "![a]<b>"},
      {"김{이름}", "[김]<이름>"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char seen[128] = "";
    struct op_piece piece;
    for (const char *at = rows[i][0]; (piece = op_piece_next(&at)).kind != OP_PIECE_END;) {
      size_t used = strlen(seen);
      snprintf(seen + used, sizeof seen - used,
               piece.kind == OP_PIECE_TEXT          ? "[%.*s]"
               : piece.kind == OP_PIECE_PLACEHOLDER ? "<%.*s>"
                                                    : "!",
               (int)piece.len, piece.ptr);
    }
    assert_string_equal(seen, rows[i][1]);
  }
}

/* What is wrong with a text. */
static void test_wrong(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool one_line;
    const char *wrong; /* the beginning of it */
  } rows[] = {
      {"예약 {reservationId}, {musicalName}, {seats}석, {amount} {currency} {reason} {customerName} {customerId} "
       "{offerId} {until} {branchName} {fulfil} {distanceKm}",
       true, NULL},
      {"one\n\ttwo", false, NULL},
      {"{{braces}}", true, NULL},
      {"one\ntwo", true, "one line"},
      {"one\ttwo", true, "one line"},
      {"one\rtwo", false, "a text without"},
      {"one\xe2\x80\xa8two", false, "a text without"},
      {"{seat}", true, "{seat} is no placeholder, did you mean {seats}?"},
      {"{customername}", true, "{customername} is no placeholder, did you mean {customerName}?"},
      {"{whatever}", true,
       "{whatever} is no placeholder; there are {reservationId}, {musicalName}, {seats}, {amount}, {currency}, "
       "{reason}, {customerName}, {customerId}, {offerId}, {until}, {branchName}, {fulfil}, {distanceKm}"},
      {"{}", true, "{} is no placeholder"},
      {"{seats", true, "a brace stands alone"},
      {"seats}", true, "a brace stands alone"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char buf[256];
    const char *wrong = op_template_wrong(rows[i].text, rows[i].one_line, buf, sizeof buf);
    if (rows[i].wrong == NULL) {
      assert_null(wrong);
      continue;
    }
    assert_non_null(wrong);
    assert_memory_equal(wrong, rows[i].wrong, strlen(rows[i].wrong));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_pieces), cmocka_unit_test(test_wrong)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
