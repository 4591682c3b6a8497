/* verbs.h - the verbs of op-pay as main.c lists them; each returns 0 or an exit code with *error filled. */
#ifndef PAY_VERBS_H
#define PAY_VERBS_H

#include "app.h"

int pay_run(struct op_app *app, struct op_error *error);       /* run.c */
int pay_list(struct op_app *app, struct op_error *error);      /* list.c */
int pay_show(struct op_app *app, struct op_error *error);      /* list.c */
int pay_retry(struct op_app *app, struct op_error *error);     /* retry_verb.c */
int pay_circuit(struct op_app *app, struct op_error *error);   /* circuit_verb.c */
int pay_reconcile(struct op_app *app, struct op_error *error); /* reconcile.c */

#endif
