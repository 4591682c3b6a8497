/* disk.h - what a power failure leaves. The model follows the log of a run; at any point it makes, below a directory of
 * the real file system, one of the states in which the disk may be then.
 *
 * Sure is what a sync covered that began after it was done and ended without an error. Of all else:
 *   - every sector of 512 bytes holds what any of the writes since then left in it, whatever other sectors hold
 *   - a file is as long as it was at any of those times, or of a length between two of them; a cut may be undone
 *   - bytes that never were sure may be zeros, garbage, or bytes from elsewhere, to the sector or torn within it
 *   - a name is there or not, as each change of the directory happened or did not; a rename happens whole
 *   - fdatasync makes bytes and a longer size sure, not a shorter one; only fsync of a directory makes names sure
 *   - after a failed write-back the next sync succeeds and says nothing of the bytes that were dropped
 * Bytes that are sure and are written again hold the old or the new, never garbage. */
#ifndef DISK_H
#define DISK_H

#include "record.h"

/* A disk that does not do what it says, to see that the checks find it. */
enum disk_lie {
  DISK_HONEST,
  DISK_IGNORES_DATA_SYNCS,
  DISK_IGNORES_NAME_SYNCS,
  DISK_KEEPS_CUT_BYTES,
};

struct disk;

/* What a state has of the things that may happen. */
struct disk_damage {
  bool lost_bytes, lost_names, shorter, uncut, zeros, garbage;
};

/* A disk on which all that stands below `root` is sure. */
struct disk *disk_new(const char *root, enum disk_lie lie);
void disk_free(struct disk *disk);
/* Follows the log by one record. True where that changed what a failure may leave. */
bool disk_follow(struct disk *disk, uint32_t index, const struct record *record);
/* Makes a state below `to`, which is made. The same `random` makes the same state. Control pages are left out. */
void disk_make(const struct disk *disk, uint64_t random, const char *to, struct disk_damage *ret_damage);

#endif
