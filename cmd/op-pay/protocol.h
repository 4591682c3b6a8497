/* protocol.h - the provider protocol: what is asked of a provider as JSON, and its answers, read strictly.
 *
 * Pure. A status that makes no sense for the operation, a member of the wrong type, a second object, bytes that are no
 * JSON: garbage, and so PROVIDER_UNKNOWN. Members that we do not know are passed over. */
#ifndef PAY_PROTOCOL_H
#define PAY_PROTOCOL_H

#include "provider.h"

/* The words of the statuses in the order of the enum ("unknown" is never an answer), NULL-terminated. */
extern const char *const provider_statuses[];

/* Writes the request; *ret_json is reset first. */
void protocol_request(enum provider_operation operation, const struct provider_request *request,
                      struct op_text *ret_json);

/* Reads the answer to this operation with this key. */
void protocol_answer(enum provider_operation operation, const char *key, const char *text, size_t len,
                     struct provider_answer *ret_answer);

/* An answer that tells nothing, with its reason in a few words. */
void protocol_unknown(struct provider_answer *ret_answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- the ledger: an operation that a provider may leave out ------------------------------------- */

/* One entry: what the provider did under one key. */
struct ledger_entry {
  char key[PROVIDER_MAX_KEY];
  char reservation_id[OP_MAX_ID + 1]; /* "": it names none */
  enum provider_status status;        /* APPROVED, DECLINED, REFUNDED or PENDING */
  int64_t amount;                     /* minor units */
  char currency[8];
};

#define LEDGER_MAX_CURSOR 256

struct ledger_page {
  struct ledger_entry *entries;
  size_t count;
  char next[LEDGER_MAX_CURSOR]; /* what the next page comes after; "": this was the last */
};

/* Writes the request for the page after `after` ("": the first), of at most `limit` entries. */
void protocol_ledger_request(const char *after, int limit, struct op_text *ret_json);
/* Reads a page. False, with *ret_wrong a few words (static storage), where it is garbage; then it is empty. */
bool protocol_ledger_page(const char *text, size_t len, struct ledger_page *ret_page, const char **ret_wrong);
void ledger_page_free(struct ledger_page *page);

#endif
