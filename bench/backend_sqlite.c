/* backend_sqlite.c - the bench on SQLite: one connection per process, prepared statements, WAL, synchronous FULL.
 *
 * As its documentation recommends: transactions that will write begin IMMEDIATE, a busy timeout in place of errors,
 * automatic checkpoints as they are by default, memory-mapped reading. The events of a musical are found by an index
 * on (tag, seq), which exists only where a condition needs it; all tags stand beside that one. The seats that are
 * left are one counter row, so that the check costs one UPDATE. To read every fourth row there is no index on the type:
 * a scan of the table is faster than going through one. */
#include "backend.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct worker {
  sqlite3 *db;
  sqlite3_stmt *begin, *commit, *insert, *last, *take;
  enum bench_condition condition;
  int64_t position; /* of its last commit */
};

/* Ends the process unless a call had the expected result. */
static void need(sqlite3 *db, int rc, int expected) {
  if (rc != expected)
    bench_die("sqlite: %s", db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
}

static sqlite3 *open_database(const struct bench_run *run) {
  sqlite3 *db = NULL;
  need(db, sqlite3_open_v2(run->path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL),
       SQLITE_OK);
  need(db, sqlite3_busy_timeout(db, 600 * 1000), SQLITE_OK);
  need(db,
       sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA mmap_size = 2147418112", NULL,
                    NULL, NULL),
       SQLITE_OK);
  return db;
}

static void create(const struct bench_run *run) {
  char seats[128];
  sqlite3 *db = open_database(run);
  need(db,
       sqlite3_exec(db,
                    "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, time TEXT NOT NULL,"
                    " type TEXT NOT NULL, tag TEXT NOT NULL, tags TEXT NOT NULL, correlation TEXT, causation INTEGER, "
                    "data TEXT NOT NULL);"
                    "CREATE TABLE IF NOT EXISTS musicals (tag TEXT PRIMARY KEY, seats INTEGER NOT NULL) WITHOUT ROWID",
                    NULL, NULL, NULL),
       SQLITE_OK);
  if (run->condition == BENCH_DIFFERENT)
    need(db, sqlite3_exec(db, "CREATE INDEX IF NOT EXISTS events_tag ON events (tag, seq)", NULL, NULL, NULL),
         SQLITE_OK);
  snprintf(seats, sizeof seats, "INSERT OR REPLACE INTO musicals VALUES ('musical:00', %llu)",
           (unsigned long long)run->seats);
  need(db, sqlite3_exec(db, seats, NULL, NULL, NULL), SQLITE_OK);
  need(db, sqlite3_close(db), SQLITE_OK);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *statement = NULL;
  need(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), SQLITE_OK);
  return statement;
}

static void *open_worker(const struct bench_run *run) {
  struct worker *worker = calloc(1, sizeof *worker);
  if (!worker)
    bench_die("out of memory");
  worker->db = open_database(run);
  worker->condition = run->condition;
  worker->begin = prepare(worker->db, "BEGIN IMMEDIATE");
  worker->commit = prepare(worker->db, "COMMIT");
  worker->insert = prepare(worker->db, "INSERT INTO events (id, time, type, tag, tags, correlation, causation, data)"
                                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7)");
  worker->last = prepare(worker->db, "SELECT max(seq) FROM events WHERE tag = ?1");
  worker->take = prepare(worker->db, "UPDATE musicals SET seats = seats - 1 WHERE tag = ?1 AND seats >= 1");
  return worker;
}

static void close_worker(void *handle) {
  struct worker *worker = handle;
  sqlite3_finalize(worker->begin);
  sqlite3_finalize(worker->commit);
  sqlite3_finalize(worker->insert);
  sqlite3_finalize(worker->last);
  sqlite3_finalize(worker->take);
  need(worker->db, sqlite3_close(worker->db), SQLITE_OK);
  free(worker);
}

/* Runs a statement that gives no rows. */
static void run_statement(struct worker *worker, sqlite3_stmt *statement) {
  need(worker->db, sqlite3_step(statement), SQLITE_DONE);
  sqlite3_reset(statement);
}

static void insert(struct worker *worker, const struct bench_event *event) {
  sqlite3_bind_text(worker->insert, 1, event->id, -1, SQLITE_STATIC);
  sqlite3_bind_text(worker->insert, 2, event->time, -1, SQLITE_STATIC);
  sqlite3_bind_text(worker->insert, 3, event->type, -1, SQLITE_STATIC);
  sqlite3_bind_text(worker->insert, 4, event->musical_tag, -1, SQLITE_STATIC);
  sqlite3_bind_text(worker->insert, 5, event->tags, -1, SQLITE_STATIC);
  sqlite3_bind_text(worker->insert, 6, event->reservation, -1, SQLITE_STATIC);
  sqlite3_bind_text(worker->insert, 7, event->data, -1, SQLITE_STATIC);
  run_statement(worker, worker->insert);
}

/* In the transaction: has anything happened to the musical since the worker's last commit? */
static void check_unchanged(struct worker *worker, const struct bench_event *event) {
  sqlite3_bind_text(worker->last, 1, event->musical_tag, -1, SQLITE_STATIC);
  need(worker->db, sqlite3_step(worker->last), SQLITE_ROW);
  if (sqlite3_column_int64(worker->last, 0) > worker->position)
    bench_die("sqlite: somebody else has written to %s", event->musical_tag);
  sqlite3_reset(worker->last);
}

/* In the transaction: takes a seat if there is one. */
static bool take_seat(struct worker *worker, const struct bench_event *event) {
  sqlite3_bind_text(worker->take, 1, event->musical_tag, -1, SQLITE_STATIC);
  run_statement(worker, worker->take);
  return sqlite3_changes(worker->db) == 1;
}

static bool append(void *handle, const struct bench_event *events, size_t count, struct bench_tally *tally) {
  struct worker *worker = handle;
  bool taken = true;
  (void)tally; /* the transaction has the database to itself, so no attempt is made twice */
  run_statement(worker, worker->begin);
  if (worker->condition == BENCH_DIFFERENT)
    check_unchanged(worker, events);
  if (worker->condition == BENCH_HOT)
    taken = take_seat(worker, events);
  for (size_t i = 0; i < count && taken; i++)
    insert(worker, &events[i]);
  worker->position = sqlite3_last_insert_rowid(worker->db);
  run_statement(worker, worker->commit);
  return taken;
}

static uint64_t read_all(const struct bench_run *run, const char *type,
                         void (*visit)(void *context, const char *id, size_t len), void *context) {
  sqlite3 *db = open_database(run);
  /* seq 0, id 1, time 2, type 3, tag 4, tags 5, correlation 6, causation 7, data 8 */
  sqlite3_stmt *select =
      prepare(db, type ? "SELECT seq, id, time, type, tag, tags, correlation, causation, data FROM events"
                         " WHERE type = ?1 ORDER BY seq"
                       : "SELECT seq, id, time, type, tag, tags, correlation, causation, data FROM events"
                         " ORDER BY seq");
  uint64_t bytes = 0;
  int rc = 0;
  if (type)
    sqlite3_bind_text(select, 1, type, -1, SQLITE_STATIC);
  while ((rc = sqlite3_step(select)) == SQLITE_ROW) {
    const char *id = (const char *)sqlite3_column_text(select, 1);
    sqlite3_column_int64(select, 0);
    sqlite3_column_int64(select, 7);
    for (int i = 1; i < 9; i++)
      if (i != 7 && sqlite3_column_text(select, i))
        bytes += (uint64_t)sqlite3_column_bytes(select, i);
    visit(context, id, (size_t)sqlite3_column_bytes(select, 1));
  }
  need(db, rc, SQLITE_DONE);
  sqlite3_finalize(select);
  need(db, sqlite3_close(db), SQLITE_OK);
  return bytes;
}

const struct bench_backend bench_sqlite = {"sqlite", create, open_worker, append, close_worker, read_all};
