/* provider_http.c - the provider is a service: payment.url, one POST per call.
 *
 * Who answers is proved by TLS, or is this machine (op_url_wrong() saw to it). Redirects are not followed: money and
 * the secret go to the URL of the configuration and nowhere else. 2xx with an answer tells something, and 402, which is
 * "declined"; everything else leaves the outcome unknown. Connections are kept for the next call: each thread takes an
 * idle handle, or makes one. $SSL_CERT_FILE names other certificates to trust, as for any program with OpenSSL. Errors:
 * 78 bad_config, bad_secret, no_libcurl; 75 no_memory. */
#include "provider_kind.h"

#include "libcurl.h"
#include "secret.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_IDLE 32

struct http {
  struct libcurl lib;
  const char *url; /* borrowed */
  unsigned timeout_ms;
  char *authorization;  /* the whole header, or NULL */
  pthread_mutex_t lock; /* guards what follows */
  CURL *idle[MAX_IDLE];
  size_t idle_count;
};

/* ---- open and close ---------------------------------------------------------------------------- */

/* Gives everything back. */
static void close_http(void *state) {
  struct http *http = state;
  if (http == NULL)
    return;
  for (size_t i = 0; i < http->idle_count; i++)
    http->lib.easy_cleanup(http->idle[i]);
  http->lib.global_cleanup();
  if (http->authorization != NULL)
    explicit_bzero(http->authorization, strlen(http->authorization));
  free(http->authorization);
  pthread_mutex_destroy(&http->lock);
  free(http);
}

/* Makes the header that carries the secret. */
static int read_secret(struct http *http, const char *file, struct op_error *error) {
  char secret[SECRET_MAX + 1];
  int r = secret_read(file, secret, error);
  if (r == 0 && asprintf(&http->authorization, "Authorization: Bearer %s", secret) < 0) {
    http->authorization = NULL;
    r = op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  }
  explicit_bzero(secret, sizeof secret);
  return r;
}

/* Takes the URL and the secret. */
static int open_http(const struct op_config *config, unsigned timeout_ms, void **ret_state, struct op_error *error) {
  if (config->payment_url == NULL)
    return op_fail(error, OP_CONFIG, "bad_config", "payment.provider is http, and payment.url names no service");
  struct libcurl lib;
  int r = libcurl_load(&lib, error);
  if (r != 0)
    return r;
  struct http *http = calloc(1, sizeof *http);
  if (http == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  if (lib.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    free(http);
    return op_fail(error, OP_TEMPORARY, "no_memory", "libcurl cannot be made ready");
  }
  http->lib = lib;
  http->url = config->payment_url;
  http->timeout_ms = timeout_ms;
  pthread_mutex_init(&http->lock, NULL);
  r = config->payment_secret_file != NULL ? read_secret(http, config->payment_secret_file, error) : 0;
  if (r == 0)
    *ret_state = http;
  else
    close_http(http);
  return r;
}

/* ---- handles ----------------------------------------------------------------------------------- */

/* Keeps what fits of the answer; what does not ends the transfer with CURLE_WRITE_ERROR. */
static size_t collect(char *bytes, size_t size, size_t count, void *context) {
  struct op_text *text = context;
  size_t len = size * count;
  if (len > PROVIDER_MAX_ANSWER - text->len)
    return 0;
  op_text_add(text, bytes, len);
  return len;
}

/* What is the same for every call. False where libcurl has not got it: then nothing may be sent. */
static bool prepare(CURL *curl, const struct http *http) {
  const char *certificates = getenv("SSL_CERT_FILE");
  bool plain = strncmp(http->url, "http://", strlen("http://")) == 0;
  CURLcode r = CURLE_OK;
#define SET(option, value) r = r == CURLE_OK ? http->lib.easy_setopt(curl, option, value) : r
  SET(CURLOPT_URL, http->url);
  SET(CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_CONNECTTIMEOUT_MS, (long)http->timeout_ms);
  SET(CURLOPT_TIMEOUT_MS, (long)http->timeout_ms);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_POST, 1L);
  SET(CURLOPT_WRITEFUNCTION, collect);
  SET(CURLOPT_USERAGENT, "op-pay/" EVS_VERSION);
  if (plain) /* what is meant for this machine goes through no proxy */
    SET(CURLOPT_PROXY, "");
  if (certificates != NULL && certificates[0] != '\0')
    SET(CURLOPT_CAINFO, certificates);
#undef SET
  return r == CURLE_OK;
}

/* An idle handle, or a new one; NULL where there is none to be had. */
static CURL *take(struct http *http) {
  pthread_mutex_lock(&http->lock);
  CURL *curl = http->idle_count > 0 ? http->idle[--http->idle_count] : NULL;
  pthread_mutex_unlock(&http->lock);
  if (curl == NULL)
    curl = http->lib.easy_init();
  if (curl != NULL && !prepare(curl, http)) {
    http->lib.easy_cleanup(curl);
    curl = NULL;
  }
  return curl;
}

/* Keeps a handle with its connection for the next call, without anything of this one. */
static void give_back(struct http *http, CURL *curl) {
  http->lib.easy_reset(curl);
  pthread_mutex_lock(&http->lock);
  bool keep = http->idle_count < MAX_IDLE;
  if (keep)
    http->idle[http->idle_count++] = curl;
  pthread_mutex_unlock(&http->lock);
  if (!keep)
    http->lib.easy_cleanup(curl);
}

/* ---- one call ---------------------------------------------------------------------------------- */

/* Adds a header; false where memory is gone. */
static bool add_header(const struct libcurl *lib, struct curl_slist **headers, const char *line) {
  struct curl_slist *longer = lib->slist_append(*headers, line);
  if (longer != NULL)
    *headers = longer;
  return longer != NULL;
}

/* Adds the key. A header is ASCII: other bytes, and %, become %XX, so that two keys never look alike. */
static bool add_key(const struct libcurl *lib, struct curl_slist **headers, const char *key) {
  struct op_text line = {0};
  op_text_adds(&line, "Idempotency-Key: ");
  for (const unsigned char *c = (const unsigned char *)key; *c != '\0'; c++) {
    bool plain = *c > ' ' && *c < 0x7F && *c != '%';
    op_text_addf(&line, plain ? "%c" : "%%%02X", *c);
  }
  bool added = add_header(lib, headers, line.ptr);
  op_text_free(&line);
  return added;
}

/* The headers of this call; NULL where memory is gone. */
static struct curl_slist *make_headers(const struct http *http, const char *key) {
  const struct libcurl *lib = &http->lib;
  struct curl_slist *headers = NULL;
  bool good = add_header(lib, &headers, "Content-Type: application/json") &&
              add_header(lib, &headers, "Accept: application/json") && add_header(lib, &headers, "Expect:") &&
              (key[0] == '\0' || add_key(lib, &headers, key)) &&
              (http->authorization == NULL || add_header(lib, &headers, http->authorization));
  if (good)
    return headers;
  lib->slist_free_all(headers);
  return NULL;
}

/* Why there was no answer, in a few words. */
static const char *explain(const struct http *http, CURLcode code) {
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return "timeout";
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY:
    return "no such host";
  case CURLE_COULDNT_CONNECT:
    return "no connection";
  case CURLE_PEER_FAILED_VERIFICATION:
    return "tls: certificate not trusted";
  case CURLE_WRITE_ERROR:
    return "garbage: answer too long";
  case CURLE_GOT_NOTHING:
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
  case CURLE_PARTIAL_FILE:
    return "connection lost";
  default:
    return http->lib.easy_strerror(code);
  }
}

/* What the end of the transfer means. */
static void judge(const struct http *http, CURL *curl, CURLcode code, struct provider_reply *reply) {
  long status = 0;
  http->lib.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  reply->kind = REPLY_NONE;
  if (code != CURLE_OK) {
    snprintf(reply->trouble, sizeof reply->trouble, "%s", explain(http, code));
    return;
  }
  snprintf(reply->trouble, sizeof reply->trouble, "http %ld", status);
  if (status >= 200 && status <= 299)
    reply->kind = REPLY_TEXT;
  else if (status == 402)
    reply->kind = REPLY_DECLINED;
  else if (status == 400 || status == 404 || status == 405 || status == 501)
    reply->kind = REPLY_REJECTED;
}

/* One POST. */
static int exchange(void *state, const char *key, const struct op_text *request, struct provider_reply *ret_reply,
                    struct op_error *error) {
  struct http *http = state;
  struct curl_slist *headers = make_headers(http, key);
  CURL *curl = headers != NULL ? take(http) : NULL;
  bool ready = curl != NULL && http->lib.easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
               http->lib.easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->len) == CURLE_OK &&
               http->lib.easy_setopt(curl, CURLOPT_POSTFIELDS, request->ptr) == CURLE_OK &&
               http->lib.easy_setopt(curl, CURLOPT_WRITEDATA, &ret_reply->text) == CURLE_OK;
  if (ready)
    judge(http, curl, http->lib.easy_perform(curl), ret_reply);
  if (curl != NULL)
    give_back(http, curl);
  http->lib.slist_free_all(headers);
  return ready ? 0 : op_fail(error, OP_TEMPORARY, "no_memory", "libcurl cannot make a call");
}

const struct provider_kind provider_http = {
    .name = "http", .open = open_http, .close = close_http, .exchange = exchange};
