/* test_journal_parking.c - given what happened to an event at a consumer, when it fails, works, or an operator decides,
 * then this event, this refusal, or nothing; and the parts of a consumer, which must stay the same for ever. */
#include "cmd/op-journal/parking.h"
#include "cmd/op-journal/part.h"
#include "cmd/op-journal/parts.h"
#include "given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ABOUT "{\"consumer\":\"c\",\"seq\":7,\"eventType\":\"Note\""
#define TRIED(n)                                                                                                       \
  { "ConsumerAttemptFailed", ABOUT ",\"attempts\":" #n ",\"reason\":\"exited 3\"}" }
#define PARKED                                                                                                         \
  { "ConsumerEventParked", ABOUT ",\"attempts\":3,\"reason\":\"exited 3\"}" }
#define HELD                                                                                                           \
  { "ConsumerEventParked", ABOUT ",\"attempts\":0,\"reason\":\"behind event 5\",\"behind\":5}" }
#define TRIED_AT                                                                                                       \
  { "ConsumerAttemptFailed", ABOUT ",\"attempts\":1,\"reason\":\"exited 3\",\"retryAt\":\"2031-01-01T00:00:01Z\"}" }
#define NOW_US INT64_C(1924992000000000) /* 2031-01-01 */
#define RETRIED                                                                                                        \
  { "ConsumerEventRetried", ABOUT "}" }
#define DROPPED                                                                                                        \
  { "ConsumerEventDropped", ABOUT "}" }
#define DELIVERED                                                                                                      \
  { "ConsumerEventDelivered", ABOUT "}" }

struct given {
  const char *type, *data;
};

enum when { FAILS, WORKS, RETRY, DROP };

static const struct row {
  const char *name;
  struct given given[6]; /* seqs 11, 12, 13 ... */
  enum item_state state;
  enum when when;
  const char *then; /* the type; "" : nothing; else the code of a refusal */
  const char *part; /* of its data, or of its id */
} rows[] = {
    {"a first failure",
     {{0}},
     ITEM_NEW,
     FAILS,
     "ConsumerAttemptFailed",
     "\"attempts\":1,\"reason\":\"exited 4\",\"retryAt\":\""},
    {"a second failure", {TRIED(1)}, ITEM_FAILING, FAILS, "ConsumerAttemptFailed", "\"attempts\":2,"},
    {"the last failure", {TRIED(1), TRIED(2)}, ITEM_FAILING, FAILS, "ConsumerEventParked", "\"attempts\":3,"},
    {"more attempts than are allowed now", {TRIED(9)}, ITEM_FAILING, FAILS, "ConsumerEventParked", "\"attempts\":10,"},
    {"what never failed works", {{0}}, ITEM_NEW, WORKS, "", ""},
    {"what failed works", {TRIED(2)}, ITEM_FAILING, WORKS, "ConsumerEventDelivered", ABOUT "}"},
    {"attempts begin anew", {TRIED(2), DELIVERED}, ITEM_DELIVERED, FAILS, "ConsumerAttemptFailed", "\"attempts\":1,"},
    {"parked", {PARKED}, ITEM_PARKED, RETRY, "ConsumerEventRetried", ABOUT ",\"reason\":\"exited 3\"}"},
    {"brought back twice", {PARKED, RETRIED}, ITEM_RETRIED, RETRY, "", ""},
    {"brought back, fails", {PARKED, RETRIED}, ITEM_RETRIED, FAILS, "ConsumerAttemptFailed", "\"attempts\":1,"},
    {"brought back, failed",
     {PARKED, RETRIED, TRIED(2)},
     ITEM_RETRIED,
     FAILS,
     "ConsumerEventParked",
     "\"attempts\":3,"},
    {"brought back, works", {PARKED, RETRIED}, ITEM_RETRIED, WORKS, "ConsumerEventDelivered", ABOUT "}"},
    {"held: not to be brought back", {HELD}, ITEM_HELD, RETRY, "parked_behind", ""},
    {"held, works when its turn comes", {HELD}, ITEM_HELD, WORKS, "ConsumerEventDelivered", ABOUT "}"},
    {"held, failed when its turn came", {HELD, TRIED(1)}, ITEM_HELD, FAILS, "ConsumerAttemptFailed", "\"attempts\":2,"},
    {"held, parked itself", {HELD, PARKED}, ITEM_PARKED, RETRY, "ConsumerEventRetried", ABOUT ",\"reason\":"},
    {"held, given up", {HELD}, ITEM_HELD, DROP, "ConsumerEventDropped", ABOUT ",\"reason\":\"behind event 5\"}"},
    {"given up twice", {PARKED, DROPPED}, ITEM_DROPPED, DROP, "", ""},
    {"given up, brought back", {PARKED, DROPPED}, ITEM_DROPPED, RETRY, "not_parked", ""},
    {"new, brought back", {{0}}, ITEM_NEW, RETRY, "not_parked", ""},
    {"failing, given up", {TRIED(1)}, ITEM_FAILING, DROP, "ConsumerEventDropped", ABOUT ",\"reason\":\"exited 3\"}"},
    {"failing, given at once", {TRIED(1)}, ITEM_FAILING, RETRY, "ConsumerEventRetried", ABOUT ",\"reason\":"},
    {"done, brought back", {PARKED, RETRIED, DELIVERED}, ITEM_DELIVERED, RETRY, "not_parked", ""},
    {"odd attempts count nothing",
     {{"ConsumerAttemptFailed", "{\"consumer\":\"c\",\"seq\":7,\"attempts\":-5}"}},
     ITEM_FAILING,
     FAILS,
     "ConsumerAttemptFailed",
     "\"attempts\":1,"},
};

/* Folds the events; *ret_last is the seq of the last one. */
static struct item fold(const struct given *given, size_t count, uint64_t *ret_last) {
  const evs_event note = given_event(7, "Note", 0, "{}");
  struct item item;
  *ret_last = 0;
  item_begin(&item, "c", &note);
  for (size_t i = 0; i < count && given[i].type; i++) {
    *ret_last = 11 + i;
    const evs_event event = given_event(*ret_last, given[i].type, 7, given[i].data);
    char consumer[EVS_MAX_CONSUMER + 1];
    uint64_t seq = 0;
    assert_true(item_of(&event, consumer, &seq));
    assert_string_equal(consumer, "c");
    assert_int_equal(seq, 7);
    assert_true(is_bookkeeping(&event));
    item_apply(&item, &event);
  }
  return item;
}

/* Every row of the table. */
static void deciding(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *row = &rows[i];
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    uint64_t last = 0;
    char id[64];
    int code = OP_OK;
    print_message("%s\n", row->name);
    struct item item = fold(row->given, sizeof row->given / sizeof row->given[0], &last);
    assert_int_equal(item.state, row->state);
    if (row->when == FAILS)
      decide_failed(&item, &(struct attempt){"exited 4", 3, NOW_US, 0}, &drafts, &guard);
    else if (row->when == WORKS)
      decide_delivered(&item, &drafts, &guard);
    else
      code = decide_retry(&item, row->when == DROP, &(struct op_request){0}, &drafts, &guard, &error);
    bool drafted = row->then[0] >= 'A' && row->then[0] <= 'Z';
    assert_int_equal(drafts.count, drafted);
    assert_int_equal(code, drafted || !row->then[0] ? OP_OK : OP_REFUSED);
    if (code)
      assert_string_equal(error.code, row->then);
    if (drafted) {
      const struct op_draft *draft = &drafts.items[0];
      snprintf(id, sizeof id, "consumer-event:c:7:%d", (int)last);
      assert_string_equal(draft->id, id);
      assert_string_equal(draft->type, row->then);
      assert_string_equal(draft->correlation, "1");
      assert_int_equal(draft->causation, 7);
      assert_non_null(strstr(draft->data.ptr, row->part));
      assert_string_equal(op_guard_query(&guard)->items[0].tags[0], "consumer:c");
    }
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* What it says of why. */
static void holding(void **unused) {
  (void)unused;
  uint64_t last = 0;
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct item item = fold(NULL, 0, &last);
  decide_held(&item, 5, &drafts, &guard);
  assert_string_equal(drafts.items[0].data.ptr, ABOUT ",\"attempts\":0,\"reason\":\"behind event 5\",\"behind\":5}");
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* The time of the next attempt: drawn up to the bound of the back-off, folded, and gone with what comes after. */
static void times(void **unused) {
  (void)unused;
  static const struct {
    int64_t attempts;
    uint64_t random;
    const char *retry_at;
  } table[] = {{0, 0, "2031-01-01T00:00:00.001000Z"},
               {0, UINT64_MAX, "2031-01-01T00:00:05.000000Z"},
               {2, UINT64_MAX, "2031-01-01T00:00:20.000000Z"},
               {20, UINT64_MAX, "2031-01-01T00:10:00.000000Z"}};
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    uint64_t last = 0;
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct item item = fold(NULL, 0, &last);
    item.attempts = table[i].attempts;
    decide_failed(&item, &(struct attempt){"exited 3", 99, NOW_US, table[i].random}, &drafts, &guard);
    assert_non_null(strstr(drafts.items[0].data.ptr, table[i].retry_at));
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
  uint64_t last = 0;
  static const struct given given[] = {TRIED_AT, PARKED, RETRIED};
  assert_int_equal(fold(given, 1, &last).retry_us, NOW_US + 1000000);
  assert_int_equal(fold(given, 2, &last).retry_us, 0);
  assert_int_equal(fold(given, 3, &last).retry_us, 0);
}

/* Events that are about no item of ours. */
static void odd_events(void **unused) {
  (void)unused;
  char consumer[EVS_MAX_CONSUMER + 1];
  uint64_t seq = 0;
  static const char *const odd[] = {"{}",
                                    "{\"consumer\":\"c\"}",
                                    "{\"consumer\":\"c\",\"seq\":0}",
                                    "{\"consumer\":\"c\",\"seq\":9}",
                                    "{\"consumer\":\"\",\"seq\":1}",
                                    "{\"consumer\":1,\"seq\":\"x\"}"};
  for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
    const evs_event event = given_event(9, "ConsumerEventParked", 0, odd[i]);
    assert_false(item_of(&event, consumer, &seq));
  }
  const evs_event note = given_event(1, "Note", 0, "{}");
  assert_false(is_bookkeeping(&note));
}

/* ---- parts ------------------------------------------------------------------------------------------------------ */

/* Where correlations go. A change here loses events for whoever upgrades while a group runs. */
static void part_numbers(void **unused) {
  (void)unused;
  static const struct {
    const char *correlation;
    unsigned of, number;
  } golden[] = {{"", 4, 1},  {"1", 1, 1}, {"1", 2, 1},      {"2", 2, 2},
                {"3", 2, 2}, {"1", 5, 3}, {"김철수", 7, 6}, {"vip-7", 1000, 566}};
  for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
    print_message("%s of %u: %u\n", golden[i].correlation, golden[i].of,
                  part_number(golden[i].correlation, golden[i].of));
    assert_int_equal(part_number(golden[i].correlation, golden[i].of), golden[i].number);
  }
  unsigned counts[8] = {0};
  for (int i = 1; i <= 8000; i++) {
    char id[16];
    snprintf(id, sizeof id, "%d", i);
    counts[part_number(id, 8) - 1]++;
  }
  for (size_t i = 0; i < 8; i++)
    assert_in_range(counts[i], 900, 1100);
  assert_true(part_has((struct part){0, 0}, "1"));
}

/* NAME.K-of-N and back. */
static void part_names(void **unused) {
  (void)unused;
  char name[EVS_MAX_CONSUMER + 1], long_name[EVS_MAX_CONSUMER + 1];
  struct part part;
  assert_true(part_parse("2/3", &part) && part.number == 2 && part.of == 3);
  assert_true(part_name("kakao", part, name));
  assert_string_equal(name, "kakao.2-of-3");
  static const struct {
    const char *name, *consumer;
    unsigned number, of;
  } names[] = {{"kakao.2-of-3", "kakao", 2, 3},
               {"kakao", "kakao", 0, 0},
               {"a.b.1-of-1", "a.b", 1, 1},
               {"kakao.3-of-2", "kakao.3-of-2", 0, 0},
               {"kakao.0-of-2", "kakao.0-of-2", 0, 0},
               {"kakao.01-of-2", "kakao.01-of-2", 0, 0},
               {"kakao.1-of-2x", "kakao.1-of-2x", 0, 0},
               {"1-of-2", "1-of-2", 0, 0}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    part = part_of_name(names[i].name, name);
    assert_string_equal(name, names[i].consumer);
    assert_int_equal(part.number, names[i].number);
    assert_int_equal(part.of, names[i].of);
  }
  memset(long_name, 'c', EVS_MAX_CONSUMER);
  long_name[EVS_MAX_CONSUMER] = '\0';
  assert_true(part_name(long_name, (struct part){0, 0}, name));
  assert_false(part_name(long_name, (struct part){1, 2}, name));
}

/* Who may begin with which parts. */
static void using_parts(void **unused) {
  (void)unused;
  static const struct {
    int recorded;
    bool known;
    unsigned parts;
    int then; /* 0: nothing; 1: said in the journal; -1: refused */
  } uses[] = {{-1, false, 0, 0}, {-1, true, 0, 0},  {-1, false, 2, 1}, {-1, true, 2, -1}, {2, false, 2, 0},
              {2, true, 2, 0},   {2, false, 3, -1}, {2, false, 0, -1}, {0, true, 0, 0},   {0, true, 2, -1}};
  for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    int code = decide_parts_use("c", uses[i].recorded, uses[i].known, uses[i].parts, &drafts, &guard, &error);
    assert_int_equal(code, uses[i].then < 0 ? OP_REFUSED : OP_OK);
    assert_int_equal(drafts.count, uses[i].then > 0);
    assert_int_equal(guard.count, uses[i].then > 0);
    if (code)
      assert_string_equal(error.code, "parts_differ");
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(deciding),    cmocka_unit_test(holding),      cmocka_unit_test(times),
      cmocka_unit_test(odd_events),  cmocka_unit_test(part_numbers), cmocka_unit_test(part_names),
      cmocka_unit_test(using_parts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
