/* musical.c - the fold of one musical and its seats. Pure: no tables, no journal, no clock.
 *
 * Invariants: 0 <= seats <= OP_MAX_SEATS, 0 <= held, whatever stands in the events: anyone may append to the journal,
 * so a member that is missing counts as absent, and a number out of bounds as the nearest bound. The first registration
 * of an id is the musical; another one of the same id, which no command of ours appends, changes nothing. */
#include "musical.h"

#include <assert.h>
#include <string.h>

/* What op_musical_apply() folds. */
const char *const op_musical_types[] = {OP_MUSICAL_REGISTERED,
                                        OP_MUSICAL_SEATS_ADJUSTED,
                                        OP_MUSICAL_SALES_CLOSED,
                                        OP_MUSICAL_SALES_OPENED,
                                        OP_RESERVATION_PLACED,
                                        OP_SEATS_RELEASED,
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

/* The musical begins. */
static void registered(struct op_musical *musical, const evs_event *event, const char *id) {
  *musical = (struct op_musical){0};
  memcpy(musical->id, id, strlen(id) + 1);
  op_field_text(event, "name", musical->name, sizeof musical->name);
  musical->seats = bounded(event, "seats", OP_MAX_SEATS, 0);
  musical->price = bounded(event, "price", OP_MAX_MONEY, -1);
  if (!op_field_text(event, "currency", musical->currency, sizeof musical->currency) || strlen(musical->currency) != 3)
    memcpy(musical->currency, "KRW", sizeof "KRW");
  op_field_text(event, "venue", musical->venue, sizeof musical->venue);
  op_field_text(event, "startsAt", musical->starts_at, sizeof musical->starts_at);
  musical->sales_open_us = moment(event, "salesOpen", musical->sales_open, sizeof musical->sales_open);
  musical->sales_close_us = moment(event, "salesClose", musical->sales_close, sizeof musical->sales_close);
  musical->max_per_customer = bounded(event, "maxPerCustomer", OP_MAX_SEATS, 0);
  musical->defined_by = event->seq;
}

/* Seats are taken (above 0) or given back (below). */
static void hold(struct op_musical *musical, int64_t seats) {
  if (seats > INT64_MAX - OP_MAX_SEATS - musical->held)
    return;
  musical->held += seats;
  if (musical->held < 0)
    musical->held = 0;
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
    hold(musical, bounded(event, "seats", OP_MAX_SEATS, 0));
  else if (op_type_is(event, OP_SEATS_RELEASED))
    hold(musical, -bounded(event, "seats", OP_MAX_SEATS, 0));
  else if (op_type_is(event, OP_MUSICAL_SEATS_ADJUSTED))
    musical->seats = bounded(event, "seats", OP_MAX_SEATS, musical->seats);
  else if (op_type_is(event, OP_MUSICAL_SALES_CLOSED) || op_type_is(event, OP_MUSICAL_SALES_OPENED))
    musical->closed = op_type_is(event, OP_MUSICAL_SALES_CLOSED);
  else
    return;
  if (!op_type_is(event, OP_RESERVATION_PLACED) && !op_type_is(event, OP_SEATS_RELEASED))
    musical->defined_by = event->seq;
  assert(musical->seats >= 0 && musical->seats <= OP_MAX_SEATS && musical->held >= 0);
}
