/* journal.h - hostile journals for fuzz_recover.c: made from an input, and judged by a naive reading of FORMAT.md. */
#ifndef FUZZ_JOURNAL_H
#define FUZZ_JOURNAL_H

#include "fuzz.h"

#define JOURNAL_FILES 3
#define JOURNAL_EVENTS 512

struct journal_file {
  uint64_t first; /* the seq in its name */
  char *bytes;
  size_t len, size;
};

struct journal {
  struct journal_file files[JOURNAL_FILES]; /* ascending; the names differ */
  size_t count;
};

/* Makes a journal of an input:
 *
 *   0 bytes...   bytes as they are, 0xFF between files
 *   1 bytes...   the same, with every line's CRC made right
 *   2 steps...   steps that write commits as the store does, open files, and damage what is there (see steps[]) */
void journal_make(struct journal *journal, struct fuzz_bytes *bytes);
void journal_free(struct journal *journal);

/* What must come of it. */
struct verdict {
  int reader;        /* EVS_END: all of it can be read; else EVS_CORRUPT or EVS_FUTURE */
  uint64_t head;     /* with EVS_END: the last event */
  bool refuses;      /* the last file is damaged, or of a later format: nothing may be appended or changed */
  bool strict;       /* with EVS_END: besides, all marks are such as the store writes */
  size_t torn_bytes; /* of the last file, to be cut by the next append */
};

void journal_judge(const struct journal *journal, struct verdict *ret);

#endif
