/* holder.h - the name under which a process has attempts in hand, and whether that process is gone. */
#ifndef PAY_HOLDER_H
#define PAY_HOLDER_H

#include "payment.h"

/* The name of this process: a mark of the machine since it was started, the process number, and when it began. Where
 * the kernel does not tell, a random one. */
void holder_name(char name[PAY_MAX_HOLDER]);

/* Is it certain that the process of this name has ended? False for one on another machine, whose lease tells. */
bool holder_is_gone(const char *name);

#endif
