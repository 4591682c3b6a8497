/* model_rows.c - rows that a fold changes again and again, kept in memory within its transaction.
 *
 * A reservation is placed, paid and told about within a moment; a musical changes with every one of its reservations.
 * Such a row is loaded once and written once, before the transaction commits or when its room is needed: of each kind a
 * fixed number of rows is kept, and the one that came first makes room. Kept is also that there is no such row.
 * Invariants: within a fold apply() reads and writes these rows through here alone; outside of a fold none is kept, so
 * the tables are all that there is. Who folds from the first event on knows all ids that there are, and asks the
 * tables for none that is greater than all of them, as a new one mostly is. Errors: 75 out_of_memory, those of load()
 * and save(). */
#include "model_inside.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_BYTES (512u * 1024) /* of each kind */
#define BUCKETS 1024u            /* a power of two */
#define NONE UINT32_MAX

/* A row with what is known of it. */
struct slot {
  char id[OP_MAX_ID + 1];
  bool is_new;   /* the table has none yet */
  bool changed;  /* it must be saved */
  uint32_t next; /* in its bucket, or NONE */
  max_align_t row[];
};

struct op__rows {
  const struct op_row_kind *kind;
  struct op__rows *next;
  size_t slot_size, capacity;
  size_t first, count;          /* slots in use: `count` of them from `first` on, in the order in which they came */
  char greatest[OP_MAX_ID + 1]; /* of all ids of this kind, as long as model->whole */
  uint32_t buckets[BUCKETS];
  char *slots;
};

/* The slot of this number. */
static struct slot *slot_at(const struct op__rows *rows, size_t number) {
  return (struct slot *)(void *)(rows->slots + number * rows->slot_size);
}

/* FNV-1a. */
static uint32_t bucket_of(const char *id) {
  uint32_t hash = 2166136261u;
  for (; *id != '\0'; id++)
    hash = (hash ^ (unsigned char)*id) * 16777619u;
  return (hash ^ hash >> 16) & (BUCKETS - 1);
}

/* Is it the greater one? A longer id is; so the numbers that are given to reservations come in their order. */
static bool is_greater(const char *id, const char *than) {
  size_t len = strlen(id), than_len = strlen(than);
  return len != than_len ? len > than_len : memcmp(id, than, len) > 0;
}

/* The rows of this kind, none kept yet where they are asked for the first time. */
static struct op__rows *rows_of(struct op_model *model, const struct op_row_kind *kind) {
  struct op__rows *rows = model->rows;
  while (rows != NULL && rows->kind != kind)
    rows = rows->next;
  if (rows != NULL)
    return rows;
  rows = calloc(1, sizeof *rows);
  if (rows == NULL)
    return NULL;
  size_t size = offsetof(struct slot, row) + kind->size;
  rows->slot_size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
  rows->capacity = KEPT_BYTES / rows->slot_size;
  rows->slots = malloc(rows->capacity * rows->slot_size);
  if (rows->slots == NULL) {
    free(rows);
    return NULL;
  }
  rows->kind = kind;
  memset(rows->buckets, 0xff, sizeof rows->buckets);
  rows->next = model->rows;
  model->rows = rows;
  return rows;
}

/* Saves what changed. */
static int save(struct op_model *model, const struct op__rows *rows, struct slot *slot, struct op_error *error) {
  if (!slot->changed)
    return OP_OK;
  int rc = rows->kind->save(model, slot->row, slot->is_new, error);
  slot->changed = slot->is_new = false;
  return rc;
}

/* Lets go of the slot that came first. */
static int evict(struct op_model *model, struct op__rows *rows, struct op_error *error) {
  struct slot *slot = slot_at(rows, rows->first);
  int rc = save(model, rows, slot, error);
  uint32_t *link = &rows->buckets[bucket_of(slot->id)];
  while (*link != rows->first)
    link = &slot_at(rows, *link)->next;
  *link = slot->next;
  rows->first = (rows->first + 1) % rows->capacity;
  rows->count--;
  return rc;
}

/* Loads the row into a slot, unless it is clear that there is none. */
static int load(struct op_model *model, struct op__rows *rows, struct slot *slot, struct op_error *error) {
  bool found = false;
  bool greater = model->whole && is_greater(slot->id, rows->greatest);
  if (greater)
    memcpy(rows->greatest, slot->id, sizeof slot->id);
  memset(slot->row, 0, rows->kind->size);
  int rc = greater ? OP_OK : rows->kind->load(model, slot->id, slot->row, &found, error);
  slot->is_new = !found;
  slot->changed = false;
  return rc;
}

/* The row of this id. */
int op_model_row(struct op_model *model, const struct op_row_kind *kind, const char *id, void *ret_row,
                 struct op_error *error) {
  struct op__rows *rows = rows_of(model, kind);
  if (rows == NULL)
    return op_fail(error, OP_TEMPORARY, "out_of_memory", "out of memory");
  uint32_t *bucket = &rows->buckets[bucket_of(id)];
  for (uint32_t at = *bucket; at != NONE; at = slot_at(rows, at)->next) {
    if (strcmp(slot_at(rows, at)->id, id) == 0) {
      *(void **)ret_row = slot_at(rows, at)->row;
      return OP_OK;
    }
  }
  int rc = rows->count == rows->capacity ? evict(model, rows, error) : OP_OK;
  if (rc != OP_OK)
    return rc;
  uint32_t number = (uint32_t)((rows->first + rows->count) % rows->capacity);
  struct slot *slot = slot_at(rows, number);
  snprintf(slot->id, sizeof slot->id, "%s", id);
  rc = load(model, rows, slot, error);
  if (rc != OP_OK)
    return rc;
  slot->next = *bucket;
  *bucket = number;
  rows->count++;
  *(void **)ret_row = slot->row;
  return OP_OK;
}

/* It differs from its table. */
void op_model_row_changed(void *row) {
  struct slot *slot = (struct slot *)(void *)((char *)row - offsetof(struct slot, row));
  slot->changed = true;
}

/* Saves all that changed. */
int op__rows_save(struct op_model *model, struct op_error *error) {
  int rc = OP_OK;
  for (struct op__rows *rows = model->rows; rc == OP_OK && rows != NULL; rows = rows->next)
    for (size_t i = 0; rc == OP_OK && i < rows->count; i++)
      rc = save(model, rows, slot_at(rows, (rows->first + i) % rows->capacity), error);
  return rc;
}

/* Keeps nothing any more. */
void op__rows_forget(struct op_model *model) {
  for (struct op__rows *rows = model->rows; rows != NULL; rows = rows->next) {
    memset(rows->buckets, 0xff, sizeof rows->buckets);
    rows->first = rows->count = 0;
    if (!model->whole)
      rows->greatest[0] = '\0';
  }
}

/* Gives everything back. */
void op__rows_free(struct op_model *model) {
  while (model->rows != NULL) {
    struct op__rows *rows = model->rows;
    model->rows = rows->next;
    free(rows->slots);
    free(rows);
  }
}
