/* decide_waiting.c - the decisions about the waiting list, see decide_waiting.h.
 *
 * Invariants: seats on offer are held by the offer, so held + offered never exceeds the capacity; an entry gets one
 * offer at most; an offer ends once, by a reservation, by its time, or by the customer. Each rests on the guard beside
 * it. */
#include "decide_waiting.h"

#include <inttypes.h>
#include <string.h>

/* What may put off the end of an offer, beside the circuit of payments. */
static const char *const sales_types[] = {OP_MUSICAL_SALES_CLOSED, OP_MUSICAL_SALES_OPENED, OP_MUSICAL_REVISED, NULL};

/* Ids hold no spaces, so that the texts are unambiguous. */
void join_request(const struct join *join, const char *chosen, char buf[REQUEST_TEXT]) {
  const struct place *place = &join->place;
  snprintf(buf, REQUEST_TEXT, "wait musical=%s seats=%" PRId64 " grade=%s customer=%s id=%s", place->musical_id,
           place->seats, place->grade, place->customer_id, chosen);
}

/* The same for the other way. */
void withdraw_request(const char *waiting_id, char buf[REQUEST_TEXT]) {
  snprintf(buf, REQUEST_TEXT, "withdraw waiting=%s", waiting_id);
}

/* Begins an event about an entry. */
static struct op_draft *draft_begin(const struct waiting *waiting, const char *type, uint64_t causation,
                                    struct op_drafts *drafts, struct op_guard *guard) {
  struct op_draft *draft = op_draft_add(drafts, type, waiting->id, causation);
  op_draft_tag(draft, OP_TAG_MUSICAL, waiting->musical_id);
  op_draft_tag(draft, OP_TAG_WAITING, waiting->id);
  op_draft_tag(draft, OP_TAG_CUSTOMER, waiting->customer_id);
  op_json_begin(&draft->data);
  op_json_string(&draft->data, "waitingId", waiting->id);
  op_json_string(&draft->data, "musicalId", waiting->musical_id);
  if (waiting->customer_id[0])
    op_json_string(&draft->data, "customerId", waiting->customer_id);
  op_json_number(&draft->data, "seats", waiting->seats);
  if (waiting->grade[0])
    op_json_string(&draft->data, "grade", waiting->grade);
  op_guard_add(guard, NULL, OP_TAG_WAITING, waiting->id);
  return draft;
}

/* Is it something that can be waited for? */
static int check_join(const struct join *join, const struct join_facts *facts, struct op_error *error) {
  const struct place *place = &join->place;
  const struct op_musical *musical = facts->musical;
  const struct op_grade *grade = place->grade[0] ? op_grades_find(&musical->grades, place->grade) : NULL;
  int64_t capacity = grade ? grade->seats : musical->seats;
  int64_t available =
      op_musical_available(facts->left, grade ? op_grades_find(&facts->left->grades, place->grade) : NULL);
  const char *code = NULL;
  char what[128];
  if (musical->max_per_customer > 0 && !place->customer_id[0])
    return place_refuse(error, "customer_required", place, "its seats are limited by customer, say which customer");
  if (musical->max_per_customer > 0 && place->seats > musical->max_per_customer - facts->customer_held) {
    code = "customer_limit";
    snprintf(what, sizeof what, "%" PRId64 " seat%s asked, the customer has %" PRId64 " of at most %" PRId64,
             place->seats, place->seats == 1 ? "" : "s", facts->customer_held, musical->max_per_customer);
  } else if (place->seats > capacity) {
    code = "exceeds_capacity";
    snprintf(what, sizeof what, "%" PRId64 " seat%s asked, it has %" PRId64 " altogether", place->seats,
             place->seats == 1 ? "" : "s", capacity);
  } else if (place->seats <= available) {
    code = "seats_available";
    snprintf(what, sizeof what, "%" PRId64 " seat%s asked, %" PRId64 " left: there is nothing to wait for",
             place->seats, place->seats == 1 ? "" : "s", available);
  }
  if (!code)
    return OP_OK;
  place_refuse(error, code, place, what);
  op_error_number(error, "requested", place->seats);
  op_error_number(error, "available", available);
  return error->exit_code;
}

/* Joins. */
int decide_join(const struct join *join, const char *request, const struct join_facts *facts, struct op_drafts *drafts,
                struct op_guard *guard, struct op_error *error) {
  const struct place *place = &join->place;
  const struct place_facts sales = {.musical = facts->musical, .now_us = facts->now_us};
  if (!facts->musical->id[0])
    return place_refuse(error, "no_such_musical", place, "there is no such musical");
  if (facts->id_taken) {
    op_fail(error, OP_REFUSED, "id_taken", "waiting %s: the id is taken", join->waiting_id);
    op_error_text(error, "waitingId", join->waiting_id);
    return error->exit_code;
  }
  int code = place_check_sales(place, &sales, error);
  if (code == OP_OK)
    code = place_check_grade(place, facts->musical, error);
  if (code == OP_OK)
    code = check_join(join, facts, error);
  if (code != OP_OK)
    return code;
  struct waiting waiting = {.seats = place->seats};
  stpcpy(waiting.id, join->waiting_id);
  stpcpy(waiting.musical_id, place->musical_id);
  stpcpy(waiting.customer_id, place->customer_id);
  stpcpy(waiting.grade, place->grade);
  struct op_draft *draft = draft_begin(&waiting, OP_WAITING_JOINED, facts->musical->defined_by, drafts, guard);
  op_draft_id(draft, "waiting-joined:%s", waiting.id);
  op_guard_add(guard, op_musical_types, OP_TAG_MUSICAL, waiting.musical_id);
  op_draft_request(draft, place->request_id, request, guard);
  op_json_end(&draft->data);
  return OP_OK;
}

/* Refuses a command about an entry that is not there. */
int no_such_waiting(const char *id, struct op_error *error) {
  op_fail(error, OP_REFUSED, "no_such_waiting", "waiting %s: there is no such entry", id);
  op_error_text(error, "waitingId", id);
  return error->exit_code;
}

/* Leaves. */
int decide_withdraw(const struct waiting *waiting, const char *waiting_id, const char *request_id, const char *request,
                    struct op_drafts *drafts, struct op_guard *guard, struct op_error *error) {
  bool offered = strcmp(waiting->status, WAITING_OFFERED) == 0;
  if (!waiting->id[0])
    return no_such_waiting(waiting_id, error);
  if (!offered && strcmp(waiting->status, WAITING) != 0) {
    op_fail(error, OP_REFUSED, "waiting_over", "waiting %s: it is %s already", waiting_id, waiting->status);
    op_error_text(error, "waitingId", waiting_id);
    return error->exit_code;
  }
  struct op_draft *draft =
      draft_begin(waiting, offered ? OP_WAITING_OFFER_DECLINED : OP_WAITING_WITHDRAWN, waiting->seq, drafts, guard);
  op_draft_request(draft, request_id, request, guard);
  op_json_end(&draft->data);
  return OP_OK;
}

/* Why an entry will never be served, whatever comes; NULL: it may be. */
static const char *hopeless(const struct waiting *waiting, const struct turn_facts *facts) {
  bool limited = facts->max_per_customer > 0;
  if (facts->no_kind)
    return waiting->grade[0] ? "no_such_grade" : "grade_required";
  if (limited && !waiting->customer_id[0])
    return "customer_required";
  return limited && waiting->seats > facts->max_per_customer - facts->held ? "customer_limit" : NULL;
}

/* Its turn has come. */
bool decide_turn(const struct waiting *waiting, const struct turn_facts *facts, struct op_drafts *drafts,
                 struct op_guard *guard) {
  static const char *const cancellations[] = {OP_RESERVATION_CANCELLED, NULL};
  const char *reason = hopeless(waiting, facts);
  if (!reason && facts->max_per_customer > 0 && waiting->seats > facts->max_per_customer - facts->held - facts->offered)
    return false;
  struct op_draft *draft =
      draft_begin(waiting, reason ? OP_WAITING_WITHDRAWN : OP_WAITING_OFFERED, waiting->joined_seq, drafts, guard);
  if (reason) {
    op_draft_id(draft, "waiting-withdrawn:%s", waiting->id);
    op_json_string(&draft->data, "reason", reason);
  } else {
    op_draft_id(draft, "waiting-offered:%s", waiting->id);
    draft->time_us = facts->now_us; /* what was over then had ended */
    op_json_string(&draft->data, "offerId", waiting->id);
    op_json_time(&draft->data, "until", facts->until_us);
  }
  op_json_end(&draft->data);
  if (reason && waiting->customer_id[0]) /* who gives seats up at this moment may have room again */
    op_guard_add(guard, cancellations, OP_TAG_CUSTOMER, waiting->customer_id);
  if (!facts->guarded)
    op_guard_add(guard, op_musical_types, OP_TAG_MUSICAL, waiting->musical_id);
  return !reason;
}

/* Its time is over. */
void decide_offer_expired(const struct waiting *waiting, struct op_drafts *drafts, struct op_guard *guard) {
  struct op_draft *draft = draft_begin(waiting, OP_WAITING_OFFER_EXPIRED, waiting->seq, drafts, guard);
  op_draft_id(draft, "waiting-offer-expired:%s", waiting->id);
  op_guard_add(guard, sales_types, OP_TAG_MUSICAL, waiting->musical_id);
  op_json_end(&draft->data);
}

/* By the clock, too: its seats are held until op-reserve run ends it, but no longer for who let the time pass. */
int check_offer(const struct waiting *offer, const char *offer_id, int64_t end_us, int64_t now_us,
                struct op_error *error) {
  bool offered = offer->id[0] && strcmp(offer->status, WAITING_OFFERED) == 0;
  char end[EVS_TIME_SIZE];
  if (offered && now_us < end_us)
    return OP_OK;
  evs_time_format(end_us, end);
  if (offered)
    op_fail(error, OP_REFUSED, "offer_expired", "offer %s: it was open until %s", offer_id, end);
  else if (!offer->id[0] || strcmp(offer->status, WAITING) == 0)
    op_fail(error, OP_REFUSED, "no_such_offer", "offer %s: there is no such offer", offer_id);
  else
    op_fail(error, OP_REFUSED, "offer_over", "offer %s: it is %s already", offer_id, offer->status);
  op_error_text(error, "offerId", offer_id);
  return error->exit_code;
}
