/* given_notice.c - see given_notice.h. */
#include "given_notice.h"

const struct notice given_approved = {.cause = 12,
                                      .id = "12",
                                      .template = "PaymentApproved",
                                      .reservation_id = "1",
                                      .customer_id = "c",
                                      .musical = "겨울왕국 🎭",
                                      .currency = "KRW",
                                      .seats = 10,
                                      .amount = 500000,
                                      .caused_at = "2026-11-20T12:34:56.789012Z"};

const struct op_config given_built_in = {0};
