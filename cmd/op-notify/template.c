/* template.c - the texts that customers read: a table of wordings, and the filling in of those of the configuration.
 *
 * Invariants: the text is a pure function of the notice, the name, the language and the configuration, so that a list
 * shows what was sent; a value brings no line break, whatever it holds. What is not known is left out of the built-in
 * texts, which are one line; in those of the configuration it is empty, but for the name. */
#include "template.h"

#include "money.h"
#include "placeholder.h"

#include <stdlib.h>
#include <string.h>

const char *const notify_languages[] = {"ko", "en", NULL};

/* What one cause says in one language. %s in `money` and `seats` is the figure; an
 * offer has the time of its end for money. */
struct wording {
  const char *type, *reason; /* reason NULL: any that has no wording of its own */
  const char *lang;
  const char *subject, *opening;
  const char *seat, *seats; /* one, several */
  const char *money, *no_money;
};

static const struct wording wordings[] = {
    {OP_PAYMENT_APPROVED, NULL, "ko", "결제 승인", "결제가 승인되었습니다.", "%s석", "%s석", "%s", "무료"},
    {OP_PAYMENT_APPROVED, NULL, "en", "Payment approved", "Your payment is approved.", "%s seat", "%s seats", "%s",
     "free"},
    {OP_PAYMENT_DECLINED, NULL, "ko", "결제 거절", "결제가 거절되었습니다.", "%s석", "%s석", "%s", "무료"},
    {OP_PAYMENT_DECLINED, NULL, "en", "Payment declined", "Your payment was declined.", "%s seat", "%s seats", "%s",
     "free"},
    {OP_PAYMENT_REFUNDED, NULL, "ko", "일부 환불", "예약 일부가 취소되어 환불되었습니다.", "%s석 취소", "%s석 취소",
     "%s 환불", "환불 금액 없음"},
    {OP_PAYMENT_REFUNDED, NULL, "en", "Partly refunded", "Part of your reservation was cancelled and refunded.",
     "%s seat cancelled", "%s seats cancelled", "%s refunded", "nothing to refund"},
    {OP_PAYMENT_CANCELLED, NULL, "ko", "결제 취소", "예약과 결제가 취소되었습니다.", "%s석", "%s석", "%s 환불",
     "환불 금액 없음"},
    {OP_PAYMENT_CANCELLED, NULL, "en", "Payment cancelled", "Your reservation and its payment were cancelled.",
     "%s seat", "%s seats", "%s refunded", "nothing to refund"},
    {OP_PAYMENT_CANCELLED, "expired", "ko", "예약 만료", "결제 기한이 지나 예약이 취소되었습니다.", "%s석", "%s석",
     "%s 환불", "청구 금액 없음"},
    {OP_PAYMENT_CANCELLED, "expired", "en", "Reservation expired",
     "Your reservation was cancelled, because it was not paid in time.", "%s seat", "%s seats", "%s refunded",
     "nothing was charged"},
    {OP_RESERVATION_CANCELLED, NULL, "ko", "예약 취소", "예약이 취소되었습니다.", "%s석", "%s석", "%s 청구된 경우 환불",
     "청구 금액 없음"},
    {OP_RESERVATION_CANCELLED, NULL, "en", "Reservation cancelled", "Your reservation was cancelled.", "%s seat",
     "%s seats", "%s refunded if it was charged", "nothing was charged"},
    {OP_RESERVATION_CANCELLED, "expired", "ko", "예약 만료", "결제 기한이 지나 예약이 취소되었습니다.", "%s석", "%s석",
     "%s 청구된 경우 환불", "청구 금액 없음"},
    {OP_RESERVATION_CANCELLED, "expired", "en", "Reservation expired",
     "Your reservation was cancelled, because it was not paid in time.", "%s seat", "%s seats",
     "%s refunded if it was charged", "nothing was charged"},
    {OP_WAITING_OFFERED, NULL, "ko", "좌석 안내", "기다리시던 좌석을 예약하실 수 있습니다.", "%s석", "%s석", "%s까지",
     ""},
    {OP_WAITING_OFFERED, NULL, "en", "Seats for you", "The seats that you wait for are yours to take.", "%s seat",
     "%s seats", "until %s", ""},
};

/* Reasons that programs give, as people say them; any other stands there as it is. */
static const struct {
  const char *reason, *lang, *text;
} reasons[] = {
    {"expired", "ko", "결제 기한 경과"},     {"expired", "en", "not paid in time"},
    {"payment_declined", "ko", "결제 거절"}, {"payment_declined", "en", "payment declined"},
    {"declined", "ko", "결제 거절"},         {"declined", "en", "payment declined"},
};

/* The wording of a cause; the default language's where this one has none; NULL: no such cause. */
static const struct wording *find(const char *type, const char *reason, const char *lang) {
  const struct wording *best = NULL;
  int best_rank = 0;
  for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++) {
    const struct wording *wording = &wordings[i];
    if (strcmp(wording->type, type) != 0 || (wording->reason != NULL && strcmp(wording->reason, reason) != 0))
      continue;
    int rank = strcmp(wording->lang, lang) == 0 ? 3 : strcmp(wording->lang, notify_languages[0]) == 0 ? 1 : 0;
    rank += rank > 0 && wording->reason != NULL;
    if (rank > best_rank) {
      best = wording;
      best_rank = rank;
    }
  }
  return best;
}

/* Is there a text for this cause? */
bool template_exists(const char *type) { return find(type, "", notify_languages[0]) != NULL; }

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

/* Adds what it is about: "Reservation 1". */
static void add_about(const struct notice *notice, const char *lang, struct op_text *text) {
  bool english = strcmp(lang, "en") == 0;
  if (notice->offer_id[0] != '\0')
    op_text_adds(text, english ? "Offer " : "제안 ");
  else
    op_text_adds(text, english ? "Reservation " : "예약 ");
  add_clean(text, notice->offer_id[0] != '\0' ? notice->offer_id : notice->reservation_id);
}

/* Adds the built-in text. */
static void add_text(const struct wording *wording, const struct notice *notice, struct op_text *text) {
  op_text_addf(text, "[OuterPark] %s ", wording->opening);
  add_about(notice, wording->lang, text);
  if (notice->musical[0] != '\0') {
    op_text_adds(text, ", ");
    add_clean(text, notice->musical);
  }
  add_seats(wording, notice->seats, text);
  op_text_adds(text, ", ");
  if (notice->offer_id[0] != '\0') {
    add_filled(text, wording->money, notice->until);
  } else if (notice->amount == 0) {
    op_text_adds(text, wording->no_money);
  } else {
    struct op_text money = {0};
    op_text_amount(&money, notice->amount, notice->currency);
    if (notice->currency[0] != '\0')
      op_text_adds(&money, " ");
    add_clean(&money, notice->currency);
    add_filled(text, wording->money, money.ptr);
    op_text_free(&money);
  }
  op_text_adds(text, ".");
}

/* Adds a reason as people say it. */
static void add_reason(struct op_text *text, const char *reason, const char *lang) {
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
    if (strcmp(reasons[i].reason, reason) == 0 && strcmp(reasons[i].lang, lang) == 0) {
      op_text_adds(text, reasons[i].text);
      return;
    }
  add_clean(text, reason);
}

/* Adds what a placeholder stands for; the order is that of op_placeholders. */
static void add_value(int placeholder, const struct notice *notice, const char *name, const char *lang,
                      struct op_text *text) {
  enum { RESERVATION, MUSICAL, SEATS, AMOUNT, CURRENCY, REASON, NAME, CUSTOMER, OFFER, UNTIL };
  switch (placeholder) {
  case RESERVATION:
    add_clean(text, notice->reservation_id);
    break;
  case MUSICAL:
    add_clean(text, notice->musical);
    break;
  case SEATS:
    if (notice->seats > 0)
      op_text_grouped(text, notice->seats);
    break;
  case AMOUNT:
    op_text_amount(text, notice->amount, notice->currency);
    break;
  case CURRENCY:
    add_clean(text, notice->currency);
    break;
  case REASON:
    add_reason(text, notice->reason, lang);
    break;
  case NAME:
    add_clean(text, name[0] != '\0' ? name : strcmp(lang, "en") == 0 ? "customer" : "고객");
    break;
  case CUSTOMER:
    add_clean(text, notice->customer_id);
    break;
  case OFFER:
    add_clean(text, notice->offer_id);
    break;
  case UNTIL:
    op_text_adds(text, notice->until);
    break;
  default:
    break;
  }
}

/* Adds a text of the configuration, which was checked when it was read, without the newline that YAML leaves at its
 * end. */
static void add_template(const char *template, const struct notice *notice, const char *name, const char *lang,
                         struct op_text *text) {
  struct op_piece piece;
  while ((piece = op_piece_next(&template)).kind != OP_PIECE_END) {
    if (piece.kind == OP_PIECE_PLACEHOLDER)
      add_value(op_placeholder_index(&piece), notice, name, lang, text);
    else
      op_text_add(text, piece.ptr, piece.len);
  }
  while (text->len > 0 && text->ptr[text->len - 1] == '\n')
    text->ptr[--text->len] = '\0';
}

/* A language that we have. */
static const char *known(const char *lang) {
  for (size_t i = 0; notify_languages[i] != NULL; i++)
    if (strcmp(notify_languages[i], lang) == 0)
      return notify_languages[i];
  return notify_languages[0];
}

/* Does the text name the customer? */
bool template_names_customer(const struct op_config *config, const char *type, const char *lang) {
  const struct op_template *template = op_config_template(config, known(lang), type);
  return template != NULL && template->text != NULL && strstr(template->text, "{customerName}") != NULL;
}

/* Adds the text of a notice. */
void template_text(const struct op_config *config, const struct notice *notice, const char *name, const char *lang,
                   struct op_text *text) {
  const struct op_template *template = op_config_template(config, known(lang), notice->template);
  const struct wording *wording = find(notice->template, notice->reason, known(lang));
  if (template != NULL && template->text != NULL)
    add_template(template->text, notice, name, known(lang), text);
  else if (wording != NULL)
    add_text(wording, notice, text);
}

/* Adds the subject of a notice. */
void template_subject(const struct op_config *config, const struct notice *notice, const char *name, const char *lang,
                      struct op_text *text) {
  const struct op_template *template = op_config_template(config, known(lang), notice->template);
  const struct wording *wording = find(notice->template, notice->reason, known(lang));
  if (template != NULL && template->subject != NULL) {
    add_template(template->subject, notice, name, known(lang), text);
  } else if (wording != NULL) {
    op_text_addf(text, "[OuterPark] %s: ", wording->subject);
    add_about(notice, wording->lang, text);
  }
}
