/* test_output.c - the four formats, byte for byte, and what happens when nobody reads or the disk is full. */
#include "config.h"
#include "output.h"

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct op_column columns[] = {
    {"musicalId", "ID", false}, {"name", "NAME", false}, {"seats", "SEATS", true}, {"raw", NULL, false}};

/* What was printed: an output over memory. */
struct printed {
  struct op_output *output;
  FILE *stream;
  char *text;
  size_t len;
};

static void start(struct printed *printed, enum op_format format, bool color, bool quiet) {
  printed->text = NULL;
  printed->stream = open_memstream(&printed->text, &printed->len);
  assert_non_null(printed->stream);
  printed->output = op_output_new(printed->stream, format, color, quiet);
}

static void expect(struct printed *printed, const char *text) {
  struct op_error error = {0};
  assert_int_equal(op_output_finish(printed->output, &error), OP_OK);
  op_output_free(printed->output);
  fclose(printed->stream);
  assert_string_equal(printed->text, text);
  free(printed->text);
}

static void give_row(struct op_output *output, const char *id, const char *name, int64_t seats) {
  op_cell_text(output, id);
  op_cell_text(output, name);
  op_cell_number(output, seats);
  op_cell_json(output, "[1]");
  op_row_end(output);
}

static void give(struct op_output *output, bool single, int rows) {
  static const char *const names[] = {"Frozen", "겨울왕국", "a,\"b\"\n"};
  op_rows_begin(output, columns, 4, single);
  for (int i = 0; i < rows; i++)
    give_row(output, i == 0 ? "1" : NULL, names[i], i * 1234567);
  op_rows_end(output);
}

static void ndjson(void **state) {
  struct printed printed;
  (void)state;
  start(&printed, OP_NDJSON, true, false);
  give(printed.output, false, 3);
  expect(&printed, "{\"musicalId\":\"1\",\"name\":\"Frozen\",\"seats\":0,\"raw\":[1]}\n"
                   "{\"musicalId\":null,\"name\":\"겨울왕국\",\"seats\":1234567,\"raw\":[1]}\n"
                   "{\"musicalId\":null,\"name\":\"a,\\\"b\\\"\\n\",\"seats\":2469134,\"raw\":[1]}\n");
}

static void json(void **state) {
  struct printed printed;
  (void)state;
  start(&printed, OP_JSON, false, false);
  give(printed.output, false, 2);
  expect(&printed, "[{\"musicalId\":\"1\",\"name\":\"Frozen\",\"seats\":0,\"raw\":[1]},\n"
                   "{\"musicalId\":null,\"name\":\"겨울왕국\",\"seats\":1234567,\"raw\":[1]}]\n");
  start(&printed, OP_JSON, false, false);
  give(printed.output, false, 0);
  expect(&printed, "[]\n");
  start(&printed, OP_JSON, false, false);
  give(printed.output, true, 1);
  expect(&printed, "{\"musicalId\":\"1\",\"name\":\"Frozen\",\"seats\":0,\"raw\":[1]}\n");
}

static void csv(void **state) {
  struct printed printed;
  (void)state;
  start(&printed, OP_CSV, false, false);
  give(printed.output, false, 3);
  give(printed.output, false, 1); /* the same columns again: no second head */
  op_rows_begin(printed.output, columns, 2, false);
  op_cell_text(printed.output, "");
  op_cell_text(printed.output, " x");
  op_row_end(printed.output);
  op_rows_end(printed.output);
  expect(&printed, "musicalId,name,seats,raw\n1,Frozen,0,[1]\n,겨울왕국,1234567,[1]\n,\"a,\"\"b\"\"\n\",2469134,[1]\n"
                   "1,Frozen,0,[1]\n\"\",\" x\"\n");
}

static void table(void **state) {
  struct printed printed;
  (void)state;
  start(&printed, OP_TABLE, false, false);
  give(printed.output, false, 3);
  expect(&printed, "ID NAME         SEATS\n"
                   "1  Frozen           0\n"
                   "   겨울왕국 1,234,567\n" /* four characters, eight columns */
                   "   a,\"b\"\\n  2,469,134\n");
  start(&printed, OP_TABLE, false, false);
  give(printed.output, true, 1);
  expect(&printed, "ID    1\nNAME  Frozen\nSEATS 0\n");
  start(&printed, OP_TABLE, false, false);
  give(printed.output, false, 0);
  expect(&printed, "");
}

/* Tables call the words of columns of statuses as the configuration says, in the language of the environment. */
static void labels(void **state) {
  static const struct op_column of[] = {
      {"name", "A", false}, {"status", "B", false}, {"ticketStatus", "C", false}, {"progress", "D", false}};
  static char ko[] = "ko", de[] = "de", word[] = "Placed", korean[] = "예약\x1b신청", german[] = "Bestellt";
  static struct op_label second = {NULL, ko, word, korean}, first = {&second, de, word, german};
  static const struct {
    enum op_format format;
    const char *locale, *printed;
  } cases[] = {
      {OP_TABLE, "ko_KR.UTF-8",
       "A      B            C            D\nPlaced 예약\\x1b신청 예약\\x1b신청 예약\\x1b신청\n"},
      {OP_TABLE, "de", "A      B        C        D\nPlaced Bestellt Bestellt Bestellt\n"},
      {OP_TABLE, "kok_IN", "A      B      C      D\nPlaced Placed Placed Placed\n"},
      {OP_CSV, "ko", "name,status,ticketStatus,progress\nPlaced,Placed,Placed,Placed\n"},
      {OP_NDJSON, "ko",
       "{\"name\":\"Placed\",\"status\":\"Placed\",\"ticketStatus\":\"Placed\",\"progress\":\"Placed\"}\n"},
  };
  struct printed printed;
  char *before = getenv("LC_ALL") != NULL ? strdup(getenv("LC_ALL")) : NULL;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    start(&printed, cases[i].format, false, false);
    setenv("LC_ALL", cases[i].locale, 1);
    op_output_label(printed.output, &first);
    op_rows_begin(printed.output, of, 4, false);
    for (int j = 0; j < 4; j++)
      op_cell_text(printed.output, "Placed");
    op_row_end(printed.output);
    op_rows_end(printed.output);
    expect(&printed, cases[i].printed);
  }
  if (before != NULL)
    setenv("LC_ALL", before, 1);
  else
    unsetenv("LC_ALL");
  free(before);
}

static void table_is_safe(void **state) {
  struct printed printed;
  (void)state;
  start(&printed, OP_TABLE, false, false);
  op_rows_begin(printed.output, columns, 4, false);
  give_row(printed.output, "1", "\x1B[2J\xFF🎭", -1234);
  op_rows_end(printed.output);
  expect(&printed, "ID NAME           SEATS\n1  \\x1b[2J\\xff🎭 -1,234\n");
}

static void heads_are_bold_on_a_terminal(void **state) {
  struct printed printed;
  (void)state;
  start(&printed, OP_TABLE, true, false);
  op_rows_begin(printed.output, columns, 1, false);
  op_cell_text(printed.output, "1");
  op_row_end(printed.output);
  op_rows_end(printed.output);
  expect(&printed, "\x1B[1mID\x1B[0m\n1\n");
}

static void table_flushed_in_parts(void **state) {
  struct printed printed;
  (void)state;
  start(&printed, OP_TABLE, false, false);
  op_rows_begin(printed.output, columns, 4, false);
  give_row(printed.output, "1", "a", 1);
  op_output_flush(printed.output);
  op_output_flush(printed.output);
  give_row(printed.output, "2", "b", 2);
  op_rows_end(printed.output);
  expect(&printed, "ID NAME SEATS\n1  a        1\n2  b        2\n");
}

static void quiet_counts_and_prints_nothing(void **state) {
  static const enum op_format formats[] = {OP_NDJSON, OP_JSON, OP_TABLE, OP_CSV};
  struct printed printed;
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    start(&printed, formats[i], false, true);
    give(printed.output, false, 3);
    assert_int_equal(op_output_rows(printed.output), 3);
    expect(&printed, "");
  }
}

#define SLICE(text) ((evs_slice){text, sizeof(text) - 1})

static const char event_line[] =
    "{\"seq\":7,\"type\":\"ReservationPlaced\",\"data\":{\"seats\":2}}"; /* handed on as it is, whatever it holds */

static evs_event event_of(void) {
  return (evs_event){.seq = 7,
                     .causation = 6,
                     .id = SLICE("x"),
                     .time = SLICE("2026-11-20T12:34:56.789012Z"),
                     .type = SLICE("ReservationPlaced"),
                     .tags = SLICE("\"musical:1\",\"customer:a\\\"b\""),
                     .correlation = SLICE("2"),
                     .data = SLICE("{\"seats\":2}"),
                     .line = {event_line, sizeof event_line - 1}};
}

static void lines(void **state) {
  struct printed printed;
  evs_event event = event_of();
  (void)state;
  start(&printed, OP_NDJSON, false, false);
  op_lines_begin(printed.output);
  op_line(printed.output, &event);
  op_line(printed.output, &event);
  op_lines_end(printed.output);
  char wanted[512];
  snprintf(wanted, sizeof wanted, "%s\n%s\n", event_line, event_line);
  expect(&printed, wanted);

  start(&printed, OP_JSON, false, false);
  op_lines_begin(printed.output);
  op_line(printed.output, &event);
  op_line(printed.output, &event);
  op_lines_end(printed.output);
  snprintf(wanted, sizeof wanted, "[%s,\n%s]\n", event_line, event_line);
  expect(&printed, wanted);

  start(&printed, OP_CSV, false, false);
  op_lines_begin(printed.output);
  op_line(printed.output, &event);
  op_lines_end(printed.output);
  expect(&printed,
         "seq,time,type,correlation,tags,data\n"
         "7,2026-11-20T12:34:56.789012Z,ReservationPlaced,2,\"musical:1 customer:a\"\"b\",\"{\"\"seats\"\":2}\"\n");
}

static void a_draft_has_no_line_yet(void **state) {
  struct printed printed;
  evs_event event = event_of();
  event.seq = 0;
  event.line = event.tags = event.id = (evs_slice){NULL, 0};
  (void)state;
  start(&printed, OP_NDJSON, false, false);
  op_lines_begin(printed.output);
  op_line(printed.output, &event);
  op_lines_end(printed.output);
  expect(&printed, "{\"seq\":null,\"time\":\"2026-11-20T12:34:56.789012Z\",\"type\":\"ReservationPlaced\","
                   "\"correlation\":\"2\",\"causation\":6,\"data\":{\"seats\":2}}\n");
}

static void a_full_disk_is_told(void **state) {
  struct op_error error = {0};
  FILE *full = fopen("/dev/full", "w");
  assert_non_null(full);
  (void)state;
  struct op_output *output = op_output_new(full, OP_NDJSON, false, false);
  give(output, false, 3);
  assert_int_equal(op_output_finish(output, &error), OP_IO);
  assert_string_equal(error.code, "disk_full");
  op_output_free(output);
  fclose(full);
}

static void a_closed_pipe_is_no_error(void **state) {
  struct op_error error = {0};
  int ends[2];
  (void)state;
  signal(SIGPIPE, SIG_IGN);
  assert_int_equal(pipe(ends), 0);
  close(ends[0]);
  FILE *stream = fdopen(ends[1], "w");
  struct op_output *output = op_output_new(stream, OP_NDJSON, false, false);
  for (int i = 0; i < 1000; i++)
    give(output, false, 3);
  op_output_flush(output);
  assert_true(op_output_closed(output));
  assert_int_equal(op_output_finish(output, &error), OP_OK);
  op_output_free(output);
  fclose(stream);
}

static void json_of_our_own(void **state) {
  struct op_text text = {0};
  (void)state;
  op_json_begin(&text);
  op_json_end(&text);
  assert_string_equal(text.ptr, "{}");
  op_text_reset(&text);
  assert_string_equal(text.ptr, "");
  op_json_begin(&text);
  op_json_string(&text, "name", "겨울 \"x\"\\\n\x01");
  op_json_string(&text, "bad",
                 "a\xFF"
                 "b");
  op_json_string(&text, "none", NULL);
  op_json_number(&text, "min", INT64_MIN);
  op_json_bool(&text, "yes", true);
  op_json_raw(&text, "raw", "{}");
  op_json_time(&text, "at", 1500000);
  op_json_number(&text, "after", 1);
  op_json_end(&text);
  assert_string_equal(text.ptr, "{\"name\":\"겨울 \\\"x\\\"\\\\\\n\\u0001\",\"bad\":\"a\xEF\xBF\xBD"
                                "b\",\"none\":null,\"min\":-9223372036854775808,\"yes\":true,\"raw\":{},"
                                "\"at\":\"1970-01-01T00:00:01.500000Z\",\"after\":1}");
  assert_int_equal(text.len, strlen(text.ptr));
  op_text_free(&text);
  for (int i = 0; i < 5000; i++)
    op_text_addf(&text, "%d", i % 10);
  assert_int_equal(text.len, 5000);
  assert_int_equal(text.ptr[4999], '9');
  op_text_free(&text);
}

int main(void) {
  setlocale(LC_CTYPE, "C.UTF-8");
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ndjson),
      cmocka_unit_test(json),
      cmocka_unit_test(csv),
      cmocka_unit_test(table),
      cmocka_unit_test(labels),
      cmocka_unit_test(table_is_safe),
      cmocka_unit_test(heads_are_bold_on_a_terminal),
      cmocka_unit_test(table_flushed_in_parts),
      cmocka_unit_test(quiet_counts_and_prints_nothing),
      cmocka_unit_test(lines),
      cmocka_unit_test(a_draft_has_no_line_yet),
      cmocka_unit_test(a_full_disk_is_told),
      cmocka_unit_test(a_closed_pipe_is_no_error),
      cmocka_unit_test(json_of_our_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
