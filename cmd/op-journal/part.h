/* part.h - consumer groups: which part of a consumer an event belongs to, and what the parts are called. Pure.
 *
 * `--consumer NAME --part K/N`: N processes share the events of NAME by their correlation, so that the order within one
 * is kept. Each part has an offset of its own, under the name NAME.K-of-N. An event without a correlation belongs to
 * part 1. Which part a correlation belongs to must never change, or parts would skip events: the function is FNV-1a (64
 * bits) of its UTF-8, mixed as MurmurHash3 ends, of which the upper half is scaled to N. */
#ifndef JOURNAL_PART_H
#define JOURNAL_PART_H

#include "error.h"

#define MAX_PARTS 1000

struct part {
  unsigned number; /* K, from 1 */
  unsigned of;     /* N; 0: the consumer is not divided */
};

/* Reads "K/N". */
bool part_parse(const char *text, struct part *ret_part);
/* The part of a correlation ("" : none), 1 to `of`. */
unsigned part_number(const char *correlation, unsigned of);
/* Does an event of this correlation belong to it? */
bool part_has(struct part part, const char *correlation);

/* The name under which its offset is kept: NAME or NAME.K-of-N. False where that is too long for one. */
bool part_name(const char *consumer, struct part part, char buf[EVS_MAX_CONSUMER + 1]);
/* The other way: NAME and its part ("of" 0 where the name is that of no part). */
struct part part_of_name(const char *name, char consumer[EVS_MAX_CONSUMER + 1]);

#endif
