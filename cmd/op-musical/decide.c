/* decide.c - the decisions about musicals, see decide.h.
 *
 * Invariants: an id names one musical for ever; the capacity never falls below the seats that are held; a cancellation
 * gives its seats back once. Each rests on the guard that is drafted beside the event. */
#include "decide.h"

#include <inttypes.h>
#include <string.h>

/* Refuses a command about a musical that is not there. */
int no_such_musical(const char *id, struct op_error *error) {
  op_fail(error, OP_REFUSED, "no_such_musical", "musical %s: there is no such musical", id);
  op_error_text(error, "musicalId", id);
  return error->exit_code;
}

/* Begins an event about the musical and the guard that goes with it. */
static struct op_draft *draft_begin(const struct state *state, const char *type, struct op_drafts *drafts,
                                    struct op_guard *guard) {
  char correlation[OP_MAX_ID + sizeof OP_TAG_MUSICAL + 1];
  snprintf(correlation, sizeof correlation, OP_TAG_MUSICAL ":%s", state->id);
  struct op_draft *draft = op_draft_add(drafts, type, correlation, state->musical.defined_by);
  op_draft_tag(draft, OP_TAG_MUSICAL, state->id);
  op_guard_add(guard, op_musical_types, OP_TAG_MUSICAL, state->id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "musicalId", state->id);
  return draft;
}

/* Ends an event: it remembers its request, and a second event of this request is made impossible. */
static void draft_end(struct op_draft *draft, const struct request *request, struct op_guard *guard) {
  op_draft_request(draft, request->key, request->text, guard);
  op_json_end(&draft->data);
}

/* Adds a member of text that may be absent. */
static void optional_text(struct op_text *data, const char *key, const char *value) {
  if (value[0])
    op_json_string(data, key, value);
}

/* Does the musical match all of what is wanted but its seats? */
static bool same_but_seats(const struct op_musical *have, const struct registration *wanted) {
  return strcmp(have->name, wanted->name) == 0 && have->price == wanted->price &&
         strcmp(have->currency, wanted->currency) == 0 && strcmp(have->venue, wanted->venue) == 0 &&
         strcmp(have->starts_at, wanted->starts_at) == 0 && strcmp(have->sales_open, wanted->sales_open) == 0 &&
         strcmp(have->sales_close, wanted->sales_close) == 0 && have->max_per_customer == wanted->max_per_customer;
}

/* Refuses a registration because another musical has its id. */
static int id_taken(const struct state *state, struct op_error *error) {
  op_fail(error, OP_REFUSED, "id_taken", "musical %s: the id is taken by another musical, %s", state->id,
          state->musical.name);
  op_error_text(error, "musicalId", state->id);
  return error->exit_code;
}

/* A new musical, or the same again. */
int decide_register(const struct state *state, const struct registration *wanted, const struct request *request,
                    struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  if (state->musical.id[0]) {
    /* The first registration sent again is the same one, even after its seats were adjusted. */
    bool same_seats = wanted->seats == state->registered_seats || wanted->seats == state->musical.seats;
    return same_seats && same_but_seats(&state->musical, wanted) ? OP_OK : id_taken(state, error);
  }
  struct op_draft *draft = draft_begin(state, OP_MUSICAL_REGISTERED, drafts, guard);
  op_draft_id(draft, "musical-registered:%s", state->id);
  draft->causation = 0;
  op_json_string(&draft->data, "name", wanted->name);
  op_json_number(&draft->data, "seats", wanted->seats);
  if (wanted->price >= 0)
    op_json_number(&draft->data, "price", wanted->price);
  op_json_string(&draft->data, "currency", wanted->currency);
  optional_text(&draft->data, "venue", wanted->venue);
  optional_text(&draft->data, "startsAt", wanted->starts_at);
  optional_text(&draft->data, "salesOpen", wanted->sales_open);
  optional_text(&draft->data, "salesClose", wanted->sales_close);
  if (wanted->max_per_customer > 0)
    op_json_number(&draft->data, "maxPerCustomer", wanted->max_per_customer);
  draft_end(draft, request, guard);
  return OP_OK;
}

/* Another capacity. */
int decide_adjust(const struct state *state, int64_t seats, const struct request *request, struct op_drafts *drafts,
                  struct op_guard *guard, struct op_error *error) {
  const struct op_musical *musical = &state->musical;
  if (!musical->id[0])
    return no_such_musical(state->id, error);
  if (seats == musical->seats)
    return OP_OK;
  if (seats < musical->held) {
    op_fail(error, OP_REFUSED, "seats_held", "musical %s: %" PRId64 " seats asked, %" PRId64 " are held", state->id,
            seats, musical->held);
    op_error_text(error, "musicalId", state->id);
    op_error_number(error, "requested", seats);
    op_error_number(error, "held", musical->held);
    return error->exit_code;
  }
  struct op_draft *draft = draft_begin(state, OP_MUSICAL_SEATS_ADJUSTED, drafts, guard);
  op_json_number(&draft->data, "seats", seats);
  op_json_number(&draft->data, "previousSeats", musical->seats);
  draft_end(draft, request, guard);
  return OP_OK;
}

/* Sales closed or open. */
int decide_sales(const struct state *state, bool closed, const struct request *request, struct op_drafts *drafts,
                 struct op_guard *guard, struct op_error *error) {
  if (!state->musical.id[0])
    return no_such_musical(state->id, error);
  if (state->musical.closed == closed)
    return OP_OK;
  draft_end(draft_begin(state, closed ? OP_MUSICAL_SALES_CLOSED : OP_MUSICAL_SALES_OPENED, drafts, guard), request,
            guard);
  return OP_OK;
}

/* One entry of a catalogue. */
int decide_import(const struct state *state, const struct registration *wanted, const struct request *request,
                  struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  if (!state->musical.id[0])
    return decide_register(state, wanted, request, drafts, guard, error);
  if (!same_but_seats(&state->musical, wanted))
    return id_taken(state, error);
  return decide_adjust(state, wanted->seats, request, drafts, guard, error);
}

/* Seats back, once. */
void decide_release(const struct cancellation *cancellation, struct op_drafts *drafts, struct op_guard *guard) {
  static const char *const released[] = {OP_SEATS_RELEASED, NULL};
  struct op_draft *draft = op_draft_add(drafts, OP_SEATS_RELEASED, cancellation->reservation_id, cancellation->seq);
  op_draft_id(draft, "seats-released:%" PRIu64, cancellation->seq);
  op_draft_tag(draft, OP_TAG_MUSICAL, cancellation->musical_id);
  op_draft_tag(draft, OP_TAG_RESERVATION, cancellation->reservation_id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "musicalId", cancellation->musical_id);
  op_json_string(&draft->data, "reservationId", cancellation->reservation_id);
  op_json_number(&draft->data, "seats", cancellation->seats);
  op_json_end(&draft->data);
  op_guard_add(guard, released, OP_TAG_RESERVATION, cancellation->reservation_id);
}
