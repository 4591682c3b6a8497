/* query.h - a query compiled for the replay: its strings escaped once, so that lines are compared as they stand. */
#ifndef EVS_QUERY_H
#define EVS_QUERY_H

#include "text.h"

struct evs__query;

/* Copies and escapes a query. NULL: matches everything. 0, EVS_INVALID or ENOMEM. */
int evs__query_compile(const evs_query *query, struct evs__query **ret, evs_error *error);
bool evs__query_matches(const struct evs__query *query, const evs_event *event);
/* Can an event of this type match? */
bool evs__query_wants(const struct evs__query *query, evs_slice type);
void evs__query_free(struct evs__query *query);

#endif
