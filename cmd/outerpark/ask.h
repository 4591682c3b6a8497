/* ask.h - asks another program of OuterPark about itself. */
#ifndef OUTERPARK_ASK_H
#define OUTERPARK_ASK_H

#include "app.h"

#include <jansson.h>

/* Runs `program` with these words (NULL-terminated) and -o json within the time limit. *ret_answer: what it printed, to
 * be freed with json_decref(); NULL where it has no such verb or option (exit 64). Any other failure: exit 75 with its
 * own words. */
int ask(struct op_app *app, const char *program, const char *const *words, json_t **ret_answer, struct op_error *error);

#endif
