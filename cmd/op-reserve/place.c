/* place.c - the verb `place`: checks and takes the seats of one reservation in one step.
 *
 * It opens its read model without writing to it and folds in memory what came since, so that many who place at once
 * wait for nothing but the disk. Errors: those of decide_place() and op_commit(). `--batch` stands in batch.c. */
#include "decide_waiting.h"
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

/* Where it goes. */
static int read_where(const struct op_app *app, struct place *place, struct op_error *error) {
  static const char *const options[] = {"lat", "lon", "fulfil"};
  int code = OP_OK;
  for (unsigned i = 0; i < 3 && code == OP_OK; i++)
    if (op_option_given(app, options[i]))
      code = place_where(place, 1u << i, op_option(app, options[i]), error);
  return code == OP_OK ? place_where_check(place, OP_USAGE, "usage", error) : code;
}

/* The options as a command. */
int place_read_options(const struct op_app *app, struct place *ret_place, struct op_error *error) {
  const char *seats = op_option(app, "seats"), *price = op_option(app, "price");
  const char *grade = op_option(app, "grade");
  *ret_place = (struct place){.price = -1};
  int code = read_id(app, "musical", "musical id", ret_place->musical_id, error);
  if (code == OP_OK && seats)
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
  if (code == OP_OK)
    code = read_where(app, ret_place, error);
  if (code == OP_OK && app->request_id)
    snprintf(ret_place->request_id, sizeof ret_place->request_id, "%s", app->request_id);
  return code;
}

/* What must be there: what is wanted, or an offer alone. */
static int check_options(const struct op_app *app, struct op_error *error) {
  static const char *const told[] = {"musical", "seats", "grade", "customer", NULL}; /* by the offer */
  bool accepts = op_option_given(app, "offer");
  for (size_t i = 0; accepts && told[i]; i++)
    if (op_option_given(app, told[i]))
      return op_fail(error, OP_USAGE, "usage", "--%s cannot be used with --offer; see 'op-reserve place --help'",
                     told[i]);
  if (!accepts && (!op_option_given(app, "musical") || !op_option_given(app, "seats")))
    return op_fail(error, OP_USAGE, "usage", "place needs --%s, or --batch or --offer; see 'op-reserve place --help'",
                   op_option_given(app, "musical") ? "seats N" : "musical ID");
  return OP_OK;
}

/* What an offer is of, which never changes; whether it can be accepted is decided with the rest. */
static int read_offer(struct op_model *model, const char *id, struct waiting *offer, struct place *place,
                      struct op_error *error) {
  uint64_t position = 0;
  int code = waiting_load_written(model, id, offer, &position, error);
  if (code == OP_OK && !offer->id[0])
    code = check_offer(offer, id, 0, 0, error);
  if (code != OP_OK)
    return code;
  stpcpy(place->musical_id, offer->musical_id);
  stpcpy(place->customer_id, offer->customer_id);
  stpcpy(place->grade, offer->grade);
  place->seats = offer->seats;
  return OP_OK;
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
  if (code == OP_OK && orders->offer)
    code = read_offer(model, op_option(app, "offer"), orders->offer, &order->place, error);
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
  struct waiting offer = {0};
  if (!orders.items)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  int code = check_options(app, error);
  if (code == OP_OK)
    code = place_read_options(app, &orders.items->place, error);
  if (code == OP_OK && op_option_given(app, "offer")) {
    code = op_check_id("offer id", op_option(app, "offer"), error);
    orders.offer = &offer;
  }
  if (code == OP_OK)
    code = place(app, &orders, error);
  orders_free(&orders);
  return code;
}
