/* project.c - folds every event of every context into the pages of the customers (CQRS: nothing is asked of the
 * others).
 *
 * Invariants: `reservations` holds one row per reservation as page.c folds it; `steps` holds one row per event of a
 * known reservation, in the journal's order, with the status that it led to and what it changed of what is sold,
 * charged and held (page_sums(), NULL where nothing), which over all steps is what the pages say; `capacities` holds
 * what a musical's seats and those of them on offer came to, one row per event that changed either. */
#include "project.h"

#include "listing.h"

#include <string.h>

static const char schema[] =
    "CREATE TABLE musicals ("
    "  musical_id TEXT PRIMARY KEY, name TEXT, seats INTEGER NOT NULL, offered INTEGER NOT NULL,"
    "  registered_seq INTEGER NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE TABLE reservations ("
    "  reservation_id TEXT PRIMARY KEY, musical_id TEXT, customer_id TEXT, currency TEXT NOT NULL,"
    "  seats INTEGER NOT NULL, amount INTEGER NOT NULL, status TEXT NOT NULL, payment_status TEXT NOT NULL,"
    "  held INTEGER NOT NULL, charged INTEGER NOT NULL,"
    "  ticket_status TEXT, ticketed INTEGER NOT NULL,"
    "  placed_seq INTEGER NOT NULL, changed_seq INTEGER NOT NULL, updated_at TEXT NOT NULL,"
    "  pickup TEXT, pickup_status TEXT, grade TEXT, fulfil TEXT"
    ") WITHOUT ROWID;"
    "CREATE TABLE steps ("
    "  seq INTEGER PRIMARY KEY, reservation_id TEXT NOT NULL, time TEXT NOT NULL, event TEXT NOT NULL,"
    "  causation INTEGER, status TEXT NOT NULL, seats INTEGER, amount INTEGER, detail TEXT NOT NULL,"
    "  sold_seats INTEGER, sold_amount INTEGER, charged INTEGER, held INTEGER"
    ");"
    "CREATE TABLE capacities ("
    "  seq INTEGER PRIMARY KEY, musical_id TEXT NOT NULL, time TEXT NOT NULL, seats INTEGER NOT NULL,"
    "  offered INTEGER NOT NULL"
    ");";
static const char indexes[] =
    "CREATE INDEX reservations_placed ON reservations (placed_seq);"
    "CREATE INDEX reservations_of ON reservations (customer_id) WHERE customer_id IS NOT NULL;"
    "CREATE INDEX reservations_changed ON reservations (changed_seq);"
    "CREATE INDEX steps_of ON steps (reservation_id, seq);";

/* A musical, for the sentences of the steps and for reports. */
struct musical {
  char id[OP_MAX_ID + 1];
  char name[OP_MAX_NAME + 1];
  int64_t seats, offered; /* altogether; on offer to who waited */
  uint64_t registered_seq;
  bool named;
};

/* The musical of this id. */
static int load_musical(struct op_model *model, const char *id, void *row_of_kind, bool *ret_found,
                        struct op_error *error) {
  struct musical *musical = row_of_kind;
  sqlite3_stmt *row =
      op_model_sql(model, "SELECT name, seats, offered, registered_seq FROM musicals WHERE musical_id = ?1");
  op_bind_text(row, 1, id);
  int r = op_model_step(model, row, ret_found, error);
  musical->named = r == 0 && *ret_found;
  if (musical->named) {
    snprintf(musical->id, sizeof musical->id, "%s", id);
    op_column_text(row, 0, musical->name, sizeof musical->name);
    musical->seats = sqlite3_column_int64(row, 1);
    musical->offered = sqlite3_column_int64(row, 2);
    musical->registered_seq = (uint64_t)sqlite3_column_int64(row, 3);
  }
  sqlite3_reset(row);
  return r;
}

/* Writes the musical. */
static int save_musical(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  const struct musical *musical = row;
  (void)is_new;
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR REPLACE INTO musicals VALUES (?1, ?2, ?3, ?4, ?5)");
  op_bind_text(put, 1, musical->id);
  op_bind_text(put, 2, musical->name);
  sqlite3_bind_int64(put, 3, musical->seats);
  sqlite3_bind_int64(put, 4, musical->offered);
  sqlite3_bind_int64(put, 5, (int64_t)musical->registered_seq);
  return op_model_exec(model, put, error);
}

static const struct op_row_kind musical_rows = {sizeof(struct musical), load_musical, save_musical};

/* The capacity that an event tells. */
static int64_t capacity(const evs_event *event, int64_t fallback) {
  int64_t seats = op_field_number(event, "seats", fallback);
  return seats < 0 ? 0 : seats > OP_MAX_SEATS ? OP_MAX_SEATS : seats;
}

/* The musical has other seats, altogether or on offer, from this event on. */
static int add_capacity(struct op_model *model, struct musical *musical, const evs_event *event,
                        struct op_error *error) {
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR REPLACE INTO capacities VALUES (?1, ?2, ?3, ?4, ?5)");
  sqlite3_bind_int64(put, 1, (int64_t)event->seq);
  op_bind_text(put, 2, musical->id);
  op_bind_slice(put, 3, event->time);
  sqlite3_bind_int64(put, 4, musical->seats);
  sqlite3_bind_int64(put, 5, musical->offered);
  op_model_row_changed(musical);
  return op_model_exec(model, put, error);
}

/* A musical got its name, or another capacity. The first registration of an id is the musical. */
static int registered(struct op_model *model, const evs_event *event, struct op_error *error) {
  char id[OP_MAX_ID + 1], name[OP_MAX_NAME + 1];
  struct musical *musical = NULL;
  if (!op_field_id(event, "musicalId", id))
    return 0;
  int r = op_model_row(model, &musical_rows, id, &musical, error);
  if (r != 0 || musical->named == op_type_is(event, OP_MUSICAL_REGISTERED))
    return r;
  if (!musical->named) {
    if (!op_field_text(event, "name", name, sizeof name))
      return 0;
    musical->named = true;
    musical->registered_seq = event->seq;
    memcpy(musical->id, id, sizeof id);
    memcpy(musical->name, name, sizeof name);
  }
  musical->seats = capacity(event, musical->seats);
  return add_capacity(model, musical, event, error);
}

/* Seats were offered to who waited, or are not on offer any more. */
static int offered(struct op_model *model, const evs_event *event, bool over, struct op_error *error) {
  char id[OP_MAX_ID + 1];
  struct musical *musical = NULL;
  if (!op_field_id(event, "musicalId", id))
    return 0;
  int r = op_model_row(model, &musical_rows, id, &musical, error);
  if (r != 0 || !musical->named)
    return r;
  int64_t seats = capacity(event, 0), most = over ? musical->offered : OP_MAX_SEATS - musical->offered;
  if (seats > most)
    seats = most;
  musical->offered += over ? -seats : seats;
  return add_capacity(model, musical, event, error);
}

/* The page of a reservation. */
static int load(struct op_model *model, const char *id, void *row_of_kind, bool *ret_found, struct op_error *error) {
  struct page *ret_page = row_of_kind;
  sqlite3_stmt *row = op_model_sql(model, "SELECT reservation_id, musical_id, customer_id, currency, seats, amount,"
                                          " status, payment_status, held, charged, ticket_status, placed_seq,"
                                          " changed_seq, updated_at, pickup, pickup_status, ticketed, grade, fulfil"
                                          " FROM reservations WHERE reservation_id = ?1");
  op_bind_text(row, 1, id);
  int r = op_model_step(model, row, ret_found, error);
  if (r == 0 && *ret_found) {
    op_column_text(row, 0, ret_page->reservation_id, sizeof ret_page->reservation_id);
    op_column_text(row, 1, ret_page->musical_id, sizeof ret_page->musical_id);
    op_column_text(row, 2, ret_page->customer_id, sizeof ret_page->customer_id);
    op_column_text(row, 3, ret_page->currency, sizeof ret_page->currency);
    ret_page->seats = sqlite3_column_int64(row, 4);
    ret_page->amount = sqlite3_column_int64(row, 5);
    int status = op_word_index((const char *)sqlite3_column_text(row, 6), page_statuses);
    int payment = op_word_index((const char *)sqlite3_column_text(row, 7), page_payments);
    ret_page->status = status >= 0 ? (enum page_status)status : PAGE_RESERVED;
    ret_page->payment = payment >= 0 ? (enum page_payment)payment : PAGE_PENDING;
    ret_page->held = sqlite3_column_int64(row, 8);
    ret_page->charged = sqlite3_column_int64(row, 9);
    int ticket = op_word_index((const char *)sqlite3_column_text(row, 10), page_tickets);
    ret_page->ticket = ticket >= 0 ? (enum page_ticket)ticket : PAGE_NO_TICKET;
    ret_page->placed_seq = (uint64_t)sqlite3_column_int64(row, 11);
    ret_page->changed_seq = (uint64_t)sqlite3_column_int64(row, 12);
    op_column_text(row, 13, ret_page->updated_at, sizeof ret_page->updated_at);
    op_column_text(row, 14, ret_page->branch_id, sizeof ret_page->branch_id);
    int pickup = op_word_index((const char *)sqlite3_column_text(row, 15), page_pickups);
    ret_page->pickup = pickup >= 0 ? (enum page_pickup)pickup : PAGE_NO_PICKUP;
    ret_page->ticketed = sqlite3_column_int(row, 16) != 0;
    op_column_text(row, 17, ret_page->grade, sizeof ret_page->grade);
    op_column_text(row, 18, ret_page->fulfil, sizeof ret_page->fulfil);
  }
  sqlite3_reset(row);
  return r;
}

/* Writes a page. */
static int save(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  const struct page *page = row;
  (void)is_new; /* every column can change, so one statement does for both */
  sqlite3_stmt *put =
      op_model_sql(model, "INSERT OR REPLACE INTO reservations VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  op_bind_text(put, 1, page->reservation_id);
  op_bind_text(put, 2, page->musical_id);
  op_bind_text(put, 3, page->customer_id);
  op_bind_text(put, 4, page->currency);
  sqlite3_bind_int64(put, 5, page->seats);
  sqlite3_bind_int64(put, 6, page->amount);
  op_bind_text(put, 7, page_statuses[page->status]);
  op_bind_text(put, 8, page_payments[page->payment]);
  sqlite3_bind_int64(put, 9, page->held);
  sqlite3_bind_int64(put, 10, page->charged);
  op_bind_text(put, 11, page_tickets[page->ticket]);
  sqlite3_bind_int(put, 12, page->ticketed);
  sqlite3_bind_int64(put, 13, (int64_t)page->placed_seq);
  sqlite3_bind_int64(put, 14, (int64_t)page->changed_seq);
  op_bind_text(put, 15, page->updated_at);
  op_bind_text(put, 16, page->branch_id);
  op_bind_text(put, 17, page_pickups[page->pickup]);
  op_bind_text(put, 18, page->grade);
  op_bind_text(put, 19, page->fulfil);
  return op_model_exec(model, put, error);
}

/* Binds a change, NULL where there is none. */
static void bind_change(sqlite3_stmt *statement, int index, int64_t before, int64_t after) {
  if (after != before)
    sqlite3_bind_int64(statement, index, after - before);
}

/* Writes a step of the saga. `before`: what was sold, charged and held before it. */
static int add_step(struct op_model *model, const struct page *page, const struct page_sums *before,
                    const evs_event *event, struct op_error *error) {
  struct musical *musical = NULL;
  struct op_text detail = {0};
  int r = op_model_row(model, &musical_rows, page->musical_id, &musical, error);
  if (r != 0)
    return r;
  page_detail(event, page, musical->name, &detail);
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR REPLACE INTO steps VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)");
  sqlite3_bind_int64(put, 1, (int64_t)event->seq);
  op_bind_text(put, 2, page->reservation_id);
  op_bind_slice(put, 3, event->time);
  op_bind_slice(put, 4, event->type);
  if (event->causation != 0)
    sqlite3_bind_int64(put, 5, (int64_t)event->causation);
  op_bind_text(put, 6, page_statuses[page->status]);
  int64_t seats = op_field_number(event, "seats", -1), amount = op_field_number(event, "amount", -1);
  if (seats >= 0)
    sqlite3_bind_int64(put, 7, seats);
  if (amount >= 0)
    sqlite3_bind_int64(put, 8, amount);
  sqlite3_bind_text(put, 9, detail.ptr, (int)detail.len, SQLITE_STATIC);
  const struct page_sums after = page_sums(page);
  bind_change(put, 10, before->seats, after.seats);
  bind_change(put, 11, before->amount, after.amount);
  bind_change(put, 12, before->charged, after.charged);
  bind_change(put, 13, before->held, after.held);
  r = op_model_exec(model, put, error);
  op_text_free(&detail);
  return r;
}

/* Folds one event. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  static const struct op_row_kind pages = {sizeof(struct page), load, save};
  char id[OP_MAX_ID + 1];
  struct page *page = NULL;
  evs_slice offer_id;
  if (op_type_is(event, OP_MUSICAL_REGISTERED) || op_type_is(event, OP_MUSICAL_SEATS_ADJUSTED))
    return registered(model, event, error);
  bool offer_over = op_type_is(event, OP_WAITING_OFFER_EXPIRED) || op_type_is(event, OP_WAITING_OFFER_DECLINED);
  if (offer_over || op_type_is(event, OP_WAITING_OFFERED))
    return offered(model, event, offer_over, error);
  if (!page_of(event, id))
    return 0;
  int r = 0;
  if (op_type_is(event, OP_RESERVATION_PLACED) && evs_json_find(event->data, "offerId", &offer_id))
    r = offered(model, event, true, error);
  if (r == 0)
    r = op_model_row(model, &pages, id, &page, error);
  if (r != 0)
    return r;
  const struct page_sums before = page_sums(page);
  if (page_apply(page, event))
    op_model_row_changed(page);
  if (op_type_is(event, OP_PAYMENT_ATTEMPT_STARTED)) /* only what came of it is a step */
    return 0;
  return page->reservation_id[0] != '\0' ? add_step(model, page, &before, event, error) : 0;
}

const struct op_model_definition mypage_model = {
    .name = OP_MODEL_MYPAGE, .version = 10, .schema = schema, .indexes = indexes, .types = NULL, .apply = apply};
