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

/* The one of this id; NULL: there is none. */
static struct queued *find(struct queue *queue, const char *id) {
  for (size_t i = 0; i < queue->count; i++)
    if (strcmp(queue->items[i].id, id) == 0)
      return &queue->items[i];
  return NULL;
}

/* Leaves from wherever it is. */
static void leave(struct queue *queue, struct queued *queued) {
  queue->count--;
  memmove(queued, queued + 1, (size_t)(&queue->items[queue->count] - queued) * sizeof *queued);
}

/* Somebody joins. */
static void joined(struct queue *queue, const evs_event *event) {
  struct waiting waiting = {.status = WAITING};
  waiting_apply(&waiting, event);
  if (!waiting.id[0])
    return;
  struct queued queued = {.seats = waiting.seats};
  memcpy(queued.id, waiting.id, sizeof queued.id);
  memcpy(queued.customer_id, waiting.customer_id, sizeof queued.customer_id);
  memcpy(queued.grade, waiting.grade, sizeof queued.grade);
  queue_join(queue, &queued);
}

/* Joined, offered, or out: accepted, withdrawn, declined, expired. */
void queue_apply(struct queue *queue, const evs_event *event) {
  char id[OP_MAX_ID + 1];
  if (op_type_is(event, OP_WAITING_JOINED)) {
    joined(queue, event);
    return;
  }
  struct queued *queued = queue->count > 0 && waiting_of(event, id) ? find(queue, id) : NULL;
  if (!queued)
    return;
  bool offers = op_type_is(event, OP_WAITING_OFFERED);
  if (offers && !queued->offered) {
    queued->offered = true;
    queued->offered_us = waiting_time(event);
    queued->until_us = op_field_time(event, "until", 0);
  } else if (!offers && op_type_is(event, OP_WAITING_WITHDRAWN) != queued->offered) {
    leave(queue, queued);
  }
}

/* In the order of joining. */
int queue_load(struct op_model *model, const char *musical_id, struct queue *queue, struct op_error *error) {
  sqlite3_stmt *sql = op_model_sql(model, "SELECT waiting_id, customer_id, grade, seats, status = 'Offered', until_us,"
                                          " updated_at FROM waiting WHERE musical_id = ?1"
                                          " AND status IN ('Waiting', 'Offered') ORDER BY joined_seq");
  sqlite3_bind_text(sql, 1, musical_id, -1, SQLITE_STATIC);
  char updated_at[EVS_TIME_SIZE];
  bool found = false;
  int code;
  while ((code = op_model_step(model, sql, &found, error)) == OP_OK && found) {
    struct queued queued = {.seats = sqlite3_column_int64(sql, 3)};
    op_column_text(sql, 0, queued.id, sizeof queued.id);
    op_column_text(sql, 1, queued.customer_id, sizeof queued.customer_id);
    op_column_text(sql, 2, queued.grade, sizeof queued.grade);
    queued.offered = sqlite3_column_int(sql, 4) != 0;
    queued.until_us = sqlite3_column_int64(sql, 5);
    op_column_text(sql, 6, updated_at, sizeof updated_at);
    if (!evs_time_parse(updated_at, strlen(updated_at), &queued.offered_us)) /* the offer was the last event */
      queued.offered_us = 0;
    queue_join(queue, &queued);
  }
  sqlite3_reset(sql);
  return code;
}

/* A musical and its queue that are being loaded. */
struct wanted {
  const char *musical_id;
  struct op_musical *musical;
  struct queue *queue;
};

/* Folds an event of them. */
static void fold(void *context, const evs_event *event) {
  const struct wanted *wanted = context;
  char id[OP_MAX_ID + 1];
  if (!op_field_id(event, "musicalId", id) || strcmp(id, wanted->musical_id) != 0)
    return;
  op_musical_apply(wanted->musical, event);
  queue_apply(wanted->queue, event);
}

/* From the read model, then from the journal, both up to the same event. */
int queue_load_written(struct op_model *model, const char *musical_id, struct op_musical *ret_musical,
                       struct queue *queue, uint64_t *ret_position, struct op_error *error) {
  struct wanted wanted = {musical_id, ret_musical, queue};
  int code = op_musical_load(model, musical_id, ret_musical, error);
  if (code == OP_OK)
    code = queue_load(model, musical_id, queue, error);
  return code == OP_OK ? op_model_fold_pending(model, op_musical_types, NULL, fold, &wanted, ret_position, error)
                       : code;
}

/* Gives it back. */
void queue_free(struct queue *queue) {
  free(queue->items);
  *queue = (struct queue){0};
}

/* Seats of a grade that it has, or without one where it has none. */
bool queue_wants_what_is(const struct queued *queued, const struct op_musical *musical) {
  return queued->grade[0] ? op_grades_find(&musical->grades, queued->grade) != NULL : musical->grades.count == 0;
}

/* A grade that the musical has not (any more) is never served. */
bool queue_fits(const struct queued *queued, const struct op_musical *musical) {
  const struct op_grade *grade = queued->grade[0] ? op_grades_find(&musical->grades, queued->grade) : NULL;
  return queue_wants_what_is(queued, musical) && queued->seats <= op_musical_available(musical, grade);
}

/* Makes *held as much as another account holds, where that is more. */
static void hold_as(int64_t *held, int64_t offered, int64_t other_held, int64_t other_offered) {
  if (other_held + other_offered > *held + offered)
    *held = other_held + other_offered - offered;
}

/* From the first to the last, as if op-reserve run had just ended what is over. What is held nobody else can have. */
void queue_serve_all(const struct queue *queue, int64_t payable_us, int64_t now_us, struct op_musical *musical) {
  struct op_musical then = *musical;
  for (size_t i = 0; i < queue->count; i++) {
    const struct queued *queued = &queue->items[i];
    if (queued->offered && offer_end(musical, payable_us, queued->offered_us, queued->until_us) <= now_us)
      op_musical_end_offer(&then, queued->grade, queued->seats);
  }
  for (size_t i = 0; i < queue->count; i++)
    if (!queue->items[i].offered && queue_fits(&queue->items[i], &then))
      op_musical_take(&then, queue->items[i].grade, queue->items[i].seats);
  hold_as(&musical->held, musical->offered, then.held, then.offered);
  for (size_t i = 0; i < musical->grades.count; i++) {
    struct op_grade *grade = &musical->grades.items[i];
    hold_as(&grade->held, grade->offered, then.grades.items[i].held, then.grades.items[i].offered);
  }
}
