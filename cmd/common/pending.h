/* pending.h - `CMD run --pending`: what a processor owes, and since when. How the front door asks every processor.
 *
 * It does all that `run` does before its first piece of work (reads the configuration, looks for the provider or the
 * channel, catches up the read model), then counts instead of working, and appends nothing. So whatever would stop a
 * run (a program that is not there, a secret that cannot be read) stops the question, with the same words and exit
 * code. It prints one object:
 *
 *   {"pending":3,"waiting":1,"oldestAt":"...","dueAt":"..."}
 *
 * `outerpark status` makes of it how far behind the processor is. A processor takes part by the flag OP_PENDING of its
 * verb `run`, by a function, here for a table of what was paid and has no ticket:
 *
 *   static int pending(struct op_model *model, struct op_pending *owed, struct op_error *error) {
 *     sqlite3_stmt *count = op_model_sql(model, "SELECT count(*), min(paid_seq) FROM unready");
 *     return op_pending_select(model, count, owed, error);
 *   }
 *
 * named by op_processor.pending, and by its place among sibling_processors() (cmd/outerpark/sibling.c). Work that its
 * own run would leave for later counts as waiting: then op_pending_add() takes the figures one by one. */
#ifndef OP_PENDING_H
#define OP_PENDING_H

#include "model.h"

struct op_pending {
  int64_t count;     /* all that is owed, but for what is parked */
  int64_t waiting;   /* of it, what is left for later on purpose: a back-off, an open circuit, somebody is at it */
  int64_t oldest_us; /* when the oldest of it came up; 0: nothing is pending */
  int64_t due_us;    /* since when the first of what does not wait could have been done; 0: all of it waits */
};

/* Adds `count` things, which may be none; oldest_us and due_us are the earliest among them. */
void op_pending_add(struct op_pending *owed, int64_t count, int64_t waiting, int64_t oldest_us, int64_t due_us);

/* Adds what a SELECT of one row counts, of which nothing waits: its columns are count(*) and the least seq of the
 * events that ask for it. */
int op_pending_select(struct op_model *model, sqlite3_stmt *select, struct op_pending *owed, struct op_error *error);

/* When the event at `seq` was appended; 0 for seq 0. */
int op_pending_time(struct op_model *model, uint64_t seq, int64_t *ret_us, struct op_error *error);

/* Prints it as the answer to --pending. */
void op_pending_print(struct op_app *app, const struct op_pending *owed);

#endif
