/* filter.c - TEST_FILTER='each_sync*' build/unit/test_store_fault runs only the tests of that name; * and ? stand for
 * what they stand for in a shell. Linked with every unit test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Before main(). */
__attribute__((constructor)) static void set_filter(void) {
  const char *filter = getenv("TEST_FILTER");
  if (filter != NULL)
    cmocka_set_test_filter(filter);
}
