/* draft.h - what a decision gives back: events to append (drafts) and the condition that guards them (guard).
 *
 * A decision is a pure function of folded state and a command; it fills these two or refuses by op_fail(). Appending
 * them is commit.h's business. Everything added is copied and owned by the lists. */
#ifndef OP_DRAFT_H
#define OP_DRAFT_H

#include "output.h"

#include <evstore.h>

struct op_draft {
  char id[EVS_MAX_ID + 1]; /* "": a random one; derived from the cause where there is one, so that a retry is known */
  const char *type;        /* static storage, a word of domain.h (or owned elsewhere) */
  char correlation[EVS_MAX_ID + 1];
  uint64_t causation;
  int64_t time_us; /* 0: set by the commit to op_now_us() */
  char *tags[16];  /* the memory of each is kept for the next draft that takes this place */
  size_t tag_sizes[16];
  size_t tag_count;
  struct op_text data; /* begin with op_json_begin(), end with op_json_end() */
};

struct op_drafts {
  struct op_draft *items;
  size_t count, size;
};

/* A request of the caller's: its key and its canonical text, see request.h. */
struct op_request {
  const char *key; /* NULL: it has none */
  const char *text;
};

/* A new draft at the end of the list; the pointer is valid until the next op_draft_add(). correlation "" : none. */
struct op_draft *op_draft_add(struct op_drafts *drafts, const char *type, const char *correlation, uint64_t causation);
void op_draft_id(struct op_draft *draft, const char *format, ...) __attribute__((format(printf, 2, 3)));
void op_draft_tag(struct op_draft *draft, const char *name, const char *value); /* value NULL or "": no tag */
void op_drafts_reset(struct op_drafts *drafts);                                 /* empty, memory kept */
void op_drafts_free(struct op_drafts *drafts);

/* Shows a draft as the event that it is or will be, for the code that prints and folds events: seq, causation, type,
 * correlation, time and data are set (time is written into the caller's time_buf), tags and line are empty. */
void op_draft_event(const struct op_draft *draft, uint64_t seq, char time_buf[EVS_TIME_SIZE], evs_event *ret_event);

/* The condition: unless an event matching one of the items stands after what was read. */
struct op_guard {
  struct op_guard_item *items;
  size_t count, size;
  /* private to draft.c: what op_guard_query() gives back */
  evs_query query;
  evs_query_item *query_items;
};

/* Adds an item: events of any of `types` (NULL-terminated, static storage, NULL: any type) with tag name:value
 * (copied; value NULL: any). */
void op_guard_add(struct op_guard *guard, const char *const *types, const char *name, const char *value);
void op_guard_reset(struct op_guard *guard);
void op_guard_free(struct op_guard *guard);
/* Remembers the request that the event answers: data members requestId and request (canonical text), tag request:KEY,
 * and a guard against a second event of this request. Between op_json_begin() and op_json_end(); key NULL or "":
 * nothing. */
void op_draft_request(struct op_draft *draft, const char *key, const char *request, struct op_guard *guard);
/* The guard as a query of libevstore; borrowed from the guard until it changes. NULL for an empty guard: it matches
 * nothing, where an empty query would match everything. */
const evs_query *op_guard_query(struct op_guard *guard);

#endif
