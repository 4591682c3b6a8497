/* test_lock.c - op_lock(): a lock that is free, one that somebody holds for too long, and what is no file. */
#include "lock.h"
#include "progress.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

/* Two descriptions of one file are two who lock it. */
static void free_or_held(void **unused) {
  (void)unused;
  FILE *file = tmpfile();
  assert_non_null(file);
  char path[32];
  snprintf(path, sizeof path, "/dev/fd/%d", fileno(file));
  FILE *other = fopen(path, "r+");
  assert_non_null(other);
  assert_int_equal(op_lock(fileno(file), LOCK_SH, 0), 0);
  assert_int_equal(op_lock(fileno(other), LOCK_SH, 0), 0);
  int64_t began_ms = op_monotonic_ms();
  assert_int_equal(op_lock(fileno(other), LOCK_EX, 30), ETIMEDOUT);
  assert_true(op_monotonic_ms() - began_ms >= 30);
  assert_int_equal(op_lock(fileno(other), LOCK_EX, 0), ETIMEDOUT);
  fclose(file);
  assert_int_equal(op_lock(fileno(other), LOCK_EX, 0), 0);
  fclose(other);
  assert_int_equal(op_lock(-1, LOCK_EX, 1000), EBADF);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(free_or_held)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
