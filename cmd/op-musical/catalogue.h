/* catalogue.h - a catalogue of musicals in YAML:
 *
 *   musicals:
 *     - {id: 1, name: Frozen, seats: 100, price: 50000, currency: KRW, venue: Main hall,
 *        startsAt: 2026-12-24T19:30:00+09:00, salesOpen: ..., salesClose: ..., maxPerCustomer: 4}
 *     - id: cats
 *       name: Cats
 *       grades: [{grade: VIP, seats: 20, price: 150000}, {grade: R, seats: 60, price: 90000}]
 *       performances:
 *         - 2026-12-24T19:30:00+09:00
 *         - {startsAt: 2026-12-25T14:00:00+09:00, id: cats-christmas, salesClose: ...}
 *
 * or the list alone, without the key `musicals`; `musicalId` may stand for `id`. id, name and seats (or grades) are
 * required. Each performance is a musical of its own, with all that its show says and it does not say itself; its id is
 * the show's and the date as it is written, `cats-2026-12-24`, unless it has one of its own. An error names its place:
 * `FILE:LINE:COLUMN: what`, exit 65. */
#ifndef MUSICAL_CATALOGUE_H
#define MUSICAL_CATALOGUE_H

#include "decide.h"
#include "yaml_list.h"

enum { MAX_MUSICALS = 50000 }; /* more do not fit into one commit */

struct catalogue {
  struct registration *items; /* in the order of the file; ids are unique */
  struct op_yaml_spot *spots; /* where each of them stands */
  size_t count, size;
  const char *path; /* borrowed */
};

/* `path` is borrowed until catalogue_free(). */
int catalogue_load(const char *path, struct catalogue *ret_catalogue, struct op_error *error);
void catalogue_free(struct catalogue *catalogue);
/* Puts the place of a musical before the message of an error that is filled already; returns its exit code. */
int catalogue_fail_at(const struct catalogue *catalogue, size_t index, struct op_error *error);

#endif
