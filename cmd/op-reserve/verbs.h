/* verbs.h - the verbs of op-reserve, for the table in main.c; each stands in the file of its concern. */
#ifndef RESERVE_VERBS_H
#define RESERVE_VERBS_H

#include "app.h"

struct place;

int verb_place(struct op_app *app, struct op_error *error); /* place.c */
/* The options that tell what is asked for, as a command. */
int place_read_options(const struct op_app *app, struct place *ret_place, struct op_error *error);
int place_batch(struct op_app *app, struct op_error *error); /* batch.c, `place --batch` */
int verb_cancel(struct op_app *app, struct op_error *error); /* cancel.c */
int verb_list(struct op_app *app, struct op_error *error);   /* list.c */
int verb_show(struct op_app *app, struct op_error *error);
int verb_wait(struct op_app *app, struct op_error *error); /* wait.c */
int verb_wait_list(struct op_app *app, struct op_error *error);
int verb_wait_show(struct op_app *app, struct op_error *error);
int verb_wait_withdraw(struct op_app *app, struct op_error *error);
int verb_run(struct op_app *app, struct op_error *error); /* unpaid.c */

#endif
