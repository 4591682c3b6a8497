/* decide.c - the decisions about reservations, see decide.h.
 *
 * Invariants: the seats held never exceed the capacity, of all and of each grade; a reservation id is given once; a
 * customer stays within the musical's limit; at most what a reservation has is cancelled. Each rests on the guard
 * beside the event. */
#include "decide.h"

#include "decide_waiting.h"
#include "interruption.h"

#include <inttypes.h>
#include <string.h>

/* What changes a reservation: a cancellation is decided, and answered, upon all of it. A ticket that is issued or used
 * at the same time is among it, so none of the two ever happens behind the other's back. */
static const char *const reservation_changes[] = {OP_RESERVATION_CANCELLED,
                                                  OP_PAYMENT_APPROVED,
                                                  OP_PAYMENT_CANCELLED,
                                                  OP_TICKET_ISSUED,
                                                  OP_TICKET_ADMITTED,
                                                  OP_PICKUP_COLLECTED,
                                                  NULL};

/* What ends the wait for a payment: an expiry must lose against any of these. */
static const char *const payment_ends[] = {OP_PAYMENT_APPROVED,      OP_PAYMENT_DECLINED, OP_PAYMENT_CANCELLED,
                                           OP_RESERVATION_CANCELLED, OP_PICKUP_COLLECTED, NULL};

/* One member of where it goes. */
int place_where(struct place *place, unsigned part, const char *text, struct op_error *error) {
  place->where |= part;
  if (part == PLACE_LAT)
    return op_check_degrees("lat", text, OP_LATITUDE, OP_CUSTOMER_DECIMALS, &place->at.lat, error);
  if (part == PLACE_LON)
    return op_check_degrees("lon", text, OP_LONGITUDE, OP_CUSTOMER_DECIMALS, &place->at.lon, error);
  place->delivery = strcmp(text, OP_FULFIL_DELIVERY) == 0;
  if (place->delivery || strcmp(text, OP_FULFIL_PICKUP) == 0)
    return OP_OK;
  return op_fail(error, OP_DATA, "bad_fulfil", "fulfil must be pickup or delivery, not '%.40s'", text);
}

/* Both degrees or neither, and a way to get it only where it goes somewhere. */
int place_where_check(const struct place *place, int exit_code, const char *code, struct op_error *error) {
  if (!(place->where & PLACE_LAT) != !(place->where & PLACE_LON))
    return op_fail(error, exit_code, code, "%s is missing: lat and lon are given together",
                   place->where & PLACE_LAT ? "lon" : "lat");
  if (place->where == PLACE_FULFIL)
    return op_fail(error, exit_code, code, "fulfil needs lat and lon");
  return OP_OK;
}

/* Ids hold no spaces, so that these texts are unambiguous; free text stands at their end. */
void place_request(const struct place *place, char buf[REQUEST_TEXT]) {
  char *at = stpcpy(stpcpy(buf, "place musical="), place->musical_id);
  at = op_digits(stpcpy(at, " seats="), place->seats);
  at = stpcpy(at, " price=");
  if (place->price >= 0)
    at = op_digits(at, place->price);
  at = stpcpy(stpcpy(at, " customer="), place->customer_id);
  at = stpcpy(stpcpy(at, " id="), place->reservation_id);
  if (place->grade[0])
    at = stpcpy(stpcpy(at, " grade="), place->grade);
  if (place->where) {
    char degrees[OP_DEGREES_SIZE];
    at = stpcpy(stpcpy(at, " lat="), op_degrees(place->at.lat, degrees));
    at = stpcpy(stpcpy(at, " lon="), op_degrees(place->at.lon, degrees));
    stpcpy(stpcpy(at, " fulfil="), place->delivery ? OP_FULFIL_DELIVERY : OP_FULFIL_PICKUP);
  }
}

/* The same for a cancellation. */
void cancel_request(const struct cancel *cancel, char buf[REQUEST_TEXT]) {
  snprintf(buf, REQUEST_TEXT, "cancel reservation=%s seats=%" PRId64 " reason=%s", cancel->reservation_id,
           cancel->seats, cancel->reason);
}

/* Refuses a command about a reservation that is not there. */
int no_such_reservation(const char *id, struct op_error *error) {
  op_fail(error, OP_REFUSED, "no_such_reservation", "reservation %s: there is no such reservation", id);
  op_error_text(error, "reservationId", id);
  return error->exit_code;
}

/* Refuses a key that an earlier line of the batch owns. */
int request_id_reused(const char *request_id, struct op_error *error) {
  op_fail(error, OP_REFUSED, "request_id_reused", "request id %s: it was used for another request", request_id);
  op_error_text(error, "requestId", request_id);
  return error->exit_code;
}

/* ---- place ------------------------------------------------------------------------------------------------------ */

/* Refuses a placement; the figures are the caller's to add. */
int place_refuse(struct op_error *error, const char *code, const struct place *place, const char *what) {
  op_fail(error, OP_REFUSED, code, "musical %s: %s", place->musical_id, what);
  op_error_text(error, "musicalId", place->musical_id);
  return error->exit_code;
}

/* Is the musical on sale now? */
int place_check_sales(const struct place *place, const struct place_facts *facts, struct op_error *error) {
  const struct op_musical *musical = facts->musical;
  char what[96];
  if (musical->closed)
    return place_refuse(error, "sales_closed", place, "its sales are closed");
  if (musical->sales_open_us && facts->now_us < musical->sales_open_us) {
    snprintf(what, sizeof what, "its sales open at %s", musical->sales_open);
    place_refuse(error, "sales_not_open", place, what);
    op_error_text(error, "salesOpen", musical->sales_open);
    return error->exit_code;
  }
  if (musical->sales_close_us && facts->now_us >= musical->sales_close_us) {
    snprintf(what, sizeof what, "its sales closed at %s", musical->sales_close);
    place_refuse(error, "sales_closed", place, what);
    op_error_text(error, "salesClose", musical->sales_close);
    return error->exit_code;
  }
  return OP_OK;
}

/* Is a grade named where there are some, and one that there is? */
int place_check_grade(const struct place *place, const struct op_musical *musical, struct op_error *error) {
  char what[96];
  if (!place->grade[0] && musical->grades.count > 0)
    return place_refuse(error, "grade_required", place, "its seats have grades, say which grade");
  if (!place->grade[0] || op_grades_find(&musical->grades, place->grade))
    return OP_OK;
  snprintf(what, sizeof what, "there is no grade %s", place->grade);
  place_refuse(error, "no_such_grade", place, what);
  op_error_text(error, "grade", place->grade);
  return error->exit_code;
}

/* The price of a seat and the amount of all. */
static int check_price(const struct place *place, const struct op_musical *musical, const struct op_grade *grade,
                       struct place_cost *ret_cost, struct op_error *error) {
  char what[96];
  int64_t list_price = grade ? grade->price : musical->price;
  if (place->price >= 0 && list_price >= 0 && place->price != list_price) {
    snprintf(what, sizeof what, "a seat costs %" PRId64 " %s, not %" PRId64, list_price, musical->currency,
             place->price);
    place_refuse(error, "price_changed", place, what);
    op_error_number(error, "price", place->price);
    op_error_number(error, "listPrice", list_price);
    op_error_text(error, "currency", musical->currency);
    return error->exit_code;
  }
  int64_t price = place->price >= 0 ? place->price : list_price >= 0 ? list_price : 0;
  ret_cost->price = price;
  if (__builtin_mul_overflow(place->seats, price, &ret_cost->amount) || ret_cost->amount > OP_MAX_MONEY)
    return op_fail(error, OP_DATA, "bad_price", "%" PRId64 " seat%s at %" PRId64 " cost%s more than %lld", place->seats,
                   place->seats == 1 ? "" : "s", price, place->seats == 1 ? "s" : "", (long long)OP_MAX_MONEY);
  return OP_OK;
}

/* Are there seats, and may this customer have them? */
static int check_seats(const struct place *place, const struct place_facts *facts, const struct op_grade *grade,
                       struct op_error *error) {
  const struct op_musical *musical = facts->musical;
  char what[128];
  if (musical->max_per_customer > 0 && !place->customer_id[0])
    return place_refuse(error, "customer_required", place, "its seats are limited by customer, say which customer");
  int64_t available = op_musical_available(musical, grade);
  if (!facts->offer && place->seats > available) {
    snprintf(what, sizeof what, "%" PRId64 " seat%s%s%s asked, %" PRId64 " left", place->seats,
             place->seats == 1 ? "" : "s", grade ? " of grade " : "", place->grade, available);
    place_refuse(error, "insufficient_seats", place, what);
    if (grade)
      op_error_text(error, "grade", place->grade);
    op_error_number(error, "requested", place->seats);
    op_error_number(error, "available", available);
    return error->exit_code;
  }
  if (musical->max_per_customer > 0 && place->seats > musical->max_per_customer - facts->customer_held) {
    snprintf(what, sizeof what, "%" PRId64 " seat%s asked, the customer has %" PRId64 " of at most %" PRId64,
             place->seats, place->seats == 1 ? "" : "s", facts->customer_held, musical->max_per_customer);
    place_refuse(error, "customer_limit", place, what);
    op_error_text(error, "customerId", place->customer_id);
    op_error_number(error, "requested", place->seats);
    op_error_number(error, "held", facts->customer_held);
    op_error_number(error, "limit", musical->max_per_customer);
    return error->exit_code;
  }
  return OP_OK;
}

/* Are payments interrupted, and is that a reason to wait? */
static int check_payments(const struct place_facts *facts, struct place_cost *ret_cost, struct op_error *error) {
  char until[EVS_TIME_SIZE];
  ret_cost->deferred = facts->now_us < facts->interrupted_until_us;
  if (!ret_cost->deferred || !facts->suspends)
    return OP_OK;
  evs_time_format(facts->interrupted_until_us, until);
  op_fail(error, OP_TEMPORARY, "payments_suspended", "payments are suspended, try again at %s", until);
  op_error_text(error, "retryAt", until);
  return error->exit_code;
}

/* Drafts the event and its guard. */
static void draft_placed(const struct place *place, const char *request, const struct place_facts *facts,
                         const struct place_cost *cost, struct op_drafts *drafts, struct op_guard *guard) {
  char id[OP_MAX_ID + 1];
  if (place->reservation_id[0])
    snprintf(id, sizeof id, "%s", place->reservation_id);
  else
    snprintf(id, sizeof id, "%" PRId64, facts->next_number);
  const struct waiting *offer = facts->offer;
  struct op_draft *draft =
      op_draft_add(drafts, OP_RESERVATION_PLACED, id, offer ? offer->seq : facts->musical->defined_by);
  op_draft_id(draft, "reservation-placed:%s", id);
  draft->time_us = facts->now_us; /* an offer was open then, or over */
  op_draft_tag(draft, OP_TAG_MUSICAL, place->musical_id);
  op_draft_tag(draft, OP_TAG_RESERVATION, id);
  op_draft_tag(draft, OP_TAG_CUSTOMER, place->customer_id);
  op_draft_tag(draft, OP_TAG_WAITING, offer ? offer->id : NULL);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "reservationId", id);
  op_json_string(&draft->data, "musicalId", place->musical_id);
  if (place->customer_id[0])
    op_json_string(&draft->data, "customerId", place->customer_id);
  op_json_number(&draft->data, "seats", place->seats);
  if (place->grade[0])
    op_json_string(&draft->data, "grade", place->grade);
  op_json_number(&draft->data, "price", cost->price);
  op_json_number(&draft->data, "amount", cost->amount);
  op_json_string(&draft->data, "currency", facts->musical->currency);
  if (cost->deferred)
    op_json_string(&draft->data, "payment", "deferred");
  if (place->where) {
    op_json_location(&draft->data, place->at);
    op_json_string(&draft->data, "fulfil", place->delivery ? OP_FULFIL_DELIVERY : OP_FULFIL_PICKUP);
  }
  if (offer) {
    op_json_string(&draft->data, "offerId", offer->id);
    op_guard_add(guard, NULL, OP_TAG_WAITING, offer->id);
  }
  op_draft_request(draft, place->request_id, request, guard);
  op_json_end(&draft->data);
  op_guard_add(guard, NULL, OP_TAG_RESERVATION, id);
  if (facts->suspends && drafts->count == 1) /* the same for all of a commit */
    op_guard_add(guard, interruption_types, OP_TAG_PROVIDER, facts->provider);
  if (!facts->guarded)
    op_guard_add(guard, op_musical_types, OP_TAG_MUSICAL, place->musical_id);
}

/* Takes seats. */
int decide_place(const struct place *place, const char *request, const struct place_facts *facts,
                 struct op_drafts *drafts, struct op_guard *guard, struct place_cost *ret_cost,
                 struct op_error *error) {
  if (!facts->musical->id[0])
    return place_refuse(error, "no_such_musical", place, "there is no such musical");
  if (place->reservation_id[0] && facts->id_taken) {
    op_fail(error, OP_REFUSED, "id_taken", "reservation %s: the id is taken", place->reservation_id);
    op_error_text(error, "reservationId", place->reservation_id);
    return error->exit_code;
  }
  if (!place->reservation_id[0] && facts->next_number > MAX_RESERVATION_NUMBER) /* it would not count */
    return place_refuse(error, "no_more_numbers", place, "the highest reservation number is taken, give an id");
  const struct op_grade *grade = place->grade[0] ? op_grades_find(&facts->musical->grades, place->grade) : NULL;
  const struct waiting *offer = facts->offer;
  int code = OP_OK;
  if (offer)
    code =
        check_offer(offer, offer->id, offer_end(facts->musical, facts->payable_us, offer->offered_us, offer->until_us),
                    facts->now_us, error);
  if (code == OP_OK)
    code = place_check_sales(place, facts, error);
  if (code == OP_OK)
    code = place_check_grade(place, facts->musical, error);
  if (code == OP_OK)
    code = check_price(place, facts->musical, grade, ret_cost, error);
  if (code == OP_OK)
    code = check_seats(place, facts, grade, error);
  if (code == OP_OK)
    code = check_payments(facts, ret_cost, error);
  if (code == OP_OK)
    draft_placed(place, request, facts, ret_cost, drafts, guard);
  return code;
}

/* ---- cancel ----------------------------------------------------------------------------------------------------- */

/* Begins a ReservationCancelled of some or all of the seats, guarded by events of the types `guarded`. */
static struct op_draft *draft_cancelled(const struct reservation *reservation, int64_t seats, const char *reason,
                                        uint64_t causation, const char *const *guarded, struct op_drafts *drafts,
                                        struct op_guard *guard) {
  int64_t amount = reservation->amount;
  if (seats < reservation->seats) {
    int64_t share = 0;
    if (!__builtin_mul_overflow(seats, reservation->price, &share) && share < amount)
      amount = share;
  }
  struct op_draft *draft = op_draft_add(drafts, OP_RESERVATION_CANCELLED, reservation->id, causation);
  op_draft_tag(draft, OP_TAG_MUSICAL, reservation->musical_id);
  op_draft_tag(draft, OP_TAG_RESERVATION, reservation->id);
  op_draft_tag(draft, OP_TAG_CUSTOMER, reservation->customer_id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "reservationId", reservation->id);
  op_json_string(&draft->data, "musicalId", reservation->musical_id);
  if (reservation->customer_id[0])
    op_json_string(&draft->data, "customerId", reservation->customer_id);
  op_json_number(&draft->data, "seats", seats);
  op_json_number(&draft->data, "remainingSeats", reservation->seats - seats);
  op_json_number(&draft->data, "amount", amount);
  op_json_string(&draft->data, "currency", reservation->currency);
  if (reason[0])
    op_json_string(&draft->data, "reason", reason);
  op_guard_add(guard, guarded, OP_TAG_RESERVATION, reservation->id);
  return draft;
}

/* Does its ticket keep it? */
static int check_ticket(const struct cancel *cancel, const struct reservation *reservation, struct op_error *error) {
  bool admitted = reservation->ticket == RESERVATION_TICKET_ADMITTED;
  if (!admitted && !(cancel->keeps_issued && reservation->ticket == RESERVATION_TICKET_ISSUED))
    return OP_OK;
  op_fail(error, OP_REFUSED, admitted ? "ticket_admitted" : "ticket_issued", "reservation %s: its ticket is %s",
          reservation->id, admitted ? "used already" : "issued, and is not taken back");
  op_error_text(error, "reservationId", reservation->id);
  return error->exit_code;
}

/* Gives seats up. */
int decide_cancel(const struct cancel *cancel, const struct reservation *reservation, struct op_drafts *drafts,
                  struct op_guard *guard, struct op_error *error) {
  if (!reservation->id[0])
    return no_such_reservation(cancel->reservation_id, error);
  if (reservation_is_cancelled(reservation)) {
    op_fail(error, OP_REFUSED, "already_cancelled", "reservation %s: it is cancelled already", reservation->id);
    op_error_text(error, "reservationId", reservation->id);
    return error->exit_code;
  }
  if (reservation->collected) {
    op_fail(error, OP_REFUSED, "already_collected", "reservation %s: it is collected already", reservation->id);
    op_error_text(error, "reservationId", reservation->id);
    return error->exit_code;
  }
  if (cancel->seats > reservation->seats) {
    op_fail(error, OP_REFUSED, "seats_exceed_reservation",
            "reservation %s: %" PRId64 " seat%s to cancel, it has %" PRId64, reservation->id, cancel->seats,
            cancel->seats == 1 ? "" : "s", reservation->seats);
    op_error_text(error, "reservationId", reservation->id);
    op_error_number(error, "requested", cancel->seats);
    op_error_number(error, "seats", reservation->seats);
    return error->exit_code;
  }
  int code = check_ticket(cancel, reservation, error);
  if (code != OP_OK)
    return code;
  char request[REQUEST_TEXT];
  cancel_request(cancel, request);
  struct op_draft *draft = draft_cancelled(reservation, cancel->seats ? cancel->seats : reservation->seats,
                                           cancel->reason, reservation->placed_seq, reservation_changes, drafts, guard);
  op_draft_request(draft, cancel->request_id, request, guard);
  op_json_end(&draft->data);
  return OP_OK;
}

/* Gives up what will never be paid. */
void decide_declined(const struct reservation *reservation, struct op_drafts *drafts, struct op_guard *guard) {
  struct op_draft *draft = draft_cancelled(reservation, reservation->seats, "payment_declined",
                                           reservation->declined_seq, reservation_changes, drafts, guard);
  op_draft_id(draft, "reservation-cancelled:%" PRIu64, reservation->declined_seq);
  op_json_end(&draft->data);
}

/* The youngest that is due; none is, while the circuit is not closed or has not been closed for so long. */
bool hold_deadline(const struct hold *hold, int64_t now_us, int64_t *ret_placed_us) {
  int64_t hold_us = 0;
  return hold->ms > 0 && !__builtin_mul_overflow(hold->ms, 1000, &hold_us) &&
         !__builtin_sub_overflow(now_us, hold_us, ret_placed_us) && hold->closed_us <= *ret_placed_us;
}

/* Gives up what was not paid in time. */
bool decide_expired(const struct reservation *reservation, const struct hold *hold, int64_t now_us,
                    struct op_drafts *drafts, struct op_guard *guard) {
  int64_t deadline_us = 0;
  if (!reservation->id[0] || strcmp(reservation->status, OP_STATUS_RESERVED) != 0 || reservation->declined_seq ||
      reservation->collected || !hold_deadline(hold, now_us, &deadline_us) || reservation->placed_us > deadline_us)
    return false;
  struct op_draft *draft =
      draft_cancelled(reservation, reservation->seats, "expired", reservation->placed_seq, payment_ends, drafts, guard);
  op_draft_id(draft, "reservation-cancelled:%" PRIu64 ":expired", reservation->placed_seq);
  if (drafts->count == 1) /* the same for all of a commit */
    op_guard_add(guard, interruption_types, OP_TAG_PROVIDER, hold->provider);
  op_json_end(&draft->data);
  return true;
}
