/* reconcile.c - op-pay reconcile: does the provider's ledger say what the journal says?
 *
 * One table, in a private temporary database that SQLite keeps in memory while it is small, has a row for each
 * idempotency key: what the ledger says of it and what the journal says. The ledger is read first, so that what is paid
 * meanwhile is missing in the ledger's column and not in the journal's, and then a query of its key tells. A provider
 * without a ledger is asked for every key that the journal knows. Nothing is appended and nothing is repaired. Errors:
 * 1 differences, 66 no_store, 75 no_answer, 65 bad_ledger, 74 io_error. */
#include "compare.h"
#include "ledger.h"
#include "listing.h"
#include "progress.h"
#include "verbs.h"

#include <inttypes.h>
#include <string.h>

static const char schema[] = "CREATE TABLE keys ("
                             "  key TEXT PRIMARY KEY, reservation TEXT, provider TEXT, seq INTEGER,"
                             "  journal INTEGER, journal_amount INTEGER, journal_currency TEXT,"
                             "  ledger INTEGER, ledger_amount INTEGER, ledger_currency TEXT"
                             ") WITHOUT ROWID;";

static const struct op_column columns[] = {
    {"reservationId", "RESERVATION", false}, {"key", "KEY", false},           {"kind", "DIFFERENCE", false},
    {"journal", "JOURNAL", false},           {"ledger", "LEDGER", false},     {"journalAmount", "JOURNAL AMOUNT", true},
    {"ledgerAmount", "LEDGER AMOUNT", true}, {"currency", "CURRENCY", false},
};

struct reconciling {
  struct op_app *app;
  struct provider *provider;
  sqlite3 *db;
  bool has_ledger;
  int64_t differences, others;
};

/* Raises 74 about the temporary database. */
static int fail_table(const struct reconciling *it, struct op_error *error) {
  return op_fail(error, OP_IO, "io_error", "the table of what is compared: %s", sqlite3_errmsg(it->db));
}

/* Prepares a statement. */
static int prepare(const struct reconciling *it, const char *sql, sqlite3_stmt **ret_statement,
                   struct op_error *error) {
  return sqlite3_prepare_v2(it->db, sql, -1, ret_statement, NULL) == SQLITE_OK ? 0 : fail_table(it, error);
}

/* Steps a statement that writes, and makes it ready for the next row. */
static int put(const struct reconciling *it, sqlite3_stmt *statement, struct op_error *error) {
  int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  return code == SQLITE_DONE ? 0 : fail_table(it, error);
}

/* Opens the table, and the transaction in which it is filled. */
static int open_table(struct reconciling *it, struct op_error *error) {
  if (sqlite3_open("", &it->db) != SQLITE_OK || sqlite3_exec(it->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
      sqlite3_exec(it->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
    return fail_table(it, error);
  return 0;
}

/* ---- filling the table ------------------------------------------------------------------------- */

/* Writes a page of the ledger. */
static int put_page(const struct reconciling *it, sqlite3_stmt *statement, const struct ledger_page *page,
                    struct op_error *error) {
  int r = 0;
  for (size_t i = 0; r == 0 && i < page->count; i++) {
    const struct ledger_entry *entry = &page->entries[i];
    sqlite3_bind_text(statement, 1, entry->key, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, entry->reservation_id, -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 3, (int)entry->status);
    sqlite3_bind_int64(statement, 4, entry->amount);
    sqlite3_bind_text(statement, 5, entry->currency, -1, SQLITE_STATIC);
    r = put(it, statement, error);
  }
  return r;
}

/* Reads the whole ledger, where the provider has one. */
static int read_ledger(struct reconciling *it, struct op_error *error) {
  sqlite3_stmt *statement = NULL;
  char after[LEDGER_MAX_CURSOR] = "";
  int r = prepare(it,
                  "INSERT OR REPLACE INTO keys (key, reservation, ledger, ledger_amount, ledger_currency)"
                  " VALUES (?1, ?2, ?3, ?4, ?5)",
                  &statement, error);
  for (bool more = r == 0; more;) {
    struct ledger_page page;
    r = provider_ledger(it->provider, after, &page, &it->has_ledger, error);
    if (r == 0)
      r = put_page(it, statement, &page, error);
    if (r == 0 && page.next[0] != '\0' && strcmp(page.next, after) == 0)
      r = op_fail(error, OP_DATA, "bad_ledger", "the provider %s says that a page comes after itself",
                  provider_name(it->provider));
    more = r == 0 && page.next[0] != '\0';
    memcpy(after, page.next, sizeof after);
    ledger_page_free(&page);
  }
  sqlite3_finalize(statement);
  return r;
}

/* Writes what the journal claims; the first word about money that moved is the one that counts. */
static int put_claim(struct reconciling *it, sqlite3_stmt *statement, const struct journal_claim *claim, uint64_t seq,
                     struct op_error *error) {
  sqlite3_bind_text(statement, 1, claim->key, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 2, claim->reservation_id, -1, SQLITE_STATIC);
  op_bind_text(statement, 3, claim->provider);
  sqlite3_bind_int64(statement, 4, (int64_t)seq);
  sqlite3_bind_int(statement, 5, (int)claim->claim.status);
  sqlite3_bind_int64(statement, 6, claim->claim.amount);
  sqlite3_bind_text(statement, 7, claim->claim.currency, -1, SQLITE_STATIC);
  sqlite3_bind_int(statement, 8, PROVIDER_NOT_FOUND);
  return put(it, statement, error);
}

/* Reads what is durable of the journal. */
static int read_journal(struct reconciling *it, struct op_error *error) {
  size_t types = 0;
  while (claim_types[types] != NULL)
    types++;
  const evs_query_item item = {.types = claim_types, .type_count = types};
  const evs_query query = {&item, 1};
  evs_cursor *cursor = NULL;
  evs_error store_error;
  evs_event event;
  sqlite3_stmt *statement = NULL;
  int r = prepare(it,
                  "INSERT INTO keys (key, reservation, provider, seq, journal, journal_amount, journal_currency)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (key) DO UPDATE SET reservation = ?2,"
                  " provider = ?3, seq = ?4, journal = ?5, journal_amount = ?6, journal_currency = ?7"
                  " WHERE journal IS NULL OR journal = ?8",
                  &statement, error);
  if (r != 0)
    goto out;
  int code = evs_read(it->app->store, &query, 0, 0, &cursor, &store_error);
  while (r == 0 && code == 0 && (code = evs_next(cursor, &event, &store_error)) == 0) {
    struct journal_claim claim;
    if (claim_of_event(&event, &claim))
      r = put_claim(it, statement, &claim, event.seq, error);
  }
  if (r == 0 && code != EVS_END)
    r = op_fail_store(error, code, &store_error);
out:
  evs_cursor_close(cursor);
  sqlite3_finalize(statement);
  return r;
}

/* ---- comparing --------------------------------------------------------------------------------- */

enum { KEY, RESERVATION, PROVIDER, JOURNAL, LEDGER = JOURNAL + 3 };

/* Three columns as a claim; NULLs claim nothing. */
static void read_claim(sqlite3_stmt *row, int column, struct claim *ret_claim) {
  bool none = sqlite3_column_type(row, column) == SQLITE_NULL;
  *ret_claim = (struct claim){PROVIDER_NOT_FOUND, -1, ""};
  if (none)
    return;
  ret_claim->status = (enum provider_status)sqlite3_column_int(row, column);
  ret_claim->amount = sqlite3_column_int64(row, column + 1);
  op_column_text(row, column + 2, ret_claim->currency, sizeof ret_claim->currency);
}

/* Asks the provider for the key, and takes its word for the ledger's. */
static int ask(const struct reconciling *it, const char *key, const char *reservation_id, const struct claim *journal,
               struct claim *ledger, struct op_error *error) {
  struct provider_request request = {.reservation_id = reservation_id,
                                     .amount = journal->amount >= 0 ? journal->amount : 0,
                                     .currency = journal->currency};
  struct provider_answer answer;
  snprintf(request.idempotency_key, sizeof request.idempotency_key, "%s", key);
  int r = provider_call(it->provider, PROVIDER_QUERY, &request, &answer, error);
  if (r == 0 && answer.status == PROVIDER_UNKNOWN)
    r = op_fail(error, OP_TEMPORARY, "no_answer", "reservation %s: the provider %s gave no answer about %s: %s",
                reservation_id, provider_name(it->provider), key, answer.reason);
  ledger->status = answer.status;
  return r;
}

/* The word of a claim, or null. */
static void claim_cells(struct op_output *output, const struct claim *claim) {
  if (claim->status == PROVIDER_NOT_FOUND)
    op_cell_null(output);
  else
    op_cell_text(output, provider_statuses[claim->status]);
}

/* An amount of a claim, or null. */
static void amount_cell(struct op_output *output, const struct claim *claim) {
  if (claim->status == PROVIDER_NOT_FOUND || claim->amount < 0)
    op_cell_null(output);
  else
    op_cell_number(output, claim->amount);
}

/* Prints a difference. */
static void print(struct op_output *output, const char *reservation_id, const char *key, const char *kind,
                  const struct claim *journal, const struct claim *ledger) {
  const char *currency = journal->currency[0] != '\0' ? journal->currency : ledger->currency;
  op_cell_text(output, reservation_id[0] != '\0' ? reservation_id : NULL);
  op_cell_text(output, key);
  op_cell_text(output, kind);
  claim_cells(output, journal);
  claim_cells(output, ledger);
  amount_cell(output, journal);
  amount_cell(output, ledger);
  op_cell_text(output, currency[0] != '\0' ? currency : NULL);
  op_row_end(output);
}

/* Compares the row that the statement stands on. */
static int compare(struct reconciling *it, sqlite3_stmt *row, struct op_error *error) {
  char key[PROVIDER_MAX_KEY], reservation_id[OP_MAX_ID + 1], provider[64];
  struct claim journal, ledger;
  op_column_text(row, KEY, key, sizeof key);
  op_column_text(row, RESERVATION, reservation_id, sizeof reservation_id);
  op_column_text(row, PROVIDER, provider, sizeof provider);
  read_claim(row, JOURNAL, &journal);
  read_claim(row, LEDGER, &ledger);
  if (provider[0] != '\0' && strcmp(provider, provider_name(it->provider)) != 0) {
    it->others++; /* asked of another one, whose ledger is not this */
    return 0;
  }
  const char *kind = claims_differ(&journal, &ledger);
  bool ask_again = kind != NULL && strcmp(kind, "missing_in_journal") != 0 && ledger.status != PROVIDER_APPROVED &&
                   ledger.status != PROVIDER_REFUNDED;
  if (!it->has_ledger || ask_again) {
    int r = ask(it, key, reservation_id, &journal, &ledger, error);
    if (r != 0)
      return r;
    kind = claims_differ(&journal, &ledger);
  }
  if (kind == NULL)
    return 0;
  it->differences++;
  print(it->app->output, reservation_id, key, kind, &journal, &ledger);
  return 0;
}

/* Compares every row, in the order of the journal, then what only the ledger has. */
static int compare_all(struct reconciling *it, struct op_error *error) {
  struct op_progress progress;
  sqlite3_stmt *rows = NULL;
  uint64_t done = 0;
  int code = SQLITE_DONE;
  int r = prepare(it,
                  "SELECT key, reservation, provider, journal, journal_amount, journal_currency,"
                  " ledger, ledger_amount, ledger_currency, count(*) OVER () FROM keys ORDER BY seq IS NULL, seq, key",
                  &rows, error);
  op_rows_begin(it->app->output, columns, sizeof columns / sizeof columns[0], false);
  while (r == 0 && !op_output_closed(it->app->output) && (code = sqlite3_step(rows)) == SQLITE_ROW) {
    if (done == 0)
      op_progress_begin(&progress, it->app, "comparing", (uint64_t)sqlite3_column_int64(rows, LEDGER + 3));
    op_progress_to(&progress, ++done);
    r = compare(it, rows, error);
  }
  if (done > 0)
    op_progress_end(&progress);
  op_rows_end(it->app->output);
  if (r == 0 && code != SQLITE_ROW && code != SQLITE_DONE)
    r = fail_table(it, error);
  sqlite3_finalize(rows);
  return r;
}

/* Says what was found, and what could not be looked at. */
static int conclude(const struct reconciling *it, struct op_error *error) {
  if (!it->has_ledger)
    op_warn(it->app,
            "the provider %s has no ledger to be read: what it charged under keys that the journal does not "
            "know is not seen",
            provider_name(it->provider));
  if (it->others > 0)
    op_warn(it->app, "%" PRId64 " calls were made to another provider than %s and are not compared", it->others,
            provider_name(it->provider));
  if (it->differences == 0)
    return 0;
  op_fail(error, OP_REFUSED, "differences",
          "%" PRId64 " difference%s between the ledger of the provider %s and the journal", it->differences,
          it->differences == 1 ? "" : "s", provider_name(it->provider));
  op_error_number(error, "differences", it->differences);
  return OP_REFUSED;
}

/* The verb. */
int pay_reconcile(struct op_app *app, struct op_error *error) {
  struct reconciling it = {.app = app};
  int r = op_store_read(app, error);
  if (r == 0)
    r = provider_open(app, &it.provider, error);
  if (r != 0)
    goto out;
  if (strcmp(provider_name(it.provider), "approve") == 0) {
    op_explain(app, "the built-in provider keeps no ledger: there is nothing to compare");
    op_rows_begin(app->output, columns, sizeof columns / sizeof columns[0], false);
    op_rows_end(app->output);
    goto out;
  }
  r = open_table(&it, error);
  if (r == 0)
    r = read_ledger(&it, error);
  if (r == 0)
    r = read_journal(&it, error);
  if (r == 0)
    r = compare_all(&it, error);
  if (r == 0)
    r = conclude(&it, error);
out:
  sqlite3_close(it.db);
  provider_close(it.provider);
  return r;
}
