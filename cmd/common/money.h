/* money.h - figures for people: digits in groups, amounts in their currency. */
#ifndef OP_MONEY_H
#define OP_MONEY_H

#include "output.h"

/* Adds a number with its digits in groups of three: 1,234,567. */
void op_text_grouped(struct op_text *text, int64_t number);

/* Adds an amount of minor units with its currency's own decimals and its code: "500,000 KRW", "1,234.50 USD". */
void op_text_money(struct op_text *text, int64_t amount, const char *currency);

/* The same without the code: "500,000", "1,234.50". */
void op_text_amount(struct op_text *text, int64_t amount, const char *currency);

#endif
