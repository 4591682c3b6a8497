/* code.c - writes and reads the codes of tickets, see code.h.
 *
 * The alphabet is that of Douglas Crockford's "Base 32" (2019): no two of its letters look or sound alike, and no word
 * is spelled by accident. Invariant: code_read() of any way to type a code gives what code_write() wrote. */
#include "code.h"

#include <string.h>

#define GROUP 4
#define SYMBOLS 16

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Five bits a symbol, the first byte's highest bits first; a dash before every group but the first. */
void code_write(const uint8_t random[CODE_BYTES], char ret_code[CODE_SIZE]) {
  unsigned held = 0, bits = 0;
  char *at = ret_code;
  for (unsigned symbol = 0, byte = 0; symbol < SYMBOLS; symbol++) {
    if (bits < 5) {
      held = held << 8 | random[byte++];
      bits += 8;
    }
    if (symbol > 0 && symbol % GROUP == 0)
      *at++ = '-';
    bits -= 5;
    *at++ = alphabet[held >> bits & 31];
  }
  *at = '\0';
}

/* The symbol that was meant, or NUL. */
static char meant(char typed) {
  char letter = typed >= 'a' && typed <= 'z' ? (char)(typed - 'a' + 'A') : typed;
  if (letter == 'O')
    letter = '0';
  if (letter == 'I' || letter == 'L')
    letter = '1';
  return letter != '\0' && strchr(alphabet, letter) ? letter : '\0';
}

/* Dashes and spaces may stand anywhere. */
bool code_read(const char *typed, char ret_code[CODE_SIZE]) {
  unsigned symbols = 0;
  char *at = ret_code;
  for (; *typed; typed++) {
    if (*typed == '-' || *typed == ' ')
      continue;
    char symbol = meant(*typed);
    if (!symbol || symbols == SYMBOLS)
      return false;
    if (symbols > 0 && symbols % GROUP == 0)
      *at++ = '-';
    *at++ = symbol;
    symbols++;
  }
  *at = '\0';
  return symbols == SYMBOLS;
}
