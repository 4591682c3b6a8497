/* turns.h - processes that take turns: of several that work on one store exactly one runs, and who runs next is drawn
 * from a seed whenever one makes a system call of io.c, waits for a lock, or sleeps. So a run of several processes is
 * the same every time, and a failure can be repeated from its seed.
 *
 * Waiting takes no time: flock(2), futex(2), sched_yield(2), nanosleep(2) and clock_gettime(2) of the library come here
 * (the linker's --wrap), where whoever waits gives its turn away and a clock of our own goes on. */
#ifndef TURNS_H
#define TURNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TURNS_MOST 4 /* processes at once */

/* What is drawn, by whoever has the turn: all of a run comes from this one sequence. */
uint64_t turns_random(void);
uint64_t turns_below(uint64_t bound);
/* True once in `chance` times; 0: never. */
bool turns_chance(uint64_t chance);

/* In the parent: a new run. The turn changes once in `stay` times that it may. */
void turns_reset(uint64_t seed, uint64_t stay);
/* In the parent: runs `count` processes work(context, index) until all have ended. Where one was ended by turns_die(),
 * respawn(context, index) tells whether another takes its place. Returns 0, or the wait(2) status of one that ended in
 * any other way than by returning 0. */
int turns_run(unsigned count, int (*work)(void *context, unsigned index),
              bool (*respawn)(void *context, unsigned index), void *context);

/* In a process: somebody else may run now. */
void turns_yield(void);
/* In a process: it does not run again before the others had so many turns. */
void turns_pause(uint64_t turns);
/* In a process: it is killed, here and now. */
_Noreturn void turns_die(void);
/* Which of the processes this is. */
unsigned turns_self(void);

#endif
