/* page.h - a reservation as its customer sees it, folded from the events of every context. Pure.
 *
 *   status   Reserved -> PaymentApproved -> Cancelled -> PaymentCancelled
 *   payment  Pending or Deferred -> PaymentApproved or PaymentDeclined -> PaymentCancelled
 *            Pending, Deferred -> Parked -> Pending, PaymentApproved <-> RefundParked: attempts failed, and somebody
 *            must look
 *   ticket   none -> Ready, as soon as it is paid -> Issued -> Admitted; Ready or Issued -> Voided, as soon as the
 *            reservation is cancelled; shown where anybody uses tickets
 *   pickup   Pending <-> Failed -> Assigned -> Collected, or Released after a whole cancellation (Cancelled where no
 *            branch had it); none without a location
 *
 * After a partial cancellation the statuses stay and seats and amount shrink; what was wholly cancelled keeps showing
 * its last seats and amount. What is sold, charged and held is told apart from that, by page_sums(): the difference
 * that an event makes to them is what reports add up, so that no odd event can make them differ from the pages. */
#ifndef MYPAGE_PAGE_H
#define MYPAGE_PAGE_H

#include "app.h"
#include "domain.h"
#include "grades.h"

enum page_status { PAGE_RESERVED, PAGE_PAID, PAGE_CANCELLED, PAGE_PAYMENT_CANCELLED };
enum page_payment {
  PAGE_PENDING,
  PAGE_APPROVED,
  PAGE_DECLINED,
  PAGE_REFUNDED,
  PAGE_PARKED,        /* nobody knows whether it was charged */
  PAGE_REFUND_PARKED, /* money is owed */
  PAGE_DEFERRED       /* pending, and said to be so when it was placed: payments were interrupted */
};

enum page_ticket { PAGE_NO_TICKET, PAGE_TICKET_READY, PAGE_TICKET_ISSUED, PAGE_TICKET_ADMITTED, PAGE_TICKET_VOIDED };
enum page_pickup {
  PAGE_NO_PICKUP,
  PAGE_PICKUP_PENDING,
  PAGE_PICKUP_ASSIGNED,
  PAGE_PICKUP_FAILED,
  PAGE_PICKUP_COLLECTED,
  PAGE_PICKUP_RELEASED,
  PAGE_PICKUP_CANCELLED
};

struct page {
  char reservation_id[OP_MAX_ID + 1]; /* "": no such reservation */
  char musical_id[OP_MAX_ID + 1];     /* "": not known, as below */
  char customer_id[OP_MAX_ID + 1];
  char grade[OP_MAX_GRADE + 1]; /* of its seats; "": none */
  char currency[8];
  int64_t seats, amount;
  int64_t held;    /* seats that nobody else can have: those given up come back by SeatsReleased */
  int64_t charged; /* and not given back */
  enum page_status status;
  enum page_payment payment;
  enum page_ticket ticket;
  bool ticketed; /* an event of op-ticket told so */
  enum page_pickup pickup;
  char branch_id[OP_MAX_ID + 1]; /* the last one that had it; "": none */
  char fulfil[16];               /* pickup or delivery; "": it has no location */
  uint64_t placed_seq;
  uint64_t changed_seq; /* of the last event that changed what is shown */
  char updated_at[EVS_TIME_SIZE];
};

/* The words of domain.h for them, in the order of the enums, NULL-terminated; "": none. */
extern const char *const page_statuses[];
extern const char *const page_payments[];
extern const char *const page_tickets[];
extern const char *const page_pickups[];

/* Which reservation is the event about? Its reservationId, else its correlation; false where neither is an id. */
bool page_of(const evs_event *event, char ret_id[OP_MAX_ID + 1]);

/* Folds one event of this reservation. True where it changed something that is shown. */
bool page_apply(struct page *page, const evs_event *event);

/* What stands in the books of this reservation: nothing is sold any more once the whole of it was cancelled. */
struct page_sums {
  int64_t seats, amount; /* sold */
  int64_t charged, held;
};
struct page_sums page_sums(const struct page *page);

/* Adds one short sentence on what the event says. `musical` is the musical's name, or "". */
void page_detail(const evs_event *event, const struct page *page, const char *musical, struct op_text *text);

#endif
