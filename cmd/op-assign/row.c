/* row.c - prints branches and pick-ups, see row.h.
 *
 * Invariant: every command prints the same thing by the same columns; degrees and kilometres are numbers in JSON. */
#include "row.h"

#include <inttypes.h>
#include <stdio.h>

const struct op_column branch_columns[BRANCH_COLUMNS_COUNT] = {
    {"branchId", "BRANCH", false},  {"name", "NAME", false},    {"lat", "LAT", true},        {"lon", "LON", true},
    {"capacity", "CAPACITY", true}, {"updatedAt", NULL, false}, {"status", "STATUS", false},
};

const struct op_column pickup_columns[PICKUP_COLUMNS_COUNT] = {
    {"reservationId", "RESERVATION", false},
    {"customerId", "CUSTOMER", false},
    {"musicalId", "MUSICAL", false},
    {"branchId", "BRANCH", false},
    {"branchName", "NAME", false},
    {"distanceKm", "KM", true},
    {"fulfil", "FULFIL", false},
    {"status", "STATUS", false},
    {"reason", "REASON", false},
    {"day", "DAY", false},
    {"lat", NULL, true},
    {"lon", NULL, true},
    {"updatedAt", "UPDATED", false},
};

/* Text that may be absent. */
static void optional_text(struct op_output *output, const char *text) { op_cell_text(output, text[0] ? text : NULL); }

/* Degrees. */
static void cell_degrees(struct op_output *output, int32_t degrees) {
  char buf[OP_DEGREES_SIZE];
  op_cell_json(output, op_degrees(degrees, buf));
}

/* Kilometres. */
void cell_km(struct op_output *output, int64_t distance_m) {
  char buf[32];
  snprintf(buf, sizeof buf, "%" PRId64 ".%03d", distance_m / 1000, (int)(distance_m % 1000));
  op_cell_json(output, buf);
}

/* The cells of a branch. */
void branch_cells(struct op_output *output, const struct branch *branch) {
  op_cell_text(output, branch->id);
  op_cell_text(output, branch->name);
  cell_degrees(output, branch->at.lat);
  cell_degrees(output, branch->at.lon);
  op_cell_number(output, branch->capacity);
  optional_text(output, branch->updated_at);
  op_cell_text(output, branch->closed ? "Closed" : "Open");
}

/* One branch alone. */
void branch_print(struct op_output *output, const struct branch *branch) {
  op_rows_begin(output, branch_columns, BRANCH_COLUMNS_COUNT, true);
  branch_cells(output, branch);
  op_row_end(output);
  op_rows_end(output);
}

/* The cells of a pick-up. */
void pickup_cells(struct op_output *output, const struct pickup *pickup, const char *branch_name) {
  op_cell_text(output, pickup->id);
  optional_text(output, pickup->customer_id);
  optional_text(output, pickup->musical_id);
  optional_text(output, pickup->branch_id);
  optional_text(output, branch_name);
  if (pickup->branch_id[0])
    cell_km(output, pickup->distance_m);
  else
    op_cell_null(output);
  op_cell_text(output, pickup->delivery ? OP_FULFIL_DELIVERY : OP_FULFIL_PICKUP);
  op_cell_text(output, pickup_statuses[pickup->status]);
  optional_text(output, pickup_failures[pickup->failure]);
  optional_text(output, pickup->day);
  cell_degrees(output, pickup->at.lat);
  cell_degrees(output, pickup->at.lon);
  optional_text(output, pickup->updated_at);
}

/* One pick-up alone. */
void pickup_print(struct op_output *output, const struct pickup *pickup, const char *branch_name) {
  op_rows_begin(output, pickup_columns, PICKUP_COLUMNS_COUNT, true);
  pickup_cells(output, pickup, branch_name);
  op_row_end(output);
  op_rows_end(output);
}
