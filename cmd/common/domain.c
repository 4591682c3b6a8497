/* domain.c - the tables of domain.h.
 *
 * A model stands here as soon as a command keeps one, and is listed by `op-journal consumers` before that command ever
 * ran. */
#include "domain.h"

#include <stddef.h>

const char *const op_model_names[] = {OP_MODEL_JOURNAL, OP_MODEL_MUSICAL, OP_MODEL_MYPAGE, OP_MODEL_NOTIFY,
                                      OP_MODEL_PAY,     OP_MODEL_RESERVE, OP_MODEL_TICKET, NULL};
