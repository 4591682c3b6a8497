/* provider.c - opens the provider that the configuration names, and makes calls: asks, and judges what comes back.
 *
 * Invariant: an unknown name is an error and never a silent default, because who asked for a real provider must not get
 * the one that approves everything. What is no clear answer is unknown, never a refusal.
 * Errors: 78 unknown_provider; what the providers raise. */
#include "ledger.h"
#include "protocol.h"
#include "provider_kind.h"

#include <stdlib.h>
#include <string.h>

static const struct provider_kind *const kinds[] = {&provider_approve, &provider_exec, &provider_http, NULL};

struct provider {
  const struct provider_kind *kind;
  void *state;
};

/* By name; NULL where there is none. */
static const struct provider_kind *find(const char *name) {
  for (size_t i = 0; kinds[i] != NULL; i++)
    if (strcmp(kinds[i]->name, name) == 0)
      return kinds[i];
  return NULL;
}

/* How long one call may take: at least a millisecond by the configuration, and 0 where the command line says so. */
static unsigned limit_ms(const struct op_app *app) {
  int64_t limit = app->config.payment_timeout_ms;
  bool given = app->parsed != NULL && op_option_given(app, "timeout");
  if (given && app->timeout_ms < limit)
    limit = app->timeout_ms;
  return (unsigned)limit;
}

/* The one that payment.provider names. */
int provider_open(struct op_app *app, struct provider **ret_provider, struct op_error *error) {
  const char *name = app->config.payment_provider;
  const struct provider_kind *kind = find(name);
  *ret_provider = NULL;
  if (kind == NULL)
    return op_fail(error, OP_CONFIG, "unknown_provider", "there is no payment provider \"%s\"", name);
  if (kind->open != NULL && limit_ms(app) == 0) /* each call would be made, and its outcome not be waited for */
    return op_usage(app, error, "--timeout 0s leaves the provider %s no time to answer", name);
  struct provider *provider = calloc(1, sizeof *provider);
  if (provider == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  provider->kind = kind;
  int r = 0;
  if (kind->open != NULL)
    r = kind->open(&app->config, limit_ms(app), &provider->state, error);
  if (r != 0)
    free(provider);
  else
    *ret_provider = provider;
  return r;
}

const char *provider_name(const struct provider *provider) { return provider->kind->name; }

bool provider_is_pure(const struct provider *provider) { return provider->kind->pure; }

/* What a reply says to this call. */
static void judge(enum provider_operation operation, const char *key, const struct provider_reply *reply,
                  struct provider_answer *ret_answer) {
  if (reply->kind == REPLY_REJECTED || reply->kind == REPLY_NONE) {
    protocol_unknown(ret_answer, "%s", reply->trouble);
    return;
  }
  protocol_answer(operation, key, reply->text.ptr != NULL ? reply->text.ptr : "", reply->text.len, ret_answer);
  if (reply->kind == REPLY_DECLINED && ret_answer->status != PROVIDER_DECLINED)
    *ret_answer = (struct provider_answer){.status = PROVIDER_DECLINED};
}

/* One call. */
int provider_call(struct provider *provider, enum provider_operation operation, const struct provider_request *request,
                  struct provider_answer *ret_answer, struct op_error *error) {
  *ret_answer = (struct provider_answer){0};
  if (provider->kind->call != NULL)
    return provider->kind->call(provider->state, operation, request, ret_answer, error);
  struct op_text json = {0};
  struct provider_reply reply = {0};
  protocol_request(operation, request, &json);
  int r = provider->kind->exchange(provider->state, request->idempotency_key, &json, &reply, error);
  if (r == 0)
    judge(operation, request->idempotency_key, &reply, ret_answer);
  op_text_free(&reply.text);
  op_text_free(&json);
  return r;
}

/* One page of the ledger. */
int provider_ledger(struct provider *provider, const char *after, struct ledger_page *ret_page, bool *ret_supported,
                    struct op_error *error) {
  *ret_page = (struct ledger_page){0};
  *ret_supported = provider->kind->exchange != NULL;
  if (!*ret_supported)
    return 0;
  struct op_text json = {0};
  struct provider_reply reply = {0};
  const char *wrong = NULL;
  protocol_ledger_request(after, LEDGER_PAGE, &json);
  int r = provider->kind->exchange(provider->state, "", &json, &reply, error);
  *ret_supported = r != 0 || reply.kind != REPLY_REJECTED;
  if (r == 0 && *ret_supported && reply.kind != REPLY_TEXT)
    r = op_fail(error, OP_TEMPORARY, "no_answer", "the provider %s gave no page of its ledger: %s",
                provider_name(provider), reply.kind == REPLY_NONE ? reply.trouble : "declined");
  else if (r == 0 && *ret_supported &&
           !protocol_ledger_page(reply.text.ptr != NULL ? reply.text.ptr : "", reply.text.len, ret_page, &wrong))
    r = op_fail(error, OP_DATA, "bad_ledger", "the provider %s gave a page of its ledger that is garbage: %s",
                provider_name(provider), wrong);
  op_text_free(&reply.text);
  op_text_free(&json);
  return r;
}

void provider_close(struct provider *provider) {
  if (provider != NULL && provider->kind->close != NULL)
    provider->kind->close(provider->state);
  free(provider);
}
