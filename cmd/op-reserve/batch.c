/* batch.c - `place --batch`: one request a line on stdin, one answer a line on stdout, in the same order.
 *
 * As many lines as are there without waiting, up to CHUNK, are decided together and appended as one commit, so a file
 * goes through at the speed of the disk, and a pipe gets each answer as soon as it is durable. What is decided upon is
 * kept in memory from commit to commit (book.h); the read model is left as it was. A bad line and a refused
 * one are answered and fail nothing else. Where the store fails, the batch stops: what was answered stands.
 * Errors: 1 some were refused, 65 some were malformed (answered already); those of op_commit(). */
#include "lines.h"
#include "order_json.h"
#include "orders.h"
#include "project.h"
#include "row.h"
#include "verbs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1000 };

/* The batch so far. */
struct batch {
  struct orders orders; /* read and not answered yet */
  size_t size;          /* room in orders.items */
  size_t limit;         /* lines decided together */
  struct lines lines;
  uint64_t placed, refused, malformed;
  bool closed; /* nobody reads the answers any more */
  struct op_text answers;
};

/* The next free order; all but the answered ones keep their places. */
static struct order *add_order(struct batch *batch) {
  if (batch->orders.count == batch->size) {
    batch->size = batch->size ? batch->size * 2 : 16;
    struct order *items = reallocarray(batch->orders.items, batch->size, sizeof *items);
    if (!items) {
      fputs("op-reserve: out of memory\n", stderr);
      exit(OP_TEMPORARY);
    }
    batch->orders.items = items;
  }
  struct order *order = &batch->orders.items[batch->orders.count++];
  *order = (struct order){.line = batch->lines.number, .draft = NO_DRAFT};
  return order;
}

/* Is there nothing but white space? */
static bool is_blank(const char *line, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (!strchr(" \t\r", line[i]) || !line[i])
      return false;
  return true;
}

/* Takes a line in. */
static void add_line(struct batch *batch, enum lines_result kind, const char *line, size_t len) {
  struct op_error problem = {0};
  if (kind == LINES_LINE && is_blank(line, len))
    return;
  struct order *order = add_order(batch);
  if (kind == LINES_TOO_LONG)
    op_fail(&problem, OP_DATA, "malformed", "a line may have at most %d bytes", LINE_MAX_BYTES);
  else
    place_from_json(line, len, &order->place, &problem);
  if (problem.exit_code != OP_OK) {
    order->malformed = true;
    order_fail(order, &problem);
  }
}

/* Reads on until the limit, or until more would mean to wait. */
static enum lines_result read_lines(struct batch *batch, struct op_error *error) {
  while (batch->orders.count < batch->limit) {
    const char *line = NULL;
    size_t len = 0;
    enum lines_result result = lines_next(&batch->lines, batch->orders.count == 0, &line, &len, error);
    if (result != LINES_LINE && result != LINES_TOO_LONG)
      return result;
    add_line(batch, result, line, len);
  }
  return LINES_LATER;
}

/* The answer to an order that was not placed. */
static void answer_problem(struct batch *batch, const struct order *order) {
  const struct op_error *problem = order->problem;
  if (problem->exit_code == OP_DATA)
    batch->malformed++;
  else
    batch->refused++;
  op_json_string(&batch->answers, "error", problem->code);
  op_json_string(&batch->answers, "message", problem->message);
  for (int i = 0; i < problem->figure_count; i++) {
    const struct op_figure *figure = &problem->figures[i];
    if (figure->text[0])
      op_json_string(&batch->answers, figure->name, figure->text);
    else
      op_json_number(&batch->answers, figure->name, figure->number);
  }
}

/* Formats one answer. */
static int format_answer(struct batch *batch, const struct order *order, const struct op_drafts *drafts,
                         struct op_error *error) {
  struct reservation reservation;
  struct op_text *answers = &batch->answers;
  size_t before = answers->len;
  op_json_begin(answers);
  op_json_number(answers, "line", (int64_t)order->line);
  if (order->problem) {
    answer_problem(batch, order);
  } else {
    int code = order_answer(batch->orders.app, order, drafts, &reservation, error);
    if (code != OP_OK)
      return code;
    reservation_json(answers, &reservation);
    batch->placed++;
  }
  op_json_end(answers);
  op_text_adds(answers, "\n");
  if (batch->orders.app->quiet && !order->problem)
    answers->len = before;
  return OP_OK;
}

/* Formats the answers to what was decided. */
static int format_answers(struct batch *batch, const struct op_drafts *drafts, struct op_error *error) {
  int code = OP_OK;
  op_text_reset(&batch->answers);
  for (size_t i = 0; i < batch->orders.taken && code == OP_OK; i++)
    code = format_answer(batch, &batch->orders.items[i], drafts, error);
  return code;
}

/* Writes the answers, and forgets what they answer. */
static int write_answers(struct batch *batch, struct op_error *error) {
  struct orders *orders = &batch->orders;
  int code = OP_OK;
  errno = 0;
  if (fwrite(batch->answers.ptr, 1, batch->answers.len, stdout) != batch->answers.len || fflush(stdout) != 0) {
    batch->closed = errno == EPIPE;
    if (!batch->closed)
      code = op_fail(error, OP_IO, "write_failed", "cannot write the answers: %s", strerror(errno));
  }
  for (size_t i = 0; i < orders->taken; i++)
    order_free(&orders->items[i]);
  orders->count -= orders->taken;
  memmove(orders->items, orders->items + orders->taken, orders->count * sizeof *orders->items);
  return code;
}

/* Reads, commits and answers until the end. */
static int work(struct batch *batch, struct op_model *model, struct op_drafts *drafts, struct op_error *error) {
  struct op_committed committed;
  int code = OP_OK;
  while (code == OP_OK && !batch->closed && !op_stopping()) {
    enum lines_result result = read_lines(batch, error);
    if (result == LINES_ERROR)
      return error->exit_code;
    if (batch->orders.count == 0) {
      if (result == LINES_END)
        break;
      continue;
    }
    batch->orders.attempts = 0;
    code = op_commit_write(model, orders_decide, &batch->orders, drafts, &committed, error);
    if (code == OP_OK)
      orders_committed(&batch->orders, &committed);
    if (code == OP_OK)
      code = format_answers(batch, drafts, error); /* while the disk begins to write */
    if (code == OP_OK)
      code = op_commit_sync(model, &committed, error);
    if (code == OP_OK)
      code = write_answers(batch, error);
    if (batch->orders.app->dry_run) /* nobody took the seats that were decided on */
      book_free(&batch->orders.book);
  }
  return code;
}

/* With --batch everything stands in the lines. */
static int check_options(const struct op_app *app, struct op_error *error) {
  static const char *const others[] = {"musical", "seats",      "grade", "price", "customer", "id",
                                       "offer",   "request-id", "lat",   "lon",   "fulfil",   NULL};
  for (size_t i = 0; others[i]; i++)
    if (op_option_given(app, others[i]))
      return op_fail(error, OP_USAGE, "usage", "--%s cannot be used with --batch; see 'op-reserve place --help'",
                     others[i]);
  return OP_OK;
}

/* `place --batch`. */
int place_batch(struct op_app *app, struct op_error *error) {
  struct batch batch = {.orders = {.app = app}, .limit = app->dry_run ? SIZE_MAX : CHUNK};
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  int code = check_options(app, error);
  if (code == OP_OK)
    code = op_store_write(app, error);
  if (code == OP_OK)
    code = op_model_open_lazy(app, reserve_model(), &model, error);
  if (code == OP_OK)
    op_model_stay(model);
  batch.orders.book.keeps = true;
  if (code == OP_OK)
    code = lines_open(&batch.lines, STDIN_FILENO, error);
  op_catch_signals();
  setvbuf(stdout, NULL, _IOFBF, 1 << 16); /* answers are flushed after each commit anyway */
  if (code == OP_OK)
    code = work(&batch, model, &drafts, error);
  op_explain(app, "%" PRIu64 " placed, %" PRIu64 " refused, %" PRIu64 " malformed", batch.placed, batch.refused,
             batch.malformed);
  if (code == OP_OK)
    code = op_stopping() ? 128 + op_stopping() : batch.malformed ? OP_DATA : batch.refused ? OP_REFUSED : OP_OK;
  lines_close(&batch.lines);
  op_text_free(&batch.answers);
  op_drafts_free(&drafts);
  op_model_close(model);
  orders_free(&batch.orders);
  return code;
}
