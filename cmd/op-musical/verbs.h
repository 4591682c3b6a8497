/* verbs.h - the verbs of op-musical, for the table in main.c; each stands in the file of its concern. */
#ifndef MUSICAL_VERBS_H
#define MUSICAL_VERBS_H

#include "app.h"

int verb_register(struct op_app *app, struct op_error *error); /* change.c */
int verb_adjust(struct op_app *app, struct op_error *error);
int verb_close(struct op_app *app, struct op_error *error);
int verb_open(struct op_app *app, struct op_error *error);
int verb_import(struct op_app *app, struct op_error *error); /* import.c */
int verb_list(struct op_app *app, struct op_error *error);   /* list.c */
int verb_show(struct op_app *app, struct op_error *error);
int verb_run(struct op_app *app, struct op_error *error); /* release.c */

#endif
