/* money.c - writes numbers and amounts the way people read them.
 *
 * An amount is an integer in minor units; how many of them make a whole unit is the currency's (ISO 4217). It is shown,
 * never computed with: no floating point comes near it. Raises nothing. */
#include "money.h"

#include <inttypes.h>
#include <string.h>

/* Adds digits in groups. */
static void add_grouped(struct op_text *text, uint64_t number) {
  char digits[24];
  int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0)
      op_text_add(text, ",", 1);
    op_text_add(text, &digits[i], 1);
  }
}

/* The distance from zero. */
static uint64_t magnitude(int64_t number) { return number < 0 ? 0 - (uint64_t)number : (uint64_t)number; }

/* Adds a number. */
void op_text_grouped(struct op_text *text, int64_t number) {
  if (number < 0)
    op_text_adds(text, "-");
  add_grouped(text, magnitude(number));
}

/* How many decimals the minor unit of a currency stands for. */
static int decimals(const char *currency) {
  static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
  static const char three[] = "BHD IQD JOD KWD LYD OMR TND";
  if (strlen(currency) != 3 || strstr(none, currency) != NULL)
    return 0;
  return strstr(three, currency) != NULL ? 3 : 2;
}

/* Adds an amount without its currency. */
void op_text_amount(struct op_text *text, int64_t amount, const char *currency) {
  int places = decimals(currency);
  uint64_t unit = places == 3 ? 1000 : places == 2 ? 100 : 1;
  if (amount < 0)
    op_text_adds(text, "-");
  add_grouped(text, magnitude(amount) / unit);
  if (places > 0)
    op_text_addf(text, ".%0*" PRIu64, places, magnitude(amount) % unit);
}

/* Adds an amount with its currency. */
void op_text_money(struct op_text *text, int64_t amount, const char *currency) {
  op_text_amount(text, amount, currency);
  if (currency[0] != '\0')
    op_text_addf(text, " %s", currency);
}
