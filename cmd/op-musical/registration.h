/* registration.h - what describes a musical, read from options or from a catalogue: one set of names and rules. */
#ifndef MUSICAL_REGISTRATION_H
#define MUSICAL_REGISTRATION_H

#include "decide.h"

/* The fields in the order of the output: id, name, seats, price ... NULL-terminated. */
extern const char *const registration_fields[];

/* A registration in which nothing is set yet but the defaults. */
void registration_init(struct registration *registration);
/* Sets one field from text; 65 where it is no such value. `field` is one of registration_fields. */
int registration_set(struct registration *registration, const char *field, const char *text, struct op_error *error);
/* Is everything there, and does it fit together? `ret_field` is the field to point at. */
int registration_check(const struct registration *registration, const char **ret_field, struct op_error *error);
/* Adds it as one JSON object: the canonical text of the request. */
void registration_text(const struct registration *registration, struct op_text *text);

#endif
