/* descendants.h - ends a process with all that it started, as far as they still hang together. */
#ifndef OP_DESCENDANTS_H
#define OP_DESCENDANTS_H

#include <sys/types.h>

/* Kills `leader`, a child of ours that was not waited for yet, its process group (it leads one), and its descendants in
 * whatever group or session they are. What escapes is a descendant whose parent ended before this, and that left the
 * group: it is somebody else's child by then. Nothing is waited for. */
void op_kill_descendants(pid_t leader);

#endif
