/* backstage.h - sentences about what goes on behind a reservation and changes nothing of it. Pure.
 *
 * Notices that fail, wait or are given up, and what programs of others (op-journal consume) could not do with an event
 * of the saga. */
#ifndef MYPAGE_BACKSTAGE_H
#define MYPAGE_BACKSTAGE_H

#include "output.h"

/* Adds one short sentence; false, and nothing added, where it is another event. */
bool backstage_detail(const evs_event *event, struct op_text *text);

#endif
