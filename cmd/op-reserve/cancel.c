/* cancel.c - the verb `cancel`: gives up all or some of the seats of a reservation.
 *
 * The seats are free again when op-musical has seen the cancellation, the money is back when op-pay has.
 * Errors: those of decide_cancel() and op_commit(). */
#include "commit.h"
#include "decide.h"
#include "project.h"
#include "request.h"
#include "row.h"
#include "verbs.h"

#include <string.h>

/* The command, and what became of it. */
struct cancelling {
  struct cancel cancel;
  char request[REQUEST_TEXT];
  struct reservation reservation; /* before the event */
  uint64_t repeated;              /* seq of the event that this very request appended before; 0: none */
};

/* Folds an event of the reservation. */
static void fold(void *context, const evs_event *event) {
  struct cancelling *cancelling = context;
  char id[OP_MAX_ID + 1];
  if (op_field_id(event, "reservationId", id) && strcmp(id, cancelling->cancel.reservation_id) == 0)
    reservation_apply(&cancelling->reservation, event);
}

/* Loads, looks for the same request, decides; see op_decide. */
static int load_and_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                           uint64_t *ret_position, struct op_error *error) {
  struct cancelling *cancelling = context;
  const struct cancel *cancel = &cancelling->cancel;
  const struct op_request request = {cancel->request_id[0] ? cancel->request_id : NULL, cancelling->request};
  int code = reservation_load(model, cancel->reservation_id, &cancelling->reservation, error);
  if (code == OP_OK)
    code = op_model_fold_pending(model, reservation_types, NULL, fold, cancelling, ret_position, error);
  if (code == OP_OK)
    code = op_request_repeated(model, &request, &cancelling->repeated, ret_position, error);
  if (code != OP_OK)
    return code;
  return cancelling->repeated ? OP_OK : decide_cancel(cancel, &cancelling->reservation, drafts, guard, error);
}

/* The reservation as it stood right after the event of the request. */
static int replay(struct op_model *model, struct cancelling *cancelling, struct op_error *error) {
  uint64_t first = cancelling->reservation.placed_seq;
  cancelling->reservation = (struct reservation){.status = OP_STATUS_RESERVED};
  return op_model_replay(model, reservation_types, first, cancelling->repeated, fold, cancelling, error);
}

/* Prints the reservation right after the event. */
static int answer(struct op_model *model, struct cancelling *cancelling, struct op_drafts *drafts,
                  const struct op_committed *committed, struct op_error *error) {
  struct op_app *app = op_model_app(model);
  int code = cancelling->repeated ? replay(model, cancelling, error) : OP_OK;
  for (size_t i = 0; i < drafts->count; i++) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    if (!drafts->items[i].time_us) /* --dry-run: it never got one */
      drafts->items[i].time_us = op_now_us(app);
    op_draft_event(&drafts->items[i], committed->first + i, time, &event);
    reservation_apply(&cancelling->reservation, &event);
  }
  if (code == OP_OK)
    reservation_print(app->output, &cancelling->reservation);
  return code;
}

/* The operand and the options as a command. */
static int read_options(const struct op_app *app, struct cancel *ret_cancel, struct op_error *error) {
  const char *id = app->operands[0], *seats = op_option(app, "seats"), *reason = op_option(app, "reason");
  *ret_cancel = (struct cancel){0};
  int code = op_check_id("reservation id", id, error);
  if (code == OP_OK && seats)
    code = op_check_number("seats", "bad_seats", seats, 1, OP_MAX_SEATS, &ret_cancel->seats, error);
  if (code == OP_OK && reason)
    code = op_check_text("reason", reason, OP_MAX_NAME, error);
  if (code != OP_OK)
    return code;
  snprintf(ret_cancel->reservation_id, sizeof ret_cancel->reservation_id, "%s", id);
  ret_cancel->keeps_issued = strcmp(app->config.ticket_after_issue, "refuse") == 0;
  snprintf(ret_cancel->reason, sizeof ret_cancel->reason, "%s", reason ? reason : "");
  snprintf(ret_cancel->request_id, sizeof ret_cancel->request_id, "%s", app->request_id ? app->request_id : "");
  return OP_OK;
}

/* The verb `cancel`. */
int verb_cancel(struct op_app *app, struct op_error *error) {
  struct cancelling cancelling = {0};
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  int code = read_options(app, &cancelling.cancel, error);
  cancel_request(&cancelling.cancel, cancelling.request);
  if (code == OP_OK)
    code = op_store_write(app, error);
  if (code == OP_OK)
    code = op_model_open_lazy(app, reserve_model(), &model, error);
  if (code == OP_OK)
    code = op_commit(model, load_and_decide, &cancelling, &drafts, &committed, error);
  if (code == OP_OK)
    code = answer(model, &cancelling, &drafts, &committed, error);
  op_drafts_free(&drafts);
  op_model_close(model);
  return code;
}
