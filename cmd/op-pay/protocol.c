/* protocol.c - requests as JSON, answers from JSON, see protocol.h and "THE PROVIDER PROTOCOL" in op-pay(1).
 *
 * What comes back was written by a stranger and ends up in the journal: texts are bounded, valid UTF-8 and free of
 * control characters, or the answer is garbage (a number of the provider) or cut and cleaned (a reason, which only
 * people read). Integers stay 64 bits wide. Raises nothing. */
#include "protocol.h"

#include "domain.h"

#include <assert.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const provider_statuses[] = {"unknown", "approved", "declined", "refunded", "not_found", "pending", NULL};

#define BIT(status) (1u << (status))
#define MOVED (BIT(PROVIDER_APPROVED) | BIT(PROVIDER_DECLINED) | BIT(PROVIDER_REFUNDED) | BIT(PROVIDER_PENDING))

/* What each operation is called, and which statuses answer it. */
static const struct {
  const char *word;
  unsigned answers;
} operations[] = {
    [PROVIDER_AUTHORIZE] = {"authorize", BIT(PROVIDER_APPROVED) | BIT(PROVIDER_DECLINED) | BIT(PROVIDER_PENDING)},
    [PROVIDER_REFUND] = {"refund", BIT(PROVIDER_REFUNDED) | BIT(PROVIDER_DECLINED) | BIT(PROVIDER_PENDING)},
    [PROVIDER_QUERY] = {"query", MOVED | BIT(PROVIDER_NOT_FOUND)},
};

/* The request. */
void protocol_request(enum provider_operation operation, const struct provider_request *request,
                      struct op_text *ret_json) {
  op_text_reset(ret_json);
  op_json_begin(ret_json);
  op_json_string(ret_json, "operation", operations[operation].word);
  op_json_string(ret_json, "idempotencyKey", request->idempotency_key);
  op_json_string(ret_json, "reservationId", request->reservation_id);
  op_json_string(ret_json, "customerId", request->customer_id != NULL ? request->customer_id : "");
  op_json_number(ret_json, "amount", request->amount);
  op_json_string(ret_json, "currency", request->currency);
  op_json_end(ret_json);
  op_text_adds(ret_json, "\n"); /* for who reads lines */
}

/* An answer that tells nothing. */
void protocol_unknown(struct provider_answer *ret_answer, const char *format, ...) {
  va_list arguments;
  *ret_answer = (struct provider_answer){.status = PROVIDER_UNKNOWN};
  va_start(arguments, format);
  vsnprintf(ret_answer->reason, sizeof ret_answer->reason, format, arguments);
  va_end(arguments);
}

/* ---- reading ----------------------------------------------------------------------------------- */

/* A member that is a text, or absent ("", 0 bytes). False: it is something else, or holds a NUL. */
static bool read_text(const json_t *object, const char *key, const char **ret_text) {
  const json_t *member = json_object_get(object, key);
  *ret_text = member != NULL ? json_string_value(member) : "";
  return *ret_text != NULL && (member == NULL || strlen(*ret_text) == json_string_length(member));
}

/* The same, copied as it is: one clean line that fits. */
static bool copy_text(const json_t *object, const char *key, char *buf, size_t size) {
  const char *text = NULL;
  if (!read_text(object, key, &text))
    return false;
  size_t len = strlen(text);
  return len < size && op_clean(text, len, buf, size) == len && memcmp(text, buf, len + 1) == 0;
}

/* The member `status` as one of those in `allowed`. */
static bool read_status(const json_t *object, unsigned allowed, enum provider_status *ret_status) {
  const char *word = NULL;
  if (!read_text(object, "status", &word))
    return false;
  for (unsigned i = 0; provider_statuses[i] != NULL; i++)
    if ((allowed & BIT(i)) != 0 && strcmp(word, provider_statuses[i]) == 0) {
      *ret_status = (enum provider_status)i;
      return true;
    }
  return false;
}

/* Says what is wrong with the answer, or fills it in. */
static const char *read_answer(enum provider_operation operation, const json_t *root,
                               struct provider_answer *ret_answer) {
  const char *reason = NULL;
  if (!json_is_object(root))
    return "no JSON object";
  if (!read_status(root, operations[operation].answers, &ret_answer->status))
    return "no status that answers this";
  if (!copy_text(root, "providerRef", ret_answer->provider_ref, sizeof ret_answer->provider_ref))
    return "a providerRef that is none";
  if (!read_text(root, "reason", &reason))
    return "a reason that is no text";
  op_clean(reason, strlen(reason), ret_answer->reason, sizeof ret_answer->reason);
  return NULL;
}

/* The answer. */
void protocol_answer(enum provider_operation operation, const char *key, const char *text, size_t len,
                     struct provider_answer *ret_answer) {
  json_error_t problem;
  *ret_answer = (struct provider_answer){0};
  if (len == 0) {
    protocol_unknown(ret_answer, "empty answer");
    return;
  }
  /* With these flags neither a large number nor a NUL in a member that is not ours is an error. */
  json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &problem);
  const char *wrong = root == NULL ? "no JSON" : read_answer(operation, root, ret_answer);
  json_decref(root);
  if (wrong != NULL) {
    protocol_unknown(ret_answer, "garbage: %s", wrong);
    return;
  }
  bool moved = ret_answer->status == PROVIDER_APPROVED || ret_answer->status == PROVIDER_REFUNDED;
  if (moved && ret_answer->provider_ref[0] == '\0') /* it knows the call by our key alone */
    snprintf(ret_answer->provider_ref, sizeof ret_answer->provider_ref, "%s", key);
}

/* ---- the ledger -------------------------------------------------------------------------------- */

/* The request for a page. */
void protocol_ledger_request(const char *after, int limit, struct op_text *ret_json) {
  op_text_reset(ret_json);
  op_json_begin(ret_json);
  op_json_string(ret_json, "operation", "ledger");
  op_json_string(ret_json, "after", after);
  op_json_number(ret_json, "limit", limit);
  op_json_end(ret_json);
  op_text_adds(ret_json, "\n");
}

/* Says what is wrong with an entry, or fills it in. */
static const char *read_entry(const json_t *object, struct ledger_entry *ret_entry) {
  const json_t *amount = json_object_get(object, "amount");
  if (!copy_text(object, "idempotencyKey", ret_entry->key, sizeof ret_entry->key) || ret_entry->key[0] == '\0')
    return "an entry without a clean idempotencyKey";
  if (!copy_text(object, "reservationId", ret_entry->reservation_id, sizeof ret_entry->reservation_id))
    return "an entry with a reservationId that is none";
  if (!read_status(object, MOVED, &ret_entry->status))
    return "an entry with a status that is none";
  ret_entry->amount = json_integer_value(amount);
  if (!json_is_integer(amount) || ret_entry->amount < 0 || ret_entry->amount > OP_MAX_MONEY)
    return "an entry with an amount that is none";
  if (!copy_text(object, "currency", ret_entry->currency, sizeof ret_entry->currency))
    return "an entry with a currency that is none";
  return NULL;
}

/* Says what is wrong with the page, or fills it in. */
static const char *read_page(const json_t *root, struct ledger_page *ret_page) {
  const json_t *entries = json_object_get(root, "entries");
  if (!json_is_array(entries))
    return "no list of entries";
  if (!copy_text(root, "next", ret_page->next, sizeof ret_page->next))
    return "a next that is none";
  size_t count = json_array_size(entries);
  if (count == 0)
    return ret_page->next[0] != '\0' ? "an empty page that is not the last" : NULL;
  ret_page->entries = calloc(count, sizeof *ret_page->entries);
  if (ret_page->entries == NULL)
    return "more than memory holds";
  for (; ret_page->count < count; ret_page->count++) {
    const char *wrong = read_entry(json_array_get(entries, ret_page->count), &ret_page->entries[ret_page->count]);
    if (wrong != NULL)
      return wrong;
  }
  return NULL;
}

/* A page. */
bool protocol_ledger_page(const char *text, size_t len, struct ledger_page *ret_page, const char **ret_wrong) {
  json_error_t problem;
  *ret_page = (struct ledger_page){0};
  json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &problem);
  *ret_wrong = root == NULL ? "no JSON" : read_page(root, ret_page);
  json_decref(root);
  if (*ret_wrong != NULL)
    ledger_page_free(ret_page);
  return *ret_wrong == NULL;
}

void ledger_page_free(struct ledger_page *page) {
  free(page->entries);
  *page = (struct ledger_page){0};
}
