/* admit.c - the verbs at the door: `admit` lets the holder of a ticket in, once; `verify` tells whether it would.
 *
 * Both see a cancellation at the instant at which it stands in the journal, and with --musical refuse the tickets of
 * other musicals. Errors: 65 bad_code (bytes that are no text), bad_id; 1 no_such_ticket, wrong_musical,
 * payment_cancelled, already_admitted; those of op_commit(). */
#include "decide.h"
#include "project.h"
#include "request.h"
#include "row.h"
#include "verbs.h"
#include "written.h"

/* The command, and what became of it. */
struct admitting {
  const char *typed;
  const char *musical_id; /* whose door it is; NULL: any */
  char code[CODE_SIZE];
  struct op_request request;
  struct ticket ticket; /* before the event */
  uint64_t repeated;    /* seq of the event that this very request appended before; 0: none */
};

/* Loads, looks for the same request, decides; see op_decide. */
static int load_and_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                           uint64_t *ret_position, struct op_error *error) {
  struct admitting *admitting = context;
  char reservation_id[OP_MAX_ID + 1];
  int code = written_find(model, admitting->code, reservation_id, ret_position, error);
  if (code == OP_OK && reservation_id[0])
    code = written_load(model, reservation_id, &admitting->ticket, ret_position, error);
  if (code == OP_OK)
    code = op_request_repeated(model, &admitting->request, &admitting->repeated, ret_position, error);
  if (code != OP_OK)
    return code;
  if (admitting->repeated)
    return OP_OK;
  if (!reservation_id[0])
    return decide_no_code(admitting->typed, error);
  code = decide_musical(&admitting->ticket, admitting->musical_id, error);
  return code == OP_OK ? decide_admit(&admitting->ticket, &admitting->request, drafts, guard, error) : code;
}

/* Reads the operand and --musical. Whatever is no code is the code of no ticket. */
static int read_code(const struct op_app *app, char ret_code[CODE_SIZE], struct op_error *error) {
  const char *typed = app->operands[0], *musical_id = op_option(app, "musical");
  if (musical_id && op_check_id("musical id", musical_id, error) != OP_OK)
    return error->exit_code;
  if (op_check_text("the code", typed, OP_MAX_ID, error) != OP_OK) {
    error->code = "bad_code";
    return error->exit_code;
  }
  return code_read(typed, ret_code) ? OP_OK : decide_no_code(typed, error);
}

/* The verb `admit`. */
int verb_admit(struct op_app *app, struct op_error *error) {
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  struct admitting admitting = {.typed = app->operands[0], .musical_id = op_option(app, "musical")};
  struct performance performance = {0};
  char text[CODE_SIZE + OP_MAX_ID + 64];
  int code = read_code(app, admitting.code, error);
  if (code != OP_OK)
    return code;
  int len = snprintf(text, sizeof text, "admit code=%s", admitting.code);
  if (admitting.musical_id)
    snprintf(text + len, sizeof text - (size_t)len, " musical=%s", admitting.musical_id);
  admitting.request = (struct op_request){app->request_id, text};
  code = op_store_write(app, error);
  if (code == OP_OK)
    code = op_model_open_lazy(app, ticket_model(), &model, error);
  if (code == OP_OK)
    code = op_commit(model, load_and_decide, &admitting, &drafts, &committed, error);
  if (code == OP_OK)
    code = written_answer(model, &admitting.ticket, &performance, admitting.repeated, &drafts, &committed, error);
  if (code == OP_OK)
    ticket_print(app->output, &admitting.ticket, &performance);
  op_drafts_free(&drafts);
  op_model_close(model);
  return code;
}

/* The verb `verify`. */
int verb_verify(struct op_app *app, struct op_error *error) {
  struct op_model *model = NULL;
  struct ticket ticket = {0};
  struct performance performance = {0};
  char typed_code[CODE_SIZE], reservation_id[OP_MAX_ID + 1];
  int code = read_code(app, typed_code, error);
  if (code == OP_OK)
    code = op_model_open_there(app, ticket_model(), &model, error);
  if (code == OP_OK)
    code = ticket_find(model, typed_code, reservation_id, error);
  if (code == OP_OK && !reservation_id[0])
    code = decide_no_code(app->operands[0], error);
  if (code == OP_OK)
    code = ticket_load(model, reservation_id, &ticket, error);
  if (code == OP_OK)
    code = decide_musical(&ticket, op_option(app, "musical"), error);
  if (code == OP_OK)
    code = decide_verify(&ticket, error);
  if (code == OP_OK)
    code = performance_load(model, ticket.musical_id, &performance, error);
  if (code == OP_OK)
    ticket_print(app->output, &ticket, &performance);
  op_model_close(model);
  return code;
}
