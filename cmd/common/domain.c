/* domain.c - the tables of domain.h.
 *
 * A model stands here as soon as a command keeps one, and is listed by `op-journal consumers` before that command ever
 * ran. */
#include "domain.h"

#include <stddef.h>

const char *const op_model_names[] = {OP_MODEL_ASSIGN,  OP_MODEL_JOURNAL, OP_MODEL_MUSICAL,
                                      OP_MODEL_MYPAGE,  OP_MODEL_NOTIFY,  OP_MODEL_PAY,
                                      OP_MODEL_RESERVE, OP_MODEL_TICKET,  NULL};

const char *const op_status_words[] = {OP_PROGRESS_PLACED,
                                       OP_PROGRESS_COMPLETED,
                                       OP_PROGRESS_CANCELLATION_COMPLETED,
                                       OP_STATUS_RESERVED,
                                       OP_STATUS_PAYMENT_APPROVED,
                                       OP_STATUS_CANCELLED,
                                       OP_STATUS_PAYMENT_CANCELLED,
                                       OP_PAYMENT_PENDING,
                                       OP_PAYMENT_IS_DEFERRED,
                                       OP_PAYMENT_DECLINED,
                                       OP_PAYMENT_IS_PARKED,
                                       OP_PAYMENT_REFUND_PARKED,
                                       OP_TICKET_IS_READY,
                                       OP_TICKET_IS_ISSUED,
                                       OP_TICKET_IS_ADMITTED,
                                       OP_TICKET_IS_VOIDED,
                                       OP_PICKUP_IS_ASSIGNED,
                                       OP_PICKUP_IS_FAILED,
                                       OP_PICKUP_IS_COLLECTED,
                                       OP_PICKUP_IS_RELEASED,
                                       OP_MUSICAL_IS_OPEN,
                                       OP_MUSICAL_IS_CLOSED,
                                       OP_WAITING_IS_WAITING,
                                       OP_WAITING_IS_OFFERED,
                                       OP_WAITING_IS_ACCEPTED,
                                       OP_WAITING_IS_EXPIRED,
                                       OP_WAITING_IS_WITHDRAWN,
                                       OP_NOTICE_IS_SENT,
                                       OP_CONTACT_IS_FORGOTTEN,
                                       OP_ITEM_IS_FAILING,
                                       OP_ITEM_IS_HELD,
                                       OP_ITEM_IS_RETRIED,
                                       OP_ITEM_IS_DELIVERED,
                                       OP_ITEM_IS_DROPPED,
                                       NULL};
