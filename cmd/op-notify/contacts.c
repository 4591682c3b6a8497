/* contacts.c - personal data in one SQLite file, mode 0600.
 *
 * Invariants: the file is never readable for others, not even for an instant (it is made with its mode before SQLite
 * sees it); after contacts_forget() returned 0 no byte of the person stands in any file of ours: secure_delete
 * overwrites what a delete frees, journal_mode=DELETE leaves no log behind. Errors: 66 no_store, 73 cannot_create, 74
 * io_error and disk_full, 75 busy, 77 no_permission, 1 request_id_reused. */
#include "contacts.h"

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct contacts {
  sqlite3 *db;
};

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS contacts ("
    "  customer_id TEXT PRIMARY KEY, email TEXT NOT NULL, name TEXT, lang TEXT NOT NULL, updated_at TEXT NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS requests ("
    "  request_id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, email TEXT NOT NULL, name TEXT, lang TEXT NOT NULL,"
    "  updated_at TEXT NOT NULL"
    ") WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS requests_of ON requests (customer_id);"
    "CREATE TABLE IF NOT EXISTS outboxes (directory TEXT PRIMARY KEY) WITHOUT ROWID;"
    "COMMIT";

/* An error of SQLite as one of ours. */
static int fail_sql(struct contacts *contacts, struct op_error *error) {
  int code = sqlite3_errcode(contacts->db) & 0xFF;
  const char *why = sqlite3_errmsg(contacts->db);
  switch (code) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return op_fail(error, OP_TEMPORARY, "busy", "contacts.db: somebody else holds it");
  case SQLITE_FULL:
    return op_fail(error, OP_IO, "disk_full", "contacts.db: the disk is full");
  case SQLITE_READONLY:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return op_fail(error, OP_NOPERM, "no_permission", "contacts.db: %s", why);
  case SQLITE_CANTOPEN:
    return op_fail(error, OP_CANTCREATE, "cannot_create", "contacts.db: %s", why);
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    return op_fail(error, OP_IO, "corrupt_contacts", "contacts.db: %s", why);
  default:
    return op_fail(error, OP_IO, "io_error", "contacts.db: %s", why);
  }
}

/* Makes the file with its mode, or finds it there. *ret_exists false: it is not there and was not to be made. */
static int prepare_file(struct op_app *app, bool create, char *path, size_t size, bool *ret_exists,
                        struct op_error *error) {
  int r = files_store_path(app, "contacts.db", path, size, error);
  if (r != 0)
    return r;
  if (!create) {
    *ret_exists = access(path, F_OK) == 0;
    return *ret_exists || errno == ENOENT ? 0 : files_fail(error, errno, "contacts.db");
  }
  r = files_make_store(app, error);
  if (r != 0)
    return r;
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0 || fchmod(fd, 0600) != 0)
    r = files_fail(error, errno, "contacts.db");
  if (fd >= 0)
    close(fd);
  *ret_exists = r == 0;
  return r;
}

/* Is there this table? Whoever made the file may have been killed, or found the disk full, before it made it, or have
 * been of an earlier version. */
static int find_table(struct contacts *contacts, const char *name, bool *ret_found, struct op_error *error) {
  sqlite3_stmt *row = NULL;
  int result = sqlite3_prepare_v2(contacts->db, "SELECT 1 FROM sqlite_master WHERE name = ?1", -1, &row, NULL);
  if (result == SQLITE_OK)
    result = sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
  if (result == SQLITE_OK)
    result = sqlite3_step(row);
  *ret_found = result == SQLITE_ROW;
  int r = result == SQLITE_ROW || result == SQLITE_DONE ? 0 : fail_sql(contacts, error);
  sqlite3_finalize(row);
  return r;
}

/* Opens the store. */
int contacts_open(struct op_app *app, bool create, struct contacts **ret_contacts, struct op_error *error) {
  char path[FILES_MAX_PATH];
  bool exists = false;
  *ret_contacts = NULL;
  int r = prepare_file(app, create, path, sizeof path, &exists, error);
  if (r != 0 || !exists)
    return r;
  struct contacts *contacts = calloc(1, sizeof *contacts);
  if (contacts == NULL)
    return op_fail(error, OP_TEMPORARY, "no_memory", "out of memory");
  if (sqlite3_open_v2(path, &contacts->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
      sqlite3_busy_timeout(contacts->db, (int)app->timeout_ms) != SQLITE_OK ||
      sqlite3_exec(contacts->db, "PRAGMA secure_delete=ON; PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL", NULL,
                   NULL, NULL) != SQLITE_OK) {
    r = fail_sql(contacts, error);
    contacts_close(contacts);
    return r;
  }
  r = find_table(contacts, create ? "outboxes" : "contacts", &exists, error); /* they are made in one transaction */
  if (r == 0 && create && !exists) {
    exists = sqlite3_exec(contacts->db, schema, NULL, NULL, NULL) == SQLITE_OK;
    r = exists ? 0 : fail_sql(contacts, error);
  }
  if (r != 0 || !exists) {
    contacts_close(contacts);
    return r;
  }
  *ret_contacts = contacts;
  return 0;
}

/* Closes the store. */
void contacts_close(struct contacts *contacts) {
  if (contacts == NULL)
    return;
  sqlite3_close(contacts->db);
  free(contacts);
}

/* Runs one statement over up to six texts (NULL: SQL NULL) and, where there is a row, reads it as a contact. */
static int run(struct contacts *contacts, const char *sql, const char *const *values, size_t count,
               struct contact *ret_contact, struct op_error *error) {
  sqlite3_stmt *statement = NULL;
  int r = 0;
  if (sqlite3_prepare_v2(contacts->db, sql, -1, &statement, NULL) != SQLITE_OK)
    return fail_sql(contacts, error);
  for (size_t i = 0; i < count; i++)
    if (values[i] != NULL)
      sqlite3_bind_text(statement, (int)i + 1, values[i], -1, SQLITE_STATIC);
  int step = sqlite3_step(statement);
  if (step == SQLITE_ROW && ret_contact != NULL) {
    char *const fields[] = {ret_contact->customer_id, ret_contact->email, ret_contact->name, ret_contact->lang,
                            ret_contact->updated_at};
    const size_t sizes[] = {sizeof ret_contact->customer_id, sizeof ret_contact->email, sizeof ret_contact->name,
                            sizeof ret_contact->lang, sizeof ret_contact->updated_at};
    for (int i = 0; i < 5; i++) {
      const char *text = (const char *)sqlite3_column_text(statement, i);
      snprintf(fields[i], sizes[i], "%s", text != NULL ? text : "");
    }
  } else if (step != SQLITE_ROW && step != SQLITE_DONE) {
    r = fail_sql(contacts, error);
  }
  sqlite3_finalize(statement);
  return r;
}

/* BEGIN IMMEDIATE, COMMIT, ROLLBACK. */
static int command(struct contacts *contacts, const char *sql, struct op_error *error) {
  return sqlite3_exec(contacts->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail_sql(contacts, error);
}

/* Ends a transaction by what became of it. */
static int finish(struct contacts *contacts, int r, struct op_error *error) {
  if (r == 0)
    r = command(contacts, "COMMIT", error);
  if (r != 0)
    sqlite3_exec(contacts->db, "ROLLBACK", NULL, NULL, NULL);
  return r;
}

/* One contact. */
int contacts_get(struct contacts *contacts, const char *customer_id, struct contact *ret_contact,
                 struct op_error *error) {
  *ret_contact = (struct contact){0};
  if (contacts == NULL)
    return 0;
  const char *const values[] = {customer_id};
  return run(contacts, "SELECT customer_id, email, name, lang, updated_at FROM contacts WHERE customer_id = ?1", values,
             1, ret_contact, error);
}

/* The contact that a request set. */
static int request_get(struct contacts *contacts, const char *request_id, struct contact *ret_contact,
                       struct op_error *error) {
  *ret_contact = (struct contact){0};
  const char *const values[] = {request_id};
  return run(contacts, "SELECT customer_id, email, name, lang, updated_at FROM requests WHERE request_id = ?1", values,
             1, ret_contact, error);
}

/* Was the request id used here? */
int contacts_request_used(struct contacts *contacts, const char *request_id, bool *ret_used, struct op_error *error) {
  struct contact contact = {0};
  int r = contacts != NULL ? request_get(contacts, request_id, &contact, error) : 0;
  *ret_used = r == 0 && contact.customer_id[0] != '\0';
  return r;
}

/* Writes contact and request; inside of a transaction. */
static int put(struct contacts *contacts, const struct contact *contact, const char *request_id,
               struct op_error *error) {
  const char *const values[] = {
      contact->customer_id, contact->email,      contact->name[0] != '\0' ? contact->name : NULL,
      contact->lang,        contact->updated_at, request_id};
  int r = run(contacts, "INSERT OR REPLACE INTO contacts VALUES (?1, ?2, ?3, ?4, ?5)", values, 5, NULL, error);
  if (r == 0 && request_id != NULL)
    r = run(contacts, "INSERT INTO requests VALUES (?6, ?1, ?2, ?3, ?4, ?5)", values, 6, NULL, error);
  return r;
}

/* Sets a contact, once per request id. */
int contacts_set(struct contacts *contacts, struct contact *contact, const char *request_id, struct op_error *error) {
  struct contact before = {0};
  int r = command(contacts, "BEGIN IMMEDIATE", error);
  if (r != 0)
    return r;
  if (request_id != NULL)
    r = request_get(contacts, request_id, &before, error);
  if (r == 0 && before.customer_id[0] == '\0')
    r = put(contacts, contact, request_id, error);
  else if (r == 0 && strcmp(before.customer_id, contact->customer_id) == 0 &&
           strcmp(before.email, contact->email) == 0 && strcmp(before.name, contact->name) == 0 &&
           strcmp(before.lang, contact->lang) == 0)
    *contact = before;
  else if (r == 0)
    r = op_fail(error, OP_REFUSED, "request_id_reused", "request id %s was used for another request", request_id);
  return finish(contacts, r, error);
}

/* Once for each directory; looks first, as that takes no lock that others wait for. */
int contacts_outbox_add(struct contacts *contacts, const char *directory, struct op_error *error) {
  struct contact found = {0};
  const char *const values[] = {directory};
  int r = run(contacts, "SELECT 'found', 0, 0, 0, 0 FROM outboxes WHERE directory = ?1", values, 1, &found, error);
  if (r != 0 || found.customer_id[0] != '\0')
    return r;
  return run(contacts, "INSERT OR IGNORE INTO outboxes VALUES (?1)", values, 1, NULL, error);
}

/* All of them. */
int contacts_outboxes(struct contacts *contacts, struct op_text *list, struct op_error *error) {
  sqlite3_stmt *row = NULL;
  bool exists = false;
  int r = contacts != NULL ? find_table(contacts, "outboxes", &exists, error) : 0;
  if (r != 0 || !exists)
    return r;
  int result = sqlite3_prepare_v2(contacts->db, "SELECT directory FROM outboxes ORDER BY directory", -1, &row, NULL);
  while (result == SQLITE_OK && (result = sqlite3_step(row)) == SQLITE_ROW) {
    const char *directory = (const char *)sqlite3_column_text(row, 0);
    if (directory != NULL)
      op_text_add(list, directory, strlen(directory) + 1);
    result = SQLITE_OK;
  }
  r = result == SQLITE_DONE ? 0 : fail_sql(contacts, error);
  sqlite3_finalize(row);
  return r;
}

/* Removes a person. */
int contacts_forget(struct contacts *contacts, const char *customer_id, struct op_error *error) {
  if (contacts == NULL)
    return 0;
  const char *const values[] = {customer_id};
  int r = command(contacts, "BEGIN IMMEDIATE", error);
  if (r != 0)
    return r;
  r = run(contacts, "DELETE FROM contacts WHERE customer_id = ?1", values, 1, NULL, error);
  if (r == 0)
    r = run(contacts, "DELETE FROM requests WHERE customer_id = ?1", values, 1, NULL, error);
  return finish(contacts, r, error);
}
