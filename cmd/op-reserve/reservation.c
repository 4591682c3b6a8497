/* reservation.c - the fold of one reservation, see reservation.h.
 *
 * Anyone may append events, so nothing in them is believed: seats and money are kept within their bounds, what is
 * absent counts as nothing, and a cancellation takes at most what is there. */
#include "reservation.h"

#include "model.h"

#include <string.h>

const char *const reservation_statuses[] = {OP_STATUS_RESERVED, OP_STATUS_PAYMENT_APPROVED, OP_STATUS_CANCELLED,
                                            OP_STATUS_PAYMENT_CANCELLED, NULL};

const char *const reservation_types[] = {
    OP_RESERVATION_PLACED, OP_RESERVATION_CANCELLED, OP_PAYMENT_APPROVED, OP_PAYMENT_DECLINED,
    OP_PAYMENT_CANCELLED,  OP_TICKET_ISSUED,         OP_TICKET_ADMITTED,  NULL};

/* The word in static storage. */
const char *reservation_status(const char *word) {
  for (size_t i = 0; reservation_statuses[i]; i++)
    if (word && strcmp(word, reservation_statuses[i]) == 0)
      return reservation_statuses[i];
  return OP_STATUS_RESERVED;
}

/* Cancelled, refunded or not. */
bool reservation_is_cancelled(const struct reservation *reservation) {
  return strcmp(reservation->status, OP_STATUS_CANCELLED) == 0 ||
         strcmp(reservation->status, OP_STATUS_PAYMENT_CANCELLED) == 0;
}

/* 18 digits always fit. */
int64_t reservation_number(const char *id) {
  size_t len = strspn(id, "0123456789");
  if (len == 0 || len > 18 || id[len] || id[0] == '0')
    return 0;
  int64_t number = 0;
  for (size_t i = 0; i < len; i++)
    number = number * 10 + (id[i] - '0');
  return number;
}

/* A number that counts becomes the last one. */
int64_t reservation_last_number(int64_t last, const char *id) {
  int64_t number = reservation_number(id);
  return number > last && number - last <= NUMBER_LEAP ? number : last;
}

/* A number of an event within 0 and max. */
static int64_t bounded(const evs_event *event, const char *key, int64_t max) {
  int64_t number = op_field_number(event, key, 0);
  return number < 0 ? 0 : number > max ? max : number;
}

/* The reservation begins, unless there is nothing that could be reserved. */
static bool apply_placed(struct reservation *reservation, const evs_event *event, const char *id) {
  char musical_id[OP_MAX_ID + 1];
  int64_t seats = bounded(event, "seats", OP_MAX_SEATS);
  if (seats == 0 || !op_field_id(event, "musicalId", musical_id))
    return false;
  *reservation = (struct reservation){.status = OP_STATUS_RESERVED, .placed_seq = event->seq, .seats = seats};
  snprintf(reservation->id, sizeof reservation->id, "%s", id);
  snprintf(reservation->musical_id, sizeof reservation->musical_id, "%s", musical_id);
  op_field_id(event, "customerId", reservation->customer_id);
  op_field_grade(event, reservation->grade);
  char payment[16];
  reservation->deferred = op_field_text(event, "payment", payment, sizeof payment) && strcmp(payment, "deferred") == 0;
  reservation->price = bounded(event, "price", OP_MAX_MONEY);
  reservation->amount = bounded(event, "amount", OP_MAX_MONEY);
  if (!op_field_text(event, "currency", reservation->currency, sizeof reservation->currency) ||
      !reservation->currency[0])
    memcpy(reservation->currency, "KRW", sizeof "KRW");
  snprintf(reservation->placed_at, sizeof reservation->placed_at, "%.*s", (int)event->time.len, event->time.ptr);
  if (!evs_time_parse(event->time.ptr, event->time.len, &reservation->placed_us))
    reservation->placed_us = INT64_MAX;
  return true;
}

/* Some or all of its seats are given up. */
static bool apply_cancelled(struct reservation *reservation, const evs_event *event) {
  int64_t seats = bounded(event, "seats", OP_MAX_SEATS);
  int64_t amount = bounded(event, "amount", OP_MAX_MONEY);
  if (seats == 0 || reservation_is_cancelled(reservation))
    return false;
  if (!op_field_text(event, "reason", reservation->reason, sizeof reservation->reason))
    reservation->reason[0] = '\0';
  if (seats >= reservation->seats) {
    reservation->status = OP_STATUS_CANCELLED;
    reservation->deferred = false;
    return true;
  }
  reservation->seats -= seats;
  reservation->amount -= amount < reservation->amount ? amount : reservation->amount;
  return true;
}

/* Folds an event; true where it changed what is shown. */
static bool apply(struct reservation *reservation, const evs_event *event) {
  if (op_type_is(event, OP_RESERVATION_CANCELLED))
    return apply_cancelled(reservation, event);
  if (op_type_is(event, OP_PAYMENT_APPROVED) && strcmp(reservation->status, OP_STATUS_RESERVED) == 0) {
    reservation->status = OP_STATUS_PAYMENT_APPROVED;
    reservation->deferred = false;
    return true;
  }
  if (op_type_is(event, OP_PAYMENT_CANCELLED) && strcmp(reservation->status, OP_STATUS_CANCELLED) == 0) {
    reservation->status = OP_STATUS_PAYMENT_CANCELLED;
    return true;
  }
  if (op_type_is(event, OP_PAYMENT_DECLINED) && !reservation->declined_seq)
    reservation->declined_seq = event->seq;
  if (op_type_is(event, OP_TICKET_ISSUED) && reservation->ticket == RESERVATION_NO_TICKET)
    reservation->ticket = RESERVATION_TICKET_ISSUED;
  if (op_type_is(event, OP_TICKET_ADMITTED))
    reservation->ticket = RESERVATION_TICKET_ADMITTED;
  return false;
}

/* Folds an event of this reservation. */
void reservation_apply(struct reservation *reservation, const evs_event *event) {
  char id[OP_MAX_ID + 1];
  if (!op_field_id(event, "reservationId", id))
    return;
  bool changed = reservation->id[0] ? strcmp(id, reservation->id) == 0 && apply(reservation, event)
                                    : op_type_is(event, OP_RESERVATION_PLACED) && apply_placed(reservation, event, id);
  if (changed)
    snprintf(reservation->updated_at, sizeof reservation->updated_at, "%.*s", (int)event->time.len, event->time.ptr);
}
