/* provider_kind.h - private to the providers: what each of them is made of. Others see provider.h. */
#ifndef PAY_PROVIDER_KIND_H
#define PAY_PROVIDER_KIND_H

#include "provider.h"

/* Bytes of an answer that are read; a longer one is garbage. */
#define PROVIDER_MAX_ANSWER ((size_t)1 << 20)

/* What came back from one exchange. */
struct provider_reply {
  enum {
    REPLY_TEXT,     /* `text` is for protocol.h to read */
    REPLY_DECLINED, /* declined, whatever the text says */
    REPLY_REJECTED, /* it does not understand such a request: `trouble` */
    REPLY_NONE,     /* nothing that tells anything: `trouble` */
  } kind;
  struct op_text text;
  char trouble[128]; /* in a few words, nothing of what the provider wrote */
};

/* A way to reach a provider. Either it has `call`, as provider_call(), or `exchange`, and then speaks the protocol. */
struct provider_kind {
  const char *name;
  bool pure; /* see provider_is_pure() */
  /* Makes what the calls need, and may borrow from the configuration; NULL: they need nothing. */
  int (*open)(const struct op_config *config, unsigned timeout_ms, void **ret_state, struct op_error *error);
  void (*close)(void *state); /* NULL is legal */
  int (*call)(void *state, enum provider_operation operation, const struct provider_request *request,
              struct provider_answer *ret_answer, struct op_error *error);
  /* Carries a request there and what is said to it back; `key` is its idempotency key, "" where it has none. 0 with
   * *ret_reply filled (its text is the caller's, empty before), or an exit code as provider_call(). */
  int (*exchange)(void *state, const char *key, const struct op_text *request, struct provider_reply *ret_reply,
                  struct op_error *error);
};

extern const struct provider_kind provider_approve, provider_exec, provider_http;

#endif
