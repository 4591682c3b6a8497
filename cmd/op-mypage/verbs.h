/* verbs.h - the verbs of op-mypage as main.c lists them; each returns 0 or an exit code with *error filled. */
#ifndef MYPAGE_VERBS_H
#define MYPAGE_VERBS_H

#include "app.h"

int mypage_list(struct op_app *app, struct op_error *error);    /* list.c */
int mypage_show(struct op_app *app, struct op_error *error);    /* list.c */
int mypage_history(struct op_app *app, struct op_error *error); /* history.c */

int mypage_report_sales(struct op_app *app, struct op_error *error);     /* report.c */
int mypage_report_occupancy(struct op_app *app, struct op_error *error); /* report.c */
int mypage_report_payments(struct op_app *app, struct op_error *error);  /* report.c */

#endif
