/* test_pay_holder.c - who is gone, and who only may be. */
#include "cmd/op-pay/holder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* We are here; a child is, until it ends; nobody knows about others. */
static void processes(void **state) {
  char name[PAY_MAX_HOLDER], again[PAY_MAX_HOLDER], child[PAY_MAX_HOLDER] = "";
  int ends[2], hold[2];
  (void)state;
  holder_name(name);
  holder_name(again);
  assert_string_equal(name, again);
  assert_false(holder_is_gone(name));
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(pipe(hold), 0);
  pid_t pid = fork();
  if (pid == 0) {
    holder_name(child);
    char byte;
    _exit(write(ends[1], child, sizeof child) == (ssize_t)sizeof child && read(hold[0], &byte, 1) == 1 ? 0 : 1);
  }
  assert_true(pid > 0);
  assert_int_equal(read(ends[0], child, sizeof child), sizeof child);
  assert_string_not_equal(name, child);
  assert_false(holder_is_gone(child));
  assert_int_equal(write(hold[1], "x", 1), 1);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  assert_true(holder_is_gone(child));
  child[0] = child[0] == '0' ? '1' : '0'; /* another machine */
  assert_false(holder_is_gone(child));
}

/* Names of anyone. */
static void odd_names(void **state) {
  static const char *const odd[] = {"", "x", "0123456789abcdef", "00000000-1-1x", "00000000--1-1", "00000000-1"};
  (void)state;
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
    assert_false(holder_is_gone(odd[i]));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(processes), cmocka_unit_test(odd_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
