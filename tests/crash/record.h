/* record.h - the log of a run: every change to the disk and every sync, of all processes in one order, and between them
 * marks of what the processes were told. It lies in memory that they share; turns.h sees to the order.
 *
 * The recorder stands behind io_calls.h. By a plan it also lets calls fail, and ends processes in the middle of them.
 * A failed write-back is as Linux has it: what was dirty is dropped, and whoever had the file open is told once; who
 * opens it after somebody was told hears nothing. The true file is never synced: what a power failure would leave is
 * the business of disk.h. */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define RECORD_NAME 48

enum record_kind {
  /* changes to the disk: `file` is an inode; `dir`, `name` and `to` for those of names */
  RECORD_CREATE,
  RECORD_MKDIR,
  RECORD_WRITE,
  RECORD_TRUNCATE,
  RECORD_RENAME,
  RECORD_UNLINK,
  RECORD_SYNC_BEGIN, /* changes before it are covered */
  RECORD_SYNC_END,   /* `begin` is its beginning; `failed`, `all` (fsync) */
  RECORD_DROPPED,    /* a write-back in the background failed */
  /* marks, see promise.h */
  RECORD_ACKNOWLEDGED,
  RECORD_REFUSED,
  RECORD_SHOWN,
  RECORD_HEAD,
  RECORD_OFFSET_TRIED,
  RECORD_OFFSET,
  RECORD_PAGE, /* `bytes` is the control page as it was */
  RECORD_BROKEN,
  RECORD_KINDS,
};

struct record {
  enum record_kind kind;
  unsigned who;
  bool all, failed, drops;
  uint32_t begin;
  uint64_t dir, file;
  uint64_t offset, len;
  size_t bytes; /* where in the log's bytes */
  char name[RECORD_NAME], to[RECORD_NAME];
  /* marks */
  uint32_t writer, commit, count, crc;
  uint64_t seq;
};

/* How often what goes wrong: once in so many calls of the kind; 0: never. */
struct record_plan {
  unsigned sync_fails, write_fails, name_fails, write_back_fails, dies, pauses;
};

/* In the parent: forgets the log. */
void record_reset(const struct record_plan *plan);
/* In a process: its calls are recorded from here on. */
void record_begin(void);
/* The log. */
size_t record_count(void);
const struct record *record_at(size_t index);
const char *record_bytes(const struct record *record);
/* Adds a mark, of which `kind` and the figures are set; `bytes` may be NULL. */
void record_mark(const struct record *mark, const void *bytes, size_t len);
/* Writes the log up to and with an index, a line a record, for people. */
void record_print(FILE *out, size_t last);
/* A process found something that must not be: the run is a failure. */
void record_broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
