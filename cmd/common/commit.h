/* commit.h - decide, append with a condition, and decide again on a conflict; and the loop of every processor.
 *
 * Seven rules, 4 and 5: an invariant rests on the condition of the append alone; a processor may be killed anywhere. */
#ifndef OP_COMMIT_H
#define OP_COMMIT_H

#include "draft.h"
#include "model.h"
#include "pending.h"

/* Loads the state up to the written tail, decides, and fills drafts and guard. *ret_position is how far it had read
 * (the model's offset, or the position of the op_model_pending() cursor at its end). No drafts: nothing to do. */
typedef int op_decide(void *context, struct op_model *model, struct op_drafts *drafts, struct op_guard *guard,
                      uint64_t *ret_position, struct op_error *error);

struct op_committed {
  uint64_t first, last; /* seqs of the events; 0 where nothing was appended (nothing to do, or --dry-run) */
  uint64_t decided_on;  /* everything up to this seq */
};

/* Runs `decide` and appends what it drafted, durably; on a conflict catches up and decides again, until the app's time
 * limit (exit 75 busy). A refusal is told only after what it rests on is durable. With --dry-run nothing is appended,
 * and what the store would not take (evs_check()) is refused as without. On return `drafts` (the caller's, reset first)
 * holds what was appended or would be. */
int op_commit(struct op_model *model, op_decide *decide, void *context, struct op_drafts *drafts,
              struct op_committed *ret_committed, struct op_error *error);

/* op_commit() in two halves, for who has something to do while the disk works. Between them nothing may be shown, sent
 * or told: what was written can still be taken back, and then op_commit_sync() fails. */
int op_commit_write(struct op_model *model, op_decide *decide, void *context, struct op_drafts *drafts,
                    struct op_committed *ret_committed, struct op_error *error);
int op_commit_sync(struct op_model *model, const struct op_committed *committed, struct op_error *error);

/* Writes the drafts (stamped with the time where they have none) as one commit under the guard at `after`; as
 * evs_write(), so evs_sync() comes next. For op_commit() and op_process(); a command uses those. */
int op_drafts_write(struct op_app *app, struct op_drafts *drafts, struct op_guard *guard, uint64_t after,
                    evs_appended *ret_appended, evs_error *error);

/* A processor: reads its model for what is pending, does the outside effect, drafts the outcomes. */
struct op_processor {
  const struct op_model_definition *model;
  size_t batch; /* things handled per commit, at most */
  /* Drafts the outcome of up to `limit` pending things, with a guard that makes a second outcome impossible. Only what
   * is durable is in the model. No drafts: nothing is pending. Each thing drafts one event at least. */
  int (*work)(struct op_model *model, size_t limit, struct op_drafts *drafts, struct op_guard *guard,
              struct op_error *error);
  /* Counts what is pending, for --pending (pending.h). Only what is durable is in the model. */
  int (*pending)(struct op_model *model, struct op_pending *owed, struct op_error *error);
  bool speaks; /* work() itself writes to stdout: the events that were appended are not printed */
  bool (*handles)(const struct op_draft *draft); /* does it tell what became of a thing (for --max)? NULL: all do */
  const char *const *unsaid;                     /* types of events that are not printed, NULL-terminated; NULL: none */
  bool timed; /* things become pending as time passes: --follow looks again every second, event or not */
};

/* The verb `run`: works until nothing is pending (or --max, or a signal), with --follow waits for more; prints the
 * events that it appended. Two at once are safe: the loser of a conflict catches up and looks again. With --pending it
 * says what is pending, and works not at all. */
int op_process(struct op_app *app, const struct op_processor *processor, struct op_error *error);

/* --follow for who only reads: waits until the journal has durable events after `position` (0), or a signal came
 * (*ret_stop true). */
int op_follow_wait(struct op_app *app, uint64_t position, bool *ret_stop, struct op_error *error);

#endif
