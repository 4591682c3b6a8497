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
 * offer has the time of its end for money, a branch its distance. */
struct wording {
  const char *type, *reason; /* reason NULL: any that has no wording of its own; of a branch: how it hands over */
  const char *lang;
  const char *subject, *opening;
  const char *seat, *seats;     /* one, several */
  const char *money, *no_money; /* no_money NULL: it is about no money, but about a branch */
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
    {OP_PICKUP_ASSIGNED, NULL, "ko", "수령 지점", "수령하실 지점이 정해졌습니다.", "%s석", "%s석", "%s km", NULL},
    {OP_PICKUP_ASSIGNED, NULL, "en", "Your branch", "Your reservation waits for you at a branch.", "%s seat",
     "%s seats", "%s km away", NULL},
    {OP_PICKUP_ASSIGNED, OP_FULFIL_DELIVERY, "ko", "배송 지점", "가까운 지점에서 배송해 드립니다.", "%s석", "%s석",
     "%s km", NULL},
    {OP_PICKUP_ASSIGNED, OP_FULFIL_DELIVERY, "en", "Your branch", "A branch delivers your reservation.", "%s seat",
     "%s seats", "%s km away", NULL},
    {OP_PICKUP_COLLECTED, NULL, "ko", "수령 완료", "수령이 완료되었습니다.", "%s석", "%s석", "%s km", NULL},
    {OP_PICKUP_COLLECTED, NULL, "en", "Handed over", "Your reservation was handed over.", "%s seat", "%s seats",
     "%s km away", NULL},
    {OP_PICKUP_COLLECTED, OP_FULFIL_DELIVERY, "ko", "배송 완료", "배송이 완료되었습니다.", "%s석", "%s석", "%s km",
     NULL},
    {OP_PICKUP_COLLECTED, OP_FULFIL_DELIVERY, "en", "Delivered", "Your reservation was delivered.", "%s seat",
     "%s seats", "%s km away", NULL},
    {OP_ASSIGNMENT_FAILED, NULL, "ko", "지점 배정 대기", "가까운 지점이 없습니다. 생기는 대로 배정해 드립니다.", "%s석",
     "%s석", "%s km", NULL},
    {OP_ASSIGNMENT_FAILED, NULL, "en", "Waiting for a branch",
     "No branch is near you yet. You will be told when one has your reservation.", "%s seat", "%s seats", "%s km away",
     NULL},
    {OP_ASSIGNMENT_FAILED, "no_capacity", "ko", "지점 배정 대기",
     "가까운 지점이 모두 찼습니다. 자리가 나는 대로 배정해 드립니다.", "%s석", "%s석", "%s km", NULL},
    {OP_ASSIGNMENT_FAILED, "no_capacity", "en", "Waiting for a branch",
     "Every branch near you is full. You will be told when one has your reservation.", "%s seat", "%s seats",
     "%s km away", NULL},
};

/* Words that programs give (reasons, ways to hand over), as people say them; any other stands there as it is. */
static const struct {
  const char *word, *lang, *text;
} words[] = {
    {"expired", "ko", "결제 기한 경과"},
    {"expired", "en", "not paid in time"},
    {"payment_declined", "ko", "결제 거절"},
    {"payment_declined", "en", "payment declined"},
    {"declined", "ko", "결제 거절"},
    {"declined", "en", "payment declined"},
    {"no_branch_in_reach", "ko", "가까운 지점 없음"},
    {"no_branch_in_reach", "en", "no branch near you"},
    {"no_capacity", "ko", "가까운 지점 만석"},
    {"no_capacity", "en", "every branch near you is full"},
    {OP_FULFIL_PICKUP, "ko", "방문 수령"},
    {OP_FULFIL_PICKUP, "en", "pick-up"},
    {OP_FULFIL_DELIVERY, "ko", "배송"},
    {OP_FULFIL_DELIVERY, "en", "delivery"},
};

/* What the wording may hang on beside its cause. */
static const char *reason_of(const struct notice *notice) {
  return notice->reason[0] != '\0' ? notice->reason : notice->fulfil;
}

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

/* Adds ", 강남점, 0.612 km", as far as it is known. */
static void add_branch(const struct wording *wording, const struct notice *notice, struct op_text *text) {
  if (notice->branch[0] == '\0')
    return;
  op_text_adds(text, ", ");
  add_clean(text, notice->branch);
  if (notice->distance_km[0] == '\0')
    return;
  op_text_adds(text, ", ");
  add_filled(text, wording->money, notice->distance_km);
}

/* Adds ", 500,000 KRW", or until when an offer is. */
static void add_money(const struct wording *wording, const struct notice *notice, struct op_text *text) {
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
  if (wording->no_money == NULL)
    add_branch(wording, notice, text);
  else
    add_money(wording, notice, text);
  op_text_adds(text, ".");
}

/* Adds a word as people say it. */
static void add_word(struct op_text *text, const char *word, const char *lang) {
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (strcmp(words[i].word, word) == 0 && strcmp(words[i].lang, lang) == 0) {
      op_text_adds(text, words[i].text);
      return;
    }
  add_clean(text, word);
}

/* Adds what a placeholder stands for; the order is that of op_placeholders. */
static void add_value(int placeholder, const struct notice *notice, const char *name, const char *lang,
                      struct op_text *text) {
  enum {
    RESERVATION,
    MUSICAL,
    SEATS,
    AMOUNT,
    CURRENCY,
    REASON,
    NAME,
    CUSTOMER,
    OFFER,
    UNTIL,
    BRANCH,
    FULFIL,
    DISTANCE
  };
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
    add_word(text, notice->reason, lang);
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
  case BRANCH:
    add_clean(text, notice->branch);
    break;
  case FULFIL:
    add_word(text, notice->fulfil, lang);
    break;
  case DISTANCE:
    add_clean(text, notice->distance_km);
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
  const struct wording *wording = find(notice->template, reason_of(notice), known(lang));
  if (template != NULL && template->text != NULL)
    add_template(template->text, notice, name, known(lang), text);
  else if (wording != NULL)
    add_text(wording, notice, text);
}

/* Adds the subject of a notice. */
void template_subject(const struct op_config *config, const struct notice *notice, const char *name, const char *lang,
                      struct op_text *text) {
  const struct op_template *template = op_config_template(config, known(lang), notice->template);
  const struct wording *wording = find(notice->template, reason_of(notice), known(lang));
  if (template != NULL && template->subject != NULL) {
    add_template(template->subject, notice, name, known(lang), text);
  } else if (wording != NULL) {
    op_text_addf(text, "[OuterPark] %s: ", wording->subject);
    add_about(notice, wording->lang, text);
  }
}
