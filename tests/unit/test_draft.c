/* test_draft.c - the lists that a decision fills: drafts, guards, and what they look like to libevstore. */
#include "draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A draft keeps what it was given, and shows it as an event. */
static void test_draft_as_event(void **state) {
  (void)state;
  struct op_drafts drafts = {0};
  struct op_draft *draft = op_draft_add(&drafts, "ReservationPlaced", "7", 3);
  op_draft_id(draft, "reservation-placed:%s", "7");
  op_draft_tag(draft, "musical", "1");
  op_draft_tag(draft, "customer", NULL);
  op_draft_tag(draft, "customer", "");
  op_json_begin(&draft->data);
  op_json_number(&draft->data, "seats", 2);
  op_json_end(&draft->data);
  draft->time_us = 1;
  assert_int_equal(draft->tag_count, 1);
  assert_string_equal(draft->tags[0], "musical:1");

  char time[EVS_TIME_SIZE];
  evs_event event;
  op_draft_event(draft, 9, time, &event);
  assert_int_equal(event.seq, 9);
  assert_int_equal(event.causation, 3);
  assert_memory_equal(event.type.ptr, "ReservationPlaced", event.type.len);
  assert_memory_equal(event.id.ptr, "reservation-placed:7", event.id.len);
  assert_memory_equal(event.correlation.ptr, "7", 1);
  assert_memory_equal(event.time.ptr, "1970-01-01T00:00:00.000001Z", event.time.len);
  assert_int_equal(event.data.len, strlen("{\"seats\":2}"));
  assert_memory_equal(event.data.ptr, "{\"seats\":2}", event.data.len);
  op_drafts_free(&drafts);
}

/* A draft without correlation and data. */
static void test_bare_draft(void **state) {
  (void)state;
  struct op_drafts drafts = {0};
  char time[EVS_TIME_SIZE];
  evs_event event;
  op_draft_event(op_draft_add(&drafts, "CustomerForgotten", "", 0), 1, time, &event);
  assert_null(event.correlation.ptr);
  assert_null(event.id.ptr);
  assert_memory_equal(event.data.ptr, "{}", 2);
  op_drafts_free(&drafts);
}

/* Nothing of an earlier attempt shows in the next one. */
static void test_reset(void **state) {
  (void)state;
  struct op_drafts drafts = {0};
  for (int round = 0; round < 3; round++) {
    op_drafts_reset(&drafts);
    assert_int_equal(drafts.count, 0);
    for (int i = 0; i < 20; i++) {
      struct op_draft *draft = op_draft_add(&drafts, "A", "c", 1);
      assert_int_equal(draft->tag_count, 0);
      assert_int_equal(draft->data.len, 0);
      assert_string_equal(draft->id, "");
      assert_int_equal(draft->time_us, 0);
      op_draft_id(draft, "id-%d-%d", round, i);
      op_draft_tag(draft, "t", "v");
      op_json_begin(&draft->data);
      op_json_end(&draft->data);
      draft->time_us = 5;
    }
    assert_int_equal(drafts.count, 20);
    assert_string_equal(drafts.items[19].data.ptr, "{}");
  }
  op_drafts_free(&drafts);
  op_drafts_free(&drafts);
}

/* A guard as a query: types counted, tags joined, absent values leave the tag out. */
static void test_guard(void **state) {
  (void)state;
  static const char *const types[] = {"A", "B", NULL};
  struct op_guard guard = {0};
  assert_null(op_guard_query(&guard)); /* an empty query would match everything */
  op_guard_add(&guard, types, "musical", "1");
  op_guard_add(&guard, NULL, "request", "k");
  op_guard_add(&guard, types, "customer", NULL);
  for (int i = 0; i < 10; i++)
    op_guard_add(&guard, types, "reservation", "9");
  const evs_query *query = op_guard_query(&guard);
  assert_int_equal(query->count, 13);
  assert_int_equal(query->items[0].type_count, 2);
  assert_string_equal(query->items[0].types[1], "B");
  assert_int_equal(query->items[0].tag_count, 1);
  assert_string_equal(query->items[0].tags[0], "musical:1");
  assert_null(query->items[0].correlation);
  assert_int_equal(query->items[1].type_count, 0);
  assert_string_equal(query->items[1].tags[0], "request:k");
  assert_int_equal(query->items[2].tag_count, 0);
  assert_string_equal(query->items[12].tags[0], "reservation:9");
  op_guard_reset(&guard);
  assert_null(op_guard_query(&guard));
  op_guard_free(&guard);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_draft_as_event),
      cmocka_unit_test(test_bare_draft),
      cmocka_unit_test(test_reset),
      cmocka_unit_test(test_guard),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
