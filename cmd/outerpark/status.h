/* status.h - the verb status. */
#ifndef OUTERPARK_STATUS_H
#define OUTERPARK_STATUS_H

#include "app.h"

/* Says how the installation is, by asking every program about itself; exit 0, or 75 where it is not ready (live). */
int verb_status(struct op_app *app, struct op_error *error);

#endif
