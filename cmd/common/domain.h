/* domain.h - the words that all contexts share: event types, tags, statuses. schemas/ holds the shape of each event.
 *
 * A context knows another only by these events, never by its code or its tables. */
#ifndef OP_DOMAIN_H
#define OP_DOMAIN_H

/* The read models, state/NAME.db, one for each context that has one. */
#define OP_MODEL_ASSIGN "assign"
#define OP_MODEL_JOURNAL "journal"
#define OP_MODEL_MUSICAL "musical"
#define OP_MODEL_RESERVE "reserve"
#define OP_MODEL_PAY "pay"
#define OP_MODEL_NOTIFY "notify"
#define OP_MODEL_MYPAGE "mypage"
#define OP_MODEL_TICKET "ticket"
/* All of them, in alphabetical order; ends with NULL. For who lists them: each belongs to its command alone. */
extern const char *const op_model_names[];

/* Event types. The schema of TYPE stands in schemas/TYPE.json. */
#define OP_MUSICAL_REGISTERED "MusicalRegistered"
#define OP_MUSICAL_SEATS_ADJUSTED "MusicalSeatsAdjusted"
#define OP_MUSICAL_REVISED "MusicalRevised" /* another price, venue, time, sales window or limit */
#define OP_MUSICAL_SALES_CLOSED "MusicalSalesClosed"
#define OP_MUSICAL_SALES_OPENED "MusicalSalesOpened"
#define OP_RESERVATION_PLACED "ReservationPlaced"
#define OP_RESERVATION_CANCELLED "ReservationCancelled"
#define OP_SEATS_RELEASED "SeatsReleased"
/* The waiting list. An offer holds its seats until it is accepted by a ReservationPlaced with its offerId, which is the
 * waitingId, or until one of the last two. */
#define OP_WAITING_JOINED "WaitingJoined"
#define OP_WAITING_WITHDRAWN "WaitingWithdrawn" /* before it had an offer */
#define OP_WAITING_OFFERED "WaitingOffered"
#define OP_WAITING_OFFER_EXPIRED "WaitingOfferExpired"
#define OP_WAITING_OFFER_DECLINED "WaitingOfferDeclined"
#define OP_PAYMENT_APPROVED "PaymentApproved"
#define OP_PAYMENT_DECLINED "PaymentDeclined"
#define OP_PAYMENT_REFUNDED "PaymentRefunded"              /* some of it, after a partial cancellation */
#define OP_PAYMENT_CANCELLED "PaymentCancelled"            /* all of it, after the whole reservation was cancelled */
#define OP_PAYMENT_ATTEMPT_STARTED "PaymentAttemptStarted" /* a provider is about to be called, by whom, until when */
#define OP_PAYMENT_ATTEMPT_FAILED "PaymentAttemptFailed"   /* that told no outcome */
#define OP_PAYMENT_PARKED "PaymentParked"                  /* it waits for an operator */
#define OP_PAYMENT_RETRY_REQUESTED "PaymentRetryRequested" /* who wants it tried again */
#define OP_PAYMENT_CIRCUIT_OPENED "PaymentCircuitOpened"
#define OP_PAYMENT_CIRCUIT_HALF_OPENED "PaymentCircuitHalfOpened"
#define OP_PAYMENT_CIRCUIT_CLOSED "PaymentCircuitClosed"
#define OP_TICKET_READY "TicketReady"       /* it is paid: its ticket may be issued */
#define OP_TICKET_ISSUED "TicketIssued"     /* it has a code */
#define OP_TICKET_ADMITTED "TicketAdmitted" /* its holder went in */
#define OP_TICKET_VOIDED "TicketVoided"     /* what it was for is cancelled */
#define OP_NOTIFICATION_SENT "NotificationSent"
#define OP_NOTIFICATION_FAILED "NotificationFailed"                  /* it is tried again */
#define OP_NOTIFICATION_PARKED "NotificationParked"                  /* it waits for an operator */
#define OP_NOTIFICATION_RETRY_REQUESTED "NotificationRetryRequested" /* who wants it tried again */
#define OP_NOTIFICATION_WITHDRAWN "NotificationWithdrawn"            /* there is nobody to tell */
#define OP_CUSTOMER_FORGOTTEN "CustomerForgotten"
#define OP_BRANCH_ADDED "BranchAdded"
#define OP_BRANCH_CAPACITY_CHANGED "BranchCapacityChanged"
#define OP_BRANCH_REVISED "BranchRevised" /* another name or place */
#define OP_BRANCH_CLOSED "BranchClosed"   /* nothing more is assigned to it */
#define OP_BRANCH_OPENED "BranchOpened"
#define OP_PICKUP_ASSIGNED "PickupAssigned"
#define OP_PICKUP_RELEASED "PickupReleased"   /* its reservation was cancelled: the place at the branch is free again */
#define OP_PICKUP_COLLECTED "PickupCollected" /* handed over: nothing can be cancelled any more */
#define OP_ASSIGNMENT_FAILED "AssignmentFailed"
/* What a consumer (op-journal consume) could not do. About events, not about the business: given to no consumer that
 * does not name them. */
#define OP_CONSUMER_ATTEMPT_FAILED "ConsumerAttemptFailed"
#define OP_CONSUMER_EVENT_PARKED "ConsumerEventParked"
#define OP_CONSUMER_EVENT_RETRIED "ConsumerEventRetried" /* brought back by an operator */
#define OP_CONSUMER_EVENT_DROPPED "ConsumerEventDropped" /* given up by an operator */
#define OP_CONSUMER_EVENT_DELIVERED "ConsumerEventDelivered"
#define OP_CONSUMER_PARTITIONED "ConsumerPartitioned"

/* Tag names; a tag is NAME:ID. */
#define OP_TAG_MUSICAL "musical"
#define OP_TAG_RESERVATION "reservation"
#define OP_TAG_CUSTOMER "customer"
#define OP_TAG_WAITING "waiting"
#define OP_TAG_NOTICE "notice"
#define OP_TAG_PROVIDER "provider"
#define OP_TAG_TICKET "ticket" /* its code */
#define OP_TAG_REQUEST "request"
#define OP_TAG_CONSUMER "consumer"
#define OP_TAG_BRANCH "branch"

/* Statuses of a reservation. */
#define OP_STATUS_RESERVED "Reserved"
#define OP_STATUS_PAYMENT_APPROVED "PaymentApproved"
#define OP_STATUS_CANCELLED "Cancelled"
#define OP_STATUS_PAYMENT_CANCELLED "PaymentCancelled"

/* Statuses of a payment: these, or the type of the event that decided it. */
#define OP_PAYMENT_PENDING "Pending"
#define OP_PAYMENT_IS_DEFERRED "Deferred"       /* placed while payments were interrupted, and due once they go on */
#define OP_PAYMENT_IS_PARKED "Parked"           /* not charged, as far as anyone knows; an operator must look */
#define OP_PAYMENT_REFUND_PARKED "RefundParked" /* charged, and money is owed; an operator must look */

/* Statuses of a ticket. */
#define OP_TICKET_IS_READY "Ready"
#define OP_TICKET_IS_ISSUED "Issued"
#define OP_TICKET_IS_ADMITTED "Admitted"
#define OP_TICKET_IS_VOIDED "Voided"

/* Statuses of a pick-up, and how it is handed over. */
#define OP_PICKUP_IS_PENDING "Pending"
#define OP_PICKUP_IS_ASSIGNED "Assigned"
#define OP_PICKUP_IS_FAILED "Failed" /* no branch can take it; tried again when one might */
#define OP_PICKUP_IS_COLLECTED "Collected"
#define OP_PICKUP_IS_RELEASED "Released"
#define OP_PICKUP_IS_CANCELLED "Cancelled" /* its reservation was, before a branch had it: nothing to give back */
#define OP_FULFIL_PICKUP "pickup"
#define OP_FULFIL_DELIVERY "delivery"

/* Statuses of a musical, of an entry of the waiting list, of a notice, of a contact, and of an event that a consumer
 * (op-journal consume) failed on. */
#define OP_MUSICAL_IS_OPEN "Open"
#define OP_MUSICAL_IS_CLOSED "Closed"
#define OP_WAITING_IS_WAITING "Waiting"
#define OP_WAITING_IS_OFFERED "Offered"
#define OP_WAITING_IS_ACCEPTED "Accepted"
#define OP_WAITING_IS_EXPIRED "Expired"
#define OP_WAITING_IS_WITHDRAWN "Withdrawn"
#define OP_NOTICE_IS_PENDING "Pending"
#define OP_NOTICE_IS_SENT "Sent"
#define OP_NOTICE_IS_PARKED "Parked"
#define OP_NOTICE_IS_WITHDRAWN "Withdrawn"
#define OP_CONTACT_IS_FORGOTTEN "Forgotten"
#define OP_ITEM_IS_NEW "New" /* never shown */
#define OP_ITEM_IS_FAILING "Failing"
#define OP_ITEM_IS_PARKED "Parked"
#define OP_ITEM_IS_HELD "Held"
#define OP_ITEM_IS_RETRIED "Retried"
#define OP_ITEM_IS_DELIVERED "Delivered"
#define OP_ITEM_IS_DROPPED "Dropped"

/* How far a reservation is as a whole, beside OP_STATUS_CANCELLED. */
#define OP_PROGRESS_PLACED "Placed"
#define OP_PROGRESS_COMPLETED "Completed"
#define OP_PROGRESS_CANCELLATION_COMPLETED "CancellationCompleted"

/* All of these words, once each; ends with NULL: what a column of statuses or progress may show, and so what labels: of
 * the configuration may name. */
extern const char *const op_status_words[];

/* Bounds. Seats of one musical and of one reservation; a price and an amount in minor units (below 2^53, see jq). */
#define OP_MAX_SEATS 1000000000
#define OP_MAX_MONEY 9007199254740991
#define OP_MAX_CAPACITY 1000000000 /* reservations a day of one branch */
#define OP_MAX_NAME 256            /* bytes in a name, venue or reason */

#endif
