/* verbs.h - the verbs of op-notify as main.c lists them; each returns 0 or an exit code with *error filled. */
#ifndef NOTIFY_VERBS_H
#define NOTIFY_VERBS_H

#include "app.h"

int notify_contact_set(struct op_app *app, struct op_error *error); /* contact.c */
int notify_contact_show(struct op_app *app, struct op_error *error);
int notify_contact_forget(struct op_app *app, struct op_error *error);
int notify_run(struct op_app *app, struct op_error *error);   /* run.c */
int notify_list(struct op_app *app, struct op_error *error);  /* list.c */
int notify_retry(struct op_app *app, struct op_error *error); /* retry.c */

#endif
