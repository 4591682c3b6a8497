/* model_inside.h - the read model from inside, for its own files only.
 *
 *   model.c          the public face: snapshots, statements, errors of SQLite
 *   model_open.c     finding a place for the tables: state/NAME.db, or memory; making and removing it
 *   model_file.c     the files of state/NAME.db, whose names may be removed at any time; checkpoints
 *   model_fold.c     folding the journal into the tables; is this the journal that they were folded from?
 *   model_rows.c     rows that are kept in memory while they are folded
 *   request.c        request ids
 *
 * States of a model: detached (db NULL); attached (tables of the right version, no transaction); in a snapshot (a read
 * transaction in which `offset` was read, so that tables and offset agree whatever other processes commit); folding (a
 * write transaction). Callers of model.h only ever see it in a snapshot. */
#ifndef OP_MODEL_INSIDE_H
#define OP_MODEL_INSIDE_H

#include "domain.h"
#include "model.h"

#define OP__LAZY_LAG 512u     /* events that a lazy model leaves to op_model_pending() */
#define OP__FOLD_BATCH 50000u /* events in one transaction of a catch-up */
#define OP__FINGERPRINT 18u   /* bytes at the end of a line: ,"crc":"9ab01c2f"} */

enum op__place {
  OP__FILE,   /* STORE/state/NAME.db */
  OP__MEMORY, /* that cannot be written: the same answers from memory */
  OP__EMPTY,  /* the journal has no event yet, so nothing is made on disk: memory until it has */
};

/* The row of the table `meta`. */
struct op__meta {
  int version;                           /* 0: there is no such table or row */
  uint64_t offset;                       /* everything up to this event is folded in */
  char fingerprint[OP__FINGERPRINT + 1]; /* end of the line at the offset; "" at offset 0 */
  bool indexed;                          /* definition->indexes are there */
};

struct op__statement {
  const char *sql; /* the pointer is the key */
  char *copy;      /* of a text that was put together, the same pointer; else NULL */
  sqlite3_stmt *statement;
};

struct op_model {
  struct op_app *app;
  const struct op_model_definition *definition;
  bool lazy, stays;
  enum op__place place;
  sqlite3 *db;
  char *path;           /* of the file, "" elsewhere */
  struct op__meta meta; /* as of the snapshot, or of the fold in progress */
  uint64_t checked;     /* this offset was compared with the journal, and it is ours */
  struct op__rows *rows;
  bool whole;      /* all up to `folded` was folded by us, from the first event on */
  uint64_t folded; /* the offset of our last transaction */
  bool snapshot;   /* a read transaction is open */
  bool wrote;      /* something was committed through this connection */
  bool unfinished; /* the file is marked: a checkpoint began */
  bool damaged;    /* SQLite says that the file is no sound database: it is to be removed */
  bool unwritable; /* the file cannot be written after all: go to memory */
  bool warned;     /* that the tables were of another journal */
  struct op__statement *statements;
  size_t count, size;
};

/* ---- model.c ----------------------------------------------------------------------------------- */

/* Turns a result of SQLite into an error, and notes what it means for the model (damaged, unwritable). */
int op__model_fail(struct op_model *model, int result, struct op_error *error);
/* Runs SQL without results. */
int op__model_run(struct op_model *model, const char *sql, struct op_error *error);
/* Resets every statement, so that no transaction is kept open by a SELECT that was not read to its end. */
void op__model_reset_statements(struct op_model *model);
/* Reads the row of `meta`; version 0 where there is none. */
int op__model_read_meta(struct op_model *model, struct op__meta *ret_meta, struct op_error *error);

/* ---- model_open.c ------------------------------------------------------------------------------ */

/* detached -> attached, at model->place or, where that cannot be, in memory. The tables are there and empty or older.
 */
int op__model_attach(struct op_model *model, struct op_error *error);
/* -> detached. */
void op__model_detach(struct op_model *model);
/* Is there a file of this model? */
bool op__model_exists(const struct op_model *model);
/* Was the file removed or replaced under us? */
bool op__model_moved(struct op_model *model);
/* -> detached; the file is removed, unless another process has put a new one there already. */
void op__model_remove(struct op_model *model);
/* Drops all tables and makes them anew at offset 0, in one transaction; leaves it where another process just did. */
int op__model_reset(struct op_model *model, const struct op__meta *wrong, struct op_error *error);

/* The tables in memory, empty; model->path stays. */
int op__model_open_memory(struct op_model *model, struct op_error *error);

/* ---- model_file.c ------------------------------------------------------------------------------ */

/* Opens the directory of model->path; -1 where that cannot be. */
int op__state_open(const struct op_model *model);
/* Takes the lock on state/ (LOCK_SH, LOCK_EX) within the time limit; closing it gives it back. */
int op__state_lock(const struct op_model *model, int fd, int operation, struct op_error *error);
/* Opens the database of model->path, which is in state/, and takes its lock, which stays until it is closed; makes what
 * is not there. A definition without a schema makes no new one, and is content with reading. *ret_current is false
 * where state/ itself was removed meanwhile: close it, and begin again. */
int op__files_connect(struct op_model *model, int state_fd, bool *ret_current, struct op_error *error);
/* From now on commits make checkpoints, and closing makes none. */
void op__files_watch(struct op_model *model);
/* Is the database one that a checkpoint was begun in, and that nobody has found whole since? */
bool op__files_unfinished(struct op_model *model);
/* Before closing, for who wrote or finds it so: makes the last checkpoint, unless others have the database open. */
void op__files_leave(struct op_model *model);
/* Removes the three files. Under the exclusive lock on state/. */
void op__files_unlink(const struct op_model *model, int state_fd);

/* ---- model_rows.c ------------------------------------------------------------------------------ */

/* Saves the rows that changed. Inside of a write transaction. */
int op__rows_save(struct op_model *model, struct op_error *error);
/* Keeps no row any more: the transaction has ended. */
void op__rows_forget(struct op_model *model);
/* Releases the memory. */
void op__rows_free(struct op_model *model);

/* ---- model_fold.c ------------------------------------------------------------------------------ */

/* Are the tables of this version and of this journal? Else *ret_wrong is true (said on stderr where it is news). */
int op__model_judge(struct op_model *model, const struct op__meta *meta, bool *ret_wrong, struct op_error *error);
/* Folds up to `target` at least. Without `wait`, *ret_busy tells that another process is at it. */
int op__model_fold(struct op_model *model, uint64_t target, bool wait, bool *ret_busy, struct op_error *error);

#endif
