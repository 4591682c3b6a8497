/* verbs.h - the verbs of op-ticket, for the table in main.c; each stands in the file of its concern. */
#ifndef TICKET_VERBS_H
#define TICKET_VERBS_H

#include "app.h"

int verb_issue(struct op_app *app, struct op_error *error); /* issue.c */
int verb_admit(struct op_app *app, struct op_error *error); /* admit.c */
int verb_verify(struct op_app *app, struct op_error *error);
int verb_list(struct op_app *app, struct op_error *error); /* list.c */
int verb_show(struct op_app *app, struct op_error *error);
int verb_run(struct op_app *app, struct op_error *error); /* run.c */

#endif
