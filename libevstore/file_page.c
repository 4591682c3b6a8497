/* file_page.c - the control page and the write lock.
 *
 * The lock is flock(2) on STORE/journal: the kernel gives it back when its holder dies, and the directory
 * cannot be deleted and made anew under it, as a lock file could. Who waits for it sleeps on a futex word of the
 * page, in short slices: the wake-up is a hint, flock decides.
 *
 * The page is mapped by everybody. Deleting STORE/control is legal at any time; evs__page_current() finds out. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define CONTROL "control"
#define PAGE_BYTES ((sizeof(struct evs__page) + 4095) / 4096 * 4096)
#define LOCK_SLICE_MS 5u
#define LOCK_SPINS 32
#define HOLDER_LOOKS 200
#define NAMES_MS 1000 /* a ctime does not tell of a symbolic link's target, nor of what is mounted over a name */

static const char magic[16] = "evstore-page-02";

void evs__futex_wait(_Atomic uint32_t *word, uint32_t seen, uint32_t bits, unsigned timeout_ms) {
  struct timespec until; /* FUTEX_WAIT_BITSET wants a point of time */
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += timeout_ms / 1000;
  until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    until.tv_sec++;
  }
  syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, &until, NULL, bits);
}

void evs__futex_wake(_Atomic uint32_t *word, uint32_t bits, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE_BITSET, count, NULL, NULL, bits);
}

void evs__cpu_relax(void) {
#if defined __x86_64__ || defined __i386__
  __builtin_ia32_pause();
#elif defined __aarch64__
  __asm__ volatile("yield");
#endif
}

/* ---- the lock ------------------------------------------------------------------------------------ */

/* Lets a few microseconds pass while somebody holds the lock, without a system call: mostly it is given back within
 * them, and whoever gave its turn away instead would be woken into the next one's commit. The word is a hint, as ever.
 */
static void let_holder_finish(const struct evs__file *file) {
  for (int i = 0; i < HOLDER_LOOKS && file->page && atomic_load(&file->page->holder); i++)
    evs__cpu_relax();
}

/* One try: 0 or an errno. After a few of them it sleeps where it failed, until the lock is given back or a slice of
 * time is over. It counts itself among the waiters before it tries, so that whoever unlocks after the try wakes it. */
static int try_lock(struct evs__file *file, int how, int tries) {
  struct evs__page *page = tries >= LOCK_SPINS && file->page_writable ? file->page : NULL;
  if (!page)
    let_holder_finish(file);
  uint32_t seen = 0;
  if (page) {
    atomic_fetch_add(&page->lock_waiters, 1);
    seen = atomic_load(&page->lock_wake);
  }
  int rc = flock(file->journal_fd, how) ? errno : 0;
  if (rc == EWOULDBLOCK && page) {
    evs__futex_wait(&page->lock_wake, seen, EVS__ANY_BITS, LOCK_SLICE_MS);
  } else if (rc == EWOULDBLOCK && tries >= LOCK_SPINS) {
    struct timespec slice = {.tv_nsec = 1000000};
    nanosleep(&slice, NULL);
  } else if (rc == EWOULDBLOCK) {
    sched_yield();
  }
  if (page)
    atomic_fetch_sub(&page->lock_waiters, 1);
  return rc;
}

bool evs__process_ended(uint32_t pid) {
  int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
  if (fd < 0)
    return errno == ESRCH || (kill((pid_t)pid, 0) && errno == ESRCH);
  struct pollfd ended = {.fd = fd, .events = POLLIN};
  bool yes = poll(&ended, 1, 0) > 0;
  close(fd);
  return yes;
}

/* Who holds the lock: the page says so, or the kernel, of a holder that has another page, none, or had no time to tell.
 * 0 where nobody knows. */
static uint32_t find_holder(const struct evs__file *file) {
  uint32_t holder = file->page ? atomic_load(&file->page->holder) : 0;
  if (holder && !evs__process_ended(holder))
    return holder;
  struct stat st;
  char line[256];
  char wanted[64];
  FILE *locks = fstat(file->journal_fd, &st) == 0 ? fopen("/proc/locks", "re") : NULL;
  if (!locks)
    return 0;
  snprintf(wanted, sizeof wanted, " %02x:%02x:%llu ", major(st.st_dev), minor(st.st_dev),
           (unsigned long long)st.st_ino);
  /* 7: FLOCK  ADVISORY  WRITE 1234 fe:00:131077 0 EOF; those who wait have an arrow there */
  for (holder = 0; !holder && fgets(line, sizeof line, locks);) {
    const char *file_at = strstr(line, wanted);
    const char *lock_at = strstr(line, ": FLOCK ");
    while (file_at && lock_at && file_at > line && file_at[-1] >= '0' && file_at[-1] <= '9')
      file_at--; /* the number before it */
    if (file_at && lock_at)
      holder = (uint32_t)strtoul(file_at, NULL, 10);
  }
  fclose(locks);
  return holder;
}

int evs__lock(struct evs__file *file, enum evs__lock lock, evs_error *error) {
  int how = (lock == EVS__LOCK_WRITE ? LOCK_EX : LOCK_SH) | LOCK_NB;
  int64_t deadline = 0;
  int rc;
  for (int tries = 0; (rc = try_lock(file, how, tries)); tries++) {
    if (rc == EINTR)
      continue;
    if (rc != EWOULDBLOCK)
      return evs__fail_at(error, rc, "journal", 0, 0, "cannot lock the journal: %s", strerror(rc));
    int64_t now = evs__monotonic_ms();
    if (deadline == 0)
      deadline = now + file->base.timeout_ms;
    if (now >= deadline) {
      uint32_t holder = find_holder(file);
      if (holder)
        return evs__fail_at(error, EVS_BUSY, "journal", 0, 0,
                            "the journal has been locked for more than %u ms by process %u", file->base.timeout_ms,
                            holder);
      return evs__fail_at(error, EVS_BUSY, "journal", 0, 0,
                          "the journal has been locked for more than %u ms by a process that cannot be told",
                          file->base.timeout_ms);
    }
  }
  file->locked = lock == EVS__LOCK_WRITE;
  if (lock == EVS__LOCK_WRITE && file->page && file->page_writable)
    atomic_store(&file->page->holder, file->pid);
  return 0;
}

void evs__unlock(struct evs__file *file) {
  struct evs__page *page = file->locked && file->page && file->page_writable ? file->page : NULL;
  file->locked = false;
  if (page)
    atomic_store(&page->holder, 0);
  flock(file->journal_fd, LOCK_UN);
  if (page && atomic_load(&page->lock_waiters)) {
    atomic_fetch_add(&page->lock_wake, 1);
    evs__futex_wake(&page->lock_wake, EVS__ANY_BITS, 1);
  }
}

/* ---- the page ------------------------------------------------------------------------------------ */

void evs__boot_id(char id[EVS__BOOT_ID_SIZE]) {
  size_t got = 0;
  int fd;
  memset(id, 0, EVS__BOOT_ID_SIZE);
  if (evs__io_open(AT_FDCWD, "/proc/sys/kernel/random/boot_id", O_RDONLY, 0, &fd))
    return;
  if (evs__io_read(fd, id, 36, 0, &got) || got != 36)
    memset(id, 0, EVS__BOOT_ID_SIZE);
  evs__io_close(fd);
}

/* Do STORE/control and STORE/journal still name what this handle has open? */
static bool names_current(const struct evs__file *file) {
  struct evs__io_info info;
  return evs__io_info_at(file->root_fd, CONTROL, &info) == 0 && info.device == file->page_device &&
         info.inode == file->page_inode && info.size >= PAGE_BYTES &&
         evs__io_info_at(file->root_fd, "journal", &info) == 0 && info.inode == file->journal_inode;
}

bool evs__page_current(struct evs__file *file) { return file->page && names_current(file); }

/* Can a name that is changed from now on be told by the ctime of its directory? Not where that is so young that the
 * clock of the filesystem may give it once more: its ticks last up to 10 ms, or 2 s where it has no fractions. */
static bool is_settled(int64_t ctime_ns, int64_t now_us) {
  int64_t tick_ns = ctime_ns % 1000000000 ? 20000000 : 3000000000;
  return ctime_ns && now_us * 1000 - ctime_ns > tick_ns;
}

bool evs__page_seems_current(struct evs__file *file) {
  struct evs__io_info root;
  int64_t now_us = evs__now_us(); /* of before the look: what is changed during it must not seem old */
  int64_t now_ms = evs__monotonic_ms();
  if (!file->page || evs__io_info(file->root_fd, &root))
    return false;
  if (file->names_ctime_ns && root.ctime_ns == file->names_ctime_ns && now_ms - file->names_seen_ms < NAMES_MS)
    return true; /* one call in place of two dear ones */
  bool current = names_current(file);
  file->names_ctime_ns = current && is_settled(root.ctime_ns, now_us) ? root.ctime_ns : 0;
  file->names_seen_ms = now_ms;
  return current;
}

bool evs__page_of_this_boot(const struct evs__file *file) {
  return file->page && memcmp(file->page->magic, magic, sizeof magic) == 0 &&
         memcmp(file->page->boot_id, file->boot_id, EVS__BOOT_ID_SIZE) == 0;
}

bool evs__page_trusted(const struct evs__file *file) {
  return evs__page_of_this_boot(file) && file->boot_id[0] && atomic_load(&file->page->ready) &&
         !atomic_load(&file->page->failed);
}

/* Looks at the last segment, by its descriptor where it is open. */
static int tail_info(struct evs__file *file, uint64_t segment, struct evs__io_info *ret) {
  char name[EVS__SEGMENT_NAME_SIZE];
  if (evs__tail_is_current(file, segment))
    return evs__io_info(file->tail_fd, ret);
  evs__segment_name(segment, name);
  return evs__io_info_at(file->journal_fd, name, ret);
}

bool evs__page_holds(struct evs__file *file) {
  struct evs__page *page = file->page;
  struct evs__io_info info;
  if (!evs__page_trusted(file) || atomic_load(&page->changing))
    return false;
  if (evs__io_info(file->journal_fd, &info) || info.mtime_ns != atomic_load(&page->journal_mtime_ns))
    return false;
  uint64_t segment = atomic_load(&page->tail_segment);
  return segment == 0 || (tail_info(file, segment, &info) == 0 && info.size == atomic_load(&page->file_size) &&
                          info.mtime_ns == atomic_load(&page->file_mtime_ns) &&
                          info.inode == atomic_load(&page->file_inode) && info.links > 0);
}

void evs__page_begin(struct evs__file *file) {
  struct evs__page *page = file->page;
  if (evs__page_of_this_boot(file))
    return;
  atomic_store(&page->ready, 0);
  memset(page, 0, sizeof *page);
  memcpy(page->magic, magic, sizeof magic);
  memcpy(page->boot_id, file->boot_id, EVS__BOOT_ID_SIZE);
  atomic_store(&page->holder, file->pid);
}

void evs__page_unmap(struct evs__file *file) {
  evs__file_turn_end(&file->base);
  if (file->page)
    munmap(file->page, PAGE_BYTES);
  file->page = NULL;
  file->page_writable = false;
  file->names_ctime_ns = 0;
}

/* Opens STORE/control, for writing where this is allowed. */
static int open_control(struct evs__file *file, int *ret_fd, evs_error *error) {
  file->page_writable = !(file->base.flags & EVS_READONLY);
  file->page_denied = file->page_writable ? 0 : EROFS;
  int rc = EACCES;
  if (file->page_writable)
    rc = evs__io_open(file->root_fd, CONTROL, O_RDWR | O_CREAT, 0600, ret_fd);
  if (rc == EACCES || rc == EPERM || rc == EROFS) {
    if (file->page_writable)
      file->page_denied = rc;
    file->page_writable = false;
    rc = evs__io_open(file->root_fd, CONTROL, O_RDONLY, 0, ret_fd);
    if (rc == ENOENT || rc == EACCES)
      return 0;
  }
  return rc ? evs__fail_at(error, rc, CONTROL, 0, 0, "cannot open %s/%s: %s", file->path, CONTROL, strerror(rc)) : 0;
}

int evs__page_map(struct evs__file *file, evs_error *error) {
  int fd = -1;
  struct evs__io_info info;
  evs__page_unmap(file);
  int rc = open_control(file, &fd, error);
  if (rc || fd < 0)
    return rc;
  rc = evs__io_info(fd, &info);
  if (!rc && info.size < PAGE_BYTES) {
    if (!file->page_writable) /* a page that is being made, or was cut: do without it */
      goto done;
    rc = evs__io_allocate(fd, PAGE_BYTES);
    if (rc == ENOSPC || rc == EDQUOT) { /* who only reads can do without; touching a page without room ends a process */
      file->page_writable = false;
      file->page_denied = rc;
      rc = 0;
      goto done;
    }
  }
  if (!rc) {
    int protection = file->page_writable ? PROT_READ | PROT_WRITE : PROT_READ;
    void *map = mmap(NULL, PAGE_BYTES, protection, MAP_SHARED, fd, 0);
    rc = map == MAP_FAILED ? errno : 0;
    file->page = map == MAP_FAILED ? NULL : map;
  }
  file->page_device = info.device;
  file->page_inode = info.inode;
  if (rc)
    evs__fail_at(error, rc, CONTROL, 0, 0, "cannot map %s/%s: %s", file->path, CONTROL, strerror(rc));
done:
  evs__io_close(fd);
  return rc;
}
