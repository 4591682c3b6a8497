/* queue.c - see queue.h.
 *
 * Seats that came back belong to those who wait from that moment on, and not only when op-reserve run has offered them,
 * so that nobody jumps the queue in between. Running out of memory ends the process with one line and exit 75. */
#include "queue.h"

#include "waiting.h"

#include <stdlib.h>
#include <string.h>

/* Joins at the end. */
void queue_join(struct queue *queue, const struct queued *queued) {
  if (queue->count == queue->size) {
    size_t size = queue->size ? 2 * queue->size : 16;
    struct queued *items = reallocarray(queue->items, size, sizeof *items);
    if (!items) {
      fputs("op-reserve: out of memory\n", stderr);
      exit(OP_TEMPORARY);
    }
    queue->items = items;
    queue->size = size;
  }
  queue->items[queue->count++] = *queued;
}

/* Leaves from wherever it is. */
void queue_leave(struct queue *queue, const char *id) {
  for (size_t i = 0; i < queue->count; i++)
    if (strcmp(queue->items[i].id, id) == 0) {
      queue->count--;
      memmove(&queue->items[i], &queue->items[i + 1], (queue->count - i) * sizeof *queue->items);
      return;
    }
}

/* Joined, withdrawn or offered; an entry joins once. */
void queue_apply(struct queue *queue, const evs_event *event) {
  struct waiting waiting = {.status = WAITING};
  char id[OP_MAX_ID + 1];
  if (op_type_is(event, OP_WAITING_JOINED))
    waiting_apply(&waiting, event);
  if (waiting.id[0]) {
    struct queued queued = {.seats = waiting.seats};
    memcpy(queued.id, waiting.id, sizeof queued.id);
    memcpy(queued.customer_id, waiting.customer_id, sizeof queued.customer_id);
    memcpy(queued.grade, waiting.grade, sizeof queued.grade);
    queue_join(queue, &queued);
  } else if ((op_type_is(event, OP_WAITING_WITHDRAWN) || op_type_is(event, OP_WAITING_OFFERED)) &&
             waiting_of(event, id)) {
    queue_leave(queue, id);
  }
}

/* In the order of joining. */
int queue_load(struct op_model *model, const char *musical_id, struct queue *queue, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "SELECT waiting_id, customer_id, grade, seats FROM waiting"
                                          " WHERE musical_id = ?1 AND status = 'Waiting' ORDER BY joined_seq");
  sqlite3_bind_text(sql, 1, musical_id, -1, SQLITE_STATIC);
  bool found = false;
  int code;
  while ((code = op_model_step(model, sql, &found, error)) == OP_OK && found) {
    struct queued queued = {.seats = sqlite3_column_int64(sql, 3)};
    op_column_text(sql, 0, queued.id, sizeof queued.id);
    op_column_text(sql, 1, queued.customer_id, sizeof queued.customer_id);
    op_column_text(sql, 2, queued.grade, sizeof queued.grade);
    queue_join(queue, &queued);
  }
  sqlite3_reset(sql);
  return code;
}

/* Folds an event; see op_fold. */
static void fold(void *context, const evs_event *event) { queue_apply(context, event); }

/* From the read model, then from the journal. */
int queue_load_written(struct op_model *model, const char *musical_id, struct queue *queue, struct op_error *error) {
  static const char *const types[] = {OP_WAITING_JOINED, OP_WAITING_WITHDRAWN, OP_WAITING_OFFERED, NULL};
  char tag[OP_MAX_ID + sizeof OP_TAG_MUSICAL + 1];
  snprintf(tag, sizeof tag, OP_TAG_MUSICAL ":%s", musical_id);
  int code = queue_load(model, musical_id, queue, error);
  return code == OP_OK ? op_model_fold_pending(model, types, tag, fold, queue, NULL, error) : code;
}

/* Gives it back. */
void queue_free(struct queue *queue) {
  free(queue->items);
  *queue = (struct queue){0};
}

/* A grade that the musical has not (any more) is never served. */
bool queue_fits(const struct queued *queued, const struct op_musical *musical) {
  const struct op_grade *grade = queued->grade[0] ? op_grades_find(&musical->grades, queued->grade) : NULL;
  bool known = queued->grade[0] ? grade != NULL : musical->grades.count == 0;
  return known && queued->seats <= op_musical_available(musical, grade);
}

/* From the first to the last. */
void queue_serve_all(const struct queue *queue, struct op_musical *musical) {
  for (size_t i = 0; i < queue->count; i++)
    if (queue_fits(&queue->items[i], musical))
      op_musical_take(musical, queue->items[i].grade, queue->items[i].seats);
}
