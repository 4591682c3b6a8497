/* journal.c - makes and judges journals, see journal.h.
 *
 * The judge reads FORMAT.md word by word, without a thought for speed. It takes the store's word for one thing alone:
 * whether a line is in order (evs__line_parse(), which fuzz_line.c looks at). */
#include "journal.h"

#include "libevstore/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (16u << 10) /* of a file */

/* ---- making ----------------------------------------------------------------------------------------------------- */

/* A journal in the making. */
struct maker {
  struct journal *journal;
  struct journal_file *file; /* the last one */
  struct fuzz_bytes *in;
  uint64_t next; /* seq of the next event */
};

/* Adds bytes to the last file, as many as fit. */
static void add(struct maker *maker, const void *bytes, size_t len) {
  struct journal_file *file = maker->file;
  FUZZ_CHECK(file != NULL);
  len = len < MAX_BYTES - file->len ? len : MAX_BYTES - file->len;
  if (len > 0)
    memmove(file->bytes + file->len, bytes, len);
  file->len += len;
}

/* Begins a file; where there is no more room for one, or the name would be none or not a later one, the last goes on.
 */
static void begin_file(struct maker *maker, uint64_t first) {
  struct journal *journal = maker->journal;
  if (journal->count == JOURNAL_FILES || first > EVS_MAX_SEQ || (maker->file && first <= maker->file->first))
    return;
  maker->file = &journal->files[journal->count++];
  *maker->file = (struct journal_file){.first = first, .bytes = malloc(MAX_BYTES)};
  FUZZ_CHECK(maker->file->bytes != NULL);
}

/* Writes one line. */
static void add_line(struct maker *maker, const struct evs__stamp *stamp, size_t padding) {
  static const char *const tags[] = {"a:1"};
  char data[300];
  const evs_new_event event = {
      .id = "e",
      .type = "T",
      .tags = tags,
      .tag_count = stamp->seq % 2,
      .time_us = 1,
      .data = data,
      .data_len = (size_t)snprintf(data, sizeof data, "{\"x\":\"%.*s\"}", (int)padding % 256,
                                   "................................................................"
                                   "................................................................"
                                   "................................................................"
                                   "................................................................")};
  struct evs__buf parts = {0}, out = {0};
  struct evs__prepared prepared;
  FUZZ_CHECK(evs__line_prepare(&event, 1, &(struct evs__preparing){.now_us = 1}, &parts, &prepared, NULL) == 0);
  FUZZ_CHECK(evs__line_finish(&parts, &prepared, stamp, &out, NULL) == 0);
  add(maker, out.ptr, out.len);
  evs__buf_free(&parts);
  evs__buf_free(&out);
}

/* A commit as the store writes it: 1 to 4 events, the mark a few events behind. */
static void add_commit(struct maker *maker) {
  uint8_t how = fuzz_byte(maker->in), padding = fuzz_byte(maker->in);
  uint64_t first = maker->next, count = 1 + how % 4, behind = (uint64_t)(how >> 2) % 8;
  for (; maker->next < first + count; maker->next++) {
    const struct evs__stamp stamp = {.seq = maker->next,
                                     .first_of_segment = maker->next == maker->file->first,
                                     .commit_end = maker->next == first + count - 1,
                                     .durable = first - 1 > behind ? first - 1 - behind : 0};
    add_line(maker, &stamp, padding);
  }
}

/* A line whose numbers and marks are anything, with the right CRC. */
static void add_odd_line(struct maker *maker) {
  uint8_t how = fuzz_byte(maker->in);
  int8_t seq = (int8_t)fuzz_byte(maker->in), durable = (int8_t)fuzz_byte(maker->in);
  const struct evs__stamp stamp = {.seq = (maker->next + (uint64_t)(int64_t)seq) & EVS_MAX_SEQ,
                                   .first_of_segment = how & 1,
                                   .commit_end = how & 2,
                                   .durable = (maker->next + (uint64_t)(int64_t)durable) & EVS_MAX_SEQ};
  if (stamp.seq > 0)
    add_line(maker, &stamp, how >> 4);
  if (how & 4)
    maker->next = stamp.seq + 1;
}

/* A place in the last file, counted from its end. */
static size_t take_place(struct maker *maker) {
  size_t back = fuzz_word(maker->in);
  return maker->file->len > 0 ? maker->file->len - 1 - back % maker->file->len : 0;
}

static void next_file(struct maker *maker) { begin_file(maker, maker->next); }

/* A file whose name leaves a hole, or goes back. */
static void odd_file(struct maker *maker) {
  maker->next = (maker->next + (uint64_t)(int64_t)(int8_t)fuzz_byte(maker->in)) & EVS_MAX_SEQ;
  if (maker->next > 0)
    begin_file(maker, maker->next);
}

static void change_byte(struct maker *maker) {
  size_t at = take_place(maker);
  uint8_t with = fuzz_byte(maker->in);
  if (at < maker->file->len)
    maker->file->bytes[at] = (char)((uint8_t)maker->file->bytes[at] ^ with);
}

static void cut_end(struct maker *maker) { maker->file->len = take_place(maker); }

static void add_garbage(struct maker *maker) {
  size_t len = fuzz_byte(maker->in);
  len = len < maker->in->left ? len : maker->in->left;
  add(maker, maker->in->at, len);
  maker->in->at += len;
  maker->in->left -= len;
}

static void add_zeros(struct maker *maker) {
  static const char zeros[512];
  add(maker, zeros, 2u * fuzz_byte(maker->in));
}

static void zero_range(struct maker *maker) {
  size_t at = take_place(maker), len = 2u * fuzz_byte(maker->in);
  len = len < maker->file->len - at ? len : maker->file->len - at;
  memset(maker->file->bytes + at, 0, len);
}

static void repeat_range(struct maker *maker) {
  size_t at = take_place(maker), len = 2u * fuzz_byte(maker->in);
  add(maker, maker->file->bytes + at, len < maker->file->len - at ? len : maker->file->len - at);
}

static void remove_range(struct maker *maker) {
  size_t at = take_place(maker), len = 2u * fuzz_byte(maker->in);
  struct journal_file *file = maker->file;
  len = len < file->len - at ? len : file->len - at;
  memmove(file->bytes + at, file->bytes + at + len, file->len - at - len);
  file->len -= len;
}

/* Removes, or overwrites with a space, the newline of the n-th line from the end. */
static void lose_newline(struct maker *maker) {
  unsigned n = fuzz_byte(maker->in) % 32u;
  for (size_t i = maker->file->len; i > 0; i--)
    if (maker->file->bytes[i - 1] == '\n' && n-- == 0) {
      maker->file->bytes[i - 1] = ' ';
      return;
    }
}

/* The file ends where its n-th line from the end begins: commits lose their end, or all of their lines. */
static void lose_lines(struct maker *maker) {
  unsigned n = fuzz_byte(maker->in) % 32u;
  size_t i = maker->file->len;
  while (i > 0 && !(maker->file->bytes[i - 1] == '\n' && n-- == 0))
    i--;
  maker->file->len = i;
}

/* The steps of an input; more commits than damage, so that there is something to damage. */
static void (*const steps[])(struct maker *maker) = {
    add_commit,  add_commit, add_commit, add_commit,   next_file,    next_file,    add_odd_line, odd_file,   cut_end,
    change_byte, add_zeros,  zero_range, repeat_range, remove_range, lose_newline, lose_lines,   add_garbage};
#define STEPS (sizeof steps / sizeof steps[0])

/* Makes the CRC of every line right. */
static void mend_lines(struct journal_file *file) {
  size_t begin = 0;
  for (size_t i = 0; i < file->len; i++) {
    if (file->bytes[i] != '\n')
      continue;
    char digits[9];
    if (i - begin > EVS__CRC_TAIL) {
      snprintf(digits, sizeof digits, "%08x", (unsigned)evs__crc32c(0, file->bytes + begin, i - begin - EVS__CRC_TAIL));
      memcpy(file->bytes + i - 10, digits, 8);
    }
    begin = i + 1;
  }
}

/* Bytes as they are; a file is named by the first seq in it. */
static void make_raw(struct maker *maker, bool mend) {
  struct fuzz_bytes *in = maker->in;
  while (in->left > 0) {
    const uint8_t *end = memchr(in->at, 0xFF, in->left);
    size_t len = end ? (size_t)(end - in->at) : in->left;
    uint64_t first = 0;
    if (maker->file && (!evs__line_seq((const char *)in->at, len, &first) || first == 0))
      first = maker->file->first + 1;
    begin_file(maker, maker->file ? first : 1);
    add(maker, in->at, len);
    in->at += len + (end != NULL);
    in->left -= len + (end != NULL);
  }
  for (size_t i = 0; mend && i < maker->journal->count; i++)
    mend_lines(&maker->journal->files[i]);
}

void journal_make(struct journal *journal, struct fuzz_bytes *bytes) {
  struct maker maker = {.journal = journal, .in = bytes, .next = 1};
  *journal = (struct journal){.count = 0};
  unsigned kind = fuzz_byte(bytes) % 3u;
  if (kind < 2) {
    make_raw(&maker, kind == 1);
    return;
  }
  begin_file(&maker, 1);
  FUZZ_CHECK(maker.file != NULL);
  for (int i = 0; i < 64 && bytes->left > 0; i++)
    steps[fuzz_byte(bytes) % STEPS](&maker);
}

void journal_free(struct journal *journal) {
  for (size_t i = 0; i < journal->count; i++)
    free(journal->files[i].bytes);
  journal->count = 0;
}

/* ---- judging ---------------------------------------------------------------------------------------------------- */

/* A file, line by line. */
struct lines {
  const struct journal_file *file;
  size_t at; /* of the next line */
  uint64_t next;
  uint64_t durable; /* the last mark */
  bool strict;      /* all marks so far are such as the store writes */
  bool open;        /* inside of a commit */
  uint64_t last;    /* of the last whole commit */
  size_t end;       /* and where it ends */
};

/* The length of the line at a place; false where it has no newline. */
static bool line_at(const struct journal_file *file, size_t at, size_t *ret_len) {
  const char *newline = at < file->len ? memchr(file->bytes + at, '\n', file->len - at) : NULL;
  *ret_len = newline ? (size_t)(newline - (file->bytes + at)) : 0;
  return newline != NULL;
}

/* Does the file begin with a format that nobody knows yet? */
static bool is_future(const struct journal_file *file) {
  size_t len = 0;
  return line_at(file, 0, &len) && evs__line_format(file->bytes, len) > EVS_FORMAT;
}

/* Takes a good line; false at a bad one, and at the end. `bounded`: a mark may tell of nothing that was not there yet.
 */
static bool take_line(struct lines *lines, bool bounded) {
  size_t len = 0;
  struct evs__line line;
  bool first = lines->at == 0;
  if (!line_at(lines->file, lines->at, &len) || !evs__line_parse(lines->file->bytes + lines->at, len, &line) ||
      line.event.seq != lines->next || (line.format != 0) != first)
    return false;
  if (line.commit_end && line.durable >= line.event.seq && bounded)
    return false;
  lines->next++;
  lines->at += len + 1;
  lines->open = !line.commit_end;
  if (line.commit_end) {
    lines->strict = lines->strict && line.durable < line.event.seq && line.durable >= lines->durable;
    lines->durable = line.durable;
    lines->last = line.event.seq;
    lines->end = lines->at;
  }
  return true;
}

/* Is there, behind the first bad line, a whole one that was written when more than what stands before was durable? A
 * lost newline may have joined it to what comes before it. */
static bool is_damaged(const struct lines *lines) {
  const struct journal_file *file = lines->file;
  uint64_t bad = lines->last + 1;
  struct evs__line line;
  size_t len = 0;
  for (size_t at = lines->at; line_at(file, at, &len); at++)
    if (evs__line_parse(file->bytes + at, len, &line) && line.commit_end && line.event.seq > bad && line.durable >= bad)
      return true;
  return false;
}

/* All good lines of a file. */
static struct lines take_lines(const struct journal_file *file, uint64_t durable, bool bounded) {
  struct lines lines = {.file = file, .next = file->first, .durable = durable, .strict = true, .last = file->first - 1};
  while (take_line(&lines, bounded))
    continue;
  return lines;
}

/* The last file, which is looked at first: what it is, and up to where the journal goes. */
static int judge_last(const struct journal *journal, struct verdict *ret) {
  const struct journal_file *file = &journal->files[journal->count - 1];
  struct lines lines = take_lines(file, 0, true);
  ret->refuses = is_future(file);
  if (ret->refuses)
    return EVS_FUTURE;
  ret->head = lines.last;
  ret->torn_bytes = file->len - lines.end;
  ret->refuses = is_damaged(&lines);
  if (!ret->refuses && lines.end == 0) { /* it tells nothing of its own */
    uint64_t before = 0;
    if (journal->count > 1) {
      const struct journal_file *other = file - 1;
      ret->refuses = is_future(other);
      if (ret->refuses)
        return EVS_FUTURE;
      struct lines closed = take_lines(other, 0, true);
      before = closed.last;
      ret->refuses = closed.end < other->len;
    }
    ret->refuses = ret->refuses || before + 1 != file->first;
  }
  return ret->refuses ? EVS_CORRUPT : EVS_END;
}

/* Where the reader stops before the last file, or without looking into it, that file must follow all the same. */
static bool is_strict_behind(const struct journal *journal, uint64_t head) {
  const struct journal_file *last = &journal->files[journal->count - 1];
  uint64_t next = 1;
  for (size_t i = 0; i + 1 < journal->count; i++) {
    struct lines lines = take_lines(&journal->files[i], 0, false);
    if (journal->files[i].first != next || lines.at < journal->files[i].len || lines.open)
      return false;
    next = lines.next;
  }
  return last->first == next && head + 1 >= next;
}

void journal_judge(const struct journal *journal, struct verdict *ret) {
  *ret = (struct verdict){.reader = EVS_END, .strict = true};
  if (journal->count == 0)
    return;
  ret->reader = judge_last(journal, ret);
  if (ret->reader != EVS_END)
    return;
  uint64_t next = 1, durable = 0;
  for (size_t i = 0; i < journal->count && next <= ret->head; i++) {
    const struct journal_file *file = &journal->files[i];
    if (file->first > next)
      break; /* a hole */
    ret->strict = ret->strict && file->first == next;
    if (file->first < next) /* the reader, who goes from one name to the next, never opens it */
      continue;
    if (is_future(file)) {
      ret->reader = EVS_FUTURE;
      return;
    }
    bool last = i + 1 == journal->count;
    struct lines lines = take_lines(file, durable, last);
    ret->strict = ret->strict && lines.strict && (last || (!lines.open && lines.at == file->len));
    durable = lines.durable;
    next = lines.next;
    if (!last && lines.at < file->len)
      break;
  }
  if (next <= ret->head)
    ret->reader = EVS_CORRUPT;
  ret->strict = ret->strict && is_strict_behind(journal, ret->head);
}
