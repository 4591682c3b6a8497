/* lock.h - flock(2) within a time limit, which the call itself has not.
 *
 * The lock belongs to the open file description: closing the descriptor, or the end of the process, gives it back. */
#ifndef OP_LOCK_H
#define OP_LOCK_H

/* Takes the lock (LOCK_SH or LOCK_EX) on fd, looking again and again for at most timeout_ms (0: looks once). 0;
 * ETIMEDOUT where somebody else held it all the time; else what flock(2) says. */
int op_lock(int fd, int operation, unsigned timeout_ms);

#endif
