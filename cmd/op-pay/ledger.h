/* ledger.h - what a provider says that it did: the optional operation `ledger`, for reconciliation. */
#ifndef PAY_LEDGER_H
#define PAY_LEDGER_H

#include "protocol.h"

/* Entries that are asked for at once. */
#define LEDGER_PAGE 500

/* Asks for the page after `after` ("": the first); the caller frees it. *ret_supported false, and an empty page, where
 * the provider has no such operation. Exit 75 no_answer, 65 bad_ledger, and as provider_call(). */
int provider_ledger(struct provider *provider, const char *after, struct ledger_page *ret_page, bool *ret_supported,
                    struct op_error *error);

#endif
