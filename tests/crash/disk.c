/* disk.c - see disk.h. A file is a list of sectors, each with the bytes that are sure and every version since; a
 * directory is the names that are sure and the changes since. */
#include "disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512u

/* What a sector held after a write. */
struct version {
  struct version *older;
  uint32_t at; /* index in the log */
  bool cut;    /* by a truncation: no business of fdatasync */
  bool dropped;
  unsigned valid; /* bytes of it that were in the file */
  unsigned char bytes[SECTOR];
};

struct sector {
  unsigned char bytes[SECTOR];
  unsigned sure; /* so many of them cannot become garbage */
  struct version *newest;
};

struct length {
  uint32_t at;
  uint64_t size;
};

struct name {
  char name[RECORD_NAME];
  size_t file;
};

/* A file or a directory. */
struct file {
  uint64_t inode;
  bool directory;
  uint64_t size; /* as the processes see it */
  struct sector *sectors;
  size_t sector_count;
  struct length *lengths; /* the first is sure */
  size_t length_count;
  struct name *names; /* that are sure */
  size_t name_count;
  struct record *changes; /* of names, since; `begin` is the place in the log */
  size_t change_count;
};

struct disk {
  enum disk_lie lie;
  struct file *files; /* the first is the root */
  size_t file_count;
};

/* One more element at the end of an array. */
#define GROW(array, count) (grow((void **)&(array), &(count), sizeof *(array)), &(array)[(count)-1])
static void grow(void **array, size_t *count, size_t size) {
  void *more = realloc(*array, (*count + 1) * size);
  if (!more)
    abort();
  *array = more;
  memset((char *)more + *count * size, 0, size);
  ++*count;
}

/* The file of an inode; the last of that number, since numbers are used again. NULL where it is none of ours. */
static struct file *find(struct disk *disk, uint64_t inode) {
  for (size_t i = disk->file_count; i-- > 0;)
    if (disk->files[i].inode == inode)
      return &disk->files[i];
  return NULL;
}

/* A new file or directory; returns its index. */
static size_t add_file(struct disk *disk, uint64_t inode, bool directory) {
  struct file *file = GROW(disk->files, disk->file_count);
  file->inode = inode;
  file->directory = directory;
  *GROW(file->lengths, file->length_count) = (struct length){0};
  return disk->file_count - 1;
}

/* ---- beginning and end -------------------------------------------------------------------------------- */

static size_t load(struct disk *disk, int parent, const char *name);

/* The bytes of a file, which are sure. */
static void load_bytes(struct file *file, int fd) {
  unsigned char bytes[SECTOR];
  ssize_t got;
  while ((got = read(fd, bytes, SECTOR)) > 0) {
    struct sector *sector = GROW(file->sectors, file->sector_count);
    memcpy(sector->bytes, bytes, (size_t)got);
    sector->sure = (unsigned)got;
    file->size += (uint64_t)got;
  }
  file->lengths[0].size = file->size;
}

static void load_names(struct disk *disk, size_t index, int fd) { // NOLINT(misc-no-recursion): three levels
  DIR *dir = fdopendir(dup(fd));
  if (!dir)
    abort();
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    size_t child = load(disk, fd, entry->d_name);
    struct file *file = &disk->files[index];
    struct name *name = GROW(file->names, file->name_count);
    snprintf(name->name, sizeof name->name, "%.47s", entry->d_name);
    name->file = child;
  }
  closedir(dir);
}

static size_t load(struct disk *disk, int parent, const char *name) { // NOLINT(misc-no-recursion): three levels
  struct stat st;
  int fd = openat(parent, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st))
    abort();
  size_t index = add_file(disk, (uint64_t)st.st_ino, S_ISDIR(st.st_mode));
  if (S_ISDIR(st.st_mode))
    load_names(disk, index, fd);
  else
    load_bytes(&disk->files[index], fd);
  close(fd);
  return index;
}

struct disk *disk_new(const char *root, enum disk_lie lie) {
  struct disk *disk = calloc(1, sizeof *disk);
  if (!disk)
    abort();
  disk->lie = lie;
  load(disk, AT_FDCWD, root);
  return disk;
}

/* Forgets a version and all that are older. */
static void forget(struct version **newest) {
  while (*newest) {
    struct version *older = (*newest)->older;
    free(*newest);
    *newest = older;
  }
}

void disk_free(struct disk *disk) {
  for (size_t i = 0; disk && i < disk->file_count; i++) {
    struct file *file = &disk->files[i];
    for (size_t s = 0; s < file->sector_count; s++)
      forget(&file->sectors[s].newest);
    free(file->sectors);
    free(file->lengths);
    free(file->names);
    free(file->changes);
  }
  if (disk)
    free(disk->files);
  free(disk);
}

/* ---- following the log -------------------------------------------------------------------------------- */

/* A new version of a sector, with the bytes that it has now. */
static struct version *renew(struct sector *sector, uint32_t at) {
  struct version *version = malloc(sizeof *version);
  if (!version)
    abort();
  const struct version *last = sector->newest;
  *version = (struct version){.older = sector->newest, .at = at, .valid = last ? last->valid : sector->sure};
  memcpy(version->bytes, last ? last->bytes : sector->bytes, SECTOR);
  sector->newest = version;
  return version;
}

static void resize(struct file *file, uint32_t at, uint64_t size) {
  file->size = size;
  *GROW(file->lengths, file->length_count) = (struct length){at, size};
}

static void follow_write(struct file *file, uint32_t at, const struct record *record) {
  const char *bytes = record_bytes(record);
  uint64_t end = record->offset + record->len;
  while (file->sector_count * SECTOR < end)
    (void)GROW(file->sectors, file->sector_count);
  for (uint64_t from = record->offset; from < end;) {
    struct version *version = renew(&file->sectors[from / SECTOR], at);
    uint64_t in = from % SECTOR;
    uint64_t len = end - from < SECTOR - in ? end - from : SECTOR - in;
    memcpy(version->bytes + in, bytes + (from - record->offset), len);
    if (version->valid < in + len)
      version->valid = (unsigned)(in + len);
    from += len;
  }
  if (end > file->size)
    resize(file, at, end);
}

static void follow_truncate(struct file *file, uint32_t at, uint64_t size) {
  for (size_t s = size / SECTOR; s < file->sector_count && s * SECTOR < file->size; s++) {
    unsigned keep = s * SECTOR < size ? (unsigned)(size - s * SECTOR) : 0;
    struct version *version = renew(&file->sectors[s], at);
    memset(version->bytes + keep, 0, SECTOR - keep);
    version->valid = keep < version->valid ? keep : version->valid;
    version->cut = true;
  }
  if (size != file->size)
    resize(file, at, size);
}

/* A sync of a file that succeeded covers what was done before log index `begin`. */
static void sync_bytes(struct file *file, uint32_t begin, bool all) {
  for (size_t s = 0; s < file->sector_count; s++) {
    struct sector *sector = &file->sectors[s];
    struct version **place = &sector->newest;
    while (*place && ((*place)->at >= begin || ((*place)->cut && !all)))
      place = &(*place)->older;
    if (!*place || (*place)->dropped)
      continue;
    memcpy(sector->bytes, (*place)->bytes, SECTOR);
    sector->sure = (*place)->valid;
    forget(place);
  }
  size_t last = 0;
  size_t kept = 0;
  while (last + 1 < file->length_count && file->lengths[last + 1].at < begin)
    last++;
  for (size_t i = 0; i < file->length_count; i++)
    if (i >= last || (!all && file->lengths[i].size > file->lengths[last].size))
      file->lengths[kept++] = file->lengths[i];
  file->length_count = kept;
}

/* What was written before log index `begin` may never reach the disk. */
static void drop_bytes(struct file *file, uint32_t begin) {
  for (size_t s = 0; s < file->sector_count; s++)
    for (struct version *version = file->sectors[s].newest; version; version = version->older)
      if (version->at < begin && !version->cut)
        version->dropped = true;
}

/* The entry of a name; NULL where there is none. */
static struct name *name_of(struct name *names, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i].name, name) == 0)
      return &names[i];
  return NULL;
}

/* Makes one change to a list of names, which has room for one more. `file` 0: the name is gone. */
static void set_name(struct name *names, size_t *count, const char *name, size_t file) {
  struct name *entry = name_of(names, *count, name);
  if (!entry && file) {
    entry = &names[(*count)++];
    snprintf(entry->name, sizeof entry->name, "%s", name);
  }
  if (entry && file)
    entry->file = file;
  else if (entry)
    *entry = names[--*count];
}

/* The same for a record; its `file` is an index here. */
static void change_names(struct name *names, size_t *count, const struct record *change) {
  if (change->kind == RECORD_RENAME) {
    set_name(names, count, change->name, 0);
    set_name(names, count, change->to, change->file);
  } else {
    set_name(names, count, change->name, change->kind == RECORD_UNLINK ? 0 : change->file);
  }
}

/* A sync of a directory that succeeded. */
static void sync_names(struct file *dir, uint32_t begin) {
  size_t done = 0;
  struct name *names = calloc(dir->name_count + dir->change_count + 1, sizeof *names);
  size_t count = dir->name_count;
  if (!names)
    abort();
  if (count)
    memcpy(names, dir->names, count * sizeof *names);
  for (; done < dir->change_count && dir->changes[done].begin < begin; done++)
    change_names(names, &count, &dir->changes[done]);
  struct record *rest = NULL;
  size_t rest_count = 0;
  for (size_t i = done; i < dir->change_count; i++)
    *GROW(rest, rest_count) = dir->changes[i];
  free(dir->changes);
  dir->changes = rest;
  dir->change_count = rest_count;
  free(dir->names);
  dir->names = names;
  dir->name_count = count;
}

static void follow_sync(struct disk *disk, struct file *file, const struct record *record) {
  if (record->drops)
    drop_bytes(file, record->begin);
  if (record->failed)
    return;
  if (file->directory && disk->lie != DISK_IGNORES_NAME_SYNCS)
    sync_names(file, record->begin);
  else if (!file->directory && disk->lie != DISK_IGNORES_DATA_SYNCS)
    sync_bytes(file, record->begin, record->all && disk->lie != DISK_KEEPS_CUT_BYTES);
}

/* A change of names. */
static void follow_name(struct disk *disk, uint32_t at, const struct record *record) {
  size_t index = 0;
  if (record->kind == RECORD_CREATE || record->kind == RECORD_MKDIR)
    index = add_file(disk, record->file, record->kind == RECORD_MKDIR);
  struct file *dir = find(disk, record->dir);
  const struct file *file = index ? &disk->files[index] : find(disk, record->file);
  if (!dir || !file)
    return;
  struct record *change = GROW(dir->changes, dir->change_count);
  *change = *record;
  change->file = (uint64_t)(file - disk->files);
  change->begin = at;
}

bool disk_follow(struct disk *disk, uint32_t index, const struct record *record) {
  struct file *file = NULL;
  switch (record->kind) {
  case RECORD_CREATE:
  case RECORD_MKDIR:
  case RECORD_RENAME:
  case RECORD_UNLINK:
    follow_name(disk, index, record);
    return true;
  case RECORD_WRITE:
  case RECORD_TRUNCATE:
  case RECORD_SYNC_END:
  case RECORD_DROPPED:
    file = find(disk, record->file);
    break;
  default:
    return false;
  }
  if (file && record->kind == RECORD_WRITE)
    follow_write(file, index, record);
  else if (file && record->kind == RECORD_TRUNCATE)
    follow_truncate(file, index, record->offset);
  else if (file && record->kind == RECORD_SYNC_END)
    follow_sync(disk, file, record);
  else if (file)
    drop_bytes(file, index);
  return file != NULL;
}

/* ---- a state ------------------------------------------------------------------------------------------ */

/* By what rule things survive in a state. */
enum rule { NOTHING, EVERYTHING, HALF, MOST, FEW, WHOLE_CALLS, IN_ORDER, RULES };
enum rest { REST_OLD, REST_ZEROS, REST_GARBAGE, REST_MIXED, RESTS };

struct chooser {
  uint64_t random, fixed;
  enum rule rule;
  enum rest rest;
  uint32_t until; /* IN_ORDER: what happened before */
  struct disk_damage *damage;
};

static uint64_t mix(uint64_t z) {
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

static uint64_t choose(struct chooser *chooser, uint64_t bound) {
  return mix(chooser->random += UINT64_C(0x9E3779B97F4A7C15)) % bound;
}

/* Did what happened at this place of the log reach the disk? */
static bool survives(struct chooser *chooser, uint32_t at) {
  switch (chooser->rule) {
  case NOTHING:
    return false;
  case HALF:
    return choose(chooser, 2);
  case MOST:
    return choose(chooser, 8);
  case FEW:
    return choose(chooser, 8) == 0;
  case WHOLE_CALLS:
    return mix(chooser->fixed + at * UINT64_C(0x9E3779B97F4A7C15)) % 3 > 0;
  case IN_ORDER:
    return at < chooser->until;
  default:
    return true;
  }
}

/* Fills what never was sure of a sector, from `from` on. */
static void spoil(struct chooser *chooser, const struct file *file, unsigned char *bytes, unsigned from) {
  enum rest rest = chooser->rest == REST_MIXED ? (enum rest)choose(chooser, REST_MIXED) : chooser->rest;
  if (rest == REST_ZEROS)
    chooser->damage->zeros = true;
  if (rest != REST_GARBAGE)
    return;
  chooser->damage->garbage = true;
  bool elsewhere = choose(chooser, 2);
  for (unsigned i = from; i < SECTOR; i++)
    bytes[i] = elsewhere ? file->sectors[0].bytes[i] : (unsigned char)choose(chooser, 256);
}

/* The bytes of a sector. */
static void make_sector(struct chooser *chooser, const struct file *file, const struct sector *sector,
                        unsigned char bytes[SECTOR]) {
  const struct version *version = sector->newest;
  while (version && !survives(chooser, version->at))
    version = version->older;
  if (sector->newest && version != sector->newest)
    chooser->damage->lost_bytes = true;
  memcpy(bytes, version ? version->bytes : sector->bytes, SECTOR);
  if (sector->newest && !version && sector->sure < SECTOR)
    spoil(chooser, file, bytes, sector->sure);
  else if (version && chooser->rest == REST_MIXED && sector->sure < SECTOR && choose(chooser, 4) == 0)
    spoil(chooser, file, bytes, sector->sure + (unsigned)choose(chooser, SECTOR - sector->sure));
}

/* How long a file is. */
static uint64_t make_length(struct chooser *chooser, const struct file *file) {
  size_t i = file->length_count - 1;
  while (i > 0 && !survives(chooser, file->lengths[i].at))
    i--;
  uint64_t size = file->lengths[i].size;
  if (i + 1 < file->length_count && chooser->rule >= HALF && chooser->rule <= FEW && choose(chooser, 3) == 0) {
    uint64_t next = file->lengths[i + 1].size;
    size = next > size ? size + choose(chooser, next - size) : next + choose(chooser, size - next + 1);
  }
  chooser->damage->shorter |= size < file->size;
  chooser->damage->uncut |= size > file->size;
  return size;
}

static void make_file(struct chooser *chooser, const struct file *file, int parent, const char *name) {
  unsigned char bytes[SECTOR];
  uint64_t size = make_length(chooser, file);
  int fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    abort();
  for (uint64_t at = 0; at < size; at += SECTOR) {
    uint64_t len = size - at < SECTOR ? size - at : SECTOR;
    memset(bytes, 0, SECTOR);
    if (at / SECTOR < file->sector_count)
      make_sector(chooser, file, &file->sectors[at / SECTOR], bytes);
    if (write(fd, bytes, len) != (ssize_t)len)
      abort();
  }
  close(fd);
}

static void make_directory(const struct disk *disk, struct chooser *chooser, // NOLINT(misc-no-recursion): three levels
                           const struct file *dir, int parent, const char *name) {
  struct name *names = calloc(dir->name_count + dir->change_count + 1, sizeof *names);
  size_t count = dir->name_count;
  if (!names || mkdirat(parent, name, 0700))
    abort();
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    abort();
  if (count)
    memcpy(names, dir->names, count * sizeof *names);
  for (size_t i = 0; i < dir->change_count; i++)
    if (survives(chooser, dir->changes[i].begin))
      change_names(names, &count, &dir->changes[i]);
    else if (strcmp(dir->changes[i].name, "control") != 0)
      chooser->damage->lost_names = true;
  for (size_t i = 0; i < count; i++) {
    const struct file *file = &disk->files[names[i].file];
    if (file->directory)
      make_directory(disk, chooser, file, fd, names[i].name);
    else if (strcmp(names[i].name, "control") != 0)
      make_file(chooser, file, fd, names[i].name);
  }
  close(fd);
  free(names);
}

/* The last place in the log that left something unsure; to choose from for IN_ORDER. */
static uint32_t last_unsure(const struct disk *disk, uint32_t *ret_first) {
  uint32_t last = 0;
  *ret_first = UINT32_MAX;
  for (size_t i = 0; i < disk->file_count; i++) {
    const struct file *file = &disk->files[i];
    for (size_t s = 0; s < file->sector_count; s++)
      for (const struct version *v = file->sectors[s].newest; v; v = v->older) {
        last = v->at > last ? v->at : last;
        *ret_first = v->at < *ret_first ? v->at : *ret_first;
      }
    for (size_t c = 0; c < file->change_count; c++) {
      last = file->changes[c].begin > last ? file->changes[c].begin : last;
      *ret_first = file->changes[c].begin < *ret_first ? file->changes[c].begin : *ret_first;
    }
  }
  return last;
}

void disk_make(const struct disk *disk, uint64_t random, const char *to, struct disk_damage *ret_damage) {
  struct chooser chooser = {.random = random, .damage = ret_damage};
  uint32_t first;
  uint32_t last = last_unsure(disk, &first);
  *ret_damage = (struct disk_damage){0};
  chooser.rule = (enum rule)choose(&chooser, RULES);
  chooser.rest = (enum rest)choose(&chooser, RESTS);
  chooser.fixed = choose(&chooser, UINT64_MAX);
  chooser.until = first <= last ? first + (uint32_t)choose(&chooser, last - first + 2) : 0;
  make_directory(disk, &chooser, &disk->files[0], AT_FDCWD, to);
}
