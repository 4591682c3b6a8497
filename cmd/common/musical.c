/* musical.c - the fold of one musical and its seats. Pure: no tables, no journal, no clock.
 *
 * Invariants: 0 <= seats <= OP_MAX_SEATS, 0 <= held, 0 <= offered, whatever stands in the events: anyone may append to
 * the journal, so a member that is missing counts as absent, and a number out of bounds as the nearest bound. The first
 * registration of an id is the musical; another one of the same id, which no command of ours appends, changes nothing.
 * Seats of a grade that the musical does not have count among all its seats alone. */
#include "musical.h"

#include <assert.h>
#include <string.h>

/* What op_musical_apply() folds. */
const char *const op_musical_types[] = {OP_MUSICAL_REGISTERED,
                                        OP_MUSICAL_SEATS_ADJUSTED,
                                        OP_MUSICAL_REVISED,
                                        OP_MUSICAL_SALES_CLOSED,
                                        OP_MUSICAL_SALES_OPENED,
                                        OP_RESERVATION_PLACED,
                                        OP_SEATS_RELEASED,
                                        OP_WAITING_JOINED,
                                        OP_WAITING_WITHDRAWN,
                                        OP_WAITING_OFFERED,
                                        OP_WAITING_OFFER_EXPIRED,
                                        OP_WAITING_OFFER_DECLINED,
                                        NULL};

/* A member within bounds; the fallback where it is absent. */
static int64_t bounded(const evs_event *event, const char *key, int64_t max, int64_t fallback) {
  int64_t number = op_field_number(event, key, fallback);
  if (number == fallback)
    return fallback;
  return number < 0 ? 0 : number > max ? max : number;
}

/* A member that is a time, in text and in microseconds (0 where it is none). */
static int64_t moment(const evs_event *event, const char *key, char *buf, size_t size) {
  int64_t time_us = 0;
  if (op_field_text(event, key, buf, size) && evs_time_parse(buf, strlen(buf), &time_us))
    return time_us;
  return 0;
}

/* The grades and their seats, where the event tells of any. */
static void define_grades(struct op_musical *musical, const evs_event *event) {
  evs_slice json;
  struct op_grades grades;
  if (!evs_json_find(event->data, "grades", &json))
    return;
  op_grades_read(json.ptr, json.len, &grades);
  op_grades_redefine(&musical->grades, &grades);
  if (grades.count > 0)
    musical->seats = op_grades_seats(&grades);
}

/* All that can be revised; what is absent is not any more. */
static void describe(struct op_musical *musical, const evs_event *event) {
  musical->price = bounded(event, "price", OP_MAX_MONEY, -1);
  op_field_text(event, "venue", musical->venue, sizeof musical->venue);
  op_field_text(event, "startsAt", musical->starts_at, sizeof musical->starts_at);
  musical->sales_open_us = moment(event, "salesOpen", musical->sales_open, sizeof musical->sales_open);
  musical->sales_close_us = moment(event, "salesClose", musical->sales_close, sizeof musical->sales_close);
  musical->max_per_customer = bounded(event, "maxPerCustomer", OP_MAX_SEATS, 0);
  define_grades(musical, event);
}

/* The musical begins. */
static void registered(struct op_musical *musical, const evs_event *event, const char *id) {
  *musical = (struct op_musical){0};
  memcpy(musical->id, id, strlen(id) + 1);
  op_field_text(event, "name", musical->name, sizeof musical->name);
  musical->seats = bounded(event, "seats", OP_MAX_SEATS, 0);
  if (!op_field_text(event, "currency", musical->currency, sizeof musical->currency) || strlen(musical->currency) != 3)
    memcpy(musical->currency, "KRW", sizeof "KRW");
  describe(musical, event);
  musical->defined_by = event->seq;
}

/* Another capacity. An event without grades makes all seats alike again where it says so by an empty list. */
static void adjusted(struct op_musical *musical, const evs_event *event) {
  musical->seats = bounded(event, "seats", OP_MAX_SEATS, musical->seats);
  define_grades(musical, event);
}

/* Adds to what is held, within bounds. */
static void add(int64_t *held, int64_t seats) {
  if (seats > INT64_MAX - OP_MAX_SEATS - *held)
    return;
  *held = *held + seats < 0 ? 0 : *held + seats;
}

/* The grade of the event's seats, or NULL. */
static struct op_grade *grade_of(struct op_musical *musical, const evs_event *event) {
  char name[OP_MAX_GRADE + 1];
  return musical->grades.count > 0 && op_field_grade(event, name) ? op_grades_find(&musical->grades, name) : NULL;
}

/* Seats are taken (above 0) or given back (below), of the event's grade where the musical has grades. */
static void hold(struct op_musical *musical, const evs_event *event, int64_t seats) {
  struct op_grade *grade = grade_of(musical, event);
  add(&musical->held, seats);
  if (grade)
    add(&grade->held, seats);
}

/* Seats go on offer (above 0), or an offer of them ends (below). */
static void offer(struct op_musical *musical, const evs_event *event, int64_t seats) {
  struct op_grade *grade = grade_of(musical, event);
  add(&musical->offered, seats);
  if (grade)
    add(&grade->offered, seats);
}

/* Seats are reserved; an offer that this accepts had them until now. */
static void placed(struct op_musical *musical, const evs_event *event) {
  evs_slice offer_id;
  int64_t seats = bounded(event, "seats", OP_MAX_SEATS, 0);
  if (musical->offered > 0 && evs_json_find(event->data, "offerId", &offer_id)) {
    offer(musical, event, -seats);
    musical->freed_by = event->seq; /* who was passed over while it was open has a turn */
  }
  hold(musical, event, seats);
}

/* Seats are free again. */
static void released(struct op_musical *musical, const evs_event *event) {
  hold(musical, event, -bounded(event, "seats", OP_MAX_SEATS, 0));
  musical->freed_by = event->seq;
}

/* What the waiting list does to the seats. */
static void waited(struct op_musical *musical, const evs_event *event) {
  int64_t seats = bounded(event, "seats", OP_MAX_SEATS, 0);
  bool over = op_type_is(event, OP_WAITING_OFFER_EXPIRED) || op_type_is(event, OP_WAITING_OFFER_DECLINED);
  if (op_type_is(event, OP_WAITING_JOINED))
    add(&musical->waiting, 1);
  else if (op_type_is(event, OP_WAITING_WITHDRAWN) || op_type_is(event, OP_WAITING_OFFERED))
    add(&musical->waiting, -1);
  if (op_type_is(event, OP_WAITING_OFFERED))
    offer(musical, event, seats);
  else if (over)
    offer(musical, event, -seats);
  if (over || op_type_is(event, OP_WAITING_WITHDRAWN))
    musical->freed_by = event->seq;
}

/* The same without an event. */
void op_musical_take(struct op_musical *musical, const char *grade_name, int64_t seats) {
  struct op_grade *grade = grade_name[0] ? op_grades_find(&musical->grades, grade_name) : NULL;
  add(&musical->held, seats);
  if (grade)
    add(&grade->held, seats);
}

/* The same of an offer that ends. */
void op_musical_end_offer(struct op_musical *musical, const char *grade_name, int64_t seats) {
  struct op_grade *grade = grade_name[0] ? op_grades_find(&musical->grades, grade_name) : NULL;
  add(&musical->offered, -seats);
  if (grade)
    add(&grade->offered, -seats);
}

/* Of a grade at most what is left of all. */
int64_t op_musical_available(const struct op_musical *musical, const struct op_grade *grade) {
  int64_t left = musical->seats - musical->held - musical->offered;
  if (grade && grade->seats - grade->held - grade->offered < left)
    left = grade->seats - grade->held - grade->offered;
  return left > 0 ? left : 0;
}

/* Sales are closed, or go on, and since when. */
static void switch_sales(struct op_musical *musical, const evs_event *event) {
  bool closed = op_type_is(event, OP_MUSICAL_SALES_CLOSED);
  int64_t time_us = 0;
  if (musical->closed && !closed && evs_time_parse(event->time.ptr, event->time.len, &time_us))
    musical->opened_us = time_us;
  musical->closed = closed;
}

/* Does the event tell of the musical itself, and not of who has its seats? Then it is as it says. */
static bool redefine(struct op_musical *musical, const evs_event *event) {
  if (op_type_is(event, OP_MUSICAL_SEATS_ADJUSTED))
    adjusted(musical, event);
  else if (op_type_is(event, OP_MUSICAL_REVISED))
    describe(musical, event);
  else if (op_type_is(event, OP_MUSICAL_SALES_CLOSED) || op_type_is(event, OP_MUSICAL_SALES_OPENED))
    switch_sales(musical, event);
  else
    return false;
  return true;
}

/* Folds one event. */
void op_musical_apply(struct op_musical *musical, const evs_event *event) {
  char id[OP_MAX_ID + 1];
  if (!op_field_id(event, "musicalId", id))
    return;
  if (musical->id[0] == '\0') {
    if (op_type_is(event, OP_MUSICAL_REGISTERED))
      registered(musical, event, id);
    return;
  }
  if (strcmp(id, musical->id) != 0)
    return;
  if (op_type_is(event, OP_RESERVATION_PLACED))
    placed(musical, event);
  else if (op_type_is(event, OP_SEATS_RELEASED))
    released(musical, event);
  else if (redefine(musical, event))
    musical->defined_by = event->seq;
  else
    waited(musical, event);
  assert(musical->seats >= 0 && musical->seats <= OP_MAX_SEATS && musical->held >= 0 && musical->offered >= 0);
}
