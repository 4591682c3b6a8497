/* promise.h - what the store promised at a point of a run, and whether a journal keeps it.
 *
 * Events tell what they are: writer, commit, number in the commit, how many there are, and for some a slot. Slots are
 * taken one after the other by decisions with a condition, so a decision that stands without what it was built on is a
 * hole between slots, and a condition that did not hold is a slot taken twice. */
#ifndef PROMISE_H
#define PROMISE_H

#include "record.h"

#include <evstore.h>

#define PROMISE_EVENTS 4096
#define PROMISE_WRITERS 128 /* one for every process that ever ran */
#define PROMISE_COMMITS 64  /* of one writer */
#define PROMISE_CONSUMERS 2
#define PROMISE_PAGE 1024 /* bytes of the control page that are kept */

/* ---- events ------------------------------------------------------------------------------------------- */

/* The commit of a number: `slot` 0 is none. Everything follows from the three. */
struct promise_commit {
  evs_new_event events[4];
  size_t count;
  char ids[4][40];
  char data[4][2048];
};
void promise_make(uint32_t writer, uint32_t commit, uint32_t slot, struct promise_commit *ret);
/* The last slot that is taken, and the position of the last event. */
int promise_last_slot(evs_store *store, uint32_t *ret_slot, uint64_t *ret_position, evs_error *error);
/* The CRC of an event's line. */
uint32_t promise_crc(const evs_event *event);

/* ---- what was promised -------------------------------------------------------------------------------- */

struct promise {
  struct {
    bool acknowledged, shown;
    uint32_t writer, commit, index, crc;
  } at[PROMISE_EVENTS]; /* by position */
  uint64_t head;        /* at least this far */
  bool refused[PROMISE_WRITERS][PROMISE_COMMITS];
  struct {
    uint64_t acknowledged, tried;
  } consumers[PROMISE_CONSUMERS];
  size_t page_len;
  char page[PROMISE_PAGE];
};

/* Takes a mark of the log into account. */
void promise_follow(struct promise *promise, const struct record *record);

/* What was found in a state that keeps its promises. */
struct promise_found {
  uint64_t head, torn_bytes, kept; /* kept: events that nobody was told of */
  bool no_store, torn;
};

/* How a state is looked at. */
struct promise_look {
  const char *store;
  uint64_t segment_bytes, random;
  bool stale_page;
};

/* Opens the store and looks at everything; then the work goes on with a few commits. False: a promise is broken, and
 * `why` says which. */
bool promise_holds(const struct promise *promise, const struct promise_look *look, struct promise_found *ret_found,
                   char why[512]);

#endif
