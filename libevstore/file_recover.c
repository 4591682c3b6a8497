/* file_recover.c - makes the tail of the journal whole, and the control page agree with it. Under the write lock.
 *
 * Two cases. After a failed sync what is not durable is taken back: the last segment is cut to the durable
 * prefix and synced, and the generation is raised, so that nobody who waited for those events takes the next
 * ones for them. In all others (first open after a boot, a writer that died, a page that was deleted, a file that
 * somebody changed) the last segment is scanned: whole commits stay, torn bytes are cut, damage is refused.
 *
 * Segments before the last are whole and durable: a segment is closed only when all of it is (file_append.c). */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int evs__sync_directories(struct evs__file *file, evs_error *error) {
  int parent = -1;
  int rc = evs__io_sync_all(file->journal_fd);
  rc = rc ? rc : evs__io_sync_all(file->root_fd);
  /* The store's own name stands in its parent, which need not be readable to us. */
  if (!rc && evs__io_open(file->root_fd, "..", O_RDONLY | O_DIRECTORY, 0, &parent) == 0)
    rc = evs__io_sync_all(parent);
  evs__io_close(parent);
  if (rc == EROFS || rc == EINVAL) /* nothing can be unsynced there */
    rc = 0;
  return rc ? evs__fail_at(error, rc, "journal", 0, 0, "cannot sync the directory of the journal: %s", strerror(rc))
            : 0;
}

/* Says what and where the damage is. */
static int fail_damaged(uint64_t segment, const struct evs__scan *scan, evs_error *error) {
  char path[EVS__SEGMENT_PATH_SIZE];
  evs__segment_path(segment, path);
  uint64_t seq = scan->bad_seq ? scan->bad_seq : scan->last + 1;
  uint64_t byte = scan->bad_seq ? scan->bad_byte : scan->end;
  return evs__fail_at(error, EVS_CORRUPT, path, seq - segment + 1, byte,
                      "the journal is damaged: %s, line %" PRIu64 ", byte %" PRIu64 ": event %" PRIu64
                      " was durable and is no longer whole; nothing is appended before it is repaired",
                      path, seq - segment + 1, byte, seq);
}

/* Closes the descriptor of the tail where the name now means another file. Otherwise it is kept: the kernel tells each
 * descriptor of a failed write-back since its opening, and a new one would not be told. */
static void drop_stale_tail(struct evs__file *file, uint64_t segment) {
  struct evs__io_info held;
  struct evs__io_info named;
  char name[EVS__SEGMENT_NAME_SIZE];
  evs__segment_name(segment, name);
  if (file->tail_fd >= 0 && file->tail_fd_segment == segment && evs__io_info(file->tail_fd, &held) == 0 &&
      evs__io_info_at(file->journal_fd, name, &named) == 0 && held.inode == named.inode && held.device == named.device)
    return;
  evs__io_close(file->tail_fd);
  file->tail_fd = -1;
}

/* A last segment without a whole commit says nothing of its own: it must follow the one before it, which is whole as
 * every closed one, or be the first. */
static int check_follows(struct evs__file *file, uint64_t segment, uint64_t before, evs_error *error) {
  struct evs__scan scan = {0};
  char name[EVS__SEGMENT_NAME_SIZE];
  int fd = -1;
  if (before) {
    evs__segment_name(before, name);
    int rc = evs__io_open(file->journal_fd, name, O_RDONLY, 0, &fd);
    rc = rc ? evs__segment_fail(error, rc, before, "open") : evs__scan_segment(fd, before, &scan, error);
    evs__io_close(fd);
    if (rc)
      return rc;
    if (scan.end < scan.size)
      return fail_damaged(before, &scan, error);
  }
  if (scan.last + 1 == segment)
    return 0;
  return evs__fail_at(error, EVS_CORRUPT, "journal", 0, 0,
                      "the journal is damaged: events %" PRIu64 " to %" PRIu64 " are missing before its last segment",
                      scan.last + 1, segment - 1);
}

/* The last segment and its scan; *ret_segment 0 where there is none. */
static int scan_tail(struct evs__file *file, uint64_t *ret_segment, struct evs__scan *scan, evs_error *error) {
  uint64_t *firsts = NULL;
  size_t count = 0;
  int rc = evs__segments(file, &firsts, &count, error);
  *ret_segment = 0;
  *scan = (struct evs__scan){0};
  if (!rc && count) {
    *ret_segment = firsts[count - 1];
    drop_stale_tail(file, *ret_segment);
    rc = evs__tail_open(file, *ret_segment, error);
    rc = rc ? rc : evs__scan_segment(file->tail_fd, *ret_segment, scan, error);
    if (!rc && scan->damaged)
      rc = fail_damaged(*ret_segment, scan, error);
    if (!rc && scan->end == 0)
      rc = check_follows(file, *ret_segment, count > 1 ? firsts[count - 2] : 0, error);
    if (!rc && scan->size > scan->end) {
      file->outcome = EVS_RECOVERED;
      file->torn_bytes = scan->size - scan->end;
    }
  }
  free(firsts);
  return rc;
}

/* Cuts the last segment to `bytes` and makes that durable. */
static int cut_tail(struct evs__file *file, uint64_t segment, uint64_t bytes, evs_error *error) {
  int rc = evs__io_truncate(file->tail_fd, bytes);
  rc = rc ? rc : evs__io_sync_all(file->tail_fd);
  return rc ? evs__segment_fail(error, rc, segment, "cut the torn end of") : 0;
}

/* Fills the page's tail; file_size and mtime are read from the file. */
static int fill_tail(struct evs__file *file, uint64_t segment, uint64_t seq, uint64_t bytes, evs_error *error) {
  struct evs__io_info info = {0};
  struct evs__io_info journal;
  struct evs__page *page = file->page;
  int rc = evs__io_info(file->journal_fd, &journal);
  rc = rc || !segment ? rc : evs__io_info(file->tail_fd, &info);
  if (rc)
    return evs__segment_fail(error, rc, segment, "look at");
  atomic_store(&page->journal_mtime_ns, journal.mtime_ns);
  atomic_store(&page->tail_segment, segment);
  atomic_store(&page->tail_bytes, bytes);
  atomic_store(&page->file_size, info.size);
  atomic_store(&page->file_mtime_ns, info.mtime_ns);
  atomic_store(&page->file_inode, info.inode);
  atomic_store(&page->tail_seq, seq);
  evs__recent_begin(page, seq);
  return 0;
}

bool evs__cut_since(struct evs__file *file, uint64_t basis, uint64_t seq) {
  struct evs__page *page = file->page;
  uint64_t now = evs__generation(atomic_load(&page->durable));
  uint64_t steps = (now - evs__generation(basis)) & EVS__GENERATION_MASK;
  if (steps > EVS__CUTS) /* nobody knows any more: say so rather than promise */
    return true;
  for (; steps > 0; steps--, now--)
    if (atomic_load(&page->cuts[now % EVS__CUTS]) < seq)
      return true;
  return false;
}

bool evs__taken_back(struct evs__file *file, uint64_t basis, uint64_t seq) {
  return file->page && seq > evs__durable_seq(basis) && evs__cut_since(file, basis, seq);
}

/* Ends the generation before anything is taken back: a syncer that is still on its way cannot publish any more what is
 * about to be cut. Returns the durable word, which nothing raises until the rebuild is done or given up. */
static uint64_t end_generation(struct evs__page *page) {
  uint64_t word = atomic_load(&page->durable);
  while (atomic_load(&page->failed) != EVS__REBUILDING) {
    uint64_t generation = (evs__generation(word) + 1) & EVS__GENERATION_MASK;
    atomic_store(&page->cuts[generation % EVS__CUTS], EVS_MAX_SEQ); /* nothing is gone yet */
    if (atomic_compare_exchange_strong(&page->durable, &word, evs__durable_word(generation, evs__durable_seq(word))))
      atomic_store(&page->failed, EVS__REBUILDING);
  }
  return atomic_load(&page->durable);
}

/* Begins a new generation, in which everything after `seq` was taken back. */
static void begin_generation(struct evs__page *page, uint64_t seq) {
  uint64_t generation = (evs__generation(atomic_load(&page->durable)) + 1) & EVS__GENERATION_MASK;
  atomic_store(&page->cuts[generation % EVS__CUTS], seq);
  atomic_store(&page->durable, evs__durable_word(generation, seq));
}

static int rescan(struct evs__file *file, bool cut, evs_error *error);

/* After a failed sync: takes back what is not durable. */
static int rebuild(struct evs__file *file, bool cut, evs_error *error) {
  struct evs__page *page = file->page;
  uint64_t durable = evs__durable_seq(end_generation(page));
  uint64_t segment = atomic_load(&page->tail_segment);
  struct evs__scan scan = {.stop = durable};
  int rc = evs__tail_current(file, segment, error);
  if (rc)
    return rc;
  struct evs__scan whole = {0};
  rc = evs__scan_segment(file->tail_fd, segment, &whole, error);
  if (rc)
    return rc;
  if (whole.durable > scan.stop) { /* a page of an earlier time, put back: the journal knows better */
    atomic_store(&page->failed, 0);
    return rescan(file, cut, error);
  }
  if (scan.stop >= segment) { /* else none of it is durable, and it becomes empty */
    rc = evs__scan_segment(file->tail_fd, segment, &scan, error);
    if (!rc && scan.last != durable)
      rc = fail_damaged(segment, &scan, error);
  }
  rc = rc ? rc : cut_tail(file, segment, scan.end, error);
  rc = rc ? rc : fill_tail(file, segment, durable, scan.end, error);
  if (rc)
    return rc;
  begin_generation(page, durable);
  atomic_store(&page->changing, 0);
  atomic_store(&page->failed, 0);
  return 0;
}

/* The page as the journal on the disk says. */
static int rescan(struct evs__file *file, bool cut, evs_error *error) {
  struct evs__page *page = file->page;
  bool ready = atomic_exchange(&page->ready, 0);
  uint64_t known = ready ? atomic_load(&page->tail_seq) : UINT64_MAX;
  uint64_t segment;
  struct evs__scan scan;
  int rc = scan_tail(file, &segment, &scan, error);
  if (rc)
    return rc;
  if (cut && scan.size > scan.end)
    rc = cut_tail(file, segment, scan.end, error);
  if (!rc && segment && scan.end > 0 && !(file->base.flags & EVS_READONLY))
    rc = evs__write_again(file, segment, scan.durable, scan.end, error);
  if (!rc &&
      segment) { /* nobody knows whether the commits that were found had been synced, or a cut that left no trace */
    rc = evs__io_sync_all(file->tail_fd);
    if (rc && rc != EROFS && rc != EINVAL)
      return evs__segment_fail(error, rc, segment, "sync");
    rc = evs__sync_directories(file, error);
  }
  rc = rc ? rc : fill_tail(file, segment, scan.last, scan.end, error);
  if (rc)
    return rc;
  if (atomic_load(&page->failed)) { /* another's sync failed meanwhile: what ours said is worth nothing */
    if (!ready) {
      atomic_store(&page->failed, 0);
      return evs__segment_fail(error, EIO, segment, "sync");
    }
    atomic_store(&page->ready, 1);
    return rebuild(file, cut, error);
  }
  if (scan.last < known)
    begin_generation(page, scan.last);
  else
    atomic_store(&page->durable, evs__durable_word(evs__generation(atomic_load(&page->durable)), scan.last));
  atomic_store(&page->changing, 0);
  atomic_store(&page->ready, 1);
  return 0;
}

int evs__recover(struct evs__file *file, bool cut, evs_error *error) {
  struct evs__page *page = file->page;
  int rc = 0;
  evs__page_begin(file);
  if (atomic_load(&page->ready) && atomic_load(&page->failed))
    rc = rebuild(file, cut, error);
  else if (!evs__page_holds(file) || (cut && atomic_load(&page->file_size) != atomic_load(&page->tail_bytes)))
    rc = rescan(file, cut, error);
  return rc;
}

/* Is the last segment as it was when this handle found it durable by itself? */
static bool private_tail_same(struct evs__file *file) {
  struct evs__io_info now;
  char name[EVS__SEGMENT_NAME_SIZE];
  if (file->private_tail.inode == 0 || file->tail_fd < 0)
    return false;
  evs__segment_name(file->tail_fd_segment, name);
  if (evs__io_info_at(file->journal_fd, name, &now) || now.inode != file->private_tail.inode ||
      now.size != file->private_tail.size || now.mtime_ns != file->private_tail.mtime_ns)
    return false;
  evs__segment_name(file->private_durable + 1, name);
  return file->private_durable + 1 == file->tail_fd_segment || evs__io_info_at(file->journal_fd, name, &now) == ENOENT;
}

int evs__recover_private(struct evs__file *file, evs_error *error) {
  uint64_t segment;
  struct evs__scan scan;
  if (private_tail_same(file))
    return 0;
  int rc = scan_tail(file, &segment, &scan, error);
  if (rc || !segment)
    return rc;
  rc = evs__io_sync_data(file->tail_fd);
  if (rc && rc != EROFS && rc != EINVAL)
    return evs__segment_fail(error, rc, segment, "sync");
  rc = evs__sync_directories(file, error);
  if (rc)
    return rc;
  uint64_t sure = scan.last;
  if (evs__page_of_this_boot(file)) { /* a writer died or its sync failed: we cannot write again what may be dropped */
    uint64_t published = evs__durable_seq(atomic_load(&file->page->durable));
    sure = published > scan.durable ? published : scan.durable;
  }
  file->private_durable = sure < scan.last ? sure : scan.last;
  rc = evs__io_info(file->tail_fd, &file->private_tail);
  return rc ? evs__segment_fail(error, rc, segment, "look at") : 0;
}
