/* line.h - one event, one line: the canonical form of FORMAT.md, written and read. */
#ifndef EVS_LINE_H
#define EVS_LINE_H

#include "text.h"

#define EVS__CRC_TAIL 18u /* bytes of `,"crc":"9ab01c2f"}` */

/* A parsed line: the public event, and the marks that only the store looks at. */
struct evs__line {
  evs_event event;
  uint64_t format;  /* on the first line of a segment; 0: not there */
  uint64_t durable; /* valid where commit_end */
  bool commit_end;  /* the line carries `durable`: its commit ends here */
  const char *rest; /* between evs__line_begin() and evs__line_end() */
};

/* Checks a new event against the limits of evstore.h. 0 or EVS_INVALID. `number` is its 1-based place in
 * the commit, for the message. */
int evs__event_check(const evs_new_event *event, size_t number, evs_error *error);

/* What the store adds to a new event. */
struct evs__stamp {
  uint64_t seq;
  bool first_of_segment; /* writes the format mark */
  bool commit_end;       /* writes the durable mark */
  uint64_t durable;
};

/* A new event in two parts, of which only what the write lock decides (the stamp) is missing: everything that
 * can be done before the lock is. `head` is from `"id"` to the causation, `tail` the data. */
struct evs__prepared {
  const char *id; /* of the event, or made_id */
  char made_id[33];
  size_t head, head_len; /* offsets into the buffer that evs__line_prepare() filled */
  size_t tail, tail_len;
};

/* What the events that one handle prepares have in common. Set now_us; the rest begins as zeros and is kept. */
struct evs__preparing {
  int64_t now_us;            /* the time of events that have none */
  int64_t time_us;           /* the time that was written last, */
  char time[EVS_TIME_SIZE];  /* as text */
  unsigned char random[256]; /* for ids; used up from the end */
  size_t random_left;
};

/* Encodes the parts of an event that do not depend on its place. `ret` must stay where it is, and the event's id must
 * live, as long as ret->id is used. 0, EVS_INVALID or ENOMEM. */
int evs__line_prepare(const evs_new_event *event, size_t number, struct evs__preparing *preparing,
                      struct evs__buf *parts, struct evs__prepared *ret, evs_error *error);

/* Adds the whole line with its CRC and newline to out. 0, EVS_INVALID (too long) or ENOMEM. */
int evs__line_finish(const struct evs__buf *parts, const struct evs__prepared *prepared, const struct evs__stamp *stamp,
                     struct evs__buf *out, evs_error *error);

/* Parses a line (without its newline) and checks its CRC. True where it is canonical and whole. */
bool evs__line_parse(const char *line, size_t len, struct evs__line *ret);
/* The same in two steps: the first checks the CRC and parses up to the type, which is enough to pass over a line that a
 * query does not want; the second parses the rest. */
bool evs__line_begin(const char *line, size_t len, struct evs__line *ret);
bool evs__line_end(struct evs__line *ret);

/* Looks at the start of the first line of a segment, whatever the rest may be: the format mark, or 0 where
 * there is none to be seen. */
uint64_t evs__line_format(const char *line, size_t len);

/* Reads the seq at the start of a line; false where it does not start like one. */
bool evs__line_seq(const char *line, size_t len, uint64_t *ret_seq);

#endif
