/* sibling.h - the other programs of OuterPark. */
#ifndef OUTERPARK_SIBLING_H
#define OUTERPARK_SIBLING_H

#include "app.h"

#include <stddef.h>

/* The programs whose `run` keeps the saga going, in the order in which they do it best; ends with NULL. Where a payment
 * is no step of the saga (op_config_pays), op-pay and op-ticket are none of them: customers pay elsewhere. */
const char *const *sibling_processors(const struct op_config *config);

/* Where `program` ("op-pay") is: beside this executable where it can be executed there, else its bare name, for PATH.
 */
void sibling_path(const char *program, char *buf, size_t size);

/* Adds those common options that mean the same to every program, as they were given here, from arguments[count] on.
 * Returns how many there are then; room for SIBLING_OPTIONS is needed. */
#define SIBLING_OPTIONS 12
size_t sibling_options(const struct op_app *app, const char **arguments, size_t count);

#endif
