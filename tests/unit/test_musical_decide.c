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
static int decide(const struct row *row, const struct state *state, const struct request *request,
                  struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  struct registration wanted = {.id = "1", .seats = row->seats, .price = 50000, .currency = "KRW"};
  snprintf(wanted.name, sizeof wanted.name, "%s", row->musical ? row->musical : "Frozen");
  switch (row->when) {
  case REGISTER:
    return decide_register(state, &wanted, request, drafts, guard, error);
  case ADJUST:
    return decide_adjust(state, row->seats, request, drafts, guard, error);
  case IMPORT:
    return decide_import(state, &wanted, request, drafts, guard, error);
  default:
    return decide_sales(state, row->when == CLOSE, request, drafts, guard, error);
  }
}

/* Every row of the table. */
static void decisions(void **unused) {
  (void)unused;
  const struct request none = {NULL, NULL};
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

/* The guard covers the musical and all of its seats, and the request. */
static void guards(void **unused) {
  (void)unused;
  const struct request request = {"k1", "adjust musical=1 seats=150"};
  const struct given given[] = {{"MusicalRegistered", REGISTERED}};
  struct state state = fold(given, 1);
  struct op_drafts drafts = {0};
  struct op_guard guard = {0};
  struct op_error error = {0};
  assert_int_equal(decide_adjust(&state, 150, &request, &drafts, &guard, &error), 0);
  const evs_query *query = op_guard_query(&guard);
  assert_int_equal(query->count, 2);
  assert_string_equal(query->items[0].tags[0], "musical:1");
  assert_int_equal(query->items[0].type_count, 6);
  assert_string_equal(query->items[1].tags[0], "request:k1");
  assert_int_equal(query->items[1].type_count, 0);
  assert_non_null(strstr(drafts.items[0].data.ptr, "\"requestId\":\"k1\",\"request\":\"adjust musical=1 seats=150\""));
  op_drafts_free(&drafts);
  op_guard_free(&guard);
}

/* A cancellation gives its seats back under an id and a guard of its own. */
static void release(void **unused) {
  (void)unused;
  const struct cancellation cancellation = {7, "1", "9", 3};
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(decisions), cmocka_unit_test(guards), cmocka_unit_test(release)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
