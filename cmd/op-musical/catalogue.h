/* catalogue.h - a catalogue of musicals in YAML:
 *
 *   musicals:
 *     - {id: 1, name: Frozen, seats: 100, price: 50000, currency: KRW, venue: Main hall,
 *        startsAt: 2026-12-24T19:30:00+09:00, salesOpen: ..., salesClose: ..., maxPerCustomer: 4}
 *
 * or the list alone, without the key `musicals`; `musicalId` may stand for `id`. id, name and seats are required. An
 * error names its place: `FILE:LINE:COLUMN: what`, exit 65. */
#ifndef MUSICAL_CATALOGUE_H
#define MUSICAL_CATALOGUE_H

#include "decide.h"

struct catalogue {
  struct registration *items; /* in the order of the file; ids are unique */
  size_t count;
};

int catalogue_load(const char *path, struct catalogue *ret_catalogue, struct op_error *error);
void catalogue_free(struct catalogue *catalogue);

#endif
