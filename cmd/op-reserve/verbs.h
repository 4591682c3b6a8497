/* verbs.h - the verbs of op-reserve, for the table in main.c; each stands in the file of its concern. */
#ifndef RESERVE_VERBS_H
#define RESERVE_VERBS_H

#include "app.h"

int verb_place(struct op_app *app, struct op_error *error);  /* place.c */
int place_batch(struct op_app *app, struct op_error *error); /* batch.c, `place --batch` */
int verb_cancel(struct op_app *app, struct op_error *error); /* cancel.c */
int verb_list(struct op_app *app, struct op_error *error);   /* list.c */
int verb_show(struct op_app *app, struct op_error *error);
int verb_run(struct op_app *app, struct op_error *error); /* unpaid.c */

#endif
