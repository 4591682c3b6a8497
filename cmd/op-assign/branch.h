/* branch.h - a branch that hands reservations over: where it is, and how many a day it can take. Pure.
 *
 * Capacity counts reservations by the day (of assign.zone) on which they are assigned, whatever their seats: what is
 * assigned today and not released again takes a place of today, also after it was collected. A branch that is closed
 * gets nothing more, and keeps what it has. */
#ifndef ASSIGN_BRANCH_H
#define ASSIGN_BRANCH_H

#include "app.h"
#include "domain.h"
#include "location.h"

struct branch {
  char id[OP_MAX_ID + 1]; /* "": no such branch */
  char name[OP_MAX_NAME + 1];
  struct op_location at;
  int64_t capacity;       /* a day */
  int64_t first_capacity; /* as it was added */
  bool closed;
  int64_t used;        /* places of the day that is looked at; no event tells it, see project.h */
  uint64_t added_by;   /* seq of its BranchAdded */
  uint64_t defined_by; /* seq of the last event that added or changed it */
  char updated_at[EVS_TIME_SIZE];
};

/* The types that branch_apply() folds, NULL-terminated. */
extern const char *const branch_types[];

/* Folds an event of this branch; the first BranchAdded makes it. */
void branch_apply(struct branch *branch, const evs_event *event);

/* Has it this name, and this place? */
bool branch_same_place(const struct branch *branch, const char *name, struct op_location at);

/* What describes a new branch: name and values are checked by branch_set(). */
struct branch_wanted {
  char id[OP_MAX_ID + 1];
  char name[OP_MAX_NAME + 1];
  struct op_location at;
  int64_t capacity;
  unsigned given; /* a bit for each of branch_fields */
};

/* id, name, lat, lon, capacity; NULL-terminated. All are required. */
extern const char *const branch_fields[];

/* Sets branch_fields[field] from text: 65 bad_id, bad_name, bad_location, bad_capacity. */
int branch_set(struct branch_wanted *wanted, size_t field, const char *text, struct op_error *error);
/* Is everything there? 65 missing. */
int branch_check(const struct branch_wanted *wanted, struct op_error *error);
/* Adds all of it as one JSON object: the canonical text of the request. */
void branch_text(const struct branch_wanted *wanted, struct op_text *text);

#endif
