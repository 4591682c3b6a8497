/* tick.h - the verb tick. */
#ifndef OUTERPARK_TICK_H
#define OUTERPARK_TICK_H

#include "app.h"

/* Runs every processor, round and round, until a whole round appended nothing. */
int verb_tick(struct op_app *app, struct op_error *error);

#endif
