/* test_notify_message.c - messages: their bytes, their encoding, and that no value can bring a header of its own. */
#include "cmd/op-notify/base64.h"
#include "cmd/op-notify/header.h"
#include "cmd/op-notify/message.h"
#include "given_notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct contact minsu = {.customer_id = "c", .email = "minsu@example.org", .name = "김민수", .lang = "en"};
static const struct mailbox from = {.email = "tickets@example.org"};

/* The whole message, to the byte, for people. */
static void test_message(void **state) {
  (void)state;
  struct contact nobody = {.customer_id = ""};
  struct op_text message = {0}, anonymous = {0};
  message_add(&given_approved, &minsu, &from, &given_built_in, MESSAGE_UTF8, &message);
  assert_string_equal(message.ptr, "From: tickets@example.org\n"
                                   "To: 김민수 <minsu@example.org>\n"
                                   "Subject: [OuterPark] Payment approved: Reservation 1\n"
                                   "Date: Fri, 20 Nov 2026 12:34:56 +0000\n"
                                   "Message-ID: <12.1795178096789012@example.org>\n"
                                   "MIME-Version: 1.0\n"
                                   "Content-Type: text/plain; charset=utf-8\n"
                                   "Content-Transfer-Encoding: 8bit\n"
                                   "\n"
                                   "[OuterPark] Your payment is approved. Reservation 1, 겨울왕국 🎭, 10 seats, "
                                   "500,000 KRW.\n");
  message_add(&given_approved, &nobody, &from, &given_built_in, MESSAGE_UTF8, &anonymous);
  assert_null(strstr(anonymous.ptr, "\nTo:"));
  assert_non_null(strstr(anonymous.ptr, "결제"));
  op_text_free(&message);
  op_text_free(&anonymous);
}

/* The same for any mail program: plain ASCII headers. */
static void test_mime_message(void **state) {
  (void)state;
  struct contact contact = minsu;
  struct mailbox sender = {.name = "아우터파크", .email = "tickets@예시.한국"};
  struct op_text message = {0};
  snprintf(contact.lang, sizeof contact.lang, "ko");
  message_add(&given_approved, &contact, &sender, &given_built_in, MESSAGE_MIME, &message);
  assert_string_equal(message.ptr, "From: =?UTF-8?B?7JWE7Jqw7YSw7YyM7YGs?= <tickets@예시.한국>\n"
                                   "To: =?UTF-8?B?6rmA66+87IiY?= <minsu@example.org>\n"
                                   "Subject: =?UTF-8?B?W091dGVyUGFya10g6rKw7KCcIOyKueyduDog7JiI7JW9IDE=?=\n"
                                   "Date: Fri, 20 Nov 2026 12:34:56 +0000\n"
                                   "Message-ID: <12.1795178096789012@------.------>\n"
                                   "Auto-Submitted: auto-generated\n"
                                   "MIME-Version: 1.0\n"
                                   "Content-Type: text/plain; charset=utf-8\n"
                                   "Content-Transfer-Encoding: 8bit\n"
                                   "\n"
                                   "[OuterPark] 결제가 승인되었습니다. 예약 1, 겨울왕국 🎭, 10석, 500,000 KRW.\n");
  op_text_free(&message);
}

/* A line that is too long for mail is sent as Base64, in lines of 76. */
static void test_long_body(void **state) {
  (void)state;
  static char text[1200];
  struct op_config config = {0};
  config.notify_templates[1][0].text = text;
  for (size_t len = 998; len <= 999; len++) {
    struct op_text message = {0};
    memset(text, 'x', len);
    text[len] = '\0';
    message_add(&given_approved, &minsu, &from, &config, MESSAGE_MIME, &message);
    const char *body = strstr(message.ptr, "\n\n") + 2;
    assert_int_equal(strcspn(body, "\n"), len == 998 ? 998 : 76);
    assert_non_null(strstr(message.ptr, len == 998 ? "Encoding: 8bit\n" : "Encoding: base64\n"));
    assert_int_equal(strlen(body), len == 998 ? 999 : 1332 + 18);
    op_text_free(&message);
  }
}

/* Base64, by the test vectors of RFC 4648. */
static void test_base64(void **state) {
  (void)state;
  static const char *const rows[][2] = {{"", ""},
                                        {"f", "Zg=="},
                                        {"fo", "Zm8="},
                                        {"foo", "Zm9v"},
                                        {"foob", "Zm9vYg=="},
                                        {"fooba", "Zm9vYmE="},
                                        {"foobar", "Zm9vYmFy"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_text text = {0};
    op_text_adds(&text, "");
    base64_add(&text, rows[i][0], strlen(rows[i][0]));
    assert_string_equal(text.ptr, rows[i][1]);
    op_text_free(&text);
  }
}

/* One mailbox, whatever the name is. */
static void test_mailboxes(void **state) {
  (void)state;
  static const struct {
    bool ascii;
    const char *name, *expected;
  } rows[] = {
      {false, "", "To: a@b\n"},
      {false, " ", "To: a@b\n"},
      {false, "김민수", "To: 김민수 <a@b>\n"},
      {true, "김민수", "To: =?UTF-8?B?6rmA66+87IiY?= <a@b>\n"},
      {true, "Kim Minsu", "To: Kim Minsu <a@b>\n"},
      {true, "Kim, Minsu", "To: \"Kim, Minsu\" <a@b>\n"},
      {true, "x\" <evil@c>, \"", "To: \"x\\\" <evil@c>, \\\"\" <a@b>\n"},
      {true, "two\r\nBcc: x@y", "To: \"twoBcc: x@y\" <a@b>\n"},
      {true,
       "\xe2\x80\xa8"
       "Bcc: x@y\xe2\x80\xa9\xc2\x85",
       "To: \"Bcc: x@y\" <a@b>\n"},
      {true, "\xff\xfe", "To: a@b\n"},
      /* What looks like an encoded word is shown as it is, by being encoded itself. */
      {true, "=?UTF-8?Q?=0ABcc:_x@y?=", "To: =?UTF-8?B?PT9VVEYtOD9RPz0wQUJjYzpfeEB5Pz0=?= <a@b>\n"},
      {false, "=?UTF-8?Q?=0ABcc:_x@y?=", "To: =?UTF-8?B?PT9VVEYtOD9RPz0wQUJjYzpfeEB5Pz0=?= <a@b>\n"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct op_text text = {0};
    header_mailbox(&text, rows[i].ascii, "To", rows[i].name, "a@b");
    assert_string_equal(text.ptr, rows[i].expected);
    op_text_free(&text);
  }
}

/* What holds of any field: one field, no control characters, its lines short where they have spaces, every line but the
 * first begins with a space and holds more than spaces. */
static void check_field(const char *field, bool ascii, bool has_spaces) {
  size_t len = strlen(field);
  assert_true(len > 0 && field[len - 1] == '\n');
  for (const char *line = field; *line != '\0';) {
    size_t length = strcspn(line, "\n");
    assert_true(line == field || (line[0] == ' ' && strspn(line, " ") < length));
    assert_true(length <= 998 && (!has_spaces || length <= 76));
    for (size_t i = 0; i < length; i++)
      assert_true((unsigned char)line[i] >= 0x20 && line[i] != 0x7f && (!ascii || (unsigned char)line[i] < 0x80));
    line += length + 1;
  }
}

/* Long fields are folded, and values of every sort stay one field. */
static void test_folding(void **state) {
  (void)state;
  static const char *const pieces[] = {
      "word ", "김민수 ",       "🎭",     "a,b ", "\r\nBcc: x@y ", "\xe2\x80\xa8X: y ", "=?UTF-8?B?eA==?= ",
      "   ",   "\"quoted\\ \"", "\t \t", "\x7f", "\xff ",         "\n\n body "};
  enum { PIECES = sizeof pieces / sizeof pieces[0] };
  for (unsigned seed = 0; seed < 2000; seed++) {
    char value[257] = "";
    unsigned next = seed;
    for (size_t used = 0; used < 230 && next % 11 != 10; used = strlen(value)) {
      snprintf(value + used, sizeof value - used, "%s", pieces[next / 7 % PIECES]);
      next = next * 1103515245u + 12345u;
    }
    for (int ascii = 0; ascii < 2; ascii++) {
      struct op_text field = {0};
      header_text(&field, ascii, "Subject", value);
      check_field(field.ptr, ascii, ascii);
      op_text_reset(&field);
      header_mailbox(&field, ascii, "To", value, "minsu@example.org");
      check_field(field.ptr, ascii, ascii);
      op_text_free(&field);
    }
  }
}

/* A subject of many words is folded between them, one of Korean between characters. */
static void test_folded(void **state) {
  (void)state;
  struct op_text field = {0};
  header_text(&field, true, "Subject",
              "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen");
  assert_string_equal(field.ptr, "Subject: one two three four five six seven eight nine ten eleven twelve\n"
                                 " thirteen fourteen fifteen\n");
  op_text_reset(&field);
  header_text(&field, true, "Subject", "가나다라마바사아자차카타파하가나다라마바사아자차카타파하");
  assert_string_equal(field.ptr, "Subject: =?UTF-8?B?6rCA64KY64uk652866eI67CU7IKs7JWE7J6Q7LCo7Lm07YOA7YyM?=\n"
                                 " =?UTF-8?B?7ZWY6rCA64KY64uk652866eI67CU7IKs7JWE7J6Q7LCo7Lm07YOA7YyM7ZWY?=\n");
  op_text_free(&field);
}

/* Nothing that a notice, a contact or a sender holds brings a header or a body of its own. */
static void test_header_injection(void **state) {
  (void)state;
  static const char *const values[] = {"x\r\nBcc: evil@c", "x\nBcc: evil@c\n\nbody", "x\rBcc: evil@c",
                                       "x\xe2\x80\xa8"
                                       "Bcc: evil@c",
                                       "x\xc2\x85"
                                       "Bcc: evil@c"};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    struct notice notice = given_approved;
    struct contact contact = {.customer_id = "c", .lang = "ko"};
    struct mailbox sender = {.name = ""};
    snprintf(notice.reservation_id, sizeof notice.reservation_id, "%s", values[i]);
    snprintf(notice.musical, sizeof notice.musical, "%s", values[i]);
    snprintf(notice.currency, sizeof notice.currency, "%s", values[i]);
    snprintf(contact.name, sizeof contact.name, "%s", values[i]);
    snprintf(contact.email, sizeof contact.email, "%s", values[i]);
    snprintf(sender.name, sizeof sender.name, "%s", values[i]);
    snprintf(sender.email, sizeof sender.email, "a@b%s", values[i]);
    for (int style = MESSAGE_UTF8; style <= MESSAGE_MIME; style++) {
      struct op_text message = {0};
      message_add(&notice, &contact, &sender, &given_built_in, (enum message_style)style, &message);
      assert_null(strstr(message.ptr, "\nBcc:"));
      assert_null(strstr(message.ptr, "\nbody"));
      assert_null(strchr(message.ptr, '\r'));
      assert_null(strstr(message.ptr, "\xe2\x80\xa8"));
      /* One empty line, the one that we wrote: behind it stands the text alone, which is one line. */
      const char *body = strstr(message.ptr, "\n\n") + 2;
      assert_int_equal(strcspn(body, "\n"), strlen(body) - 1);
      op_text_free(&message);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_message), cmocka_unit_test(test_mime_message),     cmocka_unit_test(test_long_body),
      cmocka_unit_test(test_base64),  cmocka_unit_test(test_mailboxes),        cmocka_unit_test(test_folding),
      cmocka_unit_test(test_folded),  cmocka_unit_test(test_header_injection),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
