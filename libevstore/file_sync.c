/* file_sync.c - group commit across processes: one fdatasync for all who wait.
 *
 * Who needs durability becomes the syncer by compare-and-swap on the page, lets the others append first (a
 * sched_yield), notes how far the journal is written, calls fdatasync without any lock, publishes the durable
 * position, and wakes all whom it covered at once, and one of the others, who becomes the next. Nobody trusts a
 * position that was not published after a sync that succeeded.
 *
 * Syncs have turns, even and odd, by the count that sleepers wait on. Who is covered by the running sync sleeps for
 * its turn, who wrote later for the next one: so nobody is woken only to sleep again. All of this is a hint, like
 * every wake-up: a sleeper looks for itself every few milliseconds.
 *
 * A syncer may die or be stopped. What its fdatasync would have said is then unknown, and the kernel tells of a
 * failed write-back only once; so its successor first writes the bytes in question again (they are the same
 * bytes), which makes them dirty again, and then syncs itself.
 *
 * A sync that failed takes back everything that is not durable (file_recover.c); who waited gets EVS_LOST. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLICE_MS 5u      /* longest sleep of a waiter before it looks whether the syncer lives */
#define PATIENCE_MS 1000 /* a syncer that takes longer is taken for stopped */
#define GATHER_TURNS 4
#define COPY_BYTES (64u << 10)

uint64_t evs__file_durable(struct evs__file *file) {
  uint64_t shared = file->page ? evs__durable_seq(atomic_load(&file->page->durable)) : 0;
  return shared > file->private_durable ? shared : file->private_durable;
}

/* Raises the durable position to `seq`, unless the tail was rebuilt since `generation` was read. */
static void publish(struct evs__page *page, uint64_t generation, uint64_t seq) {
  uint64_t word = atomic_load(&page->durable);
  while (evs__generation(word) == generation && evs__durable_seq(word) < seq &&
         !atomic_compare_exchange_weak(&page->durable, &word, evs__durable_word(generation, seq)))
    ;
}

int evs__write_again(struct evs__file *file, uint64_t segment, uint64_t durable, uint64_t end, evs_error *error) {
  uint64_t offset = 0;
  char *buf = malloc(COPY_BYTES);
  int rc = buf ? 0 : evs__fail(error, ENOMEM, "out of memory");
  if (!file->tail_fd_writable) { /* who may not write it has not written it */
    free(buf);
    return 0;
  }
  if (!rc && durable >= segment)
    rc = evs__segment_find(file->tail_fd, segment, durable, &offset, error);
  while (!rc && offset < end) {
    size_t want = end - offset < COPY_BYTES ? (size_t)(end - offset) : COPY_BYTES;
    size_t got = 0;
    rc = evs__io_read(file->tail_fd, buf, want, offset, &got);
    if (!rc && got < want)
      rc = EIO;
    rc = rc ? rc : evs__io_write(file->tail_fd, buf, got, offset);
    if (rc)
      evs__segment_fail(error, rc, segment, "write again");
    offset += got;
  }
  free(buf);
  return rc;
}

/* Writes what is not known to be durable again, under the lock. */
static int write_again(struct evs__file *file, evs_error *error) {
  uint64_t segment = atomic_load(&file->page->tail_segment);
  struct evs__io_info info;
  if (segment == 0)
    return 0;
  int rc = evs__tail_current(file, segment, error);
  rc = rc ? rc
          : evs__write_again(file, segment, evs__durable_seq(atomic_load(&file->page->durable)),
                             atomic_load(&file->page->tail_bytes), error);
  if (!rc && evs__io_info(file->tail_fd, &info) == 0)
    atomic_store(&file->page->file_mtime_ns, info.mtime_ns);
  return rc;
}

/* Lets whoever was just woken append first, so that it is covered too; more than once while that brings something. */
static void gather(const struct evs__page *page) {
  uint64_t before;
  int turns = 0;
  do {
    before = atomic_load(&page->tail_seq);
    sched_yield();
  } while (++turns < GATHER_TURNS && atomic_load(&page->tail_seq) > before);
}

/* As the syncer: makes durable what is written now. *ret_target is how far that went, 0 where nothing was done. */
static int sync_now(struct evs__file *file, uint64_t *ret_target, evs_error *error) {
  struct evs__page *page = file->page;
  gather(page);
  uint64_t word = atomic_load(&page->durable);
  uint64_t target = atomic_load(&page->tail_seq);
  uint64_t segment = atomic_load(&page->tail_segment);
  if (atomic_load(&page->failed)) /* after a failed sync a second one proves nothing: first the tail is taken back */
    return 0;
  if (segment == 0 || target <= evs__durable_seq(word))
    return 0;
  atomic_store(&page->sync_target, target);
  bool opened = !evs__tail_is_current(file, segment);
  int rc = evs__tail_current(file, segment, error);
  if (rc)
    return rc;
  rc = evs__io_sync_data(file->tail_fd);
  if (rc)
    evs__segment_fail(error, rc, segment, "sync");
  else if (evs__durable_seq(word) < segment) /* the name of the segment is new, too */
    rc = evs__sync_directories(file, error);
  /* A descriptor that was opened just now is not told of a write-back that failed before: had a recovery met with one
   * since this handle attached, it would not be ready, or have made another page. */
  if (!rc && opened && (!atomic_load(&page->ready) || !evs__page_current(file)))
    return 0;
  if (rc)
    atomic_store(&page->failed, 1);
  else
    publish(page, evs__generation(word), target);
  *ret_target = rc ? 0 : target;
  return rc;
}

/* The bit that sleepers for a turn wait with. */
static uint32_t turn_bit(uint32_t turn) { return 1u << (turn & 1); }

/* Gives the office of the syncer back, unless somebody took it over, and wakes who waits: after a sync up to `target`
 * all whom it covered and one of the rest, otherwise (0) everybody. */
static void resign(struct evs__page *page, uint32_t self, uint64_t target) {
  atomic_compare_exchange_strong(&page->syncer, &self, 0);
  uint32_t turn = atomic_fetch_add(&page->sync_wake, 1);
  if (!atomic_load(&page->sync_waiters))
    return;
  bool more = target && atomic_load(&page->tail_seq) > target;
  evs__futex_wake(&page->sync_wake, more ? turn_bit(turn) : EVS__ANY_BITS, INT32_MAX);
  if (more)
    evs__futex_wake(&page->sync_wake, turn_bit(turn + 1), 1);
}

/* Somebody who was woken to be the next syncer may find that there is no need: then it wakes another. */
static void pass_on(struct evs__page *page) {
  if (atomic_load(&page->sync_waiters) && !atomic_load(&page->syncer) &&
      atomic_load(&page->tail_seq) > evs__durable_seq(atomic_load(&page->durable)))
    evs__futex_wake(&page->sync_wake, EVS__ANY_BITS, 1);
}

/* Sleeps until the sync that covers `position` is done, as far as can be told when the turn was `seen`. */
static void sleep_for(struct evs__file *file, uint64_t position, uint32_t seen, unsigned slice_ms) {
  struct evs__page *page = file->page;
  uint64_t target = atomic_load(&page->sync_target);
  uint64_t durable = evs__file_durable(file);
  if (durable >= position)
    return;
  /* Who became the syncer and has not looked yet will see what is written already. */
  bool next = target > durable && target < position;
  evs__futex_wait(&page->sync_wake, seen, turn_bit(seen + next), slice_ms);
}

/* After a sync failed, ours or another's: rebuilds the tail if nobody has yet. */
static int take_back(struct evs__file *file, evs_error *error) {
  int rc = evs__lock(file, EVS__LOCK_WRITE, error);
  if (rc)
    return rc;
  if (evs__page_current(file)) /* else what this page says of failures and durability is of no account any more */
    rc = evs__recover(file, true, error);
  evs__unlock(file);
  return rc;
}

/* What a waiter remembers of the syncer that it waits for. */
struct patience {
  uint32_t syncer, wake;
  int64_t since_ms; /* 0: it has not slept through a slice of time yet */
};

/* Takes the office from a syncer that died, or has not moved for long. */
static int replace_syncer(struct evs__file *file, struct patience *patience, uint32_t self, bool *ret_mine,
                          evs_error *error) {
  struct evs__page *page = file->page;
  uint32_t syncer = atomic_load(&page->syncer);
  uint32_t wake = atomic_load(&page->sync_wake);
  *ret_mine = false;
  if (syncer == 0)
    return 0;
  if (syncer != patience->syncer || wake != patience->wake) { /* mostly it is done before the first slice is over */
    *patience = (struct patience){syncer, wake, 0};
    return 0;
  }
  int64_t now = evs__monotonic_ms();
  if (patience->since_ms == 0)
    patience->since_ms = now;
  bool dead = evs__process_ended(syncer); /* dear, and so only after a slice of time without any news */
  if (!dead && now - patience->since_ms < PATIENCE_MS)
    return 0;
  if (!atomic_compare_exchange_strong(&page->syncer, &syncer, self))
    return 0;
  int rc = evs__lock(file, EVS__LOCK_WRITE, error);
  if (!rc) {
    *ret_mine = evs__page_current(file);
    rc = *ret_mine ? evs__recover(file, true, error) : 0;
    rc = rc || !*ret_mine ? rc : write_again(file, error);
    evs__unlock(file);
  }
  if (rc) { /* nothing was written again: whoever is next must take over from that syncer, too */
    atomic_compare_exchange_strong(&page->syncer, &(uint32_t){self}, syncer);
    *ret_mine = false;
  } else if (!*ret_mine) {
    resign(page, self, 0);
  }
  return rc;
}

/* One round of waiting: becomes the syncer, or sleeps until somebody has synced. */
static int sync_round(struct evs__file *file, uint64_t position, struct patience *patience, evs_error *error) {
  struct evs__page *page = file->page;
  uint32_t self = file->pid;
  uint32_t seen = atomic_load(&page->sync_wake);
  uint32_t nobody = 0;
  bool mine = atomic_compare_exchange_strong(&page->syncer, &nobody, self);
  int rc = 0;
  if (!mine)
    rc = replace_syncer(file, patience, self, &mine, error);
  if (mine) {
    uint64_t target = 0;
    rc = rc ? rc : sync_now(file, &target, error);
    resign(page, self, target);
    return rc;
  }
  atomic_fetch_add(&page->sync_waiters, 1);
  if (!rc)
    sleep_for(file, position, seen, file->base.timeout_ms < SLICE_MS ? file->base.timeout_ms : SLICE_MS);
  atomic_fetch_sub(&page->sync_waiters, 1);
  return rc;
}

/* The tail was taken back below `position`. */
static int fail_lost(uint64_t position, evs_error *error) {
  return evs__fail_at(error, EVS_LOST, "journal", 0, 0,
                      "event %llu could not be made durable and was taken back: nothing was appended",
                      (unsigned long long)position);
}

bool evs__wrote_stands(struct evs__file *file) {
  if (file->wrote.last <= evs__durable_seq(file->wrote.word))
    return true;
  if (file->wrote.page == file->attached)
    return !evs__taken_back(file, file->wrote.word, file->wrote.last);
  /* another page: only the journal itself can tell */
  uint64_t basis = file->basis;
  unsigned page = file->basis_page;
  evs_cursor *cursor = NULL;
  evs_event event;
  bool matches;
  bool stands = evs__file_read(&file->base, NULL, file->wrote.last - 1, EVS_READ_WRITTEN, &cursor, NULL) == 0 &&
                evs__file_step(cursor, &event, &matches, NULL) == 0 && event.seq == file->wrote.last &&
                memcmp(event.line.ptr + event.line.len - 10, file->wrote.crc, 8) == 0;
  evs__file_cursor_close(cursor);
  file->basis = basis;
  file->basis_page = page;
  if (stands) {
    file->wrote.page = file->attached;
    file->wrote.word = atomic_load(&file->page->durable);
  }
  return stands;
}

/* Out of time: says who was syncing meanwhile. */
static int fail_slow(const struct evs__file *file, evs_error *error) {
  uint32_t syncer = atomic_load(&file->page->syncer);
  if (syncer)
    return evs__fail_at(error, EVS_BUSY, "journal", 0, 0,
                        "the journal could not be synced within %u ms, being synced by process %u",
                        file->base.timeout_ms, syncer);
  return evs__fail_at(error, EVS_BUSY, "journal", 0, 0, "the journal could not be synced within %u ms",
                      file->base.timeout_ms);
}

/* Makes everything up to `position` durable, which was written or read when the durable word was `basis`. */
static int sync_to(struct evs__file *file, uint64_t position, uint64_t basis, evs_error *error) {
  unsigned basis_page = file->attached;
  struct patience patience = {0};
  int64_t deadline = evs__monotonic_ms() + file->base.timeout_ms;
  while (!evs__taken_back(file, basis, position) && evs__file_durable(file) < position) {
    if (atomic_load(&file->page->tail_seq) < position) /* a new page, and the event is not in the journal */
      return fail_lost(position, error);
    int rc = sync_round(file, position, &patience, error);
    if (rc || atomic_load(&file->page->failed)) {
      int taken = take_back(file, rc ? NULL : error);
      if (rc || taken)
        return rc ? rc : taken;
    } else if (evs__monotonic_ms() >= deadline && patience.since_ms && evs__file_durable(file) < position) {
      return fail_slow(file, error);
    } else if (evs__file_durable(file) >= position) { /* known from a page that holds what was written to it */
      break;
    }
    rc = evs__attach(file, false, error);
    if (rc)
      return rc;
    if (!file->page || !file->page_writable) /* it was made anew by somebody who shuts us out */
      return evs__fail_at(error, file->page_denied ? file->page_denied : EACCES, "control", 0, 0,
                          "the control page can no longer be written: whether event %llu is durable is unknown",
                          (unsigned long long)position);
    if (file->attached != basis_page) { /* the generations of another page tell nothing of those of this one */
      if (file->wrote.last && !evs__wrote_stands(file))
        return fail_lost(position, error);
      basis = atomic_load(&file->page->durable);
      basis_page = file->attached;
    }
  }
  pass_on(file->page);
  return evs__taken_back(file, basis, position) ? fail_lost(position, error) : 0;
}

int evs__file_sync(evs_store *store, uint64_t position, evs_error *error) {
  struct evs__file *file = evs__file(store);
  bool exists = true;
  bool written = file->wrote.last && file->page && file->wrote.page == file->attached; /* just now, on this page */
  if (!file->wrote.last && position <= evs__durable_seq(file->basis))
    return 0;
  int rc = written ? 0 : evs__attach_reader(file, &exists, error);
  if (rc)
    return rc;
  if (!exists)
    return fail_lost(position, error);
  if (!file->page || !file->page_writable) { /* attaching has found out what this reader may show */
    if (evs__file_durable(file) >= position)
      return 0;
    if (file->page && atomic_load(&file->page->tail_seq) >= position)
      return evs__fail_at(error, EVS_BUSY, "journal", 0, 0,
                          "event %llu is not durable yet, and only a writer can sync it", (unsigned long long)position);
    return fail_lost(position, error);
  }
  bool mine = file->wrote.last != 0;
  bool lost =
      mine ? !evs__wrote_stands(file) : file->basis_page != file->attached && position > evs__durable_seq(file->basis);
  rc = lost ? fail_lost(position, error) : sync_to(file, position, mine ? file->wrote.word : file->basis, error);
  if (rc != EVS_BUSY && (rc || position >= file->wrote.last)) /* its fate was told */
    file->wrote.last = 0;
  return rc;
}

int evs__file_settle(struct evs__file *file, uint64_t *ret_durable, evs_error *error) {
  int rc = 0;
  struct evs__page *page = file->page;
  uint64_t word = page ? atomic_load(&page->durable) : 0;
  uint64_t written = page ? atomic_load(&page->tail_seq) : 0;
  if (page && file->page_writable && evs__file_durable(file) < written) /* who only reads shows what is published */
    rc = sync_to(file, written, word, error);
  *ret_durable = evs__file_durable(file);
  return rc == EVS_LOST ? 0 : rc; /* taken back by somebody's failed sync: then there is nothing to wait for */
}

int evs__file_wait(evs_store *store, uint64_t after, unsigned timeout_ms, evs_error *error) {
  struct evs__file *file = evs__file(store);
  int64_t deadline = evs__monotonic_ms() + timeout_ms;
  for (;;) {
    bool exists;
    uint64_t durable = 0;
    int rc = evs__attach_reader(file, &exists, error);
    uint32_t seen = file->page ? atomic_load(&file->page->sync_wake) : 0;
    if (!rc && exists)
      rc = evs__file_settle(file, &durable, error);
    if (rc || durable > after)
      return rc;
    int64_t left = deadline - evs__monotonic_ms();
    if (left <= 0)
      return evs__fail(error, EVS_TIMEOUT, "nothing new came within %u ms", timeout_ms);
    unsigned slice = left < 200 ? (unsigned)left : 200;
    if (file->page && file->page_writable) {
      atomic_fetch_add(&file->page->sync_waiters, 1);
      errno = 0;
      evs__futex_wait(&file->page->sync_wake, seen, EVS__ANY_BITS, slice);
      atomic_fetch_sub(&file->page->sync_waiters, 1);
      if (errno == EINTR)
        return evs__fail(error, EINTR, "a signal came");
    } else {
      struct timespec pause = {.tv_nsec = (long)slice * 1000000 / 2};
      if (nanosleep(&pause, NULL))
        return evs__fail(error, EINTR, "a signal came");
    }
  }
}
