/* project.c - folds the journal into state/ticket.db: one row per reservation, folded by ticket_apply(), and one per
 * musical, folded by performance_apply().
 *
 * The row is numbered by its ReservationPlaced, so rows are in the order of placing; `status` is NULL where there is no
 * ticket. `due` holds the event to which op-ticket run owes an answer, NULL where it owes none.
 * Invariant: a reservation has one row; who was given a code first keeps it. */
#include "project.h"

static const char schema[] =
    "CREATE TABLE tickets(placed_seq INTEGER PRIMARY KEY, reservation_id TEXT NOT NULL UNIQUE,"
    " musical_id TEXT NOT NULL, customer_id TEXT, seats INTEGER NOT NULL, status TEXT, code TEXT, reason TEXT,"
    " issued_at TEXT, admitted_at TEXT, updated_at TEXT NOT NULL, approved_seq INTEGER NOT NULL,"
    " ready_seq INTEGER NOT NULL, issued_seq INTEGER NOT NULL, admitted_seq INTEGER NOT NULL,"
    " cancelled_seq INTEGER NOT NULL, voided_seq INTEGER NOT NULL, due INTEGER, grade TEXT);"
    "CREATE TABLE performances(musical_id TEXT PRIMARY KEY, name TEXT, starts_at TEXT, registered_seq INTEGER NOT NULL)"
    " WITHOUT ROWID;";
static const char indexes[] = "CREATE INDEX tickets_by_code ON tickets(code, issued_seq) WHERE code IS NOT NULL;"
                              "CREATE INDEX tickets_by_musical ON tickets(musical_id) WHERE status IS NOT NULL;"
                              "CREATE INDEX tickets_by_customer ON tickets(customer_id) WHERE customer_id IS NOT NULL;"
                              "CREATE INDEX tickets_by_status ON tickets(status) WHERE status IS NOT NULL;"
                              "CREATE INDEX tickets_due ON tickets(due) WHERE due IS NOT NULL;";

/* The event to which an answer is owed, 0: none. */
static uint64_t due_since(const struct ticket *ticket) {
  switch (ticket_due(ticket)) {
  case DUE_READY:
    return ticket->approved_seq;
  case DUE_VOID:
    return ticket->cancelled_seq;
  default:
    return 0;
  }
}

/* Writes a row. */
static int save(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  const struct ticket *ticket = row;
  (void)is_new; /* nearly every column can change, so one statement does for both */
  sqlite3_stmt *sql = op_model_sql(model, "INSERT OR REPLACE INTO tickets VALUES"
                                          " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
                                          " ?17, ?18, ?19)");
  sqlite3_bind_int64(sql, 1, (sqlite3_int64)ticket->placed_seq);
  op_bind_text(sql, 2, ticket->reservation_id);
  op_bind_text(sql, 3, ticket->musical_id);
  op_bind_text(sql, 4, ticket->customer_id);
  sqlite3_bind_int64(sql, 5, ticket->seats);
  op_bind_text(sql, 6, ticket_status_word(ticket_status(ticket)));
  op_bind_text(sql, 7, ticket->code);
  op_bind_text(sql, 8, ticket->reason);
  op_bind_text(sql, 9, ticket->issued_at);
  op_bind_text(sql, 10, ticket->admitted_at);
  op_bind_text(sql, 11, ticket->updated_at);
  const uint64_t seqs[] = {ticket->approved_seq, ticket->ready_seq,     ticket->issued_seq,
                           ticket->admitted_seq, ticket->cancelled_seq, ticket->voided_seq};
  for (int i = 0; i < 6; i++)
    sqlite3_bind_int64(sql, 12 + i, (sqlite3_int64)seqs[i]);
  if (due_since(ticket))
    sqlite3_bind_int64(sql, 18, (sqlite3_int64)due_since(ticket));
  op_bind_text(sql, 19, ticket->grade);
  return op_model_exec(model, sql, error);
}

/* The ticket of a reservation. */
int ticket_load(struct op_model *model, const char *reservation_id, struct ticket *ret_ticket, struct op_error *error) {
  *ret_ticket = (struct ticket){0};
  sqlite3_stmt *sql =
      op_model_sql(model, "SELECT placed_seq, musical_id, customer_id, seats, code, reason, issued_at, admitted_at,"
                          " updated_at, approved_seq, ready_seq, issued_seq, admitted_seq, cancelled_seq, voided_seq,"
                          " grade FROM tickets WHERE reservation_id = ?1");
  op_bind_text(sql, 1, reservation_id);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found) {
    struct ticket *t = ret_ticket;
    snprintf(t->reservation_id, sizeof t->reservation_id, "%s", reservation_id);
    t->placed_seq = (uint64_t)sqlite3_column_int64(sql, 0);
    op_column_text(sql, 1, t->musical_id, sizeof t->musical_id);
    op_column_text(sql, 2, t->customer_id, sizeof t->customer_id);
    t->seats = sqlite3_column_int64(sql, 3);
    op_column_text(sql, 4, t->code, sizeof t->code);
    op_column_text(sql, 5, t->reason, sizeof t->reason);
    op_column_text(sql, 6, t->issued_at, sizeof t->issued_at);
    op_column_text(sql, 7, t->admitted_at, sizeof t->admitted_at);
    op_column_text(sql, 8, t->updated_at, sizeof t->updated_at);
    uint64_t *const seqs[] = {&t->approved_seq, &t->ready_seq,     &t->issued_seq,
                              &t->admitted_seq, &t->cancelled_seq, &t->voided_seq};
    for (int i = 0; i < 6; i++)
      *seqs[i] = (uint64_t)sqlite3_column_int64(sql, 9 + i);
    op_column_text(sql, 15, t->grade, sizeof t->grade);
  }
  sqlite3_reset(sql);
  return code;
}

/* Reads a ticket for op_model_row(). */
static int load(struct op_model *model, const char *id, void *row, bool *ret_found, struct op_error *error) {
  struct ticket *ticket = row;
  int code = ticket_load(model, id, ticket, error);
  *ret_found = ticket->reservation_id[0];
  return code;
}

/* The reservation of a code. */
int ticket_find(struct op_model *model, const char *code, char ret_reservation_id[OP_MAX_ID + 1],
                struct op_error *error) {
  ret_reservation_id[0] = '\0';
  sqlite3_stmt *sql =
      op_model_sql(model, "SELECT reservation_id FROM tickets WHERE code = ?1 ORDER BY issued_seq LIMIT 1");
  op_bind_text(sql, 1, code);
  bool found = false;
  int r = op_model_step(model, sql, &found, error);
  if (r == OP_OK && found)
    op_column_text(sql, 0, ret_reservation_id, OP_MAX_ID + 1);
  sqlite3_reset(sql);
  return r;
}

/* Writes a musical. */
static int save_performance(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  const struct performance *performance = row;
  (void)is_new;
  sqlite3_stmt *sql = op_model_sql(model, "INSERT OR REPLACE INTO performances VALUES (?1, ?2, ?3, ?4)");
  op_bind_text(sql, 1, performance->musical_id);
  op_bind_text(sql, 2, performance->name);
  op_bind_text(sql, 3, performance->starts_at);
  sqlite3_bind_int64(sql, 4, (sqlite3_int64)performance->registered_seq);
  return op_model_exec(model, sql, error);
}

/* The musical of this id. */
int performance_load(struct op_model *model, const char *musical_id, struct performance *ret_performance,
                     struct op_error *error) {
  *ret_performance = (struct performance){0};
  sqlite3_stmt *sql =
      op_model_sql(model, "SELECT musical_id, name, starts_at, registered_seq FROM performances WHERE musical_id = ?1");
  op_bind_text(sql, 1, musical_id);
  bool found = false;
  int code = op_model_step(model, sql, &found, error);
  if (code == OP_OK && found) {
    op_column_text(sql, 0, ret_performance->musical_id, sizeof ret_performance->musical_id);
    op_column_text(sql, 1, ret_performance->name, sizeof ret_performance->name);
    op_column_text(sql, 2, ret_performance->starts_at, sizeof ret_performance->starts_at);
    ret_performance->registered_seq = (uint64_t)sqlite3_column_int64(sql, 3);
  }
  sqlite3_reset(sql);
  return code;
}

/* Reads a musical for op_model_row(). */
static int load_performance(struct op_model *model, const char *id, void *row, bool *ret_found,
                            struct op_error *error) {
  struct performance *performance = row;
  int code = performance_load(model, id, performance, error);
  *ret_found = performance->musical_id[0];
  return code;
}

/* Folds an event about a musical. */
static int apply_performance(struct op_model *model, const evs_event *event, struct op_error *error) {
  static const struct op_row_kind performances = {sizeof(struct performance), load_performance, save_performance};
  char id[OP_MAX_ID + 1];
  struct performance *performance = NULL;
  if (!op_field_id(event, "musicalId", id))
    return OP_OK;
  int code = op_model_row(model, &performances, id, &performance, error);
  if (code != OP_OK)
    return code;
  performance_apply(performance, event);
  if (performance->musical_id[0])
    op_model_row_changed(performance);
  return OP_OK;
}

/* Folds one event. */
static int apply(struct op_model *model, const evs_event *event, struct op_error *error) {
  static const struct op_row_kind tickets = {sizeof(struct ticket), load, save};
  char id[OP_MAX_ID + 1];
  struct ticket *ticket = NULL;
  if (performance_tells(event))
    return apply_performance(model, event, error);
  if (!op_field_id(event, "reservationId", id))
    return OP_OK;
  int code = op_model_row(model, &tickets, id, &ticket, error);
  if (code != OP_OK)
    return code;
  ticket_apply(ticket, event);
  if (ticket->reservation_id[0])
    op_model_row_changed(ticket);
  return OP_OK;
}

/* The definition. Its types are those of both folds. */
const struct op_model_definition *ticket_model(void) {
  static const char *const types[] = {OP_MUSICAL_REGISTERED,
                                      OP_MUSICAL_REVISED,
                                      OP_RESERVATION_PLACED,
                                      OP_RESERVATION_CANCELLED,
                                      OP_PAYMENT_APPROVED,
                                      OP_PAYMENT_CANCELLED,
                                      OP_TICKET_READY,
                                      OP_TICKET_ISSUED,
                                      OP_TICKET_ADMITTED,
                                      OP_TICKET_VOIDED,
                                      NULL};
  static const struct op_model_definition definition = {.name = OP_MODEL_TICKET,
                                                        .version = 3,
                                                        .schema = schema,
                                                        .indexes = indexes,
                                                        .types = types,
                                                        .requests = true,
                                                        .apply = apply};
  return &definition;
}
