/* decide.c - the decisions about musicals, see decide.h.
 *
 * Invariants: an id names one musical for ever; the capacity, of each grade and of all, never falls below the seats
 * that are held; a cancellation gives its seats back once. Each rests on the guard that is drafted beside the event. */
#include "decide.h"

#include <inttypes.h>
#include <string.h>

/* Refuses a command about a musical that is not there. */
int no_such_musical(const char *id, struct op_error *error) {
  op_fail(error, OP_REFUSED, "no_such_musical", "musical %s: there is no such musical", id);
  op_error_text(error, "musicalId", id);
  return error->exit_code;
}

/* Begins an event about the musical and the guard that goes with it. */
static struct op_draft *draft_begin(const struct state *state, const char *type, struct op_drafts *drafts,
                                    struct op_guard *guard) {
  char correlation[OP_MAX_ID + sizeof OP_TAG_MUSICAL + 1];
  snprintf(correlation, sizeof correlation, OP_TAG_MUSICAL ":%s", state->id);
  struct op_draft *draft = op_draft_add(drafts, type, correlation, state->musical.defined_by);
  op_draft_tag(draft, OP_TAG_MUSICAL, state->id);
  op_guard_add(guard, op_musical_types, OP_TAG_MUSICAL, state->id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "musicalId", state->id);
  return draft;
}

/* Ends an event: it remembers its request, and a second event of this request is made impossible. */
static void draft_end(struct op_draft *draft, const struct op_request *request, struct op_guard *guard) {
  op_draft_request(draft, request->key, request->text, guard);
  op_json_end(&draft->data);
}

/* Adds a member of text that may be absent. */
static void optional_text(struct op_text *data, const char *key, const char *value) {
  if (value[0])
    op_json_string(data, key, value);
}

/* Is it the same musical, whatever is said about it? */
static bool same_musical(const struct op_musical *have, const struct registration *wanted) {
  return strcmp(have->name, wanted->name) == 0 && strcmp(have->currency, wanted->currency) == 0;
}

/* Is the same said about it, but for its seats and the prices of its grades? */
static bool same_description(const struct op_musical *have, const struct registration *wanted) {
  return have->price == wanted->price && strcmp(have->venue, wanted->venue) == 0 &&
         strcmp(have->starts_at, wanted->starts_at) == 0 && strcmp(have->sales_open, wanted->sales_open) == 0 &&
         strcmp(have->sales_close, wanted->sales_close) == 0 && have->max_per_customer == wanted->max_per_customer;
}

/* Has every grade that stays the price that is wanted? */
static bool same_prices(const struct op_grades *have, const struct op_grades *wanted) {
  bool same = true;
  for (size_t i = 0; i < have->count && same; i++) {
    const struct op_grade *other = op_grades_find(wanted, have->items[i].name);
    same = !other || other->price == have->items[i].price;
  }
  return same;
}

/* Are there the same grades with the same seats? */
static bool same_grades(const struct op_grades *have, const struct op_grades *wanted) {
  bool same = have->count == wanted->count;
  for (size_t i = 0; i < have->count && same; i++) {
    const struct op_grade *other = op_grades_find(wanted, have->items[i].name);
    same = other && other->seats == have->items[i].seats;
  }
  return same;
}

/* Refuses a registration because another musical has its id. */
static int id_taken(const struct state *state, struct op_error *error) {
  op_fail(error, OP_REFUSED, "id_taken", "musical %s: the id is taken by another musical, %s", state->id,
          state->musical.name);
  op_error_text(error, "musicalId", state->id);
  return error->exit_code;
}

/* Adds the grades as they will be. */
static void add_grades(struct op_text *data, const struct op_grades *grades) {
  struct op_text array = {0};
  op_grades_write(grades, false, &array);
  op_json_raw(data, "grades", array.ptr);
  op_text_free(&array);
}

/* Adds what an event says about the musical besides its price; what is absent is so from now on. */
static void describe(struct op_text *data, const struct registration *wanted) {
  optional_text(data, "venue", wanted->venue);
  optional_text(data, "startsAt", wanted->starts_at);
  optional_text(data, "salesOpen", wanted->sales_open);
  optional_text(data, "salesClose", wanted->sales_close);
  if (wanted->max_per_customer > 0)
    op_json_number(data, "maxPerCustomer", wanted->max_per_customer);
  if (wanted->grades.count > 0)
    add_grades(data, &wanted->grades);
}

/* MusicalSeatsAdjusted, also where they are the same. */
static void draft_seats(const struct state *state, int64_t seats, const struct op_grades *grades,
                        const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard) {
  struct op_draft *draft = draft_begin(state, OP_MUSICAL_SEATS_ADJUSTED, drafts, guard);
  op_json_number(&draft->data, "seats", seats);
  op_json_number(&draft->data, "previousSeats", state->musical.seats);
  if (state->musical.grades.count > 0 || grades->count > 0)
    add_grades(&draft->data, grades);
  draft_end(draft, request, guard);
}

/* Nothing changes. A request is remembered all the same, by an event that says again what is so: the same request would
 * else do later what it found done. */
int decide_unchanged(const struct state *state, const struct op_request *request, struct op_drafts *drafts,
                     struct op_guard *guard) {
  if (request->key)
    draft_seats(state, state->musical.seats, &state->musical.grades, request, drafts, guard);
  return OP_OK;
}

/* A new musical, or the same again. */
int decide_register(const struct state *state, const struct registration *wanted, const struct op_request *request,
                    struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  if (state->musical.id[0]) {
    /* The first registration sent again is the same one, even after its seats were adjusted. */
    bool same_seats = wanted->seats == state->registered_seats || wanted->seats == state->musical.seats;
    bool same = same_seats && !state->musical.grades.count && same_musical(&state->musical, wanted) &&
                same_description(&state->musical, wanted);
    return same ? decide_unchanged(state, request, drafts, guard) : id_taken(state, error);
  }
  struct op_draft *draft = draft_begin(state, OP_MUSICAL_REGISTERED, drafts, guard);
  op_draft_id(draft, "musical-registered:%s", state->id);
  draft->causation = 0;
  op_json_string(&draft->data, "name", wanted->name);
  op_json_number(&draft->data, "seats", wanted->seats);
  if (wanted->price >= 0)
    op_json_number(&draft->data, "price", wanted->price);
  op_json_string(&draft->data, "currency", wanted->currency);
  describe(&draft->data, wanted);
  draft_end(draft, request, guard);
  return OP_OK;
}

/* Refuses to take seats that somebody has; grade "": of the whole musical. */
static int seats_held(const struct state *state, const char *grade, int64_t seats, int64_t held,
                      struct op_error *error) {
  op_fail(error, OP_REFUSED, "seats_held", "musical %s%s%s: %" PRId64 " seat%s asked, %" PRId64 " %s held", state->id,
          grade[0] ? ", grade " : "", grade, seats, seats == 1 ? "" : "s", held, held == 1 ? "is" : "are");
  op_error_text(error, "musicalId", state->id);
  if (grade[0])
    op_error_text(error, "grade", grade);
  op_error_number(error, "requested", seats);
  op_error_number(error, "held", held);
  return error->exit_code;
}

/* Refuses grades to a musical whose seats somebody has without one: of which grade would they be? */
static int held_without_grade(const struct state *state, int64_t held, struct op_error *error) {
  op_fail(error, OP_REFUSED, "seats_held", "musical %s: grades asked, %" PRId64 " %s held without a grade", state->id,
          held, held == 1 ? "seat is" : "seats are");
  op_error_text(error, "musicalId", state->id);
  op_error_number(error, "held", held);
  return error->exit_code;
}

/* MusicalSeatsAdjusted to these seats and grades, where nobody has what is taken away. */
static int draft_adjusted(const struct state *state, int64_t seats, const struct op_grades *grades,
                          const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard,
                          struct op_error *error) {
  const struct op_musical *musical = &state->musical;
  for (size_t i = 0; i < musical->grades.count; i++) {
    const struct op_grade *have = &musical->grades.items[i], *will = op_grades_find(grades, have->name);
    int64_t asked = will ? will->seats : 0, taken = have->held + have->offered;
    if (asked < taken)
      return seats_held(state, have->name, asked, taken, error);
  }
  int64_t taken = musical->held + musical->offered;
  if (seats < taken)
    return seats_held(state, "", seats, taken, error);
  if (musical->grades.count == 0 && grades->count > 0 && taken > 0)
    return held_without_grade(state, taken, error);
  draft_seats(state, seats, grades, request, drafts, guard);
  return OP_OK;
}

/* Refuses a command about a grade, or about none where there are some. */
static int wrong_grade(const struct state *state, const char *grade, struct op_error *error) {
  if (grade[0])
    op_fail(error, OP_REFUSED, "no_such_grade", "musical %s: there is no grade %s", state->id, grade);
  else
    op_fail(error, OP_REFUSED, "grade_required", "musical %s: its seats have grades, say which grade", state->id);
  op_error_text(error, "musicalId", state->id);
  if (grade[0])
    op_error_text(error, "grade", grade);
  return error->exit_code;
}

/* Another capacity. */
int decide_adjust(const struct state *state, const char *grade, int64_t seats, const struct op_request *request,
                  struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  const struct op_musical *musical = &state->musical;
  if (!musical->id[0])
    return no_such_musical(state->id, error);
  struct op_grades grades = musical->grades;
  struct op_grade *one = op_grades_find(&grades, grade);
  if ((grade[0] != '\0' || grades.count > 0) && !one)
    return wrong_grade(state, grade, error);
  if (seats == (one ? one->seats : musical->seats))
    return decide_unchanged(state, request, drafts, guard);
  if (one)
    one->seats = seats;
  return draft_adjusted(state, one ? op_grades_seats(&grades) : seats, &grades, request, drafts, guard, error);
}

/* Sales closed or open. */
int decide_sales(const struct state *state, bool closed, const struct op_request *request, struct op_drafts *drafts,
                 struct op_guard *guard, struct op_error *error) {
  if (!state->musical.id[0])
    return no_such_musical(state->id, error);
  if (state->musical.closed == closed && !request->key)
    return OP_OK;
  draft_end(draft_begin(state, closed ? OP_MUSICAL_SALES_CLOSED : OP_MUSICAL_SALES_OPENED, drafts, guard), request,
            guard);
  return OP_OK;
}

/* MusicalRevised to what is wanted. */
static void draft_revised(const struct state *state, const struct registration *wanted,
                          const struct op_request *request, struct op_drafts *drafts, struct op_guard *guard) {
  struct op_draft *draft = draft_begin(state, OP_MUSICAL_REVISED, drafts, guard);
  if (wanted->price >= 0)
    op_json_number(&draft->data, "price", wanted->price);
  describe(&draft->data, wanted);
  draft_end(draft, request, guard);
}

/* One entry of a catalogue. */
int decide_import(const struct state *state, const struct registration *wanted, const struct op_request *request,
                  struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  const struct op_musical *musical = &state->musical;
  if (!musical->id[0])
    return decide_register(state, wanted, request, drafts, guard, error);
  if (!same_musical(musical, wanted))
    return id_taken(state, error);
  int code = OP_OK;
  if (musical->seats != wanted->seats || !same_grades(&musical->grades, &wanted->grades)) {
    struct op_grades grades = wanted->grades;
    for (size_t i = 0; i < musical->grades.count; i++) { /* seats only: the prices of those that stay are revised */
      struct op_grade *stays = op_grades_find(&grades, musical->grades.items[i].name);
      if (stays)
        stays->price = musical->grades.items[i].price;
    }
    code = draft_adjusted(state, wanted->seats, &grades, request, drafts, guard, error);
  }
  if (code == OP_OK && !(same_description(musical, wanted) && same_prices(&musical->grades, &wanted->grades)))
    draft_revised(state, wanted, request, drafts, guard);
  return code;
}

/* Seats back, once. */
void decide_release(const struct cancellation *cancellation, struct op_drafts *drafts, struct op_guard *guard) {
  static const char *const released[] = {OP_SEATS_RELEASED, NULL};
  struct op_draft *draft = op_draft_add(drafts, OP_SEATS_RELEASED, cancellation->reservation_id, cancellation->seq);
  op_draft_id(draft, "seats-released:%" PRIu64, cancellation->seq);
  op_draft_tag(draft, OP_TAG_MUSICAL, cancellation->musical_id);
  op_draft_tag(draft, OP_TAG_RESERVATION, cancellation->reservation_id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "musicalId", cancellation->musical_id);
  op_json_string(&draft->data, "reservationId", cancellation->reservation_id);
  op_json_number(&draft->data, "seats", cancellation->seats);
  optional_text(&draft->data, "grade", cancellation->grade);
  op_json_end(&draft->data);
  op_guard_add(guard, released, OP_TAG_RESERVATION, cancellation->reservation_id);
}
