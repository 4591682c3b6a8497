/* code.h - the code of a ticket: what its holder shows at the door. Pure.
 *
 * 80 bits of the kernel's randomness in Crockford's base 32 (digits and capitals without I, L, O and U), in four groups
 * of four: 7XKQ-2M9D-VH4T-0CPR. Nobody guesses one: with a million tickets issued, a million million guesses hit with a
 * chance of one in a million. Whoever types one may use small letters, leave the dashes out, and take O for 0, I and L
 * for 1. */
#ifndef TICKET_CODE_H
#define TICKET_CODE_H

#include <stdbool.h>
#include <stdint.h>

enum { CODE_BYTES = 10, CODE_SIZE = 20 /* with its NUL */ };

/* The code of these random bytes, in its one form. */
void code_write(const uint8_t random[CODE_BYTES], char ret_code[CODE_SIZE]);

/* What was typed, in that form; false where it is no code. */
bool code_read(const char *typed, char ret_code[CODE_SIZE]);

#endif
