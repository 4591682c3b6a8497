/* issue.c - the verb `issue`: gives the customer the ticket of a reservation, with its code, and draws it.
 *
 * A ticket is issued once; asking again gives the same one. The file of the picture is opened before anything is
 * appended, so that a place that cannot be written is told while nothing has happened, and filled behind it; where that
 * fails the ticket is issued all the same, and the message says so. With --dry-run nothing is drawn, and a ticket that
 * is not issued yet has no code. Nor is one drawn that is void by now, though its request is answered again. Errors:
 * those of decide_issue(), of op_commit() and of the picture; 64 usage. */
#include "decide.h"
#include "picture.h"
#include "project.h"
#include "request.h"
#include "row.h"
#include "verbs.h"
#include "written.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* The command, and what became of it. */
struct issuing {
  const char *reservation_id;
  char code[CODE_SIZE]; /* the one that it gets, unless it has one */
  struct op_request request;
  struct ticket ticket; /* before the event */
  uint64_t repeated;    /* seq of the event that this very request appended before; 0: none */
  bool is_void;         /* by now, whatever the answer says */
  struct performance performance;
};

/* Loads, looks for the same request, decides; see op_decide. */
static int load_and_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                           uint64_t *ret_position, struct op_error *error) {
  struct issuing *issuing = context;
  int code = written_load(model, issuing->reservation_id, &issuing->ticket, ret_position, error);
  if (code == OP_OK)
    code = op_request_repeated(model, &issuing->request, &issuing->repeated, ret_position, error);
  if (code != OP_OK)
    return code;
  issuing->is_void = ticket_status(&issuing->ticket) == TICKET_VOIDED;
  return issuing->repeated ? OP_OK
                           : decide_issue(&issuing->ticket, issuing->reservation_id, issuing->code, &issuing->request,
                                          drafts, guard, error);
}

/* A code that nobody can guess. The kernel gives so few bytes whole, and waits only before it was ever seeded. */
static int fresh_code(char ret_code[CODE_SIZE], struct op_error *error) {
  uint8_t random[CODE_BYTES];
  while (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
    if (errno != EINTR)
      return op_fail(error, OP_IO, "io_error", "the kernel gives no random bytes: %s", strerror(errno));
  code_write(random, ret_code);
  return OP_OK;
}

/* Issues it. On success issuing->ticket is the ticket as it is printed. */
static int issue(struct op_app *app, struct issuing *issuing, struct op_error *error) {
  struct op_model *model = NULL;
  struct op_drafts drafts = {0};
  struct op_committed committed = {0};
  int code = fresh_code(issuing->code, error);
  if (code == OP_OK)
    code = op_store_write(app, error);
  if (code == OP_OK)
    code = op_model_open_lazy(app, ticket_model(), &model, error);
  if (code == OP_OK)
    code = op_commit(model, load_and_decide, issuing, &drafts, &committed, error);
  if (code == OP_OK)
    code =
        written_answer(model, &issuing->ticket, &issuing->performance, issuing->repeated, &drafts, &committed, error);
  if (app->dry_run && drafts.count > 0)
    issuing->ticket.code[0] = '\0';
  op_drafts_free(&drafts);
  op_model_close(model);
  return code;
}

/* May the drawing go to stdout? Only where it does not get in the way of data. */
static int check_qr(const struct op_app *app, const char *qr, struct op_error *error) {
  if (qr && !qr[0])
    return op_usage(app, error, "--qr wants the name of a FILE, or -");
  if (qr && strcmp(qr, "-") == 0 && !app->quiet && op_output_format(app->output) != OP_TABLE)
    return op_usage(app, error, "--qr - draws beneath a table (-o table) or alone (-q), not among other data");
  return OP_OK;
}

/* The verb `issue`. */
int verb_issue(struct op_app *app, struct op_error *error) {
  const char *id = app->operands[0], *qr = app->dry_run ? NULL : op_option(app, "qr");
  struct picture picture = {.fd = -1};
  char text[OP_MAX_ID + 64];
  int code = op_check_id("reservation id", id, error);
  if (code == OP_OK)
    code = check_qr(app, op_option(app, "qr"), error);
  if (code != OP_OK)
    return code;
  bool to_file = qr && strcmp(qr, "-") != 0;
  if (to_file && (code = picture_open(&picture, qr, app->timeout_ms, error)) != OP_OK)
    return code;
  snprintf(text, sizeof text, "issue reservation=%s", id);
  struct issuing issuing = {.reservation_id = id, .request = {app->request_id, text}};
  code = issue(app, &issuing, error);
  bool draws = code == OP_OK && qr && !issuing.is_void;
  if (draws && to_file)
    code = picture_write(&picture, issuing.ticket.code, error);
  picture_close(&picture, draws && code == OP_OK);
  if (code == OP_OK)
    ticket_print(app->output, &issuing.ticket, &issuing.performance);
  if (code == OP_OK && qr && issuing.is_void)
    op_warn(app, "ticket %s is void by now: no QR code is drawn", id);
  if (code == OP_OK && draws && !to_file)
    code = picture_say(app->output, issuing.ticket.code, error);
  return code;
}
