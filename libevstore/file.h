/* file.h - the file backend from inside: the handle, the control page, and what its rooms do for one another.
 *
 *   file_open.c      directories, attaching to the control page, stat
 *   file_page.c      the control page and the write lock
 *   file_segment.c   segments: names, listing, finding a position, scanning the last one
 *   file_recover.c   makes the tail whole, under the lock
 *   file_append.c    evs_write(): the condition and the commit; evs_check()
 *   file_recent.c    what was written lately, by tag: conditions without reading
 *   file_turn.c      evs_turn(): those who decide on the same thing, one after the other
 *   file_sync.c      evs_sync(), evs_wait(): group commit
 *   file_cursor.c    evs_read(), evs_next()
 *   file_consumer.c  offsets and leases
 *   file_verify.c    evs_verify(), evs_repair()
 *
 * FORMAT.md tells why the steps stand in the order in which they do. */
#ifndef EVS_FILE_H
#define EVS_FILE_H

#include "backend.h"
#include "io.h"
#include "line.h"

#include <stdatomic.h>

#define EVS__BOOT_ID_SIZE 40
#define EVS__CUTS 64
#define EVS__RECENT (1u << 14) /* words in the table of recent tags */
#define EVS__TURNS 64u
#define EVS__SEGMENT_NAME_SIZE 32                           /* "00000000000000000001.ndjson" and a NUL */
#define EVS__SEGMENT_PATH_SIZE (EVS__SEGMENT_NAME_SIZE + 8) /* with "journal/" before it */

/* STORE/control: memory shared by all processes that have the store open. It is a cache of what the journal
 * says, and the place where they wake one another; nobody trusts it after a reboot, after it was deleted, or
 * when the last segment is not as it tells. Written under the write lock, but for the words of the sync and
 * the wake-ups. */
struct evs__page {
  char magic[16];
  char boot_id[EVS__BOOT_ID_SIZE];
  _Atomic uint32_t ready;    /* 0: nothing below holds */
  _Atomic uint32_t changing; /* a writer is between its write and the new tail; it may be dead */
  _Atomic uint32_t failed;   /* not 0: a sync failed, the tail must be rebuilt from the durable prefix */
  _Atomic uint32_t holder;   /* pid that holds the write lock, for messages */
  _Atomic uint32_t lock_wake, lock_waiters;
  _Atomic uint32_t syncer; /* pid that runs the shared fdatasync, 0: nobody */
  _Atomic uint32_t sync_wake, sync_waiters;
  _Atomic uint64_t durable;      /* generation and seq in one word, see evs__durable() */
  _Atomic uint64_t tail_seq;     /* last event written */
  _Atomic uint64_t tail_segment; /* first seq of the last segment; 0: there is none yet */
  _Atomic uint64_t tail_bytes;   /* where its last whole commit ends */
  _Atomic uint64_t file_size;    /* its size and mtime when that was found out */
  _Atomic int64_t file_mtime_ns;
  _Atomic uint64_t file_inode;
  _Atomic uint64_t cuts[EVS__CUTS]; /* by generation: the seq after which everything was taken back */
  /* What follows is new in evstore-page-02. The words before it keep their places, so that a process of either version
   * that is attached when one of the other rebuilds the page misreads none of them. */
  _Atomic int64_t journal_mtime_ns;     /* of the directory: it changes when a segment is made, removed or replaced */
  _Atomic uint64_t sync_target;         /* what the running sync covers; not after durable: it has not looked yet */
  _Atomic uint64_t recent_from;         /* every event after this one is in `recent` */
  _Atomic uint64_t recent[EVS__RECENT]; /* by the hash of a tag or an id: the last event that has it (file_recent.c) */
  _Atomic uint32_t turns[EVS__TURNS];   /* by the hash of a topic: pid of who decides on it now (file_turn.c) */
  _Atomic uint32_t turn_waiters;
};

/* In `failed`: the rebuild has begun, and nothing that was on its way can be published any more. */
#define EVS__REBUILDING 2u

/* The generation counts rebuilds of the tail (twice: when they begin and when they are done); it shares a word with the
 * durable seq so that a process that was asleep cannot publish the durability of events that were taken back meanwhile.
 */
#define EVS__GENERATION_SHIFT 53
static inline uint64_t evs__durable_seq(uint64_t word) { return word & EVS_MAX_SEQ; }
static inline uint64_t evs__generation(uint64_t word) { return word >> EVS__GENERATION_SHIFT; }
#define EVS__GENERATION_MASK (UINT64_MAX >> EVS__GENERATION_SHIFT)
static inline uint64_t evs__durable_word(uint64_t generation, uint64_t seq) {
  return generation << EVS__GENERATION_SHIFT | seq;
}

/* A place between two lines: the next one begins at `offset` of the segment. It may be out of date, which shows when
 * the line that is found there has another seq. */
struct evs__spot {
  uint64_t next; /* seq of the line that begins there; 0: no place is known */
  uint64_t segment, offset;
};

struct evs__file {
  evs_store base;
  char *path;
  uint64_t segment_bytes;
  int root_fd, journal_fd;
  bool locked; /* this handle holds the write lock: its page stays as it is */
  char boot_id[EVS__BOOT_ID_SIZE];
  uint32_t pid;           /* of the process that opened the handle, the only one that may use it */
  struct evs__page *page; /* NULL: not attached, or a reader that may not write it and found none that holds */
  bool page_writable;
  int page_denied;   /* why it is not writable: EACCES, EROFS ... */
  unsigned attached; /* counts the pages that this handle was attached to */
  uint64_t page_device, page_inode;
  int64_t names_ctime_ns; /* of STORE, when the names were last seen to be this page's and journal's; 0: not known */
  int64_t names_seen_ms;  /* and when that was */
  uint64_t journal_inode; /* of journal_fd, when it was opened */
  uint64_t basis;         /* the page's durable word when this handle last read to decide, or wrote */
  unsigned basis_page;    /* and which page that was, counted by `attached` */
  struct {                /* the last commit of this handle that it has not synced; last 0: none */
    uint64_t last, word;
    unsigned page;
    char crc[8];
  } wrote;
  uint64_t private_durable;         /* what a reader without a writable page found durable by its own sync */
  struct evs__io_info private_tail; /* the last segment when it did; nothing is scanned again while it is the same */
  int tail_fd;                      /* the last segment, open for writing where that is allowed */
  uint64_t tail_fd_segment, tail_fd_inode;
  bool tail_fd_writable;
  enum evs_outcome outcome;
  uint64_t torn_bytes;
  _Atomic uint32_t *turn; /* the page's word that this handle holds; NULL: none */
  struct evs__spot spot;  /* where this handle last stopped reading or writing */
  struct evs__preparing preparing;
  struct evs__prepared *events; /* scratch of evs_write(): room for event_room of them */
  const char **ids;
  size_t event_room;
  struct evs__buf parts, lines;
};

static inline struct evs__file *evs__file(evs_store *store) { return (struct evs__file *)store; }

/* What this handle decides, or syncs, from now on rests on the page as this durable word tells it. */
static inline void evs__set_basis(struct evs__file *file, uint64_t word) {
  file->basis = word;
  file->basis_page = file->attached;
}

/* ---- file_open.c -------------------------------------------------------------------------------------- */

/* Opens the directories (with `create` makes them) and attaches to the current control page. */
int evs__attach(struct evs__file *file, bool create, evs_error *error);
/* Is there a store? Readers of one that is not made yet see an empty journal where EVS_CREATE was given. */
int evs__attach_reader(struct evs__file *file, bool *ret_exists, evs_error *error);

/* ---- file_page.c -------------------------------------------------------------------------------------- */

enum evs__lock { EVS__LOCK_SHARED, EVS__LOCK_WRITE };

/* The write lock: flock(2) on the journal's directory, which cannot be deleted under its holder. EVS_BUSY after
 * the store's time limit, naming the holder. */
int evs__lock(struct evs__file *file, enum evs__lock lock, evs_error *error);
void evs__unlock(struct evs__file *file);

/* Maps STORE/control; makes it where this is allowed. 0 with file->page NULL where a reader has to do without. */
int evs__page_map(struct evs__file *file, evs_error *error);
void evs__page_unmap(struct evs__file *file);
/* Is the mapped page still the one that STORE/control names, and the open journal that of STORE/journal? */
bool evs__page_current(struct evs__file *file);
/* The same as far as the ctime of STORE tells, and for a second: for who reads, or waits. Whoever writes, takes back or
 * publishes asks evs__page_current(). */
bool evs__page_seems_current(struct evs__file *file);
/* Was the mapped page made by this version, in this boot? If not, nothing in it means anything. */
bool evs__page_of_this_boot(const struct evs__file *file);
/* Was the page made in this boot, and is nobody rebuilding it? Then its durable position holds, if the journal is the
 * one that it was. */
bool evs__page_trusted(const struct evs__file *file);
/* Does the page hold, as far as the last segment's size and time tell? */
bool evs__page_holds(struct evs__file *file);
/* Under the write lock, before anything in the page is believed: makes it one of this version and this boot, empty if
 * it was not. */
void evs__page_begin(struct evs__file *file);
/* This boot's id, or "" where the kernel does not tell: then no page is trusted. */
void evs__boot_id(char id[EVS__BOOT_ID_SIZE]);
/* Has the process ended, be it that its parent has not asked for it yet? */
bool evs__process_ended(uint32_t pid);
/* Waits for *word to change from `seen`, at most timeout_ms. A hint: returns early at will; errno tells why. Who waits
 * is woken by a wake that shares a bit of `bits` with it. */
void evs__futex_wait(_Atomic uint32_t *word, uint32_t seen, uint32_t bits, unsigned timeout_ms);
void evs__futex_wake(_Atomic uint32_t *word, uint32_t bits, int count);
#define EVS__ANY_BITS UINT32_MAX
/* Tells the processor that this is a loop that waits. */
void evs__cpu_relax(void);

/* ---- file_segment.c ----------------------------------------------------------------------------------- */

void evs__segment_name(uint64_t first, char name[EVS__SEGMENT_NAME_SIZE]);
/* The same relative to the store, for messages. */
void evs__segment_path(uint64_t first, char path[EVS__SEGMENT_PATH_SIZE]);
/* The first seqs of all segments, ascending; free() them. */
int evs__segments(struct evs__file *file, uint64_t **ret_firsts, size_t *ret_count, evs_error *error);
/* Opens file->tail_fd for the segment; EACCES and EROFS fall back to reading. */
int evs__tail_open(struct evs__file *file, uint64_t segment, evs_error *error);
/* Is it open already, and the file that the page tells of? */
bool evs__tail_is_current(const struct evs__file *file, uint64_t segment);
/* Opens that file. */
int evs__tail_current(struct evs__file *file, uint64_t segment, evs_error *error);
/* An error about a file of the journal. */
int evs__segment_fail(evs_error *error, int code, uint64_t segment, const char *doing);
/* EVS_FUTURE: the segment has a format that this program does not know. */
int evs__fail_future(evs_error *error, uint64_t segment, uint64_t format);

/* The lines of one segment, read forward through one buffer. */
struct evs__reader {
  int fd;
  uint64_t segment; /* first seq, for messages */
  uint64_t offset;  /* in the file, of the line that evs__reader_line() gives next */
  uint64_t filled;  /* in the file, of the end of the buffer */
  char *buf;
  size_t size, begin, end;
};
/* The next line without its newline: 0; EVS_END at the end of the file, where *ret_len tells how many bytes
 * without a newline stand there (at *ret_line, as far as they fit). */
int evs__reader_line(struct evs__reader *reader, const char **ret_line, size_t *ret_len, evs_error *error);
/* Forgets what is buffered beyond the current line, since it may have been written anew. */
void evs__reader_rewind(struct evs__reader *reader);
void evs__reader_free(struct evs__reader *reader);

/* What a scan of a segment from its start found. Set `stop` before, the rest is filled in. */
struct evs__scan {
  uint64_t last;    /* seq of the last event of the last whole commit; segment - 1: none */
  uint64_t end;     /* bytes up to there */
  uint64_t size;    /* bytes in the file */
  uint64_t durable; /* the durable mark of that commit: everything up to there was on the disk then */
  bool damaged;     /* something after `end` is no crash: an event after it was written when more was durable */
  uint64_t bad_seq, bad_byte; /* the first line that is not what it should be; bad_seq 0: there is none */
  uint64_t stop;              /* look for the last commit that ends at or before this seq; 0: the last of all */
};
/* Scans lines, CRCs, order and commit marks. 0 (look at `damaged` and end < size), EVS_FUTURE or an errno. */
int evs__scan_segment(int fd, uint64_t segment, struct evs__scan *scan, evs_error *error);
/* Byte offset of a line at or shortly before the event `seq`, found by bisection. 0 is always right. */
int evs__segment_find(int fd, uint64_t segment, uint64_t seq, uint64_t *ret_offset, evs_error *error);

/* ---- file_recover.c ----------------------------------------------------------------------------------- */

/* Under the write lock: makes the page agree with the journal. With `cut`, torn bytes are cut off, so that the next
 * commit can be written at tail_bytes. EVS_CORRUPT where the journal is damaged. */
int evs__recover(struct evs__file *file, bool cut, evs_error *error);
/* Without a page that holds, under a shared lock: finds the last whole commit, and how much is durable for sure. */
int evs__recover_private(struct evs__file *file, evs_error *error);
/* Was the event `seq`, written or read when the durable word was `basis`, taken back since? */
bool evs__taken_back(struct evs__file *file, uint64_t basis, uint64_t seq);
/* The same, also of events that were durable (a repair). */
bool evs__cut_since(struct evs__file *file, uint64_t basis, uint64_t seq);
/* Writes the bytes from the event after `durable` to `end` again, as they stand. */
int evs__write_again(struct evs__file *file, uint64_t segment, uint64_t durable, uint64_t end, evs_error *error);
/* Syncs the directories that name the segments. */
int evs__sync_directories(struct evs__file *file, evs_error *error);

/* ---- file_recent.c ------------------------------------------------------------------------------------ */

/* The table begins anew: it knows of nothing up to `seq`. Like evs__recent_add() under the write lock. */
void evs__recent_begin(struct evs__page *page, uint64_t seq);
/* An event was written. `id` is its id, chosen or made. */
void evs__recent_add(struct evs__page *page, const evs_new_event *event, const char *id, uint64_t seq);
/* True where certainly no event that the condition excludes, or that has one of the ids, was written after the
 * condition's position. False where only the journal can tell. */
bool evs__recent_excludes(const struct evs__page *page, const evs_condition *condition, const char *const *ids,
                          size_t id_count);

/* ---- file_turn.c -------------------------------------------------------------------------------------- */

void evs__file_turn(evs_store *store, const char *topic);
void evs__file_turn_end(evs_store *store);

/* ---- file_append.c, file_sync.c, file_cursor.c, file_consumer.c, file_verify.c ------------------------ */

int evs__file_write(evs_store *store, const evs_new_event *events, size_t count, const evs_condition *condition,
                    evs_appended *ret_appended, evs_error *error);
int evs__file_check(evs_store *store, const evs_new_event *events, size_t count, evs_error *error);
int evs__file_sync(evs_store *store, uint64_t position, evs_error *error);
int evs__file_wait(evs_store *store, uint64_t after, unsigned timeout_ms, evs_error *error);
/* Does the last commit that this handle wrote still stand in the journal? */
bool evs__wrote_stands(struct evs__file *file);
/* The durable position as it is known now. */
uint64_t evs__file_durable(struct evs__file *file);
/* The same, after making durable what somebody wrote and did not live to sync. */
int evs__file_settle(struct evs__file *file, uint64_t *ret_durable, evs_error *error);
int evs__file_read(evs_store *store, struct evs__query *query, uint64_t after, unsigned flags, evs_cursor **ret_cursor,
                   evs_error *error);
int evs__file_next(evs_cursor *cursor, evs_event *ret_event, evs_error *error);
/* evs__file_next() for all events, whether they match or not; *ret_matches tells. Of one that does not, only what
 * stands before the tags may be set. */
int evs__file_step(evs_cursor *cursor, evs_event *ret_event, bool *ret_matches, evs_error *error);
void evs__file_cursor_close(evs_cursor *cursor);
int evs__file_consumer_open(evs_store *store, const char *name, evs_consumer **ret_consumer, evs_error *error);
int evs__file_consumer_commit(evs_consumer *consumer, uint64_t offset, int64_t time_us, evs_error *error);
int evs__file_consumer_remove(evs_consumer *consumer, evs_error *error);
void evs__file_consumer_close(evs_consumer *consumer);
int evs__file_consumer_seek(evs_store *store, const char *name, uint64_t offset, int64_t time_us, evs_error *error);
int evs__file_consumers(evs_store *store, int (*visit)(void *context, const evs_consumer_info *info), void *context,
                        evs_error *error);
int evs__file_verify(evs_store *store, int (*visit)(void *context, const evs_finding *finding), void *context,
                     uint64_t *ret_events, evs_error *error);
int evs__file_repair(evs_store *store, uint64_t last, uint64_t *ret_head, evs_error *error);

#endif
