/* sibling.h - the other programs of OuterPark. */
#ifndef OUTERPARK_SIBLING_H
#define OUTERPARK_SIBLING_H

#include <stddef.h>

/* Where `program` ("op-pay") is: beside this executable where it can be executed there, else its bare name, for PATH.
 */
void sibling_path(const char *program, char *buf, size_t size);

#endif
