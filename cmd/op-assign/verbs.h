/* verbs.h - the verbs of op-assign, for the table in main.c; each stands in the file of its concern. */
#ifndef ASSIGN_VERBS_H
#define ASSIGN_VERBS_H

#include "app.h"

int verb_branch_add(struct op_app *app, struct op_error *error); /* change.c */
int verb_branch_adjust(struct op_app *app, struct op_error *error);
int verb_branch_close(struct op_app *app, struct op_error *error);
int verb_branch_open(struct op_app *app, struct op_error *error);
int verb_branch_import(struct op_app *app, struct op_error *error);
int verb_branch_list(struct op_app *app, struct op_error *error); /* list.c */
int verb_branch_show(struct op_app *app, struct op_error *error);
int verb_list(struct op_app *app, struct op_error *error);
int verb_show(struct op_app *app, struct op_error *error);
int verb_collect(struct op_app *app, struct op_error *error); /* collect.c */
int verb_run(struct op_app *app, struct op_error *error);     /* run.c */

#endif
