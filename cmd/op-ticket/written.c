/* written.c - folds what the read model has not seen yet, see written.h.
 *
 * A decision may rest on what is written and not yet durable (rule 3 of the design), as its own append becomes durable
 * after that or not at all. Errors: those of the read model and of libevstore, told by op_fail_store(). */
#include "written.h"

#include "project.h"

#include <string.h>

/* A ticket that is being loaded. */
struct wanted {
  const char *reservation_id;
  struct ticket *ticket;
};

/* Folds an event of its reservation. */
static void fold(void *context, const evs_event *event) {
  const struct wanted *wanted = context;
  char id[OP_MAX_ID + 1];
  if (op_field_id(event, "reservationId", id) && strcmp(id, wanted->reservation_id) == 0)
    ticket_apply(wanted->ticket, event);
}

/* The ticket of a reservation. */
int written_load(struct op_model *model, const char *reservation_id, struct ticket *ret_ticket, uint64_t *ret_position,
                 struct op_error *error) {
  struct wanted wanted = {reservation_id, ret_ticket};
  int code = ticket_load(model, reservation_id, ret_ticket, error);
  return code == OP_OK ? op_model_fold_pending(model, ticket_types, NULL, fold, &wanted, ret_position, error) : code;
}

/* The reservation of a code. */
int written_find(struct op_model *model, const char *code, char ret_reservation_id[OP_MAX_ID + 1],
                 uint64_t *ret_position, struct op_error *error) {
  static const char *const issued[] = {OP_TICKET_ISSUED};
  char tag[sizeof OP_TAG_TICKET + CODE_SIZE];
  snprintf(tag, sizeof tag, OP_TAG_TICKET ":%s", code);
  const char *const tags[] = {tag};
  const evs_query_item item = {.types = issued, .type_count = 1, .tags = tags, .tag_count = 1};
  const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  evs_event event;
  evs_error store_error;
  int r = ticket_find(model, code, ret_reservation_id, error);
  if (r != OP_OK || ret_reservation_id[0])
    return r;
  r = op_model_pending(model, &query, &cursor, error);
  if (r != OP_OK)
    return r;
  r = evs_next(cursor, &event, &store_error);
  if (r == 0)
    op_field_id(&event, "reservationId", ret_reservation_id);
  *ret_position = evs_cursor_position(cursor);
  evs_cursor_close(cursor);
  return r == 0 || r == EVS_END ? OP_OK : op_fail_store(error, r, &store_error);
}

/* The ticket as it stood right after an event. */
static int replay(struct op_model *model, struct ticket *ticket, uint64_t last, struct op_error *error) {
  struct ticket then = {0};
  struct wanted wanted = {ticket->reservation_id, &then};
  int code = op_model_replay(model, ticket_types, ticket->placed_seq, last, fold, &wanted, error);
  *ticket = then;
  return code;
}

/* A musical that is being loaded. */
struct played {
  const char *musical_id;
  struct performance *performance;
};

/* Folds an event of it. */
static void fold_performance(void *context, const evs_event *event) {
  const struct played *played = context;
  char id[OP_MAX_ID + 1];
  if (op_field_id(event, "musicalId", id) && strcmp(id, played->musical_id) == 0)
    performance_apply(played->performance, event);
}

/* The musical of a ticket as it is written now, or (`last` not 0) as it stood after an event. */
static int load_performance(struct op_model *model, const char *musical_id, uint64_t last,
                            struct performance *ret_performance, struct op_error *error) {
  struct played played = {musical_id, ret_performance};
  int code = performance_load(model, musical_id, ret_performance, error);
  if (code == OP_OK)
    code = op_model_fold_pending(model, performance_types, NULL, fold_performance, &played, NULL, error);
  uint64_t first = ret_performance->registered_seq;
  if (code != OP_OK || last == 0 || first == 0)
    return code;
  *ret_performance = (struct performance){0};
  return op_model_replay(model, performance_types, first, last, fold_performance, &played, error);
}

/* The ticket right after its event. With --dry-run the events have no seqs, but any that lie ahead will do. */
int written_answer(struct op_model *model, struct ticket *ticket, struct performance *ret_performance,
                   uint64_t repeated, struct op_drafts *drafts, const struct op_committed *committed,
                   struct op_error *error) {
  struct op_app *app = op_model_app(model);
  uint64_t first = committed->first ? committed->first : EVS_MAX_SEQ - drafts->count;
  int code = load_performance(model, ticket->musical_id, repeated, ret_performance, error);
  if (code != OP_OK)
    return code;
  if (repeated)
    return replay(model, ticket, repeated, error);
  for (size_t i = 0; i < drafts->count; i++) {
    char time[EVS_TIME_SIZE];
    evs_event event;
    if (!drafts->items[i].time_us)
      drafts->items[i].time_us = op_now_us(app);
    op_draft_event(&drafts->items[i], first + i, time, &event);
    ticket_apply(ticket, &event);
  }
  return OP_OK;
}
