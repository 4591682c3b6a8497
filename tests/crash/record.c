/* record.c - see record.h. A process records what it did before it gives its turn away, so the order in the log is the
 * order in which the files changed. */
#include "record.h"
#include "io_calls.h"
#include "turns.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define RECORDS 16384
#define BYTES (8u << 20)
#define INODES 512
#define DESCRIPTORS 256

/* A file's failed write-backs: how many, and whether anybody was told of the last. */
struct errors {
  uint64_t file;
  uint32_t count;
  bool told;
};

struct log {
  struct record_plan plan;
  size_t count, used, inode_count;
  struct errors inodes[INODES];
  struct record records[RECORDS];
  char bytes[BYTES];
};

static struct log *log_;                 /* shared memory */
static uint32_t known[DESCRIPTORS];      /* in a process: the failures that a descriptor was told of */
static uint64_t known_file[DESCRIPTORS]; /* and which file it is */

void record_reset(const struct record_plan *plan) {
  if (!log_) {
    void *map = mmap(NULL, sizeof *log_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
      abort();
    log_ = map;
  }
  log_->plan = *plan;
  log_->count = log_->used = log_->inode_count = 0;
}

size_t record_count(void) { return log_->count; }
const struct record *record_at(size_t index) { return &log_->records[index]; }
const char *record_bytes(const struct record *record) { return log_->bytes + record->bytes; }

/* Appends to the log; returns the index. */
static uint32_t add(const struct record *record, const void *bytes, size_t len) {
  if (log_->count == RECORDS || len > BYTES - log_->used) {
    fprintf(stderr, "crash: the log of the run is full\n");
    abort();
  }
  struct record *added = &log_->records[log_->count];
  *added = *record;
  added->who = turns_self();
  added->bytes = log_->used;
  if (bytes)
    memcpy(log_->bytes + log_->used, bytes, len);
  log_->used += bytes ? len : 0;
  return (uint32_t)log_->count++;
}

void record_mark(const struct record *mark, const void *bytes, size_t len) {
  struct record copy = *mark;
  copy.len = len;
  add(&copy, bytes, len);
}

void record_broken(const char *format, ...) {
  char text[600];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  record_mark(&(const struct record){.kind = RECORD_BROKEN}, text, strlen(text) + 1);
}

void record_print(FILE *out, size_t last) {
  static const char *const words[RECORD_KINDS] = {"create",  "mkdir",       "write",     "truncate",          "rename",
                                                  "unlink",  "sync begins", "sync ends", "write-back failed", "told",
                                                  "refused", "shown",       "head",      "offset tried",      "offset",
                                                  "page",    "broken"};
  for (size_t i = 0; i < log_->count && i <= last; i++) {
    const struct record *r = &log_->records[i];
    fprintf(out, "%5zu process %u: %s", i, r->who, words[r->kind]);
    if (r->kind <= RECORD_DROPPED)
      fprintf(out, " file %" PRIu64 " offset %" PRIu64 " bytes %" PRIu64 " %s %s%s%s", r->file, r->offset, r->len,
              r->name, r->to, r->all ? " all" : "", r->failed ? " failed" : "");
    else
      fprintf(out, " position %" PRIu64 " writer %u commit %u count %u", r->seq, r->writer, r->commit, r->count);
    fputc('\n', out);
  }
}

/* ---- failed write-backs ------------------------------------------------------------------------------- */

static struct errors *errors_of(uint64_t file) {
  for (size_t i = 0; i < log_->inode_count; i++)
    if (log_->inodes[i].file == file)
      return &log_->inodes[i];
  if (log_->inode_count == INODES)
    abort();
  log_->inodes[log_->inode_count] = (struct errors){.file = file, .told = true};
  return &log_->inodes[log_->inode_count++];
}

/* A descriptor was opened: failures that somebody was told of it will not hear of. */
static void remember(int fd, uint64_t file) {
  if (fd < 0 || fd >= DESCRIPTORS)
    abort();
  const struct errors *errors = errors_of(file);
  known_file[fd] = file;
  known[fd] = errors->told ? errors->count : errors->count - 1;
}

/* Is the descriptor told of a failure now? */
static bool told(int fd, uint64_t file) {
  struct errors *errors = errors_of(file);
  if (fd < 0 || fd >= DESCRIPTORS || known_file[fd] != file || known[fd] == errors->count)
    return false;
  known[fd] = errors->count;
  errors->told = true;
  return true;
}

static void fail_write_back(uint64_t file) {
  struct errors *errors = errors_of(file);
  errors->count++;
  errors->told = false;
}

/* ---- the calls ---------------------------------------------------------------------------------------- */

static uint64_t inode_at(int dir, const char *name) {
  struct stat st;
  return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) ? 0 : (uint64_t)st.st_ino;
}

static uint64_t inode_of(int fd, bool *ret_directory) {
  struct stat st;
  if (fstat(fd, &st))
    return 0;
  *ret_directory = S_ISDIR(st.st_mode);
  return (uint64_t)st.st_ino;
}

/* The directory and last part of a name that may have one slash or more in it. */
static uint64_t split(int fd, const char *name, char last[RECORD_NAME]) {
  char parent[256];
  const char *slash = strrchr(name, '/');
  snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - name) : 1, slash ? name : ".");
  snprintf(last, RECORD_NAME, "%.47s", slash ? slash + 1 : name);
  return inode_at(fd, *parent ? parent : "/");
}

/* A change to names. */
static void add_name(enum record_kind kind, int dir, const char *name, const char *to, uint64_t file) {
  struct record record = {.kind = kind, .file = file};
  record.dir = split(dir, name, record.name);
  if (to)
    split(dir, to, record.to);
  add(&record, NULL, 0);
}

static ssize_t fail(int code) {
  errno = code;
  return -1;
}

/* Before and after a call: others may run, and by the plan this process ends or is held up. */
static void between(void) {
  if (turns_chance(log_->plan.dies))
    turns_die();
  if (turns_chance(log_->plan.pauses))
    turns_pause(20 + turns_below(400));
  turns_yield();
}

static ssize_t do_open(const struct io_call *call) {
  bool create = call->flags & O_CREAT;
  bool directory = false;
  uint64_t before = create ? inode_at(call->fd, call->name) : 0;
  bool control = create && strcmp(call->name, "control") == 0;
  if (create && !control && turns_chance(log_->plan.name_fails))
    return fail(turns_below(2) ? EIO : ENOSPC);
  ssize_t fd = io_really(call);
  if (fd < 0)
    return fd;
  uint64_t file = inode_of((int)fd, &directory);
  if (!directory)
    remember((int)fd, file);
  if (create && !before)
    add_name(RECORD_CREATE, call->fd, call->name, NULL, file);
  else if (before && call->flags & O_TRUNC)
    add(&(const struct record){.kind = RECORD_TRUNCATE, .file = file}, NULL, 0);
  return fd;
}

/* Writes a part of it. */
static ssize_t write_part(const struct io_call *call, size_t len, uint64_t file) {
  struct io_call part = *call;
  part.len = len;
  ssize_t done = io_really(&part);
  if (done > 0) {
    const struct record record = {.kind = RECORD_WRITE, .file = file, .offset = call->offset, .len = (uint64_t)done};
    add(&record, call->bytes, (size_t)done);
  }
  return done;
}

static ssize_t do_write(const struct io_call *call) {
  static const int codes[] = {EIO, ENOSPC, EDQUOT};
  bool directory;
  uint64_t file = inode_of(call->fd, &directory);
  bool dies = turns_chance(log_->plan.dies);
  bool fails = !dies && turns_chance(log_->plan.write_fails);
  size_t len = call->len;
  if (dies || fails || turns_chance(16))
    len = turns_below(call->len + dies);
  ssize_t done = len ? write_part(call, len, file) : 0;
  if (dies)
    turns_die();
  if (fails)
    return fail(codes[turns_below(3)]);
  return len ? done : write_part(call, call->len, file);
}

static ssize_t do_sync(const struct io_call *call) {
  bool directory = false;
  uint64_t file = inode_of(call->fd, &directory);
  struct record record = {.kind = RECORD_SYNC_BEGIN, .file = file, .all = call->kind == IO_SYNC_ALL};
  record.begin = add(&record, NULL, 0);
  between();
  record.kind = RECORD_SYNC_END;
  if (!directory && turns_chance(log_->plan.sync_fails)) {
    record.drops = true;
    fail_write_back(file);
  }
  record.failed = directory ? turns_chance(log_->plan.sync_fails) : told(call->fd, file);
  add(&record, NULL, 0);
  if (record.failed && log_->plan.dies && turns_chance(3)) /* and nobody else will ever hear of it */
    turns_die();
  return record.failed ? fail(EIO) : 0;
}

/* A write-back that nobody asked for. */
static void write_back(int fd) {
  bool directory = false;
  uint64_t file = inode_of(fd, &directory);
  if (directory || !turns_chance(log_->plan.write_back_fails))
    return;
  fail_write_back(file);
  add(&(const struct record){.kind = RECORD_DROPPED, .file = file}, NULL, 0);
}

/* A call that changes something. */
static ssize_t change(const struct io_call *call) {
  bool directory;
  uint64_t file = 0;
  if (call->kind == IO_OPEN)
    return do_open(call);
  if (call->kind == IO_WRITE)
    return do_write(call);
  if (call->kind == IO_SYNC_DATA || call->kind == IO_SYNC_ALL)
    return do_sync(call);
  bool sizes = call->kind == IO_TRUNCATE || call->kind == IO_ALLOCATE; /* the latter: of the control page alone */
  if (!sizes)
    file = inode_at(call->fd, call->name);
  if (turns_chance(log_->plan.name_fails) && call->kind != IO_ALLOCATE)
    return fail(EIO);
  ssize_t rc = io_really(call);
  if (rc)
    return rc;
  if (sizes)
    add(&(const struct record){.kind = RECORD_TRUNCATE, .file = inode_of(call->fd, &directory), .offset = call->offset},
        NULL, 0);
  else if (call->kind == IO_MKDIR)
    add_name(RECORD_MKDIR, call->fd, call->name, NULL, inode_at(call->fd, call->name));
  else
    add_name(call->kind == IO_RENAME ? RECORD_RENAME : RECORD_UNLINK, call->fd, call->name, call->to, file);
  return 0;
}

/* All calls of a recorded process. */
static ssize_t record_call(const struct io_call *call) {
  if (call->kind == IO_CLOSE || call->kind == IO_FILESYSTEM || call->kind == IO_WRITE_BACK)
    return io_really(call);
  if (call->kind ==
      IO_STAT) { /* what is remembered for as long as a ctime lasts depends on the clock: a run must not */
    ssize_t stated = io_really(call);
    ((struct stat *)call->result)->st_ctim = (struct timespec){0};
    return stated;
  }
  between();
  if (call->kind == IO_READ || (call->kind == IO_OPEN && !(call->flags & O_CREAT))) {
    ssize_t rc = call->kind == IO_READ ? io_really(call) : do_open(call);
    return rc;
  }
  if (call->kind == IO_WRITE)
    write_back(call->fd);
  ssize_t rc = change(call);
  int code = errno;
  between();
  errno = code;
  return rc;
}

void record_begin(void) { io_handler = record_call; }
