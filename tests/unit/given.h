/* given.h - events for the tables of given / when / then, without a journal. */
#ifndef UNIT_GIVEN_H
#define UNIT_GIVEN_H

#include <evstore.h>

/* An event with this seq, type, cause and data (valid JSON without white space); its time is SEQ seconds after
 * 2026-11-20T12:00:00Z, its correlation "1". Borrows the strings; the time is kept until the next 64 calls. */
evs_event given_event(uint64_t seq, const char *type, uint64_t causation, const char *data);

#endif
