/* project_circuit.c - the circuits of circuit.h in a table of state/pay.db.
 *
 * Invariant: a row is fold(events that name its provider). The window and the probes are blobs, as long as they are
 * used: bytes of this machine, which is enough for a read model, since it can be rebuilt anywhere. Errors: those of the
 * model. */
#include "project.h"

#include "listing.h"

#include <string.h>

/* A blob as an array of `size` bytes an item, at most `max` of them; gives how many there are. */
static uint32_t read_blob(sqlite3_stmt *row, int column, void *items, size_t size, size_t max) {
  size_t count = (size_t)sqlite3_column_bytes(row, column) / size;
  if (count > max)
    count = max;
  if (count > 0)
    memcpy(items, sqlite3_column_blob(row, column), count * size);
  return (uint32_t)count;
}

/* The row of a provider. */
static int load(struct op_model *model, const char *provider, void *row_of_kind, bool *ret_found,
                struct op_error *error) {
  struct circuit *circuit = row_of_kind;
  sqlite3_stmt *row = op_model_sql(model, "SELECT state, retry_us, reason, changed_at, probes_worked, probe_failed,"
                                          " slowest_probe_ms, next_call, probes, calls FROM circuits"
                                          " WHERE provider = ?1");
  op_bind_text(row, 1, provider);
  int r = op_model_step(model, row, ret_found, error);
  snprintf(circuit->provider, sizeof circuit->provider, "%s", provider);
  if (r == 0 && *ret_found) {
    int state = op_word_index((const char *)sqlite3_column_text(row, 0), circuit_states);
    circuit->state = state >= 0 ? (enum circuit_state)state : CIRCUIT_CLOSED;
    circuit->retry_us = sqlite3_column_int64(row, 1);
    op_column_text(row, 2, circuit->reason, sizeof circuit->reason);
    op_column_text(row, 3, circuit->changed_at, sizeof circuit->changed_at);
    circuit->probes_worked = (uint32_t)sqlite3_column_int64(row, 4);
    circuit->probe_failed = sqlite3_column_int(row, 5) != 0;
    circuit->slowest_probe_ms = (uint32_t)sqlite3_column_int64(row, 6);
    circuit->next_call = (uint32_t)sqlite3_column_int64(row, 7) % OP_MAX_BREAKER_WINDOW;
    circuit->probe_count = read_blob(row, 8, circuit->probes, sizeof circuit->probes[0], OP_MAX_BREAKER_PROBES);
    circuit->call_count = read_blob(row, 9, circuit->calls, sizeof circuit->calls[0], OP_MAX_BREAKER_WINDOW);
  }
  sqlite3_reset(row);
  return r;
}

/* Writes it. */
static int save(struct op_model *model, const void *row, bool is_new, struct op_error *error) {
  const struct circuit *circuit = row;
  (void)is_new; /* every column can change, so one statement does for both */
  sqlite3_stmt *put = op_model_sql(model, "INSERT OR REPLACE INTO circuits VALUES (?,?,?,?,?,?,?,?,?,?,?)");
  op_bind_text(put, 1, circuit->provider);
  op_bind_text(put, 2, circuit_states[circuit->state]);
  sqlite3_bind_int64(put, 3, circuit->retry_us);
  op_bind_text(put, 4, circuit->reason);
  op_bind_text(put, 5, circuit->changed_at);
  sqlite3_bind_int64(put, 6, circuit->probes_worked);
  sqlite3_bind_int(put, 7, circuit->probe_failed);
  sqlite3_bind_int64(put, 8, circuit->slowest_probe_ms);
  sqlite3_bind_int64(put, 9, circuit->next_call);
  sqlite3_bind_blob(put, 10, circuit->probes, (int)(circuit->probe_count * sizeof circuit->probes[0]), SQLITE_STATIC);
  sqlite3_bind_blob(put, 11, circuit->calls, (int)(circuit->call_count * sizeof circuit->calls[0]), SQLITE_STATIC);
  return op_model_exec(model, put, error);
}

/* As the table has it. */
int circuit_load(struct op_model *model, const char *provider, struct circuit *ret_circuit, struct op_error *error) {
  bool found = false;
  *ret_circuit = (struct circuit){0};
  return load(model, provider, ret_circuit, &found, error);
}

/* Folds an event. */
int circuit_project(struct op_model *model, const evs_event *event, uint64_t attempt, struct op_error *error) {
  static const struct op_row_kind circuits = {sizeof(struct circuit), load, save};
  struct circuit *circuit = NULL;
  char provider[OP_MAX_ID + 1];
  if (!op_field_id(event, "provider", provider))
    return 0;
  int r = op_model_row(model, &circuits, provider, &circuit, error);
  if (r != 0)
    return r;
  if (circuit->provider[0] == '\0') /* a row that is not there is given as zeros */
    snprintf(circuit->provider, sizeof circuit->provider, "%s", provider);
  circuit_apply(circuit, event, attempt);
  op_model_row_changed(circuit);
  return 0;
}
