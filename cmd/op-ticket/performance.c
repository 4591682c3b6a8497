/* performance.c - the fold of a musical, as far as a ticket tells of it; see performance.h.
 *
 * Its seats and prices are no matter of a ticket, so nothing but these two types is folded. */
#include "performance.h"

#include "model.h"

const char *const performance_types[] = {OP_MUSICAL_REGISTERED, OP_MUSICAL_REVISED, NULL};

/* Does the event tell of a musical? */
bool performance_tells(const evs_event *event) {
  return op_type_is(event, OP_MUSICAL_REGISTERED) || op_type_is(event, OP_MUSICAL_REVISED);
}

/* Folds an event. */
void performance_apply(struct performance *performance, const evs_event *event) {
  bool known = performance->musical_id[0] != '\0';
  if (known == op_type_is(event, OP_MUSICAL_REGISTERED))
    return;
  if (!known) {
    if (!op_field_id(event, "musicalId", performance->musical_id))
      return;
    op_field_text(event, "name", performance->name, sizeof performance->name);
    performance->registered_seq = event->seq;
  }
  op_field_text(event, "startsAt", performance->starts_at, sizeof performance->starts_at);
}
