/* cloudevents.h - events as CloudEvents 1.0, for programs that speak it. */
#ifndef JOURNAL_CLOUDEVENTS_H
#define JOURNAL_CLOUDEVENTS_H

#include "output.h"

#include <evstore.h>

/* Adds the store as a URI reference, file:///dir with what a URI may not hold percent-encoded: the `source` of its
 * events, which with their id makes them unique in the world. */
void cloudevent_source(const char *directory, struct op_text *text);

/* Adds the event as one CloudEvents JSON object without a newline. `source` is made by cloudevent_source(). */
void cloudevent_add(const evs_event *event, const char *source, struct op_text *text);

#endif
