/* page.c - the customer's view: which status an event leads to, and what it says in a sentence. No disk, no SQL.
 *
 * Invariants: seats, held and amount never grow and never fall below zero; PaymentCancelled is the last status. Events
 * of others may be odd: what does not fit changes nothing, and what is not known gets a sentence all the same. */
#include "page.h"

#include "backstage.h"
#include "location.h"
#include "model.h"
#include "money.h"

#include <string.h>

const char *const page_statuses[] = {OP_STATUS_RESERVED, OP_STATUS_PAYMENT_APPROVED, OP_STATUS_CANCELLED,
                                     OP_STATUS_PAYMENT_CANCELLED, NULL};

const char *const page_payments[] = {
    OP_PAYMENT_PENDING,   OP_PAYMENT_APPROVED,      OP_PAYMENT_DECLINED,    OP_PAYMENT_CANCELLED,
    OP_PAYMENT_IS_PARKED, OP_PAYMENT_REFUND_PARKED, OP_PAYMENT_IS_DEFERRED, NULL};

const char *const page_tickets[] = {
    "", OP_TICKET_IS_READY, OP_TICKET_IS_ISSUED, OP_TICKET_IS_ADMITTED, OP_TICKET_IS_VOIDED, NULL};

const char *const page_pickups[] = {"",
                                    OP_PICKUP_IS_PENDING,
                                    OP_PICKUP_IS_ASSIGNED,
                                    OP_PICKUP_IS_FAILED,
                                    OP_PICKUP_IS_COLLECTED,
                                    OP_PICKUP_IS_RELEASED,
                                    OP_PICKUP_IS_CANCELLED,
                                    NULL};

/* Which reservation? */
bool page_of(const evs_event *event, char ret_id[OP_MAX_ID + 1]) {
  struct op_error ignored;
  if (op_field_id(event, "reservationId", ret_id))
    return true;
  if (event->correlation.ptr == NULL || evs_json_unescape(event->correlation, ret_id, OP_MAX_ID + 1) > OP_MAX_ID ||
      op_check_id("correlation", ret_id, &ignored) != 0) {
    ret_id[0] = '\0';
    return false;
  }
  return true;
}

/* A number of data from 0 to max. */
static int64_t figure(const evs_event *event, const char *key, int64_t max) {
  int64_t number = op_field_number(event, key, 0);
  return number < 0 ? 0 : number > max ? max : number;
}

/* Was it placed while payments were interrupted? */
static bool is_deferred(const evs_event *event) {
  char payment[16];
  return op_field_text(event, "payment", payment, sizeof payment) && strcmp(payment, "deferred") == 0;
}

/* A reservation begins. */
static bool placed(struct page *page, const evs_event *event) {
  struct op_location at;
  if (page->reservation_id[0] != '\0' || !op_field_id(event, "reservationId", page->reservation_id))
    return false;
  op_field_id(event, "musicalId", page->musical_id);
  op_field_id(event, "customerId", page->customer_id);
  op_field_grade(event, page->grade);
  if (!op_field_text(event, "currency", page->currency, sizeof page->currency))
    snprintf(page->currency, sizeof page->currency, "KRW");
  page->seats = figure(event, "seats", OP_MAX_SEATS);
  page->amount = figure(event, "amount", OP_MAX_MONEY);
  page->held = page->seats;
  page->status = PAGE_RESERVED;
  page->payment = is_deferred(event) ? PAGE_DEFERRED : PAGE_PENDING;
  if (op_field_location(event, &at)) {
    page->pickup = PAGE_PICKUP_PENDING;
    op_field_text(event, "fulfil", page->fulfil, sizeof page->fulfil);
  }
  page->placed_seq = event->seq;
  return true;
}

/* Nothing is charged yet, as far as anyone knows. */
static bool is_waiting(const struct page *page) {
  return page->payment == PAGE_PENDING || page->payment == PAGE_PARKED || page->payment == PAGE_DEFERRED;
}

/* Attempts failed too often, or an operator has them tried again. */
static bool parked(struct page *page, bool is_parked) {
  enum page_payment before = page->payment;
  if (is_waiting(page) && (is_parked || page->payment == PAGE_PARKED))
    page->payment = is_parked ? PAGE_PARKED : PAGE_PENDING;
  else if (page->payment == PAGE_APPROVED || page->payment == PAGE_REFUND_PARKED)
    page->payment = is_parked ? PAGE_REFUND_PARKED : PAGE_APPROVED;
  return page->payment != before;
}

/* Its ticket went on; never back, and no further than void or used. */
static bool ticketed(struct page *page, const evs_event *event) {
  enum page_ticket before = page->ticket;
  bool first = !page->ticketed;
  if (op_type_is(event, OP_TICKET_READY))
    page->ticket = before == PAGE_NO_TICKET ? PAGE_TICKET_READY : before;
  else if (op_type_is(event, OP_TICKET_ISSUED))
    page->ticket = before < PAGE_TICKET_ADMITTED ? PAGE_TICKET_ISSUED : before;
  else if (op_type_is(event, OP_TICKET_ADMITTED))
    page->ticket = before < PAGE_TICKET_ADMITTED ? PAGE_TICKET_ADMITTED : before;
  else if (op_type_is(event, OP_TICKET_VOIDED))
    page->ticket = before < PAGE_TICKET_ADMITTED ? PAGE_TICKET_VOIDED : before;
  else
    return false;
  page->ticketed = true;
  return first || page->ticket != before;
}

/* What is cancelled has no ticket any more, said or not. */
static void void_ticket(struct page *page) {
  if (page->ticket == PAGE_TICKET_READY || page->ticket == PAGE_TICKET_ISSUED)
    page->ticket = PAGE_TICKET_VOIDED;
}

/* Seats were given up, some or all. */
static bool cancelled(struct page *page, const evs_event *event) {
  bool ended = page->status == PAGE_CANCELLED || page->status == PAGE_PAYMENT_CANCELLED;
  int64_t remaining = figure(event, "remainingSeats", OP_MAX_SEATS), amount = figure(event, "amount", OP_MAX_MONEY);
  if (ended)
    return false;
  parked(page, false); /* what is due now is another thing, with attempts of its own */
  if (remaining == 0) {
    page->status = PAGE_CANCELLED;
    void_ticket(page);
    if (page->payment == PAGE_DEFERRED) /* no payment is to follow */
      page->payment = PAGE_PENDING;
    if (page->pickup == PAGE_PICKUP_PENDING || page->pickup == PAGE_PICKUP_FAILED)
      page->pickup = PAGE_PICKUP_CANCELLED;
    return true;
  }
  if (remaining < page->seats)
    page->seats = remaining;
  page->amount -= amount < page->amount ? amount : page->amount;
  return true;
}

/* Seats of a cancellation can be had again. */
static bool released(struct page *page, const evs_event *event) {
  int64_t seats = figure(event, "seats", page->held);
  page->held -= seats;
  return seats > 0;
}

/* Money came or went; of another currency than the reservation's it is nobody's idea of its price. */
static void charge(struct page *page, const evs_event *event, bool back) {
  char currency[sizeof page->currency];
  int64_t amount = figure(event, "amount", back ? page->charged : OP_MAX_MONEY - page->charged);
  if (!op_field_text(event, "currency", currency, sizeof currency) || strcmp(currency, page->currency) == 0)
    page->charged += back ? -amount : amount;
}

/* The payment became something else. A charge may be recorded behind the end of its payment, and is owed then. */
static bool paid(struct page *page, const evs_event *event) {
  if (op_type_is(event, OP_PAYMENT_APPROVED)) {
    if (!is_waiting(page) && page->payment != PAGE_REFUNDED)
      return false;
    page->payment = PAGE_APPROVED;
    charge(page, event, false);
    if (page->status == PAGE_RESERVED) {
      page->status = PAGE_PAID;
      if (page->ticket == PAGE_NO_TICKET)
        page->ticket = PAGE_TICKET_READY;
    }
    return true;
  }
  if (op_type_is(event, OP_PAYMENT_DECLINED)) {
    if (!is_waiting(page))
      return false;
    page->payment = PAGE_DECLINED;
    return true;
  }
  if (op_type_is(event, OP_PAYMENT_CANCELLED)) {
    page->payment = PAGE_REFUNDED;
    page->status = PAGE_PAYMENT_CANCELLED;
    void_ticket(page);
    charge(page, event, true);
    return true;
  }
  if (op_type_is(event, OP_PAYMENT_PARKED))
    return parked(page, true);
  if (op_type_is(event, OP_PAYMENT_RETRY_REQUESTED))
    return parked(page, false);
  if (!op_type_is(event, OP_PAYMENT_REFUNDED))
    return false;
  parked(page, false);
  charge(page, event, true);
  return true;
}

/* A branch has it, has it no more, or handed it over. */
static bool picked_up(struct page *page, const evs_event *event) {
  bool waits = page->pickup == PAGE_PICKUP_PENDING || page->pickup == PAGE_PICKUP_FAILED;
  enum page_pickup before = page->pickup;
  if (op_type_is(event, OP_PICKUP_ASSIGNED)) {
    if (waits && op_field_id(event, "branchId", page->branch_id))
      page->pickup = PAGE_PICKUP_ASSIGNED;
  } else if (op_type_is(event, OP_ASSIGNMENT_FAILED)) {
    if (waits)
      page->pickup = PAGE_PICKUP_FAILED;
  } else if (before == PAGE_PICKUP_ASSIGNED) {
    page->pickup = op_type_is(event, OP_PICKUP_RELEASED)    ? PAGE_PICKUP_RELEASED
                   : op_type_is(event, OP_PICKUP_COLLECTED) ? PAGE_PICKUP_COLLECTED
                                                            : before;
  }
  return page->pickup != before;
}

/* Folds one event. */
bool page_apply(struct page *page, const evs_event *event) {
  bool changed = false;
  if (op_type_is(event, OP_RESERVATION_PLACED))
    changed = placed(page, event);
  else if (page->reservation_id[0] == '\0')
    return false;
  else if (op_type_is(event, OP_RESERVATION_CANCELLED))
    changed = cancelled(page, event);
  else if (op_type_is(event, OP_SEATS_RELEASED))
    changed = released(page, event);
  else
    changed = paid(page, event) || ticketed(page, event) || picked_up(page, event);
  if (!changed)
    return false;
  page->changed_seq = event->seq;
  snprintf(page->updated_at, sizeof page->updated_at, "%.*s", (int)event->time.len, event->time.ptr);
  return true;
}

/* What is sold, charged and held. */
struct page_sums page_sums(const struct page *page) {
  bool sold = page->status == PAGE_RESERVED || page->status == PAGE_PAID;
  return (struct page_sums){sold ? page->seats : 0, sold ? page->amount : 0, page->charged, page->held};
}

/* Adds "1 seat", "10 seats". */
static void add_seats(struct op_text *text, int64_t seats) {
  op_text_grouped(text, seats);
  op_text_adds(text, seats == 1 ? " seat" : " seats");
}

/* Adds what ReservationCancelled says. */
static void cancelled_detail(const evs_event *event, struct op_text *text) {
  char reason[OP_MAX_NAME + 1];
  int64_t remaining = figure(event, "remainingSeats", OP_MAX_SEATS);
  add_seats(text, figure(event, "seats", OP_MAX_SEATS));
  op_text_adds(text, " cancelled, ");
  if (remaining == 0) {
    op_text_adds(text, "the whole reservation");
  } else {
    op_text_grouped(text, remaining);
    op_text_adds(text, " left");
  }
  if (op_field_text(event, "reason", reason, sizeof reason) && reason[0] != '\0')
    op_text_addf(text, " (%s)", reason);
  op_text_adds(text, ".");
}

/* Adds what a payment event says. */
static void paid_detail(const evs_event *event, const struct page *page, struct op_text *text) {
  char reason[OP_MAX_NAME + 1], currency[sizeof page->currency];
  int64_t amount = figure(event, "amount", OP_MAX_MONEY);
  if (op_type_is(event, OP_PAYMENT_CANCELLED) && amount == 0) {
    op_text_adds(text, "Payment cancelled, nothing to refund.");
    return;
  }
  if (!op_field_text(event, "currency", currency, sizeof currency))
    snprintf(currency, sizeof currency, "%s", page->currency);
  op_text_money(text, amount, currency);
  if (op_type_is(event, OP_PAYMENT_APPROVED))
    op_text_adds(text, " charged");
  else if (op_type_is(event, OP_PAYMENT_REFUNDED))
    op_text_adds(text, " refunded");
  else if (op_type_is(event, OP_PAYMENT_CANCELLED))
    op_text_adds(text, " refunded, payment cancelled");
  else if (op_field_text(event, "reason", reason, sizeof reason) && reason[0] != '\0')
    op_text_addf(text, " declined (%s)", reason);
  else
    op_text_adds(text, " declined");
  op_text_adds(text, ".");
}

/* Adds what the attempts at a payment say. */
static void attempt_detail(const evs_event *event, struct op_text *text) {
  char operation[16], outcome[16], reason[OP_MAX_NAME + 1], retry_at[64];
  op_field_text(event, "operation", operation, sizeof operation);
  bool refund = strcmp(operation, "refund") == 0;
  if (op_type_is(event, OP_PAYMENT_PARKED)) {
    op_text_adds(text, refund ? "Refund failed too often, somebody looks into it."
                              : "Payment failed too often, somebody looks into it.");
    return;
  }
  if (op_type_is(event, OP_PAYMENT_RETRY_REQUESTED)) {
    op_text_adds(text, refund ? "Refund is tried again." : "Payment is tried again.");
    return;
  }
  op_field_text(event, "outcome", outcome, sizeof outcome);
  op_text_adds(text, refund ? "Refund " : "Payment ");
  op_text_adds(text, strcmp(outcome, "declined") == 0 ? "refused" : "without an answer");
  if (op_field_text(event, "reason", reason, sizeof reason) && reason[0] != '\0')
    op_text_addf(text, " (%s)", reason);
  if (op_field_text(event, "retryAt", retry_at, sizeof retry_at) && retry_at[0] != '\0')
    op_text_addf(text, ", tried again at %s", retry_at);
  op_text_adds(text, ".");
}

/* Adds what a branch did; false where the event is no such one. */
static bool pickup_detail(const evs_event *event, struct op_text *text) {
  char branch[OP_MAX_ID + 1] = "", word[32] = "", km[16];
  op_field_id(event, "branchId", branch);
  if (op_type_is(event, OP_PICKUP_ASSIGNED)) {
    op_field_text(event, "fulfil", word, sizeof word);
    op_text_addf(text, strcmp(word, OP_FULFIL_DELIVERY) == 0 ? "Branch %s delivers it" : "To be picked up at branch %s",
                 branch);
    if (op_field_decimal(event, "distanceKm", km, sizeof km))
      op_text_addf(text, ", %s km away", km);
  } else if (op_type_is(event, OP_PICKUP_RELEASED)) {
    op_text_addf(text, "Branch %s has it no more", branch);
  } else if (op_type_is(event, OP_PICKUP_COLLECTED)) {
    op_text_addf(text, "Handed over by branch %s", branch);
  } else if (op_type_is(event, OP_ASSIGNMENT_FAILED)) {
    op_field_text(event, "reason", word, sizeof word);
    op_text_adds(text, strcmp(word, "no_capacity") == 0 ? "Every branch in reach is full today"
                                                        : "There is no branch in reach");
  } else {
    return false;
  }
  op_text_adds(text, ".");
  return true;
}

/* Adds what the events of a ticket say. Its code is its holder's, and no matter of a history. */
static void ticket_detail(const evs_event *event, struct op_text *text) {
  if (op_type_is(event, OP_TICKET_READY)) {
    op_text_adds(text, "Ticket can be issued.");
  } else if (op_type_is(event, OP_TICKET_VOIDED)) {
    op_text_adds(text, "Ticket is void.");
  } else {
    bool issued = op_type_is(event, OP_TICKET_ISSUED);
    op_text_adds(text, issued ? "Ticket issued for " : "Admitted with ");
    add_seats(text, figure(event, "seats", OP_MAX_SEATS));
    op_text_adds(text, ".");
  }
}

/* Adds what any other event says. */
static void other_detail(const evs_event *event, struct op_text *text) {
  char word[EVS_MAX_TYPE + 1];
  if (op_type_is(event, OP_SEATS_RELEASED)) {
    add_seats(text, figure(event, "seats", OP_MAX_SEATS));
    op_text_adds(text, " free again.");
  } else if (op_type_is(event, OP_NOTIFICATION_SENT)) {
    if (!op_field_text(event, "template", word, sizeof word))
      snprintf(word, sizeof word, "the reservation");
    op_text_addf(text, "Customer told about %s.", word);
  } else {
    evs_json_unescape(event->type, word, sizeof word);
    op_text_addf(text, "%s recorded.", word);
  }
}

/* Adds one short sentence. */
void page_detail(const evs_event *event, const struct page *page, const char *musical, struct op_text *text) {
  if (op_type_is(event, OP_RESERVATION_PLACED)) {
    add_seats(text, figure(event, "seats", OP_MAX_SEATS));
    if (musical[0] != '\0')
      op_text_addf(text, " of %s", musical);
    op_text_adds(text, " reserved for ");
    op_text_money(text, figure(event, "amount", OP_MAX_MONEY), page->currency);
    op_text_adds(text, is_deferred(event) ? ", payment follows later." : ".");
  } else if (op_type_is(event, OP_RESERVATION_CANCELLED)) {
    cancelled_detail(event, text);
  } else if (op_type_is(event, OP_PAYMENT_APPROVED) || op_type_is(event, OP_PAYMENT_DECLINED) ||
             op_type_is(event, OP_PAYMENT_REFUNDED) || op_type_is(event, OP_PAYMENT_CANCELLED)) {
    paid_detail(event, page, text);
  } else if (op_type_is(event, OP_PAYMENT_ATTEMPT_FAILED) || op_type_is(event, OP_PAYMENT_PARKED) ||
             op_type_is(event, OP_PAYMENT_RETRY_REQUESTED)) {
    attempt_detail(event, text);
  } else if (op_type_is(event, OP_TICKET_READY) || op_type_is(event, OP_TICKET_ISSUED) ||
             op_type_is(event, OP_TICKET_ADMITTED) || op_type_is(event, OP_TICKET_VOIDED)) {
    ticket_detail(event, text);
  } else if (!pickup_detail(event, text) && !backstage_detail(event, text)) {
    other_detail(event, text);
  }
}
