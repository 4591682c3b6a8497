/* fuzz_pay_answer.c - what a provider answers: protocol_answer() and protocol_ledger_page() of arbitrary bytes.
 *
 * The first byte chooses the operation. Whatever comes, the answer is one that this operation can have, money moves
 * only under a number, and every text is one clean line that fits, since it goes into the journal. */
#include "fuzz.h"

#include "cmd/op-pay/protocol.h"
#include "domain.h"

#include <string.h>

#define KEY "authorize:1"

/* May this status answer this operation? */
static bool fits(enum provider_operation operation, enum provider_status status) {
  switch (status) {
  case PROVIDER_UNKNOWN:
  case PROVIDER_DECLINED:
  case PROVIDER_PENDING:
    return true;
  case PROVIDER_APPROVED:
    return operation != PROVIDER_REFUND;
  case PROVIDER_REFUNDED:
    return operation != PROVIDER_AUTHORIZE;
  case PROVIDER_NOT_FOUND:
    return operation == PROVIDER_QUERY;
  }
  return false;
}

/* What holds of every answer. */
static void check_answer(enum provider_operation operation, const char *text, size_t len) {
  struct provider_answer answer;
  protocol_answer(operation, KEY, text, len, &answer);
  bool moved = answer.status == PROVIDER_APPROVED || answer.status == PROVIDER_REFUNDED;
  FUZZ_CHECK(fits(operation, answer.status));
  FUZZ_CHECK(memchr(answer.provider_ref, '\0', sizeof answer.provider_ref) != NULL);
  FUZZ_CHECK(memchr(answer.reason, '\0', sizeof answer.reason) != NULL);
  FUZZ_CHECK(fuzz_is_clean_line(answer.provider_ref) && fuzz_is_clean_line(answer.reason));
  FUZZ_CHECK(!moved || answer.provider_ref[0] != '\0');
  FUZZ_CHECK(answer.status != PROVIDER_UNKNOWN || (answer.reason[0] != '\0' && answer.provider_ref[0] == '\0'));
}

/* What holds of every page. */
static void check_page(const char *text, size_t len) {
  struct ledger_page page;
  const char *wrong = NULL;
  bool good = protocol_ledger_page(text, len, &page, &wrong);
  FUZZ_CHECK(good == (wrong == NULL) && (good || (page.count == 0 && page.entries == NULL && page.next[0] == '\0')));
  FUZZ_CHECK(fuzz_is_clean_line(page.next) && (page.next[0] == '\0' || page.count > 0));
  for (size_t i = 0; i < page.count; i++) {
    const struct ledger_entry *entry = &page.entries[i];
    FUZZ_CHECK(entry->key[0] != '\0' && fuzz_is_clean_line(entry->key));
    FUZZ_CHECK(fuzz_is_clean_line(entry->reservation_id) && fuzz_is_clean_line(entry->currency));
    FUZZ_CHECK(entry->amount >= 0 && entry->amount <= OP_MAX_MONEY);
    FUZZ_CHECK(entry->status != PROVIDER_UNKNOWN && entry->status != PROVIDER_NOT_FOUND);
  }
  ledger_page_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_bytes bytes = {data, size};
  unsigned operation = fuzz_byte(&bytes) % 4;
  if (operation == 3)
    check_page((const char *)bytes.at, bytes.left);
  else
    check_answer((enum provider_operation)operation, (const char *)bytes.at, bytes.left);
  return 0;
}
