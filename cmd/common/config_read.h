/* config_read.h - private to config.c and config_read.c: the content of one file, laid over what is there. */
#ifndef OP_CONFIG_READ_H
#define OP_CONFIG_READ_H

#include "config.h"

#include <stddef.h>

/* What notify.templates may hold: ROW(language index, language, event index, event). */
#define OP_TEMPLATE_TABLE(ROW)                                                                                         \
  ROW(0, "ko", 0, "PaymentApproved")                                                                                   \
  ROW(0, "ko", 1, "PaymentDeclined")                                                                                   \
  ROW(0, "ko", 2, "PaymentRefunded")                                                                                   \
  ROW(0, "ko", 3, "PaymentCancelled")                                                                                  \
  ROW(0, "ko", 4, "ReservationCancelled")                                                                              \
  ROW(0, "ko", 5, "WaitingOffered")                                                                                    \
  ROW(0, "ko", 6, "PickupAssigned")                                                                                    \
  ROW(0, "ko", 7, "PickupCollected")                                                                                   \
  ROW(0, "ko", 8, "AssignmentFailed")                                                                                  \
  ROW(1, "en", 0, "PaymentApproved")                                                                                   \
  ROW(1, "en", 1, "PaymentDeclined")                                                                                   \
  ROW(1, "en", 2, "PaymentRefunded")                                                                                   \
  ROW(1, "en", 3, "PaymentCancelled")                                                                                  \
  ROW(1, "en", 4, "ReservationCancelled")                                                                              \
  ROW(1, "en", 5, "WaitingOffered")                                                                                    \
  ROW(1, "en", 6, "PickupAssigned")                                                                                    \
  ROW(1, "en", 7, "PickupCollected")                                                                                   \
  ROW(1, "en", 8, "AssignmentFailed")

/* Reads `content` (len bytes of YAML) over *config. `file` is what messages call it. */
int op_config_read(struct op_config *config, const char *file, const char *content, size_t len, struct op_error *error);

/* Replaces a text by a copy of `value`; false where memory is gone. */
bool op_config_set(char **text, const char *value);

/* Frees a list of texts that ends with NULL; NULL is legal. */
void op_config_list_free(char **list);

#endif
