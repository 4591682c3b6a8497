/* test_musical_decide.c - given a musical, when op-musical decides, then this event and no other, or this refusal. */
#include "cmd/op-musical/decide.h"
#include "cmd/op-musical/state.h"
#include "given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REGISTERED "{\"musicalId\":\"1\",\"name\":\"Frozen\",\"seats\":100,\"price\":50000,\"currency\":\"KRW\"}"
#define PLACED(seats) "{\"reservationId\":\"9\",\"musicalId\":\"1\",\"seats\":" #seats "}"

struct given {
  const char *type, *data;
};

enum command { REGISTER, ADJUST, CLOSE, OPEN, IMPORT };

struct row {
  const char *name;
  struct given given[4];
  enum command when;
  int64_t seats;       /* of register, adjust and import */
  const char *musical; /* its name, for register and import; NULL: Frozen */
  const char *then;    /* the type of the event, "" for nothing, else the code of the refusal */
  const char *data;    /* a part of the event's data, or NULL */
  uint64_t causation;  /* of the event */
};

static const struct row rows[] = {
    {"a new musical is registered",
     {{0}},
     REGISTER,
     100,
     NULL,
     "MusicalRegistered",
     "{\"musicalId\":\"1\",\"name\":\"Frozen\",\"seats\":100,\"price\":50000,\"currency\":\"KRW\"}",
     0},
    {"the same registration again is nothing", {{"MusicalRegistered", REGISTERED}}, REGISTER, 100, NULL, "", NULL, 0},
    {"the first registration again is nothing after an adjustment",
     {{"MusicalRegistered", REGISTERED}, {"MusicalSeatsAdjusted", "{\"musicalId\":\"1\",\"seats\":120}"}},
     REGISTER,
     100,
     NULL,
     "",
     NULL,
     0},
    {"other seats are another musical", {{"MusicalRegistered", REGISTERED}}, REGISTER, 101, NULL, "id_taken", NULL, 0},
    {"another name is another musical",
     {{"MusicalRegistered", REGISTERED}},
     REGISTER,
     100,
     "Cats",
     "id_taken",
     NULL,
     0},
    {"seats are adjusted upwards",
     {{"MusicalRegistered", REGISTERED}},
     ADJUST,
     150,
     NULL,
     "MusicalSeatsAdjusted",
     "{\"musicalId\":\"1\",\"seats\":150,\"previousSeats\":100}",
     1},
    {"seats are adjusted down to what is held",
     {{"MusicalRegistered", REGISTERED}, {"ReservationPlaced", PLACED(40)}},
     ADJUST,
     40,
     NULL,
     "MusicalSeatsAdjusted",
     "\"seats\":40,\"previousSeats\":100",
     1},
    {"and not below",
     {{"MusicalRegistered", REGISTERED}, {"ReservationPlaced", PLACED(40)}},
     ADJUST,
     39,
     NULL,
     "seats_held",
     NULL,
     0},
    {"a cancellation alone frees nothing",
     {{"MusicalRegistered", REGISTERED}, {"ReservationPlaced", PLACED(40)}, {"ReservationCancelled", PLACED(40)}},
     ADJUST,
     39,
     NULL,
     "seats_held",
     NULL,
     0},
    {"a release does",
     {{"MusicalRegistered", REGISTERED}, {"ReservationPlaced", PLACED(40)}, {"SeatsReleased", PLACED(40)}},
     ADJUST,
     39,
     NULL,
     "MusicalSeatsAdjusted",
     NULL,
     1},
    {"adjusting to what it has is nothing", {{"MusicalRegistered", REGISTERED}}, ADJUST, 100, NULL, "", NULL, 0},
    {"there is nothing to adjust", {{0}}, ADJUST, 100, NULL, "no_such_musical", NULL, 0},
    {"sales are closed",
     {{"MusicalRegistered", REGISTERED}},
     CLOSE,
     0,
     NULL,
     "MusicalSalesClosed",
     "{\"musicalId\":\"1\"}",
     1},
    {"closing twice is nothing",
     {{"MusicalRegistered", REGISTERED}, {"MusicalSalesClosed", "{\"musicalId\":\"1\"}"}},
     CLOSE,
     0,
     NULL,
     "",
     NULL,
     0},
    {"sales are opened again",
     {{"MusicalRegistered", REGISTERED}, {"MusicalSalesClosed", "{\"musicalId\":\"1\"}"}},
     OPEN,
     0,
     NULL,
     "MusicalSalesOpened",
     "{\"musicalId\":\"1\"}",
     2},
    {"opening what is open is nothing", {{"MusicalRegistered", REGISTERED}}, OPEN, 0, NULL, "", NULL, 0},
    {"there is nothing to close", {{0}}, CLOSE, 0, NULL, "no_such_musical", NULL, 0},
    {"an import registers", {{0}}, IMPORT, 100, NULL, "MusicalRegistered", NULL, 0},
    {"an import adjusts",
     {{"MusicalRegistered", REGISTERED}},
     IMPORT,
     120,
     NULL,
     "MusicalSeatsAdjusted",
     "\"seats\":120,\"previousSeats\":100",
     1},
    {"an import leaves alone what is right", {{"MusicalRegistered", REGISTERED}}, IMPORT, 100, NULL, "", NULL, 0},
    {"an import renames nothing", {{"MusicalRegistered", REGISTERED}}, IMPORT, 100, "Cats", "id_taken", NULL, 0},
    {"an import takes no held seats",
     {{"MusicalRegistered", REGISTERED}, {"ReservationPlaced", PLACED(40)}},
     IMPORT,
     39,
     NULL,
     "seats_held",
     NULL,
     0},
};

/* Folds the events with the seqs 1, 2, 3 ... */
static struct state fold(const struct given *given, size_t count) {
  struct state state = {.id = "1"};
  for (size_t i = 0; i < count && given[i].type; i++) {
    evs_event event = given_event(i + 1, given[i].type, 0, given[i].data);
    state_apply(&state, &event);
  }
  return state;
}

/* Decides as the row says. */
static int decide(const struct row *row, const struct state *state, const struct op_request *request,
                  struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  struct registration wanted = {.id = "1", .seats = row->seats, .price = 50000, .currency = "KRW"};
  snprintf(wanted.name, sizeof wanted.name, "%s", row->musical ? row->musical : "Frozen");
  switch (row->when) {
  case REGISTER:
    return decide_register(state, &wanted, request, drafts, guard, error);
  case ADJUST:
    return decide_adjust(state, "", row->seats, request, drafts, guard, error);
  case IMPORT:
    return decide_import(state, &wanted, request, drafts, guard, error);
  default:
    return decide_sales(state, row->when == CLOSE, request, drafts, guard, error);
  }
}

/* Every row of the table. */
static void decisions(void **unused) {
  (void)unused;
  const struct op_request none = {NULL, NULL};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *row = &rows[i];
    struct state state = fold(row->given, sizeof row->given / sizeof row->given[0]);
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    print_message("%s\n", row->name);
    int code = decide(row, &state, &none, &drafts, &guard, &error);
    if (code != 0) {
      assert_int_equal(code, OP_REFUSED);
      assert_string_equal(error.code, row->then);
      assert_int_equal(drafts.count, 0);
    } else {
      assert_int_equal(drafts.count, row->then[0] ? 1 : 0);
      assert_int_equal(guard.count > 0, drafts.count > 0);
    }
    if (drafts.count == 1) {
      assert_string_equal(drafts.items[0].type, row->then);
      assert_string_equal(drafts.items[0].correlation, "musical:1");
      assert_int_equal(drafts.items[0].causation, row->causation);
      if (row->data)
        assert_non_null(strstr(drafts.items[0].data.ptr, row->data));
    }
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* Where nothing is to be done, a request is remembered by an event that changes nothing. */
static void remembered(void **unused) {
  (void)unused;
  const struct op_request request = {"k1", "as it is"};
  size_t seen = 0;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct row *row = &rows[i];
    struct state state = fold(row->given, sizeof row->given / sizeof row->given[0]);
    struct op_musical before = state.musical;
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    if (row->then[0])
      continue;
    print_message("%s\n", row->name);
    assert_int_equal(decide(row, &state, &request, &drafts, &guard, &error), OP_OK);
    if (row->when == IMPORT) { /* it is one of many: the import does it once for all */
      assert_int_equal(drafts.count, 0);
      decide_unchanged(&state, &request, &drafts, &guard);
    }
    assert_int_equal(drafts.count, 1);
    assert_non_null(strstr(drafts.items[0].data.ptr, "\"requestId\":\"k1\",\"request\":\"as it is\"}"));
    assert_string_equal(drafts.items[0].tags[drafts.items[0].tag_count - 1], "request:k1");
    char time[EVS_TIME_SIZE];
    evs_event event;
    op_draft_event(&drafts.items[0], 9, time, &event);
    state_apply(&state, &event);
    assert_int_equal(state.musical.defined_by, 9);
    before.defined_by = 9;
    assert_memory_equal(&state.musical, &before, sizeof before);
    seen++;
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
  assert_true(seen >= 5);
}

/* The guard covers the musical and all of its seats, and the request. */
static void guards(void **unused) {
  (void)unused;
  const struct op_request request = {"k1", "adjust musical=1 seats=150"};
  const struct given given[] = {{"MusicalRegistered", REGISTERED}};
  struct state state = fold(given, 1);
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct op_error error = {0};
  assert_int_equal(decide_adjust(&state, "", 150, &request, &drafts, &guard, &error), 0);
  const evs_query *query = op_guard_query(&guard);
  assert_int_equal(query->count, 2);
  assert_string_equal(query->items[0].tags[0], "musical:1");
  assert_int_equal(query->items[0].type_count, 12);
  assert_string_equal(query->items[1].tags[0], "request:k1");
  assert_int_equal(query->items[1].type_count, 0);
  assert_non_null(strstr(drafts.items[0].data.ptr, "\"requestId\":\"k1\",\"request\":\"adjust musical=1 seats=150\""));
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* ---- grades ----------------------------------------------------------------------------------------------------- */

#define GRADES(vip_seats, vip_price)                                                                                   \
  "[{\"grade\":\"VIP\",\"seats\":" #vip_seats ",\"price\":" #vip_price "},{\"grade\":\"R\",\"seats\":60,\"price\":90}" \
  "]"
#define GRADED                                                                                                         \
  "{\"musicalId\":\"1\",\"name\":\"Cats\",\"seats\":80,\"currency\":\"KRW\",\"grades\":" GRADES(20, 150) "}"
#define PLACED_VIP(seats) "{\"reservationId\":\"9\",\"musicalId\":\"1\",\"seats\":" #seats ",\"grade\":\"VIP\"}"
#define NO_GRADES "{\"musicalId\":\"1\",\"name\":\"Cats\",\"seats\":80,\"currency\":\"KRW\"}"

/* Given a musical, when a catalogue wants these grades (NULL: none) and limit, then these events, or this refusal. */
static const struct grade_row {
  const char *name;
  struct given given[3];
  const char *grades;
  int64_t limit;
  const char *then[3]; /* types, or the code of the refusal */
  const char *data;    /* a part of the first event's data, or the refusal's message */
} grade_rows[] = {
    {"a new musical",
     {{0}},
     GRADES(20, 150),
     0,
     {"MusicalRegistered"},
     "\"seats\":80,\"currency\":\"KRW\",\"grades\":" GRADES(20, 150)},
    {"nothing new", {{"MusicalRegistered", GRADED}}, GRADES(20, 150), 0, {0}, NULL},
    {"the order says nothing",
     {{"MusicalRegistered", GRADED}},
     "[{\"grade\":\"R\",\"seats\":60,\"price\":90},{\"grade\":\"VIP\",\"seats\":20,\"price\":150}]",
     0,
     {0},
     NULL},
    {"more seats of one",
     {{"MusicalRegistered", GRADED}},
     GRADES(24, 150),
     0,
     {"MusicalSeatsAdjusted"},
     "\"seats\":84,\"previousSeats\":80,\"grades\":" GRADES(24, 150)},
    {"another price of one",
     {{"MusicalRegistered", GRADED}},
     GRADES(20, 160),
     0,
     {"MusicalRevised"},
     "{\"musicalId\":\"1\",\"grades\":" GRADES(20, 160) "}"},
    {"both: the seats at the old price first",
     {{"MusicalRegistered", GRADED}},
     GRADES(24, 160),
     0,
     {"MusicalSeatsAdjusted", "MusicalRevised"},
     GRADES(24, 150)},
    {"a limit", {{"MusicalRegistered", GRADED}}, GRADES(20, 150), 4, {"MusicalRevised"}, "\"maxPerCustomer\":4"},
    {"a grade down to what is held",
     {{"MusicalRegistered", GRADED}, {"ReservationPlaced", PLACED_VIP(7)}},
     GRADES(7, 150),
     0,
     {"MusicalSeatsAdjusted"},
     NULL},
    {"and not below",
     {{"MusicalRegistered", GRADED}, {"ReservationPlaced", PLACED_VIP(7)}},
     GRADES(6, 150),
     0,
     {"seats_held"},
     "musical 1, grade VIP: 6 seats asked, 7 are held"},
    {"a grade that goes",
     {{"MusicalRegistered", GRADED}},
     "[{\"grade\":\"R\",\"seats\":60,\"price\":90}]",
     0,
     {"MusicalSeatsAdjusted"},
     "\"seats\":60,\"previousSeats\":80,\"grades\":[{\"grade\":\"R\",\"seats\":60,\"price\":90}]"},
    {"but not with its seats held",
     {{"MusicalRegistered", GRADED}, {"ReservationPlaced", PLACED_VIP(7)}},
     "[{\"grade\":\"R\",\"seats\":60,\"price\":90}]",
     0,
     {"seats_held"},
     "musical 1, grade VIP: 0 seats asked, 7 are held"},
    {"seats released go on counting",
     {{"MusicalRegistered", GRADED}, {"ReservationPlaced", PLACED_VIP(7)}, {"SeatsReleased", PLACED_VIP(7)}},
     "[{\"grade\":\"R\",\"seats\":60,\"price\":90}]",
     0,
     {"MusicalSeatsAdjusted"},
     NULL},
    {"all grades go",
     {{"MusicalRegistered", GRADED}},
     NULL,
     0,
     {"MusicalSeatsAdjusted"},
     "\"seats\":80,\"previousSeats\":80,\"grades\":[]"},
    {"grades come", {{"MusicalRegistered", NO_GRADES}}, GRADES(20, 150), 0, {"MusicalSeatsAdjusted"}, GRADES(20, 150)},
    {"but not where seats are held",
     {{"MusicalRegistered", NO_GRADES}, {"ReservationPlaced", PLACED(7)}},
     GRADES(20, 150),
     0,
     {"seats_held"},
     "musical 1: grades asked, 7 seats are held without a grade"},
};

/* Every row. */
static void grades(void **unused) {
  (void)unused;
  const struct op_request none = {NULL, NULL};
  for (size_t i = 0; i < sizeof grade_rows / sizeof grade_rows[0]; i++) {
    const struct grade_row *row = &grade_rows[i];
    struct state state = fold(row->given, sizeof row->given / sizeof row->given[0]);
    struct registration wanted = {
        .id = "1", .name = "Cats", .seats = 80, .price = -1, .currency = "KRW", .max_per_customer = row->limit};
    struct op_drafts drafts = {0};
    struct op_guard guard = {0};
    struct op_error error = {0};
    if (row->grades) {
      op_grades_read(row->grades, strlen(row->grades), &wanted.grades);
      wanted.seats = op_grades_seats(&wanted.grades);
    }
    print_message("%s\n", row->name);
    if (decide_import(&state, &wanted, &none, &drafts, &guard, &error) != 0) {
      assert_string_equal(error.code, row->then[0]);
      assert_string_equal(error.message, row->data);
    } else {
      for (size_t j = 0; j < drafts.count; j++)
        assert_string_equal(drafts.items[j].type, row->then[j]);
      assert_null(row->then[drafts.count]);
      if (row->data)
        assert_non_null(strstr(drafts.items[0].data.ptr, row->data));
      /* What was drafted is what was wanted. */
      for (size_t j = 0; j < drafts.count; j++) {
        char time[EVS_TIME_SIZE];
        evs_event event;
        op_draft_event(&drafts.items[j], 10 + j, time, &event);
        state_apply(&state, &event);
      }
      op_drafts_reset(&drafts);
      assert_int_equal(decide_import(&state, &wanted, &none, &drafts, &guard, &error), 0);
      assert_int_equal(drafts.count, 0);
    }
    op_drafts_free(&drafts);
    op_guard_free(&guard);
  }
}

/* One grade is adjusted by its name. */
static void adjusting_a_grade(void **unused) {
  (void)unused;
  const struct op_request none = {NULL, NULL};
  const struct given given[] = {{"MusicalRegistered", GRADED}, {"ReservationPlaced", PLACED_VIP(7)}};
  struct state state = fold(given, 2);
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct op_error error = {0};
  assert_int_equal(decide_adjust(&state, "VIP", 7, &none, &drafts, &guard, &error), 0);
  assert_non_null(strstr(drafts.items[0].data.ptr, "\"seats\":67,\"previousSeats\":80,\"grades\":" GRADES(7, 150)));
  assert_int_equal(decide_adjust(&state, "VIP", 6, &none, &drafts, &guard, &error), OP_REFUSED);
  assert_string_equal(error.code, "seats_held");
  assert_int_equal(decide_adjust(&state, "", 90, &none, &drafts, &guard, &error), OP_REFUSED);
  assert_string_equal(error.code, "grade_required");
  assert_int_equal(decide_adjust(&state, "S", 90, &none, &drafts, &guard, &error), OP_REFUSED);
  assert_string_equal(error.code, "no_such_grade");
  op_drafts_reset(&drafts);
  assert_int_equal(decide_adjust(&state, "R", 60, &none, &drafts, &guard, &error), 0);
  assert_int_equal(drafts.count, 0);
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* A cancellation gives its seats back under an id and a guard of its own. */
static void release(void **unused) {
  (void)unused;
  const struct cancellation cancellation = {7, "1", "9", 3, ""};
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  decide_release(&cancellation, &drafts, &guard);
  assert_int_equal(drafts.count, 1);
  assert_string_equal(drafts.items[0].id, "seats-released:7");
  assert_string_equal(drafts.items[0].correlation, "9");
  assert_int_equal(drafts.items[0].causation, 7);
  assert_string_equal(drafts.items[0].data.ptr, "{\"musicalId\":\"1\",\"reservationId\":\"9\",\"seats\":3}");
  assert_string_equal(op_guard_query(&guard)->items[0].tags[0], "reservation:9");
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(decisions), cmocka_unit_test(remembered),        cmocka_unit_test(guards),
      cmocka_unit_test(grades),    cmocka_unit_test(adjusting_a_grade), cmocka_unit_test(release)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
