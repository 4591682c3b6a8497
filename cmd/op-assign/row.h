/* row.h - how branches and pick-ups are printed: one set of columns for every verb. */
#ifndef ASSIGN_ROW_H
#define ASSIGN_ROW_H

#include "branch.h"
#include "output.h"
#include "pickup.h"

enum { BRANCH_COLUMNS_COUNT = 7, PICKUP_COLUMNS_COUNT = 13 };

/* branchId, name, lat, lon, capacity, updatedAt, status */
extern const struct op_column branch_columns[BRANCH_COLUMNS_COUNT];
void branch_cells(struct op_output *output, const struct branch *branch);
void branch_print(struct op_output *output, const struct branch *branch);

/* reservationId, customerId, musicalId, branchId, branchName, distanceKm, fulfil, status ... */
extern const struct op_column pickup_columns[PICKUP_COLUMNS_COUNT];
void pickup_cells(struct op_output *output, const struct pickup *pickup, const char *branch_name);
void pickup_print(struct op_output *output, const struct pickup *pickup, const char *branch_name);

/* Metres as kilometres. */
void cell_km(struct op_output *output, int64_t distance_m);

#endif
