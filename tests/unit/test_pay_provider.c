/* test_pay_provider.c - the providers as the saga sees them: found by name, called from several threads, closed.
 *
 * The service behind `http` is a thread of this test that approves every key under the key itself. */
#include "cmd/op-pay/provider.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The built-in one: the same answer for ever, and nothing to be found. */
static void the_built_in_provider_approves(void **state) {
  struct op_app app = {.config = {.payment_provider = (char[]){"approve"}}};
  struct provider *provider = NULL;
  struct op_error error = {0};
  const struct provider_request request = {.idempotency_key = "authorize:1", .reservation_id = "1", .amount = 1};
  static const struct {
    enum provider_operation operation;
    enum provider_status status;
    const char *ref;
  } cases[] = {
      {PROVIDER_AUTHORIZE, PROVIDER_APPROVED, "approve:1"},
      {PROVIDER_AUTHORIZE, PROVIDER_APPROVED, "approve:1"},
      {PROVIDER_QUERY, PROVIDER_NOT_FOUND, ""},
      {PROVIDER_REFUND, PROVIDER_REFUNDED, "approve:1"},
  };
  (void)state;
  assert_int_equal(provider_open(&app, &provider, &error), 0);
  assert_string_equal(provider_name(provider), "approve");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct provider_answer answer;
    assert_int_equal(provider_call(provider, cases[i].operation, &request, &answer, &error), 0);
    assert_int_equal(answer.status, cases[i].status);
    assert_string_equal(answer.provider_ref, cases[i].ref);
  }
  provider_close(provider);
  provider_close(NULL);
}

/* Who asked for a provider that is not there gets none. */
static void an_unknown_provider_is_an_error(void **state) {
  struct op_app app = {.config = {.payment_provider = (char[]){"decline"}}};
  struct provider *provider = NULL;
  struct op_error error = {0};
  (void)state;
  assert_int_equal(provider_open(&app, &provider, &error), OP_CONFIG);
  assert_string_equal(error.code, "unknown_provider");
  assert_null(provider);
}

/* ---- several threads at once -------------------------------------------------------------------- */

enum { THREADS = 6, CALLS = 20 };

struct caller {
  struct provider *provider;
  int number;
  bool failed;
};

/* Makes calls with keys of its own; each answer must be the one to its key. */
static void *call_often(void *context) {
  struct caller *caller = context;
  for (int i = 0; i < CALLS && !caller->failed; i++) {
    struct provider_request request = {.reservation_id = "1", .amount = i, .currency = "KRW"};
    struct provider_answer answer;
    struct op_error error = {0};
    snprintf(request.idempotency_key, sizeof request.idempotency_key, "authorize:%d-%d", caller->number, i);
    int r = provider_call(caller->provider, PROVIDER_AUTHORIZE, &request, &answer, &error);
    caller->failed =
        r != 0 || answer.status != PROVIDER_APPROVED || strcmp(answer.provider_ref, request.idempotency_key) != 0;
    if (caller->failed)
      fprintf(stderr, "%s: %d %s %s%s\n", request.idempotency_key, r, answer.provider_ref, answer.reason,
              error.message);
  }
  return NULL;
}

/* Calls one opened provider from all of them. */
static void call_from_threads(struct op_app *app) {
  struct caller callers[THREADS];
  pthread_t threads[THREADS];
  struct provider *provider = NULL;
  struct op_error error = {0};
  assert_int_equal(provider_open(app, &provider, &error), 0);
  for (int i = 0; i < THREADS; i++) {
    callers[i] = (struct caller){provider, i, false};
    assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_false(callers[i].failed);
  }
  provider_close(provider);
}

static void a_program_is_called_from_threads(void **state) {
  char *command[] = {
      (char[]){"sed"},
      (char[]){"s/.*\"idempotencyKey\":\"\\([^\"]*\\)\".*/{\"status\":\"approved\",\"providerRef\":\"\\1\"}/"}, NULL};
  struct op_app app = {
      .config = {.payment_provider = (char[]){"exec"}, .payment_command = command, .payment_timeout_ms = 60000}};
  (void)state;
  call_from_threads(&app);
}

static atomic_int connections;

/* Reads one request, and gives its key; false at the end of the connection. */
static bool read_call(FILE *stream, char *key, size_t size) {
  char line[512];
  size_t length = 0;
  key[0] = '\0';
  while (fgets(line, sizeof line, stream) != NULL && strcmp(line, "\r\n") != 0) {
    if (strncasecmp(line, "Content-Length:", 15) == 0)
      length = strtoul(line + 15, NULL, 10);
    if (strncasecmp(line, "Idempotency-Key: ", 17) == 0)
      snprintf(key, size, "%.*s", (int)strcspn(line + 17, "\r\n"), line + 17);
  }
  while (length > 0 && fgetc(stream) != EOF)
    length--;
  return key[0] != '\0' && length == 0;
}

/* One connection: approves whatever it is asked, under its key. */
static void *serve(void *context) {
  int fd = (int)(intptr_t)context;
  FILE *stream = fdopen(fd, "r");
  char key[128], body[256], answer[512];
  while (stream != NULL && read_call(stream, key, sizeof key)) {
    snprintf(body, sizeof body, "{\"status\":\"approved\",\"providerRef\":\"%s\"}", key);
    int len = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    if (send(fd, answer, (size_t)len, MSG_NOSIGNAL) != len)
      break;
  }
  if (stream != NULL)
    fclose(stream);
  return NULL;
}

/* Takes connections until the socket is shut down. */
static void *listen_on(void *context) {
  int listening = *(int *)context;
  pthread_t served[THREADS * CALLS];
  int count = 0;
  for (int fd; count < THREADS * CALLS && (fd = accept(listening, NULL, NULL)) >= 0; count++) {
    atomic_fetch_add(&connections, 1);
    if (pthread_create(&served[count], NULL, serve, (void *)(intptr_t)fd) != 0)
      abort();
  }
  while (count > 0)
    pthread_join(served[--count], NULL);
  return NULL;
}

/* A connection is kept for the next call: there are never more than callers. */
static void a_service_is_called_from_threads(void **state) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  char url[64];
  pthread_t listener;
  int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  (void)state;
  assert_true(listening >= 0);
  assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(listening, 64), 0);
  assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &len), 0);
  assert_int_equal(pthread_create(&listener, NULL, listen_on, &listening), 0);
  snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", ntohs(address.sin_port));
  struct op_app app = {
      .config = {.payment_provider = (char[]){"http"}, .payment_url = url, .payment_timeout_ms = 60000}};
  call_from_threads(&app);
  assert_in_range(atomic_load(&connections), 1, THREADS);
  shutdown(listening, SHUT_RDWR);
  pthread_join(listener, NULL);
  close(listening);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_built_in_provider_approves),
      cmocka_unit_test(an_unknown_provider_is_an_error),
      cmocka_unit_test(a_program_is_called_from_threads),
      cmocka_unit_test(a_service_is_called_from_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
