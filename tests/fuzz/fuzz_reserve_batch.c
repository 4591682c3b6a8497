/* fuzz_reserve_batch.c - the input of `op-reserve place --batch`: arbitrary bytes on standard input, through
 * place_batch() with --dry-run, over a store with a few musicals that stays as it is.
 *
 * Every line that is not blank gets one answer, in order. A line is malformed exactly where a strict reading with
 * jansson says so. What is placed is what was asked for, no seat is sold twice, no customer gets more than allowed, no
 * reservation id is given twice. */
#include "fuzz.h"

#include "wish.h"

#include "cmd/op-reserve/project.h"
#include "cmd/op-reserve/verbs.h"
#include "domain.h"
#include "options.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOON INT64_C(1795176000000000) /* 2026-11-20T12:00:00Z */

/* What the store holds, and what one batch takes of it. */
static const struct musical {
  const char *id, *data;
  int64_t seats; /* that can be had; 0: it is not on sale */
  int64_t limit; /* of a customer; 0: none */
} musicals[] = {
    {"1", "{\"musicalId\":\"1\",\"name\":\"Frozen\",\"seats\":102,\"price\":50000,\"currency\":\"KRW\"}", 100, 0},
    {"2", "{\"musicalId\":\"2\",\"name\":\"Cats\",\"seats\":5,\"currency\":\"EUR\",\"maxPerCustomer\":2}", 5, 2},
    {"3",
     "{\"musicalId\":\"3\",\"name\":\"Old\",\"seats\":9,\"currency\":\"KRW\",\"salesClose\":\"2026-01-01T00:00:00Z\"}",
     0, 0},
};
#define MUSICALS (sizeof musicals / sizeof musicals[0])
#define MAX_LINES 2000

static const struct op_option options[] = {{"batch", 0, NULL, "", false}, {0}};
static const struct op_verb verbs[] = {{"place", NULL, "", 0, 0, OP_CHANGES, options, place_batch, NULL}, {0}};
static const struct op_program program = {.name = "op-reserve", .summary = "", .verbs = verbs};

/* ---- the store -------------------------------------------------------------------------------------------------- */

/* Appends one event. */
static void append(evs_store *store, const char *type, const char *const *tags, size_t tag_count, const char *data) {
  const evs_new_event event = {
      .type = type, .tags = tags, .tag_count = tag_count, .data = data, .data_len = strlen(data), .time_us = NOON};
  FUZZ_CHECK(evs_append(store, &event, 1, NULL, NULL, NULL) == 0);
}

/* Makes the command as op_main() would. */
static void begin(struct op_app *app) {
  static char store[256];
  static char name[] = "op-reserve", verb[] = "place", batch[] = "--batch", dry[] = "--dry-run";
  char *argv[] = {name, verb, batch, dry, NULL};
  struct op_error error = {0};
  snprintf(store, sizeof store, "%s/store", fuzz_directory());
  static char provider[] = "approve", when_open[] = "defer"; /* as without a configuration */
  *app = (struct op_app){.program = &program,
                         .timeout_ms = 10000,
                         .store_url = store,
                         .fixed_now_us = NOON,
                         .config = {.payment_provider = provider, .payment_when_open = when_open}};
  FUZZ_CHECK(op_options_parse(app, 4, argv, &error) == OP_OK);
}

static void end(struct op_app *app) {
  evs_close(app->store);
  op_options_free(app);
}

/* Makes the store, and folds it into the read model. */
static void make_store(void) {
  static const char *const placed[] = {"musical:1", "reservation:1", "customer:kim", "request:k0"};
  struct op_app app;
  struct op_error error = {0};
  struct op_model *model = NULL;
  begin(&app);
  FUZZ_CHECK(op_store_write(&app, &error) == OP_OK);
  for (size_t i = 0; i < MUSICALS; i++) {
    char tag[80];
    const char *tags[] = {tag};
    snprintf(tag, sizeof tag, "musical:%s", musicals[i].id);
    append(app.store, OP_MUSICAL_REGISTERED, tags, 1, musicals[i].data);
  }
  append(app.store, OP_RESERVATION_PLACED, placed, 4,
         "{\"reservationId\":\"1\",\"musicalId\":\"1\",\"customerId\":\"kim\",\"seats\":2,\"price\":50000,\"amount\":"
         "100000,\"currency\":\"KRW\",\"requestId\":\"k0\",\"request\":\"place musical=1 seats=2 price= customer=kim "
         "id=\"}");
  FUZZ_CHECK(op_model_open(&app, reserve_model(), &model, &error) == OP_OK);
  op_model_close(model);
  end(&app);
}

/* ---- the answers ------------------------------------------------------------------------------------------------ */

/* What one batch has sold. */
struct sold {
  int64_t seats[MUSICALS];
  struct wish placed[MAX_LINES];
  size_t count;
};

static const char *text_of(const json_t *answer, const char *key) {
  const char *text = json_string_value(json_object_get(answer, key));
  return text ? text : "";
}

/* Is it the same request as one that was placed before, in the batch or in the store? */
static bool is_repeated(const struct sold *sold, const struct wish *wish) {
  if (!wish->request[0])
    return false;
  for (size_t i = 0; i < sold->count; i++)
    if (strcmp(sold->placed[i].request, wish->request) == 0)
      return true;
  return strcmp(wish->request, "k0") == 0;
}

/* What holds of a placement. */
static void check_placed(struct sold *sold, const struct wish *wish, const json_t *answer) {
  const char *id = text_of(answer, "reservationId");
  size_t m = 0;
  while (m < MUSICALS && strcmp(musicals[m].id, wish->musical) != 0)
    m++;
  FUZZ_CHECK(m < MUSICALS && strcmp(text_of(answer, "musicalId"), wish->musical) == 0);
  FUZZ_CHECK(json_integer_value(json_object_get(answer, "seats")) == wish->seats);
  FUZZ_CHECK(strcmp(text_of(answer, "customerId"), wish->customer) == 0);
  FUZZ_CHECK(wish->price < 0 || json_integer_value(json_object_get(answer, "price")) == wish->price);
  FUZZ_CHECK(id[0] && (!wish->id[0] || strcmp(wish->id, id) == 0));
  if (is_repeated(sold, wish))
    return;
  FUZZ_CHECK(strcmp(id, "1") != 0);
  int64_t held = wish->seats;
  for (size_t i = 0; i < sold->count; i++) {
    const struct wish *other = &sold->placed[i];
    FUZZ_CHECK(strcmp(other->id, id) != 0);
    if (strcmp(other->musical, wish->musical) == 0 && strcmp(other->customer, wish->customer) == 0)
      held += other->seats;
  }
  FUZZ_CHECK(!musicals[m].limit || (wish->customer[0] && held <= musicals[m].limit));
  sold->seats[m] += wish->seats;
  FUZZ_CHECK(sold->seats[m] <= musicals[m].seats);
  sold->placed[sold->count] = *wish;
  snprintf(sold->placed[sold->count].id, sizeof wish->id, "%s", id);
  sold->count++;
}

/* Is the code of the error one that says that the line could not be read? */
static bool is_malformed(const char *code) {
  return strcmp(code, "malformed") == 0 || strcmp(code, "bad_id") == 0 || strcmp(code, "bad_seats") == 0 ||
         strcmp(code, "bad_price") == 0;
}

/* One line and its answer. */
static void check_answer(struct sold *sold, const char *line, size_t len, size_t number, const char *text,
                         size_t size) {
  struct wish wish;
  wish_read(line, len, &wish);
  json_t *answer = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
  FUZZ_CHECK(json_is_object(answer));
  FUZZ_CHECK(json_integer_value(json_object_get(answer, "line")) == (json_int_t)number);
  const char *code = text_of(answer, "error");
  FUZZ_CHECK(!code[0] || fuzz_is_clean_line(text_of(answer, "message")));
  /* bad_price is also what a good line gets whose amount is beyond all bounds */
  FUZZ_CHECK(wish.good ? !is_malformed(code) || (strcmp(code, "bad_price") == 0 && wish.price > 0 && wish.seats > 1)
                       : is_malformed(code));
  if (!code[0])
    check_placed(sold, &wish, answer);
  json_decref(answer);
}

/* The next line of a text; false at its end. */
static bool next_line(const char **at, size_t *left, const char **ret_line, size_t *ret_len) {
  if (*left == 0)
    return false;
  const char *newline = memchr(*at, '\n', *left);
  *ret_line = *at;
  *ret_len = newline ? (size_t)(newline - *at) : *left;
  size_t taken = *ret_len + (newline != NULL);
  *at += taken;
  *left -= taken;
  return true;
}

static bool is_blank(const char *line, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
      return false;
  return true;
}

/* All lines and all answers. */
static void check_answers(const char *in, size_t in_len, const char *out, size_t out_len) {
  struct sold *sold = calloc(1, sizeof *sold);
  const char *line = NULL, *answer = NULL;
  size_t len = 0, answer_len = 0, number = 0;
  FUZZ_CHECK(sold != NULL);
  while (next_line(&in, &in_len, &line, &len)) {
    number++;
    if (is_blank(line, len))
      continue;
    FUZZ_CHECK(next_line(&out, &out_len, &answer, &answer_len));
    check_answer(sold, line, len, number, answer, answer_len);
  }
  FUZZ_CHECK(out_len == 0);
  free(sold);
}

/* Runs the batch with these bytes on standard input; what it prints to *ret_out. */
static int run(const uint8_t *data, size_t size, char **ret_out, size_t *ret_len) {
  struct sigaction on_int, on_term;
  struct op_error error = {0};
  struct op_app app;
  FILE *real = stdout;
  int fd = fuzz_memory_file(data, size), saved = dup(STDIN_FILENO);
  FUZZ_CHECK(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
  close(fd);
  sigaction(SIGINT, NULL, &on_int); /* which belong to the fuzzer */
  sigaction(SIGTERM, NULL, &on_term);
  begin(&app);
  stdout = open_memstream(ret_out, ret_len);
  FUZZ_CHECK(stdout != NULL);
  int code = place_batch(&app, &error);
  fclose(stdout);
  stdout = real;
  end(&app);
  sigaction(SIGINT, &on_int, NULL);
  sigaction(SIGTERM, &on_term, NULL);
  if (saved >= 0)
    dup2(saved, STDIN_FILENO);
  else
    close(STDIN_FILENO);
  close(saved);
  return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool made;
  char *out = NULL;
  size_t out_len = 0, lines = 1;
  for (size_t i = 0; i < size; i++)
    lines += data[i] == '\n';
  if (lines > MAX_LINES)
    return 0;
  if (!made)
    make_store();
  made = true;
  int code = run(data, size, &out, &out_len);
  FUZZ_CHECK(code == OP_OK || code == OP_REFUSED || code == OP_DATA);
  check_answers((const char *)data, size, out, out_len);
  free(out);
  return 0;
}
