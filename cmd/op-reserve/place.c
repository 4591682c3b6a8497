/* place.c - the verb `place`: checks and takes the seats of one reservation in one step.
 *
 * It opens its read model without writing to it and folds in memory what came since, so that many who place at once
 * wait for nothing but the disk. Errors: those of decide_place() and op_commit(). `--batch` stands in batch.c. */
#include "orders.h"
#include "project.h"
#include "row.h"
#include "verbs.h"

#include <stdlib.h>
#include <string.h>

/* An id that may be absent. */
static int read_id(const struct op_app *app, const char *option, const char *what, char id[OP_MAX_ID + 1],
                   struct op_error *error) {
  const char *text = op_option(app, option);
  if (!text)
    return OP_OK;
  int code = op_check_id(what, text, error);
  if (code == OP_OK)
    memcpy(id, text, strlen(text) + 1);
  return code;
}

/* The options as a command. */
static int read_options(const struct op_app *app, struct place *ret_place, struct op_error *error) {
  const char *musical = op_option(app, "musical"), *seats = op_option(app, "seats"), *price = op_option(app, "price");
  const char *grade = op_option(app, "grade");
  *ret_place = (struct place){.price = -1};
  if (!musical || !seats)
    return op_fail(error, OP_USAGE, "usage", "place needs --%s, or --batch; see 'op-reserve place --help'",
                   musical ? "seats N" : "musical ID");
  int code = read_id(app, "musical", "musical id", ret_place->musical_id, error);
  if (code == OP_OK)
    code = op_check_number("seats", "bad_seats", seats, 1, OP_MAX_SEATS, &ret_place->seats, error);
  if (code == OP_OK && price)
    code = op_check_number("price", "bad_price", price, 0, OP_MAX_MONEY, &ret_place->price, error);
  if (code == OP_OK)
    code = read_id(app, "customer", "customer id", ret_place->customer_id, error);
  if (code == OP_OK)
    code = read_id(app, "id", "reservation id", ret_place->reservation_id, error);
  if (code == OP_OK && grade)
    code = op_check_grade(grade, error);
  if (code == OP_OK && grade)
    stpcpy(ret_place->grade, grade);
  if (code == OP_OK && app->request_id)
    snprintf(ret_place->request_id, sizeof ret_place->request_id, "%s", app->request_id);
  return code;
}

/* Places the one order. */
static int place(struct op_app *app, struct orders *orders, struct op_error *error) {
  struct order *order = orders->items;
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  struct reservation reservation;
  int code = op_store_write(app, error);
  if (code == OP_OK)
    code = op_model_open_lazy(app, reserve_model(), &model, error);
  if (code == OP_OK)
    code = op_commit(model, orders_decide, orders, &drafts, &committed, error);
  if (code == OP_OK && order->problem) {
    *error = *order->problem;
    code = error->exit_code;
  }
  if (code == OP_OK)
    code = order_answer(app, order, &drafts, &reservation, error);
  if (code == OP_OK)
    reservation_print(app->output, &reservation);
  op_drafts_free(&drafts);
  op_model_close(model);
  return code;
}

/* The verb `place`. */
int verb_place(struct op_app *app, struct op_error *error) {
  if (op_option_given(app, "batch"))
    return place_batch(app, error);
  struct orders orders = {.app = app, .items = calloc(1, sizeof *orders.items), .count = 1};
  if (!orders.items)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  int code = read_options(app, &orders.items->place, error);
  if (code == OP_OK)
    code = place(app, &orders, error);
  orders_free(&orders);
  return code;
}
