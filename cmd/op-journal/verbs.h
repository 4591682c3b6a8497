/* verbs.h - the verbs of op-journal, as main.c lists them. Each returns 0, or an exit code with *error filled. */
#ifndef JOURNAL_VERBS_H
#define JOURNAL_VERBS_H

#include "app.h"

int verb_read(struct op_app *app, struct op_error *error);      /* read.c */
int verb_append(struct op_app *app, struct op_error *error);    /* append.c */
int verb_consume(struct op_app *app, struct op_error *error);   /* consume.c */
int verb_consumers(struct op_app *app, struct op_error *error); /* consumers.c */
int verb_seek(struct op_app *app, struct op_error *error);      /* consumers.c */
int verb_forget(struct op_app *app, struct op_error *error);    /* forget.c */
int verb_parts(struct op_app *app, struct op_error *error);     /* parts.c */
int verb_parked(struct op_app *app, struct op_error *error);    /* parked.c */
int verb_retry(struct op_app *app, struct op_error *error);     /* parked.c */
int verb_drop(struct op_app *app, struct op_error *error);      /* parked.c */
int verb_verify(struct op_app *app, struct op_error *error);    /* check.c */
int verb_repair(struct op_app *app, struct op_error *error);    /* check.c */
int verb_stat(struct op_app *app, struct op_error *error);      /* check.c */
int verb_rebuild(struct op_app *app, struct op_error *error);   /* rebuild.c */

#endif
