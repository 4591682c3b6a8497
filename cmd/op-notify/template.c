/* template.c - the texts that customers read, as a table of wordings and one function that fills them in.
 *
 * Invariants: the text is a pure function of the notice and the language, so that a list shows what was sent; it is one
 * line whatever stands in a musical's name; what is not known is left out rather than shown empty. */
#include "template.h"

#include "money.h"

#include <stdlib.h>
#include <string.h>

const char *const notify_languages[] = {"ko", "en", NULL};

/* What one cause says in one language. %s in `money` and `seats` is the figure. */
struct wording {
  const char *type, *lang;
  const char *subject, *opening;
  const char *seat, *seats; /* one, several */
  const char *money, *no_money;
};

static const struct wording wordings[] = {
    {OP_PAYMENT_APPROVED, "ko", "결제 승인", "결제가 승인되었습니다.", "%s석", "%s석", "%s", "무료"},
    {OP_PAYMENT_APPROVED, "en", "Payment approved", "Your payment is approved.", "%s seat", "%s seats", "%s", "free"},
    {OP_PAYMENT_DECLINED, "ko", "결제 거절", "결제가 거절되었습니다.", "%s석", "%s석", "%s", "무료"},
    {OP_PAYMENT_DECLINED, "en", "Payment declined", "Your payment was declined.", "%s seat", "%s seats", "%s", "free"},
    {OP_PAYMENT_REFUNDED, "ko", "일부 환불", "예약 일부가 취소되어 환불되었습니다.", "%s석 취소", "%s석 취소",
     "%s 환불", "환불 금액 없음"},
    {OP_PAYMENT_REFUNDED, "en", "Partly refunded", "Part of your reservation was cancelled and refunded.",
     "%s seat cancelled", "%s seats cancelled", "%s refunded", "nothing to refund"},
    {OP_PAYMENT_CANCELLED, "ko", "결제 취소", "예약과 결제가 취소되었습니다.", "%s석", "%s석", "%s 환불",
     "환불 금액 없음"},
    {OP_PAYMENT_CANCELLED, "en", "Payment cancelled", "Your reservation and its payment were cancelled.", "%s seat",
     "%s seats", "%s refunded", "nothing to refund"},
};

/* The words around a reservation's id. */
static const char *reservation_word(const char *lang) { return strcmp(lang, "en") == 0 ? "Reservation" : "예약"; }

/* The wording of a cause; the default language's where this one has none; NULL: no such cause. */
static const struct wording *find(const char *type, const char *lang) {
  const struct wording *fallback = NULL;
  for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++) {
    if (strcmp(wordings[i].type, type) != 0)
      continue;
    if (strcmp(wordings[i].lang, lang) == 0)
      return &wordings[i];
    if (strcmp(wordings[i].lang, notify_languages[0]) == 0)
      fallback = &wordings[i];
  }
  return fallback;
}

/* Is there a text for this cause? */
bool template_exists(const char *type) { return find(type, notify_languages[0]) != NULL; }

/* Adds text of somebody else as one harmless line. */
static void add_clean(struct op_text *text, const char *value) {
  size_t len = strlen(value), size = op_clean(value, len, NULL, 0) + 1;
  char *clean = malloc(size);
  if (clean == NULL)
    return;
  op_clean(value, len, clean, size);
  op_text_adds(text, clean);
  free(clean);
}

/* Adds `pattern` with its %s replaced. */
static void add_filled(struct op_text *text, const char *pattern, const char *value) {
  const char *hole = strstr(pattern, "%s");
  if (hole == NULL) {
    op_text_adds(text, pattern);
    return;
  }
  op_text_add(text, pattern, (size_t)(hole - pattern));
  op_text_adds(text, value);
  op_text_adds(text, hole + 2);
}

/* Adds ", 10 seats". */
static void add_seats(const struct wording *wording, int64_t seats, struct op_text *text) {
  struct op_text figure = {0};
  if (seats <= 0)
    return;
  op_text_grouped(&figure, seats);
  op_text_adds(text, ", ");
  add_filled(text, seats == 1 ? wording->seat : wording->seats, figure.ptr);
  op_text_free(&figure);
}

/* Adds the text of a notice. */
void template_text(const struct notice *notice, const char *lang, struct op_text *text) {
  const struct wording *wording = find(notice->template, lang);
  if (wording == NULL)
    return;
  op_text_addf(text, "[OuterPark] %s %s ", wording->opening, reservation_word(wording->lang));
  add_clean(text, notice->reservation_id);
  if (notice->musical[0] != '\0') {
    op_text_adds(text, ", ");
    add_clean(text, notice->musical);
  }
  add_seats(wording, notice->seats, text);
  op_text_adds(text, ", ");
  if (notice->amount == 0) {
    op_text_adds(text, wording->no_money);
  } else {
    struct op_text money = {0};
    op_text_money(&money, notice->amount, notice->currency);
    add_filled(text, wording->money, money.ptr);
    op_text_free(&money);
  }
  op_text_adds(text, ".");
}

/* Adds the subject of a notice. */
void template_subject(const struct notice *notice, const char *lang, struct op_text *text) {
  const struct wording *wording = find(notice->template, lang);
  if (wording == NULL)
    return;
  op_text_addf(text, "[OuterPark] %s: %s ", wording->subject, reservation_word(wording->lang));
  add_clean(text, notice->reservation_id);
}
