/* performance.h - what a ticket says about its musical: its name, and when it starts. Pure. */
#ifndef TICKET_PERFORMANCE_H
#define TICKET_PERFORMANCE_H

#include "app.h"
#include "domain.h"

struct performance {
  char musical_id[OP_MAX_ID + 1]; /* "": no such musical */
  char name[OP_MAX_NAME + 1];
  char starts_at[40]; /* RFC 3339; "": not said */
  uint64_t registered_seq;
};

/* The types that performance_apply() folds, NULL-terminated. */
extern const char *const performance_types[];
/* Is it one of them? */
bool performance_tells(const evs_event *event);

/* Folds an event of this musical. The first registration of an id is the musical, and a revision says anew when it
 * starts, or that nobody knows. */
void performance_apply(struct performance *performance, const evs_event *event);

#endif
