/* catalogue_entry.h - one entry of a catalogue, a musical or a show with its performances; for catalogue.c. */
#ifndef MUSICAL_CATALOGUE_ENTRY_H
#define MUSICAL_CATALOGUE_ENTRY_H

#include "catalogue.h"

/* Adds the musicals that the node describes to the catalogue, which is the context. */
int catalogue_entry(void *context, const struct op_yaml *yaml, const yaml_node_t *node);

#endif
